"""Lines of text files, one at a time, compressed or not."""

import bz2
import gzip
import lzma
from collections.abc import Iterable, Iterator
from pathlib import Path

from kerasnlp_tutorial.datasets.table import decode_utf8
from kerasnlp_tutorial.errors import InputError

_OPEN = {".xz": lzma.open, ".gz": gzip.open, ".bz2": bz2.open}


class TextLines:
    """The lines of text files that hold more than white space.

    Can be iterated over again and again; memory does not grow with the files.

    Args:
        paths: UTF-8 text files; `.xz`, `.gz` and `.bz2` are decompressed.

    Raises (while iterating):
        InputError: a file does not exist, is not UTF-8 or has no text; says where.
    """

    def __init__(self, paths: Iterable[str | Path]):
        self.paths = [Path(path) for path in paths]

    def __iter__(self) -> Iterator[str]:
        for path in self.paths:
            yield from _lines(path)


def _lines(path: Path) -> Iterator[str]:
    if not path.is_file():
        raise InputError(f"{path} does not exist; a text file is needed here")
    empty = True
    try:
        with _OPEN.get(path.suffix, open)(path, "rb") as file:
            for number, data in enumerate(file, start=1):
                line = decode_utf8(data, f"{path}, line {number}").strip()
                if line:
                    empty = False
                    yield line
    except (lzma.LZMAError, gzip.BadGzipFile, EOFError) as error:
        raise InputError(f"{path} is broken: {error}") from None
    if empty:
        raise InputError(f"{path} is empty")
