"""Rows of TSV and CSV files with exact places in every error message."""

import csv
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from kerasnlp_tutorial.datasets.examples import LabeledPair, LabeledText
from kerasnlp_tutorial.errors import InputError

logger = logging.getLogger(__name__)

_SHOWN = 5  # malformed rows named in one message


def read_text(path: Path) -> str:
    """Read a whole UTF-8 file, with or without a byte order mark.

    Raises:
        InputError: the file does not exist, is empty or is not UTF-8.
    """
    try:
        data = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        kind = "is a folder" if path.is_dir() else "does not exist"
        raise InputError(f"{path} {kind}; a text file is needed here") from None
    if not data.strip():
        raise InputError(f"{path} is empty")
    return decode_utf8(data, str(path))


def decode_utf8(data: bytes, where: str) -> str:
    """Decode UTF-8, with or without a byte order mark.

    Args:
        data: the bytes.
        where: file name or the like, for the error message.

    Raises:
        InputError: it is another encoding; says which if that can be told.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{where}:{line}: not UTF-8 (byte 0x{data[error.start]:02x} at offset "
            f"{error.start}){_encoding_hint(data)}"
        ) from None


def _encoding_hint(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        name, encoding = "UTF-16", "utf-16"
    else:
        name, encoding = "EUC-KR (CP949)", "cp949"
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return ""
    return f"; it reads as {name}: convert it with `iconv -f {encoding} -t utf-8`"


def rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield `(line number, fields)` of a table, the header included.

    A `.csv` file is read as RFC 4180 has it: commas, with quotes around fields
    that need them. Everything else is TSV without quoting, as Korean corpora are
    published: a quotation mark is a part of the text.

    Raises:
        InputError: the file cannot be read, or its CSV quoting is broken.
    """
    text = read_text(path)
    if path.suffix.lower() == ".csv":
        reader = csv.reader(text.splitlines(keepends=True), strict=True)
        line = 1
        try:
            for fields in reader:
                if fields:
                    yield line, fields
                line = reader.line_num + 1
        except csv.Error as error:
            raise InputError(f"{path}:{line}: broken CSV row: {error}") from None
        return
    # Not splitlines(): U+2028 and the like are characters of a review, not line ends.
    for line, row in enumerate(text.split("\n"), start=1):
        if row := row.removesuffix("\r"):
            yield line, row.split("\t")


def raise_malformed(
    path: Path, problems: Sequence[tuple[int, str]], unit: str = "row"
) -> None:
    """Raise one InputError that names the malformed rows, if there are any.

    Args:
        path: the file.
        problems: `(number of the line or record, what is wrong)`.
        unit: what is counted, if not lines: `record`.
    """
    if not problems:
        return
    colon = ":" if unit == "row" else f": {unit} "
    shown = [
        f"  {path}{colon}{number}: {problem}" for number, problem in problems[:_SHOWN]
    ]
    if len(problems) > _SHOWN:
        shown.append(f"  and {len(problems) - _SHOWN} more")
    units = f"{len(problems)} malformed {unit}{'s' * (len(problems) > 1)}"
    raise InputError("\n".join([f"{path} has {units}:", *shown]))


def labeled_rows(
    path: Path,
    text_columns: Sequence[str],
    label_column: str,
    names: dict[str, str] | None = None,
) -> list[tuple[tuple[str, ...], str]]:
    """Read the text and label columns of a table with a header row.

    Args:
        path: a TSV or CSV file.
        text_columns: headers of the columns with texts. They may be blank (a
            warning says where); they are not changed.
        label_column: header of the column with the labels.
        names: the labels that may occur in the file, with the names to give them;
            None to take any non-blank label as it is.

    Returns:
        `(texts, label)` of each row.

    Raises:
        InputError: no such file or column, no rows, malformed rows.
    """
    table = rows(path)
    _, header = next(table)
    for column in (*text_columns, label_column):
        if header.count(column) != 1:
            raise InputError(
                f"{path}:1: the header must have one column {column!r}, "
                f"but it is {header}"
            )
    texts_at = [header.index(column) for column in text_columns]
    label_at = header.index(label_column)
    examples, problems, blank = [], [], []
    for line, fields in table:
        if len(fields) != len(header):
            received = f"{len(fields)} columns, expected {len(header)}: {fields}"
            problems.append((line, received))
            continue
        texts, label = tuple(fields[at] for at in texts_at), fields[label_at].strip()
        if label not in names if names else not label:
            problems.append((line, f"label {label!r}, expected {one_of(names)}"))
            continue
        if not all(text.strip() for text in texts):
            blank.append(line)
        examples.append((texts, names[label] if names else label))
    raise_malformed(path, problems)
    if not examples:
        raise InputError(f"{path} has a header but no rows")
    if blank:
        logger.warning(
            "%s: %d blank texts, first on line %d", path, len(blank), blank[0]
        )
    return examples


def one_of(names: Sequence[str] | dict[str, str] | None) -> str:
    """Name a few of the labels that may occur, for an error message."""
    if not names:
        return "a name"
    shown = " or ".join(map(repr, list(names)[:_SHOWN]))
    more = len(names) - _SHOWN
    return f"{shown} or one of {more} more" if more > 0 else shown


def read_labeled_texts(
    path: str | Path,
    text_column: str = "text",
    label_column: str = "label",
    known_labels: Sequence[str] | None = None,
) -> list[LabeledText]:
    """Read labelled documents of your own from a TSV or CSV file.

    Args:
        path: file with a header row; `.csv` is comma separated and may quote its
            fields, anything else is tab separated and does not.
        text_column: header of the column with the documents.
        label_column: header of the column with the labels; any number of classes.
        known_labels: if given, the only labels that may occur (those of the
            training file, when this is the test file).

    Returns:
        The examples in file order.

    Raises:
        InputError: the file cannot be read as such; says where.

    Example:
    ```python
    examples = read_labeled_texts("reviews.csv", "본문", "감정")
    ```
    """
    names = None if known_labels is None else {name: name for name in known_labels}
    table = labeled_rows(Path(path), [text_column], label_column, names)
    return [LabeledText(text, label) for (text,), label in table]


def read_labeled_pairs(
    path: str | Path,
    columns: tuple[str, str] = ("premise", "hypothesis"),
    label_column: str = "label",
    names: dict[str, str] | None = None,
) -> list[LabeledPair]:
    """Read labelled pairs of texts from a TSV or CSV file; see `read_labeled_texts`.

    Args:
        path: file with a header row.
        columns: headers of the columns with the two texts.
        label_column: header of the column with the labels.
        names: the labels that may occur, with the names to give them; None to take
            any non-blank label as it is.

    Raises:
        InputError: the file cannot be read as such; says where.
    """
    table = labeled_rows(Path(path), columns, label_column, names)
    return [LabeledPair(*texts, label) for texts, label in table]
