"""Settings that check themselves, and how text and files become settings."""

import dataclasses
import math
import numbers
import os
import tomllib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kerasnlp_tutorial.data import PRESETS
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.files import read_text, written_whole
from kerasnlp_tutorial.hangul import compose

SEEDS = range(2**32)
"""Seeds that NumPy and Keras accept."""
SETTINGS_FILE = "settings.toml"
"""Name of the file in which a training keeps its settings."""
# Settings that say where a run goes, not what it computes.
_NOT_REPEATED = ("output", "overwrite", "resume")
_MAX_SHOWN = 200  # characters of a value in a message
_MAX_NAME = 200  # bytes of a file name; file systems allow 255, with suffixes
_TYPE_NAMES = {
    types.NoneType: "none",
    int: "a whole number",
    float: "a finite number",
    str: "a text",
    bool: "true or false",
}


class Settings:
    """Base class of frozen dataclasses that check their fields in `__post_init__`."""

    def _set(self, name: str, value: Any) -> None:
        """Set a field while the object is initialized; it is frozen."""
        object.__setattr__(self, name, value)

    def _require(self, name: str, holds: bool, expected: str) -> None:
        if not holds:
            received = repr(getattr(self, name))[:_MAX_SHOWN]
            raise InputError(f"{name} must be {expected}; received {received}")

    def _require_range(self, name: str, low: float, high: float) -> None:
        """Check that a number, unless it is None, is in a range with both its ends."""
        value = getattr(self, name)
        if value is not None:
            minimum = "above 0" if low == 1 else f"{low} or more"
            self._require(name, value >= low, minimum)
            self._require(name, value <= high, f"at most {high}")

    def _check_types(self) -> None:
        """Convert numbers to the types of their fields, and check all types.

        Values that come from Python or from a `training.json` can have any type.
        """
        hints = typing.get_type_hints(type(self))
        for field in dataclasses.fields(typing.cast(Any, self)):
            kinds = _kinds(hints[field.name])
            value = getattr(self, field.name)
            if isinstance(value, bool):
                holds = bool in kinds
            elif isinstance(value, numbers.Real) and float in kinds:
                value = _float(value)
                holds = math.isfinite(value)
            elif isinstance(value, numbers.Integral) and int in kinds:
                value, holds = int(value), True
            else:
                holds = isinstance(value, kinds) and not isinstance(value, float)
            names = " or ".join(_TYPE_NAMES.get(kind, kind.__name__) for kind in kinds)
            self._require(field.name, holds, names)
            self._set(field.name, value)

    def _compose(self, *names: str) -> None:
        """Compose the Hangul of settings that become a part of texts."""
        for name in names:
            self._set(name, compose(getattr(self, name)))

    def _make_absolute(self, *names: str) -> None:
        """Make paths absolute, so that they are valid in any working directory."""
        for name in names:
            path = getattr(self, name)
            if path is not None:
                self._require(name, path != "" and "\0" not in path, "a path")
                self._set(name, os.path.abspath(path))

    def _make_preset_absolute(self, name: str) -> None:
        """Make a preset's path absolute; leave the name of a preset as it is."""
        preset = getattr(self, name)
        if preset is not None:
            self._require(name, preset != "" and "\0" not in preset, "a name or a path")
            embedded = PRESETS / preset / "config.json"
            if os.path.isfile(f"{preset}/config.json") and not embedded.is_file():
                self._make_absolute(name)

    def _check_output(self, name: str) -> None:
        output = getattr(self, name)
        if output is not None:
            size = len(os.fsencode(os.path.basename(output)))
            expected = f"a path whose last part has at most {_MAX_NAME} bytes"
            self._require(name, output != "" and size <= _MAX_NAME, expected)


def _kinds(hint: Any) -> tuple[type, ...]:
    """Return the classes that a type hint allows."""
    hints = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    return tuple(typing.get_origin(kind) or kind for kind in hints)


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer with hundreds of digits
        return math.inf


def parse_fields(config_class: type, texts: Mapping[str, str]) -> dict[str, Any]:
    """Convert texts to the types of a dataclass's fields.

    Args:
        config_class: a dataclass.
        texts: value of each field as text; `none` stands for None.

    Returns:
        The values by field name, for `config_class(**fields)` or
        `dataclasses.replace`.

    Raises:
        InputError: a field does not exist, or a text cannot be converted.
    """
    hints = typing.get_type_hints(config_class)
    values = {}
    for name, text in texts.items():
        if name not in hints:
            known = ", ".join(sorted(hints))
            raise InputError(f"there is no setting {name!r}; the settings are: {known}")
        values[name] = _parse(name, hints[name], text)
    return values


def _parse(name: str, hint: Any, text: str) -> Any:
    kinds = _kinds(hint)
    if not isinstance(text, str):  # a list in a settings file
        raise InputError(f"{name} must be one value; received {text!r:.{_MAX_SHOWN}}")
    if types.NoneType in kinds and text.lower() == "none":
        return None
    kind = next(kind for kind in kinds if kind is not types.NoneType)
    try:
        if kind is bool:
            return {"true": True, "false": False}[text.lower()]
        return kind(text)
    except (KeyError, ValueError):
        expected = "true or false" if kind is bool else f"of type {kind.__name__}"
        shown = repr(text)[:_MAX_SHOWN]
        raise InputError(f"{name} must be {expected}; received {shown}") from None


def read_settings_file(path: str | Path) -> dict[str, Any]:
    """Read settings from a TOML file.

    Args:
        path: file with lines such as `learning_rate = 1e-4`.

    Returns:
        The values by name: each as text, for `parse_fields`, or a list of texts.

    Raises:
        InputError: the file cannot be read, is not TOML, or holds other values.
    """
    path = Path(path)
    try:
        values = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not TOML: {error}") from None
    return {name: _as_text(path, name, value) for name, value in values.items()}


def _as_text(path: Path, name: str, value: Any) -> str | list[str]:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list) and all(isinstance(text, str) for text in value):
        return value
    raise InputError(
        f"{path}: {name} must be a text, a number, true or false; received "
        f"{repr(value)[:_MAX_SHOWN]}"
    )


def write_settings_file(path: Path, values: Mapping[str, Any]) -> None:
    """Write settings to a TOML file with which `--config` repeats a run.

    Args:
        path: file to write.
        values: value of each field; None is written as `"none"`. The fields
            `output`, `overwrite` and `resume` are left out.
    """
    import tomlkit  # takes as long as the rest of this module

    written = {
        name: "none" if value is None else value
        for name, value in values.items()
        if name not in _NOT_REPEATED
    }
    with written_whole(path) as part:
        part.write_text(tomlkit.dumps(written), encoding="utf-8")
