"""The built pages: links, what they load, the map of the book, the reference."""

import ast
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from kerasnlp_tutorial import registry

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "kerasnlp_tutorial"
PROGRAMS = ["cli", "demo"]  # used from the command line, not imported
PARTS_OF_DEMO = ["book_api", "decoding", "limits", "views"]  # but for these


class Page(HTMLParser):
    """What a page links to, loads, and can be linked at."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loaded, self.anchors = [], [], {"", "top"}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.anchors |= {values[key] for key in ("id", "name") if values.get(key)}
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        elif tag == "link" and values.get("rel") != "canonical":
            self.loaded.append(values.get("href") or "")
        elif values.get("src"):
            self.loaded.append(values["src"])


@pytest.fixture(scope="module")
def pages(site):
    """Page by path."""
    paths = [path for path in site.rglob("*.html") if "_static" not in path.parts]
    return {path: Page(path) for path in paths}


def is_local(address):
    parts = urlsplit(address)
    return not parts.scheme and not parts.netloc


# === Links ===


def test_no_internal_link_is_broken(site, pages):
    broken = []
    for path, page in pages.items():
        for address in filter(is_local, page.links + page.loaded):
            parts = urlsplit(address)
            target = (path.parent / unquote(parts.path)).resolve()
            target = path if not parts.path else target
            anchor = unquote(parts.fragment)
            if not target.is_file() or (
                target in pages and anchor not in pages[target].anchors
            ):
                broken.append(f"{path.relative_to(site)}: {address}")
    assert broken == []


def test_outputs_that_were_kept_are_not_pages(pages):
    assert [path for path in pages if ".jupyter_cache" in path.parts] == []


def test_no_page_loads_anything_from_another_host(site, pages):
    for path, page in pages.items():
        foreign = [a for a in page.loaded if not is_local(a) and a[:5] != "data:"]
        assert foreign == [], path
    for path in (site / "_static").rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(url\(|@import)[\s\"']*(https?:)?//", text), path


def test_formulas_need_no_letters_that_are_not_vendored(site):
    # MathJax would look for them at a CDN, had conf.py not told it otherwise.
    for path in site.rglob("*.html"):
        for formula in re.findall(
            r'class="math[^"]*">([^<]*)', path.read_text(encoding="utf-8")
        ):
            rare = re.search(r"\\(math(bb|cal|scr|frak|tt)|text(tt|sf|it))\b", formula)
            assert not rare, (path.name, formula)
    page = (site / "chapters/ch03_language_models.html").read_text(encoding="utf-8")
    assert '"fonts": "[mathjax]/fonts"' in page


def test_a_chapter_s_page_says_how_long_it_takes_and_opens_on_colab(
    pages, site, extension
):
    notebooks = extension("notebooks")
    for chapter in registry.CHAPTERS:
        page = site / f"chapters/{chapter.module_name}.html"
        minutes = notebooks.facts(chapter.module_name)["minutes"]
        assert f"CPU 두 코어에서 {minutes}분쯤" in page.read_text(encoding="utf-8")
        assert notebooks.colab_url(chapter.module_name) in pages[page].links


def test_anchors_of_korean_titles_are_readable(pages, site):
    assert "책의-지도" in pages[site / "index.html"].anchors
    assert (
        "새-문장-분류하기" in chapter_page(pages, site, registry.find("ch04")).anchors
    )


# === The map of the book ===


def chapter_page(pages, site, chapter):
    return pages[site / f"chapters/{chapter.module_name}.html"]


def test_the_map_leads_to_page_notebook_and_module_of_each_chapter(pages, site):
    links = pages[site / "index.html"].links
    for chapter in registry.CHAPTERS:
        name = chapter.module_name
        assert f"chapters/{name}.html" in links
        assert any(link.endswith(f"/{name}.ipynb") for link in links if is_local(link))
        assert any(link.endswith(f"/docs/chapters/{name}.ipynb") for link in links)
        assert (
            f"reference/chapters.html#module-kerasnlp_tutorial.chapters.{name}" in links
        )


@pytest.mark.parametrize("chapter", registry.CHAPTERS, ids=lambda c: c.name)
def test_the_map_knows_each_chapter(extension, chapter):
    facts = extension("notebooks").facts(chapter.module_name)
    texts = [facts.pop(key, "") for key in ("idea", "task", "model", "data")]
    assert all(texts), f"docs/book.toml lacks something of {chapter.module_name}"
    minutes = facts.pop("minutes", None)
    assert isinstance(minutes, int) and minutes > 0, (
        f"docs/book.toml: minutes of {chapter.module_name}; measure them with "
        f"`python docs/notebooks.py run docs/chapters/{chapter.module_name}.ipynb`"
    )
    assert facts == {}
    assert (ROOT / f"docs/chapters/{chapter.module_name}.ipynb").is_file()


def test_the_map_has_no_chapter_that_the_book_has_not(extension):
    import tomllib

    book = tomllib.loads(extension("notebooks").BOOK.read_text(encoding="utf-8"))
    assert [name for name in book if not re.match(r"ch0[1-8]_", name)] == []


# === The reference ===


def public_names(path):
    """The public names of a module, from its source: `__all__` or what it defines."""
    names = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            if node.targets[0].id == "__all__":
                return ast.literal_eval(node.value)
            names.append(node.targets[0].id)
    return [name for name in names if not name.startswith("_") and name != "logger"]


def documented_modules():
    modules = {path.stem: path for path in PACKAGE.glob("[a-z]*.py")}
    for path in PACKAGE.glob("*/__init__.py"):
        modules[path.parent.name] = path
    for name in PARTS_OF_DEMO:
        modules[f"demo.{name}"] = PACKAGE / f"demo/{name}.py"
    return {name: path for name, path in modules.items() if name not in PROGRAMS}


@pytest.fixture(scope="module")
def inventory(site):
    """Full names of all that the reference describes."""
    content = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    return {line.split()[0] for line in zlib.decompress(content).decode().splitlines()}


@pytest.mark.parametrize(("name", "path"), documented_modules().items())
def test_every_public_name_is_in_the_reference(inventory, name, path):
    module = f"kerasnlp_tutorial.{name}"
    assert module in inventory, (
        f"add ```{{api}} {module}``` to a page of docs/reference"
    )
    described = {full.rpartition(".")[2] for full in inventory}
    for public in public_names(path):
        # What a package passes on from another is described there.
        passed_on = path.name == "__init__.py" and public in described
        assert f"{module}.{public}" in inventory or passed_on, public


@pytest.mark.parametrize("chapter", registry.CHAPTERS, ids=lambda c: c.name)
def test_every_function_of_a_chapter_is_in_the_reference(inventory, chapter):
    path = ROOT / f"chapters/{chapter.module_name}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = ast.FunctionDef | ast.ClassDef
    names = [node.name for node in tree.body if isinstance(node, kinds)]
    module = f"kerasnlp_tutorial.chapters.{chapter.module_name}"
    if chapter.number >= 4:
        names += ["INPUT_FIELDS", "METRICS", "CORPORA"]
    missing = {f"{module}.{name}" for name in names if name[0] != "_"} - inventory
    assert missing == set()


def test_the_reference_shows_neither_markdown_nor_this_machine(site):
    for path in (site / "reference").glob("*.html"):
        text = re.sub(r"<[^>]+>", "", path.read_text(encoding="utf-8"))
        for wrong in ("```", "](http", str(ROOT), "PosixPath"):
            assert wrong not in text, (path.name, wrong)


def test_markdown_in_docstrings_becomes_restructuredtext(extension):
    api = extension("api")
    docstring = """Say `x` as [Li, 2016](https://arxiv.org/abs/1510.03055) has it.

    Returns:
        `("a",)`: or `## ` marks.

    Example:
    ```python
    say("`")
    ```
    """
    lines = api.to_rest(docstring.splitlines())
    assert (
        lines[0]
        == "Say ``x`` as `Li, 2016 <https://arxiv.org/abs/1510.03055>`__ has it."
    )
    assert lines[3:5] == ["        \\ ", '        ``("a",)``: or ``##`` marks.']
    block = lines.index("    .. code-block:: python")
    assert lines[block + 2] == '        say("`")'


# === Texts that stand elsewhere ===


def test_a_section_of_the_readme_brings_usable_links(extension):
    readme = extension("readme")
    text = "# A\n\n## 가\n\n![그림](docs/images/a.svg) [나](#나)\n[코드](setup.cfg)\n[시험](tests)\n\n## 나\n\n끝\n"
    received = readme.section(text, "가")
    repository = extension("notebooks").repository()
    assert "![그림](/images/a.svg) [나](#나)" in received
    assert f"[코드]({repository}/blob/main/setup.cfg)" in received
    assert f"[시험]({repository}/tree/main/tests)" in received
    assert "끝" not in received
    with pytest.raises(Exception, match="no '## 다'"):
        readme.section(text, "다")


def test_every_model_card_has_its_place():
    page = (ROOT / "docs/reference/presets.md").read_text(encoding="utf-8")
    cards = sorted((ROOT / "data/presets").glob("*/README.md"))
    names = [card.parent.name for card in cards]
    assert [name for name in names if f"presets/{name}/README.md" not in page] == []


def test_the_results_are_those_of_the_readme(site):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    page = (site / "results.html").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| (?:`sample`|\d[\d,]*) .*$", readme)
    numbers = {number for row in rows for number in re.findall(r"0\.\d{3}", row)}
    assert len(numbers) > 5
    assert [number for number in numbers if number not in page] == []
