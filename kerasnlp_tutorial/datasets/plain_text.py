"""Lines of text files, compressed or not, read one at a time."""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from kerasnlp_tutorial.datasets.json_records import SUFFIXES
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.files import decode_utf8, opened, plain_suffix
from kerasnlp_tutorial.hangul import compose

# A small compressed file can hold a line of gigabytes; the whole Bible is 4 MiB.
_MAX_LINE_BYTES = 2**24


def is_plain_text(path: str | Path) -> bool:
    """Whether the name of a file is that of lines of text.

    It is `.txt`, or any compressed file except tables and JSON.
    """
    path, suffix = Path(path), plain_suffix(path)
    compressed = suffix != path.suffix.lower()
    is_records = suffix in (".csv", ".tsv", *SUFFIXES)
    return suffix == ".txt" or (compressed and not is_records)


class TextLines:
    """The non-blank lines of text files, with their Hangul composed.

    The object can be iterated over repeatedly. Only one line is in memory at a time.

    Args:
        paths: paths of UTF-8 text files; `.xz`, `.gz` and `.bz2` are decompressed.

    Raises (while iterating):
        InputError: a file does not exist, is empty or not UTF-8, has a line of more
            than 16 MiB, or its compressed content is broken.
    """

    def __init__(self, paths: Iterable[str | Path]):
        self.paths = [Path(path) for path in paths]

    def __iter__(self) -> Iterator[str]:
        for path in self.paths:
            yield from _lines(path)


def _lines(path: Path) -> Iterator[str]:
    if path.exists() and not path.is_file():  # a pipe can be read only once
        raise InputError(f"{path} is no regular file; a text file is needed here")
    empty = True
    with opened(path) as file:
        lines = iter(partial(file.readline, _MAX_LINE_BYTES + 1), b"")
        for number, data in enumerate(lines, start=1):
            if len(data) > _MAX_LINE_BYTES:
                limit = f"{_MAX_LINE_BYTES >> 20} MiB"
                raise InputError(f"{path}:{number}: a line of more than {limit}")
            text = compose(decode_utf8(data, str(path), number))
            for line in text.split("\r"):
                if line := line.strip():
                    empty = False
                    yield line
    if empty:
        raise InputError(f"{path} is empty")
