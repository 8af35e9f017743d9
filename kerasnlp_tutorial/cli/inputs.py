"""Inputs of `predict` in bulk: lines, TSV or JSON."""

import json
import re
from collections.abc import Sequence
from typing import Any

from kerasnlp_tutorial.errors import InputError, shown
from kerasnlp_tutorial.files import is_utf8, split_lines
from kerasnlp_tutorial.hangul import clean_label

# The beginning of an object, of a list of objects, or of a list of strings.
_LIKE_JSON = re.compile(
    r"""[\[\s]*\{\s*(["'])[^"'\n]{1,99}\1\s*:|\s*\[\s*"[^"\n]*"\s*,\s*["\]]"""
)


def parse_inputs(text: str, fields: Sequence[str], where: str) -> list[tuple[str, ...]]:
    """Read one input a line.

    The first line that is not blank tells the format: the names of the fields, tab
    separated, mean TSV; a JSON object means JSON lines; anything else means that each
    line is the one field of an input. A JSON list of objects is read as well, and one
    of strings if there is one field.

    Args:
        text: the lines.
        fields: the chapter's `INPUT_FIELDS`.
        where: name of the source, for error messages.

    Returns:
        A tuple of the fields' values for each line. Blank lines are included, except
        in JSON and before the header of TSV.

    Raises:
        InputError: a line does not fit the format, or the lines are JSON that cannot be
            read or a table with other columns; says which line.
    """
    lines = split_lines(text)
    if not lines[-1]:
        lines.pop()
    start = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if lines in ([], [""]):
        return []
    first = lines[start]
    numbered = list(enumerate(lines, start=1))[start:]
    if [clean_label(name) for name in first.split("\t")] == list(fields):
        return _table(numbered[1:], fields, where)
    if (inputs := _json_inputs(text, numbered, fields, where)) is not None:
        return inputs
    if len(fields) == 1:
        _refuse_table(first, fields[0], f"{where}:{start + 1}")
        return [(line,) for line in lines]
    raise InputError(
        f"{where}:{start + 1}: several fields a line need JSON objects, or TSV with "
        f"the header {' TAB '.join(fields)}; received {shown(first)}"
    )


def _table(
    numbered: Sequence[tuple[int, str]], fields: Sequence[str], where: str
) -> list[tuple[str, ...]]:
    inputs = []
    for number, line in numbered:
        values = tuple(line.split("\t"))
        if len(values) != len(fields):
            raise InputError(
                f"{where}:{number}: {len(values)} columns, expected "
                f"{len(fields)}: {', '.join(fields)}"
            )
        inputs.append(values)
    return inputs


def _json_inputs(
    text: str, numbered: Sequence[tuple[int, str]], fields: Sequence[str], where: str
) -> list[tuple[str, ...]] | None:
    """Return the inputs in a text that is JSON, None if it is not.

    Raises:
        InputError: it seems to be JSON, but cannot be read.
    """
    number, first = numbered[0]
    if first.lstrip()[:1] not in ("[", "{"):
        return None
    content = _parsed(text)
    if isinstance(content, dict):
        return [_fields(content, fields, f"{where}:{number}")]
    if isinstance(content, list):
        if len(fields) == 1 and all(isinstance(value, str) for value in content):
            content = [{fields[0]: value} for value in content]
        if any(isinstance(value, dict) for value in content):
            return [
                _fields(value, fields, f"{where}: record {record}")
                for record, value in enumerate(content, start=1)
            ]
    if isinstance(_parsed(first), dict):
        return [
            _fields(_parsed(line, line), fields, f"{where}:{number}")
            for number, line in numbered
            if line.strip()
        ]
    if _LIKE_JSON.match(text):
        raise InputError(
            f"{where}:{number}: this seems to be JSON, but neither a list of objects "
            f"nor one object per line; received {shown(first)}"
        )
    return None


def _refuse_table(first: str, field: str, place: str) -> None:
    """Raise an InputError if the first line is the header of another table."""
    for separator in "\t,;":
        names = [clean_label(name.strip("\"' ")) for name in first.split(separator)]
        if field.lower() in map(str.lower, names):
            raise InputError(
                f"{place}: {shown(first)} seems to be the header of a table; expected "
                f"a text per line, with or without the header {field}, or JSON objects"
            )


def _parsed(text: str, default: Any = None) -> Any:
    """Return what a text is as JSON, or the default if it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return default


def _fields(value: Any, fields: Sequence[str], place: str) -> tuple[str, ...]:
    given = value if isinstance(value, dict) else {}
    texts = tuple(given[name] for name in fields if isinstance(given.get(name), str))
    if len(texts) < len(fields):
        raise InputError(
            f"{place}: expected a JSON object with the texts {', '.join(fields)}; "
            f"received {shown(value)}"
        )
    for text in texts:
        # JSON can write half a character, which no file can hold and no model read.
        if not is_utf8(text):
            half = "half a character (a surrogate)"
            raise InputError(f"{place}: {half} in {shown(text)}")
    return texts
