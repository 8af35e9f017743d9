"""Faster generation with GPT-2 on TensorFlow, with the same tokens.

KerasNLP keeps the keys and values of all layers in one tensor that is as long as the
padded texts. For each new token it copies this tensor several times and attends to all
of it, also to the places that are still empty; and before the first one it reads the
padding behind the prompts too. On a CPU, with several texts at once, all this takes
more time than the matrix products with the weights.

Here, each layer has its own keys and values, only of the tokens so far. They grow by
one token at a time, which copies them once, and a new token may attend to all of them.
Before the first new token, only the tokens that every prompt has are read.

The layers are those of the model, in float32. XLA, and so JAX, would compile a
function for each length, therefore this is only for TensorFlow without XLA.
"""

from collections.abc import Sequence
from typing import Any

import keras
import keras_nlp
import tensorflow as tf

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


def generate_step(
    model: keras_nlp.models.GPT2CausalLM,
    inputs: dict[str, Any],
    stop_token_ids: Sequence[int] | None = None,
) -> dict[str, Any]:
    """Return prompts and their continuations, like `generate_step` of a model.

    Args:
        model: model with a sampler.
        inputs: `token_ids` and `padding_mask`, both (batch, tokens). Each prompt has at
            least one token.
        stop_token_ids: ids of the tokens that end a text.

    Returns:
        `token_ids` and `padding_mask`, (batch, tokens). Tokens after the end of a text
        are not removed, but not in the mask.
    """
    ids, mask = inputs["token_ids"], inputs["padding_mask"]
    index = tf.reduce_min(tf.reduce_sum(tf.cast(mask, tf.int32), axis=1))
    cache = build_cache(model, ids[:, : index - 1])
    # In the loop, beam search would lose the static batch size of tensors that grow,
    # and TensorFlow does not allow this.
    cache = tf.nest.map_structure(_without_batch_size, cache)

    def next(prompt, cache, index):
        logits, cache = next_logits(model, prompt[:, index - 1 : index], cache)
        return logits, (), cache  # no sampler of `DecodingOptions` has hidden states

    ids = model.sampler(
        next=next,
        prompt=ids,
        cache=cache,
        index=index,
        mask=mask,
        stop_token_ids=stop_token_ids,
        model=model,
    )
    ends = tf.zeros_like(mask, "int32")
    for token_id in stop_token_ids or ():
        ends += tf.cast((ids == token_id) & ~tf.cast(mask, "bool"), "int32")
    ended = tf.cumsum(ends, axis=1, exclusive=True) > 0
    return {"token_ids": ids, "padding_mask": ~ended}


def build_cache(model: keras_nlp.models.GPT2CausalLM, ids: Any) -> Cache:
    """Return the cache of the first tokens of texts.

    Args:
        model: a model.
        ids: ids of the tokens, (batch, tokens); there may be no token.
    """
    heads = model.backbone.num_heads
    shape = (ids.shape[0], heads, 0, model.backbone.hidden_dim // heads)
    empty = tf.zeros(shape, model.compute_dtype)
    _, cache = _read(model, ids, [(empty, empty)] * model.backbone.num_layers)
    return cache


def cache_spec(model: keras_nlp.models.GPT2CausalLM) -> Cache:
    """Return the `tf.TensorSpec` of each tensor of a cache of any length.

    Args:
        model: a model.
    """
    spec = tf.TensorSpec([None] * 4, model.compute_dtype)
    return [(spec, spec)] * model.backbone.num_layers


def next_logits(
    model: keras_nlp.models.GPT2CausalLM, ids: Any, cache: Cache
) -> tuple[Any, Cache]:
    """Return the logits of the next token.

    Args:
        model: a model.
        ids: id of the latest token of each text, (batch, 1).
        cache: the cache of the tokens before it.

    Returns:
        Logits, (batch, vocabulary size), and the cache with the latest token.
    """
    hidden_states, cache = _read(model, ids, cache)
    logits = model.backbone.token_embedding(hidden_states, reverse=True)
    return logits[:, 0], cache


def _read(model, ids, cache):
    """Return hidden states, (batch, tokens, hidden size), and the longer cache."""
    backbone = model.backbone
    before, new = tf.shape(cache[0][0])[2], tf.shape(ids)[1]
    mask = tf.range(before + new) <= before + tf.range(new)[:, None]
    tokens = backbone.token_embedding(ids)
    # The layer `embeddings_add` cannot add zero tokens.
    x = tokens + backbone.position_embedding(tokens, start_index=before)
    longer = []
    for layer, layer_cache in zip(backbone.transformer_layers, cache, strict=True):
        attention = layer._self_attention_layer
        hidden = layer._self_attention_layer_norm(x)
        hidden, layer_cache = _attend(attention, hidden, layer_cache, mask)
        longer.append(layer_cache)
        x = x + hidden
        hidden = layer._feedforward_layer_norm(x)
        hidden = layer._feedforward_intermediate_dense(hidden)
        x = x + layer._feedforward_output_dense(hidden)
    return backbone.layer_norm(x), longer


def _attend(attention, x, cache, mask):
    """Return the output of an attention layer and its longer keys and values.

    Args:
        attention: layer of `keras.layers.MultiHeadAttention`.
        x: new tokens, (batch, tokens, hidden size).
        cache: keys and values of the tokens before.
        mask: which tokens each new token may attend to, (tokens, tokens so far).
    """
    query, keys, values = (
        tf.transpose(dense(x), (0, 2, 1, 3))  # (batch, heads, tokens, head size)
        for dense in (attention.query_dense, attention.key_dense, attention.value_dense)
    )
    keys = tf.concat([cache[0], keys], axis=2)
    values = tf.concat([cache[1], values], axis=2)
    scores = tf.cast(tf.matmul(query, keys, transpose_b=True), tf.float32)
    scores = tf.where(mask, scores / query.shape[-1] ** 0.5, -1e9)
    weights = tf.cast(tf.nn.softmax(scores), values.dtype)
    attended = tf.transpose(tf.matmul(weights, values), (0, 2, 1, 3))
    return attention.output_dense(attended), (keys, values)


def _without_batch_size(tensor):
    shape = [None, *tensor.shape[1:]]
    return tf.compat.v1.placeholder_with_default(tensor, shape)
