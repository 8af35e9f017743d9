import numpy as np
import pytest

from kerasnlp_tutorial.tokenizers.windows import merge_windows, windows


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
    _, starts, ends = windows([length], size=5, stride=3)
    assert list(zip(starts.numpy(), ends.numpy(), strict=True)) == expected


def test_windows_of_rows_with_sizes_of_their_own():
    cuts = np.stack(windows([4, 0, 7], size=[2, 5, 6], stride=2), axis=1)
    expected = [(0, 0, 2), (0, 2, 4), (1, 0, 0), (2, 0, 6), (2, 1, 7)]
    np.testing.assert_array_equal(cuts, expected)


def test_merging_gives_back_what_was_cut():
    rows = [np.arange(n * 2.0).reshape(n, 2) for n in (0, 3, 5, 17)]
    places = np.stack(windows([len(row) for row in rows], 5, 3), axis=1)
    padded = np.full((len(places), 5, 2), -1.0)
    for values, (row, start, end) in zip(padded, places, strict=True):
        values[: end - start] = rows[row][start:end]
    for merged, row in zip(
        merge_windows(places, padded, [len(row) for row in rows]), rows, strict=True
    ):
        np.testing.assert_array_equal(merged, row)


@pytest.mark.parametrize("part", [(0, 3), (2, 5)])
def test_the_ends_of_a_row_are_no_edges(part):
    """A window that holds a whole row sees more of it than one that leaves some out."""
    places = [(0, *part), (0, 0, 5)]
    values = np.array([np.full(5, "part"), np.full(5, "all")])
    [merged] = merge_windows(places, values, [5])
    assert merged.tolist() == ["all"] * 5
