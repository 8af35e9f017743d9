"""Names of the tensors of Hugging Face checkpoints for the variables of Keras models.

The table serves both directions: `to_keras` and `to_hugging_face` of an entry are
inverse. Names are without the prefix of the model (`bert.`, `transformer.`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import keras
import keras_nlp
import numpy as np


@dataclass(frozen=True)
class Entry:
    """A Keras variable and the name and layout of its tensor."""

    variable: keras.Variable
    tensor: str
    inputs: int | None = None
    """Number of inputs of a kernel; None for other variables."""
    transposed: bool = True
    """Whether a kernel is stored as (outputs, inputs), as in PyTorch's linear layer."""
    third: int | None = None
    """Index of the variable in a tensor of query, key and value; None if separate."""
    flat: bool = False
    """Whether the tensor is the flattened variable, as for attention biases."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the tensor."""
        shape = tuple(self.variable.shape)
        if self.inputs is not None:
            outputs = int(np.prod(shape)) // self.inputs
            shape = (
                (outputs, self.inputs) if self.transposed else (self.inputs, outputs)
            )
        elif self.flat:
            shape = (int(np.prod(shape)),)
        return shape if self.third is None else (*shape[:-1], 3 * shape[-1])

    def to_keras(self, tensor: np.ndarray) -> np.ndarray:
        """Convert a tensor to the value of the variable."""
        if self.third is not None:
            tensor = np.split(tensor, 3, axis=-1)[self.third]
        if self.inputs is not None and self.transposed:
            tensor = tensor.T
        return tensor.reshape(self.variable.shape)

    def to_hugging_face(self) -> np.ndarray:
        """Convert the variable to its tensor, or to its third of a tensor; float32."""
        value = keras.ops.convert_to_numpy(self.variable).astype("float32")
        if self.inputs is not None:
            value = value.reshape(self.inputs, -1)
            return np.ascontiguousarray(value.T) if self.transposed else value
        return value.reshape(-1) if self.flat else value


def bert(backbone: keras_nlp.models.BertBackbone) -> Iterator[Entry]:
    """List the entries of a BERT backbone without its pooler."""
    for name, variable in (
        ("word_embeddings", backbone.token_embedding.embeddings),
        ("position_embeddings", backbone.position_embedding.position_embeddings),
        ("token_type_embeddings", backbone.segment_embedding.embeddings),
    ):
        yield Entry(variable, f"embeddings.{name}.weight")
    yield from _norm(backbone.embeddings_layer_norm, "embeddings.LayerNorm")
    for i, layer in enumerate(backbone.transformer_layers):
        prefix = f"encoder.layer.{i}"
        attention, hidden = layer._self_attention_layer, backbone.hidden_dim
        for name, dense in (
            ("self.query", attention.query_dense),
            ("self.key", attention.key_dense),
            ("self.value", attention.value_dense),
            ("output.dense", attention.output_dense),
        ):
            name = f"{prefix}.attention.{name}"
            yield Entry(dense.kernel, f"{name}.weight", hidden)
            yield Entry(dense.bias, f"{name}.bias", flat=True)
        norm = layer._self_attention_layer_norm
        yield from _norm(norm, f"{prefix}.attention.output.LayerNorm")
        yield from _linear(
            layer._feedforward_intermediate_dense, f"{prefix}.intermediate.dense"
        )
        yield from _linear(layer._feedforward_output_dense, f"{prefix}.output.dense")
        yield from _norm(layer._feedforward_layer_norm, f"{prefix}.output.LayerNorm")


def pooler(backbone: keras_nlp.models.BertBackbone) -> Iterator[Entry]:
    """List the entries of the pooler of a BERT backbone."""
    return _linear(backbone.pooled_dense, "pooler.dense")


def masked_lm(task: keras_nlp.models.BertMaskedLM) -> Iterator[Entry]:
    """List the entries of a masked language model head, whose kernel is tied."""
    head, prefix = task.masked_lm_head, "cls.predictions"
    yield from _linear(head._intermediate_dense, f"{prefix}.transform.dense")
    yield from _norm(head._intermediate_layer_norm, f"{prefix}.transform.LayerNorm")
    yield Entry(head._bias, f"{prefix}.bias")


def linear_head(task: keras_nlp.models.Task, name: str) -> Iterator[Entry]:
    """List the entries of a head that is a single linear layer."""
    return _linear(task.output_dense, name)


def gpt2(backbone: keras_nlp.models.GPT2Backbone) -> Iterator[Entry]:
    """List the entries of a GPT-2 backbone. Its kernels are (inputs, outputs)."""
    yield Entry(backbone.token_embedding.embeddings, "wte.weight")
    yield Entry(backbone.position_embedding.position_embeddings, "wpe.weight")
    hidden = backbone.hidden_dim
    for i, layer in enumerate(backbone.transformer_layers):
        attention = layer._self_attention_layer
        yield from _norm(layer._self_attention_layer_norm, f"h.{i}.ln_1")
        yield from _norm(layer._feedforward_layer_norm, f"h.{i}.ln_2")
        for third, dense in enumerate(
            (attention.query_dense, attention.key_dense, attention.value_dense)
        ):
            name = f"h.{i}.attn.c_attn"
            yield Entry(dense.kernel, f"{name}.weight", hidden, False, third)
            yield Entry(dense.bias, f"{name}.bias", third=third, flat=True)
        for name, dense in (
            ("attn.c_proj", attention.output_dense),
            ("mlp.c_fc", layer._feedforward_intermediate_dense),
            ("mlp.c_proj", layer._feedforward_output_dense),
        ):
            inputs = dense.kernel.shape[0] if name.startswith("mlp") else hidden
            yield Entry(dense.kernel, f"h.{i}.{name}.weight", inputs, False)
            yield Entry(dense.bias, f"h.{i}.{name}.bias")
    yield from _norm(backbone.layer_norm, "ln_f")


def _norm(layer: keras.layers.LayerNormalization, name: str) -> Iterator[Entry]:
    yield Entry(layer.gamma, f"{name}.weight")
    yield Entry(layer.beta, f"{name}.bias")


def _linear(layer: keras.layers.Dense, name: str) -> Iterator[Entry]:
    yield Entry(layer.kernel, f"{name}.weight", layer.kernel.shape[0])
    yield Entry(layer.bias, f"{name}.bias")
