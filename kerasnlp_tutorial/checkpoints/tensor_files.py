"""Readers of the weights files of Hugging Face checkpoints."""

import json
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import safetensors

from kerasnlp_tutorial.checkpoints.preset_checks import shard_path
from kerasnlp_tutorial.checkpoints.preset_files import preset_config
from kerasnlp_tutorial.errors import InputError

_INDEX = ".index.json"


@dataclass(frozen=True)
class StoredTensor:
    """A tensor of a known shape, whose values are read on demand.

    Shapes can then be checked before memory is used for the values.
    """

    shape: tuple[int, ...]
    read: Callable[[], np.ndarray]
    """Function that returns the values, float32."""


def read_tensors(folder: Path) -> dict[str, StoredTensor]:
    """Return the tensors of a checkpoint by name.

    Args:
        folder: folder with `model.safetensors` or `pytorch_model.bin`, or with the
            shards of one of them and an index.

    Raises:
        InputError: there is no such file, or it is damaged.
    """
    for name, read in (
        ("model.safetensors", _read_safetensors),
        ("pytorch_model.bin", _read_pickled),
    ):
        if (folder / name).is_file():
            return read(folder / name)
        if (folder / f"{name}{_INDEX}").is_file():
            return _read_shards(folder / f"{name}{_INDEX}", read)
    raise InputError(
        f"{folder} has no weights: expected model.safetensors, "
        f"model.safetensors.index.json or pytorch_model.bin"
    )


def _read_shards(
    index: Path, read: Callable[[Path], dict[str, StoredTensor]]
) -> dict[str, StoredTensor]:
    weight_map = preset_config(str(index.parent), index.name).get("weight_map")
    if not isinstance(weight_map, dict):
        raise InputError(f"{index} is damaged: it has no object 'weight_map'")
    paths = {tensor: shard_path(index, name) for tensor, name in weight_map.items()}
    tensors: dict[str, StoredTensor] = {}
    for path in sorted(set(paths.values())):
        if not path.is_file():
            missing = next(tensor for tensor, file in paths.items() if file == path)
            raise InputError(
                f"{path} is missing; {index.name} says that it holds tensor {missing!r}"
            )
        tensors |= read(path)
    for tensor, path in paths.items():
        if tensor not in tensors:
            raise InputError(f"{path} lacks tensor {tensor!r}")
    return tensors


def _read_safetensors(path: Path) -> dict[str, StoredTensor]:
    def values(name: str) -> np.ndarray:
        try:
            with safetensors.safe_open(path, framework="numpy") as file:
                return file.get_tensor(name).astype("float32")
        except (safetensors.SafetensorError, TypeError, ValueError) as error:
            raise InputError(f"{path}: tensor {name!r}: {error}") from None

    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            return {
                name: StoredTensor(
                    tuple(file.get_slice(name).get_shape()), partial(values, name)
                )
                for name in file.keys()  # noqa: SIM118  the file is not iterable
            }
    except (safetensors.SafetensorError, OSError) as error:
        truncated = _first_truncated(path)
        where = f" at tensor {truncated!r}" if truncated else ""
        raise InputError(f"{path} is damaged{where}: {error}") from None


def _read_pickled(path: Path) -> dict[str, StoredTensor]:
    try:
        import torch
    except ImportError:
        raise InputError(
            f"{path} can only be read with PyTorch: "
            f"pip install 'kerasnlp-tutorial[convert]'"
        ) from None
    try:
        state = torch.load(
            path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path)
        )
        return {
            name: StoredTensor(tuple(tensor.shape), partial(_torch_values, tensor))
            for name, tensor in state.items()
        }
    except Exception as error:  # PyTorch documents no exception types
        line = str(error).strip().partition("\n")[0]
        raise InputError(
            f"{path} is damaged, or holds more than tensors: {line}"
        ) from None


def _torch_values(tensor: Any) -> np.ndarray:
    return tensor.float().numpy()


def _first_truncated(path: Path) -> str | None:
    """Return the first tensor that does not fit into a truncated safetensors file."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length))
        size = path.stat().st_size - 8 - length
        ends = {
            name: entry["data_offsets"][1]
            for name, entry in header.items()
            if name != "__metadata__"
        }
        truncated = [name for name in ends if ends[name] > size]
        return min(truncated, key=ends.__getitem__, default=None)
    except (ValueError, KeyError, TypeError, struct.error, MemoryError, OverflowError):
        return None  # the header itself is damaged
