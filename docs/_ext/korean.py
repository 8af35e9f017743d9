"""Readable anchors of Korean titles: `#토큰화란`, not `#id1`, which edits renumber."""

import re

from docutils import nodes
from sphinx.application import Sphinx


def use_titles_as_anchors(app: Sphinx, doctree: nodes.document) -> None:
    """Use the slugs of section titles as anchors, not `id1`, `id2` of docutils."""
    for section in doctree.findall(nodes.section):
        slug = section.get("slug")
        if slug and re.fullmatch(r"id\d+", section["ids"][0]):
            section["ids"] = [slug, *(id for id in section["ids"] if id != slug)]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the anchors with Sphinx."""
    app.connect("doctree-read", use_titles_as_anchors, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
