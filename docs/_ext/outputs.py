"""Outputs of cells in the order in which they were made.

`nb_merge_streams` of MyST-NB joins all that a cell printed and puts it where the first
line was, so that what was printed between two plots stands before both. Here only lines
that follow each other are joined.
"""

from itertools import groupby
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
        merged += coalesce_streams(adjacent) if kind == "stream" else adjacent
    return merged


def setup(app: Sphinx) -> dict[str, bool]:
    """Put `merge_adjacent_streams` in the place of MyST-NB's function."""
    render.coalesce_streams = merge_adjacent_streams
    return {"parallel_read_safe": True, "parallel_write_safe": True}
