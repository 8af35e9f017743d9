"""Token ids of all texts in one file, written once and memory-mapped."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.files import read_json, write_json

MOST_TOKENS = 2**16  # largest vocabulary: ids are stored as uint16
_CHUNK_SIZE = 10_000  # texts that are tokenized at a time
_META = "tokens.json"


@dataclasses.dataclass(frozen=True)
class Tokens:
    """Token ids of all texts, each followed by an end token."""

    train: np.ndarray
    """Token ids of the training texts, uint16, (tokens,), memory-mapped."""
    held_out: np.ndarray
    """Token ids of the held-out texts, uint16, (tokens,), memory-mapped."""
    held_out_characters: int
    """Number of characters in the held-out texts."""
    texts: int
    """Number of texts, held-out ones included."""


def write_tokens(
    folder: Path,
    texts: Iterable[str],
    encode: Callable[[list[str]], Sequence[Sequence[int]]],
    end_token_id: int,
    held_out: float,
) -> None:
    """Tokenize a stream of texts into files, in constant memory.

    Every n-th text is held out, where n is 1 / `held_out`.

    Args:
        folder: folder for the files. They are complete if it has a `tokens.json`.
        texts: the texts.
        encode: function from a list of texts to their token ids, below `MOST_TOKENS`.
        end_token_id: id that follows each text.
        held_out: fraction of texts to hold out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    every = round(1 / held_out)
    meta = {"texts": 0, "held_out_characters": 0}
    texts = iter(texts)
    with (
        (folder / "train.ids").open("wb") as train,
        (folder / "held_out.ids").open("wb") as held,
    ):
        while chunk := list(islice(texts, _CHUNK_SIZE)):
            for text, ids in zip(chunk, encode(chunk), strict=True):
                meta["texts"] += 1
                is_held_out = meta["texts"] % every == 0
                if is_held_out:
                    meta["held_out_characters"] += len(text)
                file = held if is_held_out else train
                file.write(np.array([*ids, end_token_id], "<u2").tobytes())
    write_json(folder / _META, meta)


def read_tokens(folder: Path) -> Tokens | None:
    """Open the files of `write_tokens`.

    Args:
        folder: folder with the files.

    Returns:
        The token ids; None if the files are missing or incomplete.

    Raises:
        InputError: there are no training texts or no held-out texts.
    """
    if not (folder / _META).is_file():
        return None
    meta = read_json(folder / _META)
    files = [folder / "train.ids", folder / "held_out.ids"]
    for path in files:
        if not path.stat().st_size:
            raise InputError(
                f"{meta['texts']} texts are too few to train on some and hold out "
                f"others"
            )
    train, held_out = (np.memmap(path, "<u2", "r") for path in files)
    return Tokens(train, held_out, **meta)
