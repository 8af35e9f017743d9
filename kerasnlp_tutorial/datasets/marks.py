"""Entities marked in a sentence, as in `<이순신:PER>은`."""

import re

from kerasnlp_tutorial.datasets.bio import Span
from kerasnlp_tutorial.errors import shown
from kerasnlp_tutorial.hangul import clean_label

_MARK = re.compile(r"[<‹](?P<text>[^<>‹›]+):(?P<label>[^<>‹›:]*)[>›]")


def marked_spans(marked: str, text: str) -> list[Span]:
    """Return the entities of a sentence, given a copy in which they are marked.

    A bracket that the sentence also has is a part of it; any other bracket belongs to
    a mark. A label is any name without brackets and colons.

    Args:
        marked: the sentence with `<text:label>` for each entity. The brackets may also
            be `‹` and `›`.
        text: the sentence without marks.

    Raises:
        ValueError: the two sentences differ in more than marks, or a label is missing.

    Example:
    ```python
    marked_spans("<이순신:PER>은", "이순신은")  # [Span(0, 3, "PER")]
    ```
    """
    spans = []
    start, at = 0, 0  # positions in text and in marked
    while at < len(marked):
        if text.startswith(marked[at], start):
            start, at = start + 1, at + 1
            continue
        mark = _MARK.match(marked, at)
        if not mark or not text.startswith(mark["text"], start):
            break
        if not (label := clean_label(mark["label"])):
            raise ValueError(f"no label in {mark[0]!r}")
        end = start + len(mark["text"])
        spans.append(Span(start, end, label))
        start, at = end, mark.end()
    if at < len(marked) or start < len(text):
        raise ValueError(_difference(marked, at, text, start))
    return spans


def _difference(marked: str, at: int, text: str, start: int) -> str:
    """Describe the first difference, at positions in the marked text and the text."""
    mark = re.match(r"[<‹]([^<>‹›:]*)(:?)[^<>‹›]*[>›]?", marked[at:])
    if mark and mark[1] and text.startswith(mark[1], start):
        expected = "<text:label>, without <, > or : in the label"
        return f"not a mark: {shown(mark[0])}; expected {expected}"
    return f"{_excerpt(marked, at)} without its marks is not {_excerpt(text, start)}"


def _excerpt(text: str, position: int) -> str:
    """Quote the part of a text around a position."""
    start, end = max(0, position - 60), position + 60
    return f"{'...' * (start > 0)}{text[start:end]!r}{'...' * (end < len(text))}"
