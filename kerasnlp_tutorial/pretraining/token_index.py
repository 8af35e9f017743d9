"""What the index of a folder of token shards says."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasnlp_tutorial.datasets.plain_text import line_starts
from kerasnlp_tutorial.datasets.text_files import describe_text, is_url, text_files
from kerasnlp_tutorial.files import plain_suffix

_FORMAT = 1
_SHARD_BYTES = 2**28  # of text: what a killed process has to tokenize again


def expected_index(text: Sequence[str | Path], **tokenization: Any) -> dict[str, Any]:
    """Return what an index must say of texts and how they are tokenized.

    Args:
        text: files of texts by path, pattern or URL.
        **tokenization: `vocabulary`, `end_token_id` and `held_out`.

    Raises:
        InputError: a file cannot be opened.
    """
    sources = [describe_text(path) for path in text_files(text)]
    return {"format": _FORMAT, **tokenization, "sources": sources}


def difference(index: dict[str, Any], expected: dict[str, Any]) -> str:
    """Return how an index differs from what is expected.

    Args:
        index: what a folder holds.
        expected: result of `expected_index`.

    Returns:
        The first difference, to follow "holds tokens"; empty if there is none.
    """
    for name, what in (
        ("format", "in format {}; this version reads format {}"),
        ("vocabulary", "of another vocabulary ({:.8}; here it is {:.8})"),
        ("end_token_id", "with end token {}; here it is {}"),
        ("held_out", "with held_out={}; here it is {}"),
    ):
        found, wanted = index.get(name), expected[name]
        if found != wanted:
            return what.format(str(found), str(wanted))
    if index["sources"] == expected["sources"]:
        return ""
    found, wanted = (
        {source["path"]: source for source in sources}
        for sources in (index["sources"], expected["sources"])
    )
    for path in found | wanted:
        if path not in found:
            return f"without the text {path}"
        if path not in wanted:
            return f"of {path} as well, which is not among the texts"
        if found[path] != wanted[path]:
            return f"of {path} before it was changed"
    return "of the same texts in another order"


def divided(sources: list[dict[str, Any]]) -> list[list[list[Any]]]:
    """Divide texts into shards.

    Small files share a shard. A large one that is local and not compressed is cut.

    Args:
        sources: results of `describe_text`.

    Returns:
        For each shard its parts of files: path, first byte, and end or None.
    """
    shards: list[list[list[Any]]] = []
    free = 0
    for source in sources:
        path = source["path"]
        size = _SHARD_BYTES if source["size"] is None else source["size"]
        starts = [0]
        if not is_url(path) and plain_suffix(path) == Path(path).suffix.lower():
            starts = line_starts(path, size, _SHARD_BYTES)
        for start, stop in zip(starts, [*starts[1:], None], strict=True):
            length = (size if stop is None else stop) - start
            if not shards or length > free:
                shards.append([])
                free = _SHARD_BYTES
            shards[-1].append([path, start, stop])
            free -= length
    return shards
