"""Checkpoints on the Hugging Face hub: from its cache, or downloaded to it."""

import concurrent.futures
import logging
import re
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.files import sha256

logger = logging.getLogger(__name__)

SHORT_NAMES = {
    "kcbert-base": "hf://beomi/kcbert-base",
    "kcbert-large": "hf://beomi/kcbert-large",
    "klue-bert-base": "hf://klue/bert-base",
    "kogpt2-base-v2": "hf://skt/kogpt2-base-v2",
}
PREFIX = "hf://"
_LISTING_TIMEOUT = 2.0  # seconds
_DOWNLOAD_TIMEOUT = 30.0  # seconds without progress
_THREAD = "hub"
_REPOSITORY = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+")
_SETTINGS = re.compile(r"[^/]+\.json|vocab\.txt|merges\.txt")
_WEIGHTS = (("model", "safetensors"), ("pytorch_model", "bin"))


def hub_folder(name: str) -> Path:
    """Return the folder of a checkpoint on the hub, downloaded if needed.

    Args:
        name: name of the checkpoint, such as `hf://klue/bert-base`.

    Raises:
        InputError: it is not completely in the cache, and the hub has no such
            checkpoint, does not answer in time, or stops during the download.
    """
    repository = name.removeprefix(PREFIX)
    if folder := cached_folder(name):
        return folder
    names = _names(repository, name)
    weights = _weights(names)
    if not weights:
        raise InputError(
            f"{name} has no weights in a known format; it has {', '.join(names)}"
        )
    # Settings first: so weights in the cache mean that settings are there too.
    files = [*filter(_SETTINGS.fullmatch, names), *weights]
    logger.info("%s: downloading to the cache of the Hugging Face hub", name)
    try:
        paths = _with_timeout(
            lambda progress: _download(repository, files, progress), _DOWNLOAD_TIMEOUT
        )
    except Exception as error:  # raised by several libraries
        raise InputError(
            f"{name} could not be downloaded ({_reason(error)}). The next try "
            f"continues the download; {_by_hand(repository)}"
        ) from error
    for path in paths:
        _check(path, name)
    return paths[-1].parent


def removal(name: str) -> str:
    """Return instructions to verify and remove a checkpoint in the cache.

    Args:
        name: name of the checkpoint, such as `hf://klue/bert-base`.
    """
    repository = name.removeprefix(PREFIX)
    return (
        f"`hf cache verify {repository}` checks whether the copy of {name} on this "
        f"machine is damaged; `hf cache rm model/{repository}` removes it, so that it "
        f"is downloaded again"
    )


def cached_folder(name: str) -> Path | None:
    """Return the folder of a checkpoint in the cache; None if it is incomplete.

    Args:
        name: name of the checkpoint, such as `hf://klue/bert-base`.

    Raises:
        InputError: the name is not a name of a checkpoint.
    """
    repository = name.removeprefix(PREFIX)
    # Imported here: the import takes a second.
    import huggingface_hub
    from huggingface_hub.errors import CachedRepoTreeNotFoundError, HFValidationError

    try:
        # Older versions of the library accept any letters.
        if not _REPOSITORY.fullmatch(repository):
            raise HFValidationError(repository)
        found = huggingface_hub.try_to_load_from_cache(repository, "config.json")
    except HFValidationError as error:
        raise InputError(
            f"a checkpoint on the hub is {PREFIX}owner/name; received {name!r}"
        ) from error
    if not isinstance(found, str):
        return None
    folder = Path(found).parent
    here = [path.name for path in folder.iterdir() if path.is_file()]
    try:
        published = [f.path for f in huggingface_hub.get_cached_repo_tree(repository)]
    except CachedRepoTreeNotFoundError:  # not every download writes it
        published = []
    settings = filter(_SETTINGS.fullmatch, published)
    return folder if _weights(here) and set(settings) <= set(here) else None


def _weights(names: Collection[str]) -> list[str]:
    """Return the preferred weights files; none if they are missing or incomplete."""
    for stem, suffix in _WEIGHTS:
        if (whole := f"{stem}.{suffix}") in names:
            return [whole]
        if f"{whole}.index.json" in names:
            shard = re.compile(rf"{stem}-\d+-of-(\d+)\.{suffix}")
            shards = [found for found in map(shard.fullmatch, sorted(names)) if found]
            if shards and len(shards) == int(shards[0][1]):
                return [found[0] for found in shards]
    return []


def _names(repository: str, name: str) -> list[str]:
    """Return the names of a checkpoint's files on the hub."""
    import huggingface_hub
    from huggingface_hub.errors import RepositoryNotFoundError

    def model_info(progress: Callable[[], None]) -> Any:
        api = huggingface_hub.HfApi()
        return api.model_info(repository, timeout=_LISTING_TIMEOUT)

    try:
        files = _with_timeout(model_info, _LISTING_TIMEOUT).siblings
    except RepositoryNotFoundError as error:
        raise InputError(
            f"the hub has no public checkpoint {name}; check owner and name at "
            f"{huggingface_hub.constants.ENDPOINT}. Private checkpoints need `hf auth "
            f"login`"
        ) from error
    except Exception as error:  # raised by several libraries
        raise InputError(
            f"{name} is not on this machine (looked in "
            f"{huggingface_hub.constants.HF_HUB_CACHE}) and "
            f"{huggingface_hub.constants.ENDPOINT} cannot be reached "
            f"({_reason(error)}); {_by_hand(repository)}"
        ) from error
    return sorted(file.rfilename for file in files)


def _download(
    repository: str, names: list[str], progress: Callable[[], None]
) -> list[Path]:
    """Download files to the cache of the hub, one after the other.

    Args:
        repository: `owner/name`.
        names: names of the files.
        progress: function that is called whenever data was received.
    """
    import huggingface_hub
    from huggingface_hub.utils import tqdm

    class Progress(tqdm):
        received = maximum = 0.0

        def update(self, n: float | None = 1) -> bool | None:
            self.received += n or 0  # n is negative if a file is started again
            if self.received > self.maximum:
                self.maximum = self.received
                progress()
            return super().update(n)

    paths = []
    for name in names:
        progress()
        paths.append(
            huggingface_hub.hf_hub_download(repository, name, tqdm_class=Progress)
        )
    return [Path(path) for path in paths]


def _with_timeout(function: Callable[[Callable[[], None]], Any], timeout: float) -> Any:
    """Run a function in a thread, and return its result.

    The timeouts of the library are not enough: it retries for minutes, and they do not
    include the name resolution.

    Args:
        function: function that takes a callback and calls it on progress.
        timeout: maximum number of seconds without progress.

    Raises:
        TimeoutError: there was no progress. The thread is a daemon and runs on.
    """
    result: concurrent.futures.Future = concurrent.futures.Future()
    last = time.monotonic()

    def progress() -> None:
        nonlocal last
        last = time.monotonic()

    def run() -> None:
        try:
            result.set_result(function(progress))
        except BaseException as error:
            result.set_exception(error)

    threading.Thread(target=run, name=_THREAD, daemon=True).start()
    while (left := last + timeout - time.monotonic()) > 0:
        concurrent.futures.wait([result], left)
        if result.done():
            return result.result()
    raise TimeoutError(f"nothing was received for {timeout:.0f} s")


def _check(path: Path, name: str) -> None:
    """Compare a large file with its hash, which is its name in the cache.

    Raises:
        InputError: the hashes differ. The file is removed.
    """
    content = path.resolve()
    if not re.fullmatch("[0-9a-f]{64}", content.name):  # a small file, or a copy
        return
    if (received := sha256(content)) != content.name:
        content.unlink()
        path.unlink()
        raise InputError(
            f"{path.name} of {name} was damaged in the download (sha256 {received}, "
            f"expected {content.name}); it was removed"
        )


def _reason(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _by_hand(repository: str) -> str:
    short = repository.partition("/")[2]
    return (
        f"on a machine with internet, run `hf download {repository} --local-dir "
        f"{short}`, copy the folder {short} here, and give its path instead of the name"
    )
