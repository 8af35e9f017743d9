r"""Formulas as MathML, which browsers draw and screen readers read without a script.

`docutils` converts them when the site is built, so a page with formulas loads nothing
for them; MathJax would be a third of a chapter's weight.
"""

import html
import re

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

_NAMED = re.compile(r"&(?!(?:lt|gt|amp|quot);)\w+;")
_DOTS = re.compile(r"\\dots\b")  # docutils knows \ldots and \cdots


def mathml(formula: str, as_block: bool = False) -> str:
    """Return a formula as MathML.

    Args:
        formula: the formula in LaTeX.
        as_block: whether it stands on a line by itself.

    Raises:
        ExtensionError: the formula has a command that docutils does not know.
    """
    try:
        converted = tex2mathml(_DOTS.sub(r"\\ldots", formula), as_block=as_block)
    except MathError as error:
        raise ExtensionError(f"formula {formula!r}: {error}") from None
    # XML, as in an EPUB, has no names such as &ApplyFunction;.
    return _NAMED.sub(lambda match: html.unescape(match[0]), converted)


def visit_math(self, node: nodes.math) -> None:
    """Write an inline formula."""
    self.body.append(f'<span class="math">{mathml(node.astext())}</span>')
    raise nodes.SkipNode


def visit_math_block(self, node: nodes.math_block) -> None:
    """Write a formula on a line by itself."""
    ids = "".join(f'<span id="{name}"></span>' for name in node.get("ids", []))
    formula = mathml(node.astext(), as_block=True)
    self.body.append(f'<div class="math">{ids}{formula}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the conversion with Sphinx."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
