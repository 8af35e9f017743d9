"""Exact match and F1 of answers, as KorQuAD 1.0's official evaluation defines them."""

import string
from collections import Counter
from collections.abc import Sequence

_MARKS = str.maketrans(dict.fromkeys("'\"《》<>〈〉()‘’", " "))
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalize_answer(text: str) -> str:
    """Lower-case a text and remove what does not count: punctuation, extra spaces.

    Quotation marks and brackets part words; other punctuation vanishes.
    """
    text = text.translate(_MARKS).lower().translate(_PUNCTUATION)
    return " ".join(text.split())


def answer_scores(
    predictions: Sequence[str], targets: Sequence[Sequence[str]]
) -> dict[str, float]:
    """Return the means of `exact_match` and `f1`, 0 to 1; 0 without a question.

    Args:
        predictions: the answers given.
        targets: the right answers of each question.
    """
    pairs = list(zip(predictions, targets, strict=True))
    count = max(len(pairs), 1)
    return {
        "exact_match": sum(exact_match(*pair) for pair in pairs) / count,
        "f1": sum(answer_f1(*pair) for pair in pairs) / count,
    }


def exact_match(prediction: str, targets: Sequence[str]) -> float:
    """Return 1 if the normalised prediction equals one of the targets, else 0.

    Args:
        prediction: the answer given; an empty text if there is none.
        targets: the right answers; none if the question has no answer.
    """
    return max(
        float(normalize_answer(prediction) == normalize_answer(target))
        for target in targets or [""]
    )


def answer_f1(prediction: str, targets: Sequence[str]) -> float:
    """Return the F1 of characters, 0 to 1, against the target that is nearest.

    Args:
        prediction: the answer given; an empty text if there is none.
        targets: the right answers; none if the question has no answer, and then a
            prediction is right or wrong as a whole.
    """
    if not targets:
        return exact_match(prediction, targets)
    return max(_character_f1(prediction, target) for target in targets)


def _character_f1(prediction: str, target: str) -> float:
    found, wanted = (
        Counter(normalize_answer(text).replace(" ", ""))
        for text in (prediction, target)
    )
    total = found.total() + wanted.total()
    return 2 * (found & wanted).total() / total if total else 0.0
