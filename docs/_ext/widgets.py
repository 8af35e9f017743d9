"""Widgets that run the models of the package in the reader's browser.

    ```{widget} classify
    :text: 배우들 연기가 살아 있네요
    :examples: 돈이 아깝다|또 보고 싶어요
    ```

Chapters are also notebooks, which would show a directive as plain text, so
`docs/widgets.toml` says which widget stands in which section of a chapter. Models are
converted once and kept in the package's cache. The classifier is the model of chapter 4
with which chapter 8 judges texts; it is trained if the cache lacks it, unless
`widgets_train` is false: then pages do not show `classify`.
"""

import hashlib
import html
import json
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import notebooks
import widget_models
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from kerasnlp_tutorial import files, runs

logger = logging.getLogger(__name__)
DOCS = notebooks.ROOT / "docs"
PLACES = DOCS / "widgets.toml"
PROGRAM = [DOCS / f"widgets/{name}.js" for name in ("bert", "gpt2", "worker")]
KINDS = ("attention", "beams", "classify", "fill", "generate", "next", "tokens")
CLASSIFIER = ("ch04", "sample")  # arguments of `trained_once`
FACTS = "facts.json"


# === Models ===


def write_files(app: Sphinx) -> None:
    """Write the scripts of models and program to the static files of the site."""
    if app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static/widgets"
    static.mkdir(parents=True, exist_ok=True)
    known = {}
    for name, folder in converted_models(app.config.widgets_train).items():
        known[name] = files.read_json(folder / FACTS)
        (static / name).mkdir(exist_ok=True)
        for path in folder.glob("*.js"):
            shutil.copyfile(path, static / name / path.name)
    program = widget_models.program(PROGRAM)
    version = hashlib.sha256(program.encode()).hexdigest()[:12]
    known["program"] = {"version": version}
    (static / "program.js").write_text(program, encoding="utf-8")
    index = f"KoreanModels.describe({json.dumps(known)});\n"
    (static / "index.js").write_text(index, encoding="utf-8")


def converted_models(train: bool) -> dict[str, Path]:
    """Return the folder of each model's scripts; convert what the cache lacks.

    Args:
        train: whether to train the classifier if there is none.
    """
    cache, folders = files.cache_dir() / "widgets", {}
    cache.mkdir(parents=True, exist_ok=True)
    for name, source in _sources(train):
        folder = cache / f"{name}-{_digest(source)}"
        with files.locked(cache / "lock"):
            if not folder.is_dir():
                logger.info("converting %s for the widgets", name)
                with files.written_whole(folder) as part:
                    part.mkdir()
                    facts = widget_models.write(_load(name, source), part)
                    files.write_json(part / FACTS, facts)
        folders[name] = folder
    return folders


def _sources(train: bool) -> Iterator[tuple[str, Path]]:
    """Yield name and folder of each model."""
    from kerasnlp_tutorial.checkpoints import preset_folder
    from kerasnlp_tutorial.trained import trained_once

    for name in ("bert_mini_ko", "gpt2_mini_ko"):
        yield name, Path(preset_folder(name))
    path = runs.cached_path("-".join(CLASSIFIER))
    if train:
        trained_once(*CLASSIFIER)
    if (path / runs.TRAINING_FILE).is_file():
        yield "classifier", path


def _load(name: str, folder: Path) -> dict[str, Any]:
    from kerasnlp_tutorial.checkpoints import load_causal_lm, load_masked_lm
    from kerasnlp_tutorial.trained import load_trained

    if name == "classifier":
        return widget_models.classifier(name, load_trained(folder))
    if name.startswith("bert"):
        return widget_models.bert(name, load_masked_lm(folder))
    return widget_models.gpt2(name, load_causal_lm(folder))


def _digest(folder: Path) -> str:
    digest = hashlib.sha256(Path(widget_models.__file__).read_bytes())
    for path in widget_models.model_files(folder):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


# === Pages ===


def widget(kind: str, text: str = "", examples: list[str] | None = None) -> nodes.raw:
    """Return a widget; a page without JavaScript shows a sentence in its place.

    Args:
        kind: one of `KINDS`.
        text: what stands in its first field.
        examples: texts to choose from.
    """
    values = {"widget": kind, "text": text, "examples": "|".join(examples or [])}
    attributes = " ".join(
        f'data-{name}="{html.escape(value)}"' for name, value in values.items() if value
    )
    inside = "<p>이 자리의 실습은 자바스크립트를 켜면 열립니다.</p>"
    node = nodes.raw(
        "",
        f'<div class="korean-widget" {attributes}>{inside}</div>',
        format="html",
    )
    node["widget"] = kind
    return node


class Widget(SphinxDirective):
    """Directive with a widget."""

    required_arguments = 1
    option_spec: ClassVar = {
        "text": directives.unchanged,
        "examples": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        kind = directives.choice(self.arguments[0], KINDS)
        examples = self.options.get("examples", "").split("|")
        return [widget(kind, self.options.get("text", ""), examples)]


def insert(app: Sphinx, doctree: nodes.document) -> None:
    """Add the widgets of `docs/widgets.toml` to a chapter."""
    page = app.env.docname
    if not page.startswith("chapters/"):
        return
    app.env.note_dependency(str(PLACES))
    places = tomllib.loads(PLACES.read_text(encoding="utf-8"))["widget"]
    for place in places:
        if place["page"] != page:
            continue
        section = _section(doctree, place["section"])
        if section is None:
            logger.warning(
                "no section of %s has '%s' in its title: mend %s",
                page,
                place["section"],
                PLACES.name,
                location=page,
            )
            continue
        node = widget(place["kind"], place.get("text", ""), place.get("examples"))
        inner = section.first_child_matching_class(nodes.section)
        section.insert(len(section) if inner is None else inner, node)


def _section(doctree: nodes.document, words: str) -> nodes.section | None:
    for section in doctree.findall(nodes.section):
        if words in section[0].astext():
            return section
    return None


def add_scripts(
    app: Sphinx, page: str, template: str, context: Any, doctree: nodes.document | None
) -> None:
    """Load the scripts on pages that have a widget."""
    if doctree and any("widget" in node for node in doctree.findall(nodes.raw)):
        app.add_css_file("widgets.css")
        app.add_js_file("widgets.js")
        app.add_js_file("widgets/index.js")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and the hooks with Sphinx."""
    app.add_config_value("widgets_train", True, "", bool)
    app.add_directive("widget", Widget)
    app.connect("builder-inited", write_files)
    app.connect("doctree-read", insert)
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
