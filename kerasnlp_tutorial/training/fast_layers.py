"""The same steps of `fit` in less time, with TensorFlow on a CPU.

On a CPU, the products of matrices take less than half of a step of a small BERT. The
rest is a few thousand small operations: Keras computes a layer normalization with five,
its gradient with twenty, an optimizer's step with ten for each weight. Here some layers
are computed with fewer operations; their weights and results stay the same.
"""

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import keras_nlp
import tensorflow as tf

from kerasnlp_tutorial import distribution
from kerasnlp_tutorial.training.allocator import keeping_freed_memory
from kerasnlp_tutorial.training.optimizer import SummedAdamW

_LEVELS = 256  # of a random byte
_MASKED = -1e9  # added to the logit of a masked position


@contextlib.contextmanager
def fast_steps(model: keras.Model, enabled: bool = True) -> Iterator[None]:
    """Let `fit` compute its steps with fewer operations inside the `with` block.

    Losses and gradients are those of the plain layers, up to rounding. Dropout draws
    other numbers, one byte for each value, so its rate is a multiple of 1/256.

    Args:
        model: a compiled model.
        enabled: whether to do so. It is not done without TensorFlow, on a GPU, with
            several devices, or in layers with another precision than float32.
    """
    if not (enabled and _on_one_cpu(model)):
        yield
        return
    optimizer, changed = model.optimizer, []
    fuse = (
        isinstance(optimizer, SummedAdamW)
        and not optimizer.fused
        and optimizer.can_fuse(model.trainable_variables)
    )
    try:
        for layer in model._flatten_layers():
            if "call" not in vars(layer) and (call := _fast_call(layer)):
                layer.call = call
                changed.append(layer)
        if fuse:
            optimizer.fused = True
        model.train_function = None  # `fit` makes a new one
        with keeping_freed_memory():
            yield
    finally:
        for layer in changed:
            del layer.call  # that of its class is left
        if fuse:
            optimizer.fused = False
        model.train_function = None


def _on_one_cpu(model: keras.Model) -> bool:
    return (
        keras.backend.backend() == "tensorflow"
        and not tf.config.list_physical_devices("GPU")
        and not distribution.is_mirrored(model)
    )


def _fast_call(layer: keras.Layer) -> Callable | None:
    """Return what replaces `call` of a layer; None for other layers and options."""
    if layer.compute_dtype != "float32":
        return None
    if type(layer) is keras.layers.LayerNormalization:
        return _layer_normalization(layer)
    if type(layer) is keras.layers.Dropout:
        return _dropout(layer)
    if type(layer) is keras.layers.Dense:
        return _dense(layer)
    attention = (
        keras.layers.MultiHeadAttention,
        keras_nlp.layers.CachedMultiHeadAttention,
    )
    return _attention(layer) if type(layer) in attention else None


# === Layer normalization ===


def _layer_normalization(layer: keras.layers.LayerNormalization) -> Callable | None:
    config = layer.get_config()
    usual = config["center"] and config["scale"] and not config.get("rms_scaling")
    if config["axis"] not in (-1, [-1], (-1,)) or not usual:
        return None

    def call(inputs):
        gamma, beta = map(tf.convert_to_tensor, (layer.gamma, layer.beta))
        return layer_normalization(inputs, gamma, beta, layer.epsilon)

    return call


def layer_normalization(
    inputs: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: float
) -> tf.Tensor:
    """Normalize vectors to mean 0 and variance 1, with a gradient in one piece.

    Args:
        inputs: float32, (..., hidden).
        gamma: scale, float32, (hidden,).
        beta: offset, float32, (hidden,).
        epsilon: added to the variance.
    """

    @tf.custom_gradient
    def normalize(inputs, gamma, beta):
        size = inputs.shape[-1]
        centered = inputs - tf.reduce_mean(inputs, -1, keepdims=True)
        variance = tf.reduce_mean(tf.square(centered), -1, keepdims=True)
        scale = tf.math.rsqrt(variance + epsilon)
        normal = centered * scale

        def gradient(outer):
            rows = tf.reshape(outer, (-1, size))
            products = tf.reshape(outer * normal, (-1, size))
            inner = outer * gamma
            mean = tf.reduce_mean(inner, -1, keepdims=True)
            inner -= mean + normal * tf.reduce_mean(inner * normal, -1, keepdims=True)
            inner *= scale
            return inner, tf.reduce_sum(products, 0), tf.reduce_sum(rows, 0)

        return normal * gamma + beta, gradient

    return normalize(inputs, gamma, beta)


# === Feed-forward layers ===


def _dense(layer: keras.layers.Dense) -> Callable | None:
    if layer.quantization_mode is not None:
        return None
    name = getattr(layer.activation, "__name__", "")
    activation = gelu if name == "gelu_approximate" else layer.activation

    def call(inputs, training=None):
        kernel = tf.convert_to_tensor(layer.kernel)
        # One product of two matrices; Keras before 3.15 multiplies each example, and
        # sums up as many gradients of the kernel.
        outputs = tf.matmul(tf.reshape(inputs, (-1, kernel.shape[0])), kernel)
        if layer.bias is not None:
            outputs = tf.nn.bias_add(outputs, tf.convert_to_tensor(layer.bias))
        shape = tf.concat([tf.shape(inputs)[:-1], kernel.shape[1:]], 0)
        return tf.reshape(activation(outputs), shape)

    return call


@tf.custom_gradient
def gelu(inputs: tf.Tensor):
    """Approximate GELU, whose gradient keeps two values for each input and not five.

    Args:
        inputs: float32, any shape.
    """
    scale = math.sqrt(2 / math.pi)
    squares = tf.square(inputs)
    value = tf.tanh(inputs * (scale + 0.044715 * scale * squares))

    def gradient(outer):
        slope = inputs * (scale + 3 * 0.044715 * scale * tf.square(inputs))
        return outer * (0.5 + 0.5 * value) * (1.0 + slope * (1.0 - value))

    return inputs * (0.5 + 0.5 * value), gradient


# === Dropout ===


def _dropout(layer: keras.layers.Dropout) -> Callable | None:
    dropped = round(layer.rate * _LEVELS)  # of the values of a byte
    if layer.noise_shape is not None or not 0 < dropped < _LEVELS:
        return None

    def call(inputs, training=False):
        if not training:
            return inputs
        seed = tf.cast(layer.seed_generator.next(), "int32")
        count = tf.size(inputs)
        words = tf.random.stateless_uniform(
            ((count + 3) // 4,), seed, None, None, "uint32", alg="philox"
        )
        random = tf.reshape(tf.bitcast(words, "uint8"), (-1,))[:count]
        kept = tf.cast(random >= tf.constant(dropped, "uint8"), "float32")
        kept = tf.reshape(kept, tf.shape(inputs))
        return inputs * (kept * (_LEVELS / (_LEVELS - dropped)))

    return call


# === Attention ===


def _attention(layer: keras.layers.MultiHeadAttention) -> Callable | None:
    plain, config = layer.call, layer.get_config()
    if (
        config["attention_axes"] not in (None, (1,), [1])
        or config["value_dim"] not in (None, config["key_dim"])
        or config["output_shape"] is not None
        or not config["use_bias"]
        or config.get("activity_regularizer") is not None
        or any(map(config.get, ("flash_attention", "use_gate", "sliding_window")))
        or any(getattr(part, "quantization_mode", None) for part in layer._layers)
    ):
        return None
    heads, size = layer.num_heads, layer.key_dim

    def call(query, value, key=None, attention_mask=None, training=None, **others):
        usual = value is query and key is None and len(query.shape) == 3
        mask_rank = 3 if attention_mask is None else len(attention_mask.shape)
        masked = getattr(query, "_keras_mask", None) is not None
        if not usual or mask_rank != 3 or masked or _any_set(others):
            others |= {"key": key, "attention_mask": attention_mask}
            return plain(query, value, training=training, **others)
        projections = layer.query_dense, layer.key_dense, layer.value_dense
        hidden = query.shape[-1]
        batch, tokens = tf.shape(query)[0], tf.shape(query)[1]
        # One product for queries, keys and values of all heads.
        kernel = tf.concat([_matrix(p.kernel, hidden) for p in projections], 1)
        bias = tf.concat([_matrix(p.bias, 1)[0] for p in projections], 0)
        projected = tf.matmul(tf.reshape(query, (-1, hidden)), kernel) + bias
        projected = tf.reshape(projected, (batch, tokens, 3, heads, size))
        queries, keys, values = tf.unstack(tf.transpose(projected, (2, 0, 3, 1, 4)))
        logits = tf.matmul(queries, keys, transpose_b=True) / math.sqrt(size)
        if attention_mask is not None:  # (batch, 1 or tokens, tokens)
            allowed = tf.cast(attention_mask[:, None], "float32")
            logits += (1.0 - allowed) * _MASKED
        weights = layer._dropout_layer(tf.nn.softmax(logits), training=training)
        context = tf.transpose(tf.matmul(weights, values), (0, 2, 1, 3))
        context = tf.reshape(context, (-1, heads * size))
        output = layer.output_dense
        outputs = tf.matmul(context, _matrix(output.kernel, heads * size))
        return tf.reshape(outputs + output.bias, (batch, tokens, hidden))

    return call


def _any_set(arguments: Mapping[str, Any]) -> bool:
    return any(value is not None and value is not False for value in arguments.values())


def _matrix(variable: keras.Variable, rows: int) -> tf.Tensor:
    return tf.reshape(tf.convert_to_tensor(variable), (rows, -1))
