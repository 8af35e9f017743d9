"""Token ids in many files, read as one array."""

import resource
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

_MOST_MAPPED = 4096  # files; of memory maps, Linux allows 65,530


class TokenArray:
    """Token ids of all files in a row, uint16, (tokens,), mapped into memory.

    It has what is needed of an array: `len` and slices.

    Args:
        paths: files of little-endian uint16.
        lengths: number of tokens in each file.
    """

    def __init__(self, paths: Sequence[Path], lengths: Sequence[int]):
        self._ends = np.cumsum([0, *lengths])[1:]

        @lru_cache(maxsize=_most_mapped())
        def mapped(file: int) -> np.ndarray:  # no method: self would hold itself
            return np.memmap(paths[file], "<u2", "r").view(np.ndarray)

        self._mapped = mapped

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def __getitem__(self, span: slice) -> np.ndarray:
        """Return the tokens of a slice without step, uint16, (tokens,).

        They are a copy only if the slice crosses from one file into the next.
        """
        start, stop, step = span.indices(len(self))
        if step != 1:
            raise ValueError(f"a slice must have no step; received {span}")
        parts = list(self._parts(start, stop))
        if len(parts) == 1:
            return parts[0]
        return np.concatenate([np.zeros(0, "<u2"), *parts])

    def _parts(self, start: int, stop: int) -> Iterator[np.ndarray]:
        file = int(np.searchsorted(self._ends, start, side="right"))
        while start < stop:
            end = int(self._ends[file])
            if start < end:  # no file is mapped that is empty
                tokens = self._mapped(file)
                first = start - (end - len(tokens))
                yield tokens[first : first + stop - start]
            start = max(start, end)
            file += 1


def _most_mapped() -> int:
    """Return how many files to keep mapped; mapping one again takes microseconds.

    Each holds a file descriptor, also after `np.memmap` has closed its file: a process
    has 1024 of them by default, and two arrays open at a time.
    """
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = descriptors == resource.RLIM_INFINITY
    return _MOST_MAPPED if unlimited else min(_MOST_MAPPED, max(descriptors // 4, 1))
