import random

import pytest

from kerasnlp_tutorial.datasets import Span, tag_spans
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
    scores = entity_scores([[]], [[]])
    assert scores["f1"] == scores["macro_f1"] == 0.0
    assert character_macro_f1(["가나다라"], [[]], [[]]) == 1.0  # all are O
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
        report = seqeval.classification_report(
            targets, predictions, output_dict=True, zero_division=0
        )
        averages = {name: report.pop(f"{name} avg") for name in ("micro", "macro")}
        report.pop("weighted avg")
        assert scores["types"].keys() == report.keys()
        for name in ("precision", "recall", "f1-score"):
            ours = name.removesuffix("-score")
            expected = [averages["micro"][name], averages["macro"][name]]
            expected += [of_type[name] for of_type in report.values()]
            found = [scores[ours], scores[f"macro_{ours}"]]
            found += [scores["types"][label][ours] for label in report]
            assert found == pytest.approx(expected)
        for label, of_type in report.items():
            assert scores["types"][label]["support"] == of_type["support"]


def test_characters_by_hand():
    # B I O against B O O
    spans = [Span(0, 2, "PER")], [Span(0, 1, "PER")]
    value = character_macro_f1(["김구는"], *([part] for part in spans))
    assert value == pytest.approx((1.0 + 0.0 + 2 / 3) / 3)


def test_characters_equal_scikit_learns():
    sklearn = pytest.importorskip("sklearn.metrics")  # seqeval brings it
    generator = random.Random(7)
    for _ in range(100):
        texts = ["".join(generator.choices("가나 ", k=20)) for _ in range(3)]
        targets, predictions = (
            [tag_spans(random_tags(generator, 20)) for _ in texts] for _ in range(2)
        )
        # As KLUE's evaluation: the tag of each character that is no blank.
        tags = [
            [
                next(
                    (
                        f"{'B' if place == span.start else 'I'}-{span.label}"
                        for span in spans
                        if span.start <= place < span.end
                    ),
                    "O",
                )
                for text, spans in zip(texts, rows, strict=True)
                for place, character in enumerate(text)
                if character != " "
            ]
            for rows in (targets, predictions)
        ]
        expected = sklearn.f1_score(*tags, average="macro")
        value = character_macro_f1(texts, targets, predictions)
        assert value == pytest.approx(expected)
