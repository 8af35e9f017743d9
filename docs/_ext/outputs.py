"""Outputs of cells in the order in which they were made.

`nb_merge_streams` of MyST-NB joins all that a cell printed and puts it where the first
line was, so that what was printed between two plots stands before both. Here only lines
that follow each other are joined. It also ends every output of a stream with a line
break; here the pieces of a line, as of a text that is printed while it is written, stay
on this line.
"""

from itertools import groupby
from operator import itemgetter
from typing import Any

from myst_nb.core import render
from myst_nb.core.utils import coalesce_streams
from sphinx.application import Sphinx


def merge_adjacent_streams(outputs: list[Any]) -> list[Any]:
    """Join consecutive outputs of a stream; other outputs stay where they are.

    Args:
        outputs: outputs of a cell, in notebook format.
    """
    merged = []
    for kind, group in groupby(outputs, lambda output: output["output_type"]):
        adjacent = list(group)
        if kind == "stream":
            adjacent = coalesce_streams(_whole_lines(adjacent))
        merged += adjacent
    return merged


def _whole_lines(outputs: list[Any]) -> list[Any]:
    """Join what a stream received in pieces, which need not be lines."""
    joined = []
    for _, group in groupby(outputs, itemgetter("name")):
        first, *others = group
        first["text"] += "".join(output["text"] for output in others)
        joined.append(first)
    return joined


def setup(app: Sphinx) -> dict[str, bool]:
    """Put `merge_adjacent_streams` in the place of MyST-NB's function."""
    render.coalesce_streams = merge_adjacent_streams
    return {"parallel_read_safe": True, "parallel_write_safe": True}
