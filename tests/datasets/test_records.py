"""What a reader meets before it looks at texts and labels: tables and JSON."""

import bz2
import gzip
import json
import lzma
import unicodedata

import pytest

from kerasnlp_tutorial.datasets import (
    LabeledPair,
    LabeledText,
    class_names,
    read_labeled_texts,
    read_pairs,
)
from kerasnlp_tutorial.errors import InputError

EXPECTED = [LabeledText("좋다", "긍정"), LabeledText("싫다", "부정")]


@pytest.fixture
def write(tmp_path):
    def write(content, name="own.tsv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize(
    "character", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e"]
)
def test_only_carriage_returns_and_line_feeds_end_a_csv_record(write, character):
    text = f"앞{character}뒤"
    path = write(f'text,label\n{text},a\n"{text}",b\n"안 닫힘,c\n', "a.csv")
    with pytest.raises(InputError, match=r"a.csv:4: broken CSV row"):
        read_labeled_texts(path)
    path = write(f'text,label\n{text},a\n"{text}",b\n', "a.csv")
    assert {example.text for example in read_labeled_texts(path)} == {text}


@pytest.mark.parametrize("name", ["own.csv", "own.tsv"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(write, name, end):
    comma = "," if name == "own.csv" else "\t"
    rows = [f"text{comma}label", f"좋다{comma}긍정", f"싫다{comma}부정", "한 칸"]
    path = write(end.join(rows[:3]) + end, name)
    assert read_labeled_texts(path) == EXPECTED
    with pytest.raises(InputError, match=f"{name}:4: 1 columns"):
        read_labeled_texts(write(end.join(rows), name))


TABLE = "text,label\n좋다,긍정\n싫다,부정\n"
LIST = [{"text": "좋다", "label": "긍정"}, {"text": "싫다", "label": "부정"}]


@pytest.mark.parametrize("module", [gzip, bz2, lzma])
@pytest.mark.parametrize("name", ["own.csv", "own.json"])
def test_compressed_tables_and_json(write, module, name):
    suffix = {gzip: "gz", bz2: "bz2", lzma: "xz"}[module]
    content = TABLE if name == "own.csv" else json.dumps(LIST)
    path = write(module.compress(content.encode()), f"{name}.{suffix}")
    assert read_labeled_texts(path) == EXPECTED
    with pytest.raises(InputError, match="is broken"):
        read_labeled_texts(write(path.read_bytes()[:-9], path.name))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", json.dumps(LIST)),
        ("a.json", json.dumps({"version": 1, "data": LIST}, indent=1)),
        ("a.json", "\n".join(map(json.dumps, LIST))),
        ("a.jsonl", "\r\n".join(map(json.dumps, LIST)) + "\n\n"),
        ("a.ndjson", "\ufeff" + "\n".join(map(json.dumps, LIST))),
        ("a.JSON", json.dumps({"text": ["좋다", "싫다"], "label": ["긍정", "부정"]})),
        (
            "a.json",
            json.dumps(
                {
                    "text": {"5": "좋다", "7": "싫다"},
                    "label": {"5": "긍정", "7": "부정"},
                }
            ),
        ),
    ],
)
def test_labelled_texts_in_json(write, name, content):
    assert read_labeled_texts(write(content, name)) == EXPECTED


def test_a_line_of_json_may_hold_a_line_separator(write):
    line = json.dumps({"text": "앞\u2028뒤", "label": "a"}, ensure_ascii=False)
    path = write(f"{line}\n{line}\n", "a.jsonl")
    assert [example.text for example in read_labeled_texts(path)] == ["앞\u2028뒤"] * 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[" * 100_000, "nested too deeply"),
        ('[{"text": "a", "label": %s}]' % ("9" * 5000), "Exceeds the limit"),
        ('[{"text": "a", "text": "b", "label": "c"}]', "'text' is repeated"),
        ('[{"text": "a", "label": "\\ud800"}]', "record 1: half a character"),
        ('[{"text": "\\ud800", "label": "b"}]', "record 1: half a character"),
        (
            '[{"text": "a", "label": ["b"]}]',
            r"record 1: label \['b'\], expected a text",
        ),
        ('[{"text": 3, "label": "b"}]', "record 1: expected a text; received 3"),
        ('[{"text": "a", "label": null}]', "record 1: label '', expected a name"),
        ('[{"text": "a"}, 3, {"label": "b"}]', "has 3 malformed records"),
        ('{"text": "a", "label": "b"}\n{"text": "a"\n', "a.json:2: broken JSON"),
        ("[]", "expected a JSON list of objects; it is empty"),
        ('{"rows": []}', "expected a JSON list of objects with text and label"),
        ("{'text': 'a'}", "a.json:1: broken JSON"),
    ],
)
def test_json_that_cannot_be_read_says_why(write, content, message):
    with pytest.raises(InputError, match=message) as caught:
        read_labeled_texts(write(content, "a.json"))
    assert len(str(caught.value)) < 600
    str(caught.value).encode()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.tsv", "\ufeff", "is empty"),
        ("a.tsv", "\ufeff\ufeff", "is empty"),
        ("a.csv", "sep=,\n", "is empty"),
        ("a.csv", "\ufeff \r\n\x0b\u2028", "is empty"),
        ("a.csv", "text;label\n좋다;긍정\n", "separated by semicolons: commas"),
        ("a.csv", "text\tlabel\n좋다\t긍정\n", "separated by tabs"),
        ("a.tsv", "text,label\n좋다,긍정\n", "separated by commas"),
        ("a.tsv", '"text"\t"label"\n"좋다"\t"긍정"\n', "in quotation marks"),
        ("a.tsv", 'text\tlabel\n"좋다"\t"a"\n"싫다"\t"b"\n', "in quotation marks"),
        ("a.tsv", "text\tlabel\tlabel\n좋다\ta\tb\n", "one column 'label'"),
        ("a.csv", f"text,label\n{'가' * 140_000},a\n", "field larger than"),
        ("a.tsv", "text\tlabel\n좋\0다\ta\n", "a.tsv:2: a NUL character"),
    ],
)
def test_tables_that_cannot_be_read_say_why(write, name, content, message):
    with pytest.raises(InputError, match=message):
        read_labeled_texts(write(content, name))


def test_messages_stay_short(write):
    row = "\t".join(["아" * 10_000] * 3) + "\n"
    with pytest.raises(InputError) as caught:
        read_labeled_texts(write("text\tlabel\n" + row * 9))
    assert len(str(caught.value)) < 2000
    with pytest.raises(InputError) as caught:
        read_labeled_texts(write(row))
    assert len(str(caught.value)) < 500
    with pytest.raises(InputError) as caught:
        read_labeled_texts(write("text\tlabel\na\tb\n"), known_labels=["아" * 5000] * 9)
    assert len(str(caught.value)) < 700


def test_without_a_header_columns_have_numbers(write, caplog):
    rows = "좋다\t긍정\n싫다\t부정\n좋아\t긍정\n"
    examples = read_labeled_texts(write(rows), "1", "2")
    assert examples[:2] == EXPECTED and len(examples) == 3
    assert "own.tsv: no header; its first row is data: ['좋다', '긍정']" in caplog.text
    with pytest.raises(InputError, match="looks like a header, since its label"):
        read_labeled_texts(write("내 글\t감정\n" + rows), "1", "2")
    with pytest.raises(InputError, match="these are names of columns"):
        read_labeled_texts(write("Text\tLabel\n" + rows), "1", "2", ["긍정", "부정"])
    for columns in (("1", "3"), ("1", "label"), ("0", "1")):
        with pytest.raises(InputError, match="are named 1, 2 and so on"):
            read_labeled_texts(write(rows), *columns)
    with pytest.raises(InputError, match="must be different columns"):
        read_labeled_texts(write(rows), "1", "1")
    # As pandas numbers columns that it has no names for.
    examples = read_labeled_texts(write("2\t1\n긍정\t좋다\n부정\t싫다\n"), "1", "2")
    assert examples == EXPECTED


def test_what_looks_the_same_is_the_same(write):
    apart = unicodedata.normalize("NFD", "글\t감정\n좋다\t긍정\n싫다\t\u200b부정 \n")
    assert read_labeled_texts(write(apart), "글", "감정") == EXPECTED
    assert read_labeled_texts(write(apart), *map(nfd, ("글", "감정")), ["긍정", "부정"])
    examples = read_labeled_texts(write(apart), "글", "감정", [nfd("긍정"), "부정"])
    assert {example.label for example in examples} == {
        nfd("긍정"),
        "부정",
    }  # the model's
    names = {nfd("긍정"): "좋음", "부정": nfd("나쁨")}
    examples = read_labeled_texts(write(apart), "글", "감정", label_names=names)
    assert class_names(examples, "") == ("나쁨", "좋음")
    path = write(json.dumps([{nfd("글"): nfd("좋다"), nfd("감정"): "긍정"}]), "a.json")
    assert read_labeled_texts(path, "글", "감정") == EXPECTED[:1]


def nfd(text):
    return unicodedata.normalize("NFD", text)


def test_labels_get_their_names(write):
    path = write("text\tlabel\n좋다\t1\n싫다\t0\n")
    names = {"0": "부정", "1": "긍정"}
    assert read_labeled_texts(path, label_names=names) == EXPECTED
    assert read_labeled_texts(
        path, known_labels=list(names.values()), label_names=names
    )
    with pytest.raises(InputError, match="label '1', expected '0' or '부정'"):
        read_labeled_texts(path, label_names={"0": "부정"})
    numbers = [{"text": "좋다", "label": 1}, {"text": "싫다", "label": 0.0}]
    path = write(json.dumps(numbers), "a.json")
    assert read_labeled_texts(path, label_names=names) == EXPECTED
    assert [e.label for e in read_labeled_texts(path)] == ["1", "0"]


PAIR = {"premise": "비가 온다", "hypothesis": "흐리다"}
NAMES = {"0": "참", "1": "중립", "2": "거짓"}


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize(
    ("label", "names", "expected"),
    [
        ({"label": 0}, NAMES, "참"),
        ({"label": 2.0}, NAMES, "거짓"),
        ({"label": "1"}, NAMES, "중립"),
        ({"label": "중립"}, NAMES, "중립"),
        ({"label": "entailment"}, None, "entailment"),
        ({"gold_label": "entailment"}, None, "참"),
        ({"gold_label": "거짓"}, None, "거짓"),
        ({"gold_label": "neutral", "label": "참"}, None, "참"),
    ],
)
def test_pairs_in_json(write, lines, label, names, expected):
    records = [PAIR | label] * 2
    content = "\n".join(map(json.dumps, records)) if lines else json.dumps(records)
    path = write(content, "a.jsonl" if lines else "a.json")
    pair = LabeledPair("비가 온다", "흐리다", expected)
    assert read_pairs(path, label_names=names) == [pair] * 2


def test_numbers_of_pairs_need_names(write):
    path = write(json.dumps(PAIR | {"label": 1}), "a.jsonl")
    with pytest.raises(
        InputError, match=r"record 1: label 1, .*label_names .*, as in 0=참"
    ):
        read_pairs(path)
    path = write(json.dumps([PAIR | {"gold_label": 1}]), "a.json")
    with pytest.raises(InputError, match="label 1, .*label_names"):
        read_pairs(path)


def test_pairs_of_a_test_set(write):
    labels = ("거짓", "중립", "참")
    path = write(json.dumps([PAIR | {"gold_label": "neutral"}]), "a.json")
    assert read_pairs(path, known_labels=labels)[0].label == "중립"
    with pytest.raises(InputError, match="expected '맞음' or '틀림'"):
        read_pairs(path, known_labels=("맞음", "틀림"))
    table = write("비가 온다\t흐리다\t0\n비가 온다\t맑다\t2\n비가 온다\t흐려\t0\n")
    pairs = read_pairs(table, ("1", "2"), "3", labels, NAMES)
    assert [pair.label for pair in pairs] == ["참", "거짓", "참"]


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ("3\t좋다\t2\n4\t싫다\t1\n5\t좋아\t2\n", ("2", "3")),
        ("좋다\t1\n싫다\t0\n좋아\t1\n", ("1", "2")),
        ("1\t좋다\n0\t싫다\n1\t좋아\n", (2, 1)),
        ("2\t좋다\t1\n2\t싫다\t2\n3\t좋아\t1\n", ("2", "1")),
    ],
)
def test_a_number_in_the_first_row_is_no_name_of_a_column(write, rows, columns):
    examples = read_labeled_texts(write(rows), *columns)
    assert [example.text for example in examples] == ["좋다", "싫다", "좋아"]


@pytest.mark.parametrize("header", ["0\t1\t2", "\t1\t2", "3\t1\t2"])
def test_numbers_that_pandas_wrote_are_a_header(write, header):
    rows = f"{header}\n7\t좋다\t긍정\n8\t싫다\t부정\n"
    assert read_labeled_texts(write(rows), "1", "2") == EXPECTED


def test_json_columns_are_paired_by_key(write):
    columns = {"text": {"0": "좋다", "1": "싫다"}, "label": {"1": "부정", "0": "긍정"}}
    assert read_labeled_texts(write(json.dumps(columns), "a.json")) == EXPECTED
    lists = {"text": ["좋다", "싫다"], "label": ["긍정", "부정"], "data": [1, 2]}
    assert read_labeled_texts(write(json.dumps(lists), "a.json")) == EXPECTED
    for label in ({"1": "a", "2": "b"}, {"0": "a"}):
        path = write(json.dumps(columns | {"label": label}), "a.json")
        with pytest.raises(InputError, match="'label' .* only one has row '[012]'"):
            read_labeled_texts(path)
    path = write(json.dumps(lists | {"label": ["긍정"]}), "a.json")
    with pytest.raises(InputError, match=r"'text' \(2 values\) and 'label' \(1\)"):
        read_labeled_texts(path)


def test_a_second_header_is_not_an_example(write):
    path = write("text,label\n좋다,긍정\n\ufefftext,label\n싫다,부정\n", "a.csv")
    with pytest.raises(InputError, match=r"a.csv:3: the header again"):
        read_labeled_texts(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", 'text,label\n"좋다", "긍정"\n', "a.csv:2: a space between"),
        ("a.csv", 'text,label\n"좋다",긍정\na, "b, c"\n', "a.csv:3: a space between"),
        ("a.tar.gz", gzip.compress(b"a" * 257 + b"ustar\0", mtime=0), "a tar archive"),
        (
            "a.tsv.gz",
            gzip.compress(gzip.compress(b"a", mtime=0), mtime=0),
            "compressed twice",
        ),
    ],
)
def test_what_would_be_misread_is_refused(write, name, content, message):
    with pytest.raises(InputError, match=message):
        read_labeled_texts(write(content, name))


def test_marks_of_excel_are_not_read(write, caplog):
    path = write(
        'sep=,\n\ufefftext,label\n" ""좋다""", 긍정\n\ufeff싫다,부정\n', "a.csv"
    )
    assert [e.text for e in read_labeled_texts(path)] == [' "좋다"', "싫다"]
    path = write("\ufeff\ufeff좋다\t긍정\n\ufeff싫다\t부정\n나쁘다\t긍정\n")
    assert read_labeled_texts(path, 1, 2)[:2] == EXPECTED
    read_labeled_texts(write('text\tlabel\n"좋다"\ta\n"그 ""책"""\tb\n'))
    assert "1 rows have fields in quotation marks" in caplog.text
    assert "first on line 3" in caplog.text


def test_names_of_labels_may_be_those_of_numbers(write):
    path = write("text\tlabel\n좋다\t1\n싫다\t0\n")
    assert read_labeled_texts(path, label_names={0: "부정", 1: "긍정"}) == EXPECTED
    with pytest.raises(InputError, match="blank name"):
        read_labeled_texts(path, label_names={"0": "", "1": "긍정"})


def test_a_pair_without_a_label_is_refused(write):
    rows = "premise\thypothesis\tlabel\na\tb\tneutral\na\tc\t-\n"
    with pytest.raises(InputError, match="own.tsv:3: label '-', which means"):
        read_pairs(write(rows))
    records = [PAIR | {"label": "entailment"}, PAIR | {"label": "-"}]
    with pytest.raises(InputError, match="record 2: label '-', which means"):
        read_pairs(write(json.dumps(records), "a.json"))
    assert len(read_pairs(write(rows.replace("neutral", "+")))) == 2


def test_two_encodings_in_one_file_get_no_advice_to_convert(write):
    content = "text,label\n좋아,A\n".encode() + "싫어,B\n".encode("cp949")
    with pytest.raises(InputError, match=r"a.csv:3: not UTF-8 \([^)]*\)$"):
        read_labeled_texts(write(content, "a.csv"))
    with pytest.raises(InputError, match="does not exist|not a path"):
        read_labeled_texts("a\0.csv")
