"""Windows that overlap, for texts that are longer than a model reads at once."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf


def windows(
    lengths: tf.Tensor, size: int | tf.Tensor, stride: int
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Cut rows of tokens into windows that overlap.

    Args:
        lengths: tokens of each row, int32, (rows,).
        size: tokens of a window, at most; one number, or one of each row. All windows
            of a row have that many, unless the row is shorter.
        stride: tokens from the start of a window to the next; the last one may be
            nearer, so that it ends with the row.

    Returns:
        Row, start and end of each window, three times int32, (windows,).
    """
    lengths = tf.cast(lengths, "int32")
    size = tf.broadcast_to(size, tf.shape(lengths))
    last = tf.maximum(lengths - size, 0)
    counts = 1 - (-last // stride)  # the last window's start is rounded up
    rows = tf.repeat(tf.range(tf.size(lengths)), counts)
    numbers = tf.ragged.range(counts).flat_values
    starts = tf.minimum(numbers * stride, tf.gather(last, rows))
    ends = tf.minimum(starts + tf.gather(size, rows), tf.gather(lengths, rows))
    return rows, starts, ends


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
