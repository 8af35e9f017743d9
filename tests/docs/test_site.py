"""The built pages: links, what they load, the map of the book, the reference."""

import ast
import gzip
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


def test_nothing_of_the_build_is_published(site):
    assert not (site / ".doctrees").exists()
    assert (site / ".nojekyll").is_file()


def test_no_page_loads_anything_from_another_host(site, pages):
    for path, page in pages.items():
        foreign = [a for a in page.loaded if not is_local(a) and a[:5] != "data:"]
        assert foreign == [], path
    for path in (site / "_static").rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(url\(|@import)[\s\"']*(https?:)?//", text), path


def test_formulas_are_mathml_and_need_no_script(site):
    formulas = 0
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        formulas += text.count("<math ")
        assert "mathjax" not in re.sub(r'class="[^"]*"', "", text).lower(), path.name
        assert "<merror" not in text and not re.search(r"\\\\\((?!\w*</code)", text), (
            path
        )
    assert formulas > 10


def test_a_formula_with_an_unknown_command_is_refused(extension):
    formulas = extension("formulas")
    assert "<msub>" in formulas.mathml(r"w_1, \dots, w_n")
    with pytest.raises(Exception, match="no_such"):
        formulas.mathml(r"\no_such{x}")


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


def test_the_home_page_has_one_title_one_list_and_a_measured_picture(site, pages):
    text = (site / "index.html").read_text(encoding="utf-8")
    title = "BERT와 GPT로 배우는 한국어 자연어 처리"
    body = text[text.index("<body") :]
    assert body.count(title) == 1
    article = body[body.index("<article") : body.index("</article>")]
    for chapter in registry.CHAPTERS:
        row = f'href="chapters/{chapter.module_name}.html"'
        assert article.count(row) == (2 if chapter.number == 1 else 1)  # "start here"
    picture = article.index("<svg")
    assert picture < article.index("<table")
    rows = (
        (ROOT / "data/measured/transfer.tsv").read_text(encoding="utf-8").splitlines()
    )
    for value in rows[1].split("\t")[1:]:
        assert f"{float(value):.3f}" in article[: article.index("<table")]


# === What stands around a page ===


def written_pages(site):
    """The pages with a source, but for the code that viewcode shows."""
    return [
        path
        for path in site.rglob("*.html")
        if not {"_static", "_modules"} & set(path.relative_to(site).parts)
        and path.name not in ("404.html", "search.html")
    ]


def test_a_page_is_described_for_search_engines_and_links(site):
    described = {}
    for path in written_pages(site):
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(site).as_posix()
        metas = dict(
            re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)"', text)
        )
        assert 20 < len(metas["description"]) <= 160, name
        described[name] = metas["description"]
        for key in ("title", "description", "url", "image", "locale"):
            assert metas[f"og:{key}"], (name, key)
        canonical = re.findall(r'<link rel="canonical" href="([^"]+)"', text)
        assert canonical == [metas["og:url"]] and canonical[0].endswith(name), name
        assert len(re.findall("<h1[ >]", text)) == 1, name
    assert len(set(described.values())) > 0.7 * len(described)
    assert (site / "_static/card.png").stat().st_size < 100_000


def test_a_page_leads_to_its_source(site, extension):
    repository = extension("notebooks").repository()
    for path in written_pages(site):
        found = re.findall(
            rf'href="{repository}/edit/main/([^"]+)"', path.read_text("utf-8")
        )
        assert len(found) == 1 and (ROOT / found[0]).is_file(), path
    chapter = (site / "chapters/ch07_question_answering.html").read_text("utf-8")
    assert "/edit/main/chapters/ch07_question_answering.py" in chapter


def test_the_foot_of_a_page_has_licence_and_date(site):
    text = (site / "chapters/ch02_tokenization.html").read_text(encoding="utf-8")
    foot = text[text.index('class="page-footer"') :]
    assert "Apache-2.0" in foot and re.search(r"20\d\d년 \d\d월 \d\d일에 만듦", foot)


def test_a_server_finds_a_page_for_wrong_addresses_and_the_list_of_pages(
    site, extension
):
    address = extension("notebooks").site_url()
    assert re.fullmatch(r"https://[a-z0-9-]+\.github\.io/[\w-]+/", address)
    lost = (site / "404.html").read_text(encoding="utf-8")
    assert f'href="{address}"' in lost and 'src="' not in lost
    listed = re.findall("<loc>([^<]+)</loc>", (site / "sitemap.xml").read_text("utf-8"))
    pages = {path.relative_to(site).as_posix() for path in written_pages(site)}
    assert {page.removeprefix(address) for page in listed} == pages


ENGLISH = re.compile(r'(?:title|aria-label|placeholder)="([A-Za-z][A-Za-z ,.]+)"')


def test_the_labels_of_the_theme_are_korean(site):
    labels = set()
    for path in written_pages(site):
        text = path.read_text(encoding="utf-8")
        around = re.sub(r"(?s)<article.*?</article>", "", text)
        around = re.sub(r"(?s)<(script|style).*?</\1>", "", around)
        labels |= set(ENGLISH.findall(around))
        for english in (
            "Skip to",
            "Back to",
            "previous",
            "next page",
            "System",
            "Contents",
        ):
            shown = re.sub("<[^>]+>", " ", around)
            assert english not in shown, (path.name, english)
        assert "Link to this" not in text, path.name
    assert labels <= {"API", "Colab"}, labels


def test_how_to_cite_says_what_the_repository_says(site):
    import kerasnlp_tutorial

    text = (site / "cite.html").read_text(encoding="utf-8")
    assert kerasnlp_tutorial.__version__ in text
    assert not re.search(r"\b(VERSION|YEAR|REPOSITORY)\b", text)
    title = re.search(
        r'(?m)^title: "(.+)"$', (ROOT / "CITATION.cff").read_text("utf-8")
    )
    assert title.group(1) in re.sub("<[^>]+>", "", text)


# === Weight ===


def test_a_chapter_is_light(site, extension):
    """All that a page loads at first, gzipped, as servers send it."""
    for chapter in registry.CHAPTERS:
        path = site / f"chapters/{chapter.module_name}.html"
        text = path.read_text(encoding="utf-8")
        names = re.findall(
            r'<(?:script|link)[^>]* (?:src|href)="(\.\./_static/[^"?]+)', text
        )
        files = {path.parent / name for name in names} | {path}
        files |= set((site / "_static/fonts").glob("*.woff2"))
        weight = 0
        for file in files:
            data = file.read_bytes()
            is_packed = file.suffix in (".woff2", ".png")
            weight += len(data) if is_packed else len(gzip.compress(data))
        assert weight < 500_000, (path.name, weight)


def test_the_fonts_have_the_characters_of_the_pages_and_another_name(site):
    ttlib = pytest.importorskip("fontTools.ttLib", reason="needs the extra [docs]")
    text = "".join(p.read_text(encoding="utf-8") for p in written_pages(site))
    syllables = {ord(c) for c in text if "가" <= c <= "힣"}
    for weight in (400, 700):
        path = site / f"_static/fonts/sans-{weight}.woff2"
        assert path.stat().st_size < 150_000
        font = ttlib.TTFont(path)
        missing = syllables - font.getBestCmap().keys()
        assert weight == 700 or missing == set()
        assert len(missing) <= 10, "".join(map(chr, missing))  # rare ones in bold
        names = [str(r) for r in font["name"].names if r.nameID in (1, 3, 4, 6, 16)]
        assert not any("pretendard" in name.lower() for name in names)
    assert "Reserved Font Name" in (site / "_static/fonts/OFL.txt").read_text("utf-8")


def test_every_icon_that_is_shown_is_in_the_fonts(site):
    ttlib = pytest.importorskip("fontTools.ttLib", reason="needs the extra [docs]")
    styles = (site / "_static/styles/pydata-sphinx-theme.css").read_text("utf-8")
    known = set()
    for path in (site / "_static/vendor/fontawesome/webfonts").glob("*.woff2"):
        assert path.stat().st_size < 10_000
        known |= ttlib.TTFont(path).getBestCmap().keys()
    shown = set()
    for path in site.rglob("*.html"):
        shown |= set(re.findall(r"\bfa-[a-z-]+", path.read_text(encoding="utf-8")))
    for name in shown - {"fa-solid", "fa-lg", "fa-fw", "fa-brands"}:
        code = re.search(rf'\.{name}[^{{}}]*\{{--fa:"\\([0-9a-f]+)', styles)
        assert code and int(code.group(1), 16) in known, name


# === Outputs ===


def test_what_is_printed_stays_between_the_pictures(extension):
    pytest.importorskip("myst_nb", reason="needs the extra [docs]")
    from nbformat import v4

    def printed(text):
        return v4.new_output("stream", name="stdout", text=text)

    def picture(text):
        return v4.new_output("display_data", data={"text/plain": text})

    outputs = [
        printed("a\n"),
        printed("b\n"),
        picture("1"),
        printed("c\n"),
        picture("2"),
    ]
    merged = extension("outputs").merge_adjacent_streams(outputs)
    texts = [o.get("text") or o["data"]["text/plain"] for o in merged]
    assert texts == ["a\nb\n", "1", "c\n", "2"]
    pieces = [printed("a|"), printed("b|"), printed("c\nd")]
    (line,) = extension("outputs").merge_adjacent_streams(pieces)
    assert line["text"] == "a|b|c\nd\n"
    from myst_nb.core import render

    extension("outputs").setup(None)
    assert render.coalesce_streams is extension("outputs").merge_adjacent_streams


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


def test_every_model_card_has_its_place():
    page = (ROOT / "docs/reference/presets.md").read_text(encoding="utf-8")
    cards = sorted((ROOT / "data/presets").glob("*/README.md"))
    names = [card.parent.name for card in cards]
    assert [name for name in names if f"presets/{name}/README.md" not in page] == []
