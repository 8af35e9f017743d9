"""Checks that a preset is complete, before and after it is loaded."""

import contextlib
import logging
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import keras
import keras_nlp
import numpy as np

from kerasnlp_tutorial.checkpoints.preset_files import (
    backbone_sizes,
    keras_config,
    preset_config,
)
from kerasnlp_tutorial.data import PRESETS
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.memory import transformer_weights

logger = logging.getLogger(__name__)

_BACKBONE, _TASK = "model.weights.h5", "task.weights.h5"
_TRANSFORMER_SIZES = (
    "vocabulary_size",
    "num_layers",
    "hidden_dim",
    "intermediate_dim",
    "max_sequence_length",
)
_SHARDS = "model.weights.json"  # index of a model above 10 GB
# Tolerance, since `transformer_weights` is an estimate.
_MAX_RATIO = 2
# The embedding table may be larger than the vocabulary: its size is often rounded up.
_MIN_VOCABULARY = 0.9
_MAX_SPECIAL_TOKENS = 8  # of a byte-level BPE; those of this package have two
# Keras and `warnings` keep global state while a model is loaded, so threads take turns.
_one_at_a_time = threading.RLock()


def check_backbone(folder: str) -> None:
    """Check that the weights of a backbone exist and fit its config.

    Args:
        folder: folder of a KerasNLP preset.

    Raises:
        InputError: they are missing, damaged or too few.
    """
    path = Path(folder) / _BACKBONE
    if (Path(folder) / _SHARDS).is_file() and not path.is_file():
        _check_shards(folder)
        return
    count = _count_weights(path)
    for name in ("config.json", "task.json"):
        stored = (keras_config(folder, name) or {}).get("config", {})
        if name == "task.json":
            stored = _inner_config(stored.get("backbone"))
        _check_sizes(stored, count, Path(folder) / name)


def _check_sizes(config: dict[str, Any], count: int, where: Path) -> None:
    """Check sizes against the number of stored weights, before memory is allocated."""
    sizes = backbone_sizes(config, str(where))
    if sizes.get("num_heads", 1) > sizes.get("hidden_dim", 1):
        raise InputError(f"{where}: num_heads is above hidden_dim: {sizes}")
    expected = max(sizes.values(), default=0)
    if sizes.keys() >= set(_TRANSFORMER_SIZES):
        arguments = (sizes[name] for name in _TRANSFORMER_SIZES)
        expected = max(expected, transformer_weights(*arguments))
    if expected > _MAX_RATIO * count:
        raise InputError(
            f"{where} describes {expected:,} weights or more; "
            f"{where.parent / _BACKBONE} holds {count:,}"
        )


def check_head(folder: str) -> None:
    """Check that the weights of the head exist and fit its config.

    Args:
        folder: folder of a KerasNLP preset.

    Raises:
        InputError: they are missing, damaged or too few.
    """
    task = keras_config(folder, "task.json")
    path = Path(folder) / _TASK
    if task is None or task["class_name"].endswith("CausalLM"):
        return  # the kernel of its head is the embedding table
    if not path.is_file():
        raise InputError(
            f"{path} is missing: it holds the weights of the head, without which "
            f"predictions would be random; copy the whole folder again"
        )
    count, classes = _count_weights(path), task["config"].get("num_classes", 1)
    if not isinstance(classes, int) or not 0 < classes <= count:
        raise InputError(
            f"{Path(folder) / 'task.json'}: num_classes is {classes!r}; {path} holds "
            f"{count:,} weights"
        )


def _inner_config(value: Any) -> dict[str, Any]:
    inner = value.get("config") if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def _count_weights(path: Path) -> int:
    """Return the number of values in an HDF5 file.

    Raises:
        InputError: the file is missing, damaged, or has no values for a dataset.
    """
    if not path.is_file():
        raise InputError(f"{path} is missing; copy the whole folder again")
    count = 0

    def add(name: str, item: h5py.Group | h5py.Dataset) -> None:
        nonlocal count
        if isinstance(item, h5py.Dataset):
            count += item.size
            stored = item.id.get_storage_size()
            if item.compression is None and stored < item.nbytes:
                raise InputError(f"{path} is damaged: it has no values for {name!r}")

    try:
        with h5py.File(path) as file:
            file.visititems(add)
    except (OSError, RuntimeError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} is damaged: {error}; copy the whole folder again"
        ) from None
    return count


def _check_shards(folder: str) -> None:
    index = Path(folder) / _SHARDS
    weight_map = preset_config(folder, _SHARDS).get("weight_map")
    names = weight_map.values() if isinstance(weight_map, dict) else [None]
    for name in names:
        for shard in name if isinstance(name, list) else [name]:
            _count_weights(shard_path(index, shard))


def shard_path(index: Path, name: object) -> Path:
    """Return the path of a shard, which must be in the folder of its index.

    Args:
        index: path of the index.
        name: file name of the shard in the index.

    Raises:
        InputError: the name is not a file name, or leads out of the folder.
    """
    if not isinstance(name, str) or name != Path(name).name or not name:
        raise InputError(
            f"{index}: a shard must be the name of a file in the same folder; received "
            f"{str(name)[:80]!r}"
        )
    return index.parent / name


@contextlib.contextmanager
def opening(folder: str) -> Iterator[None]:
    """Turn errors of `from_preset` into an `InputError` about the preset.

    Only one thread at a time is in such a block.

    Errors in the presets of this package are bugs and stay as they are.

    Args:
        folder: folder that `from_preset` loads inside the block.

    Raises:
        InputError: the preset cannot be loaded.
    """
    with _one_at_a_time, warnings.catch_warnings():
        # KerasNLP compiles loaded models, and Keras then warns of a missing optimizer
        # state. Before some errors, it warns too.
        for message in ("Skipping variable loading for optimizer", "Skipping nested"):
            warnings.filterwarnings("ignore", message)
        try:
            yield
        except InputError:
            raise
        except Exception as error:  # a damaged config can cause any exception
            if Path(folder).is_relative_to(PRESETS):
                raise
            reason = " ".join(str(error).split())[:300]
            raise InputError(
                f"{folder} is damaged, or was written by another version: "
                f"{type(error).__name__}: {reason}"
            ) from error


def check_finite(model: keras.Model, folder: str) -> None:
    """Check that all weights are finite.

    Args:
        model: loaded model.
        folder: folder that it was loaded from, for the error message.

    Raises:
        InputError: a weight is not finite, so that predictions would be NaN.
    """
    for weight in model.weights:
        if not np.isfinite(keras.ops.convert_to_numpy(weight)).all():
            raise InputError(
                f"{folder}: weights {weight.path!r} hold values that are not finite"
            )


def check_vocabulary(
    tokenizer: keras_nlp.tokenizers.Tokenizer | None, backbone: Any, folder: str
) -> None:
    """Check that the size of a vocabulary fits a backbone.

    Args:
        tokenizer: tokenizer of the preset.
        backbone: backbone of the same preset.
        folder: folder that both were loaded from, for messages.

    Raises:
        InputError: there is no tokenizer, its vocabulary is larger or much smaller than
            that of the backbone, or its merges are damaged.
    """
    if tokenizer is None:
        raise InputError(f"{folder} has no tokenizer")
    tokens, rows = tokenizer.vocabulary_size(), backbone.vocabulary_size
    if not _MIN_VOCABULARY * rows <= tokens <= rows:
        raise InputError(
            f"{folder}: the vocabulary has {tokens:,} tokens, the model {rows:,}; one "
            f"of them is damaged or belongs to another model"
        )
    if isinstance(tokenizer, keras_nlp.tokenizers.GPT2Tokenizer):
        # A token is a byte, a special token, or the result of a merge.
        without_merge = tokens - 256 - len(tokenizer.merges)
        if without_merge > _MAX_SPECIAL_TOKENS:
            raise InputError(
                f"{folder}: the merges of the vocabulary are damaged: they are missing "
                f"for {without_merge:,} of its tokens"
            )
    if tokens < rows:
        logger.warning(
            "%s: the model has embeddings for %d more tokens than its vocabulary; "
            "either its size was rounded up, or tokens are missing",
            folder,
            rows - tokens,
        )
