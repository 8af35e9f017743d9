"""Faster generation with GPT-2 on TensorFlow, with the same tokens.

KerasNLP keeps the keys and values of all layers in one tensor that is as long as the
padded texts. For each new token it copies this tensor several times and attends to all
of it, also to the places that are still empty; and before the first one it reads the
padding behind the prompts too. On a CPU, with several texts at once, all this takes
more time than the matrix products with the weights.

Here, each layer has its own keys and values, only of the tokens so far. They grow by
one token at a time, which copies them once, and a new token may attend to all of them.
Before the first new token, only the tokens that every prompt has are read.

The layers are those of the model, in float32, or copies of their weights in half
precision. XLA, and so JAX, would compile a function for each length, therefore this is
only for TensorFlow without XLA.
"""

import math
from collections.abc import Sequence
from typing import Any

import keras
import keras_nlp
import tensorflow as tf

from kerasnlp_tutorial.generation.half_precision_product import HalfPrecisionProduct

Cache = list[tuple[Any, Any]]
"""Keys and values of each layer, each (batch, heads, tokens so far, head size)."""


def is_supported(model: keras_nlp.models.CausalLM) -> bool:
    """Return whether this module can generate with a model.

    Args:
        model: a causal language model.
    """
    return (
        keras.backend.backend() == "tensorflow"
        # Subclasses may compute something else.
        and type(model) is keras_nlp.models.GPT2CausalLM
        and type(model.backbone) is keras_nlp.models.GPT2Backbone
        # Shorter sums round differently in less precision: the tokens could differ.
        and model.compute_dtype == "float32"
    )


class FastDecoder:
    """Reads and continues texts with a model.

    Args:
        model: a model that `is_supported`.
        half_precision: whether to continue a single text with copies of the weights in
            float16. Where two tokens are almost equally likely, it can write the other
            one. All but the last token of a prompt, and several texts at once, are
            read with the model's own weights.

    Raises:
        InputError: the weights to copy are not float32, but those of a quantized model.
    """

    def __init__(
        self, model: keras_nlp.models.GPT2CausalLM, half_precision: bool = False
    ):
        self.model = model
        self._halves = _half_precision_layers(model.backbone) if half_precision else {}

    def refresh(self) -> None:
        """Copy the weights anew where they have changed, to be called before a text."""
        for half in self._halves.values():
            half.refresh()

    def generate_step(
        self, inputs: dict[str, Any], stop_token_ids: Sequence[int] | None = None
    ) -> dict[str, Any]:
        """Return prompts and their continuations, like `generate_step` of a model.

        Args:
            inputs: `token_ids` and `padding_mask`, both (batch, tokens). Each prompt
                has at least one token.
            stop_token_ids: ids of the tokens that end a text.

        Returns:
            `token_ids` and `padding_mask`, (batch, tokens). Tokens after the end of a
            text are not removed, but not in the mask.
        """
        ids, mask = inputs["token_ids"], inputs["padding_mask"]
        index = tf.reduce_min(tf.reduce_sum(tf.cast(mask, tf.int32), axis=1))
        cache = self.build_cache(ids[:, : index - 1])
        # In the loop, beam search would lose the static batch size of tensors that
        # grow, and TensorFlow does not allow this.
        cache = tf.nest.map_structure(_without_batch_size, cache)

        def next(prompt, cache, index):
            latest = tf.gather(prompt, index - 1, axis=1)[:, None]
            logits, cache = self.next_logits(latest, cache)
            # No sampler of `DecodingOptions` needs hidden states.
            return logits, (), cache

        ids = self.model.sampler(
            next=next,
            prompt=ids,
            cache=cache,
            index=index,
            mask=mask,
            stop_token_ids=stop_token_ids,
            model=self.model,
        )
        ends = tf.zeros_like(mask, "int32")
        for token_id in stop_token_ids or ():
            ends += tf.cast((ids == token_id) & ~tf.cast(mask, "bool"), "int32")
        ended = tf.cumsum(ends, axis=1, exclusive=True) > 0
        return {"token_ids": ids, "padding_mask": ~ended}

    def build_cache(self, ids: Any) -> Cache:
        """Return the cache of the first tokens of texts.

        Args:
            ids: ids of the tokens, (batch, tokens); there may be no token.
        """
        backbone = self.model.backbone
        heads = backbone.num_heads
        empty = tf.zeros((ids.shape[0], heads, 0, backbone.hidden_dim // heads))
        _, cache = self._read(ids, [(empty, empty)] * backbone.num_layers, {})
        return cache

    def cache_spec(self) -> Cache:
        """Return the `tf.TensorSpec` of each tensor of a cache of any length."""
        spec = tf.TensorSpec([None] * 4, "float32")
        return [(spec, spec)] * self.model.backbone.num_layers

    def next_logits(self, ids: Any, cache: Cache) -> tuple[Any, Cache]:
        """Return the logits of the next token.

        Args:
            ids: id of the latest token of each text, (batch, 1).
            cache: the cache of the tokens before it.

        Returns:
            Logits, (batch, vocabulary size), and the cache with the latest token.
        """
        halves = self._halves if ids.shape == (1, 1) else {}
        hidden_states, cache = self._read(ids, cache, halves)
        embedding = self.model.backbone.token_embedding
        if embedding in halves:
            return halves[embedding](hidden_states)[:, 0], cache
        return embedding(hidden_states, reverse=True)[:, 0], cache

    def _read(self, ids, cache, halves):
        """Return hidden states, (batch, tokens, hidden size), and the longer cache.

        Args:
            ids: ids of the new tokens, (batch, tokens).
            cache: the cache of the tokens before.
            halves: what stands for some of the layers.
        """
        backbone = self.model.backbone
        before, new = tf.shape(cache[0][0])[2], tf.shape(ids)[1]
        mask = tf.range(before + new) <= before + tf.range(new)[:, None]
        tokens = backbone.token_embedding(ids)
        # The layer `embeddings_add` cannot add zero tokens.
        x = tokens + backbone.position_embedding(tokens, start_index=before)
        longer = []
        for layer, layer_cache in zip(backbone.transformer_layers, cache, strict=True):
            attention = layer._self_attention_layer
            hidden = layer._self_attention_layer_norm(x)
            hidden, layer_cache = _attend(attention, hidden, layer_cache, mask, halves)
            longer.append(layer_cache)
            x = x + hidden
            hidden = layer._feedforward_layer_norm(x)
            for dense in (
                layer._feedforward_intermediate_dense,
                layer._feedforward_output_dense,
            ):
                hidden = halves.get(dense, dense)(hidden)
            x = x + hidden
        return backbone.layer_norm(x), longer


def _attend(attention, x, cache, mask, halves):
    """Return the output of an attention layer and its longer keys and values.

    Args:
        attention: layer of `keras.layers.MultiHeadAttention`.
        x: new tokens, (batch, tokens, hidden size).
        cache: keys and values of the tokens before.
        mask: which tokens each new token may attend to, (tokens, tokens so far).
        halves: what stands for some of the layers.
    """
    query, keys, values = (
        tf.transpose(halves.get(dense, dense)(x), (0, 2, 1, 3))
        for dense in (attention.query_dense, attention.key_dense, attention.value_dense)
    )  # (batch, heads, tokens, head size)
    keys = tf.concat([cache[0], keys], axis=2)
    values = tf.concat([cache[1], values], axis=2)
    scores = tf.matmul(query, keys, transpose_b=True)
    scores = tf.where(mask, scores / query.shape[-1] ** 0.5, -1e9)
    attended = tf.transpose(tf.matmul(tf.nn.softmax(scores), values), (0, 2, 1, 3))
    dense = attention.output_dense
    return halves.get(dense, dense)(attended), (keys, values)


def _half_precision_layers(backbone: keras_nlp.models.GPT2Backbone) -> dict[Any, Any]:
    """Return what stands for the layers with large weights."""
    embedding = backbone.token_embedding  # its vectors are the weights of the outputs
    tokens = backbone.vocabulary_size
    halves = {
        embedding: HalfPrecisionProduct(
            lambda: embedding.embeddings, tf.identity, (tokens,)
        )
    }
    for layer in backbone.transformer_layers:
        attention = layer._self_attention_layer
        for dense in (
            attention.query_dense,
            attention.key_dense,
            attention.value_dense,
            layer._feedforward_intermediate_dense,
            layer._feedforward_output_dense,
        ):
            halves[dense] = _half_precision(dense, 1)
        dense = attention.output_dense
        halves[dense] = _half_precision(dense, 2)  # of heads and of the head size
    return halves


def _half_precision(dense: keras.layers.Layer, input_axes: int) -> HalfPrecisionProduct:
    shape = dense.kernel.shape
    inputs = math.prod(shape[:input_axes])
    return HalfPrecisionProduct(
        lambda: dense.kernel,
        lambda kernel: tf.transpose(tf.reshape(kernel, (inputs, -1))),
        shape[input_axes:],
        dense.bias,
        dense.activation,
    )


def _without_batch_size(tensor):
    shape = [None, *tensor.shape[1:]]
    return tf.compat.v1.placeholder_with_default(tensor, shape)
