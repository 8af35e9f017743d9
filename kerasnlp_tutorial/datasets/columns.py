"""Blocks of rows with columns, as in CoNLL files, without headers and comments."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from kerasnlp_tutorial.datasets.bio import looks_like_tag
from kerasnlp_tutorial.datasets.records import raise_malformed
from kerasnlp_tutorial.errors import InputError, shown
from kerasnlp_tutorial.files import read_text, split_lines
from kerasnlp_tutorial.hangul import compose

_BYTE_ORDER_MARK = "\ufeff"
_UNIT_NAME = re.compile(
    "words?|tokens?|form|surface|text|chars?|characters?|syllables?|eojeols?|units?"
    "|단어|낱말|어절|글자|문자|음절|토큰|형태소",
    re.IGNORECASE,
)
_TAG_NAME = re.compile(
    "((ner?|bio|iob|entity)[ _-]?)?(tags?|labels?)|ner?|bio|iob|entity"
    "|(개체명[ _-]?)?(태그|꼬리표|레이블|라벨)|개체명",
    re.IGNORECASE,
)


class Row(NamedTuple):
    """A line and its columns."""

    line: int
    text: str
    cells: tuple[str, ...]


@dataclass
class Block:
    """The rows of a sentence, and the comments before them as `(line, text)`."""

    rows: list[Row] = field(default_factory=list)
    comments: list[tuple[int, str]] = field(default_factory=list)


def text_lines(path: Path) -> list[str]:
    """Return the lines of a file, with their Hangul composed.

    A byte order mark at the beginning of a line is left out: files are often joined.

    Raises:
        InputError: the file cannot be read.
    """
    lines = split_lines(compose(read_text(path)))
    return [line.lstrip(_BYTE_ORDER_MARK) for line in lines]


def read_blocks(path: Path) -> list[Block]:
    """Read blocks of rows with equal numbers of columns: a unit first, its tag last.

    Columns are separated by tabs, or by spaces in a file without tabs; empty columns at
    the end of a line do not count. Blank lines and `-DOCSTART-` end a block. A header,
    comments (lines that begin with `#` and are not rows) and a first column with row
    numbers are left out. If a header names the column of units, it is put first.

    Raises:
        InputError: some lines are not rows; the message names them.
    """
    texts = text_lines(path)
    tabs, width, cells = _layout(texts)
    middles = _middles(cells.values(), width)
    blocks, problems, begun, unit = [Block()], [], False, None
    for line, text in enumerate(texts, start=1):
        row, block = Row(line, text, cells[text]), blocks[-1]
        if not begun and (names := _header(row.cells, width)):
            unit, begun = _unit_column(path, row, names, width), True
        elif text.startswith("#") and _is_comment(row, width, tabs):
            # Only a comment with an id and a sentence, as in KLUE-NER, is neither a
            # row without a tag nor a note within a sentence.
            if not block.rows:
                block.comments.append((line, text))
            elif re.match(r"## \S+\t", text):
                blocks.append(Block(comments=[(line, text)]))
            else:
                advice = "remove it, or end the sentence before it with a blank line"
                received = f"a comment within a sentence: {shown(text)}"
                problems.append((line, f"{received}; {advice}"))
        elif not row.cells:
            if block.rows:
                blocks.append(Block())
        elif len(row.cells) != width:
            problems.append((line, _wrong_width(row, width)))
        elif not tabs and not block.rows and _may_be_comment(row, middles):
            advice = "separate columns with tabs, or remove it if it is a comment"
            received = f"a comment, or the unit '#': {shown(text)}"
            problems.append((line, f"{received}; {advice}"))
        else:
            begun = True
            block.rows.append(row)
    raise_malformed(path, problems)
    blocks = [block for block in blocks if block.rows]
    if not blocks:
        raise InputError(f"{path} has no sentences")
    if unit is None:
        return _without_numbers(path, blocks)
    if unit > 0 and not _is_constant(blocks):  # else it may hold ids of sentences
        blocks = _without_numbers(path, blocks)
        unit -= width - len(blocks[0].rows[0].cells)
    return [Block([_put_first(r, unit) for r in b.rows], b.comments) for b in blocks]


def _layout(lines: Sequence[str]) -> tuple[bool, int, dict[str, tuple[str, ...]]]:
    """Find the columns of a file.

    Returns:
        Whether tabs separate them, the number of columns, and the columns of each
        different line.
    """
    counts = Counter(lines)  # in files of characters, most lines occur often
    rows = [line for line in counts if not line.startswith(("# ", "## "))]
    tabs = any("\t" in row for row in rows)
    cells = {line: _cells(line, tabs) for line in counts}
    widths: Counter[int] = Counter()
    for row in rows:
        widths[len(cells[row])] += counts[row]
    del widths[0]
    width = max([2, *(width for width, _ in widths.most_common(1))])
    return tabs, width, cells


def _cells(text: str, tabs: bool) -> tuple[str, ...]:
    """Split a line into columns; none if it is blank or separates documents."""
    # Spaces before a tab are a unit without a tag.
    blank = not text.strip() and not re.match(" +\t", text)
    if blank or text.startswith("-DOCSTART-"):
        return ()
    cells = text.split("\t") if tabs else re.split(" +", text.strip(" "))
    while len(cells) > 1 and not cells[-1].strip():
        cells.pop()
    return tuple(cell.lstrip(_BYTE_ORDER_MARK) for cell in cells)


def _is_comment(row: Row, width: int, tabs: bool) -> bool:
    """Whether a line that begins with `#` is a comment, and not a row."""
    other_width, tagged = len(row.cells) != width, looks_like_tag(row.cells[-1])
    if tabs:
        return " " in row.cells[0] or (other_width and not tagged)
    return other_width or not tagged


def _middles(rows: Iterable[Sequence[str]], width: int) -> set[tuple[str, ...]]:
    """Return the columns between unit and tag of the rows that are no comments."""
    return {
        tuple(cells[1:-1])
        for cells in rows
        if len(cells) == width and not cells[0].startswith("#")
    }


def _may_be_comment(row: Row, middles: Collection[tuple[str, ...]]) -> bool:
    """Whether a first row with the unit `#` may be a comment, as `# see tag O`."""
    return not row.cells[0].strip("#") and row.cells[1:-1] not in middles


def _header(cells: Sequence[str], width: int) -> list[str]:
    """Return the names of the columns if these cells are a header, else none.

    A header may begin with `#`.
    """
    names = [cell.strip() for cell in cells]
    if len(names) > width and names[0] == "#":
        names = names[1:]
    if names and names[0] != "#":
        names[0] = names[0].lstrip("#").strip()
    *units, tag = names or [""]
    known = _TAG_NAME.fullmatch(tag) and any(map(_UNIT_NAME.fullmatch, units))
    return names if known else []


def _unit_column(path: Path, row: Row, names: Sequence[str], width: int) -> int:
    """Return the index of the column of units.

    Raises:
        InputError: the header names several, or not all columns.
    """
    columns = [i for i, name in enumerate(names) if _UNIT_NAME.fullmatch(name)]
    if len(names) != width:
        problem = f"the header has {len(names)} columns, the rows have {width}"
    elif len(columns) > 1:
        both = " and ".join(names[column] for column in columns)
        problem = f"the header has {both}; keep one column of units"
    else:
        return columns[0]
    raise InputError(f"{path}:{row.line}: {problem}: {shown(row.text)}")


def _put_first(row: Row, unit: int) -> Row:
    """Move the column of units to the beginning."""
    if unit == 0:
        return row
    cells = row.cells
    return row._replace(cells=(cells[unit], *cells[:unit], *cells[unit + 1 :]))


def _wrong_width(row: Row, width: int) -> str:
    if len(row.cells) < 2:
        return f"expected a unit and a BIO tag: {shown(row.text)}"
    return f"{len(row.cells)} columns, expected {width}: {shown(row.text)}"


def _without_numbers(path: Path, blocks: list[Block]) -> list[Block]:
    """Remove a first column that counts the rows; refuse a first column of other ids.

    The units of some sentences are numbers, but not 1, 2, 3, ... in all sentences.
    Where the count starts again, a sentence begins.

    Raises:
        InputError: the first column holds ids, or a count with an error, or there are
            no words after the numbers.
    """
    first = blocks[0].rows[0]
    broken = _end_of_count(blocks)
    if len(first.cells) == 2:
        if not broken and not any(_restarts(block) for block in blocks):
            received = "the first column counts the rows, and there are no words"
            raise InputError(f"{path}:{first.line}: {received}: {shown(first.text)}")
        return blocks
    if not broken:
        return [
            Block([Row(*r[:2], r.cells[1:]) for r in rows], comments)
            for block in blocks
            for rows, comments in _counted_sentences(block)
        ]
    if not _is_numbered(blocks):
        if not _is_constant(blocks):
            return blocks
        broken = first
    raise InputError(
        f"{path}:{broken.line}: the first column holds numbers or ids that do not "
        "count the units 1, 2, 3, ...; leave it out, and end each sentence with a "
        f"blank line: {shown(broken.text)}"
    )


def _number(row: Row) -> int | None:
    """Return the number in the first column, as in `1`, `1.` or `(1)`."""
    number = re.fullmatch(r"\(?([0-9]{1,9})[.):]?", row.cells[0].strip())
    return int(number[1]) if number else None


def _restarts(block: Block) -> list[int]:
    """Return the positions where a count begins again at 0 or 1.

    After a count of one row it does not: two rows with the number 1 may be the parts of
    one word.
    """
    numbers = [_number(row) for row in block.rows]
    return [
        position
        for position in range(2, len(numbers))
        if numbers[position] == numbers[0]
        and numbers[0] in (0, 1)
        and numbers[position - 1] != numbers[0]
    ]


def _end_of_count(blocks: Sequence[Block]) -> Row | None:
    """Return the first row whose first column does not count the rows, if any."""
    if _number(blocks[0].rows[0]) not in (0, 1):
        return blocks[0].rows[0]
    for block in blocks:
        restarts, expected = set(_restarts(block)), None
        for position, row in enumerate(block.rows):
            number = _number(row)
            going_on = expected is None or number == expected or position in restarts
            if number is None or not going_on:
                return row
            expected = number + 1
    return None


def _counted_sentences(
    block: Block,
) -> Iterator[tuple[list[Row], list[tuple[int, str]]]]:
    """Yield the rows and the comments of each sentence of a block with a count."""
    starts = [0, *_restarts(block), len(block.rows)]
    for start, end in pairwise(starts):
        yield block.rows[start:end], block.comments if start == 0 else []


def _is_numbered(blocks: Sequence[Block]) -> bool:
    """Whether most of the first column, or of it in each block, ends with a digit."""
    shares = []
    for block in blocks:
        ends = [re.search(r"\d[.):]?\s*$|^\s*$", row.cells[0]) for row in block.rows]
        shares.append((sum(map(bool, ends)), len(ends)))
    count, size = (sum(column) for column in zip(*shares, strict=True))
    return count > 0.8 * size or all(count > 0.5 * size for count, size in shares)


def _is_constant(blocks: Sequence[Block]) -> bool:
    """Whether the first column is the same on all rows of each block."""
    values = [{row.cells[0] for row in block.rows} for block in blocks]
    return all(len(v) == 1 for v in values) and any(len(b.rows) > 1 for b in blocks)
