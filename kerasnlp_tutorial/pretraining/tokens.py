"""Token ids of all texts in shards, written once and mapped into memory.

A folder of shards has an `index.json`, which says what was tokenized and how, and a
folder with two files of token ids for each shard. The index is written first and, with
the numbers of tokens, again when all shards are there.
"""

import dataclasses
import hashlib
import logging
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

import keras_nlp
import numpy as np

from kerasnlp_tutorial.datasets.plain_text import text_lines
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.files import (
    locked,
    read_json,
    write_json,
    writing,
    written_whole,
)
from kerasnlp_tutorial.pretraining.token_array import TokenArray
from kerasnlp_tutorial.pretraining.token_index import (
    difference,
    divided,
    expected_index,
)

logger = logging.getLogger(__name__)

MOST_TOKENS = 2**16  # largest vocabulary: ids are stored as uint16
# Texts that are tokenized at a time: enough for all cores, in little memory.
_CHUNK_CHARACTERS = 2**20
_INDEX, _COUNTS, _LOCK = "index.json", "counts.json", "index.lock"
_PARTS = ("train", "held_out")

Encode = Callable[[list[str]], Sequence[Sequence[int]]]


@dataclasses.dataclass(frozen=True)
class Tokens:
    """Token ids of all texts, each followed by an end token."""

    train: TokenArray
    """Token ids of the training texts."""
    held_out: TokenArray
    """Token ids of the held-out texts."""
    held_out_characters: int
    """Number of characters in the held-out texts."""
    texts: int
    """Number of texts, held-out ones included."""
    unknown: int
    """Number of unknown tokens in the training texts."""


@dataclasses.dataclass(frozen=True)
class Tokenization:
    """How texts become token ids."""

    encode: Encode
    """Function from a list of texts to their token ids, below `MOST_TOKENS`."""
    end_token_id: int
    """Id that follows each text."""
    held_out: float
    """Fraction of texts to hold out: every n-th, where n is 1 / `held_out`."""
    vocabulary: str = ""
    """What tells vocabularies apart: see `fingerprint`."""
    unknown_token_id: int | None = None
    """Id of the unknown token, which is counted; None if there is none."""


def fingerprint(tokenizer: keras_nlp.tokenizers.Tokenizer) -> str:
    """Return a hash of a tokenizer's class and of all files that it is saved as."""
    digest = hashlib.sha256(type(tokenizer).__name__.encode())
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save_assets(folder)
        for path in sorted(Path(folder).iterdir()):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


# === Writing ===


def _pause() -> None:
    time.sleep(1.0)


def write_tokens(
    folder: Path,
    text: Sequence[str | Path],
    tokenization: Tokenization,
    share: tuple[int, int] = (0, 1),
    wait: Callable[[], object] = _pause,
) -> Tokens:
    """Tokenize texts into a folder of shards, in constant memory.

    Shards that are there, of a killed process, are kept. Several processes can share
    the work in a folder that all of them see. Texts are counted within a shard to hold
    out every n-th.

    Args:
        folder: folder to write.
        text: files of texts by path, pattern or URL; see `text_files`.
        tokenization: how to tokenize.
        share: number of this process, from 0, and number of processes. A process
            writes each `processes`-th shard and returns when all shards are there.
        wait: function that is called again and again until the other processes have
            written their shards. It should return after a while, and can raise to
            give up.

    Returns:
        The token ids, as `read_tokens` opens them.

    Raises:
        InputError: a text cannot be read, the folder cannot be written, or it holds
            the tokens of other texts or of another tokenization; or see `read_tokens`.
    """
    process, processes = share
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    expected = expected_index(
        text,
        vocabulary=tokenization.vocabulary,
        end_token_id=tokenization.end_token_id,
        held_out=tokenization.held_out,
    )
    index = _planned(folder, expected, process == 0, wait)
    shards = index["shards"]
    paths = [folder / f"{number:05}" for number in range(len(shards))]
    if not index["complete"]:
        for number in range(process, len(paths), processes):
            _write_shard(paths[number], shards[number]["parts"], tokenization)
            logger.debug("%s of %d shards is there", paths[number], len(paths))
        _until(lambda: all(path.is_dir() for path in paths), wait)
    if process == 0 and not index["complete"]:
        for path, shard in zip(paths, shards, strict=True):
            shard |= read_json(path / _COUNTS)
        with locked(folder / _LOCK), writing(folder):
            write_json(folder / _INDEX, index | {"complete": True})
    while (tokens := read_tokens(folder)) is None:
        wait()
    return tokens


def _until(holds: Callable[[], bool], wait: Callable[[], object]) -> None:
    while not holds():
        wait()


def _planned(
    folder: Path, expected: dict[str, Any], first: bool, wait: Callable[[], object]
) -> dict[str, Any]:
    """Return the index of a folder; the first process writes it if there is none."""
    path = folder / _INDEX
    if first and not path.is_file():
        shards = [{"parts": parts} for parts in divided(expected["sources"])]
        with locked(folder / _LOCK), writing(folder):
            if not path.is_file():  # another process may have been faster
                write_json(path, expected | {"complete": False, "shards": shards})
    _until(path.is_file, wait)
    index = read_json(path)
    if problem := difference(index, expected):
        raise InputError(
            f"{folder} holds tokens {problem}; set `tokens` to another folder, or "
            f"remove this one to tokenize again"
        )
    return index


def _write_shard(path: Path, parts: list, tokenization: Tokenization) -> None:
    """Write a shard, unless it is there."""
    if path.is_dir():
        return
    with locked(path.with_suffix(".lock")):
        if not path.is_dir():  # another process may have been faster
            with written_whole(path) as folder:
                _write_files(folder, parts, tokenization)


def _write_files(folder: Path, parts: list, tokenization: Tokenization) -> None:
    """Write the tokens of a shard, to learn from and held out, and their numbers."""
    every, unknown = round(1 / tokenization.held_out), tokenization.unknown_token_id
    counts = dict.fromkeys((*_PARTS, "texts", "held_out_characters", "unknown"), 0)
    texts = chain.from_iterable(text_lines(*part) for part in parts)
    with writing(folder):
        folder.mkdir()
        files = {name: (folder / f"{name}.ids").open("wb") for name in _PARTS}
    with files["train"], files["held_out"]:
        for chunk, rows in _encoded(texts, tokenization.encode):
            first = every - 1 - counts["texts"] % every  # to hold out
            held = slice(first, None, every)
            train = [row for i, row in enumerate(rows) if (i - first) % every]
            for name, part in (("train", train), ("held_out", rows[held])):
                ids = _joined(part, tokenization.end_token_id)
                counts[name] += len(ids)
                if name == "train" and unknown is not None:
                    counts["unknown"] += int(np.count_nonzero(ids == unknown))
                with writing(folder):
                    files[name].write(ids.tobytes())
            counts["texts"] += len(chunk)
            counts["held_out_characters"] += sum(map(len, chunk[held]))
    write_json(folder / _COUNTS, counts)


def _joined(rows: Iterable[Sequence[int]], end_token_id: int) -> np.ndarray:
    """Return the ids of texts, each with the end token, uint16, (tokens,)."""
    end = (end_token_id,)
    return np.fromiter(chain.from_iterable(chain(row, end) for row in rows), "<u2")


def _encoded(
    texts: Iterable[str], encode: Encode
) -> Iterator[tuple[list[str], Sequence[Sequence[int]]]]:
    """Yield chunks of texts and their ids.

    One chunk is encoded, by all cores, while the next is read and the last is written.
    """
    before: tuple[list[str], Future] | None = None
    with ThreadPoolExecutor(1) as pool:
        for chunk in _chunks(texts):
            future = pool.submit(encode, chunk)
            if before:
                yield before[0], before[1].result()
            before = chunk, future
        if before:
            yield before[0], before[1].result()


def _chunks(texts: Iterable[str]) -> Iterator[list[str]]:
    chunk, characters = list[str](), 0
    for text in texts:
        chunk.append(text)
        characters += len(text) + 1
        if characters >= _CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


# === Reading ===


def read_tokens(folder: Path) -> Tokens | None:
    """Open the shards of `write_tokens`.

    Args:
        folder: folder with the shards.

    Returns:
        The token ids; None if the folder is missing or incomplete.

    Raises:
        InputError: there are no training texts or no held-out texts, or a file is
            damaged.
    """
    if not (folder / _INDEX).is_file():
        return None
    index = read_json(folder / _INDEX)
    if not index.get("complete"):
        return None
    shards = index["shards"]
    total = {
        name: sum(shard[name] for shard in shards)
        for name in (*_PARTS, "texts", "held_out_characters", "unknown")
    }
    if not (total["train"] and total["held_out"]):
        raise InputError(
            f"{total['texts']} texts are too few to train on some and hold out others"
        )
    arrays = {name: _opened(folder, shards, name) for name in _PARTS}
    return Tokens(**(total | arrays))


def _opened(folder: Path, shards: list[dict[str, Any]], name: str) -> TokenArray:
    paths = [folder / f"{number:05}" / f"{name}.ids" for number in range(len(shards))]
    for path, shard in zip(paths, shards, strict=True):
        size = path.stat().st_size if path.is_file() else 0
        if size != 2 * shard[name]:
            raise InputError(
                f"{path} is damaged: it must have {2 * shard[name]} bytes and has "
                f"{size}; remove {folder} to tokenize again"
            )
    return TokenArray(paths, [shard[name] for shard in shards])
