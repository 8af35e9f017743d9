"""Overlapping windows, for texts that are longer than the model's input."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf


def windows(
    lengths: tf.Tensor, size: int | tf.Tensor, stride: int
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Split rows of tokens into overlapping windows.

    Args:
        lengths: number of tokens in each row, int32, (rows,).
        size: number of tokens in a window; one number, or one for each row, (rows,). A
            row with fewer tokens is a single, shorter window.
        stride: number of tokens between the starts of two neighboring windows. The last
            window of a row starts earlier if needed, so that it ends with the row.

    Returns:
        Row, start and end (exclusive) of each window: three tensors, int32, (windows,).
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
    """Merge the values of overlapping windows into one array for each row.

    Each token takes its values from the window in which it has the most context, that
    is, in which it is farthest from the nearest window edge. The start and the end of
    the row itself do not count as edges.

    Args:
        places: (row, start, end) of each window.
        values: array of shape (windows, tokens, ...), padded at the end.
        lengths: number of tokens in each row.

    Returns:
        An array of shape (tokens, ...) for each row.
    """
    merged = [np.zeros((length, *values.shape[2:]), values.dtype) for length in lengths]
    distances = [np.full(length, -1) for length in lengths]
    for (row, start, end), window in zip(places, values, strict=True):
        offsets, no_edge = np.arange(end - start), np.full(end - start, end - start)
        left = offsets if start > 0 else no_edge
        right = offsets[::-1] if end < lengths[row] else no_edge
        distance = np.minimum(left, right)
        better = distance > distances[row][start:end]
        distances[row][start:end][better] = distance[better]
        merged[row][start:end][better] = window[: end - start][better]
    return merged
