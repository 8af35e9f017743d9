import pytest

from kerasnlp_tutorial.datasets.columns import read_blocks, text_lines
from kerasnlp_tutorial.errors import InputError


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "ner.conll"
        path.write_text(content, encoding="utf-8", newline="")
        return path

    return write


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n", "\r"])
def test_line_ends(write, end):
    lines = text_lines(write(f"가{end}{end}나\u2028다"))
    assert lines == ["가", "", "나\u2028다"]


def test_rows_keep_their_lines(write):
    path = write("# id 1\nword POS tag\n가나 X O\n\n\n# id 2\n다라 X B-A\n마바 X O\n")
    first, second = read_blocks(path)
    assert [row.line for row in first.rows + second.rows] == [3, 7, 8]
    assert [row.cells for row in first.rows] == [("가나", "X", "O")]
    assert (first.comments, second.comments) == ([(1, "# id 1")], [(6, "# id 2")])


def test_columns_in_the_middle_may_be_empty_and_hold_blanks(write):
    (block,) = read_blocks(write("뉴 욕\t\tB-A\t\t\n에서\tx y\tO\t \t\n"))
    assert [row.cells for row in block.rows] == [
        ("뉴 욕", "", "B-A"),
        ("에서", "x y", "O"),
    ]


def test_most_rows_say_how_many_columns_there_are(write):
    with pytest.raises(InputError, match=":1: 3 columns, expected 2: '가나"):
        read_blocks(write("가나\tX\tO\n다라\tO\n마바\tO\n"))


def test_a_long_row_is_cut(write):
    with pytest.raises(InputError) as error:
        read_blocks(write("가나\tO\n" + "다" * 10000))
    assert len(str(error.value)) < 500


def test_byte_order_marks_of_joined_files(write):
    first, second = read_blocks(write("\ufeff가\tO\n\n\ufeff나\t\ufeffO\n"))
    assert [row.cells for row in first.rows + second.rows] == [("가", "O"), ("나", "O")]


@pytest.mark.parametrize(
    "content",
    [
        "pos\tword\ttag\nNNP\t나래\tB-A\nVV\t산다\tO\n",
        "#word\ttag\n나래\tB-A\n산다\tO\n",
        "# word tag\n나래 B-A\n산다 O\n",
        "#\t낱말\t태그\n1\t나래\tB-A\n2\t산다\tO\n",
        "eojeol\tpos\tner_tag\n나래\tNNP\tB-A\n산다\tVV\tO\n",
        "sentence_id\tword\ttag\n7\t나래\tB-A\n7\t산다\tO\n",
        "id\tpos\tword\ttag\n1\tNNP\t나래\tB-A\n2\tVV\t산다\tO\n",
    ],
)
def test_the_column_that_a_header_names_is_the_unit(write, content):
    (block,) = read_blocks(write(content))
    units = [(row.cells[0], row.cells[-1]) for row in block.rows]
    assert units == [("나래", "B-A"), ("산다", "O")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("token\tword\ttag\n나래\t나래\tB-A\n", ":1: the header has token and word"),
        ("word\ttag\n0\t나래\tB-A\n1\t간다\tO\n", ":1: the header has 2 columns"),
        ("sentence_id\tword\ttag\n1\t나래\tB-A\n1\t간다\tO\n2\t간다\tO\n", ":3: the f"),
        ("Sentence #\tWord\tTag\nS: 1\t나\tB-A\n\t간다\tO\nS: 2\t나\tO\n", ":2: the f"),
        ("가\tO\n## memo\n나\tO\n", ":2: a comment within a sentence: .*remove it, or"),
        ("# see tag O\n나래 _ _ B-A\n간다 _ _ O\n", ":1: a comment, or the unit"),
    ],
)
def test_headers_and_comments_that_cannot_be_told(write, content, message):
    with pytest.raises(InputError, match=message):
        read_blocks(write(content))
