import json

import pytest

from kerasnlp_tutorial.datasets import (
    LabeledPair,
    read_klue_nli,
    read_kornli,
    read_korsts,
)
from kerasnlp_tutorial.datasets.table import read_labeled_pairs
from kerasnlp_tutorial.errors import InputError

RECORD = {
    "premise": "비가 왔다.",
    "hypothesis": "땅이 젖었다.",
    "gold_label": "neutral",
}


@pytest.fixture
def write(tmp_path):
    def write(content, name):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return path

    return write


def test_klue(write):
    records = [RECORD, RECORD | {"gold_label": "entailment", "author": "x"}]
    path = write(json.dumps(records, ensure_ascii=False), "dev.json")
    assert read_klue_nli(path) == [
        LabeledPair("비가 왔다.", "땅이 젖었다.", "중립"),
        LabeledPair("비가 왔다.", "땅이 젖었다.", "참"),
    ]


def test_records_that_are_wrong_are_named(write):
    records = [RECORD, RECORD | {"gold_label": "-"}, {"premise": "가"}, 3]
    path = write(json.dumps(records, ensure_ascii=False), "dev.json")
    with pytest.raises(InputError) as error:
        read_klue_nli(path)
    lines = str(error.value).splitlines()
    assert lines[0] == f"{path} has 3 malformed records:"
    assert lines[1] == (
        f"  {path}: record 2: label '-', expected 'entailment' or 'contradiction' or "
        f"'neutral'"
    )
    assert lines[2].startswith(f"  {path}: record 3: expected premise and hypothesis")


@pytest.mark.parametrize("content", ["{}", "[]", "3"])
def test_no_list_of_pairs(write, content):
    with pytest.raises(InputError, match="expected a JSON list"):
        read_klue_nli(write(content, "dev.json"))


def test_broken_json_says_where(write):
    with pytest.raises(InputError, match=r"dev.json:2: broken JSON"):
        read_klue_nli(write("[\n{,}]", "dev.json"))


def test_kornli(write):
    path = write(
        'sentence1\tsentence2\tgold_label\n그가 "네" 했다\t"네"\tentailment\n', "x.tsv"
    )
    assert read_kornli(path) == [LabeledPair('그가 "네" 했다', '"네"', "참")]
    path = write("sentence1\tsentence2\tgold_label\n가\t나\t참\n", "y.tsv")
    with pytest.raises(InputError, match="y.tsv:2: label '참', expected 'entailment'"):
        read_kornli(path)


def test_korsts(write):
    header = "genre\tfilename\tyear\tid\tscore\tsentence1\tsentence2\n"
    row = 'main-captions\tMSRvid\t2012test\t0004\t{}\t그가 "네" 했다\t그가 답했다\n'
    path = write(header + row.format("3.800") + row.format("5"), "sts-train.tsv")
    pair = ('그가 "네" 했다', "그가 답했다")
    assert read_korsts(path) == [LabeledPair(*pair, "3.800"), LabeledPair(*pair, "5")]
    path = write(header + row.format("3.8") + row.format("5.1"), "x.tsv")
    with pytest.raises(InputError, match="record 2: score '5.1', expected 0 to 5"):
        read_korsts(path)


def test_pairs_of_ones_own(write):
    path = write("질문,답,관계\n가,나,맞음\n다,라,틀림\n", "own.csv")
    assert read_labeled_pairs(path, ("질문", "답"), "관계") == [
        LabeledPair("가", "나", "맞음"),
        LabeledPair("다", "라", "틀림"),
    ]
    with pytest.raises(InputError, match="one column 'premise'"):
        read_labeled_pairs(path)
