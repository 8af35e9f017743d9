"""The site as a reader's browser shows it. `BUILT_SITE` names one that is built."""

import functools
import http.server
import threading

import pytest

from kerasnlp_tutorial import registry

pytestmark = pytest.mark.slow
CHAPTER = "chapters/ch04_document_classification.html"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


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
    phone.wait_for_selector("mjx-container svg")
    assert phone.locator("mjx-container [data-mml-node=merror]").count() == 0


@pytest.mark.parametrize("query", ["토큰화를", "토큰화"])
def test_the_search_finds_a_word_with_its_particle(address, phone, query):
    phone.goto(f"{address}search.html?q={query}")
    phone.wait_for_selector("#search-results li")
    phone.wait_for_load_state("networkidle")  # a result's text is loaded after it
    found = phone.locator("#search-results li a").evaluate_all(
        "links => links.map(link => link.getAttribute('href'))"
    )
    assert any(link.startswith("chapters/ch02_tokenization") for link in found)


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
