"""The tensors of a Hugging Face folder, from any of its formats."""

import json
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import safetensors

from kerasnlp_tutorial.errors import InputError

_INDEX = ".index.json"


def read_tensors(folder: Path) -> Mapping[str, np.ndarray]:
    """Return the tensors of a checkpoint; float32, by their names in the file.

    Args:
        folder: with `model.safetensors`, its shards, or `pytorch_model.bin`.

    Raises:
        InputError: there is none, or it is damaged; says where.
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


def _read_shards(index: Path, read) -> dict[str, np.ndarray]:
    try:
        places = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{index} is damaged: {error!r}") from None
    tensors = {}
    for name in sorted(set(places.values())):
        if not (index.parent / name).is_file():
            missing = next(tensor for tensor, place in places.items() if place == name)
            raise InputError(
                f"{index.parent / name} is missing; {index.name} says that it holds "
                f"tensor {missing!r}"
            )
        tensors |= read(index.parent / name)
    for tensor, place in places.items():
        if tensor not in tensors:
            raise InputError(f"{index.parent / place} lacks tensor {tensor!r}")
    return tensors


def _read_safetensors(path: Path) -> dict[str, np.ndarray]:
    tensors = {}
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            for name in file.keys():  # noqa: SIM118  it is no mapping
                tensors[name] = file.get_tensor(name).astype("float32")
    except safetensors.SafetensorError as error:
        at = _first_beyond(path)
        where = f" at tensor {at!r}" if at else ""
        raise InputError(f"{path} is damaged{where}: {error}") from None
    return tensors


def _read_pickled(path: Path) -> dict[str, np.ndarray]:
    try:
        import torch
    except ImportError:
        raise InputError(
            f"{path} can only be read with PyTorch: "
            f"pip install 'kerasnlp-tutorial[convert]'"
        ) from None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        return {name: tensor.float().numpy() for name, tensor in state.items()}
    except Exception as error:  # of many types, none of them documented
        line = str(error).strip().partition("\n")[0]
        raise InputError(
            f"{path} is damaged, or holds more than tensors: {line}"
        ) from None


def _first_beyond(path: Path) -> str | None:
    """Return the first tensor that a shortened safetensors file has no bytes for."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length))
        left = path.stat().st_size - 8 - length
        ends = {
            name: entry["data_offsets"][1]
            for name, entry in header.items()
            if name != "__metadata__"
        }
        beyond = [name for name in ends if ends[name] > left]
        return min(beyond, key=ends.get, default=None)
    except (ValueError, KeyError, TypeError, struct.error, MemoryError, OverflowError):
        return None  # the header itself is damaged
