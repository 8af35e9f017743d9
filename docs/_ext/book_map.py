"""The map of the book and the list of its pages, from the registry and `book.toml`.

    ```{book-map}
    ```

    ```{book-pages}
    ```

Neither names a chapter, so a page cannot disagree with the registry.
"""

import notebooks
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from kerasnlp_tutorial import registry

_COLUMNS = ("장", "생각", "과제", "모델", "데이터", "CPU", "노트북", "모듈")


def book_map() -> str:
    """Return the map as a Markdown table."""
    lines = [_row(_COLUMNS), _row(["---"] * len(_COLUMNS))]
    return "\n".join([*lines, *map(_chapter, registry.CHAPTERS)])


def _chapter(chapter: registry.Chapter) -> str:
    name = chapter.module_name
    facts = notebooks.facts(name)
    minutes = facts.get("minutes")
    notebook = f"{{download}}`내려받기 <chapters/{name}.ipynb>`"
    return _row(
        [
            f"[{chapter.number}장 {chapter.title}](chapters/{name})",
            *(facts[key] for key in ("idea", "task", "model", "data")),
            f"{minutes}분" if minutes else "",
            f"[Colab]({notebooks.colab_url(name)}), {notebook}",
            f"{{py:mod}}`{chapter.name} <kerasnlp_tutorial.chapters.{name}>`",
        ]
    )


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


class BookMap(SphinxDirective):
    """Chapter, idea, task, model, data, minutes, notebook, module."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(notebooks.BOOK))
        self.env.note_dependency(registry.__file__)
        content = self.parse_text_to_nodes(book_map())
        content[0]["classes"].append("book-map")  # cards on a phone: korean.css
        return content


class BookPages(SphinxDirective):
    """The chapters' part of the table of contents."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(registry.__file__)
        pages = [f"chapters/{chapter.module_name}" for chapter in registry.CHAPTERS]
        lines = ["```{toctree}", ":caption: 장", ":maxdepth: 1", "", *pages, "```"]
        return self.parse_text_to_nodes("\n".join(lines))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register both directives with Sphinx."""
    app.add_directive("book-map", BookMap)
    app.add_directive("book-pages", BookPages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
