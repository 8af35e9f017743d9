"""Sentences with named entities, in the book's format and in any other format."""

import re
from collections.abc import Sequence
from pathlib import Path

from kerasnlp_tutorial.data import SAMPLES
from kerasnlp_tutorial.datasets.bio import TaggedSentence
from kerasnlp_tutorial.datasets.columns import text_lines
from kerasnlp_tutorial.datasets.examples import check_labels
from kerasnlp_tutorial.datasets.klue import klue_corpus
from kerasnlp_tutorial.datasets.marks import marked_spans
from kerasnlp_tutorial.datasets.records import raise_malformed
from kerasnlp_tutorial.datasets.source import Corpus, RemoteFile
from kerasnlp_tutorial.datasets.tagged_units import read_bio, read_klue_ner
from kerasnlp_tutorial.errors import InputError, shown
from kerasnlp_tutorial.files import read_text

SEPARATOR = "\u241e"
"""The separator between a sentence and the same sentence with marks."""

KLUE_NER = klue_corpus(
    "klue-ner",
    "KLUE named entity recognition",
    ".tsv",
    train_blob="b4f5d7dba85bb04d9dd72c7491bd62568af55cf1",
    dev_sha256="0f4d5e818f7b82d299c3a87856fc40a706f5943207580ddb252397e387050a54",
)

NER_SAMPLE = Corpus(
    name="sample",
    title="Sentences with named entities, composed for this project",
    licence="Apache-2.0",
    homepage="data/samples/README.md",
    citation="kerasnlp-tutorial, sample named entities, 2026",
    files=(RemoteFile("train.txt"), RemoteFile("test.txt")),
    folder=SAMPLES / "ner",
)


def read_tagged_text(path: str | Path) -> list[TaggedSentence]:
    """Read sentences in the book's format.

    A line is a sentence, U+241E, and the same sentence with its entities marked, as in
    `<이순신:PER>은` or `‹이순신:PER›은`.

    Args:
        path: path of a UTF-8 file; blank lines are skipped.

    Raises:
        InputError: on some lines the two sentences differ in more than marks, or a
            label is missing; the message names them.
    """
    path = Path(path)
    sentences, problems = [], []
    for line, row in enumerate(text_lines(path), start=1):
        if not row.strip():
            continue
        text, separator, marked = row.partition(SEPARATOR)
        if not separator:
            problem = f"no {SEPARATOR} (U+241E) between two sentences: {shown(row)}"
            problems.append((line, problem))
            continue
        if not text.strip() and not marked.strip():
            problems.append((line, f"no sentences around {SEPARATOR} (U+241E)"))
            continue
        try:
            spans = marked_spans(marked, text)
        except ValueError as error:
            problems.append((line, str(error)))
            continue
        sentences.append(TaggedSentence(text, tuple(spans)))
    raise_malformed(path, problems)
    return sentences


def read_tagged_sentences(
    path: str | Path, known_types: Sequence[str] | None = None
) -> list[TaggedSentence]:
    """Read a file in any of the three formats.

    Args:
        path: path of the file. With U+241E in it, it is in the book's format; with
            `## ` at the beginning, in KLUE-NER's; else it has a unit and its tag on
            each line, see `read_bio`.
        known_types: the entity types that may occur; None for any types.

    Raises:
        InputError: the file is malformed, or has other types.
    """
    path = Path(path)
    content = read_text(path)
    if SEPARATOR in content:
        sentences = read_tagged_text(path)
    elif re.match(r"[\s\ufeff]*## ", content):
        sentences = read_klue_ner(path)
    else:
        sentences = read_bio(path)
    if known_types is not None:
        check_labels(_types(sentences), known_types, str(path), "types")
    return sentences


def entity_types(sentences: Sequence[TaggedSentence], where: str) -> tuple[str, ...]:
    """Return the sorted entity types of training sentences.

    Args:
        sentences: training examples.
        where: name of the file, for the error message.

    Raises:
        InputError: there are no entities.
    """
    types = _types(sentences)
    if not types:
        raise InputError(f"{where}: {len(sentences)} sentences without any entity")
    return tuple(sorted(types))


def _types(sentences: Sequence[TaggedSentence]) -> set[str]:
    return {span.label for sentence in sentences for span in sentence.spans}
