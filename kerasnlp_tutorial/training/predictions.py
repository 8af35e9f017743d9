"""Outputs of models for encoded examples, fast for one as for thousands."""

from collections.abc import Mapping
from typing import Any

import keras
import keras_nlp
import numpy as np

from kerasnlp_tutorial import distribution
from kerasnlp_tutorial.training.batches import (
    Features,
    length_grouped_dataset,
    shortest_first,
)
from kerasnlp_tutorial.training.contexts import already_encoded

_WIDTH_MULTIPLE = 16  # tokens
_CALLED = "_has_predicted_few_rows"


def predict_logits(
    model: keras_nlp.models.Task,
    features: Features,
    batch_size: int,
    pad_token_id: int = 0,
) -> np.ndarray:
    """Return the logits of encoded examples, computed in batches of similar length.

    Args:
        model: a Task on `token_ids`, `segment_ids` and `padding_mask`.
        features: result of `encode`.
        batch_size: number of examples in a batch.
        pad_token_id: token id of the padding.

    Returns:
        float32 array, (examples, ...), in the order of the examples.
    """
    count = features["token_ids"].row_splits.shape[0] - 1
    if count <= batch_size or distribution.is_mirrored(model):
        limit = getattr(model.preprocessor, "sequence_length", None)
        x = _padded(features, pad_token_id, limit)
        return np.asarray(predict_outputs(model, x, batch_size), "float32")
    # The targets are not looked at.
    dataset = length_grouped_dataset(
        features, range(count), batch_size, pad_token_id=pad_token_id
    )
    with already_encoded(model):
        outputs = model.predict(dataset, verbose=0)
    logits = np.empty_like(outputs, dtype="float32")
    logits[shortest_first(features)] = outputs
    return logits


def _padded(
    features: Features, pad_token_id: int, limit: int | None
) -> dict[str, np.ndarray]:
    """Return encoded examples as one batch, int32, (examples, tokens).

    Args:
        features: result of `encode`.
        pad_token_id: token id of the padding.
        limit: number of tokens that the model can read; None if it is not known.
    """
    lengths = np.diff(features["token_ids"].row_splits.numpy())
    real = np.arange(max(lengths.max(), limit or 0)) < lengths[:, np.newaxis]
    x = {"padding_mask": real.astype("int32")}
    for name, rows in features.items():
        padding = pad_token_id if name == "token_ids" else 0
        x[name] = np.full(real.shape, padding, "int32")
        x[name][real] = rows.flat_values.numpy()
    return x


def predict_outputs(
    model: keras_nlp.models.Task, x: Mapping[str, Any], batch_size: int
) -> np.ndarray:
    """Return the outputs for padded inputs; `predict`, but fast for a few rows.

    Args:
        model: a Task on `token_ids`, `padding_mask` and maybe `segment_ids`.
        x: inputs of the model, int32, (rows, tokens).
        batch_size: number of rows in a batch.

    Returns:
        array, (rows, ...). If it has values for each token, it may have fewer tokens
        than the inputs; none is missing that is not padding.
    """
    x = {name: np.asarray(values) for name, values in x.items()}
    rows, width = x["token_ids"].shape
    if distribution.is_mirrored(model):
        # `predict` divides batches, and mixes up those that cannot be divided.
        parts = range(0, rows, batch_size)
        chunks = [{n: v[i : i + batch_size] for n, v in x.items()} for i in parts]
        outputs = [model(chunk, training=False) for chunk in chunks]
        return np.concatenate([*map(keras.ops.convert_to_numpy, outputs)])
    if rows > batch_size:
        with already_encoded(model):
            return model.predict(x, batch_size, verbose=0)
    # One width of few: backends prepare something for each.
    longest = int(x["padding_mask"].sum(axis=1).max())
    width = min(-(-longest // _WIDTH_MULTIPLE) * _WIDTH_MULTIPLE, width)
    x = {name: values[:, :width] for name, values in x.items()}
    if keras.backend.backend() == "tensorflow" and not hasattr(model, _CALLED):
        # To trace a model takes longer than to run it once, for example in the command
        # line.
        setattr(model, _CALLED, True)
        return keras.ops.convert_to_numpy(model(x, training=False))
    # A Task's own method tokenizes; to say that it need not takes a millisecond.
    return keras.Model.predict_on_batch(model, x)
