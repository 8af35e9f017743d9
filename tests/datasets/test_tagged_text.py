import unicodedata

import pytest

from kerasnlp_tutorial.datasets.bio import Span, TaggedSentence
from kerasnlp_tutorial.datasets.tagged_text import (
    SEPARATOR,
    read_tagged_sentences,
    read_tagged_text,
)
from kerasnlp_tutorial.errors import InputError


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "ner.txt"
        path.write_text(content, encoding="utf-8", newline="")
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


def test_marks_that_do_not_fit_are_named(write):
    path = write(f"가나{SEPARATOR}<가:PER>\n나{SEPARATOR}<나:PER>\n다\n")
    with pytest.raises(InputError) as error:
        read_tagged_text(path)
    assert str(error.value).splitlines() == [
        f"{path} has 2 malformed rows:",
        f"  {path}:1: '<가:PER>' without its marks is not '가나'",
        f"  {path}:3: no {SEPARATOR} (U+241E) between two sentences: '다'",
    ]


@pytest.mark.parametrize("row", [SEPARATOR, f" {SEPARATOR} "])
def test_a_row_without_sentences_is_refused(write, row):
    with pytest.raises(InputError, match=":2: no sentences around"):
        read_tagged_text(write(f"가{SEPARATOR}가\n{row}\n"))


def test_decomposed_hangul_is_composed(write):
    row = unicodedata.normalize("NFD", f"나래는{SEPARATOR}<나래:사람>는")
    assert read_tagged_text(write(row)) == [
        TaggedSentence("나래는", (Span(0, 2, "사람"),))
    ]


@pytest.mark.parametrize(
    "content",
    [
        f"나래는 산다{SEPARATOR}<나래는:PS_NAME> 산다\n",
        "## 문장\n나\tB-PS_NAME\n래\tI-PS_NAME\n는\tI-PS_NAME\n \tO\n산\tO\n다\tO\n",
        "나\tB-PS_NAME\n래\tI-PS_NAME\n는\tI-PS_NAME\n \tO\n산\tO\n다\tO\n",
        "나래는\tB-PS_NAME\n산다\tO\n",
        "나래는 B-PS_NAME\r\n산다 O\r\n",
    ],
)
def test_formats_are_told_apart(write, content):
    sentences = [TaggedSentence("나래는 산다", (Span(0, 3, "PS_NAME"),))]
    for start in ("", "\ufeff", "\n\n", "\ufeff\ufeff"):
        assert read_tagged_sentences(write(start + content)) == sentences


def test_a_first_line_without_its_marks_is_the_malformed_one(write):
    path = write(f"나래는\n나래는{SEPARATOR}<나래:PER>는\n")
    with pytest.raises(InputError, match=r":1: no . \(U\+241E\)"):
        read_tagged_sentences(path)


def test_only_known_types(write):
    path = write("나래는\tB-PER\n통영에\tB-LOC\n")
    assert len(read_tagged_sentences(path, ["LOC", "PER"])) == 1
    with pytest.raises(InputError, match="has the types LOC; expected PER"):
        read_tagged_sentences(path, ["PER"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xed\xa0\x80\tB-X\n", ":1: not UTF-8"),  # half a surrogate pair
        ("가\tO\n".encode("cp949"), ":1: not UTF-8 .*EUC-KR"),
        (b"\xef\xbb\xbf", "is empty"),
        (b'{"tokens": []}\n', ":1: expected a unit and a BIO tag"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path, content, message):
    path = tmp_path / "ner.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_tagged_sentences(path)
