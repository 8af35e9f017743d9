"""Presets by name: of the package, of a folder, of the hub."""

import json
import logging
import warnings
from pathlib import Path
from typing import Any

import keras

from kerasnlp_tutorial.checkpoints.hub import PREFIX, SHORT_NAMES, hub_folder
from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.data import PRESETS
from kerasnlp_tutorial.errors import InputError

logger = logging.getLogger(__name__)

LABELS_FILE = "labels.json"  # of a preset that was converted
_KAGGLE = "kaggle://"
_LARGE = 512  # dimensions
_RATE_OF_LARGE = 1e-4


def preset_names() -> list[str]:
    """Return the names of the presets inside the package."""
    return sorted(path.parent.name for path in PRESETS.glob("*/config.json"))


def preset_folder(name: str | Path) -> str:
    """Return the folder of a KerasNLP preset, for `from_preset`.

    Args:
        name: of a preset inside the package, such as `bert_mini_ko`; a folder with a
            KerasNLP preset or a Hugging Face checkpoint; `hf://owner/name` or one of
            `SHORT_NAMES`, from the hub; or `kaggle://...`, which is left to KerasNLP.
            A checkpoint of Hugging Face's is converted once, into the user's cache.

    Raises:
        InputError: there is no such preset, or it cannot be read.
    """
    name = str(name)
    if name.startswith(_KAGGLE):
        return name
    if name.startswith(PREFIX):
        return _as_preset(hub_folder(name))
    for folder in (PRESETS / name, Path(name)):
        if (folder / "config.json").is_file():
            return _as_preset(folder)
    if name in SHORT_NAMES:
        return _as_preset(hub_folder(SHORT_NAMES[name]))
    expected = [*preset_names(), *SHORT_NAMES, f"{PREFIX}owner/name", f"{_KAGGLE}..."]
    expected = ", ".join(expected)
    raise InputError(
        f"no preset {name!r}; expected {expected}, or a folder with a KerasNLP preset "
        f"or a Hugging Face checkpoint (it has a config.json)"
    )


def _as_preset(folder: Path) -> str:
    if "model_type" not in preset_config(str(folder), "config.json"):
        return str(folder)
    # Imported here: only a conversion needs all that.
    from kerasnlp_tutorial.checkpoints.hugging_face import converted

    return str(converted(folder))


def preset_config(folder: str, name: str) -> dict | None:
    """Return one of a preset's JSON files; None if it has none, or is on Kaggle.

    Raises:
        InputError: the file is damaged.
    """
    path = Path(folder) / name
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path} is damaged: {error}") from None


def _dtype_arguments(folder: str) -> dict[str, Any]:
    """Return what `from_preset` must be told to open a preset.

    KerasNLP 0.32 does not open one that was saved under a policy of mixed precision
    unless it is given a dtype.

    Args:
        folder: what `preset_folder` returned.
    """
    stored = (preset_config(folder, "config.json") or {}).get("config", {}).get("dtype")
    name = stored.get("config", {}).get("name") if isinstance(stored, dict) else stored
    mixed = str(name).startswith("mixed_")
    return {"dtype": keras.config.dtype_policy()} if mixed else {}


def open_task(task_class: type, folder: str) -> Any:
    """Open a preset with its head.

    Args:
        task_class: of KerasNLP, what the preset is.
        folder: what `preset_folder` returned.
    """
    with warnings.catch_warnings():
        # KerasNLP compiles what it loads, and then misses the optimizer's state.
        warnings.filterwarnings("ignore", "Skipping variable loading for optimizer")
        return task_class.from_preset(folder, **_dtype_arguments(folder))


def load_backbone(config: TrainingConfig, backbone_class: type) -> tuple[Any, str]:
    """Return the pretrained backbone that `config.backbone` names, and its folder.

    Args:
        config: `dropout` and `sequence_length` of it are used too.
        backbone_class: of KerasNLP, what the preset must be.

    Raises:
        InputError: there is no such preset, it is of another class, or it reads fewer
            tokens than `config.sequence_length`.
    """
    folder = preset_folder(config.backbone)
    check_class(folder, config.backbone, backbone_class)
    backbone = backbone_class.from_preset(
        folder, dropout=config.dropout, **_dtype_arguments(folder)
    )
    if config.sequence_length > backbone.max_sequence_length:
        raise InputError(
            f"sequence_length must be at most {backbone.max_sequence_length} with "
            f"backbone {config.backbone!r}; received {config.sequence_length}"
        )
    if backbone.hidden_dim >= _LARGE and config.learning_rate > _RATE_OF_LARGE:
        logger.warning(
            "learning_rate %g may be too high for a backbone of %d dimensions; "
            "5e-5 is usual",
            config.learning_rate,
            backbone.hidden_dim,
        )
    return backbone, folder


def new_backbone(config: TrainingConfig, backbone_class: type, tokenizer: Any) -> Any:
    """Return a backbone with random weights, of the size that the config gives.

    Args:
        config: its sizes are used.
        backbone_class: of KerasNLP.
        tokenizer: the vocabulary's size is its.
    """
    return backbone_class(
        vocabulary_size=tokenizer.vocabulary_size(),
        num_layers=config.num_layers,
        num_heads=config.num_heads,
        hidden_dim=config.hidden_dim,
        intermediate_dim=config.intermediate_dim,
        dropout=config.dropout,
        max_sequence_length=config.sequence_length,
    )


def check_class(folder: str, name: str | Path, backbone_class: type) -> None:
    """Make sure that a preset's backbone is of a class.

    Raises:
        InputError: it is of another.
    """
    stored = preset_config(folder, "config.json")
    # Our own subclass of a class has a name that ends in the class's.
    expected = backbone_class.__name__
    if stored is not None and not stored["class_name"].endswith(expected):
        raise InputError(
            f"{str(name)!r} must have a {expected}; it has a {stored['class_name']}"
        )
