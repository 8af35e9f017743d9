import codecs

import pytest

from kerasnlp_tutorial.datasets import LabeledText, read_labeled_texts, read_nsmc
from kerasnlp_tutorial.errors import InputError

HEADER = "id\tdocument\tlabel\n"


@pytest.fixture
def write(tmp_path):
    def write(content, name="ratings_train.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_nsmc_as_published(write):
    path = write(HEADER + '1\t"명작" 이다\t1\n2\t별로, 정말\t0\n3\t\t0\n')
    assert read_nsmc(path) == [
        LabeledText('"명작" 이다', "긍정"),
        LabeledText("별로, 정말", "부정"),
        LabeledText("", "부정"),
    ]


@pytest.mark.parametrize("text", ['"인용으로 시작', '"감싼 인용"', '""', "'", '끝에"'])
def test_quotes_belong_to_the_review(write, text):
    rows = f"1\t{text}\t1\n2\t다음 줄\t0\n"
    assert [example.text for example in read_nsmc(write(HEADER + rows))] == [
        text,
        "다음 줄",
    ]


@pytest.mark.parametrize(
    "character", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"]
)
def test_only_a_line_feed_ends_a_row(write, character):
    text = f"앞{character}뒤"
    assert read_nsmc(write(f"{HEADER}1\t{text}\t1\n"))[0].text == text


def test_byte_order_mark_and_windows_line_ends(write):
    content = codecs.BOM_UTF8 + (HEADER + "1\t좋다\t1\n").replace("\n", "\r\n").encode()
    assert read_nsmc(write(content)) == [LabeledText("좋다", "긍정")]


def test_malformed_rows_are_named_all_at_once(write):
    path = write(HEADER + "1\t좋다\t1\n2\t두 칸\n3\t좋다\t긍정\n4\t탭\t있음\t0\n")
    with pytest.raises(InputError) as error:
        read_nsmc(path)
    assert str(error.value).splitlines() == [
        f"{path} has 3 malformed rows:",
        f"  {path}:3: 2 columns, expected 3: ['2', '두 칸']",
        f"  {path}:4: label '긍정', expected '0' or '1'",
        f"  {path}:5: 4 columns, expected 3: ['4', '탭', '있음', '0']",
    ]


def test_many_malformed_rows_are_counted(write):
    with pytest.raises(InputError, match="has 9 malformed rows(.|\n)*and 4 more$"):
        read_nsmc(write(HEADER + "한 칸\n" * 9))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (HEADER.encode(), "has a header but no rows"),
        (b"1\tgood\t1\n", ":1: the header must have one column 'document'"),
        ((HEADER + "1\t좋다\t1\n").encode("cp949"), r":2: not UTF-8 .*EUC-KR.*iconv"),
        ((HEADER + "1\t좋다\t1\n").encode("utf-16"), ":1: not UTF-8 .*UTF-16"),
        (
            HEADER.encode() + b"1\t\xff\xfe\xff\t1\n",
            ":2: not UTF-8 .byte 0xff at offset",
        ),
    ],
)
def test_a_file_that_cannot_be_read(write, content, message):
    with pytest.raises(InputError, match=message):
        read_nsmc(write(content))


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_nsmc(tmp_path / "nothing.txt")
    with pytest.raises(InputError, match="is a folder"):
        read_nsmc(tmp_path)


def test_own_csv_with_quotes_columns_in_any_order_and_three_classes(write):
    content = (
        '감정,번호,본문\n중립,1,"쉼표, 그리고 ""따옴표"""\n긍정,2,"두\n줄"\n부정,3,끝\n'
    )
    examples = read_labeled_texts(write(content, "own.csv"), "본문", "감정")
    assert examples == [
        LabeledText('쉼표, 그리고 "따옴표"', "중립"),
        LabeledText("두\n줄", "긍정"),
        LabeledText("끝", "부정"),
    ]


def test_csv_errors_name_the_line_where_the_row_begins(write):
    path = write('text,label\n"두\n줄",a\n한 칸\n', "own.csv")
    with pytest.raises(InputError, match=r"own.csv:4: 1 columns, expected 2"):
        read_labeled_texts(path)
    with pytest.raises(InputError, match=r"own.csv:2: broken CSV row"):
        read_labeled_texts(write('text,label\n"안 닫힘,a\n', "own.csv"))


def test_a_label_seen_only_in_test_is_named(write):
    path = write("text\tlabel\n좋다\t긍정\n그냥\t중립\n", "test.tsv")
    with pytest.raises(
        InputError, match=r"test.tsv:3: label '중립', expected '긍정' or '부정'"
    ):
        read_labeled_texts(path, known_labels=("긍정", "부정"))


def test_of_many_labels_a_message_names_a_few(write):
    path = write("text\tlabel\n좋다\tx\n", "test.tsv")
    with pytest.raises(
        InputError, match="expected 'a' or 'b' or 'c' or 'd' or 'e' or one of 2 more"
    ):
        read_labeled_texts(path, known_labels=tuple("abcdefg"))


def test_a_blank_label_is_malformed_and_a_blank_text_is_told(write, caplog):
    with pytest.raises(InputError, match=r"own.tsv:2: label '', expected a name"):
        read_labeled_texts(write("text\tlabel\n좋다\t \n", "own.tsv"))
    examples = read_labeled_texts(write("text\tlabel\n \t긍정\n", "own.tsv"))
    assert examples == [LabeledText(" ", "긍정")]
    assert "1 blank texts, first on line 2" in caplog.text
