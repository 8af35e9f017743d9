"""Natural language inference: KLUE-NLI, KorNLI, and a sample in KLUE's format."""

import json
import re
from pathlib import Path

from kerasnlp_tutorial.data import SAMPLES
from kerasnlp_tutorial.datasets.examples import LabeledPair
from kerasnlp_tutorial.datasets.klue import klue_corpus
from kerasnlp_tutorial.datasets.source import Corpus, RemoteFile
from kerasnlp_tutorial.datasets.table import (
    one_of,
    raise_malformed,
    read_labeled_pairs,
    read_text,
)
from kerasnlp_tutorial.errors import InputError

LABELS = {"entailment": "참", "contradiction": "거짓", "neutral": "중립"}

_KORNLI_URL = (
    "https://raw.githubusercontent.com/kakaobrain/KorNLUDatasets/master/KorNLI"
)

KLUE_NLI = klue_corpus("klue-nli", "KLUE natural language inference", ".json")

KORNLI = Corpus(
    name="kornli",
    title="KorNLI without its SNLI part, translated from MultiNLI and XNLI",
    licence="CC BY-SA 4.0",
    homepage="https://github.com/kakaobrain/KorNLUDatasets",
    citation="Ham et al., KorNLI and KorSTS, 2020",
    files=tuple(
        RemoteFile(name, f"{_KORNLI_URL}/{name}")
        for name in ("multinli.train.ko.tsv", "xnli.dev.ko.tsv", "xnli.test.ko.tsv")
    ),
)

NLI_SAMPLE = Corpus(
    name="sample",
    title="Sentence pairs composed for this project",
    licence="Apache-2.0",
    homepage="data/samples/README.md",
    citation="kerasnlp-tutorial, sample sentence pairs, 2026",
    files=(RemoteFile("train.json"), RemoteFile("test.json")),
    folder=SAMPLES / "nli",
)


def read_klue_nli(path: str | Path) -> list[LabeledPair]:
    """Read a file in KLUE-NLI's published format.

    A JSON list of objects with `premise`, `hypothesis` and `gold_label`; other fields
    are ignored.

    Args:
        path: such as `klue-nli-v1.1_dev.json`.

    Returns:
        The pairs in file order, with Korean names of the labels.

    Raises:
        InputError: it is no such file; says which records are wrong.
    """
    path = Path(path)
    try:
        records = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}: broken JSON: {error.msg}") from None
    if not isinstance(records, list) or not records:
        raise InputError(f"{path}: expected a JSON list of premise-hypothesis pairs")
    pairs, problems = [], []
    for number, record in enumerate(records, start=1):
        values = record if isinstance(record, dict) else {}
        texts = [values.get("premise"), values.get("hypothesis")]
        label = values.get("gold_label")
        if not all(isinstance(text, str) for text in texts):
            problems.append((number, f"expected premise and hypothesis: {record}"))
        elif label not in LABELS:
            problems.append((number, f"label {label!r}, expected {one_of(LABELS)}"))
        else:
            pairs.append(LabeledPair(*texts, LABELS[label]))
    raise_malformed(path, problems, unit="record")
    return pairs


def read_kornli(path: str | Path) -> list[LabeledPair]:
    """Read a file in KorNLI's published format.

    TSV with the header `sentence1 sentence2 gold_label`.

    Args:
        path: such as `xnli.dev.ko.tsv`.

    Raises:
        InputError: malformed rows, with file and line.
    """
    return read_labeled_pairs(path, ("sentence1", "sentence2"), "gold_label", LABELS)


def read_korsts(path: str | Path) -> list[LabeledPair]:
    """Read a file in KorSTS's published format: pairs and how alike they are.

    TSV with a header, of which `sentence1`, `sentence2` and `score` are read.

    Args:
        path: such as `sts-dev.tsv`.

    Returns:
        The pairs in file order; the label is the score as text, `0.000` to `5.000`.

    Raises:
        InputError: malformed rows, with file and line; scores that are none.
    """
    pairs = read_labeled_pairs(path, ("sentence1", "sentence2"), "score")
    problems = [
        (number, f"score {pair.label!r}, expected 0 to 5")
        for number, pair in enumerate(pairs, start=1)
        if not re.fullmatch(r"[0-4](\.\d+)?|5(\.0+)?", pair.label)
    ]
    raise_malformed(Path(path), problems, unit="record")
    return pairs
