"""Read text files with exact error messages, and write files atomically."""

import bz2
import codecs
import contextlib
import errno
import fcntl
import gzip
import hashlib
import json
import lzma
import os
import re
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import platformdirs

from kerasnlp_tutorial.errors import InputError, shown

_OPEN: dict[str, Callable[..., Any]] = {
    ".xz": lzma.open,
    ".gz": gzip.open,
    ".bz2": bz2.open,
}
# For a compressed file that is read whole; the largest corpus has 80 MB.
_MAX_DECOMPRESSED = 2**27
_BINARY_FORMATS = {
    b"\x1f\x8b": "compressed by gzip: its name must end in .gz",
    b"BZh": "compressed by bzip2: its name must end in .bz2",
    b"\xfd7zXZ": "compressed by xz: its name must end in .xz",
    b"PK\x03\x04": "a zip archive, or an Excel file, to be saved as CSV UTF-8",
    b"PAR1": "a Parquet file, to be saved as CSV or JSON lines",
}
_HANGUL = re.compile("[가-힣]")
_KOREAN_OR_ASCII = re.compile("[\t\n\r -~가-힣]")


def cache_dir() -> Path:
    """Return `$KERASNLP_TUTORIAL_CACHE`, by default a folder in the user's cache."""
    if folder := os.environ.get("KERASNLP_TUTORIAL_CACHE"):
        return Path(folder)
    return platformdirs.user_cache_path("kerasnlp_tutorial")


def plain_suffix(path: str | Path) -> str:
    """Return a path's suffix in lower case, without a suffix of compression.

    It is `.csv` for `A.CSV` and for `a.csv.gz`.
    """
    path = Path(path)
    if path.suffix.lower() in _OPEN:
        path = path.with_suffix("")
    return path.suffix.lower()


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a user's file for reading bytes, as a context manager.

    Args:
        path: path of the file; `.xz`, `.gz` and `.bz2` are decompressed.

    Raises:
        InputError: the file cannot be opened, or its compression is broken.
    """
    try:
        file = _OPEN.get(path.suffix.lower(), open)(path, "rb")
    except ValueError as error:  # a NUL character
        raise InputError(f"{str(path)!r} is not a path: {error}") from None
    except OSError as error:
        reason = f": {error.strerror}"
        if isinstance(error, (FileNotFoundError, NotADirectoryError)):
            reason = " does not exist"
        elif isinstance(error, IsADirectoryError):
            reason = " is a folder"
        raise InputError(f"{path}{reason}; a text file is needed here") from None
    try:
        with file:
            yield file
    except (lzma.LZMAError, zlib.error, EOFError, OSError) as error:
        if getattr(error, "errno", None) is not None:  # the disk, not the compression
            raise
        raise InputError(f"{path} is broken: {error}") from None


def read_text(path: Path) -> str:
    """Read a whole UTF-8 file, with or without a byte order mark.

    Args:
        path: path of the file; `.xz`, `.gz` and `.bz2` are decompressed.

    Raises:
        InputError: the file does not exist, is empty or not UTF-8, or its compressed
            content is broken or too large.
    """
    limit = _MAX_DECOMPRESSED if path.suffix.lower() in _OPEN else -1
    with opened(path) as file:
        data = file.read(limit)
        if limit > 0 and file.read(1):
            raise InputError(
                f"{path} holds more than {limit >> 20} MiB; decompress it first"
            )
    text = decode_utf8(data, str(path))
    if not text.strip():
        raise InputError(f"{path} is empty")
    return text


def split_lines(text: str) -> list[str]:
    """Split a text into lines at line feeds and carriage returns only.

    A line ends with a line feed and any carriage returns before it. In a text without
    line feeds, a carriage return ends a line. U+2028 and other separators of
    `str.splitlines` are characters of a line.
    """
    end = "\n" if "\n" in text else "\r"
    return [line.rstrip("\r") for line in text.split(end)]


def is_utf8(text: str) -> bool:
    """Return whether a text can be written as UTF-8: it has no lone surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


@contextlib.contextmanager
def writing(path: Path | str) -> Iterator[None]:
    """Turn an OSError in a `with` block into an InputError about the user's path.

    Only code that writes to the path belongs in the block: any other OSError is a bug
    and must keep its traceback.

    Raises:
        InputError: the path cannot be written: the disk is full or read-only, access
            is denied, or the name is too long.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error).partition("\n")[0]
        raise InputError(f"cannot write {path}: {reason}") from error


def check_space(folder: Path, size: int) -> None:
    """Make sure that a folder has space for a file of a given size.

    HDF5 crashes the process when the disk is full, so space is checked before writing.

    Args:
        folder: the folder.
        size: size of the file in bytes.

    Raises:
        OSError: there is not enough space (ENOSPC), or the user's quota is too small.
    """
    if shutil.disk_usage(folder).free < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    if size and hasattr(os, "posix_fallocate"):  # not on macOS
        with tempfile.TemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, size)


def decode_utf8(data: bytes, where: str, line: int = 1) -> str:
    """Decode UTF-8, with or without a byte order mark.

    Args:
        data: the bytes.
        where: name of the file, for the error message.
        line: number of the first line.

    Raises:
        InputError: the bytes are in another encoding or are not text. The message
            names the encoding or the format if it is recognized.
    """
    try:
        text = data.decode("utf-8-sig")
        offset = data.find(b"\0")
        problem = "a NUL character"
    except UnicodeDecodeError as error:
        offset = error.start
        problem = f"not UTF-8 (byte 0x{data[offset]:02x} at offset {offset})"
    if offset < 0:
        return text
    line += data.count(b"\n", 0, offset)
    raise InputError(f"{where}:{line}: {problem}{_hint(data, where)}") from None


def _hint(data: bytes, where: str) -> str:
    if data[257:262] == b"ustar":
        return "; it is a tar archive, to be unpacked first"
    if data.startswith(b"\x1f\x8b") and where.lower().endswith(".gz"):
        return "; it is compressed twice by gzip"
    for signature, description in _BINARY_FORMATS.items():
        if data.startswith(signature):
            return f"; it is {description}"
    for name, encoding in _encodings(data):
        return f"; it reads as {name}: convert it with `iconv -f {encoding} -t utf-8`"
    return ""


def _encodings(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield encodings that the bytes may have: a readable name and iconv's name."""
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        yield "UTF-32", "utf-32"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield "UTF-16", "utf-16"
    elif b"\0" in data:
        for encoding in ("utf-16le", "utf-16be"):
            # A line that was split at the byte "\n" ends within a character.
            text = data[: len(data) // 2 * 2].decode(encoding, errors="replace")
            if len(_KOREAN_OR_ASCII.findall(text)) > 0.9 * len(text):
                yield "UTF-16", encoding
    else:
        with contextlib.suppress(UnicodeDecodeError):
            text = data.decode("cp949")
            # Of CP949 hardly anything is UTF-8, unless some of the lines are.
            mixed = len(_HANGUL.findall(data.decode("utf-8", errors="ignore")))
            readable = len(_KOREAN_OR_ASCII.findall(text)) > 0.9 * len(text)
            if readable and mixed <= 0.1 * len(_HANGUL.findall(text)):
                yield "EUC-KR (CP949)", "cp949"


def sha256(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Write a file or a folder under a temporary name, and rename it when complete.

    The next process that writes the same path removes what a killed process has left.
    So two processes must not write it at the same time; use `locked`.

    Args:
        path: path of the file or folder. An existing file is replaced; an existing
            folder is not.

    Yields:
        The temporary path to write to, in the same folder.
    """
    part = path.with_name(f".{path.name}.part")
    _remove(part)
    try:
        yield part
        part.rename(path)
    except BaseException:
        _remove(part)
        raise


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def read_json(path: Path, kind: type = dict) -> Any:
    """Read a JSON file.

    Args:
        path: path of the file.
        kind: expected type of the content, dict or list.

    Raises:
        InputError: the file cannot be read, is not JSON, or holds another type.
    """
    text = read_text(path)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged: {error}") from None
    if not isinstance(value, kind):
        raise InputError(
            f"{path} must hold a JSON {'object' if kind is dict else 'array'}; "
            f"received {shown(value, 40)}"
        )
    return value


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, atomically."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    with written_whole(path) as part:
        part.write_text(text + "\n", encoding="utf-8")


@contextlib.contextmanager
def locked(path: Path, wait: bool = True) -> Iterator[None]:
    """Hold a lock file in a `with` block, so that no other process enters its block.

    The file is removed afterwards. A killed process leaves the file, unlocked.

    Args:
        path: path of the lock file; its folder must exist.
        wait: whether to wait until another process releases the lock.

    Raises:
        BlockingIOError: another process holds the lock, and `wait` is false.
    """
    while True:
        with path.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            # The holder removes the file before it releases the lock. A process that
            # has waited then holds a removed file and must start again with a new one.
            if not _is_at(path, file.fileno()):
                continue
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
