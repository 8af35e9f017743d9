"""Golden cases of KorQuAD 1.0's official evaluation, worked out by hand."""

import pytest

from kerasnlp_tutorial.metrics import (
    answer_f1,
    answer_scores,
    exact_match,
    normalize_answer,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("〈한산도〉", "한산도"),
        ("《난중일기》(1592)", "난중일기 1592"),  # brackets part words
        ("1,680킬로미터.", "1680킬로미터"),  # other marks vanish
        ("  Seoul   City ", "seoul city"),
        ("‘임진’", "임진"),
        ("“임진”", "“임진”"),  # double curly quotes are not among those removed
        ("...", ""),
    ],
)
def test_normalisation(text, expected):
    assert normalize_answer(text) == expected


@pytest.mark.parametrize(
    ("prediction", "targets", "match", "f1"),
    [
        ("한산도", ["한산도"], 1, 1),
        ("〈한산도〉", ["한산도"], 1, 1),
        ("한산도에", ["한산도"], 0, 6 / 7),
        ("한산도 앞바다", ["한산도"], 0, 6 / 9),  # spaces are not characters
        ("산한도", ["한산도"], 0, 1),  # the order does not count
        ("이순신", ["한산도"], 0, 0),
        ("", ["한산도"], 0, 0),
        ("...", ["한산도"], 0, 0),
        ("한산도", ["이순신", "한산도 앞"], 0, 6 / 7),  # the nearest target
        ("한한", ["한"], 0, 2 / 3),
        ("", [], 1, 1),  # rightly no answer
        ("한산도", [], 0, 0),
    ],
)
def test_exact_match_and_f1(prediction, targets, match, f1):
    assert exact_match(prediction, targets) == match
    assert answer_f1(prediction, targets) == pytest.approx(f1)


def test_means():
    scores = answer_scores(["한산도에", "이순신"], [["한산도"], ["이순신"]])
    assert scores == {"exact_match": 0.5, "f1": pytest.approx(13 / 14)}
    assert answer_scores([], []) == {"exact_match": 0.0, "f1": 0.0}
