"""A section of the README on a page, so that its numbers stand in one place.

    ```{readme} 결과
    ```

is replaced by what stands below that heading of the second level, before the page is
read: a directive cannot return text with headings in it. Pictures of `docs/` are those
of the site, other files of the repository become links to it.
"""

import re

import notebooks
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

README = notebooks.ROOT / "README.md"
_DIRECTIVE = re.compile(r"(?m)^```\{readme\} (.+)\n```$")
_TARGET = re.compile(r"(?<=\]\()(?![a-z]+:|#)[^)\s]+(?=\))")  # neither URL nor anchor


def section(text: str, heading: str) -> str:
    """Return what stands below a heading of the second level, with usable links.

    Raises:
        ExtensionError: the README has no such heading.
    """
    parts = re.split(r"(?m)^## (.+)\n", text)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    if heading not in sections:
        raise ExtensionError(f"README.md has no '## {heading}', only {[*sections]}")
    return _TARGET.sub(lambda match: _target(match[0]), sections[heading])


def _target(path: str) -> str:
    if path.startswith("docs/images/"):
        return path.removeprefix("docs")  # from the root of the sources
    kind = "tree" if (notebooks.ROOT / path).is_dir() else "blob"
    return f"{notebooks.repository()}/{kind}/{notebooks.BRANCH}/{path}"


def insert_sections(app: Sphinx, page: str, source: list[str]) -> None:
    """Replace each `{readme}` of a page's source by its section."""
    if _DIRECTIVE.search(source[0]):
        app.env.note_dependency(str(README))
        text = README.read_text(encoding="utf-8")
        source[0] = _DIRECTIVE.sub(lambda match: section(text, match[1]), source[0])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the replacement with Sphinx."""
    app.connect("source-read", insert_sections)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
