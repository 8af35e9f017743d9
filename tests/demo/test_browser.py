"""The demo as a reader clicks through it, with models too small to be right."""

import re

import pytest

from kerasnlp_tutorial.demo import examples, server
from kerasnlp_tutorial.demo.limits import MAX_CHARACTERS

pytest.importorskip("gradio")
expect = pytest.importorskip("playwright.sync_api", reason="needs [browser]").expect
expect.set_options(timeout=30_000)  # the first answer compiles
pytestmark = pytest.mark.slow

MARKUP = "서울 <script>hacked = 1</script><img src=x onerror='hacked = 1'>"
# Chapter: tab, button, fields, words of the answer, examples.
PAGES = {
    "ch04": ("문서 분류", "분류하기", ["문장"], "긍정", examples.REVIEWS),
    "ch05": ("자연어 추론", "관계 알아보기", ["전제", "가설"], "중립", examples.PAIRS),
    "ch06": ("개체명 인식", "개체명 찾기", ["문장"], "종류", examples.SENTENCES),
    "ch07": ("질의응답", "답 찾기", ["질문", "지문"], "후보", examples.QUESTIONS),
}
FIELDS = {"문장": "text", "전제": "premise", "가설": "hypothesis"}
FIELDS |= {"지문": "context", "질문": "question"}


@pytest.fixture(scope="module")
def address(demos):
    with server.running(demos) as blocks:
        yield blocks.local_url


class Tab:
    """A chapter's part of the page."""

    def __init__(self, page, address, name, button):
        page.goto(address)
        page.get_by_role("tab", name=name).first.click()
        self.page = page
        self.panel = page.locator("[role=tabpanel]:visible")
        self.button = self.panel.get_by_role("button", name=button, exact=True)
        self.button.wait_for()

    def field(self, name):
        return self.panel.get_by_label(name).first

    def ask(self):
        """Press the button, and wait for the answer."""
        with self.page.expect_response(lambda r: "/queue/data" in r.url):
            self.button.click()


@pytest.fixture
def tab(desktop, address, request):
    name, button, *more = PAGES[request.param]
    tab = Tab(desktop, address, name, button)
    tab.fields, tab.answer, tab.examples = more
    return tab


every_tab = pytest.mark.parametrize("tab", PAGES, indirect=True)


@every_tab
def test_an_example_fills_the_fields_and_is_answered(tab):
    example = tab.examples[0]
    tab.panel.get_by_text(example[0]).first.click()
    for name, text in zip(tab.fields, example, strict=True):
        expect(tab.field(name)).to_have_value(text)
    tab.ask()
    expect(tab.panel.get_by_text(tab.answer).first).to_be_visible()


@every_tab
def test_too_long_a_text_is_refused_in_korean(tab):
    for name in tab.fields:
        tab.field(name).fill("가" * (MAX_CHARACTERS[FIELDS[name]] + 1))
    tab.button.click()
    toast = tab.page.locator(".toast-body")
    expect(toast).to_contain_text("자까지 넣을 수 있습니다")


@every_tab
def test_markup_stays_text(tab):
    for name in tab.fields:
        tab.field(name).fill(MARKUP)
    tab.ask()
    expect(tab.panel.get_by_text(tab.answer).first).to_be_visible()
    assert tab.page.evaluate("typeof hacked") == "undefined"


def test_a_text_is_written_and_can_be_stopped(desktop, address):
    tab = Tab(desktop, address, "문장 생성하기", "쓰기")
    tab.panel.get_by_text("탐욕 탐색").click()
    tab.field("프롬프트").fill("티끌 <b>")
    tab.button.click()
    result = tab.panel.locator("label", has_text="생성한 글").locator("textarea")
    expect(result).to_have_value(re.compile("^티끌 <b>."))
    tab.panel.get_by_role("button", name="멈추기").click()
    tab.field("프롬프트").fill("가" * (MAX_CHARACTERS["prompt"] + 1))
    tab.button.click()
    expect(desktop.locator(".toast-body")).to_contain_text("자까지")


def test_settings_follow_the_way_of_decoding(desktop, address):
    tab = Tab(desktop, address, "문장 생성하기", "쓰기")
    tab.panel.get_by_role("button", name="설정").click()
    temperature = tab.panel.get_by_text("온도(temperature)")
    expect(temperature).to_be_visible()
    tab.panel.get_by_text("빔 탐색(beam search)").click()
    expect(tab.panel.get_by_text("빔(beam) 수")).to_be_visible()
    expect(temperature).to_be_hidden()


def test_it_fits_a_phone_and_is_korean_in_any_browser(phone, address):
    phone.goto(address)
    phone.get_by_role("button", name="분류하기").wait_for()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert phone.evaluate("document.documentElement.lang") == "ko"
    assert "Gradio로 제작됨" in phone.locator("footer").inner_text()
