"""The trained model of a BERT whose objective is more than masked tokens."""

from typing import Any

import keras
import keras_nlp
from keras import ops

_DETECTION_WEIGHT = 50.0  # as in ELECTRA: the loss of two classes is small


def trained_model(
    task: keras_nlp.models.BertMaskedLM, objective: str, sentence_order: bool
) -> keras.Model:
    """Return a model that shares its weights with a task and is trained in its place.

    Args:
        task: the task to pretrain.
        objective: `masked`, `replaced` or `both`; see `PretrainingConfig`.
        sentence_order: whether to classify pairs of segments, too.

    Returns:
        The task itself, if only masked tokens are predicted. Otherwise a model with a
        dictionary of logits: `tokens`, (batch, masks, vocabulary), unless the objective
        is `replaced`; `generator`, (batch, masks, vocabulary), and `detection`,
        (batch, tokens, 1), unless the objective is `masked`; and `order`, (batch, 3),
        with `sentence_order`.
    """
    backbone = task.backbone
    backbone.pooled_dense.trainable = sentence_order  # not used otherwise
    if objective == "masked" and not sentence_order:
        return task
    inputs, outputs = dict(task.input), {}
    features = {name: inputs[name] for name in backbone.input}
    positions = inputs["mask_positions"]
    if objective != "masked":
        inputs["original_ids"] = keras.Input(
            (None,), name="original_ids", dtype="int32"
        )
        inputs["draws"] = keras.Input((None,), name="draws", dtype="float32")
        logits = outputs["generator"] = _generator_logits(backbone, features, positions)
        replaced_positions, draws = positions, inputs["draws"]
        if objective == "both":  # every second mask is kept
            positions, replaced_positions = positions[:, ::2], positions[:, 1::2]
            logits, draws = logits[:, 1::2], draws[:, 1::2]
        drawn = draw_tokens(logits, draws)
        token_ids = put_tokens(features["token_ids"], replaced_positions, drawn)
        features["token_ids"] = token_ids
    hidden = backbone(features)
    if objective != "masked":
        logits = _detection_logits(hidden["sequence_output"])  # (batch, tokens, 1)
        replaced = ops.not_equal(token_ids, inputs["original_ids"])
        # Positive if the detection is correct, so that all labels are 1.
        outputs["detection"] = ops.where(replaced[..., None], logits, -logits)
    if objective != "replaced":
        outputs["tokens"] = task.masked_lm_head(hidden["sequence_output"], positions)
    if sentence_order:
        outputs["order"] = keras.layers.Dense(3, name="order")(hidden["pooled_output"])
    return keras.Model(inputs, outputs)


def losses(model: keras.Model) -> dict[str, Any]:
    """Return the losses, loss weights and metrics for `model.compile`.

    Args:
        model: result of `trained_model`, or another task.
    """

    def loss(name: str) -> keras.losses.Loss:
        if name == "detection":
            return keras.losses.BinaryCrossentropy(from_logits=True)
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def accuracy(name: str) -> keras.metrics.Metric:
        if name == "detection":
            return keras.metrics.BinaryAccuracy(name="accuracy", threshold=0)
        return keras.metrics.SparseCategoricalAccuracy(name="accuracy")

    if not isinstance(model.output, dict):
        return {"loss": loss("tokens"), "weighted_metrics": [accuracy("tokens")]}
    weights = {"detection": _DETECTION_WEIGHT}
    return {
        "loss": {name: loss(name) for name in model.output},
        "loss_weights": {name: weights.get(name, 1.0) for name in model.output},
        "weighted_metrics": {name: [accuracy(name)] for name in model.output},
    }


def draw_tokens(logits, draws):
    """Return token ids sampled from predictions, int32, (batch, positions).

    The random numbers are a part of the batch, so that a resumed training samples the
    same tokens.

    Args:
        logits: logits of the vocabulary, (batch, positions, vocabulary).
        draws: uniform random numbers in [0, 1), (batch, positions).
    """
    reached = ops.cumsum(ops.softmax(logits), axis=-1)
    ids = ops.sum(ops.cast(ops.less_equal(reached, draws[..., None]), "int32"), axis=-1)
    return ops.minimum(ids, logits.shape[-1] - 1)  # the sum can be below 1


def put_tokens(token_ids, positions, tokens):
    """Return token ids, int32, (batch, tokens), with some of them replaced.

    Args:
        token_ids: token ids, int32, (batch, tokens).
        positions: different positions, int32, (batch, positions).
        tokens: token ids for these positions, int32, (batch, positions).
    """
    indices = ops.cumsum(ops.ones_like(token_ids), axis=1) - 1
    # (batch, positions, tokens)
    selected = ops.equal(positions[:, :, None], indices[:, None])
    new = ops.sum(ops.where(selected, tokens[..., None], 0), axis=1)
    return ops.where(ops.any(selected, axis=1), new, token_ids)


def _generator_logits(backbone, features, positions):
    """Return the logits of a generator: a BERT with a third of the width.

    It shares the embeddings of the backbone.
    """
    heads = backbone.num_heads
    width = heads * 8 * max(round(backbone.hidden_dim / 3 / heads / 8), 1)
    shared = {
        "kernel_initializer": keras.initializers.TruncatedNormal(stddev=0.02),
        "dtype": backbone.dtype_policy,
    }
    embedded = keras.Model(backbone.input, backbone.embeddings_layer_norm.output)
    x = keras.layers.Dense(width, name="generator_projection", **shared)(
        embedded(features)
    )
    for i in range(backbone.num_layers):
        x = keras_nlp.layers.TransformerEncoder(
            num_heads=heads,
            intermediate_dim=4 * width,
            activation=keras.activations.gelu,
            layer_norm_epsilon=1e-12,
            name=f"generator_layer_{i}",
            **shared,
        )(x, padding_mask=features["padding_mask"])
    return keras_nlp.layers.MaskedLMHead(
        token_embedding=backbone.token_embedding,
        intermediate_activation="gelu",
        name="generator_head",
        **shared,
    )(x, positions)


def _detection_logits(sequence_output):
    """Return the logits of the detection head, (batch, tokens, 1)."""
    x = keras.layers.Dense(
        sequence_output.shape[-1], activation="gelu", name="detection_dense"
    )(sequence_output)
    return keras.layers.Dense(1, name="detection_logits")(x)
