"""Links from chapters to the glossary.

Chapters introduce a term as `토큰화(tokenization)`. They are also notebooks, which
would show a `{term}` role as plain text, so this extension adds the links to the site
only. It links the first occurrence on a page of a glossary term with its English name.
"""

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.nodes import make_refnode

GLOSSARY = "glossary"
PAGES = "chapters/"
_EXCLUDED = (nodes.reference, nodes.title, nodes.literal, nodes.literal_block)


def use_terms_as_anchors(app: Sphinx, doctree: nodes.document) -> None:
    """Use the names of terms as anchors instead of `term-0`, `term-1` of docutils."""
    if app.env.docname != GLOSSARY:
        return
    known = app.env.domains.standard_domain.objects
    for term in doctree.findall(nodes.term):
        slug = "-".join(term.astext().split())
        term["ids"] = [slug, *term["ids"]]
        known["term", term.astext()] = (GLOSSARY, slug)
        # Search results show the text at the anchor of an entry; the anchors of
        # docutils have no text.
        for index in term.findall(addnodes.index):
            index["entries"] = [
                (kind, value, slug, *more) for kind, value, _, *more in index["entries"]
            ]


def glossary_terms(glossary: nodes.document) -> dict[str, tuple[str, str]]:
    """Return a dictionary of Korean terms to (lowercase English term, anchor).

    Args:
        glossary: the glossary page.
    """
    terms = {}
    for item in glossary.findall(nodes.definition_list_item):
        names = list(item.findall(nodes.term))
        if len(names) >= 2:
            korean, english = (name.astext() for name in names[:2])
            terms[korean] = (english.lower(), names[0]["ids"][0])
    return terms


def first_uses(
    doctree: nodes.document, terms: dict[str, tuple[str, str]]
) -> Iterator[tuple[nodes.Text, list[tuple[int, int, str]]]]:
    """Find the first occurrence of each term.

    Args:
        doctree: the page.
        terms: terms, as `glossary_terms` returns them.

    Yields:
        A text node, and (start, end, term) of the first occurrences in it.
    """
    # Longest first: 서브워드 토큰화 before 토큰화.
    names = sorted(map(re.escape, terms), key=len, reverse=True)
    names = "|".join(names).replace(r"\ ", r"\s")  # also across lines
    pattern = re.compile(rf"({names})\s?\(([A-Za-z][^()]*)\)")
    _join_lines(doctree)
    seen = set()
    for text in list(doctree.findall(nodes.Text)):
        if _inside(text, _EXCLUDED):
            continue
        matches = []
        for match in pattern.finditer(_with_what_follows(text)):
            term = _normalize_spaces(match[1])
            english = [_normalize_spaces(part) for part in match[2].lower().split(",")]
            within = match.end(1) <= len(text)
            if within and term not in seen and terms[term][0] in english:
                seen.add(term)
                matches.append((match.start(1), match.end(1), term))
        if matches:
            yield text, matches


def _join_lines(doctree: nodes.document) -> None:
    """Join the lines of a paragraph, which are separate text nodes in MyST."""
    for element in list(doctree.findall(nodes.TextElement)):
        joined, previous = [], None
        for child in element.children:
            if isinstance(child, nodes.Text) and isinstance(previous, nodes.Text):
                joined[-1] = child = nodes.Text(previous + child)
            else:
                joined.append(child)
            previous = child
        element[:] = joined


def _normalize_spaces(text: str) -> str:
    return " ".join(text.split())


def _with_what_follows(text: nodes.Text) -> str:
    """Return a text, with the text after its emphasis if any: **풀러**(pooler)."""
    parent = text.parent
    if isinstance(parent, nodes.strong | nodes.emphasis):
        for after in parent.parent[parent.parent.index(parent) + 1 :][:1]:
            if isinstance(after, nodes.Text):
                return text.astext() + after.astext()
    return text.astext()


def _inside(node: nodes.Node, classes: tuple[type, ...]) -> bool:
    while (node := node.parent) is not None:
        if isinstance(node, classes):
            return True
    return False


def link_terms(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Link the first occurrence of each glossary term on the page of a chapter."""
    if not page.startswith(PAGES) or GLOSSARY not in app.env.found_docs:
        return
    terms = glossary_terms(app.env.get_doctree(GLOSSARY))
    for text, matches in first_uses(doctree, terms):
        pieces, previous_end, source = [], 0, text.astext()
        for start, end, term in matches:
            pieces.append(nodes.Text(source[previous_end:start]))
            inner = nodes.inline(term, term, classes=["std", "std-term"])
            anchor = terms[term][1]
            pieces.append(make_refnode(app.builder, page, GLOSSARY, anchor, inner))
            previous_end = end
        pieces.append(nodes.Text(source[previous_end:]))
        text.parent.replace(text, [piece for piece in pieces if piece.astext()])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register anchors and links with Sphinx."""
    app.connect("doctree-read", use_terms_as_anchors)
    app.connect("doctree-resolved", link_terms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
