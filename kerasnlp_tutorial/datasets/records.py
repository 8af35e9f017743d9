"""Records of tables and JSON files, with exact locations in all error messages."""

import csv
import io
import logging
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasnlp_tutorial.datasets.json_records import SUFFIXES, json_records
from kerasnlp_tutorial.errors import InputError, shown
from kerasnlp_tutorial.files import is_utf8, plain_suffix, read_text, split_lines
from kerasnlp_tutorial.hangul import clean_label, compose

logger = logging.getLogger(__name__)

_MAX_SHOWN = 5  # malformed rows named in a message
_MAX_LENGTH = 300  # characters in each line of a message
# Within quotation marks only doubled ones, at least once.
_DOUBLED = re.compile(r'"[^"]*(?:""[^"]*)+"')
_BYTE_ORDER_MARK = re.compile(r"(?:^|(?<=[\t\r\n]))\ufeff+")
_NUMBER = re.compile(r"[1-9][0-9]{0,3}")


@dataclass(frozen=True)
class Records:
    """The records of a file, with unchecked values."""

    path: Path
    unit: str
    """What the numbers count: `row` (line of the file) or `record`."""
    columns: frozenset[str]
    """Names of all columns; `1`, `2` and so on in a table without a header."""
    has_header: bool
    """Whether the names are in the file."""
    values: list[tuple[int, dict[str, Any]]]
    """Numbers with values by name: requested columns of a table, all fields of JSON."""
    problems: list[tuple[int, str]]
    """Numbers of malformed records, with messages."""


def read_records(
    path: Path, names: Sequence[str], more: Sequence[str] = (), numbers: bool = False
) -> Records:
    """Read the records of a file.

    Args:
        path: path of a `.json`, `.jsonl` or `.ndjson` file, see `json_records`; any
            other file is a table, see `rows`.
        names: columns that a table must have exactly once. Names are compared composed
            and stripped.
        more: columns that a table may have.
        numbers: whether the names `1`, `2` and so on can mean the columns of a table
            without a header. The first row is a header only if it consists of
            successive numbers from 0 or 1, as pandas writes it.

    Raises:
        InputError: the file cannot be read, or a column is missing.
    """
    names, more = list(map(column_name, names)), list(map(column_name, more))
    if is_json(path):
        return _json_records(path, names)
    table = list(rows(path))
    if not table:  # byte order marks only
        raise InputError(f"{path} is empty")
    line, first = table[0]
    header = [clean_label(cell) for cell in first]
    hint = _hint(header)
    without = numbers and _without_header(header, names, more)
    if without:
        header = [str(number) for number in range(1, len(first) + 1)]
    if not hint and numbers:
        hint = "; the columns of a table without one are named 1, 2 and so on"
    indices = _column_indices(header, names, more, f"{path}:{line}", hint)
    records, problems = [], []
    for line, fields in table if without else table[1:]:
        if not without and list(map(clean_label, fields)) == header:
            problems.append((line, f"the header again: {shown(fields)}; remove it"))
        elif len(fields) == len(header):
            records.append((line, {name: fields[i] for name, i in indices.items()}))
        else:
            received = f"{len(fields)} columns, expected {len(header)}"
            problems.append((line, f"{received}: {shown(fields)}"))
    if plain_suffix(path) != ".csv":
        _warn_of_quotes(path, records)
    return Records(path, "row", frozenset(header), not without, records, problems)


def _warn_of_quotes(path: Path, records: list[tuple[int, dict[str, Any]]]) -> None:
    """Log a warning if fields look as Excel and pandas quote those of a TSV."""
    quoted = [
        line
        for line, values in records
        if any(_DOUBLED.fullmatch(v) for v in values.values())
    ]
    if quoted:
        logger.warning(
            "%s: %d rows have fields in quotation marks with doubled ones inside, "
            "first on line %d: all marks are kept as text; save the table as .csv if "
            "they are not a part of it",
            path,
            len(quoted),
            quoted[0],
        )


def column_name(name: Any) -> str:
    """Return the name of a column, or its number, as it is compared with a header."""
    return clean_label(str(name))


def _without_header(header: list[str], names: list[str], more: list[str]) -> bool:
    """Whether the names are numbers of columns, and the first row is not a header."""
    if not all(map(_NUMBER.fullmatch, names)):
        return False
    numbers = {*names, *filter(_NUMBER.fullmatch, more)}
    cells = set(header) - {""}  # pandas has no name for its index
    successive = any(
        cells == {str(number) for number in range(first, first + len(cells))}
        for first in (0, 1)
    )
    return not (successive and numbers <= cells)


def _json_records(path: Path, names: Sequence[str]) -> Records:
    unit, values, problems = json_records(path, names)
    columns: set[str] = set()
    records = []
    for number, record in values:
        if isinstance(record, dict):
            columns |= record.keys()
            records.append((number, record))
        else:
            expected = f"expected an object with {' and '.join(names)}"
            problems.append((number, f"{expected}; received {shown(record)}"))
    return Records(path, unit, frozenset(columns), True, records, problems)


def is_json(path: str | Path) -> bool:
    """Whether the name of a file is that of JSON, compressed or not."""
    return plain_suffix(path) in SUFFIXES


def rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield `(line number, fields)` for each row of a table, including the header.

    A `.csv` file is read as in RFC 4180: commas, and quotation marks around fields that
    need them. Any other file is TSV without quoting, as Korean corpora are published:
    quotation marks are a part of the text. For line ends, see `split_lines`.

    Raises:
        InputError: the file cannot be read or is empty, or its CSV quoting is broken.
    """
    text = _BYTE_ORDER_MARK.sub("", read_text(path))
    if plain_suffix(path) == ".csv":
        yield from _csv_rows(path, text)
        return
    for line, row in enumerate(split_lines(text), start=1):
        if row:
            yield line, row.split("\t")


def _csv_rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines = list(io.StringIO(text, newline=""))
    line = 1
    try:
        for fields in reader:
            if any(field.lstrip(" ")[:1] == '"' != field[:1] for field in fields):
                _refuse_space(path, line, lines[line - 1 : reader.line_num])
            if fields and not (line == 1 and fields == ["sep=", ""]):  # for Excel
                yield line, fields
            line = reader.line_num + 1
    except csv.Error as error:
        advice = ": is a quotation mark not closed? JSON may have longer texts"
        advice = advice if "field larger" in str(error) else ""
        raise InputError(f"{path}:{line}: broken CSV row: {error}{advice}") from None


def _refuse_space(path: Path, line: int, row: list[str]) -> None:
    """Raise InputError if a space keeps quotation marks from having a meaning."""
    plain, spaced = csv.reader(row), csv.reader(row, skipinitialspace=True)
    if [f.lstrip(" ") for f in next(plain)] != [f.lstrip(" ") for f in next(spaced)]:
        raise InputError(
            f"{path}:{line}: a space between a comma and a quotation mark, which makes "
            f"the mark a part of the text: {shown(''.join(row))}. Remove such spaces"
        )


def _column_indices(
    header: list[str], names: list[str], more: list[str], where: str, hint: str
) -> dict[str, int]:
    """Return the indices of the columns that a table must have, and may have."""
    names = names + [name for name in more if name in header]
    if len(set(names)) < len(names):
        raise InputError(f"{where}: {shown(names)} must be different columns")
    for name in names:
        if header.count(name) != 1:
            raise InputError(
                f"{where}: the header must have one column {shown(name)}, but it is "
                f"{shown(header)}{hint}"
            )
    return {name: header.index(name) for name in names}


def _hint(header: list[str]) -> str:
    if all(is_quoted(name) for name in header):
        return f"; {QUOTED}"
    for separator, name in ((";", "semicolons"), ("\t", "tabs"), (",", "commas")):
        if len(header) == 1 and separator in header[0]:
            return (
                f"; its columns are separated by {name}: commas separate those of a "
                f".csv, tabs those of another table"
            )
    return ""


QUOTED = (
    "fields in quotation marks, separated by commas, are read in a .csv file only; in "
    "other files the marks are a part of the text"
)


def is_quoted(field: str) -> bool:
    """Whether a field is in quotation marks, which only CSV removes."""
    return len(field) > 1 and field[0] == field[-1] == '"'


def as_text(value: Any) -> str:
    """Return a value as a composed text, `""` for a missing value.

    Raises:
        ValueError: the value is not a text, or has half a character (a surrogate).
    """
    if is_missing(value):
        return ""
    if not isinstance(value, str):
        raise ValueError(f"expected a text; received {shown(value)}")
    if not is_utf8(value):
        raise ValueError(f"half a character (a surrogate) in {shown(value)}")
    return compose(value)


def is_missing(value: Any) -> bool:
    """Whether a value is missing as in pandas: null or NaN."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def as_label(value: Any, kind: str = "label") -> str:
    """Return a text or a number as a class name, `""` for a missing value.

    Args:
        value: any value.
        kind: what the value is called in the error message.

    Raises:
        ValueError: the value is neither a text nor a number.
    """
    if is_missing(value):
        return ""
    if isinstance(value, bool):
        value = str(value).lower()
    elif isinstance(value, float) and value.is_integer():
        value = str(int(value))
    elif isinstance(value, int | float):
        value = str(value)
    elif not isinstance(value, str):
        raise ValueError(f"{kind} {shown(value)}, expected a text or a number")
    return clean_label(as_text(value))


def raise_malformed(
    path: Path, problems: Sequence[tuple[int | str, str]], unit: str = "row"
) -> None:
    """Raise one InputError that names the malformed rows, if there are any.

    Args:
        path: path of the file.
        problems: numbers of lines or records (or names of records), with messages.
        unit: what the numbers count: `row` (line of the file), `record` or the like.

    Raises:
        InputError: there are problems.
    """
    if not problems:
        return
    colon = ":" if unit == "row" else f": {unit} "
    max_length = max(_MAX_LENGTH, len(str(path)) + 100)
    lines = [
        f"  {path}{colon}{number}: {problem}"[:max_length]
        for number, problem in problems[:_MAX_SHOWN]
    ]
    if len(problems) > _MAX_SHOWN:
        lines.append(f"  and {len(problems) - _MAX_SHOWN} more")
    units = f"{len(problems)} malformed {unit}{'s' * (len(problems) > 1)}"
    raise InputError("\n".join([f"{path} has {units}:", *lines]))
