"""A random order of very many indices, computed instead of stored."""

import math

import numpy as np

_ROUNDS = 6


class ShuffledRange:
    """The numbers 0 to `count` - 1 in a random order, in constant memory.

    A number is written as two digits of base `side`, the square root of `count` rounded
    up. A Feistel network permutes all pairs of digits. The few of them that stand for
    no number below `count` are permuted again until one does.

    Args:
        count: how many numbers.
        generator: source of the keys, which determine the order.

    Reference:
        [Black and Rogaway, 2002](https://doi.org/10.1007/3-540-45760-7_9), ciphers with
        arbitrary finite domains
    """

    def __init__(self, count: int, generator: np.random.Generator):
        self.count = count
        self._side = np.uint64(math.isqrt(max(count - 1, 0)) + 1)
        self._keys = generator.integers(2**64, size=_ROUNDS, dtype="uint64")

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, positions: slice) -> np.ndarray:
        """Return the numbers at a slice of positions, int64, (positions,)."""
        numbers = np.arange(*positions.indices(self.count), dtype="uint64")
        numbers = self._permuted(numbers)
        while (outside := numbers >= self.count).any():
            numbers[outside] = self._permuted(numbers[outside])
        return numbers.astype("int64")

    def _permuted(self, numbers: np.ndarray) -> np.ndarray:
        left, right = np.divmod(numbers, self._side)
        for key in self._keys:
            left, right = right, (left + _mixed(right + key)) % self._side
        return left * self._side + right


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """Return a hash of each number, below 2**32, with the finalizer of SplitMix64."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers >> np.uint64(32)
