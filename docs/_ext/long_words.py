"""Inline code with a word that is longer than a line of a phone may break inside it.

Other inline code breaks only between its words, which CSS cannot tell by length.
"""

from docutils import nodes
from sphinx.application import Sphinx

LONGEST = 28  # characters


def mark_long_literals(app: Sphinx, doctree: nodes.document) -> None:
    """Give inline code with a long word the class `long`."""
    for literal in doctree.findall(nodes.literal):
        if max(map(len, literal.astext().split()), default=0) > LONGEST:
            literal["classes"].append("long")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the marking with Sphinx."""
    app.connect("doctree-read", mark_long_literals)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
