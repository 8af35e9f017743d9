"""Classification by a language model that was not trained for the task.

The model reads a few labeled examples, or none, and then a text. The prediction is the
label that the model would most probably generate next. No weights are trained.
"""

from collections.abc import Mapping, Sequence

import keras_nlp
import numpy as np

from kerasnlp_tutorial.config import check_question
from kerasnlp_tutorial.datasets import LabeledText
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.hangul import compose
from kerasnlp_tutorial.language_models import (
    first_token_id,
    longest,
    token_log_probabilities,
)
from kerasnlp_tutorial.tokenizers import encode_texts, split_trailing_space

# Texts without content: the model's answers to them show its bias towards a label.
_CONTENT_FREE = ("", "...", "N/A")


class InContextClassifier:
    """A zero-, one- or few-shot classifier on any causal language model of KerasNLP.

    Args:
        model: a causal language model with a preprocessor.
        label_words: word that stands for each label, such as
            `{"긍정": "재미있다", "부정": "재미없다"}`.
        shots: labeled examples in front of each text.
        template: format of an example; must contain `{text}` and end in `{label}`.
        separator: string between two examples.
        calibrate: whether to divide by the probabilities for texts without content
            ([Zhao et al., 2021](https://arxiv.org/abs/2102.09690)).

    Raises:
        InputError: the template or the labels are invalid.

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
        check_question(label_words, template)
        if unknown := {shot.label for shot in shots} - set(label_words):
            raise InputError(
                f"a shot must have one of the labels {list(label_words)}; received "
                f"{sorted(unknown)}"
            )
        self.model = model
        self.labels = tuple(label_words)
        self.words = dict(label_words)
        self.template = template.removesuffix("{label}")
        self.shown = "".join(
            self.template.replace("{text}", shot.text)
            + self.words[shot.label]
            + separator
            for shot in shots
        )
        self.prior = None
        if calibrate:
            self.prior = self._probabilities(_CONTENT_FREE).mean(axis=0)

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Return the probability of each label, float32, (texts, labels).

        Raises:
            InputError: the shots and a text are too long for the model.
        """
        probabilities = self._probabilities(texts)
        if self.prior is not None:
            probabilities = probabilities / self.prior
        return probabilities / probabilities.sum(axis=1, keepdims=True)

    def _probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return the probability of each label before calibration."""
        tokenizer = self.model.preprocessor.tokenizer
        contexts = [
            compose(self.shown + self.template.replace("{text}", t)) for t in texts
        ]
        _, space = split_trailing_space(self.template)
        before = encode_texts(tokenizer, [split_trailing_space(c)[0] for c in contexts])
        words = [compose(space + word) for word in self.words.values()]
        answers = encode_texts(tokenizer, words)
        first = [first_token_id(tokenizer)]
        rows = [first + ids + answer for ids in before for answer in answers]
        self._check_lengths(rows, texts)
        log_probabilities = token_log_probabilities(self.model, rows)
        sums = [
            float(row[-len(answer) :].sum())
            for row, answer in zip(log_probabilities, answers * len(texts), strict=True)
        ]
        logits = np.array(sums, "float32").reshape(len(texts), len(answers))
        scores = np.exp(logits - logits.max(axis=1, keepdims=True))
        return scores / scores.sum(axis=1, keepdims=True)

    def _check_lengths(
        self, rows: Sequence[Sequence[int]], texts: Sequence[str]
    ) -> None:
        limit = longest(self.model)
        for i, row in enumerate(rows):
            if len(row) - 1 > limit:
                text = texts[i // len(self.words)]
                raise InputError(
                    f"the model reads {limit} tokens; the shots, the text and its "
                    f"label are {len(row) - 1}: {text[:40]!r}"
                )
