"""Lines of text files, compressed or not, read one at a time."""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from kerasnlp_tutorial.datasets.json_records import SUFFIXES
from kerasnlp_tutorial.datasets.text_files import opened_text, text_files
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.files import decode_utf8, plain_suffix
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
        paths: UTF-8 text files by path, pattern or URL, as `text_files` takes them;
            `.xz`, `.gz` and `.bz2` are decompressed.

    Raises (while iterating):
        InputError: a file does not exist, is empty or not UTF-8, has a line of more
            than 16 MiB, or its compressed content is broken; or a pattern matches no
            file.
    """

    def __init__(self, paths: Iterable[str | Path]):
        self.paths = list(paths)

    def __iter__(self) -> Iterator[str]:
        for path in text_files(self.paths):
            yield from text_lines(path)


def text_lines(
    path: str | Path, start: int = 0, stop: int | None = None
) -> Iterator[str]:
    """Yield the non-blank lines of a text file or of a part of it.

    Args:
        path: path or URL.
        start: byte at which the part begins, one of `line_starts`.
        stop: byte at which the part ends, likewise; None: the end of the file.

    Raises:
        InputError: see `TextLines`.
    """
    empty, position = True, start
    with opened_text(path) as file:
        if start:
            file.seek(start)
        lines = iter(partial(file.readline, _MAX_LINE_BYTES + 1), b"")
        for number, data in enumerate(lines, start=1):
            try:
                text = _decoded(data, path, number)
            except InputError:  # with the number of the line in the whole file
                _decoded(data, path, number + _line_feeds(path, start))
                raise
            for line in text.split("\r"):
                if line := line.strip():
                    empty = False
                    yield line
            position += len(data)
            if stop is not None and position >= stop:
                break
    if empty and not start and stop is None:
        raise InputError(f"{path} is empty")


def line_starts(path: str | Path, size: int, step: int) -> list[int]:
    """Return where to cut a local file that is not compressed into parts.

    Args:
        path: path of the file.
        size: its size in bytes.
        step: minimum number of bytes in a part; the last one can be smaller.

    Returns:
        First byte of each part, which is that of a line.
    """
    starts = [0]
    with opened_text(path) as file:
        while starts[-1] + step < size:
            file.seek(starts[-1] + step - 1)
            file.readline(_MAX_LINE_BYTES + 1)  # of a longer line, `text_lines` tells
            starts.append(file.tell())
    return starts if starts[-1] < size else starts[:-1]


def _decoded(data: bytes, path: str | Path, number: int) -> str:
    if len(data) > _MAX_LINE_BYTES:
        limit = f"{_MAX_LINE_BYTES >> 20} MiB"
        raise InputError(f"{path}:{number}: a line of more than {limit}")
    return compose(decode_utf8(data, str(path), number))


def _line_feeds(path: str | Path, stop: int) -> int:
    """Return the number of line feeds in the first `stop` bytes."""
    count = 0
    with opened_text(path) as file:
        while stop and (data := file.read(min(stop, _MAX_LINE_BYTES))):
            count += data.count(b"\n")
            stop -= len(data)
    return count
