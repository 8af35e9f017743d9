"""Link a term to the glossary where a page first explains it.

The chapters introduce a term as `토큰화(tokenization)`. They are notebooks too, in
which a `{term}` role would stand as it is, so the link is made here, on the site only:
at the first place on a page where a term of the glossary stands with its English name.
"""

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.nodes import make_refnode

GLOSSARY = "glossary"
PAGES = "chapters/"
_KEEP_OUT = (nodes.reference, nodes.title, nodes.literal, nodes.literal_block)


def use_terms_as_anchors(app: Sphinx, doctree: nodes.document) -> None:
    """Link a term by its name, and not by docutils' `term-0`, `term-1`."""
    if app.env.docname != GLOSSARY:
        return
    known = app.env.domains.standard_domain.objects
    for term in doctree.findall(nodes.term):
        slug = "-".join(term.astext().split())
        term["ids"] = [slug, *term["ids"]]
        known["term", term.astext()] = (GLOSSARY, slug)
        # The search shows what stands at an entry's anchor: nothing, at docutils' own.
        for index in term.findall(addnodes.index):
            index["entries"] = [
                (kind, value, slug, *more) for kind, value, _, *more in index["entries"]
            ]


def glossary_terms(glossary: nodes.document) -> dict[str, tuple[str, str]]:
    """Return Korean term to (English term in lower case, anchor)."""
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
    """Yield texts with the places, start and end, of terms not met before."""
    # The longest first: 서브워드 토큰화 before 토큰화.
    names = sorted(map(re.escape, terms), key=len, reverse=True)
    names = "|".join(names).replace(r"\ ", r"\s")  # also across lines
    pattern = re.compile(rf"({names})\s?\(([A-Za-z][^()]*)\)")
    _join_lines(doctree)
    met = set()
    for text in list(doctree.findall(nodes.Text)):
        if _inside(text, _KEEP_OUT):
            continue
        places = []
        for match in pattern.finditer(_with_what_follows(text)):
            term = _words(match[1])
            english = [_words(part) for part in match[2].lower().split(",")]
            within = match.end(1) <= len(text)
            if within and term not in met and terms[term][0] in english:
                met.add(term)
                places.append((match.start(1), match.end(1), term))
        if places:
            yield text, places


def _join_lines(doctree: nodes.document) -> None:
    """Make one text of the lines of a paragraph, which MyST keeps apart."""
    for element in list(doctree.findall(nodes.TextElement)):
        joined, before = [], None
        for child in element.children:
            if isinstance(child, nodes.Text) and isinstance(before, nodes.Text):
                joined[-1] = child = nodes.Text(before + child)
            else:
                joined.append(child)
            before = child
        element[:] = joined


def _words(text: str) -> str:
    return " ".join(text.split())


def _with_what_follows(text: nodes.Text) -> str:
    """Return a text, and the one after its emphasis: **풀러**(pooler)."""
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
    """Link the first uses of the glossary's terms on a chapter's page."""
    if not page.startswith(PAGES) or GLOSSARY not in app.env.found_docs:
        return
    terms = glossary_terms(app.env.get_doctree(GLOSSARY))
    for text, places in first_uses(doctree, terms):
        pieces, end_before, source = [], 0, text.astext()
        for start, end, term in places:
            pieces.append(nodes.Text(source[end_before:start]))
            inner = nodes.inline(term, term, classes=["std", "std-term"])
            anchor = terms[term][1]
            pieces.append(make_refnode(app.builder, page, GLOSSARY, anchor, inner))
            end_before = end
        pieces.append(nodes.Text(source[end_before:]))
        text.parent.replace(text, [piece for piece in pieces if piece.astext()])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register anchors and links with Sphinx."""
    app.connect("doctree-read", use_terms_as_anchors)
    app.connect("doctree-resolved", link_terms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
