"""The site as a reader's browser shows it. `BUILT_SITE` names one that is built."""

import csv
import functools
import gzip
import http.server
import re
import threading
from pathlib import Path

import pytest

from kerasnlp_tutorial import registry

pytestmark = pytest.mark.slow
CHAPTER = "chapters/ch04_document_classification.html"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves texts gzipped over lasting connections, as servers of pages do."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            return self.send_error(404)
        data = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if path.suffix in (".html", ".css", ".js", ".svg"):
            data = gzip.compress(data)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments):
        pass


def queries():
    """(query, page expected among the first three), as `test_search.py` has them."""
    path = Path(__file__).with_name("search_queries.tsv")
    with path.open(encoding="utf-8") as file:
        return [tuple(row) for row in csv.reader(file, delimiter="\t")]


@pytest.fixture(scope="module")
def address(site):
    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_no_page_is_wider_than_a_phone_or_looks_elsewhere(site, address, phone):
    paths = [path.relative_to(site) for path in site.rglob("*.html")]
    paths = [path for path in paths if path.parts[0] not in ("_static", "_modules")]
    assert len(paths) > 25
    wide = []
    for path in paths:
        phone.goto(f"{address}{path}")
        if phone.evaluate("document.documentElement.scrollWidth") > 390:
            wide.append(path.name)
    assert wide == []


def test_formulas_are_drawn(address, phone):
    phone.goto(f"{address}chapters/ch03_language_models.html")
    heights = phone.locator("math").evaluate_all(
        "all => all.map(m => m.getBoundingClientRect().height)"
    )
    assert len(heights) > 3 and min(heights) > 5
    assert phone.locator("math merror").count() == 0


# === Search ===


def found(page):
    """The addresses of the pages that the search shows."""
    page.wait_for_selector("#search-results li, #search-status:not(:empty)")
    return page.locator("#search-results > li > a").evaluate_all(
        "links => links.map(link => link.getAttribute('href'))"
    )


@pytest.mark.parametrize("query", ["토큰화를", "토큰화"])
def test_the_search_finds_a_word_with_its_particle(address, phone, query):
    phone.goto(f"{address}search.html?q={query}")
    assert any("chapters/ch02_tokenization" in link for link in found(phone))


def test_every_query_leads_to_its_page(address, phone):
    phone.goto(f"{address}search.html?q=어텐션")
    found(phone)  # the data is loaded
    wrong = []
    for query, page in queries():
        urls = phone.evaluate("q => koreanSearch.find(q).map(r => r.url)", query)
        if f"{page}.html" not in urls[:3]:
            wrong.append((query, urls[:3]))
    assert wrong == []


def test_the_search_opens_over_a_page_and_counts_its_results(address, phone):
    phone.goto(address + CHAPTER)
    assert phone.locator("script[src*=search-data]").count() == 0
    phone.locator(".search-button").first.click()
    phone.keyboard.type("7장 질의응답")
    links = found(phone)
    assert "ch07_question_answering" in links[0]
    status = phone.locator("#search-status").inner_text()
    assert re.search(r"문서 \d+개, \d+곳", status)
    phone.locator("#search-results .search-sections a").first.click()
    phone.wait_for_url("**/chapters/ch07_question_answering.html#*")
    assert phone.evaluate(
        "document.getElementById(decodeURIComponent(location.hash.slice(1))) !== null"
    )


def test_a_word_that_is_nowhere_is_said_to_be(address, phone):
    phone.goto(f"{address}search.html?q=ㅁㄴㅇㄹ")
    assert found(phone) == []
    assert "맞는 글이 없습니다" in phone.locator("#search-status").inner_text()


def test_the_search_works_on_files(site, browser):
    page, wrong = browser.new_page(), []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    page.goto(f"{(site / 'search.html').as_uri()}?q=개체명 인식")
    assert "ch06_named_entity_recognition" in found(page)[0]
    page.locator("#search-results a").first.click()
    page.wait_for_url("**/ch06_named_entity_recognition.html*")
    page.close()
    assert wrong == []


# === Reading ===


def test_code_fits_a_phone(address, phone):
    phone.goto(address + CHAPTER)
    wide = phone.locator(
        "div.highlight-ipython3 pre, div.highlight-python pre"
    ).evaluate_all(
        "all => all.filter(pre => pre.clientWidth > 0 && pre.scrollWidth > pre.clientWidth + 1).length"
    )
    assert wide == 0
    size = phone.locator("div.highlight pre").first.evaluate(
        "pre => parseFloat(getComputedStyle(pre).fontSize)"
    )
    assert size >= 12


def test_wide_tables_scroll_inside_themselves_with_a_hint(address, phone):
    phone.goto(f"{address}results.html")
    tables = phone.locator(".pst-scrollable-table-container").evaluate_all(
        "all => all.map(box => [box.scrollWidth > box.clientWidth,"
        " getComputedStyle(box).overflowX,"
        " getComputedStyle(box).backgroundImage.includes('gradient')])"
    )
    assert any(is_wide for is_wide, *_ in tables)
    assert all(how == "auto" and hint for _, how, hint in tables)


def test_inline_code_breaks_only_at_spaces(address, phone):
    for name in ("results", "howto/own-data", "chapters/ch02_tokenization"):
        phone.goto(f"{address}{name}.html")
        broken = phone.locator("article code.literal:not(.long) span.pre").evaluate_all(
            "all => all.filter(word => word.getClientRects().length > 1)"
            ".map(word => word.textContent)"
        )
        assert broken == [], name


def test_the_text_is_in_the_font_of_the_site(address, phone):
    phone.goto(address + CHAPTER)
    phone.evaluate("document.fonts.ready")
    assert phone.evaluate("document.fonts.check('16px \"Tutorial Sans\"', '자연어')")
    family = phone.locator("article p").first.evaluate(
        "p => getComputedStyle(p).fontFamily"
    )
    assert family.startswith('"Tutorial Sans"')


def test_a_picture_of_a_measurement_is_above_the_fold(address, phone, desktop):
    for page in (phone, desktop):
        page.goto(address)
        box = page.locator("article svg").first.bounding_box()
        assert box["y"] + box["height"] < 844


def test_lettering_of_plots_is_readable_on_a_phone(address, phone):
    phone.goto(address)
    smallest = phone.locator("article svg[role=img]").evaluate_all(
        """all => Math.min(...all.map(svg => {
            const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
            const sizes = [...svg.querySelectorAll("[id^=text_] > g[transform]")].map(
                g => 100 * Math.abs(parseFloat(g.getAttribute("transform").match(/scale\\(([\\d.]+)/)[1])));
            return scale * Math.min(...sizes);
        }))"""
    )
    assert smallest >= 11


def test_the_keyboard_s_place_is_seen(address, desktop):
    desktop.goto(address + CHAPTER)
    for _ in range(12):
        desktop.keyboard.press("Tab")
        outline = desktop.evaluate(
            "(e => [getComputedStyle(e).outlineStyle,"
            " parseFloat(getComputedStyle(e).outlineWidth),"
            " getComputedStyle(e).boxShadow])(document.activeElement)"
        )
        assert (outline[0] != "none" and outline[1] >= 2) or outline[2] != "none"


def test_links_and_texts_stand_out(address, desktop):
    for scheme in ("light", "dark"):
        desktop.emulate_media(color_scheme=scheme)
        desktop.goto(address + CHAPTER)
        ground = desktop.evaluate("getComputedStyle(document.body).backgroundColor")
        for name in ("article p", "article p a", ".page-footer", "nav.page-toc a"):
            color = desktop.locator(name).first.evaluate(
                "e => getComputedStyle(e).color"
            )
            assert contrast(color, ground) >= 4.5, (scheme, name, color, ground)


def contrast(one, other):
    """WCAG's contrast ratio of two colors such as `rgb(18, 18, 18)`."""

    def luminance(color):
        parts = [float(part) / 255 for part in re.findall(r"[\d.]+", color)[:3]]
        linear = [
            p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, bright = sorted([luminance(one), luminance(other)])
    return (bright + 0.05) / (dark + 0.05)


# === Weight ===


@pytest.mark.parametrize("path", ["", CHAPTER])
def test_a_page_is_shown_soon_on_a_slow_line(address, phone, path):
    """1.6 Mbit/s and 150 ms, as Lighthouse has a slow phone's line."""
    session = phone.context.new_cdp_session(phone)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    received, paints = [], []
    session.on(
        "Network.loadingFinished",
        lambda event: received.append(event["encodedDataLength"]),
    )
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": 150,
            "downloadThroughput": 1.6e6 / 8,
            "uploadThroughput": 750e3 / 8,
        },
    )
    for _ in range(3):  # the best, as other programs may delay one
        received.clear()
        phone.goto(address + path, wait_until="networkidle")
        assert 50_000 < sum(received) < 500_000
        entry = "performance.getEntriesByName('first-contentful-paint')[0]"
        paints.append(phone.evaluate(f"{entry}.startTime"))
    assert min(paints) < 1500


# === Buttons ===


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_is_as_dark_as_the_reader_likes(address, phone, scheme):
    phone.emulate_media(color_scheme=scheme)
    phone.goto(address + CHAPTER)
    background, text = phone.evaluate(
        "['body', 'article p'].map((name, i) => getComputedStyle("
        "document.querySelector(name))[['backgroundColor', 'color'][i]])"
    )
    dark, bright = sorted([background, text], key=brightness)
    assert (background == dark) == (scheme == "dark")
    assert brightness(bright) - brightness(dark) > 120


def brightness(colour):
    """Mean of the parts of `rgb(18, 18, 18)`."""
    parts = colour.removeprefix("rgb(").removesuffix(")").split(",")
    return sum(map(float, parts)) / 3


def test_code_is_copied_as_it_stands(address, phone):
    phone.goto(address + CHAPTER)
    block = phone.locator("div.highlight", has=phone.locator("button.copybtn")).first
    block.hover()
    block.locator("button.copybtn").click()
    phone.wait_for_function("document.querySelector('.copybtn.success')")
    copied = phone.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == block.locator("pre").inner_text().strip() != ""


def test_a_solution_opens(address, phone):
    phone.goto(address + CHAPTER)
    solution = phone.locator("details", has_text="풀이 보기").first
    assert not solution.locator("pre").first.is_visible()
    solution.locator("summary").click()
    assert solution.locator("pre").first.is_visible()


@pytest.mark.parametrize("chapter", registry.CHAPTERS, ids=lambda c: c.name)
def test_the_rocket_leads_to_colab(address, phone, chapter):
    phone.goto(f"{address}chapters/{chapter.module_name}.html")
    link = phone.locator("a[href^='https://colab.research.google.com/']").first
    assert not link.is_visible()
    phone.locator(".dropdown-launch-buttons button").click()
    assert link.is_visible()
    assert link.get_attribute("href").endswith(f"/{chapter.module_name}.ipynb")
