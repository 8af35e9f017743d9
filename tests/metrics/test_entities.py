import random

import pytest

from kerasnlp_tutorial.datasets.tagged_text import Span, tag_spans
from kerasnlp_tutorial.metrics import character_macro_f1, entity_scores


def test_only_the_same_span_with_the_same_label_is_right():
    targets = [[Span(0, 3, "PER"), Span(5, 7, "LOC")]]
    predictions = [[Span(0, 3, "PER"), Span(5, 8, "LOC"), Span(9, 10, "LOC")]]
    scores = entity_scores(targets, predictions)
    assert scores["precision"] == pytest.approx(1 / 3)
    assert scores["recall"] == 0.5 and scores["f1"] == pytest.approx(0.4)
    assert scores["macro_f1"] == 0.5
    assert scores["types"]["LOC"] == {
        "precision": 0.0,
        "recall": 0.0,
        "f1": 0.0,
        "support": 1,
    }
    wrong_type = entity_scores([[Span(0, 3, "PER")]], [[Span(0, 3, "ORG")]])
    assert wrong_type["f1"] == 0 and set(wrong_type["types"]) == {"PER", "ORG"}


def test_nothing_to_find_and_nothing_found():
    assert entity_scores([[]], [[]])["f1"] == 0.0
    assert character_macro_f1([4], [[]], [[]]) == 1.0  # all are O
    assert character_macro_f1([], [], []) == 0.0


def random_tags(generator, length):
    tags = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-DAT", "I-DAT"]
    return generator.choices(tags, [6, 2, 3, 2, 3, 1, 1], k=length)


def test_scores_equal_seqevals():
    seqeval = pytest.importorskip("seqeval.metrics")
    generator = random.Random(7)
    for _ in range(1000):
        lengths = [generator.randrange(1, 12) for _ in range(generator.randrange(1, 5))]
        targets, predictions = (
            [random_tags(generator, length) for length in lengths] for _ in range(2)
        )
        scores = entity_scores(
            [tag_spans(tags) for tags in targets],
            [tag_spans(tags) for tags in predictions],
        )
        if not scores["types"]:
            continue
        expected = {
            "precision": seqeval.precision_score(targets, predictions),
            "recall": seqeval.recall_score(targets, predictions),
            "f1": seqeval.f1_score(targets, predictions),
            "macro_f1": seqeval.f1_score(targets, predictions, average="macro"),
        }
        assert {name: scores[name] for name in expected} == pytest.approx(expected)


def test_characters_by_hand():
    # B I O against B O O
    value = character_macro_f1([3], [[Span(0, 2, "PER")]], [[Span(0, 1, "PER")]])
    assert value == pytest.approx((1.0 + 0.0 + 2 / 3) / 3)
