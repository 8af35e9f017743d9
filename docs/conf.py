"""The site. Build it with `sphinx-build -W --keep-going docs docs/_build/html`."""

import ast
import hashlib
import importlib.metadata
import os
import shutil
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
# The pages show and run this clone, not a package that happens to be installed.
sys.path[:0] = [str(DOCS / "_ext"), str(DOCS), str(ROOT)]
os.environ["PYTHONPATH"] = str(ROOT)  # the kernels inherit it

import notebooks  # noqa: E402

import kerasnlp_tutorial  # noqa: E402

if stale := notebooks.stale():
    names = ", ".join(path.name for path in stale)
    raise RuntimeError(f"run `python docs/notebooks.py build`: not in step: {names}")

project = "kerasnlp-tutorial"
author = "kerasnlp-tutorial"
version = release = kerasnlp_tutorial.__version__
language = "ko"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    *("api", "book_map", "glossary_links", "korean", "readme"),  # in _ext
]
exclude_patterns = [".jupyter_cache", "_build", "_ext", "_static", "images"]
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

# === Reference ===

add_module_names = False
maximum_signature_line_length = 40  # else a parameter a line, for phones
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = False  # Keras describes its own methods
napoleon_custom_sections = [
    ("Call arguments", "params_style"),
    ("Returns (of a call)", "returns_style"),
    ("Raises (while iterating)", "returns_style"),
]

# === Executed pages ===


_PACKAGES = ("tensorflow", "keras", "keras-hub", "tensorflow-text", "tokenizers")
_PACKAGES += ("numpy", "matplotlib")


def outputs_key() -> str:
    """Name the cache of outputs after all that the outputs depend on.

    The cache itself looks at a page's cells only, and would show old outputs after a
    change of the package, of another chapter's functions or of Keras.
    """
    digest = hashlib.sha256()
    for folder in ("kerasnlp_tutorial", "data"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(path.read_bytes())
    # Chapters use each other's functions; what only a page runs is its own cells'.
    for path in sorted((ROOT / "chapters").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.If):
                digest.update(ast.dump(node).encode())
    digest.update(sys.version.encode())
    for name in _PACKAGES:
        digest.update(importlib.metadata.version(name).encode())
    return digest.hexdigest()[:16]


_cache = DOCS / ".jupyter_cache"
nb_execution_cache_path = str(_cache / outputs_key())
for _old in _cache.glob("*"):
    if str(_old) != nb_execution_cache_path:
        shutil.rmtree(_old)
nb_execution_mode = "cache"
nb_execution_in_temp = True  # trainings write to runs/
nb_execution_raise_on_error = True
nb_execution_timeout = 900  # seconds a cell
nb_merge_streams = True
nb_output_stderr = "remove"  # what TensorFlow says of the machine it runs on
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # the kernels inherit it
nb_code_prompt_show = "풀이 보기"
nb_code_prompt_hide = "풀이 접기"

# === HTML ===

html_theme = "sphinx_book_theme"
html_title = "BERT와 GPT로 배우는 한국어 자연어 처리"
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["korean.css"]
html_context = {"default_mode": "auto"}
html_theme_options = {
    "repository_url": notebooks.repository(),
    "repository_branch": notebooks.BRANCH,
    "path_to_docs": "docs",
    "use_repository_button": True,
    "launch_buttons": {"colab_url": notebooks.COLAB},
    "navbar_persistent": [],  # else there are two search boxes
    "show_toc_level": 2,
    "footer_content_items": [],
}
html_copy_source = True
html_use_index = html_domain_indices = False  # wider than a phone; the search has all
mathjax_path = "mathjax/tex-svg.js"  # in _static: nothing comes from another host
# Its speech needs files that are not vendored; screen readers get MathML instead.
_no_speech = {"speech": False, "braille": False, "enrich": False}
mathjax4_config = {
    "options": {"menuOptions": {"settings": _no_speech | {"assistiveMml": True}}},
    # Rare letters (\mathbb and the like) are not vendored: missing, not from a CDN.
    "loader": {"paths": {"fonts": "[mathjax]/fonts"}},
}
