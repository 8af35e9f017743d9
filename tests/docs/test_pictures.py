"""The drawn pictures: current, well-formed, readable on a phone in both schemes."""

import importlib
import re
import sys
import unicodedata
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from PIL import ImageFont

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "docs/images/pictures"
FONT = ImageFont.truetype(
    str(ROOT / "kerasnlp_tutorial/fonts/Pretendard-Regular.otf"), 100
)
SVG = "{http://www.w3.org/2000/svg}"
PHONE = 328  # pixels that a picture has on a phone 360 px wide, between margins

each_picture = pytest.mark.parametrize(
    "path", sorted(FOLDER.glob("*.svg")), ids=lambda path: path.stem
)


def docs_module(name):
    """A module of `docs/`, which is no package."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(ROOT / "docs"))


def parsed(path):
    return ElementTree.parse(path).getroot()


def text_width(text, size, bold):
    """How wide a text can be: in Pretendard, or in fonts with wider Hangul."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    others = "".join(c for c in text if unicodedata.east_asian_width(c) not in "WF")
    hangul = max(FONT.getlength("가"), 92) * wide
    return (FONT.getlength(others) + hangul) / 100 * size * (1.06 if bold else 1.02)


def texts(root):
    """(left, top, right, bottom) and content of every text."""
    for node in root.iter(f"{SVG}text"):
        size, bold = float(node.get("font-size")), node.get("font-weight") == "700"
        x, y = float(node.get("x")), float(node.get("y"))
        width = text_width(node.text, size, bold)
        left = (
            x - width * {"start": 0, "middle": 0.5, "end": 1}[node.get("text-anchor")]
        )
        yield (left, y - 0.75 * size, left + width, y + 0.15 * size), node.text


def rectangles(root):
    for node in root.iter(f"{SVG}rect"):
        x, y, width, height = (
            float(node.get(name)) for name in ("x", "y", "width", "height")
        )
        yield x, y, x + width, y + height


def segments(root):
    """Straight lines between the points of every path that is no arrow head."""
    for node in root.iter(f"{SVG}path"):
        if "head" not in node.get("class", ""):
            points = [
                tuple(map(float, point.split()))
                for point in node.get("d").removeprefix("M").split("L")
            ]
            yield from pairwise(points)


def meet(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def contains(outer, inner, margin=2):
    return (
        outer[0] + margin <= inner[0]
        and outer[1] + margin <= inner[1]
        and outer[2] - margin >= inner[2]
        and outer[3] - margin >= inner[3]
    )


def crosses(segment, box):
    """Whether a line enters a box, seen at a hundred of its points."""
    (x0, y0), (x1, y1) = segment
    points = ((x0 + (x1 - x0) * i / 99, y0 + (y1 - y0) * i / 99) for i in range(100))
    return any(box[0] < x < box[2] and box[1] < y < box[3] for x, y in points)


def contrast(first, second):
    """The ratio that WCAG defines for two colors, such as `#ffffff`."""
    brighter, darker = sorted(map(luminance, (first, second)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(color):
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_files_are_those_that_the_code_draws():
    pictures = docs_module("pictures")
    assert [path.name for path in pictures.stale()] == []
    assert len(list(FOLDER.iterdir())) == len(pictures.drawn())


@each_picture
def test_a_picture_is_described(path):
    root = parsed(path)
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert len(title.text) > 5 and len(description.text) > 50
    assert root.get("role") == "img"
    assert root.get("aria-labelledby").split() == [
        title.get("id"),
        description.get("id"),
    ]
    assert title.get("id").startswith(path.stem)  # unique on a page with several
    assert not re.search(
        r"[\[\]\n]", description.text.replace("[CLS]", "").replace("[SEP]", "")
    )


@each_picture
def test_text_is_large_enough_on_a_phone(path):
    root = parsed(path)
    scale = PHONE / float(root.get("viewBox").split()[2])
    sizes = [float(node.get("font-size")) for node in root.iter(f"{SVG}text")]
    assert min(sizes) * scale >= 11


@each_picture
def test_text_stays_in_its_box(path):
    root = parsed(path)
    boxes = list(rectangles(root))
    over = []
    for place, text in texts(root):
        assert contains(boxes[0], place, margin=8), text  # the ground
        over += [text for box in boxes if meet(box, place) and not contains(box, place)]
    assert over == []


@each_picture
def test_nothing_is_written_over(path):
    root = parsed(path)
    written = list(texts(root))
    pairs = combinations(written, 2)
    assert [(a, b) for (p, a), (q, b) in pairs if meet(p, q)] == []
    struck = [
        text
        for line in segments(root)
        for place, text in written
        if crosses(line, place)
    ]
    assert struck == []


@each_picture
def test_hangul_is_text_in_the_fonts_of_the_site(path):
    root = parsed(path)
    assert root.get("font-family").startswith("Pretendard,")
    characters = {c for node in root.iter(f"{SVG}text") for c in node.text}
    missing = glyph("\U000ffffd")
    assert [c for c in characters if glyph(c) == missing] == []


@cache
def glyph(character):
    return bytes(FONT.font_variant(size=16).getmask(character))


@pytest.mark.parametrize("scheme", ["LIGHT", "DARK"])
def test_colors_can_be_told_from_what_is_behind_them(scheme):
    canvas = docs_module("drawings.canvas")
    colors = getattr(canvas, scheme)
    grounds = [colors["ground"], colors["plain-tint"]]
    for tone in canvas.TONES:
        tint = colors[f"{tone}-tint"]
        assert min(contrast(colors[tone], back) for back in [*grounds, tint]) >= 4.5
        assert min(contrast(colors[text], tint) for text in ("ink", "muted")) >= 4.5
    for back in grounds:
        assert min(contrast(colors[text], back) for text in ("ink", "muted")) >= 4.5
        assert contrast(colors["line"], back) >= 3


@each_picture
def test_a_theme_overrides_the_scheme_of_the_system(path):
    style = parsed(path).find(f"{SVG}style").text
    order = ["{--ground:#ffffff", "(prefers-color-scheme:dark)"]
    order += ['[data-theme="light"] .drawn', '[data-theme="dark"] .drawn']
    places = [style.index(part) for part in order]
    assert places == sorted(places)


def test_the_merges_are_those_of_the_chapter():
    from kerasnlp_tutorial.chapters import ch02_tokenization as ch02

    generation = docs_module("drawings.generation")
    steps = generation.bpe_steps(generation.TOY_WORDS, 3)
    assert [pair for pair, _, _ in steps] == ch02.learn_bpe(generation.TOY_WORDS, 3)


def test_chapters_show_pictures_as_they_are_described():
    pictures = docs_module("pictures")
    lines = set(map(pictures.markdown, pictures.drawn()))
    for path in sorted((ROOT / "chapters").glob("ch*.py")):
        text = path.read_text(encoding="utf-8").splitlines()
        shown = {line for line in text if "images/pictures/" in line}
        assert shown - lines == set(), path.name


def test_a_notebook_links_to_what_colab_can_show():
    pytest.importorskip("jupytext", reason="needs the extra [docs]")
    source = "# %% [markdown]\n# # 1장\n\n# %% [markdown]\n"
    source += "# ![그림](../docs/images/pictures/bpe.svg)\n"
    notebook = docs_module("notebooks").convert(source, "ch01")
    url = r"https://raw\.githubusercontent\.com/\S+/main/docs/images/pictures/bpe\.svg"
    assert re.fullmatch(rf"!\[그림\]\({url}\)", notebook.cells[-1].source)


def test_the_site_has_the_picture_in_the_page(extension):
    from docutils import nodes
    from docutils.utils import new_document

    inline = extension("pictures_inline")
    read = []
    env = SimpleNamespace(note_dependency=read.append)
    app = SimpleNamespace(srcdir=ROOT / "docs", env=env)
    page = new_document("page")
    for path in ("pictures/bpe.svg", "chapter4.svg"):
        page += nodes.image(uri=extension("notebooks").raw_url(f"docs/images/{path}"))
    page += nodes.image(uri="https://example.com/images/pictures/bpe.svg")
    inline.use_own_copies(app, page)
    picture, copy, other = page.children
    assert picture.astext() == (FOLDER / "bpe.svg").read_text(encoding="utf-8")
    assert picture["format"] == "html" and read == [str(FOLDER / "bpe.svg")]
    assert copy["uri"] == "/images/chapter4.svg"
    assert other["uri"].startswith("https://example.com/")


def test_a_picture_that_is_not_drawn_stops_the_build(extension):
    from docutils import nodes
    from docutils.utils import new_document
    from sphinx.errors import ExtensionError

    page = new_document("page")
    page += nodes.image(uri="/images/pictures/none.svg")
    with pytest.raises(ExtensionError, match="none.svg"):
        extension("pictures_inline").use_own_copies(
            SimpleNamespace(srcdir=ROOT / "docs"), page
        )
