"""Settings and tensors of a Hugging Face checkpoint, checked when they are read."""

import numbers
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from kerasnlp_tutorial.checkpoints.tensor_files import StoredTensor, read_tensors
from kerasnlp_tutorial.checkpoints.tensor_names import Entry
from kerasnlp_tutorial.errors import InputError

_PREFIXES = ("bert.", "transformer.")
_NAMES = {int: "a whole number", numbers.Real: "a number", bool: "true or false"}


class HuggingFaceCheckpoint:
    """A Hugging Face checkpoint of any model type.

    Args:
        folder: folder with `config.json` and weights.
        config: content of `config.json`.

    Raises:
        InputError: there are no weights, or the id of a token is invalid.
    """

    def __init__(self, folder: Path, config: Mapping[str, Any]):
        self.folder = folder
        self.config = config
        for name, value in config.items():
            if name.endswith("_token_id") and not _is_id(value):
                self.refuse(name, "a token id")
        self.tensors = {
            _normalized(name): tensor for name, tensor in read_tensors(folder).items()
        }

    def refuse(self, name: str, expected: str) -> NoReturn:
        """Raise an `InputError` for a setting in `config.json`."""
        raise InputError(
            f"{self.folder / 'config.json'}: {name} must be {expected}; received "
            f"{self.config.get(name)!r:.80}"
        )

    def field(self, name: str, default: Any, kind: type) -> Any:
        """Return a setting of the given type; it is required if the default is None."""
        value = self.config.get(name, default)
        if value is None:
            raise InputError(f"{self.folder / 'config.json'} lacks {name!r}")
        if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
            self.refuse(name, _NAMES[kind])
        return value

    def count(self, name: str, default: int | None = None) -> int:
        """Return a setting that must be a whole number above 0."""
        value = self.field(name, default, int)
        if value < 1:
            self.refuse(name, "above 0")
        return value

    def fraction(self, name: str, default: float) -> float:
        """Return a setting that must be at least 0 and below 1, such as a dropout."""
        value = float(self.field(name, default, numbers.Real))
        if not 0 <= value < 1:
            self.refuse(name, "at least 0 and below 1")
        return value

    def heads(self, name: str, hidden: int) -> int:
        """Return a number of attention heads, which must divide the hidden size."""
        heads = self.count(name)
        if hidden % heads:
            self.refuse(name, f"a divisor of the hidden size {hidden}")
        return heads

    def choice(self, name: str, default: str, known: Iterable[str]) -> str:
        """Return a setting that must be one of the known strings."""
        value = self.config.get(name, default)
        if not isinstance(value, str) or value not in known:
            self.refuse(name, f"one of {', '.join(known)}")
        return value

    def require(self, name: str, *shape: int) -> StoredTensor:
        """Return a required tensor, which must have the given shape."""
        tensor = self.tensors.get(name)
        if tensor is None:
            raise InputError(f"{self.folder} lacks tensor {name!r}")
        if tensor.shape != shape:
            raise InputError(
                f"{self.folder}: tensor {name!r} must have shape {shape}, as "
                f"config.json says; it has {tensor.shape}"
            )
        return tensor

    def fill(self, entries: Iterable[Entry]) -> None:
        """Assign the values of the tensors to their variables."""
        for entry in entries:
            values = self.require(entry.tensor, *entry.shape).read()
            if not np.isfinite(values).all():
                raise InputError(
                    f"{self.folder}: tensor {entry.tensor!r} holds values that are "
                    f"not finite"
                )
            entry.variable.assign(entry.to_keras(values))

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names of a classifier in the order of their ids."""
        count = (*self.tensors["classifier.weight"].shape, 0)[0]
        named = self.config.get("id2label") or {i: f"LABEL_{i}" for i in range(count)}
        try:
            labels = [named[id] for id in sorted(named.keys(), key=int)]
        except (
            AttributeError,
            TypeError,
            ValueError,
        ):  # no object, or keys that are not ids
            labels = []
        if len(set(map(str, labels))) != count or count < 1:
            self.refuse("id2label", f"an object of {count} different labels by id")
        return tuple(map(str, labels))


def _is_id(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_id, value))
    return value is None or (type(value) is int and 0 <= value < 2**31)


def _normalized(name: str) -> str:
    """Return the name of a tensor without prefix and as in newer checkpoints."""
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    if name.endswith((".gamma", ".beta")):
        name = name.replace(".gamma", ".weight").replace(".beta", ".bias")
    return name
