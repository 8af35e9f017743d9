import tracemalloc

import numpy as np
import pytest

from kerasnlp_tutorial.pretraining.shuffled_range import ShuffledRange


def shuffled(count, seed=0):
    return ShuffledRange(count, np.random.default_rng(seed))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 9, 10, 1000, 65_537, 10**6])
def test_every_number_is_there_once(count):
    numbers = shuffled(count)[:]
    assert len(shuffled(count)) == len(numbers) == count
    assert np.array_equal(np.sort(numbers), np.arange(count))


def test_the_order_is_that_of_the_keys():
    first = shuffled(10**5)
    assert np.array_equal(first[:], shuffled(10**5)[:])
    assert np.mean(first[:] == shuffled(10**5, seed=1)[:]) < 1e-3
    parts = [first[i : i + 999] for i in range(0, 10**5, 999)]
    assert np.array_equal(np.concatenate(parts), first[:])


def test_the_order_looks_random():
    count = 10**6
    numbers = shuffled(count)[:]
    positions = np.arange(count)
    assert abs(np.corrcoef(positions, numbers)[0, 1]) < 0.005
    assert abs(np.corrcoef(numbers[:-1], numbers[1:])[0, 1]) < 0.005
    # Of the steps from one to the next, hardly any is twice there more than by chance.
    steps = np.unique(np.diff(numbers) % count).size / count
    assert steps == pytest.approx(1 - np.exp(-1), abs=0.005)
    # Each tenth of the order has as much of each tenth of the numbers.
    table = np.histogram2d(positions, numbers, bins=10)[0]
    assert abs(table / (count / 100) - 1).max() < 0.05


def test_hundreds_of_millions_take_no_memory():
    tracemalloc.start()
    order = shuffled(400_000_000)
    assert len(np.unique(order[10**8 : 10**8 + 1024])) == 1024
    assert tracemalloc.get_traced_memory()[1] < 1e6
    tracemalloc.stop()
