"""Records of JSON files: a list of objects, or one object per line."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasnlp_tutorial.errors import InputError, shown
from kerasnlp_tutorial.files import plain_suffix, read_text, split_lines
from kerasnlp_tutorial.hangul import clean_label

_LINES = (".jsonl", ".ndjson")
SUFFIXES = (".json", *_LINES)


def json_records(
    path: Path, names: Sequence[str], others: str = ""
) -> tuple[str, list[tuple[int, Any]], list[tuple[int, str]]]:
    """Read the records of a JSON file.

    The records are a list, alone or as `data` of an object; or one object per line; or
    an object with a column of values for each name, as pandas and `datasets` write it.

    Args:
        path: path of a UTF-8 file.
        names: names that every record has. They identify an object of columns, and a
            file with a single record.
        others: formats that the caller also reads, for the error message.

    Returns:
        A tuple `(unit, records, problems)`. `unit` is what the numbers count: `row`
        (line of the file) or `record`. `records` are numbers with unchecked records, in
        which the names are composed and stripped. `problems` are numbers of lines that
        are not JSON, with messages.

    Raises:
        InputError: the file is not JSON, or has no records.
    """
    text = read_text(path)
    if _is_lines(path, text):
        return "row", *_lines(text)
    try:
        content = parse_json(text)
    except ValueError as error:
        line = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(f"{path}{line}: {_problem(error)}") from None
    if isinstance(content, dict):
        # A column may be called data.
        if not set(names) <= content.keys() and isinstance(content.get("data"), list):
            content = content["data"]
        elif set(names) <= content.keys():
            content = _rows_of_columns(path, content) or [content]
    if not isinstance(content, list):
        raise InputError(
            f"{path}: expected {others}a JSON list of objects with "
            f"{' and '.join(names)}, alone or as 'data' of an object, or one object "
            f"per line; received {shown(content)}"
        )
    return "record", list(enumerate(content, start=1)), []


def parse_json(text: str) -> Any:
    """Parse JSON, with the names in objects composed and stripped.

    Raises:
        ValueError: the text is not JSON, is nested too deeply, or has an object with
            the same name twice.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = {clean_label(name): value for name, value in pairs}
    if len(values) < len(pairs):
        names = [clean_label(name) for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{shown(repeated)} is repeated in {shown(dict(pairs))}")
    return values


def _is_lines(path: Path, text: str) -> bool:
    first, *rest = split_lines(text.strip())
    if not rest:
        return False
    if plain_suffix(path) in _LINES and first.strip() not in ("{", "["):
        return True
    try:
        return isinstance(parse_json(first), dict)
    except ValueError:
        return False


def _lines(text: str) -> tuple[list[tuple[int, Any]], list[tuple[int, str]]]:
    records, problems = [], []
    for number, line in enumerate(split_lines(text), start=1):
        if not line.strip():
            continue
        try:
            records.append((number, parse_json(line)))
        except ValueError as error:
            problems.append((number, f"{_problem(error)}: {shown(line)}"))
    return records, problems


def _problem(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"broken JSON: {error.msg}"
    # Python's message about a number with too many digits ends with advice for code.
    return f"cannot read this JSON: {str(error).partition(';')[0]}"


def _rows_of_columns(
    path: Path, columns: dict[str, Any]
) -> list[dict[str, Any]] | None:
    """Turn `{"text": {"0": …, "1": …}}` or `{"text": [...]}` into records.

    Returns:
        The records; None if the object does not consist of columns.

    Raises:
        InputError: a column lacks values that another one has.
    """
    if all(isinstance(column, dict) for column in columns.values()):
        by_key = columns
    elif all(isinstance(column, list) for column in columns.values()):
        by_key = {name: dict(enumerate(column)) for name, column in columns.items()}
    else:
        return None
    first, keys = next((name, column.keys()) for name, column in by_key.items())
    for name, column in by_key.items():
        if column.keys() != keys:
            odd = next(iter(keys ^ column.keys()))
            raise InputError(
                f"{path}: columns must have values for the same rows, but of "
                f"{shown(first)} ({len(keys)} values) and {shown(name)} "
                f"({len(column)}) only one has row {shown(odd, 40)}"
            )
    return [{name: by_key[name][key] for name in by_key} for key in keys]
