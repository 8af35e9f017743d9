"""Files with a unit and its tag on each line: words, or characters as in KLUE-NER."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from kerasnlp_tutorial.datasets.bio import (
    BrokenTagsError,
    Span,
    TaggedSentence,
    TagScheme,
    UnknownTagsError,
)
from kerasnlp_tutorial.datasets.columns import Block, Row, read_blocks
from kerasnlp_tutorial.datasets.marks import marked_spans
from kerasnlp_tutorial.datasets.records import raise_malformed
from kerasnlp_tutorial.errors import InputError, shown
from kerasnlp_tutorial.hangul import clean_label, compose_with_positions

# Phrase types of CoNLL-2000 and 2003, which are tagged in a separate column.
_CHUNKS = re.compile("(NP|VP|PP|ADVP|ADJP|SBAR|PRT|CONJP|INTJ|LST|UCP|NC|PC|VC)")
# Part-of-speech tags of parts of words: Sejong, MeCab-ko, Kkma, KAIST (Hannanum), the
# Penn Korean Treebank, and Okt.
_PARTICLES = re.compile(
    "(J(K[A-Z]|X[A-Z]?|C[A-Z]?|P)|E(P[A-Z]?|F[A-Z]?|C[A-Z]?|T[MND])|XS[A-Z]?|VCP"
    "|P(CA|AD|AU|CJ)|E(AN|AU|NM)|Josa|Eomi|PreEomi|Suffix)",
    re.IGNORECASE,
)
_HANGUL_PARTICLES = ("J", "E", "ADP")  # in other languages, tags of words
_WITH_TAG = re.compile(r".*[^/]/([A-Z][A-Za-z]*|[a-z]{2,4})([+][A-Z]+)*")
_SUBWORD = re.compile(r"##[^\s#]+|[\u2581\u0120].*|.+@@|\[(UNK|CLS|SEP)\]")
_ONE_CHARACTER = "expected one character on a line, also for spaces"
_LANGUAGE = re.compile(r"([a-z]{2,3}(-[a-z]+)*|simple):")
_SIGN = re.compile(rf"{_LANGUAGE.pattern}|[^\W_]*(_|[^\w\s])")


def read_klue_ner(path: str | Path) -> list[TaggedSentence]:
    """Read a file in KLUE-NER's published format.

    Each line is a character (also a space), a tab and a tag. Blank lines end a
    sentence. Lines that begin with `## ` are comments about the file or the sentence.
    If a comment is an id, a tab and a sentence, the characters must be that sentence.

    Args:
        path: path of the file.

    Raises:
        InputError: some lines are malformed, such as words or morphemes; the message
            names them.
    """
    path = Path(path)
    return _character_sentences(path, read_blocks(path))


def read_bio(path: str | Path) -> list[TaggedSentence]:
    """Read a CoNLL-style file: a word and its tag on each line.

    The word is the first column, or the second if the first counts the words. The tag
    is the last column, in BIO, BIOES or BILOU, written `B-PER`, `B_PER`, `PER-B` or
    `PER_B`. Columns are separated by tabs or spaces; blank lines end a sentence. A
    header, comments before a sentence, empty last columns and the language that WikiANN
    puts before each word, as in `ko:`, are left out. Words are joined with one space.
    If most units are one character and some are spaces, they are characters as in
    KLUE-NER, and not words.

    Args:
        path: path of the file.

    Raises:
        InputError: some lines are malformed, or it is unclear whether the units are
            words or characters; the message names lines.
    """
    path = Path(path)
    blocks = read_blocks(path)
    rows = list(_rows(blocks))
    singles = sum(len(row.cells[0]) == 1 for row in rows) / len(rows)
    if any(row.cells[0].isspace() for row in rows) and singles > 0.5:
        return _character_sentences(path, blocks)
    if singles > 0.8 and len(rows) > len(blocks):
        raise InputError(
            f"{path}:{rows[0].line}: nearly all units are one character, but none is a "
            "space: cannot tell words from characters; for characters, also write each "
            "space on a line, with its tag"
        )
    scheme = _scheme(path, rows)
    _check_words(path, rows)
    prefix = _common_prefix(path, rows)
    return _sentences(path, blocks, scheme, prefix)


def _rows(blocks: Sequence[Block]) -> Iterator[Row]:
    return (row for block in blocks for row in block.rows)


def _character_sentences(path: Path, blocks: list[Block]) -> list[TaggedSentence]:
    _check_characters(path, blocks)
    scheme = _scheme(path, list(_rows(blocks)))
    sentences = _sentences(path, blocks, scheme)
    problems = [
        problem
        for block, sentence in zip(blocks, sentences, strict=True)
        for problem in _mismatches(block, sentence.text)
    ]
    raise_malformed(path, problems)
    return sentences


def _scheme(path: Path, rows: Sequence[Row]) -> TagScheme:
    """Return the tag scheme of the last column.

    Raises:
        InputError: it has no tag scheme, or a column in the middle has tags too.
    """
    different = {row.cells for row in rows}
    columns = [set(column) for column in zip(*different, strict=True)]
    for number, column in enumerate(columns[1:-1], start=2):
        try:
            labels = TagScheme(column).labels
        except ValueError:
            continue
        if not all(map(_CHUNKS.fullmatch, labels)):
            raise InputError(
                f"{path}:{rows[0].line}: column {number} of {len(columns)} has tags "
                f"too ({min(labels)}); keep one column of tags: {shown(rows[0].text)}"
            )
    try:
        return TagScheme(columns[-1])
    except ValueError as error:
        raise_malformed(path, _tag_problems(error, rows))
        raise


def _tag_problems(error: ValueError, rows: Sequence[Row]) -> list[tuple[int, str]]:
    """Return the lines that an error of `TagScheme` is about, and what is wrong."""
    if not isinstance(error, UnknownTagsError):
        first = next(row for row in rows if len(clean_label(row.cells[-1])) > 1)
        return [(first.line, f"{error}: {shown(first.text)}")]
    expected = f"expected a unit and a BIO tag such as {error.example}"
    return [
        (row.line, f"{expected}: {shown(row.text)}")
        for row in rows
        if row.cells[-1] in error.tags
    ]


def _check_words(path: Path, rows: Sequence[Row]) -> None:
    """Refuse units that do not form a text when joined with spaces."""
    tagged = [row for row in rows if _WITH_TAG.fullmatch(row.cells[0].strip())]
    if len(tagged) > max(1, 0.8 * len(rows)):
        raise InputError(
            f"{path}:{tagged[0].line}: the units end with part-of-speech tags; write "
            f"words without them: {shown(tagged[0].text)}"
        )
    problems = []
    for row in rows:
        if not row.cells[0].strip():
            problems.append((row.line, f"the unit is blank: {shown(row.text)}"))
        elif piece := _piece(row):
            expected = f"expected words or characters, not {piece}s"
            problems.append((row.line, f"{expected}: {shown(row.text)}"))
    raise_malformed(path, problems)


def _check_characters(path: Path, blocks: Sequence[Block]) -> None:
    """Refuse units that are not exactly one character."""
    rows = [row for row in _rows(blocks) if len(row.cells[0]) != 1]
    kind = next(filter(None, map(_piece, _rows(blocks))), "word") if rows else ""
    problems = []
    for row in rows:
        received = f"a {kind}" if row.cells[0] else "nothing"
        expected = f"{_ONE_CHARACTER}, not {received}: {shown(row.text)}"
        if kind == "word" and blocks[0].comments and not row.cells[0].isspace():
            expected += "; if these are words, remove the lines that begin with '## '"
        problems.append((row.line, expected))
    raise_malformed(path, problems)


def _piece(row: Row) -> str:
    """Return which part of a word a unit is: `subword`, `morpheme`, or "" for none."""
    unit, *middle, _ = row.cells
    if _SUBWORD.fullmatch(unit):
        return "subword"
    return "morpheme" if any(_is_particle(unit, tag) for tag in middle) else ""


def _is_particle(unit: str, tag: str) -> bool:
    """Whether the first of the part-of-speech tags of a unit is one of a particle."""
    tag = re.split("[+,|/]", tag.strip(), maxsplit=1)[0]
    if tag.lower() == unit.strip().lower():  # a lemma
        return False
    hangul = tag in _HANGUL_PARTICLES and re.search("[가-힣]", unit)
    return bool(hangul or _PARTICLES.fullmatch(tag))


def _common_prefix(path: Path, rows: Sequence[Row]) -> str:
    """Return the language prefix of all words, or `""`; refuse other prefixes."""
    words = {row.cells[0].strip() for row in rows}
    languages = {sign[0] for sign in map(_LANGUAGE.match, words) if sign}
    other = [word for word in words if not _LANGUAGE.match(word)]
    if len(languages) > 1 and len(other) < 0.1 * len(words):
        both = " or ".join(map(repr, sorted(languages)[:2]))
        raise InputError(
            f"{path}:{rows[0].line}: the words begin with languages, such as {both}; "
            f"remove them: {shown(rows[0].text)}"
        )
    sign = _SIGN.match(next(iter(words)))
    if not sign or not all(word.startswith(sign[0]) for word in words):
        return ""
    whole = sign[0] in words
    if _LANGUAGE.fullmatch(sign[0]):
        if not whole:
            return sign[0]
    elif whole or len(words) == 1:
        return ""
    raise InputError(
        f"{path}:{rows[0].line}: all words begin with {sign[0]!r}; remove it if it is "
        f"not a part of the words: {shown(rows[0].text)}"
    )


def _sentences(
    path: Path, blocks: Sequence[Block], scheme: TagScheme, prefix: str | None = None
) -> list[TaggedSentence]:
    """Join the units of each block.

    Args:
        path: path of the file, for the error message.
        blocks: the rows of each sentence.
        scheme: scheme of the tags.
        prefix: prefix to remove from each word; None if the units are characters.

    Raises:
        InputError: the tags of some sentences break the rules of their scheme.
    """
    separator = "" if prefix is None else " "
    sentences, problems = [], []
    for block in blocks:
        units = [row.cells[0] for row in block.rows]
        if prefix is not None:  # else the unit may be a space
            units = [unit.strip().removeprefix(prefix) for unit in units]
        tags = [row.cells[-1] for row in block.rows]
        try:
            sentences.append(_joined(units, scheme.spans(tags), separator))
        except BrokenTagsError as error:
            row = block.rows[error.position]
            problems.append((row.line, f"{error}: {shown(row.text)}"))
    raise_malformed(path, problems)
    return sentences


def _joined(
    units: Sequence[str], spans: Sequence[Span], separator: str
) -> TaggedSentence:
    """Join units, and turn spans of units into spans of characters.

    Units may be the letters of syllables; these are composed.

    Raises:
        BrokenTagsError: a span starts or ends within a syllable.
    """
    starts = [0]
    for unit in units:
        starts.append(starts[-1] + len(unit) + len(separator))
    text, positions = compose_with_positions(separator.join(units))
    composed = {position: index for index, position in enumerate(positions)}
    character_spans = []
    for span in spans:
        start, end = starts[span.start], starts[span.end] - len(separator)
        if start not in composed or end not in composed:
            raise BrokenTagsError(span.start, "an entity ends within a syllable")
        character_spans.append(Span(composed[start], composed[end], span.label))
    return TaggedSentence(text, tuple(character_spans))


def _mismatches(block: Block, text: str) -> Iterator[tuple[int, str]]:
    """Yield the comments of a block that hold another sentence, as in KLUE-NER."""
    for line, comment in block.comments:
        published = re.fullmatch(r"## \S+\t(.*)", comment)
        if published and published[1] != text:
            try:
                marked_spans(published[1], text)
            except ValueError as error:
                yield line, f"not the characters on the lines below: {error}"
