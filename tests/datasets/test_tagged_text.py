import pytest

from kerasnlp_tutorial.datasets.tagged_text import (
    SEPARATOR,
    Span,
    TaggedSentence,
    read_bio,
    read_klue_ner,
    read_tagged_text,
    tag_spans,
    unmark,
)
from kerasnlp_tutorial.errors import InputError


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "ner.txt"
        path.write_text(content, encoding="utf-8")
        return path

    return write


def test_the_books_format(write):
    path = write(
        f"이순신은 왔다{SEPARATOR}<이순신:PER>은 왔다\n"
        "\n"
        f"곡성-고흥 3:0{SEPARATOR}‹곡성:LOC›-<고흥:LOC> <3:0:NOH>\r\n"
        f"없다{SEPARATOR}없다"
    )
    assert read_tagged_text(path) == [
        TaggedSentence("이순신은 왔다", (Span(0, 3, "PER"),)),
        TaggedSentence(
            "곡성-고흥 3:0", (Span(0, 2, "LOC"), Span(3, 5, "LOC"), Span(6, 9, "NOH"))
        ),
        TaggedSentence("없다", ()),
    ]


def test_adjacent_entities_are_two():
    assert unmark("<3월:DAT><서울:LOC>") == (
        "3월서울",
        [Span(0, 2, "DAT"), Span(2, 4, "LOC")],
    )


def test_brackets_that_mark_nothing_are_text():
    assert unmark("<무한> a<b <김:PER>") == ("<무한> a<b 김", [Span(9, 10, "PER")])


def test_marks_that_do_not_fit_are_named(write):
    path = write(f"가나{SEPARATOR}<가:PER>\n나{SEPARATOR}<나:PER>\n다\n")
    with pytest.raises(InputError) as error:
        read_tagged_text(path)
    assert str(error.value).splitlines() == [
        f"{path} has 2 malformed rows:",
        f"  {path}:1: without its marks '<가:PER>' is not '가나'",
        f"  {path}:3: no {SEPARATOR} (U+241E) between the two: 다",
    ]


def test_klue(write):
    path = write(
        "## 토큰, 레이블 구분자 : \\t\n"
        "## klue-ner-v1_dev_00000\t<경찰:OG>은 #\n"
        "경\tB-OG\n찰\tI-OG\n은\tO\n \tO\n#\tO\n\n"
        "## klue-ner-v1_dev_00001\t박\n박\tB-PS\n"
    )
    assert read_klue_ner(path) == [
        TaggedSentence("경찰은 #", (Span(0, 2, "OG"),)),
        TaggedSentence("박", (Span(0, 1, "PS"),)),
    ]


def test_bio(write):
    path = write(
        "-DOCSTART- -X- O\n\n홍길동 NNP B-PER\n씨 NNB O\n\n\n새 B-LOC\n마을 I-LOC\n"
    )
    assert read_bio(path) == [
        TaggedSentence("홍길동 씨", (Span(0, 3, "PER"),)),
        TaggedSentence("새 마을", (Span(0, 4, "LOC"),)),
    ]


@pytest.mark.parametrize("blank", ["", "\t", "  "])
def test_a_blank_line_ends_a_sentence(write, blank):
    path = write(f"가\tB-A\n \tO\n나\tO\n{blank}\n다\tO\n")
    assert read_klue_ner(path) == [
        TaggedSentence("가 나", (Span(0, 1, "A"),)),  # a blank of its own stays
        TaggedSentence("다", ()),
    ]


@pytest.mark.parametrize("row", ["홍길동", "홍길동\tPER", "홍길동\tB-"])
def test_other_lines_are_named(write, row):
    with pytest.raises(InputError, match=":2: expected a unit and a BIO tag"):
        read_bio(write(f"씨\tO\n{row}\n"))


def test_no_sentences(write):
    with pytest.raises(InputError, match="has no sentences"):
        read_bio(write("-DOCSTART-\n"))


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ([], []),
        (["B-A", "B-A", "I-A"], [Span(0, 1, "A"), Span(1, 3, "A")]),
        (
            ["I-A", "I-B", "O", "I-B"],
            [Span(0, 1, "A"), Span(1, 2, "B"), Span(3, 4, "B")],
        ),
        (["B-A", "O", "I-A"], [Span(0, 1, "A"), Span(2, 3, "A")]),
    ],
)
def test_tags(tags, spans):
    assert tag_spans(tags) == spans
