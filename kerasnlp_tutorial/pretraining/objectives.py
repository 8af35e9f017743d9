"""Pretraining objectives: from sequences of token ids to inputs, labels and weights."""

from typing import Protocol

import numpy as np

from kerasnlp_tutorial.tokenizers.vocabulary import SPECIAL_TOKENS

ALL = slice(None)  # rows of a batch
Arrays = np.ndarray | dict[str, np.ndarray]
Batch = tuple[dict[str, np.ndarray], Arrays, Arrays]
TokenBatch = tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]


class Objective(Protocol):
    """Makes training batches from sequences of token ids."""

    def batch(self, sequences: np.ndarray, step: int, rows: slice = ALL) -> Batch:
        """Return `(x, y, sample_weight)`, which depend only on the arguments.

        Args:
            sequences: token ids, int32, (batch, length).
            step: training step.
            rows: rows of the batch to return; they are the same in the whole batch.
        """
        ...


class MaskedLanguageModel:
    """The masked language modeling objective of BERT.

    Of the selected tokens, 80 % are replaced with `[MASK]`, 10 % with a random token,
    and 10 % are kept. The selection depends on the step (dynamic masking).

    Args:
        vocabulary: tokens in the order of their ids.
        share: fraction of tokens to select.
        whole_words: whether to mask whole words.
        seed: random seed.

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

    def batch(self, sequences: np.ndarray, step: int, rows: slice = ALL) -> TokenBatch:
        """Return `(x, y, sample_weight)` for a `keras_nlp.models.BertMaskedLM`.

        Args:
            sequences: token ids, int32, (batch, length).
            step: training step.
            rows: rows of the batch to return.

        Returns:
            A dictionary of `token_ids`, `segment_ids` and `padding_mask`, int32,
            (batch, length), and `mask_positions`, int32, (batch, masks); the labels,
            int32, (batch, masks); and their weights, float32, (batch, masks), 0 for
            special tokens.
        """
        generator = np.random.default_rng((self.seed, step, 1))
        count, tokens = len(sequences), sequences[rows].copy()
        tokens[:, 0] = self.cls  # every input of the model starts with [CLS]
        mask_count = max(round(self.share * tokens.shape[1]), 1)
        # Drawn for the whole batch, so that all rows are as in the whole batch.
        scores = generator.random((count, tokens.shape[1]))[rows]
        if self.whole_words:
            words = np.cumsum(~self.continues[tokens], axis=1)
            scores = np.take_along_axis(scores, words - words[:, :1], axis=1)
        scores[self.special[tokens]] = 2.0  # selected last
        positions = np.sort(
            np.argsort(scores, axis=1, kind="stable")[:, :mask_count], axis=1
        )
        targets = np.take_along_axis(tokens, positions, axis=1)
        weights = (~self.special[targets]).astype("float32")
        draw = generator.random((count, mask_count))[rows]
        random = generator.choice(self.ordinary, (count, mask_count))[rows]
        inputs = np.where(draw < 0.8, self.mask, np.where(draw < 0.9, random, targets))
        inputs = np.where(weights > 0, inputs, targets).astype("int32")
        np.put_along_axis(tokens, positions, inputs, axis=1)
        x = {
            "token_ids": tokens,
            "segment_ids": np.zeros_like(tokens),
            "padding_mask": np.ones_like(tokens),
            "mask_positions": positions.astype("int32"),
        }
        return x, targets, weights


class CausalLanguageModel:
    """The next token prediction objective of GPT."""

    def batch(self, sequences: np.ndarray, step: int, rows: slice = ALL) -> TokenBatch:
        """Return `(x, y, sample_weight)` for a `keras_nlp.models.GPT2CausalLM`.

        Args:
            sequences: token ids, int32, (batch, length).
            step: training step; not used.
            rows: rows of the batch to return.

        Returns:
            A dictionary of `token_ids` and `padding_mask`, the labels, all int32, and
            the weights, float32; each of shape (batch, length - 1).
        """
        tokens, targets = sequences[rows, :-1], sequences[rows, 1:]
        x = {"token_ids": tokens, "padding_mask": np.ones_like(tokens)}
        return x, targets, np.ones(targets.shape, "float32")


class ReplacedTokens:
    """The replaced token detection objective of ELECTRA.

    A small generator replaces masked tokens. It is a part of the trained model; see
    `bert_model.trained_model`.

    Args:
        masked: objective of the generator.
        keep_masks: whether every second mask is kept for the detecting model to
            predict.
        seed: random seed for sampling from the generator.

    Reference:
        [Clark et al., 2020](https://arxiv.org/abs/2003.10555)
    """

    def __init__(self, masked: MaskedLanguageModel, keep_masks: bool, seed: int):
        self.masked = masked
        self.keep_masks = keep_masks
        self.seed = seed

    def batch(self, sequences: np.ndarray, step: int, rows: slice = ALL) -> Batch:
        """Return `(x, y, sample_weight)` for a model of `bert_model.trained_model`.

        Args:
            sequences: token ids, int32, (batch, length).
            step: training step.
            rows: rows of the batch to return.

        Returns:
            The inputs of `MaskedLanguageModel`, with `original_ids`, int32, (batch,
            length), and `draws`, float32, (batch, masks), uniform in [0, 1), to sample
            replacements with; and dictionaries of labels and of their weights:
            `generator`, (batch, masks); `detection`, always 1, (batch, length, 1), with
            weights of shape (batch, length); and `tokens`, (batch, masks / 2), if masks
            are kept.
        """
        x, targets, weights = self.masked.batch(sequences, step, rows)
        original = x["token_ids"].copy()
        np.put_along_axis(original, x["mask_positions"], targets, axis=1)
        x["original_ids"] = original
        positions = x["mask_positions"]
        generator = np.random.default_rng((self.seed, step, 3))
        draws = generator.random((len(sequences), positions.shape[1]), dtype="float32")
        x["draws"] = draws[rows]
        # The model negates the logits of tokens that were not replaced.
        detection = np.ones(original.shape, "float32")
        answers = np.ones((*original.shape, 1), "int32")
        y = {"generator": targets, "detection": answers}
        sample_weight = {"generator": weights, "detection": detection}
        if self.keep_masks:
            np.put_along_axis(detection, positions[:, ::2], 0.0, axis=1)
            y["tokens"], sample_weight["tokens"] = targets[:, ::2], weights[:, ::2]
        return x, y, sample_weight


class SentenceOrder:
    """Adds the classification of pairs of segments to another objective.

    Each sequence is cut in two segments inside a text, after a sentence if possible.
    With equal probability, the second segment follows the first (0), precedes it (1),
    or is from another sequence (2).

    Args:
        objective: objective for the tokens.
        vocabulary: tokens in the order of their ids.
        seed: random seed for cuts and classes.

    Reference:
        [Wang et al., 2019](https://arxiv.org/abs/1908.04577), the sentence structural
        objective
    """

    def __init__(self, objective: Objective, vocabulary: list[str], seed: int):
        self.objective = objective
        self.cls, self.sep = vocabulary.index("[CLS]"), vocabulary.index("[SEP]")
        self.ends = np.flatnonzero(np.isin(vocabulary, [".", "?", "!"]))
        self.seed = seed

    def batch(self, sequences: np.ndarray, step: int, rows: slice = ALL) -> Batch:
        """Return the other objective's `(x, y, sample_weight)`, extended with `order`.

        Args:
            sequences: token ids, int32, (batch, length).
            step: training step.
            rows: rows of the batch to return.

        Returns:
            The other objective's inputs, with `segment_ids` of two segments; and
            dictionaries of labels and weights: the other objective's (`tokens` if it
            has a single output), and `order`, int32 and float32, (batch,).
        """
        generator = np.random.default_rng((self.seed, step, 2))
        count, length = sequences.shape
        cuts = self._cuts(sequences, generator)
        order = generator.integers(3, size=(count,))
        others = (np.arange(count) + generator.integers(1, max(count, 2))) % count
        tokens = np.full_like(sequences, self.sep)
        tokens[:, 0] = self.cls
        segments = np.zeros_like(sequences)
        for row in range(count)[rows]:
            cut, label = cuts[row], order[row]
            # One token is replaced with [CLS] and two with [SEP].
            first, second = sequences[row, 1:cut], sequences[row, cut : length - 2]
            if label == 1:
                first, second = second, first
            elif label == 2:
                start = min(cuts[others[row]], length - len(second))
                second = sequences[others[row], start : start + len(second)]
            middle = 1 + len(first)
            tokens[row, 1:middle] = first
            tokens[row, middle + 1 : -1] = second
            segments[row, middle + 1 :] = 1
        x, y, weights = self.objective.batch(tokens, step, rows)
        labels = y if isinstance(y, dict) else {"tokens": y}
        sample_weight = weights if isinstance(weights, dict) else {"tokens": weights}
        labels["order"] = order[rows].astype("int32")
        sample_weight["order"] = np.ones(len(labels["order"]), "float32")
        return x | {"segment_ids": segments[rows]}, labels, sample_weight

    def _cuts(
        self, sequences: np.ndarray, generator: np.random.Generator
    ) -> np.ndarray:
        """Return the start of the second segment in each sequence, int64, (batch,)."""
        length = sequences.shape[1]
        scores = generator.random(sequences.shape)
        before = np.roll(sequences, 1, axis=1)
        scores[np.isin(before, self.ends)] += 2.0  # preferred
        # Neither of two texts follows the other.
        scores[(before == self.sep) | (sequences == self.sep)] -= 4.0
        middle = slice(length // 4, length - length // 4)
        return length // 4 + scores[:, middle].argmax(axis=1)
