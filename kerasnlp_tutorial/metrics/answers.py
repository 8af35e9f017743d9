"""Exact match and F1 of answers, as in the official evaluation of KorQuAD 1.0."""

import string
from collections import Counter
from collections.abc import Sequence

_MARKS = str.maketrans(dict.fromkeys("'\"《》<>〈〉()‘’", " "))
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalize_answer(text: str) -> str:
    """Lowercase a text and remove punctuation and extra spaces.

    Quotation marks and brackets become spaces; other punctuation is deleted.
    """
    text = text.translate(_MARKS).lower().translate(_PUNCTUATION)
    return " ".join(text.split())


def answer_scores(
    predictions: Sequence[str], targets: Sequence[Sequence[str]]
) -> dict[str, float]:
    """Return the mean exact match and F1 over all questions.

    Args:
        predictions: the predicted answer to each question.
        targets: the correct answers to each question.

    Returns:
        `exact_match` and `f1`, each 0 to 1; 0 if there are no questions.
    """
    pairs = list(zip(predictions, targets, strict=True))
    count = max(len(pairs), 1)
    return {
        "exact_match": sum(exact_match(*pair) for pair in pairs) / count,
        "f1": sum(answer_f1(*pair) for pair in pairs) / count,
    }


def exact_match(prediction: str, targets: Sequence[str]) -> float:
    """Return 1 if the normalized prediction equals one of the targets, else 0.

    Args:
        prediction: the predicted answer; empty for "no answer".
        targets: the correct answers; empty if the question has no answer.
    """
    return max(
        float(normalize_answer(prediction) == normalize_answer(target))
        for target in targets or [""]
    )


def answer_f1(prediction: str, targets: Sequence[str]) -> float:
    """Return the character F1, 0 to 1, against the best matching target.

    Args:
        prediction: the predicted answer; empty for "no answer".
        targets: the correct answers; empty if the question has no answer. In that
            case the score is the exact match.
    """
    if not targets:
        return exact_match(prediction, targets)
    return max(_character_f1(prediction, target) for target in targets)


def _character_f1(prediction: str, target: str) -> float:
    predicted, expected = (
        Counter(normalize_answer(text).replace(" ", ""))
        for text in (prediction, target)
    )
    total = predicted.total() + expected.total()
    return 2 * (predicted & expected).total() / total if total else 0.0
