"""Search of the site in Korean, in place of Sphinx's.

Sphinx has no Korean indexer: it finds whole words between spaces, with their
particles, and its index is loaded on every page. This extension writes
`_static/search-data.js`, a list of the sections of all pages with their texts, which
`search.js` loads when a reader opens the search. It is a script and not JSON, because
a browser may not read JSON from pages that are opened as files.

An entry is a section of a page, a term of the glossary, or a name of the reference. The
names of `aliases` are searched for together.
"""

import importlib
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

DATA = "_static/search-data.js"
ALIASES = Path(__file__).resolve().parent.parent / "search_aliases.toml"
GLOSSARY = "glossary"

# How much a page counts where its texts match equally well.
_WEIGHTS = {"chapters/": 1.3, "reference/": 0.6, "howto/": 1.0, GLOSSARY: 1.0}
_OTHER_WEIGHT = 0.8
_SKIPPED = (nodes.comment, nodes.raw, nodes.system_message, addnodes.toctree)
_SKIPPED += (addnodes.index, nodes.target)
_CODE = nodes.literal_block
_APART = (nodes.section, nodes.definition_list_item, addnodes.desc)

# [page, anchor, title, prose, code]
Entry = tuple[int, str, str, str, str]


# === Aliases ===


def aliases() -> dict[str, list[str]]:
    """Return a dictionary of a word to its other names, from the glossary and a file.

    `search_aliases.toml` has the names that are no terms of the glossary.
    """
    groups = tomllib.loads(ALIASES.read_text(encoding="utf-8"))["aliases"]
    try:
        glossary = importlib.import_module("glossary_terms")
    except ModuleNotFoundError:
        return groups
    merged = {word: [*names] for word, names in glossary.aliases().items()}
    for word, names in groups.items():
        merged.setdefault(word, []).extend(names)
    return merged


# === Entries ===


def entries(number: int, page: str, doctree: nodes.document) -> Iterator[Entry]:
    """Yield the entries of a page.

    Args:
        number: number of the page, the first element of each entry.
        page: name of the page.
        doctree: the page.
    """
    for section in doctree.findall(nodes.section):
        is_page = isinstance(section.parent, nodes.document)
        title = section.next_node(nodes.title)
        anchor = "" if is_page else section["ids"][0]
        yield number, anchor, _text(title), *_texts(section, page)
    for description in doctree.findall(addnodes.desc):
        signature = description.next_node(addnodes.desc_signature)
        if signature is not None and signature.get("ids"):
            anchor = signature["ids"][0]
            yield number, anchor, _object_name(signature), *_texts(description, page)
    if page == GLOSSARY:
        for item in doctree.findall(nodes.definition_list_item):
            terms = list(item.findall(nodes.term))
            title = " · ".join(_text(term) for term in terms)
            yield number, terms[0]["ids"][0], title, *_texts(item, page)


def _object_name(signature: addnodes.desc_signature) -> str:
    return signature.get("fullname") or signature["ids"][0].rpartition(".")[2]


def _texts(element: nodes.Element, page: str) -> tuple[str, str]:
    """Return the prose and the code of an entry, without those of entries inside it."""
    prose: list[str] = []
    code: list[str] = []

    def visit(node: nodes.Node) -> None:
        if isinstance(node, _SKIPPED):
            return
        if isinstance(node, _APART) and node is not element:
            inside_glossary = page == GLOSSARY
            if not isinstance(node, nodes.definition_list_item) or inside_glossary:
                return
        if isinstance(node, _CODE | addnodes.desc_signature):
            code.append(node.astext())
        elif isinstance(node, nodes.title | nodes.term):
            if isinstance(node, nodes.term) and page != GLOSSARY:
                prose.append(node.astext())
        elif isinstance(node, nodes.TextElement):
            prose.append(node.astext())
        else:
            if isinstance(node, nodes.image) and node.get("alt"):
                prose.append(node["alt"])
            for child in node.children:
                visit(child)

    visit(element)
    return _join(prose), _join(code)


def _text(node: nodes.Node) -> str:
    return _join([node.astext()])


def _join(texts: list[str]) -> str:
    return " ".join(" ".join(texts).split())


# === The file ===


def data(app: Sphinx) -> dict[str, Any]:
    """Return what `search.js` needs: pages, entries and groups of names."""
    pages, found = [], []
    for number, page in enumerate(sorted(app.env.found_docs)):
        title = _text(app.env.titles[page])
        weight = next((w for k, w in _WEIGHTS.items() if page.startswith(k)), None)
        uri = app.builder.get_target_uri(page)
        pages.append([uri, title, weight or _OTHER_WEIGHT])
        found += entries(number, page, app.env.get_doctree(page))
    groups = [[word, *names] for word, names in aliases().items()]
    return {"pages": pages, "entries": found, "aliases": groups}


def write_data(app: Sphinx, exception: Exception | None) -> None:
    """Write the data beside the pages."""
    if exception is None and app.builder.name == "html":
        text = json.dumps(data(app), ensure_ascii=False, separators=(",", ":"))
        # A script may not hold these two line ends in a string of older browsers.
        text = re.sub("[\u2028\u2029]", " ", text)
        path = Path(app.outdir) / DATA
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"koreanSearch.load({text});\n", encoding="utf-8")


def replace_sphinx_search(app: Sphinx) -> None:
    """Make the page `search.html` from our template, without Sphinx's index."""
    if app.builder.name == "html":
        app.builder.search = False


def search_page(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the page of the search."""
    if app.builder.name == "html":
        yield "search", {"title": "검색"}, "search.html"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the data and the page with Sphinx."""
    app.connect("builder-inited", replace_sphinx_search)
    app.connect("html-collect-pages", search_page)
    app.connect("build-finished", write_data)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
