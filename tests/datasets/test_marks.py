import pytest

from kerasnlp_tutorial.datasets.bio import Span
from kerasnlp_tutorial.datasets.marks import marked_spans


def test_adjacent_entities_are_two():
    spans = [Span(0, 2, "DAT"), Span(2, 4, "LOC")]
    assert marked_spans("<3월:DAT><서울:LOC>", "3월서울") == spans


def test_brackets_of_the_sentence_are_text():
    text = "<무한> a<b <1:2>, ‹가:나› 김"
    assert marked_spans("<무한> a<b <1:2>, ‹가:나› <김:PER>", text) == [
        Span(22, 23, "PER")
    ]
    assert marked_spans("<<무한:POH>>", "<무한>") == [Span(1, 3, "POH")]


@pytest.mark.parametrize(
    "label", ["PS_NAME", "EVENT", "per", "PS-X", "사람", "사람 이름", "X1"]
)
def test_labels_are_free_names(label):
    assert marked_spans(f"<나래:{label}>는", "나래는") == [Span(0, 2, label)]
    assert marked_spans(f"<3:0:{label}>", "3:0") == [Span(0, 3, label)]


def test_what_is_around_a_label_is_not_of_it():
    assert marked_spans("<나래:\u200b PS\u200b>는", "나래는") == [Span(0, 2, "PS")]


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        ("<나래:>는", "no label in '<나래:>'"),
        ("<나래>는", "not a mark: '<나래>'; expected <text:label>"),
        ("<나래:PS:X>는", "not a mark: '<나래:PS:X>'; expected .*: in the label"),
        ("<나래:PS는", "not a mark: '<나래:PS는'; expected"),
        ("<나라:PS>는", "'<나라:PS>는' without its marks is not '나래는'"),
        ("<나래:PS>", "without its marks"),
        ("<나래:PS>는 산다", "without its marks"),
    ],
)
def test_what_is_wrong_is_named(marked, message):
    with pytest.raises(ValueError, match=message):
        marked_spans(marked, "나래는")


def test_a_long_sentence_is_shown_where_it_differs():
    with pytest.raises(ValueError, match="나'.* is not .*다'") as error:
        marked_spans("가" * 5000 + "나", "가" * 5000 + "다")
    assert len(str(error.value)) < 300
