import numpy as np
import pytest

from kerasnlp_tutorial.windows import merge_windows, windows


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (0, [(0, 0)]),
        (5, [(0, 5)]),
        (6, [(0, 5), (1, 6)]),
        (11, [(0, 5), (3, 8), (6, 11)]),
        (12, [(0, 5), (3, 8), (6, 11), (7, 12)]),
    ],
)
def test_windows(length, expected):
    assert windows(length, size=5, stride=3) == expected


def test_merging_gives_back_what_was_cut():
    rows = [np.arange(n * 2.0).reshape(n, 2) for n in (0, 3, 5, 17)]
    places = [(i, a, b) for i, r in enumerate(rows) for a, b in windows(len(r), 5, 3)]
    padded = np.full((len(places), 5, 2), -1.0)
    for values, (row, start, end) in zip(padded, places, strict=True):
        values[: end - start] = rows[row][start:end]
    for merged, row in zip(
        merge_windows(places, padded, [len(row) for row in rows]), rows, strict=True
    ):
        np.testing.assert_array_equal(merged, row)
