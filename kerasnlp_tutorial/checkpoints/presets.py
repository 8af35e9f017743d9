"""The presets that the package carries."""

from pathlib import Path

from kerasnlp_tutorial.data import PRESETS
from kerasnlp_tutorial.errors import InputError


def preset_names() -> list[str]:
    """Return the names of the presets inside the package."""
    return sorted(path.parent.name for path in PRESETS.glob("*/config.json"))


def preset_folder(name: str | Path) -> str:
    """Return the folder of a KerasNLP preset, for `from_preset`.

    Args:
        name: of a preset inside the package, such as `bert_mini_ko`, or a folder
            of your own.

    Raises:
        InputError: there is no such preset.
    """
    for folder in (PRESETS / name, Path(name)):
        if (folder / "config.json").is_file():
            return str(folder)
    folder = "a folder with a KerasNLP preset (it has a config.json)"
    expected = " or ".join([*preset_names(), folder])
    raise InputError(f"no preset {str(name)!r}; expected {expected}")
