"""Natural language inference: KLUE-NLI, KorNLI, and a sample in KLUE's format."""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from kerasnlp_tutorial.data import SAMPLES
from kerasnlp_tutorial.datasets.examples import LabeledPair
from kerasnlp_tutorial.datasets.klue import klue_corpus
from kerasnlp_tutorial.datasets.records import (
    Records,
    column_name,
    is_json,
    is_missing,
    raise_malformed,
    read_records,
)
from kerasnlp_tutorial.datasets.source import Corpus, RemoteFile, github_file
from kerasnlp_tutorial.datasets.table import (
    expected_labels,
    labeled,
    read_labeled_pairs,
)
from kerasnlp_tutorial.errors import shown
from kerasnlp_tutorial.hangul import clean_label

LABELS = {"entailment": "참", "contradiction": "거짓", "neutral": "중립"}

KLUE_NLI = klue_corpus(
    "klue-nli",
    "KLUE natural language inference",
    ".json",
    train_blob="a7903d15f09a3663d8f1d78e68d8d6c10dbd8618",
    dev_sha256="0699db82be17766b26e199864e6260443e17ec6e91d1870e876419e388f245b1",
)

_KORNLU = "kakaobrain/KorNLUDatasets"
_KORNLU_COMMIT = "0df0fe7d496eb61b092e022e238c2230b29f1cbc"

KORNLI = Corpus(
    name="kornli",
    title="KorNLI without its SNLI part, translated from MultiNLI and XNLI",
    licence="CC BY-SA 4.0",
    homepage=f"https://github.com/{_KORNLU}",
    citation="Ham et al., KorNLI and KorSTS, 2020",
    files=(
        github_file(
            _KORNLU,
            _KORNLU_COMMIT,
            "KorNLI/multinli.train.ko.tsv",
            blob="94d26a9d0dd045928148ef8691a256bd0e7d45c3",
        ),
        github_file(
            _KORNLU,
            _KORNLU_COMMIT,
            "KorNLI/xnli.dev.ko.tsv",
            sha256="821fb1c1c2e538ac2724a6132da36ffa379eb9a542ceb89243b3cf711377382c",
        ),
        github_file(
            _KORNLU,
            _KORNLU_COMMIT,
            "KorNLI/xnli.test.ko.tsv",
            sha256="0db53cf8e182283a0d0404ec3fe1b15d1e29236d23d22082dc20d43067254b3e",
        ),
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

HARD_NLI_SAMPLE = dataclasses.replace(
    NLI_SAMPLE,
    name="hard",
    title="Sentence pairs composed for this project that need knowledge of the world",
    folder=SAMPLES / "hard-nli",
)


def read_klue_nli(path: str | Path) -> list[LabeledPair]:
    """Read a file in KLUE-NLI's published format.

    It is a JSON list of objects with `premise`, `hypothesis` and `gold_label`; other
    fields are ignored.

    Args:
        path: path of the file, such as `klue-nli-v1.1_dev.json`.

    Returns:
        The pairs in file order, with Korean class names.

    Raises:
        InputError: the file is malformed; the message names the records.
    """
    columns = ("premise", "hypothesis")
    return read_labeled_pairs(path, columns, "gold_label", LABELS)


def read_pairs(
    path: str | Path,
    columns: tuple[str, str] = ("premise", "hypothesis"),
    label_column: str = "label",
    known_labels: Sequence[str] | None = None,
    label_names: Mapping[str, str] | None = None,
) -> list[LabeledPair]:
    """Read labeled pairs from a user's file, or a file in KLUE-NLI's format.

    JSON with `gold_label` in place of the label column is in KLUE-NLI's format, and
    gets Korean class names.

    Args:
        path: path of the file, in a format of `read_labeled_texts`.
        columns: names of the columns with the two texts.
        label_column: name of the column with labels.
        known_labels: the class names that may occur; None for any.
        label_names: class names by the labels in the file, such as
            `{"0": "참", "1": "중립", "2": "거짓"}`; None to use the labels. Required
            for JSON with numbers, since corpora number their classes differently.

    Returns:
        The pairs in file order.

    Raises:
        InputError: the file is malformed or does not exist; the message names lines.
    """
    path = Path(path)
    if not is_json(path):
        records = read_records(path, (*columns, label_column), numbers=True)
        label_column = column_name(label_column)
        names = expected_labels(known_labels, label_names)
        if not names:
            _refuse_unlabeled(records, label_column)
        table = labeled(records, columns, label_column, names)
        return [LabeledPair(first, second, label) for (first, second), label in table]
    records = read_records(path, columns)
    label_column = column_name(label_column)
    if label_column not in records.columns and "gold_label" in records.columns:
        label_column = "gold_label"
    if not label_names:
        _refuse_numbers(records, label_column)
    if label_column == "gold_label":
        label_names = label_names or LABELS
    if not label_names and not known_labels:
        _refuse_unlabeled(records, label_column)
    names = expected_labels(known_labels, label_names)
    table = labeled(records, columns, label_column, names)
    return [LabeledPair(first, second, label) for (first, second), label in table]


def _refuse_unlabeled(records: Records, label_column: str) -> None:
    """Raise InputError if NLI labels stand beside `-` or `-1`, which mean no label."""
    labels = [
        (number, clean_label(str(values.get(label_column))))
        for number, values in records.values
    ]
    names = {label.lower() for _, label in labels}
    missing = {"-"} if names & {*LABELS, *LABELS.values()} else set()
    if all(re.fullmatch("-1|[0-2]", name) for name in names):
        missing = {"-1"}
    problems = [
        (number, f"label {label!r}, which means that there is none; remove the pair")
        for number, label in labels
        if label in missing
    ]
    raise_malformed(records.path, problems, records.unit)


def _refuse_numbers(records: Records, label_column: str) -> None:
    expected = "a name; label_names gives names to numbers, as in 0=참,1=거짓"
    problems = [
        (number, f"label {shown(values[label_column])}, expected {expected}")
        for number, values in records.values
        if type(values.get(label_column)) in (int, float)
        and not is_missing(values[label_column])
    ]
    raise_malformed(records.path, problems, records.unit)


def read_kornli(path: str | Path) -> list[LabeledPair]:
    """Read a file in KorNLI's published format.

    It is TSV with the header `sentence1 sentence2 gold_label`.

    Args:
        path: path of the file, such as `xnli.dev.ko.tsv`.

    Returns:
        The pairs in file order, with Korean class names.

    Raises:
        InputError: the file is malformed; the message names the lines.
    """
    return read_labeled_pairs(path, ("sentence1", "sentence2"), "gold_label", LABELS)


def read_korsts(path: str | Path) -> list[LabeledPair]:
    """Read a file in KorSTS's published format: pairs with similarity scores.

    It is TSV with a header; `sentence1`, `sentence2` and `score` are read.

    Args:
        path: path of the file, such as `sts-dev.tsv`.

    Returns:
        The pairs in file order. The label is the score as a text, `0.000` to `5.000`.

    Raises:
        InputError: the file is malformed, or has other scores; the message names the
            lines or records.
    """
    pairs = read_labeled_pairs(path, ("sentence1", "sentence2"), "score")
    problems = [
        (number, f"score {pair.label!r}, expected 0 to 5")
        for number, pair in enumerate(pairs, start=1)
        if not re.fullmatch(r"[0-4](\.\d+)?|5(\.0+)?", pair.label)
    ]
    raise_malformed(Path(path), problems, unit="record")
    return pairs
