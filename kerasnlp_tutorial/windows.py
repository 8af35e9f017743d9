"""Windows that overlap, for texts that are longer than a model reads at once."""

from collections.abc import Sequence

import numpy as np


def windows(length: int, size: int, stride: int) -> list[tuple[int, int]]:
    """Cut a row of tokens into windows that overlap.

    Args:
        length: tokens of the row.
        size: tokens of a window, at most; all but the only one have that many.
        stride: tokens from the start of a window to the next; the last one may be
            nearer, so that it ends with the row.

    Returns:
        (start, end) of each window.
    """
    if length <= size:
        return [(0, length)]
    starts = [*range(0, length - size, stride), length - size]
    return [(start, start + size) for start in starts]


def merge_windows(
    places: Sequence[tuple[int, int, int]], values: np.ndarray, lengths: Sequence[int]
) -> list[np.ndarray]:
    """Put the values of windows together, row by row.

    A token takes its values from the window in which it is most central. Where the row
    itself begins or ends, a window's edge hides nothing.

    Args:
        places: (row, start, end) of each window.
        values: (windows, tokens, ...), padded at the end.
        lengths: tokens of each row.

    Returns:
        An array (tokens, ...) for each row.
    """
    merged = [np.zeros((length, *values.shape[2:]), values.dtype) for length in lengths]
    room = [np.full(length, -1) for length in lengths]
    for (row, start, end), window in zip(places, values, strict=True):
        near, far = np.arange(end - start), np.full(end - start, end - start)
        left = near if start > 0 else far
        right = near[::-1] if end < lengths[row] else far
        distance = np.minimum(left, right)
        better = distance > room[row][start:end]
        room[row][start:end][better] = distance[better]
        merged[row][start:end][better] = window[: end - start][better]
    return merged
