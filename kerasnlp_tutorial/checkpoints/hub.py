"""Checkpoints of the Hugging Face hub: in its cache, or downloaded to it."""

import threading
from pathlib import Path

from kerasnlp_tutorial.errors import InputError

SHORT_NAMES = {
    "kcbert-base": "hf://beomi/kcbert-base",
    "kcbert-large": "hf://beomi/kcbert-large",
    "klue-bert-base": "hf://klue/bert-base",
    "kogpt2-base-v2": "hf://skt/kogpt2-base-v2",
}
PREFIX = "hf://"
_SECONDS = 2.0  # for the hub to answer
_SETTINGS = ["*.json", "vocab.txt", "merges.txt"]


def hub_folder(name: str) -> Path:
    """Return the folder of a checkpoint of the hub.

    Args:
        name: such as `hf://klue/bert-base`.

    Raises:
        InputError: it is not in the cache, and the hub has no such checkpoint or does
            not answer within seconds.
    """
    # Imported here: importing the package must not need a second.
    import huggingface_hub

    repository = name.removeprefix(PREFIX)
    try:
        folder = Path(
            huggingface_hub.snapshot_download(repository, local_files_only=True)
        )
        if weight_files(path.name for path in folder.iterdir()):
            return folder
    except ValueError as error:  # also what is no name of a repository
        if repository.count("/") != 1:
            raise InputError(
                f"a checkpoint of the hub is {PREFIX}owner/name; received {name!r}"
            ) from error
    except OSError:  # nothing of it is there
        pass
    files = _files(repository, name)
    weights = weight_files(files)
    if not weights:
        raise InputError(
            f"{name} has no weights that can be read; it has {', '.join(files)}"
        )
    return Path(
        huggingface_hub.snapshot_download(
            repository, allow_patterns=[*_SETTINGS, *weights]
        )
    )


def weight_files(names) -> list[str]:
    """Return the patterns of the best weights among files; none if there are none."""
    names = set(names)
    for mark, patterns in (
        ("model.safetensors", ["model.safetensors"]),
        ("model.safetensors.index.json", ["model-*.safetensors"]),
        ("pytorch_model.bin", ["pytorch_model.bin"]),
        ("pytorch_model.bin.index.json", ["pytorch_model-*.bin"]),
    ):
        if mark in names:
            return patterns
    return []


def _files(repository: str, name: str) -> list[str]:
    """Ask the hub for the names of a checkpoint's files, but not for long."""
    import huggingface_hub
    from huggingface_hub.errors import RepositoryNotFoundError

    answer = []

    def ask():
        try:
            answer.append(
                huggingface_hub.HfApi().model_info(repository, timeout=_SECONDS)
            )
        except Exception as error:  # whatever it is, the user is told
            answer.append(error)

    # A name server that is out of reach is waited for longer than any timeout says.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_SECONDS)
    result = answer[0] if answer else TimeoutError(f"no answer in {_SECONDS:.0f} s")
    if isinstance(result, RepositoryNotFoundError):
        raise InputError(
            f"the hub has no public checkpoint {name}; check owner and name at "
            f"{huggingface_hub.constants.ENDPOINT}"
        )
    if isinstance(result, Exception):
        short = repository.partition("/")[2]
        raise InputError(
            f"{name} is not on this machine (looked in "
            f"{huggingface_hub.constants.HF_HUB_CACHE}) and "
            f"{huggingface_hub.constants.ENDPOINT} cannot be reached "
            f"({type(result).__name__}); on a machine with internet, run "
            f"`hf download {repository} --local-dir {short}`, copy the "
            f"folder {short} here, and give its path instead of the name"
        )
    return sorted(file.rfilename for file in result.siblings)
