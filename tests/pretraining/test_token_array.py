import os
import resource

import numpy as np
import pytest

from kerasnlp_tutorial.pretraining import token_array as token_array_module
from kerasnlp_tutorial.pretraining.batches import PackedSequences
from kerasnlp_tutorial.pretraining.token_array import TokenArray

IDS = np.random.default_rng(0).integers(2**16, size=1000).astype("<u2")


def arrays(folder, ends):
    """`IDS` in files that end at some positions."""
    parts = np.split(IDS, ends)
    paths = [folder / str(i) for i in range(len(parts))]
    for path, part in zip(paths, parts, strict=True):
        path.write_bytes(part.tobytes())
    return TokenArray(paths, list(map(len, parts)))


@pytest.mark.parametrize(
    "ends", [[], [500], [0, 0, 1, 2, 2, 999, 1000, 1000], range(0, 1000, 7)]
)
def test_files_are_one_array(tmp_path, ends):
    array = arrays(tmp_path, ends)
    assert len(array) == 1000 and array[:].dtype == "uint16"
    for start, stop in ((0, 1000), (0, 1), (3, 9), (499, 501), (990, 2000), (5, 5)):
        assert np.array_equal(array[start:stop], IDS[start:stop])
    assert np.array_equal(array[-9:], IDS[-9:])
    with pytest.raises(ValueError, match="no step"):
        array[::2]


def test_no_files_are_an_empty_array():
    assert len(TokenArray([], [])) == len(TokenArray([], [])[:]) == 0


def test_batches_are_those_of_one_file(tmp_path, monkeypatch):
    whole = PackedSequences(IDS, 10, 3, seed=0)
    expected = [whole.batch(step) for step in range(70)]
    for most_mapped in (1, 4096):
        monkeypatch.setattr(token_array_module, "_MOST_MAPPED", most_mapped)
        sequences = PackedSequences(arrays(tmp_path, range(0, 1000, 3)), 10, 3, 0)
        assert sequences.per_epoch == whole.per_epoch
        found = [sequences.batch(step) for step in range(70)]
        assert np.array_equal(found, expected)


def test_more_files_than_a_process_may_open(tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = 256 + 2 * len(os.listdir("/dev/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (few, limits[1]))
    try:
        first, second = (arrays(tmp_path, range(1, 1000)) for _ in range(2))
        for start in range(1000):
            assert first[start : start + 1] == second[start : start + 1] == IDS[start]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_only_some_files_are_mapped_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(token_array_module, "_MOST_MAPPED", 8)
    array = arrays(tmp_path, range(1, 1000))
    for start in range(1000):
        assert array[start : start + 1] == IDS[start]
    assert array._mapped.cache_info().currsize == 8
