"""Where a corpus comes from: declared once, fetched once, checked."""

import hashlib
import logging
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from kerasnlp_tutorial.errors import InputError

logger = logging.getLogger(__name__)


def cache_dir() -> Path:
    """Return `$KERASNLP_TUTORIAL_CACHE`, or a folder in the user's cache."""
    if folder := os.environ.get("KERASNLP_TUTORIAL_CACHE"):
        return Path(folder)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "kerasnlp_tutorial"


@dataclass(frozen=True)
class RemoteFile:
    """One file of a corpus."""

    name: str
    """File name, as published and as expected in a `data_dir`."""
    url: str | None = None
    """Address that it is downloaded from; None for a file inside the package."""
    sha256: str | None = None
    """Hash of the published file in hexadecimal digits; None where not known."""


@dataclass(frozen=True)
class Corpus:
    """A published corpus, or one that the package carries."""

    name: str
    """Name used in `Config.dataset` and on the command line."""
    title: str
    licence: str
    homepage: str
    citation: str
    files: tuple[RemoteFile, ...]
    folder: Path | None = None
    """Where the files lie, for a corpus inside the package."""

    def split_path(self, split: str, data_dir: str | None = None) -> Path:
        """Return the path of `train`, the first file, or of `test`, the last one.

        Args:
            split: `train` or `test`.
            data_dir: as in `path`.
        """
        return self.path(self.files[0 if split == "train" else -1].name, data_dir)

    def path(self, file_name: str, data_dir: str | Path | None = None) -> Path:
        """Return the local path of one file, downloading it if need be.

        It is looked for in `data_dir` if that is given (and nowhere else, and
        unchecked: it is the user's own copy), otherwise in the cache, otherwise
        downloaded to the cache and compared with its hash.

        Args:
            file_name: `name` of one of `files`.
            data_dir: folder that holds the corpus's files.

        Raises:
            InputError: the file is not in `data_dir`, or a download's hash is wrong.
            ConnectionError: the download failed; nothing stays in the cache.
        """
        remote = next(file for file in self.files if file.name == file_name)
        folder = self.folder if data_dir is None else Path(data_dir)
        if folder is not None:
            return self._local(folder / file_name)
        path = cache_dir() / self.name / file_name
        if not path.is_file():
            self._download(remote, path)
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
        """Download beside `path` and move into place only what is whole."""
        import keras  # reading local files must not need Keras

        path.parent.mkdir(parents=True, exist_ok=True)
        logger.info("%s: downloading %s to %s", self.title, remote.url, path)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            try:
                # Without a hash to compare, get_file itself is what tells a whole
                # download from a broken one: it raises when bytes are missing.
                part = Path(
                    keras.utils.get_file(remote.name, remote.url, cache_dir=folder)
                )
            except Exception as error:  # get_file raises bare Exception
                raise ConnectionError(
                    f"could not download {remote.url} ({error}). Download it in "
                    f"another way and name its folder with --data-dir"
                ) from error
            if remote.sha256 and (received := _sha256(part)) != remote.sha256:
                raise InputError(
                    f"{remote.url}: the download has sha256 {received}, expected "
                    f"{remote.sha256}; nothing was kept"
                )
            shutil.move(part, path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
