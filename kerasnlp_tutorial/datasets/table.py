"""Labeled texts and pairs of texts, from tables and JSON files."""

import logging
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from kerasnlp_tutorial.datasets.examples import LabeledPair, LabeledText
from kerasnlp_tutorial.datasets.records import (
    QUOTED,
    Records,
    as_label,
    as_text,
    column_name,
    is_quoted,
    raise_malformed,
    read_records,
)
from kerasnlp_tutorial.errors import InputError, shown
from kerasnlp_tutorial.files import plain_suffix
from kerasnlp_tutorial.hangul import clean_label

logger = logging.getLogger(__name__)

_MAX_SHOWN = 5  # labels named in a message
# A first row that consists of these words only is a header.
_COLUMN_NAMES = """
text document sentence sentence1 sentence2 premise hypothesis prompt question answer
response label gold_label class category q a
글 본문 내용 문장 문서 리뷰 질문 대답 답 답변 라벨 레이블 꼬리표 범주 분류
"""


def labeled_rows(
    path: Path,
    text_columns: Sequence[str],
    label_column: str,
    names: Mapping[str, str] | None = None,
) -> list[tuple[tuple[str, ...], str]]:
    """Read the text and label columns of a file; see `read_labeled_texts`.

    Args:
        path: path of a table or a JSON file.
        text_columns: names of the columns with texts. Texts may be blank, with a
            warning; decomposed Hangul is composed.
        label_column: name of the column with labels.
        names: class names by the labels in the file; None to use any non-blank label
            as its own name.

    Returns:
        `(texts, label)` for each row.

    Raises:
        InputError: the file or a column does not exist, there are no rows, or some
            rows are malformed.
    """
    columns = (*text_columns, label_column)
    records = read_records(path, columns, numbers=True)
    return labeled(records, text_columns, label_column, names)


def labeled(
    records: Records,
    text_columns: Sequence[str],
    label_column: str | None,
    names: Mapping[str, str] | None = None,
    blank_labels: bool = False,
) -> list[tuple[tuple[str, ...], str]]:
    """Check the values of records as `labeled_rows` does.

    Args:
        records: records of a table or a JSON file.
        text_columns: names of the columns with texts.
        label_column: name of the column with labels; None for the label `""`.
        names: class names by the labels in the file; None for any labels.
        blank_labels: whether labels may be blank.

    Returns:
        `(texts, label)` for each record.

    Raises:
        InputError: there are no records, or some are malformed.
    """
    columns = [column_name(column) for column in text_columns]
    label_column = None if label_column is None else column_name(label_column)
    names = names and {clean_label(label): name for label, name in names.items()}
    if not records.has_header:
        _refuse_header(records, None if blank_labels else label_column, names)
    examples, problems, blank = [], list(records.problems), []
    for number, values in records.values:
        try:
            texts = _texts(values, columns)
            value = None if label_column is None else values.get(label_column)
            label = as_label(value, "prompt" if blank_labels else "label")
            if label not in names if names else not (label or blank_labels):
                raise ValueError(f"label {shown(label)}, expected {one_of(names)}")
        except ValueError as error:
            problems.append((number, str(error)))
            continue
        if not all(text.strip() for text in texts):
            blank.append(number)
        examples.append((texts, names[label] if names else label))
    raise_malformed(records.path, sorted(problems), records.unit)
    _refuse_none_or_quoted(records, examples)
    if blank:
        where = "on line" if records.unit == "row" else "in record"
        first = f"{where} {blank[0]}"
        logger.warning("%s: %d blank texts, first %s", records.path, len(blank), first)
    return examples


def _texts(values: dict[str, Any], columns: Sequence[str]) -> tuple[str, ...]:
    if not all(column in values for column in columns):
        expected = f"expected {' and '.join(columns)}"
        raise ValueError(f"{expected}; received {shown(values)}")
    return tuple(as_text(values[column]) for column in columns)


def _refuse_header(
    records: Records, label_column: str | None, names: Collection[str] | None
) -> None:
    """Raise InputError if the first row looks like a header that was taken as data."""
    line, first = records.values[0]
    row = shown(list(first.values()))
    label, *others = (
        clean_label(values[label_column]) if label_column else ""
        for _, values in records.values
    )
    column_names = set(_COLUMN_NAMES.split())
    if column_names.issuperset(clean_label(cell).lower() for cell in first.values()):
        reason = "these are names of columns"
    elif label and others and label not in {*others, *(names or ())}:
        reason = f"its label {shown(label)} is in no other row"
    else:
        logger.warning("%s: no header; its first row is data: %s", records.path, row)
        return
    raise InputError(
        f"{records.path}:{line}: columns have numbers if there is no header, but {row} "
        f"looks like a header, since {reason}. Use its column names; if it is data, "
        f"write a header above it"
    )


def _refuse_none_or_quoted(records: Records, examples: Sequence) -> None:
    path = records.path
    if not examples and records.unit == "record":
        raise InputError(f"{path}: expected a JSON list of objects; it is empty")
    if not examples:
        raise InputError(f"{path} has a header but no rows")
    quoted = all(is_quoted(label) for _, label in examples)
    if quoted and plain_suffix(path) != ".csv":
        raise InputError(f"{path}: {QUOTED}; its labels are as {examples[0][1]}")


def one_of(names: Sequence[str] | Mapping[str, str] | None) -> str:
    """Describe the labels that may occur, for an error message."""
    if not names:
        return "a name"
    some = " or ".join(shown(name, 40) for name in list(names)[:_MAX_SHOWN])
    more = len(names) - _MAX_SHOWN
    return f"{some} or one of {more} more" if more > 0 else some


def expected_labels(
    known_labels: Sequence[str] | None, label_names: Mapping[str, str] | None = None
) -> dict[str, str] | None:
    """Return class names by the labels that may occur in a file.

    Args:
        known_labels: names of the known classes; None if any class may occur.
        label_names: class names by the labels in the file. The file may also have the
            class names.

    Returns:
        The class names; None if any label may occur.
    """
    known = known_labels and {clean_label(name): name for name in known_labels}
    if not label_names:
        return known or None
    names = {str(k): clean_label(str(name)) for k, name in label_names.items()}
    if "" in names.values():
        raise InputError(f"label_names has a blank name: {shown(dict(label_names))}")
    names |= {name: name for name in names.values() if name not in names}
    if not known:
        return names
    fixed = {label: known[name] for label, name in names.items() if name in known}
    return fixed or known


def read_labeled_texts(
    path: str | Path,
    text_column: str = "text",
    label_column: str = "label",
    known_labels: Sequence[str] | None = None,
    label_names: Mapping[str, str] | None = None,
) -> list[LabeledText]:
    """Read labeled documents from a user's TSV, CSV or JSON file.

    Args:
        path: path of the file. `.csv` is separated by commas and may have quoted
            fields; `.json` is a list of objects or one object per line; `.jsonl` is
            one object per line; any other file is separated by tabs and has no
            quoting. All may be compressed: `.gz`, `.bz2` or `.xz`.
        text_column: name of the column with documents, or its number (from 1) in a
            table without a header.
        label_column: name or number of the column with labels, of any number of
            classes.
        known_labels: the class names that may occur, such as those of the training
            file if this is the test file; None for any.
        label_names: class names by the labels in the file, such as
            `{"0": "부정", "1": "긍정"}`; None to use the labels.

    Returns:
        The examples in file order.

    Raises:
        InputError: the file is malformed or does not exist; the message names lines.

    Example:
    ```python
    examples = read_labeled_texts("reviews.csv", "본문", "감정")
    ```
    """
    names = expected_labels(known_labels, label_names)
    table = labeled_rows(Path(path), [text_column], label_column, names)
    return [LabeledText(text, label) for (text,), label in table]


def read_labeled_pairs(
    path: str | Path,
    columns: tuple[str, str] = ("premise", "hypothesis"),
    label_column: str = "label",
    names: Mapping[str, str] | None = None,
) -> list[LabeledPair]:
    """Read labeled pairs of texts from a table or a JSON file.

    Args:
        path: path of the file, in a format of `read_labeled_texts`.
        columns: names of the columns with the two texts.
        label_column: name of the column with labels.
        names: class names by the labels in the file; None to use any non-blank label
            as its own name.

    Returns:
        The pairs in file order.

    Raises:
        InputError: the file is malformed or does not exist; the message names lines.
    """
    table = labeled_rows(Path(path), columns, label_column, names)
    return [LabeledPair(first, second, label) for (first, second), label in table]
