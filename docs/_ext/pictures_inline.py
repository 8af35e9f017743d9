"""Images of the repository on pages of the site, with nothing from another host.

Notebooks link to images in `docs/images/` by absolute URLs, for Colab. On the site
these become its own copies. The pictures of `docs/drawings/` stand in the page itself,
so that they follow the theme that the reader chose and their text can be searched.
"""

import notebooks
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

_OURS = notebooks.raw_url("docs/images/")
_LOCAL = "/images/"  # from the root of the sources
_DRAWN = f"{_LOCAL}pictures/"


def use_own_copies(app: Sphinx, doctree: nodes.document) -> None:
    """Replace URLs of images with paths, and drawn pictures with their content.

    Raises:
        ExtensionError: there is no such picture.
    """
    for node in list(doctree.findall(nodes.image)):
        path = node["uri"].replace(_OURS, _LOCAL)
        node["uri"] = path
        if path.startswith(_DRAWN):
            file = app.srcdir / path.removeprefix("/")
            if not file.is_file():
                raise ExtensionError(f"no picture {path} (docs/pictures.py draws them)")
            app.env.note_dependency(str(file))
            svg = file.read_text(encoding="utf-8")
            node.replace_self(nodes.raw("", svg, format="html"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the replacement with Sphinx, before images are collected."""
    app.connect("doctree-read", use_own_copies, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
