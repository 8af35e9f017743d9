"""Precision, recall and F1 of named entities, by exact span and type."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from kerasnlp_tutorial.datasets.bio import Span


def entity_scores(
    targets: Sequence[Iterable[Span]], predictions: Sequence[Iterable[Span]]
) -> dict:
    """Return precision, recall and F1 of entities, as seqeval computes them.

    A predicted entity is correct if its start, end and label equal those of a target.

    Args:
        targets: the correct entities of each text.
        predictions: the predicted entities of each text.

    Returns:
        `precision`, `recall` and `f1` over all entities (micro); `macro_precision`,
        `macro_recall` and `macro_f1`, their means over the types that occur in the
        targets or predictions; and `types`: for each type its `precision`, `recall`,
        `f1` and `support`, the number of targets.
        Scores are 0 to 1; a score with the denominator 0 is 0.
    """
    predicted: Counter[str] = Counter()
    expected: Counter[str] = Counter()
    correct: Counter[str] = Counter()
    for target, prediction in zip(targets, predictions, strict=True):
        target, prediction = set(target), set(prediction)
        expected.update(span.label for span in target)
        predicted.update(span.label for span in prediction)
        correct.update(span.label for span in target & prediction)
    types = {
        label: _scores(correct[label], predicted[label], expected[label])
        | {"support": expected[label]}
        for label in sorted(expected | predicted)
    }
    micro = _scores(correct.total(), predicted.total(), expected.total())
    macro = {
        f"macro_{name}": float(np.mean([s[name] for s in types.values()] or 0.0))
        for name in micro
    }
    return {**micro, **macro, "types": types}


def character_macro_f1(
    texts: Sequence[str],
    targets: Sequence[Iterable[Span]],
    predictions: Sequence[Iterable[Span]],
) -> float:
    """Return the mean F1 over the BIO tags of characters, 0 to 1.

    The tags are `O`, and `B-` and `I-` of each type that occurs. Spaces are ignored, as
    in KLUE's evaluation. (KLUE counts a tag that never occurs as 1; here it is left out
    of the mean.)

    Args:
        texts: the texts.
        targets: the correct entities of each text.
        predictions: the predicted entities of each text.
    """
    predicted: Counter[str] = Counter()
    expected: Counter[str] = Counter()
    correct: Counter[str] = Counter()
    for text, target, prediction in zip(texts, targets, predictions, strict=True):
        tags = _tags(len(text), target), _tags(len(text), prediction)
        for character, a, b in zip(text, *tags, strict=True):
            if character != " ":
                expected[a] += 1
                predicted[b] += 1
                correct[a] += a == b
    scores = [
        _scores(correct[tag], predicted[tag], expected[tag])["f1"]
        for tag in expected | predicted
    ]
    return float(np.mean(scores)) if scores else 0.0


def _scores(correct: int, predicted: int, expected: int) -> dict[str, float]:
    total = predicted + expected
    return {
        "precision": correct / predicted if predicted else 0.0,
        "recall": correct / expected if expected else 0.0,
        "f1": 2 * correct / total if total else 0.0,
    }


def _tags(length: int, spans: Iterable[Span]) -> list[str]:
    tags = ["O"] * length
    for span in spans:
        tags[span.start : span.end] = [f"I-{span.label}"] * (span.end - span.start)
        tags[span.start] = f"B-{span.label}"
    return tags
