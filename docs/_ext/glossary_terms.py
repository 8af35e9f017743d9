"""The glossary, kept in `glossary.toml`: its page, and the aliases for a search.

    ```{glossary-terms}
    ```

on the page is replaced with the terms, before the page is parsed.
"""

import tomllib
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

SOURCE = Path(__file__).resolve().parent.parent / "glossary.toml"
_DIRECTIVE = "```{glossary-terms}\n```"


def terms() -> list[dict[str, Any]]:
    """Return the terms, as `glossary.toml` explains them."""
    return tomllib.loads(SOURCE.read_text(encoding="utf-8"))["term"]


def aliases() -> dict[str, list[str]]:
    """Return a dictionary of each Korean term to all its other names.

    They are the English name, the book's word, and other spellings and synonyms.
    """
    return {term["korean"]: [term["english"], *_other_names(term)] for term in terms()}


def _other_names(term: dict[str, Any]) -> list[str]:
    book = [term["book"]] if "book" in term else []
    return [*book, *term.get("aliases", ())]


def glossary() -> str:
    """Return the Markdown of the glossary directive."""
    lines = [":::{glossary}", ":sorted:", ""]
    for term in terms():
        lines += [term["korean"], term["english"], f"  {term['definition']}"]
        if names := _other_names(term):
            lines += ["", f"  다른 이름: {', '.join(names)}"]
        lines.append("")
    return "\n".join([*lines, ":::"])


def insert_terms(app: Sphinx, page: str, source: list[str]) -> None:
    """Replace `{glossary-terms}` in the source of a page with the glossary."""
    if _DIRECTIVE in source[0]:
        app.env.note_dependency(str(SOURCE))
        source[0] = source[0].replace(_DIRECTIVE, glossary())


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the replacement with Sphinx."""
    app.connect("source-read", insert_terms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
