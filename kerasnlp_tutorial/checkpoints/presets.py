"""Presets by name: in the package, in a folder, or on the Hugging Face hub."""

import logging
import os
from pathlib import Path
from typing import Any

import keras
import keras_nlp

from kerasnlp_tutorial.checkpoints.hub import PREFIX, SHORT_NAMES, hub_folder, removal
from kerasnlp_tutorial.checkpoints.preset_checks import (
    check_backbone,
    check_finite,
    check_head,
    check_vocabulary,
    opening,
)
from kerasnlp_tutorial.checkpoints.preset_files import keras_config, preset_config
from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.data import PRESETS
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.memory import check_room, transformer_weights

logger = logging.getLogger(__name__)

_KAGGLE = "kaggle://"
_LARGE_HIDDEN_DIM = 512
_LARGE_LEARNING_RATE = 1e-4  # for large models


def preset_names() -> list[str]:
    """Return the names of the presets in the package."""
    return sorted(path.parent.name for path in PRESETS.glob("*/config.json"))


def preset_folder(name: str | Path) -> str:
    """Return the folder of a KerasNLP preset, for `from_preset`.

    Args:
        name: name of a preset in the package, such as `bert_mini_ko`; a folder with a
            KerasNLP preset or a Hugging Face checkpoint; `hf://owner/name` or one of
            `SHORT_NAMES` for a checkpoint on the Hugging Face hub; or `kaggle://...`,
            which KerasNLP loads. Hugging Face checkpoints are converted once, into the
            user's cache.

    Raises:
        InputError: there is no such preset, or it cannot be read.
    """
    name = str(name)
    if name.startswith(_KAGGLE):
        return name
    if name.startswith(PREFIX):
        return _from_hub(name)
    for folder in (PRESETS / name, Path(name)):
        if os.path.isfile(folder / "config.json"):
            return _as_preset(folder)
    if name in SHORT_NAMES:
        return _from_hub(SHORT_NAMES[name])
    known = [*preset_names(), *SHORT_NAMES, f"{PREFIX}owner/name", f"{_KAGGLE}..."]
    expected = ", ".join(known)
    raise InputError(
        f"no preset {name!r}; expected {expected}, or a folder with a KerasNLP preset "
        f"or a Hugging Face checkpoint (it has a config.json)"
    )


def _from_hub(name: str) -> str:
    folder = hub_folder(name)
    try:
        return _as_preset(folder)
    except InputError as error:
        raise InputError(f"{error}; {removal(name)}") from error


def _as_preset(folder: Path) -> str:
    if "model_type" not in preset_config(str(folder), "config.json"):
        keras_config(str(folder), "config.json")  # check that it is a KerasNLP preset
        return str(folder)
    # Imported here: only needed for a conversion.
    from kerasnlp_tutorial.checkpoints.conversion import converted

    return str(converted(folder))


def _dtype_arguments(folder: str) -> dict[str, Any]:
    """Return the `dtype` argument of `from_preset`, if a preset needs it.

    KerasNLP 0.32 cannot load a preset that was saved with mixed precision without it.

    Args:
        folder: folder of a preset, as returned by `preset_folder`.
    """
    stored = (keras_config(folder, "config.json") or {}).get("config", {}).get("dtype")
    name = stored.get("config", {}).get("name") if isinstance(stored, dict) else stored
    mixed = str(name).startswith("mixed_")
    return {"dtype": keras.config.dtype_policy()} if mixed else {}


def open_task(task_class: type[keras_nlp.models.Task], folder: str) -> Any:
    """Load a preset with its head.

    Args:
        task_class: class of KerasNLP that `from_preset` is called on.
        folder: folder of a preset, as returned by `preset_folder`.

    Raises:
        InputError: a file is missing, damaged, or of another model.
    """
    with opening(folder):
        if not folder.startswith(_KAGGLE):
            check_backbone(folder)
            check_head(folder)
        task = task_class.from_preset(folder, **_dtype_arguments(folder))
    tokenizer = getattr(task.preprocessor, "tokenizer", None)
    check_vocabulary(tokenizer, task.backbone, folder)
    check_finite(task, folder)
    return task


def load_backbone(
    config: TrainingConfig, backbone_class: type[keras_nlp.models.Backbone]
) -> tuple[Any, str]:
    """Return the pretrained backbone that `config.backbone` names, and its folder.

    Args:
        config: configuration, of which `backbone`, `dropout` and `sequence_length` are
            used.
        backbone_class: expected class of KerasNLP.

    Raises:
        InputError: there is no such preset, it is of another class, or it cannot read
            `config.sequence_length` tokens.
    """
    folder = preset_folder(config.backbone)
    check_class(folder, config.backbone, backbone_class)
    with opening(folder):
        if not folder.startswith(_KAGGLE):
            check_backbone(folder)
        backbone = backbone_class.from_preset(
            folder, dropout=config.dropout, **_dtype_arguments(folder)
        )
    check_finite(backbone, folder)
    if config.sequence_length > backbone.max_sequence_length:
        raise InputError(
            f"sequence_length must be at most {backbone.max_sequence_length} with "
            f"backbone {config.backbone!r}; received {config.sequence_length}"
        )
    if (
        backbone.hidden_dim >= _LARGE_HIDDEN_DIM
        and config.learning_rate > _LARGE_LEARNING_RATE
    ):
        logger.warning(
            "learning_rate %g may be too high for a backbone of %d dimensions; "
            "5e-5 is usual",
            config.learning_rate,
            backbone.hidden_dim,
        )
    return backbone, folder


def new_backbone(
    config: TrainingConfig,
    backbone_class: type[keras_nlp.models.Backbone],
    tokenizer: keras_nlp.tokenizers.Tokenizer,
) -> Any:
    """Return a backbone with random weights.

    Args:
        config: configuration with the sizes of the backbone.
        backbone_class: class of KerasNLP.
        tokenizer: tokenizer with the vocabulary of the backbone.

    Raises:
        InputError: there is not enough memory to train a model of this size.
    """
    sizes = {
        "vocabulary_size": tokenizer.vocabulary_size(),
        "num_layers": config.num_layers,
        "hidden_dim": config.hidden_dim,
        "intermediate_dim": config.intermediate_dim,
        "max_sequence_length": config.sequence_length,
    }
    named = ", ".join(f"{name}={value}" for name, value in sizes.items())
    check_room(transformer_weights(**sizes), 4, f"a model of {named}")
    return backbone_class(num_heads=config.num_heads, dropout=config.dropout, **sizes)


def load_tokenizer(
    folder: str,
    tokenizer_class: type[keras_nlp.tokenizers.Tokenizer],
    backbone: keras_nlp.models.Backbone,
) -> Any:
    """Load the tokenizer of a preset.

    Args:
        folder: folder of a preset, as returned by `preset_folder`.
        tokenizer_class: class of KerasNLP that `from_preset` is called on.
        backbone: backbone of the same preset.

    Raises:
        InputError: the tokenizer is damaged, or of another model.
    """
    with opening(folder):
        tokenizer = tokenizer_class.from_preset(folder)
    check_vocabulary(tokenizer, backbone, folder)
    return tokenizer


def check_class(folder: str, name: str | Path, backbone_class: type) -> None:
    """Check the class of a preset's backbone.

    Args:
        folder: folder of a preset, as returned by `preset_folder`.
        name: name of the preset for the error message.
        backbone_class: expected class.

    Raises:
        InputError: the backbone is of another class.
    """
    stored = keras_config(folder, "config.json")
    # Names of our subclasses end in the name of the base class.
    expected = backbone_class.__name__
    if stored is not None and not stored["class_name"].endswith(expected):
        raise InputError(
            f"{str(name)!r} must have a {expected}; it has a {stored['class_name']}"
        )
