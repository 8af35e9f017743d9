"""The chapter overview and the table of contents, from the registry and `book.toml`.

    ```{book-map}
    ```

    ```{book-pages}
    ```

    ```{measured-picture} transfer
    NSMC 정확도
    ```

The last draws what `benchmarks/` has measured, with its largest difference in words.
Pages do not list chapters themselves, so they cannot disagree with the registry.
"""

import csv

import notebooks
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from kerasnlp_tutorial import display, registry
from kerasnlp_tutorial.data import MEASURED

_COLUMNS = ("장", "생각", "과제", "모델", "데이터", "CPU", "노트북", "모듈")


def book_map() -> str:
    """Return the chapter overview as a Markdown table."""
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
    """Directive with the chapter overview."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(notebooks.BOOK))
        self.env.note_dependency(registry.__file__)
        content = self.parse_text_to_nodes(book_map())
        content[0]["classes"].append("book-map")  # cards on a phone: korean.css
        return content


class BookPages(SphinxDirective):
    """Directive with the chapters of the table of contents, for the sidebar."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(registry.__file__)
        pages = [f"chapters/{chapter.module_name}" for chapter in registry.CHAPTERS]
        lines = ["```{toctree}", ":caption: 장", ":hidden:", "", *pages, "```"]
        return self.parse_text_to_nodes("\n".join(lines))


def measured_words(name: str, title: str) -> str:
    """Return the first row of measured results in words.

    Args:
        name: name of the table in `data/measured`; two columns beside the first.
        title: what was measured.
    """
    text = (MEASURED / f"{name}.tsv").read_text(encoding="utf-8")
    (label, *lines), first, *_ = csv.reader(text.splitlines(), delimiter="\t")
    parts = [
        f"{line} **{float(value):.3f}**"
        for line, value in reversed([*zip(lines, first[1:], strict=True)])
    ]
    return f"{title}({label} {first[0]}): {', '.join(parts)}"


class MeasuredPicture(SphinxDirective):
    """Directive with the plot of measured results and its first row in words."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        name, title = self.arguments[0], " ".join(self.content)
        self.env.note_dependency(str(MEASURED / f"{name}.tsv"))
        figure = nodes.container(classes=["measured"])
        svg = display.measured(name, title).html
        figure += nodes.raw("", svg, format="html")
        figure += self.parse_text_to_nodes(measured_words(name, title))
        return [figure]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives with Sphinx."""
    app.add_directive("book-map", BookMap)
    app.add_directive("book-pages", BookPages)
    app.add_directive("measured-picture", MeasuredPicture)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
