"""Text files by path, pattern or URL, local or of a cloud's object store."""

import contextlib
import glob
import lzma
import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.files import opened

# What tells two versions of a remote file apart; each file system has another.
_VERSIONS = ("ETag", "etag", "md5Hash", "mtime", "LastModified", "updated", "created")


def is_url(path: str | Path) -> bool:
    """Whether a path is a URL of a file system of `fsspec`, such as `gs://...`."""
    return isinstance(path, str) and "://" in path


def text_files(paths: Iterable[str | Path]) -> list[str]:
    """Return the files that paths, patterns and URLs stand for.

    Args:
        paths: paths of files, URLs, and patterns of them such as `texts/*.txt.xz`,
            where `**` stands for any folders. A file whose name has such characters
            is not taken for a pattern, and a `Path` never is.

    Returns:
        Paths and URLs in the order of `paths`, the matches of a pattern sorted.

    Raises:
        InputError: a pattern matches no file, or a remote file system cannot be read.
    """
    found: list[str] = []
    for path in paths:
        matches = _remote_matches(str(path)) if is_url(path) else _matches(path)
        if not matches:
            raise InputError(f"no file matches the pattern {str(path)!r}")
        found += matches
    return found


def _matches(path: str | Path) -> list[str]:
    if isinstance(path, Path) or not glob.has_magic(path) or os.path.exists(path):
        return [str(path)]
    return sorted(filter(os.path.isfile, glob.glob(path, recursive=True)))


def _remote_matches(url: str) -> list[str]:
    if not glob.has_magic(url):
        return [url]
    with _remote(url) as (filesystem, path):
        if filesystem.exists(path):  # such as http://host/name?query
            return [url]
        found = filesystem.glob(path, detail=True)
        return [
            filesystem.unstrip_protocol(name)
            for name in sorted(found)
            if found[name]["type"] == "file"
        ]


@contextlib.contextmanager
def opened_text(path: str | Path) -> Iterator[BinaryIO]:
    """Open a text file for reading bytes, as a context manager.

    Args:
        path: path or URL; `.xz`, `.gz` and `.bz2` are decompressed.

    Raises:
        InputError: the file cannot be opened or is a pipe, or its compression is
            broken.
    """
    if not is_url(path):
        path = Path(path)
        if path.exists() and not path.is_file():  # a pipe can be read only once
            raise InputError(f"{path} is no regular file; a text file is needed here")
        with opened(path) as file:
            yield file
        return
    with _remote(str(path)) as (filesystem, name):
        remote = filesystem.open(name, "rb", compression="infer")
    try:
        with remote:
            yield remote
    except (lzma.LZMAError, zlib.error, EOFError, OSError) as error:
        if getattr(error, "errno", None) is not None:  # the network
            raise
        raise InputError(f"{path} is broken: {error}") from None


def describe_text(path: str) -> dict[str, Any]:
    """Return path, size in bytes and version of a text file, without reading it.

    Args:
        path: path or URL.

    Returns:
        Dictionary of `path`, `size` (None if the server does not tell) and `version`:
        what changes with the content, the time of modification or an entity tag.

    Raises:
        InputError: the file cannot be opened.
    """
    if is_url(path):
        with _remote(path) as (filesystem, name):
            info = filesystem.info(name)
        versions = [str(info[key]) for key in _VERSIONS if info.get(key)]
        version = versions[0] if versions else None
        return {"path": path, "size": info.get("size"), "version": version}
    with opened_text(path):  # says what is wrong with it
        status = os.stat(path)
    version = str(int(status.st_mtime))
    return {"path": path, "size": status.st_size, "version": version}


@contextlib.contextmanager
def _remote(url: str) -> Iterator[tuple[Any, str]]:
    """Yield the `fsspec` file system of a URL and the path in it.

    Raises:
        InputError: a package is missing, or the block fails.
    """
    try:
        from fsspec.core import url_to_fs  # type: ignore[import-untyped]

        yield url_to_fs(url)
    except ImportError as error:
        raise InputError(
            f"{url} needs a package that is not installed: {error}; "
            f'`pip install "kerasnlp-tutorial[remote]"` brings those for gs:// and '
            f"s3://"
        ) from None
    except FileNotFoundError:
        raise InputError(f"{url} does not exist; a text file is needed here") from None
    except Exception as error:  # each file system has its own
        raise InputError(f"{url} cannot be read: {error}") from error
