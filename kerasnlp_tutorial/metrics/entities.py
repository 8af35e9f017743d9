"""Precision, recall and F1 of named entities, strictly by span and type."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from kerasnlp_tutorial.datasets.tagged_text import Span


def entity_scores(
    targets: Sequence[Iterable[Span]], predictions: Sequence[Iterable[Span]]
) -> dict:
    """Compare entities; one is right if start, end and label all agree.

    As seqeval computes them from BIO tags.

    Args:
        targets: the entities of each text.
        predictions: those that a model found.

    Returns:
        `precision`, `recall` and `f1` over all entities (micro); `macro_precision`,
        `macro_recall` and `macro_f1`, their means over the types that occur among the
        targets or predictions; and `types`: for each type `precision`, `recall`, `f1`
        and `support`, the number of targets.
        All shares are 0 to 1, and 0 where nothing is to be shared.
    """
    found, wanted, right = Counter(), Counter(), Counter()
    for target, prediction in zip(targets, predictions, strict=True):
        target, prediction = set(target), set(prediction)
        wanted.update(span.label for span in target)
        found.update(span.label for span in prediction)
        right.update(span.label for span in target & prediction)
    types = {
        label: _scores(right[label], found[label], wanted[label])
        | {"support": wanted[label]}
        for label in sorted(wanted | found)
    }
    micro = _scores(right.total(), found.total(), wanted.total())
    macro = {
        f"macro_{name}": float(np.mean([of[name] for of in types.values()] or 0.0))
        for name in micro
    }
    return {**micro, **macro, "types": types}


def character_macro_f1(
    texts: Sequence[str],
    targets: Sequence[Iterable[Span]],
    predictions: Sequence[Iterable[Span]],
) -> float:
    """Compare the BIO tags of characters, and return the mean F1 over tags, 0 to 1.

    `O` is one of the tags; the others are `B-` and `I-` of each type that occurs.
    As in KLUE's evaluation blanks do not count. (There a tag that never occurs counts
    as right; here it is left out of the mean.)

    Args:
        texts: the texts.
        targets: the entities of each text.
        predictions: those that a model found.
    """
    found, wanted, right = Counter(), Counter(), Counter()
    for text, target, prediction in zip(texts, targets, predictions, strict=True):
        tags = _tags(len(text), target), _tags(len(text), prediction)
        for character, a, b in zip(text, *tags, strict=True):
            if character != " ":
                wanted[a] += 1
                found[b] += 1
                right[a] += a == b
    scores = [
        _scores(right[tag], found[tag], wanted[tag])["f1"] for tag in wanted | found
    ]
    return float(np.mean(scores)) if scores else 0.0


def _scores(right: int, found: int, wanted: int) -> dict[str, float]:
    return {
        "precision": right / found if found else 0.0,
        "recall": right / wanted if wanted else 0.0,
        "f1": 2 * right / (found + wanted) if found + wanted else 0.0,
    }


def _tags(length: int, spans: Iterable[Span]) -> list[str]:
    tags = ["O"] * length
    for span in spans:
        tags[span.start : span.end] = [f"I-{span.label}"] * (span.end - span.start)
        tags[span.start] = f"B-{span.label}"
    return tags
