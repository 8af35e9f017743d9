"""NSMC, the Naver Sentiment Movie Corpus, and a sample in its format."""

import dataclasses
from pathlib import Path

from kerasnlp_tutorial.data import SAMPLES
from kerasnlp_tutorial.datasets.examples import LabeledText
from kerasnlp_tutorial.datasets.source import Corpus, RemoteFile
from kerasnlp_tutorial.datasets.table import labeled_rows

_NSMC_URL = "https://raw.githubusercontent.com/e9t/nsmc/master"

_FILES = ("ratings_train.txt", "ratings_test.txt")

LABELS = {"0": "부정", "1": "긍정"}

NSMC = Corpus(
    name="nsmc",
    title="Naver Sentiment Movie Corpus",
    licence="CC0 1.0",
    homepage="https://github.com/e9t/nsmc",
    citation="Lucy Park, Naver sentiment movie corpus v1.0, 2015",
    files=tuple(RemoteFile(name, f"{_NSMC_URL}/{name}") for name in _FILES),
)

SAMPLE = Corpus(
    name="sample",
    title="Movie reviews composed for this project",
    licence="Apache-2.0",
    homepage="data/samples/README.md",
    citation="kerasnlp-tutorial, sample movie reviews, 2026",
    files=tuple(RemoteFile(name) for name in _FILES),
    folder=SAMPLES / "reviews",
)

PLAIN_SAMPLE = dataclasses.replace(
    SAMPLE,
    name="plain",
    title="Short and outspoken movie reviews composed for this project",
    folder=SAMPLES / "plain-reviews",
)

REVIEWS = (SAMPLE, PLAIN_SAMPLE, NSMC)


def read_nsmc(path: str | Path) -> list[LabeledText]:
    """Read a file in NSMC's published format.

    TSV with the header `id document label`, UTF-8, no quoting: a review that
    begins with a quotation mark keeps it. Label 0 becomes `부정`, 1 `긍정`.

    Args:
        path: `ratings_train.txt`, `ratings_test.txt` or a file like them.

    Returns:
        The reviews in file order, blank ones included.

    Raises:
        InputError: malformed rows, with file and line.
    """
    table = labeled_rows(Path(path), ["document"], "label", LABELS)
    return [LabeledText(text, label) for (text,), label in table]
