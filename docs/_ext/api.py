"""API reference of whole modules, generated from their docstrings.

    ```{api} kerasnlp_tutorial.metrics
    ```

inserts an autodoc directive for every public name: the names in `__all__`, or else the
names without an underscore that the module defines. `{api-chapters}` does so for all
chapters of the registry. Docstrings are in Google style with Markdown, as in Keras and
KerasNLP; `to_rest` converts them to reStructuredText for autodoc.
"""

import ast
import dataclasses
import importlib
import inspect
import re
import textwrap
import types
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.inspect import signature as inspect_signature
from sphinx.util.inspect import stringify_signature

from kerasnlp_tutorial import registry
from kerasnlp_tutorial.datasets import Corpus

_CONSTANTS = ("INPUT_FIELDS", "METRICS", "CORPORA")  # public constants of chapters
_MAX_FIELDS = 8  # dataclasses with more fields do not list them in the signature

# === What is public ===


def public_names(module: types.ModuleType) -> list[str]:
    """Return the public names of a module: `__all__`, or the names that it defines.

    Loggers are not public. Of the constants of a chapter, only those that other code
    uses are public.

    Args:
        module: the module.
    """
    if hasattr(module, "__all__"):
        return list(module.__all__)
    is_chapter = ".chapters." in module.__name__
    return [
        name
        for node in ast.parse(inspect.getsource(module)).body
        for name in _defined(node, _CONSTANTS if is_chapter else None)
        if not name.startswith("_") and name != "logger"
    ]


def _defined(node: ast.stmt, constants: tuple[str, ...] | None) -> list[str]:
    """Return the names that a statement defines.

    Args:
        node: the statement.
        constants: names of constants to include; None for all.
    """
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.AnnAssign):
        targets = [node.target]
    else:
        targets = node.targets if isinstance(node, ast.Assign) else []
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    return [name for name in names if constants is None or name in constants]


# === From a module to directives ===


def reference(module: types.ModuleType) -> str:
    """Return the reference of a module in reStructuredText.

    Args:
        module: the module.
    """
    summary = (module.__doc__ or "").strip().partition("\n\n")[0]
    # The docstring of a chapter is part of its text, not a summary.
    summary = summary if "chapters" not in module.__name__ else ""
    lines = [f".. py:module:: {module.__name__}", "", *to_rest(summary.splitlines())]
    for name in public_names(module):
        lines += ["", *_describe(module, name)]
    return "\n".join(lines)


def _describe(module: types.ModuleType, name: str) -> list[str]:
    value, path = getattr(module, name), f"{module.__name__}.{name}"
    home = getattr(value, "__module__", "")
    if inspect.isclass(value) or inspect.isfunction(value):
        if not home.startswith(module.__name__):
            package = home.rpartition(".")[0]
            return [f":py:obj:`{name} <{package}.{name}>` ({package})"]
        if inspect.isfunction(value):
            return [f".. autofunction:: {path}"]
        bases = [] if value.__bases__ == (object,) else ["   :show-inheritance:"]
        return [f".. autoclass:: {path}", "   :members:", *bases]
    return [f".. py:data:: {name}", "", f"   {_constant(value)}"]


def _constant(value: Any) -> str:
    """Describe a constant without machine-dependent values, such as folders."""
    if isinstance(value, Corpus):
        return f"``{value.name}``: {value.title}. {value.licence}. {value.citation}."
    if isinstance(value, dict) and any(map(dataclasses.is_dataclass, value.values())):
        return ", ".join(f"``{name}``" for name in value)
    if isinstance(value, str | int | float | dict | types.GenericAlias):
        return f"``{value!r}``"
    if isinstance(value, PurePath) and not value.is_absolute():
        return f"``{value}``"
    return type(value).__name__


# === From Markdown to reStructuredText ===

_EMPTY = "\\ "  # keeps napoleon from reading the start of a text as a type
_LINK = re.compile(r"\[([^\]]+)\]\((https?://[^)\s]+)\)")
_CODE = re.compile(r"(?<![`:\w])`([^`]+)`(?!`)")


def to_rest(lines: list[str]) -> list[str]:
    """Convert the Markdown of a docstring to reStructuredText.

    Converts inline code, links and fenced blocks; other markup is the same in both.

    Args:
        lines: lines of the docstring.
    """
    lines = list(_mark_untyped_results(lines))
    parts = re.split(r"(?ms)^( *)```(\w*)\n(.*?)^ *```$", "\n".join(lines))
    text = _inline(parts[0])
    for indent, language, code, after in zip(*[iter(parts[1:])] * 4, strict=True):
        block = textwrap.indent(textwrap.dedent(code), "    ")
        block = f"\n.. code-block:: {language or 'text'}\n\n{block}"
        text += textwrap.indent(block, indent) + _inline(after)
    return text.split("\n")


def _mark_untyped_results(lines: list[str]) -> Iterator[str]:
    """Start descriptions of results with an empty text: types are in the signatures."""
    for line in lines:
        yield line
        if re.fullmatch(r"\s*(Returns|Yields)\b.*:", line):
            indent = " " * (len(line) - len(line.lstrip()) + 4)
            yield indent + _EMPTY


def _inline(text: str) -> str:
    return _LINK.sub(r"`\1 <\2>`__", _CODE.sub(_literal, text))


def _literal(match: re.Match) -> str:
    # In reStructuredText, a literal must not end in whitespace, and before a letter,
    # such as a Korean particle, it ends with a backslash and a space, not shown.
    after = match.string[match.end() : match.end() + 1]
    return f"``{match[1].strip()}``" + ("\\ " if after.isalnum() else "")


def process_docstring(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Convert a docstring in place, before napoleon reads it."""
    lines[:] = to_rest(lines)
    if what in ("attribute", "data", "property"):
        lines[:0] = [_EMPTY]


def process_signature(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, *signature: str | None
) -> tuple[str | None, str | None] | None:
    """Replace signatures that are not informative or too long.

    Keras classes have a `__new__` with `*args, **kwargs`, so the signature comes from
    `__init__`. Dataclasses with many fields document them below the signature.
    """
    if not inspect.isclass(obj):
        return None
    if dataclasses.is_dataclass(obj) and len(dataclasses.fields(obj)) > _MAX_FIELDS:
        return "(**fields)", None
    if signature[0] == "(*args, **kwargs)":
        init_signature = inspect_signature(obj.__init__, bound_method=True)
        return stringify_signature(init_signature), None
    return None


def skip_member(
    app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any
) -> bool | None:
    """Skip `backbone_cls` and similar attributes of KerasNLP.

    They are aliases of classes. The Korean translation of "alias of" has a particle
    where reStructuredText needs a space.
    """
    return True if name.endswith("_cls") else None


class Api(SphinxDirective):
    """Directive with the reference of the module in its argument."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        module = importlib.import_module(self.arguments[0])
        self.env.note_dependency(module.__file__)
        source = f"````{{eval-rst}}\n{reference(module)}\n````"
        return self.parse_text_to_nodes(source)


class ApiChapters(SphinxDirective):
    """Directive with the reference of every chapter under its title."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(registry.__file__)
        parts = [
            f"## {chapter.number}장 {chapter.title}\n\n"
            f"```{{api}} kerasnlp_tutorial.chapters.{chapter.module_name}\n```"
            for chapter in registry.CHAPTERS
        ]
        return self.parse_text_to_nodes("\n\n".join(parts), allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives and the conversion with Sphinx."""
    app.add_directive("api", Api)
    app.add_directive("api-chapters", ApiChapters)
    app.connect("autodoc-process-docstring", process_docstring, priority=400)
    app.connect("autodoc-process-signature", process_signature)
    app.connect("autodoc-skip-member", skip_member)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
