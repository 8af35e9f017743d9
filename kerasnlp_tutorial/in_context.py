"""Classification by a language model that nobody has trained for it.

The model is shown a few examples with their labels, or none, and then a text; the label
that it would most likely say next is the answer. No weight changes.
"""

from collections.abc import Mapping, Sequence

import keras_nlp
import numpy as np

from kerasnlp_tutorial.datasets import LabeledText
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.language_models import (
    first_token_id,
    longest,
    token_log_probabilities,
)
from kerasnlp_tutorial.tokenizers import encode_texts

# Texts that say nothing: what the model answers to them is its prejudice.
_CONTENT_FREE = ("", "...", "N/A")


class InContextClassifier:
    """Zero, one or a few shots, for any causal language model of KerasNLP.

    Args:
        model: with its preprocessor.
        label_words: for each label what the model is to say, such as
            `{"긍정": "재미있다", "부정": "재미없다"}`.
        shots: examples to show.
        template: how an example is written; must end in `{label}`.
        separator: between examples.
        calibrate: divide by what the model answers to texts that say nothing
            ([Zhao et al., 2021](https://arxiv.org/abs/2102.09690)).

    Raises:
        InputError: a template or labels that cannot work.

    Examples:
    ```python
    words = {"긍정": "재미있다", "부정": "재미없다"}
    classify = InContextClassifier(load_causal_lm("gpt2_mini_ko"), words)
    classify(["배우들 연기가 살아 있네요"])  # probabilities, (1, 2)
    ```
    """

    def __init__(
        self,
        model: keras_nlp.models.CausalLM,
        label_words: Mapping[str, str],
        shots: Sequence[LabeledText] = (),
        template: str = "{text} {label}",
        separator: str = "\n",
        calibrate: bool = True,
    ):
        before, _, after = template.partition("{label}")
        if after or before.count("{text}") != 1:
            raise InputError(
                f"template must have one {{text}} and end in {{label}}; received "
                f"{template!r}"
            )
        if len(set(label_words.values())) < max(len(label_words), 2):
            raise InputError(
                f"at least two labels with different words are needed; received "
                f"{dict(label_words)}"
            )
        if unknown := {shot.label for shot in shots} - set(label_words):
            raise InputError(
                f"a shot must have one of the labels {list(label_words)}; received "
                f"{sorted(unknown)}"
            )
        self.model = model
        self.labels = tuple(label_words)
        self.words = dict(label_words)
        self.template = before
        self.shown = "".join(
            before.replace("{text}", shot.text) + self.words[shot.label] + separator
            for shot in shots
        )
        self.prejudice = None
        if calibrate:
            self.prejudice = self._shares(_CONTENT_FREE).mean(axis=0)

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Return the probability of each label, float32, (texts, labels).

        Raises:
            InputError: the shots and a text are more than the model reads.
        """
        shares = self._shares(texts)
        if self.prejudice is not None:
            shares = shares / self.prejudice
        return shares / shares.sum(axis=1, keepdims=True)

    def _shares(self, texts: Sequence[str]) -> np.ndarray:
        """Return how the labels share the probability, before calibration."""
        tokenizer = self.model.preprocessor.tokenizer
        contexts = [self.shown + self.template.replace("{text}", t) for t in texts]
        # A blank belongs to the word after it.
        blank = " " * self.template.endswith(" ")
        before = encode_texts(tokenizer, [context.rstrip(" ") for context in contexts])
        answers = encode_texts(tokenizer, [blank + w for w in self.words.values()])
        first = [first_token_id(tokenizer)]
        rows = [first + ids + answer for ids in before for answer in answers]
        self._check_lengths(rows, texts)
        scores = token_log_probabilities(self.model, rows)
        sums = [
            float(score[-len(answer) :].sum())
            for score, answer in zip(scores, answers * len(texts), strict=True)
        ]
        logits = np.array(sums, "float32").reshape(len(texts), len(answers))
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True)

    def _check_lengths(self, rows: Sequence[Sequence[int]], texts: Sequence[str]):
        most = longest(self.model)
        for place, row in enumerate(rows):
            if len(row) - 1 > most:
                text = texts[place // len(self.words)]
                raise InputError(
                    f"the model reads {most} tokens; the shots, the text and its "
                    f"label are {len(row) - 1}: {text[:40]!r}"
                )
