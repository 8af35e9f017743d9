"""Thousands of broken files: each gives examples that are right, or an InputError."""

import bz2
import functools
import gzip
import json
import lzma
import random
import unicodedata
from dataclasses import dataclass
from typing import Any

import pytest

from kerasnlp_tutorial import datasets
from kerasnlp_tutorial.cli.inputs import parse_inputs
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.hangul import compose

pytestmark = pytest.mark.slow
FILES_EACH = 300
SEED = 22

# === Whole files ===

TABLE = 'id\tdocument\tlabel\n1\t"명작" 이다, 정말\t1\n2\t별로;\t0\n3\t\t0\n'
OWN = 'text,label\n"쉼표, 그리고 ""따옴표""",좋음\n"두\n줄",나쁨\n끝,좋음\n'
PAIRS = "sentence1\tsentence2\t{}\n비가 온다\t흐리다\t{}\n꽃이 폈다\t봄이다\t{}\n"
NLI = [
    {"premise": "비가 온다", "hypothesis": "흐리다", "gold_label": "entailment"},
    {"premise": "꽃이 폈다", "hypothesis": "겨울이다", "gold_label": "contradiction"},
]
ANSWERS = [{"text": "부산", "answer_start": 0}, {"text": "통영", "answer_start": 8}]
QAS = [
    {"id": "1", "question": "어디?", "answers": ANSWERS},
    {"guid": 2, "question": "언제?", "answers": [], "is_impossible": True},
]
CONTEXT = "부산에 살고 \u2028통영에서 났다"
SQUAD = {"data": [{"title": "t", "paragraphs": [{"context": CONTEXT, "qas": QAS}]}]}
HUB = {"text": ["부산"], "answer_start": [0.0]}
FLAT = [{"id": "a", "question": "?", "context": CONTEXT, "answers": HUB}] * 2
QA_TABLE = (
    "question,context,answer,answer_start\n어디?,부산에 산다,부산,0.0\n왜?,몰라요,,\n"
)
TALKS = "질문\t대답\n배고프다\t드세요.\n\t그래요?\n"
BOOK = "이순신은 한산도에 있었다\u241e<이순신:PER>은 <한산도:LOC>에 있었다\n배다\u241e배다\n"
KLUE = "## 문장 1\n서\tB-LOC\n울\tI-LOC\n \tO\n산\tO\n\n## 문장 2\n김\tB-PER\n씨\tO\n"
BIO = "아이폰\tB-ITEM\n화면이\tO\n\n갤럭시\tB-ITEM\n버즈\tI-ITEM\n"
LINES = "오늘은 비가 왔다.\n\n우산을 두고 나왔다.\r\n"
INPUTS = '{"premise": "비가 온다", "hypothesis": "흐리다"}\n' * 2


def text_of(value):
    """A value as JSON, or a text as it is."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def lines_of(records):
    return "".join(f"{text_of(record)}\n" for record in records)


def read_inputs(path):
    # Decoding is not `parse_inputs`'s.
    text = path.read_bytes().decode(errors="ignore")
    return parse_inputs(text, ("premise", "hypothesis"), "standard input")


@dataclass(frozen=True)
class Reader:
    name: str
    file: str
    content: Any
    """A text, or JSON."""
    read: Any


own = functools.partial(datasets.read_labeled_texts, text_column="글")
talks = functools.partial(
    datasets.read_prompted_texts, prompt_column="질문", text_column="대답"
)
counted = functools.partial(
    datasets.read_labeled_texts, text_column="1", label_column="2"
)
columns = functools.partial(datasets.read_pairs, columns=("sentence1", "sentence2"))
READERS = (
    Reader("csv", "a.csv", OWN, datasets.read_labeled_texts),
    Reader(
        "tsv", "a.tsv", "text\tlabel\n좋다\ta\n싫다\tb\n", datasets.read_labeled_texts
    ),
    Reader("no-header", "a.tsv", "글\t가\n말\t나\n글\t가\n말\t나\n", counted),
    Reader("csv-gz", "a.csv.gz", OWN, datasets.read_labeled_texts),
    Reader("json", "a.json", [{"글": "좋다", "label": 1}] * 2, own),
    Reader("jsonl", "a.jsonl", lines_of([{"글": "좋다", "label": "a"}] * 3), own),
    Reader("columns", "a.json", {"글": {"0": "좋다"}, "label": {"0": "a"}}, own),
    Reader("nsmc", "ratings.txt", TABLE, datasets.read_nsmc),
    Reader("klue-nli", "a.json", NLI, datasets.read_klue_nli),
    Reader("nli-lines", "a.jsonl", lines_of(NLI), datasets.read_pairs),
    Reader(
        "kornli",
        "a.tsv",
        PAIRS.format("gold_label", "neutral", "entailment"),
        datasets.read_kornli,
    ),
    Reader("korsts", "a.tsv", PAIRS.format("score", "3.8", "5"), datasets.read_korsts),
    Reader("pairs", "a.tsv", PAIRS.format("label", "참", "거짓"), columns),
    Reader("squad", "a.json", SQUAD, datasets.read_questions),
    Reader("squad-bz2", "a.json.bz2", SQUAD, datasets.read_questions),
    Reader("flat", "a.json", FLAT, datasets.read_questions),
    Reader("flat-lines", "a.jsonl", lines_of(FLAT), datasets.read_questions),
    Reader("qa-csv", "a.csv", QA_TABLE, datasets.read_questions),
    Reader("book", "a.txt", BOOK, datasets.read_tagged_sentences),
    Reader("klue-ner", "a.tsv", KLUE, datasets.read_tagged_sentences),
    Reader("bio", "a.bio", BIO, datasets.read_tagged_sentences),
    Reader("talks", "a.tsv", TALKS, talks),
    Reader(
        "talk-lines", "a.jsonl", lines_of([{"질문": None, "대답": "응"}] * 2), talks
    ),
    Reader("diary", "a.txt", LINES, datasets.read_prompted_texts),
    *(
        Reader(f"text-{end}", f"a.{end}", LINES * 20, lambda p: datasets.TextLines([p]))
        for end in ("txt", "gz", "bz2", "xz")
    ),
    Reader("inputs", "a.jsonl", INPUTS, read_inputs),
)

# === Mutations ===

NFD = unicodedata.normalize("NFD", "한글")
PIECES = [
    *("\0", "\t", "\n", "\r", "\r\n", '"', '""', ",", ";", "\\", "{", "[", "]", "}"),
    *("\ufeff", "\u2028", "\x85", "\x0b", "\x1c", "\u200b", "\u241e", "<", ":PER>"),
    *("\\ud800", "\\u0000", "## ", "B-", "O", "-DOCSTART-", "null", "NaN", "-1", NFD),
    *("9" * 5000, "[" * 5000, "가" * 140_000, "a" * 3000 + "\t"),
]
BYTES = [b"\xff", b"\xfe\xff", b"\xc0", b"\xed\xa0\x80", b"\x1f\x8b", b"\xb0\xa1"]
VALUES = [
    *(None, True, False, 0, 1, -1, 0.5, 24.0, float("nan"), float("inf"), 10**30),
    *("", " ", "0", "24.0", "true", "\ud800", NFD, "가" * 5000, [], {}, [[]], [{}]),
    *([None], ["부산"], {"text": "부산"}, {"text": [1], "answer_start": [None]}),
]
COMPRESS = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


def mutated_file(reader, generator):
    """The bytes of a file that has one to three faults."""
    content = reader.content
    if not isinstance(content, str) and generator.random() < 0.6:
        content = json.loads(json.dumps(content))
        for _ in range(generator.choice([1, 1, 1, 2, 3])):
            content = mutated_value(content, generator)
        data = json.dumps(content).encode()
    else:
        data = text_of(content).encode()
        for _ in range(generator.choice([1, 1, 1, 2, 3])):
            data = mutated_bytes(data, generator)
    compress = COMPRESS.get(reader.file.rpartition(".")[2])
    if compress is None:
        return data
    if generator.random() < 0.5:
        return compress(data)
    return mutated_bytes(compress(text_of(reader.content).encode()), generator)


def mutated_value(value, generator):
    """JSON with one value replaced, left out, repeated or renamed."""
    if generator.random() < 0.25 or not isinstance(value, list | dict) or not value:
        return generator.choice(VALUES)
    key = generator.choice(
        list(value) if isinstance(value, dict) else range(len(value))
    )
    copy = value.copy()
    kind = generator.random()
    if kind < 0.1:
        del copy[key]
    elif kind < 0.2 and isinstance(value, dict):
        copy[generator.choice(["malformed", "answer", "label", "", NFD])] = copy.pop(
            key
        )
    elif kind < 0.2:
        copy *= 2
    else:
        copy[key] = mutated_value(copy[key], generator)
    return copy


def mutated_bytes(data, generator):
    """Bytes with one flipped, a part cut out or repeated, or something put in."""
    start = generator.randrange(len(data) + 1)
    end = min(start + generator.choice([1, 3, 20, len(data)]), len(data))
    kind = generator.randrange(5)
    if kind == 0:
        flipped = bytes(
            byte ^ 1 << generator.randrange(8) for byte in data[start : start + 1]
        )
        return data[:start] + flipped + data[start + 1 :]
    if kind == 1:
        return data[:start] + data[end:]
    if kind == 2:
        return data[:end] + data[start:]
    if kind == 3:
        return data[:start] + generator.choice(BYTES) + data[start:]
    piece = generator.choice(PIECES).encode()
    return data[:start] + piece + data[start:]


# === Checks ===


def check(example):
    """Fail if an example is none that a chapter could learn from."""
    if isinstance(example, str):
        assert example.strip()
        texts = [example]
    elif isinstance(example, tuple):
        return check_texts(example)
    elif isinstance(example, datasets.Question):
        texts = [*example.texts, example.id, example.kind]
        assert example.question.strip() and example.context.strip() and example.id
        for answer in example.answers:
            assert answer.text.strip() and answer.start >= 0
            assert example.context[answer.start : answer.end] == answer.text
    elif isinstance(example, datasets.TaggedSentence):
        texts = [example.text, *(span.label for span in example.spans)]
        assert example.text and all(texts)
        ends = [0]
        for span in example.spans:
            assert ends[-1] <= span.start < span.end <= len(example.text)
            assert example.text[span.start : span.end].strip()
            ends.append(span.end)
    elif isinstance(example, datasets.PromptedText):
        texts = [example.prompt, example.text]
    else:
        assert example.label and example.label == example.label.strip()
        texts = [*example.texts, example.label]
    check_texts(texts)
    assert all(compose(text) == text for text in texts)


def check_texts(texts):
    for text in texts:
        assert isinstance(text, str)
        text.encode()  # no half characters


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_every_file_gives_examples_or_says_what_is_wrong(reader, tmp_path):
    path = tmp_path / reader.file
    generator = random.Random(f"{SEED} {reader.name}")
    read, refused, faults = 0, 0, []
    for number in range(FILES_EACH):
        data = mutated_file(reader, generator)
        path.write_bytes(data)
        try:
            for example in reader.read(path):
                check(example)
            read += 1
        except InputError as error:
            refused += 1
            message = str(error)
            if len(message) > 2500:
                faults.append((number, f"a message of {len(message)} characters"))
            message.encode()
        except Exception as error:
            faults.append((number, f"{error!r:.300}", data[:300]))
    print(f"{reader.name}: {read} read, {refused} refused, {len(faults)} faults")
    assert faults == []
    assert read and refused


def test_there_are_enough_files():
    assert len(READERS) * FILES_EACH >= 2000


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_the_whole_files_are_read(reader, tmp_path):
    path = tmp_path / reader.file
    compress = COMPRESS.get(reader.file.rpartition(".")[2], bytes)
    path.write_bytes(compress(text_of(reader.content).encode()))
    examples = list(reader.read(path))
    assert examples
    for example in examples:
        check(example)
