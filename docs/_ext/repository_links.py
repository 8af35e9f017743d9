"""Links from a page to files of the repository outside docs/, for the site.

On GitHub `[rows](../benchmarks/results/rows.jsonl)` is a link that works. The site has
no such file, so there it becomes a link to the repository.
"""

import os.path
import re

import notebooks
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

_TARGET = re.compile(r"(?<=\]\()(?:\.\./)+[^)\s#]+")


def with_repository_links(text: str, page: str) -> str:
    """Return the source of a page, with links to the repository.

    Args:
        text: source of the page, in Markdown.
        page: name of the page, such as `howto/commands`.

    Raises:
        ExtensionError: the repository has no such file.
    """
    folder = os.path.dirname(os.path.join("docs", page))

    def target(match: re.Match) -> str:
        path = os.path.normpath(os.path.join(folder, match[0]))
        if path.startswith("docs/"):
            return match[0]
        if not (notebooks.ROOT / path).exists():
            raise ExtensionError(f"{page}: the repository has no {path}")
        kind = "tree" if (notebooks.ROOT / path).is_dir() else "blob"
        return f"{notebooks.repository()}/{kind}/{notebooks.BRANCH}/{path}"

    return _TARGET.sub(target, text)


def _replace(app: Sphinx, page: str, source: list[str]) -> None:
    if app.env.doc2path(page).suffix == ".md":
        source[0] = with_repository_links(source[0], page)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the replacement with Sphinx."""
    app.connect("source-read", _replace)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
