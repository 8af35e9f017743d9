"""Declarations of corpora, and their download with checks of hashes."""

import hashlib
import logging
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.files import cache_dir, locked, sha256, written_whole

logger = logging.getLogger(__name__)

_TIMEOUT = 30.0  # seconds without an answer, or without more data
_MIN_SPEED = 1000  # bytes per second; a timeout alone would wait for a trickle
_CHUNK_SIZE = 1 << 16  # bytes


@dataclass(frozen=True)
class RemoteFile:
    """A file of a corpus; a file with a URL has exactly one of the two hashes.

    Raises:
        ValueError: there is a URL with no hash or with both hashes.
    """

    name: str
    """Name of the file, as published and as expected in a `data_dir`."""
    url: str | None = None
    """Address of the download; None for a file inside the package."""
    sha256: str | None = None
    """SHA-256 of the published file in hexadecimal digits."""
    blob: str | None = None
    """Git blob hash of the published file, as `git ls-tree` shows it."""

    def __post_init__(self) -> None:
        if self.url and (self.sha256 is None) == (self.blob is None):
            raise ValueError(f"{self.name} must have a sha256 or a blob")

    def difference(self, path: Path) -> str | None:
        """Describe how a file differs from the published one; None if it is equal."""
        expected = self.sha256 or self.blob
        received = sha256(path) if self.sha256 else _blob(path)
        if received == expected:
            return None
        with path.open("rb") as file:
            beginning = file.read(40)
        return (
            f"{'sha256' if self.sha256 else 'git blob'} {received}, expected "
            f"{expected}; {path.stat().st_size:,} bytes that begin with {beginning!r}"
        )


def github_file(
    repository: str,
    commit: str,
    path: str,
    *,
    sha256: str | None = None,
    blob: str | None = None,
) -> RemoteFile:
    """Declare a file of a public repository as it was at a commit.

    Args:
        repository: name of the repository, `owner/name`.
        commit: full hash of the commit, since a branch would move.
        path: path of the file in the repository.
        sha256: SHA-256 of the file in hexadecimal digits.
        blob: git blob hash of the file, in place of `sha256`.
    """
    url = f"https://raw.githubusercontent.com/{repository}/{commit}/{path}"
    return RemoteFile(path.rpartition("/")[2], url, sha256, blob)


@dataclass(frozen=True)
class Corpus:
    """A published corpus, or a corpus inside the package."""

    name: str
    """Name in `Config.dataset` and on the command line."""
    title: str
    licence: str
    homepage: str
    citation: str
    files: tuple[RemoteFile, ...]
    folder: Path | None = None
    """Folder of the files, for a corpus inside the package."""

    def split_path(self, split: str, data_dir: str | None = None) -> Path:
        """Return the path of a split, downloading the file if needed.

        Args:
            split: `train`, the first file, or `test`, the last file.
            data_dir: folder that holds the user's copy of the files; None for the
                cache.

        Raises:
            InputError: the file cannot be found or downloaded; see `path`.
        """
        return self.path(self.files[0 if split == "train" else -1].name, data_dir)

    def path(self, file_name: str, data_dir: str | Path | None = None) -> Path:
        """Return the local path of a file, downloading it if needed.

        With `data_dir`, the file is expected there and its hash is not checked, since
        it is the user's copy. Otherwise the file is in the cache, or is downloaded to
        the cache, and its hash is checked.

        Args:
            file_name: `name` of one of `files`.
            data_dir: folder that holds the user's copy of the files; None for the
                cache.

        Raises:
            InputError: the file is not in `data_dir`; the download fails or is not the
                published file, and is not kept; the file in the cache is not the
                published file; or the cache cannot be written.
        """
        remote = next(file for file in self.files if file.name == file_name)
        folder = self.folder if data_dir is None else Path(data_dir)
        if folder is not None:
            return self._local(folder / file_name)
        path = cache_dir() / self.name / file_name
        if not path.is_file():
            self._download(remote, path)
        elif difference := remote.difference(path):
            raise InputError(
                f"{path} is not the published file ({difference}): it is damaged, or "
                f"was cached unchecked by an older version. Remove it to download it "
                f"again; put a file of your own in a folder named with --data-dir"
            )
        return path

    def _local(self, path: Path) -> Path:
        if not path.is_file():
            names = ", ".join(file.name for file in self.files)
            raise InputError(
                f"{path} does not exist; a data folder for {self.name!r} "
                f"holds the files: {names}"
            )
        return path

    def _download(self, remote: RemoteFile, path: Path) -> None:
        """Download a file to `path`, unless another process does so first."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with locked(path.with_name(f".{path.name}.lock")):
                if not path.is_file():
                    self._fetch(remote, path)
        except OSError as error:
            raise InputError(
                f"{path} cannot be written ({error}); set the environment variable "
                f"KERASNLP_TUTORIAL_CACHE to use another folder"
            ) from error

    def _fetch(self, remote: RemoteFile, path: Path) -> None:
        assert remote.url, "only files inside the package have no URL"
        logger.info("%s: downloading %s to %s", self.title, remote.url, path)
        advice = (
            f"nothing was kept. Download the file in another way and put it at {path}, "
            f"or in a folder named with --data-dir"
        )
        with written_whole(path) as part:
            with part.open("wb") as file:
                try:
                    for chunk in _chunks(remote.url):
                        file.write(chunk)
                except ConnectionError as error:
                    raise InputError(
                        f"could not download {remote.url} ({error}); {advice}"
                    ) from error
            if difference := remote.difference(part):
                raise InputError(
                    f"{remote.url} is not the published file ({difference}); {advice}"
                )


def _chunks(url: str) -> Iterator[bytes]:
    """Yield the content of a file while it is downloaded.

    Raises:
        ConnectionError: the download fails or is too slow.
    """
    start, received = time.monotonic(), 0
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT) as response:
            while chunk := response.read1(_CHUNK_SIZE):
                yield chunk
                received += len(chunk)
                if time.monotonic() - start > _TIMEOUT + received / _MIN_SPEED:
                    raise TimeoutError(f"slower than {_MIN_SPEED:,} bytes per second")
    except (OSError, HTTPException) as error:
        raise ConnectionError(str(error) or repr(error)) from error


def _blob(path: Path) -> str:
    start = b"blob %d\0" % path.stat().st_size
    with path.open("rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.sha1(start, usedforsecurity=False)
        ).hexdigest()
