"""Sentences with named entities: the book's format, KLUE-NER, and BIO files."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kerasnlp_tutorial.data import SAMPLES
from kerasnlp_tutorial.datasets.klue import klue_corpus
from kerasnlp_tutorial.datasets.source import Corpus, RemoteFile
from kerasnlp_tutorial.datasets.table import raise_malformed, read_text
from kerasnlp_tutorial.errors import InputError

SEPARATOR = "\u241e"
"""Between a sentence and the same sentence with marks."""

_MARK = re.compile(r"[<‹](?P<text>[^<>‹›]+?):(?P<label>[A-Z]{2,4})[>›]")

KLUE_NER = klue_corpus("klue-ner", "KLUE named entity recognition", ".tsv")

NER_SAMPLE = Corpus(
    name="sample",
    title="Sentences with named entities, composed for this project",
    licence="Apache-2.0",
    homepage="data/samples/README.md",
    citation="kerasnlp-tutorial, sample named entities, 2026",
    files=(RemoteFile("train.txt"), RemoteFile("test.txt")),
    folder=SAMPLES / "ner",
)


@dataclass(frozen=True, order=True)
class Span:
    """A piece of a text with a label."""

    start: int
    """First character."""
    end: int
    """The character after the last one."""
    label: str
    """Its type, such as `PER`."""


@dataclass(frozen=True)
class TaggedSentence:
    """A text and the entities in it, from left to right, none within another."""

    text: str
    spans: tuple[Span, ...]


def tag_spans(tags: Sequence[str]) -> list[Span]:
    """Turn BIO tags into spans of places.

    An `I-` that continues nothing opens an entity, as in conlleval and seqeval.

    Args:
        tags: `O`, `B-X` or `I-X` for each place.

    Returns:
        Spans whose start and end count places.
    """
    spans = []
    start, label = None, None
    for place, tag in enumerate([*tags, "O"]):
        prefix, _, kind = tag.partition("-")
        if label is not None and (prefix != "I" or kind != label):
            spans.append(Span(start, place, label))
            label = None
        if label is None and prefix in ("B", "I"):
            start, label = place, kind
    return spans


def read_tagged_text(path: str | Path) -> list[TaggedSentence]:
    """Read sentences in the book's format.

    A line is the sentence, U+241E, and the sentence with its entities marked:
    `<이순신:PER>은`, or the same with the brackets `‹` and `›`.

    Args:
        path: UTF-8 file; blank lines are skipped.

    Raises:
        InputError: the marked sentence without its marks is not the sentence; says
            on which lines.
    """
    path = Path(path)
    sentences, problems = [], []
    for line, row in enumerate(read_text(path).split("\n"), start=1):
        row = row.removesuffix("\r")
        if not row.strip():
            continue
        text, separator, marked = row.partition(SEPARATOR)
        if not separator:
            problems.append((line, f"no {SEPARATOR} (U+241E) between the two: {row}"))
            continue
        plain, spans = unmark(marked)
        if plain != text:
            problems.append((line, f"without its marks {marked!r} is not {text!r}"))
            continue
        sentences.append(TaggedSentence(text, tuple(spans)))
    raise_malformed(path, problems)
    return sentences


def unmark(marked: str) -> tuple[str, list[Span]]:
    """Remove the marks of a sentence, and return it with its spans."""
    plain, spans, end = "", [], 0
    for mark in _MARK.finditer(marked):
        plain += marked[end : mark.start()]
        spans.append(Span(len(plain), len(plain) + len(mark["text"]), mark["label"]))
        plain += mark["text"]
        end = mark.end()
    return plain + marked[end:], spans


def read_klue_ner(path: str | Path) -> list[TaggedSentence]:
    """Read a file in KLUE-NER's published format.

    A character, a tab and its tag on each line, blanks included; lines that begin
    with `## ` say something about the file or the sentence; a blank line ends one.

    Raises:
        InputError: a line is something else; says which.
    """
    return [
        TaggedSentence("".join(units), tuple(tag_spans(tags)))
        for units, tags in _blocks(Path(path), comment="## ")
    ]


def read_bio(path: str | Path) -> list[TaggedSentence]:
    """Read a CoNLL-style file: a word and its BIO tag on each line.

    The word is the first column and the tag the last, separated by tabs or blanks; a
    blank line ends a sentence. Words are joined by one blank.

    Raises:
        InputError: a line is something else; says which.
    """
    sentences = []
    for words, tags in _blocks(Path(path), comment="-DOCSTART-"):
        starts = [0]
        for word in words:
            starts.append(starts[-1] + len(word) + 1)
        spans = (
            Span(starts[span.start], starts[span.end] - 1, span.label)
            for span in tag_spans(tags)
        )
        sentences.append(TaggedSentence(" ".join(words), tuple(spans)))
    return sentences


def read_tagged_sentences(
    path: str | Path, known_types: Sequence[str] | None = None
) -> list[TaggedSentence]:
    """Read a file of any of the three formats, told apart by how it begins.

    Args:
        path: U+241E in its first line: the book's format; `## `: KLUE-NER's; else BIO.
        known_types: if given, the only types that may occur.

    Raises:
        InputError: the file cannot be read as such, or has another type.
    """
    path = Path(path)
    head, _, _ = read_text(path).lstrip("\n").partition("\n")
    if SEPARATOR in head:
        sentences = read_tagged_text(path)
    elif head.startswith("## "):
        sentences = read_klue_ner(path)
    else:
        sentences = read_bio(path)
    found = {span.label for sentence in sentences for span in sentence.spans}
    if known_types is not None and (unknown := found - set(known_types)):
        raise InputError(
            f"{path} has the types {', '.join(sorted(unknown))}; "
            f"expected {', '.join(known_types)}"
        )
    return sentences


def entity_types(sentences: Sequence[TaggedSentence], where: str) -> tuple[str, ...]:
    """Return the sorted types of entities in training sentences.

    Args:
        sentences: training examples.
        where: file name for the error message.

    Raises:
        InputError: there is no entity at all.
    """
    types = {span.label for sentence in sentences for span in sentence.spans}
    if not types:
        raise InputError(f"{where}: {len(sentences)} sentences without any entity")
    return tuple(sorted(types))


def _blocks(path: Path, comment: str) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the first and the last column of each block of lines."""
    blocks, problems = [([], [])], []
    for line, row in enumerate(read_text(path).split("\n"), start=1):
        row = row.removesuffix("\r")
        if row.startswith(comment):
            continue
        if not row.strip():
            blocks.append(([], []))
            continue
        columns = row.split("\t") if "\t" in row else row.split()
        if len(columns) < 2 or not re.fullmatch(r"O|[BI]-\S+", columns[-1]):
            problems.append((line, f"expected a unit and a BIO tag: {row!r}"))
            continue
        units, tags = blocks[-1]
        units.append(columns[0])
        tags.append(columns[-1])
    raise_malformed(path, problems)
    if not any(units for units, _ in blocks):
        raise InputError(f"{path} has no sentences")
    return (block for block in blocks if block[0])
