"""NSMC, the Naver Sentiment Movie Corpus, and a sample in its format."""

import dataclasses
from pathlib import Path

from kerasnlp_tutorial.data import SAMPLES
from kerasnlp_tutorial.datasets.examples import LabeledText
from kerasnlp_tutorial.datasets.source import Corpus, RemoteFile, github_file
from kerasnlp_tutorial.datasets.table import labeled_rows

_COMMIT = "cc0670e872d4ac27bfe36c87456783004b39ef6c"

LABELS = {"0": "부정", "1": "긍정"}

NSMC = Corpus(
    name="nsmc",
    title="Naver Sentiment Movie Corpus",
    licence="CC0 1.0",
    homepage="https://github.com/e9t/nsmc",
    citation="Lucy Park, Naver sentiment movie corpus v1.0, 2015",
    files=(
        github_file(
            "e9t/nsmc",
            _COMMIT,
            "ratings_train.txt",
            blob="ac0dba272895dc1d0b3dd5f11afbeaeb7abe7876",
        ),
        github_file(
            "e9t/nsmc",
            _COMMIT,
            "ratings_test.txt",
            blob="b6cfcd8cd1557bcd9bf06617b0e429ed73e9a367",
        ),
    ),
)

SAMPLE = Corpus(
    name="sample",
    title="Movie reviews composed for this project",
    licence="Apache-2.0",
    homepage="data/samples/README.md",
    citation="kerasnlp-tutorial, sample movie reviews, 2026",
    files=(RemoteFile("ratings_train.txt"), RemoteFile("ratings_test.txt")),
    folder=SAMPLES / "reviews",
)

HARD_SAMPLE = dataclasses.replace(
    SAMPLE,
    name="hard",
    title="Movie reviews composed for this project that hint at their verdict",
    folder=SAMPLES / "hard-reviews",
)

REVIEWS = (SAMPLE, HARD_SAMPLE, NSMC)


def read_nsmc(path: str | Path) -> list[LabeledText]:
    """Read a file in NSMC's published format.

    It is UTF-8 TSV with the header `id document label`, without quoting: quotation
    marks are a part of a review. The label 0 becomes `부정`, and 1 `긍정`.

    Args:
        path: path of the file, such as `ratings_train.txt`.

    Returns:
        The reviews in file order, including blank ones.

    Raises:
        InputError: the file is malformed; the message names the lines.
    """
    table = labeled_rows(Path(path), ["document"], "label", LABELS)
    return [LabeledText(text, label) for (text,), label in table]
