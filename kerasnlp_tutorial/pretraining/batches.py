"""Pretraining batches that depend only on the step.

A resumed run therefore trains on the same batches as an uninterrupted one.
"""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from kerasnlp_tutorial import distribution, training
from kerasnlp_tutorial.pretraining.objectives import Batch, Objective
from kerasnlp_tutorial.pretraining.shuffled_range import ShuffledRange
from kerasnlp_tutorial.pretraining.token_array import TokenArray

# More sequences than this are shuffled without a list of them, of 8 bytes each.
_MOST_LISTED = 2**24


class PackedSequences:
    """Sequences of equal length, cut from one long array of token ids without padding.

    Each epoch shifts the cuts and shuffles the sequences.

    Args:
        ids: token ids, uint16, (tokens,).
        length: number of tokens in a sequence.
        batch_size: number of sequences in a batch.
        seed: random seed for cuts and order.
    """

    def __init__(
        self, ids: np.ndarray | TokenArray, length: int, batch_size: int, seed: int
    ):
        self.ids = ids
        self.length = length
        self.batch_size = batch_size
        self.seed = seed
        # One sequence fewer than would fit, so that the cuts can be shifted.
        self.per_epoch = max((len(ids) // length - 1) // batch_size, 0)
        self._epoch = -1

    def batch(self, step: int) -> np.ndarray:
        """Return the batch of a step.

        Args:
            step: training step, from 0.

        Returns:
            Token ids, int32, (batch, length).
        """
        epoch, position = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            generator = np.random.default_rng((self.seed, epoch))
            self._shift = int(generator.integers(self.length))
            count = self.per_epoch * self.batch_size
            self._order: np.ndarray | ShuffledRange
            if count > _MOST_LISTED:
                self._order = ShuffledRange(count, generator)
            else:
                self._order = generator.permutation(count)
            self._epoch = epoch
        first = position * self.batch_size
        indices = self._order[first : first + self.batch_size]
        starts = self._shift + indices * self.length
        return np.stack([self.ids[s : s + self.length] for s in starts]).astype("int32")


def batches(
    sequences: PackedSequences,
    objective: Objective,
    steps: range,
    short_steps: int = 0,
    short_length: int = 32,
) -> tf.data.Dataset:
    """Return a dataset of the batches of some steps, with prefetching.

    Several processes get their share of each batch; see `distribution`.

    Args:
        sequences: the training sequences.
        objective: the pretraining objective.
        steps: training steps.
        short_steps: number of first steps whose sequences are split into shorter ones.
        short_length: number of tokens in a shorter sequence.
    """

    def generate() -> Iterator[Batch]:
        for step in steps:
            batch = sequences.batch(step)
            if step < short_steps:
                batch = batch.reshape(-1, short_length)
            yield objective.batch(batch, step, distribution.own_rows(len(batch)))

    signature = tf.nest.map_structure(
        lambda array: tf.TensorSpec([None] * array.ndim, array.dtype), next(generate())
    )
    dataset = tf.data.Dataset.from_generator(generate, output_signature=signature)
    return training.untuned(dataset.prefetch(4))
