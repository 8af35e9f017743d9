"""Texts as one long row of token ids in a file, made once and read by place."""

import dataclasses
import json
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from kerasnlp_tutorial.errors import InputError

MOST_TOKENS = 2**16  # of a vocabulary: ids are stored as uint16
_TEXTS_AT_ONCE = 10_000
_META = "tokens.json"


@dataclasses.dataclass(frozen=True)
class Tokens:
    """Token ids of all texts, with an end token after each."""

    train: np.ndarray
    """uint16, (tokens,), mapped from a file."""
    held_out: np.ndarray
    """uint16, (tokens,), of the texts that are only measured on."""
    held_out_characters: int
    """Characters of those texts."""
    texts: int
    """Number of all texts."""


def write_tokens(
    folder: Path,
    texts: Iterable[str],
    encode: Callable[[list[str]], Sequence[Sequence[int]]],
    end_token_id: int,
    held_out: float,
) -> None:
    """Tokenise texts as they come; memory does not grow with their number.

    Every n-th text is held out, where n is 1 / `held_out`.

    Args:
        folder: for the files; whole once its `tokens.json` is there.
        texts: the texts.
        encode: turns many texts into ids, below `MOST_TOKENS`, in parallel.
        end_token_id: written after each text.
        held_out: share of the texts that goes to the second file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    every = round(1 / held_out)
    meta = {"texts": 0, "held_out_characters": 0}
    texts = iter(texts)
    with (
        (folder / "train.ids").open("wb") as train,
        (folder / "held_out.ids").open("wb") as held,
    ):
        while chunk := list(islice(texts, _TEXTS_AT_ONCE)):
            for text, ids in zip(chunk, encode(chunk), strict=True):
                meta["texts"] += 1
                is_held_out = meta["texts"] % every == 0
                if is_held_out:
                    meta["held_out_characters"] += len(text)
                file = held if is_held_out else train
                file.write(np.array([*ids, end_token_id], "<u2").tobytes())
    part = folder / "tokens.part"
    part.write_text(json.dumps(meta))
    part.rename(folder / _META)


def read_tokens(folder: Path) -> Tokens | None:
    """Open what `write_tokens` has written; None if it was not finished."""
    if not (folder / _META).is_file():
        return None
    meta = json.loads((folder / _META).read_text())
    files = [folder / "train.ids", folder / "held_out.ids"]
    for path in files:
        if not path.stat().st_size:
            raise InputError(
                f"{meta['texts']} texts are too few: some are to be learnt from and "
                f"some held out"
            )
    train, held_out = (np.memmap(path, "<u2", "r") for path in files)
    return Tokens(train, held_out, **meta)
