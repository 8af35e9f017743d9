"""The site. Build it with

sphinx-build -W -d docs/_build/doctrees docs docs/_build/html
"""

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
    "sphinx.ext.githubpages",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    # In _ext:
    *("api", "book_map", "cite", "formulas", "glossary_links", "glossary_terms"),
    *("korean", "labels", "long_words", "outputs", "page_head", "pictures_inline"),
    *("repository_links", "site_search", "web_fonts", "widgets"),
]
exclude_patterns = [".jupyter_cache", "_build", "_ext", "_static", "images", "widgets"]
templates_path = ["_templates"]
locale_dirs = ["locale"]  # Korean labels of the theme
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

_outputs = notebooks.outputs_folder()
nb_execution_cache_path = str(_outputs)
for _old in _outputs.parent.glob("*"):
    if _old != _outputs:
        shutil.rmtree(_old)
nb_execution_mode = "cache"
nb_execution_in_temp = True  # trainings write to runs/
nb_execution_raise_on_error = True
nb_execution_timeout = notebooks.TIMEOUT
nb_merge_streams = True
nb_output_stderr = "remove"  # what TensorFlow says of the machine it runs on
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # the kernels inherit it
nb_code_prompt_show = "풀이 보기"
nb_code_prompt_hide = "풀이 접기"

copybutton_line_continuation_character = "\\"

# === HTML ===

html_theme = "sphinx_book_theme"
html_title = "BERT와 GPT로 배우는 한국어 자연어 처리"
html_baseurl = notebooks.site_url()
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["fonts.css", "korean.css"]
html_js_files = ["search.js"]
html_context = {"default_mode": "auto"}
html_last_updated_fmt = "%Y년 %m월 %d일"
html_math_renderer = "mathml"  # of the extension `formulas`
html_theme_options = {
    "repository_url": notebooks.repository(),
    "repository_branch": notebooks.BRANCH,
    "path_to_docs": "docs",
    "use_repository_button": True,
    "launch_buttons": {"colab_url": notebooks.COLAB},
    "logo": {"text": "한국어 자연어 처리"},  # the home page has the title
    "navbar_persistent": [],  # else there are two search boxes
    "show_toc_level": 2,
    "primary_sidebar_end": [],
    "toc_title": "이 쪽의 차례",
    "search_bar_text": "검색",
    "footer_content_items": ["page-footer.html"],
}
html_use_index = html_domain_indices = False  # wider than a phone; the search has all

# === EPUB ===

epub_title = html_title
epub_basename = project
epub_author = "kerasnlp-tutorial"
epub_publisher = notebooks.repository()
epub_identifier = notebooks.site_url()
epub_scheme = "URL"
epub_copyright = "The kerasnlp-tutorial contributors, Apache-2.0"
epub_description = "책의 순서를 따라 Keras로 배우는 한국어 자연어 처리"
epub_cover = ()
epub_show_urls = "no"  # a reader of books follows a link too
epub_tocdepth = 2
epub_css_files = ["korean.css"]
# The reference of functions is for the screen.
epub_exclude_files = ["search.html"]
suppress_warnings = ["epub.unknown_project_files"]
