"""Training batches as a function of the step alone, so that a resumed training goes on
with the very batches that an uninterrupted one would have seen."""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from kerasnlp_tutorial.tokenizers.vocabulary import SPECIAL_TOKENS

Batch = tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]


class PackedSequences:
    """Sequences of equal length, cut from a long row of ids: no padding at all.

    Each epoch cuts at other places and takes the sequences in another order.

    Args:
        ids: uint16, (tokens,).
        length: tokens of a sequence.
        batch_size: sequences of a batch.
        seed: of cuts and order.
    """

    def __init__(self, ids: np.ndarray, length: int, batch_size: int, seed: int):
        self.ids = ids
        self.length = length
        self.batch_size = batch_size
        self.seed = seed
        # One sequence less than would fit, so that there is room to shift the cuts.
        self.per_epoch = max((len(ids) // length - 1) // batch_size, 0)
        self._epoch = -1

    def batch(self, step: int) -> np.ndarray:
        """Return the sequences of a step, counted from 0; int32, (batch, length)."""
        epoch, place = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            generator = np.random.default_rng((self.seed, epoch))
            self._shift = int(generator.integers(self.length))
            count = self.per_epoch * self.batch_size
            self._order = generator.permutation(count)
            self._epoch = epoch
        chosen = self._order[place * self.batch_size : (place + 1) * self.batch_size]
        starts = self._shift + chosen * self.length
        return np.stack([self.ids[s : s + self.length] for s in starts]).astype("int32")


class MaskedLanguageModel:
    """Hide tokens and ask for them, as BERT was pretrained.

    Of the chosen tokens 80 % become `[MASK]`, 10 % another token, and 10 % stay. The
    choice is made anew for each step.

    Args:
        vocabulary: tokens in the order of their ids.
        share: of the tokens that are chosen.
        whole_words: choose all tokens of a word.
        seed: of the choices.

    Reference:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805)
    """

    def __init__(
        self, vocabulary: list[str], share: float, whole_words: bool, seed: int
    ):
        self.special = np.isin(vocabulary, SPECIAL_TOKENS)
        self.ordinary = np.flatnonzero(~self.special)
        self.continues = np.array([token.startswith("##") for token in vocabulary])
        self.cls, self.mask = vocabulary.index("[CLS]"), vocabulary.index("[MASK]")
        self.share = share
        self.whole_words = whole_words
        self.seed = seed

    def batch(self, sequences: np.ndarray, step: int) -> Batch:
        """Return `(x, y, sample_weight)` for a `BertMaskedLM`.

        Args:
            sequences: int32, (batch, length).
            step: of the training.
        """
        generator = np.random.default_rng((self.seed, step, 1))
        tokens = sequences.copy()
        tokens[:, 0] = self.cls  # the model has to know it from every sequence
        chosen_count = max(round(self.share * tokens.shape[1]), 1)
        scores = generator.random(tokens.shape)
        if self.whole_words:
            words = np.cumsum(~self.continues[tokens], axis=1)
            scores = np.take_along_axis(scores, words - words[:, :1], axis=1)
        scores[self.special[tokens]] = 2.0  # never before the others
        places = np.sort(
            np.argsort(scores, axis=1, kind="stable")[:, :chosen_count], axis=1
        )
        targets = np.take_along_axis(tokens, places, axis=1)
        weights = (~self.special[targets]).astype("float32")
        dice = generator.random(targets.shape)
        random = generator.choice(self.ordinary, targets.shape)
        inputs = np.where(dice < 0.8, self.mask, np.where(dice < 0.9, random, targets))
        inputs = np.where(weights > 0, inputs, targets).astype("int32")
        np.put_along_axis(tokens, places, inputs, axis=1)
        x = {
            "token_ids": tokens,
            "segment_ids": np.zeros_like(tokens),
            "padding_mask": np.ones_like(tokens),
            "mask_positions": places.astype("int32"),
        }
        return x, targets, weights


class CausalLanguageModel:
    """Ask for the next token everywhere, as GPT was pretrained."""

    def batch(self, sequences: np.ndarray, step: int) -> Batch:
        """Return `(x, y, sample_weight)` for a `GPT2CausalLM`; see above."""
        tokens, targets = sequences[:, :-1], sequences[:, 1:]
        x = {"token_ids": tokens, "padding_mask": np.ones_like(tokens)}
        return x, targets, np.ones(targets.shape, "float32")


def batches(
    sequences: PackedSequences,
    objective: MaskedLanguageModel | CausalLanguageModel,
    steps: range,
    short_steps: int = 0,
    short_length: int = 32,
) -> tf.data.Dataset:
    """Return the batches of some steps, prepared beside the training.

    Args:
        sequences: what to learn from.
        objective: what to ask.
        steps: of the training.
        short_steps: steps, counted from 0, whose sequences are cut into shorter ones.
        short_length: tokens of those.
    """

    def generate() -> Iterator[Batch]:
        for step in steps:
            batch = sequences.batch(step)
            if step < short_steps:
                batch = batch.reshape(-1, short_length)
            yield objective.batch(batch, step)

    signature = tf.nest.map_structure(
        lambda array: tf.TensorSpec((None, None), array.dtype), next(generate())
    )
    dataset = tf.data.Dataset.from_generator(generate, output_signature=signature)
    return dataset.prefetch(4)
