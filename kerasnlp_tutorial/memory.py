"""Refuse models that do not fit into memory, before the system kills the process."""

import contextlib
import os
from pathlib import Path

from kerasnlp_tutorial.errors import InputError

# Memory limit of a container on Linux: control groups, version 2 and 1.
_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
_BYTES = 4  # in a float32


def total_bytes() -> int:
    """Return the memory of this machine, or the limit of its container if lower."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for path in _LIMITS:
        with contextlib.suppress(OSError, ValueError):  # no container, or "max"
            total = min(total, int(path.read_text()))
    return total


def check_room(weights: int, copies: int, what: str) -> None:
    """Make sure that a model fits into memory before it is built.

    Args:
        weights: number of weights, each a float32.
        copies: number of copies of each weight in memory: 1 for inference; 4 for
            training with Adam, which keeps a gradient and two moments.
        what: description of the model and of where its size comes from, for the
            message.

    Raises:
        InputError: the model does not fit.
    """
    needed, total = weights * copies * _BYTES, total_bytes()
    if needed > total:
        raise InputError(
            f"{what} has {weights:,} weights, which take {needed / 1e9:,.1f} GB of "
            f"memory; this machine has {total / 1e9:,.1f} GB"
        )


def transformer_weights(
    vocabulary_size: int,
    num_layers: int,
    hidden_dim: int,
    intermediate_dim: int,
    max_sequence_length: int,
) -> int:
    """Return the approximate number of weights of a BERT or a GPT-2."""
    layer = 4 * hidden_dim**2 + 2 * hidden_dim * intermediate_dim
    embeddings = (vocabulary_size + max_sequence_length) * hidden_dim
    return embeddings + num_layers * layer
