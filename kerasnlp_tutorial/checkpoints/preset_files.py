"""The JSON files of a preset."""

import json
from pathlib import Path
from typing import Any

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.files import read_json

LABELS_FILE = "labels.json"  # written by a conversion
_SIZES = (
    "vocabulary_size",
    "num_layers",
    "num_heads",
    "hidden_dim",
    "intermediate_dim",
    "max_sequence_length",
    "num_segments",
)


def preset_config(folder: str, name: str, kind: type = dict) -> Any:
    """Return the content of a JSON file of a preset.

    Args:
        folder: folder of a preset, as returned by `preset_folder`.
        name: file name.
        kind: expected type of the content, dict or list.

    Returns:
        The content; None if the file does not exist or the preset is on Kaggle.

    Raises:
        InputError: the file is damaged, or its content is of another type.
    """
    path = Path(folder) / name
    return read_json(path, kind) if path.is_file() else None


def keras_config(folder: str, name: str) -> dict[str, Any] | None:
    """Return the content of a preset file with a serialized Keras object.

    Args:
        folder: folder of a preset, as returned by `preset_folder`.
        name: file name, such as `config.json` or `task.json`.

    Returns:
        A dictionary with at least `class_name`, `registered_name` and `config`; None as
        from `preset_config`.

    Raises:
        InputError: the file is damaged or holds no serialized object.
    """
    stored = preset_config(folder, name)
    if stored is None:
        return None
    for key, kind in (("class_name", str), ("registered_name", str), ("config", dict)):
        if not isinstance(stored.get(key), kind):
            raise InputError(
                f"{Path(folder) / name} holds no serialized Keras object: {key!r} is "
                f"{json.dumps(stored.get(key), ensure_ascii=False)[:40]}"
            )
    return stored


def backbone_sizes(config: dict[str, Any], where: str) -> dict[str, int]:
    """Return the sizes in the config of a backbone, such as `num_layers`.

    Args:
        config: constructor arguments of the backbone.
        where: file name for the error message.

    Raises:
        InputError: a size is not a whole number above 0.
    """
    sizes = {name: config[name] for name in _SIZES if name in config}
    for name, value in sizes.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise InputError(
                f"{where}: {name} must be a whole number above 0; received {value!r}"
            )
    return sizes
