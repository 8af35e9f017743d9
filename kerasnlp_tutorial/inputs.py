"""Inputs of `predict` in bulk: lines, TSV or JSON lines."""

import json
from collections.abc import Sequence

from kerasnlp_tutorial.errors import InputError


def parse_inputs(text: str, fields: Sequence[str], where: str) -> list[tuple[str, ...]]:
    """Read one input a line.

    The first line tells the format: the names of the fields, tab separated, mean
    TSV; a JSON object means JSON lines; anything else means that each line is the
    one field of an input.

    Args:
        text: the lines.
        fields: the chapter's `INPUT_FIELDS`.
        where: name of the source, for error messages.

    Returns:
        A tuple of the fields' values for each line, blank lines included.

    Raises:
        InputError: a line does not fit the format; says which.
    """
    lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
    if lines == [""]:
        return []
    if lines[0] == "\t".join(fields):
        inputs = [tuple(line.split("\t")) for line in lines[1:]]
        for number, values in enumerate(inputs, start=2):
            if len(values) != len(fields):
                raise InputError(
                    f"{where}:{number}: {len(values)} columns, expected "
                    f"{len(fields)}: {', '.join(fields)}"
                )
        return inputs
    if _json_object(lines[0]) is not None:
        return [
            _from_json(line, fields, f"{where}:{number}")
            for number, line in enumerate(lines, start=1)
        ]
    if len(fields) == 1:
        return [(line,) for line in lines]
    raise InputError(
        f"{where}:1: several fields a line need JSON objects, or TSV with the header "
        f"{' TAB '.join(fields)}; received {lines[0]!r}"
    )


def _json_object(line: str) -> dict | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _from_json(line: str, fields: Sequence[str], place: str) -> tuple[str, ...]:
    value = _json_object(line)
    if value is None or not all(isinstance(value.get(name), str) for name in fields):
        raise InputError(
            f"{place}: expected a JSON object with the texts {', '.join(fields)}; "
            f"received {line!r}"
        )
    return tuple(value[name] for name in fields)
