"""The page in a browser, with small models that have random weights."""

import re
from pathlib import Path

import pytest

from kerasnlp_tutorial.demo import example_inputs, server
from kerasnlp_tutorial.demo.limits import MAX_CHARACTERS

pytest.importorskip("gradio")
expect = pytest.importorskip("playwright.sync_api", reason="needs [browser]").expect
expect.set_options(timeout=30_000)  # the first answer compiles
pytestmark = pytest.mark.slow

MARKUP = "서울 <script>hacked = 1</script><img src=x onerror='hacked = 1'>"
# Chapter: tab, button, fields, words of the answer, examples.
PAGES = {
    "ch04": ("문서 분류", "분류하기", ["문장"], "긍정", example_inputs.REVIEWS),
    "ch05": (
        "자연어 추론",
        "관계 알아보기",
        ["전제", "가설"],
        "중립",
        example_inputs.PAIRS,
    ),
    "ch06": ("개체명 인식", "개체명 찾기", ["문장"], "종류", example_inputs.SENTENCES),
    "ch07": ("질의응답", "답 찾기", ["질문", "지문"], "후보", example_inputs.QUESTIONS),
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
        if not page.url.startswith(address):
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
    example = tab.examples[1]
    # Examples may share a premise.
    own = next(t for t in example if sum(t in other for other in tab.examples) == 1)
    tab.panel.get_by_text(own).first.click()
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
    tab.panel.get_by_text("그리디 서치").click()
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
    tab.panel.get_by_text("빔 서치(beam search)").click()
    expect(tab.panel.get_by_text("빔(beam) 수")).to_be_visible()
    expect(temperature).to_be_hidden()


def test_it_fits_a_phone_and_is_korean_in_any_browser(phone, address):
    phone.goto(address)
    phone.get_by_role("button", name="분류하기").wait_for()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert phone.evaluate("document.documentElement.lang") == "ko"
    assert "Gradio로 제작됨" in phone.locator("footer").inner_text()


# === Pages whose models answer at once ===

CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
BUTTONS = {
    "빈칸 채우기": "빈칸 채우기",
    "다음 단어 맞히기": "다음 단어 맞히기",
    "토크나이저": "토큰으로 나누기",
    **{name: button for name, button, *_ in PAGES.values()},
    "문장 생성하기": "쓰기",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(desktop, canned, scheme):
    desktop.emulate_media(color_scheme=scheme)
    for name, button in BUTTONS.items():
        tab = Tab(desktop, canned, name, button)
        tab.ask()
        if button == "쓰기":
            tab.panel.get_by_role("button", name="설정").click()
        is_dark = desktop.evaluate("document.body.classList.contains('dark')")
        assert is_dark == (scheme == "dark")
        assert low_contrast(desktop) == []


def low_contrast(page):
    """Return the texts that are hard to read when the colors no longer change."""
    for _ in range(50):
        if not (found := page.evaluate(CONTRAST)):
            break
        page.wait_for_timeout(100)
    return found


def test_every_page_can_be_reached_on_a_phone(phone, canned):
    for name, button in BUTTONS.items():
        tab = Tab(phone, canned, name, button)
        expect(tab.button).to_be_visible()
        box = phone.get_by_role("tab", name=name).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_needs_no_training_comes_first_and_answers(desktop, canned):
    desktop.goto(canned)
    panel = desktop.locator("[role=tabpanel]:visible")
    panel.get_by_role("button", name="빈칸 채우기").click()
    expect(panel.locator("mark")).to_have_text("가는")
    expect(panel.get_by_text("90.0%")).to_be_visible()
    tab = Tab(desktop, canned, "다음 단어 맞히기", "다음 단어 맞히기")
    tab.panel.get_by_role("button", name="붙이기").click()
    # The first token is only a part of a character.
    expect(tab.field("앞부분")).to_have_value("시간 가는 줄 모르고")
    tab = Tab(desktop, canned, "토크나이저", "토큰으로 나누기")
    tab.ask()
    expect(tab.panel.get_by_text("##들")).to_be_visible()


def test_enter_sends(desktop, canned):
    for name, field, answer in (
        ("문서 분류", "문장", "긍정"),
        ("자연어 추론", "가설", "중립"),
        ("질의응답", "질문", "후보"),
        ("문장 생성하기", "프롬프트", None),
    ):
        tab = Tab(desktop, canned, name, BUTTONS[name])
        with desktop.expect_response(lambda r: "/queue/data" in r.url):
            tab.field(field).press("Enter")
        if answer:
            expect(tab.panel.get_by_text(answer).first).to_be_visible()
        else:
            expect(written(tab)).to_have_value(re.compile("글"))


def written(tab):
    return tab.panel.locator("label", has_text="생성한 글").locator("textarea")


def test_a_text_is_another_each_time_unless_a_seed_is_given(desktop, canned):
    tab = Tab(desktop, canned, "문장 생성하기", "쓰기")

    def write():
        tab.ask()
        expect(tab.button).to_be_enabled()
        expect(written(tab)).to_have_value(re.compile(r"글 \d+$"))
        return written(tab).input_value()

    first = write()
    tab.button.click()
    expect(written(tab)).not_to_have_value(first)
    tab.panel.get_by_role("button", name="설정").click()
    expect(tab.field("시드(seed)")).to_have_value("")
    assert tab.panel.get_by_label("최대 토큰 수").last.get_attribute("max") == "100"
    tab.field("시드(seed)").fill("5")
    tab.button.click()
    expect(written(tab)).to_have_value(re.compile("글 5$"))


def test_two_clicks_do_no_harm(desktop, address):
    tab = Tab(desktop, address, "문장 생성하기", "쓰기")
    tab.panel.locator("input[value=greedy]").click()
    tab.field("프롬프트").fill("티끌")
    tab.button.dblclick()
    expect(written(tab)).to_have_value(re.compile("^티끌."))
    tab.panel.get_by_role("button", name="멈추기").click()
    tab.field("프롬프트").fill("가는 말이")
    tab.button.click()
    expect(written(tab)).to_have_value(re.compile("^가는 말이."))
    expect(desktop.locator(".toast-body")).to_have_count(0)


def test_two_models_answer_side_by_side(desktop, compared):
    desktop.goto(compared)
    desktop.get_by_role("button", name="분류하기").click()
    for name in ("runs/<b>", "runs/ch04-2"):
        expect(desktop.get_by_role("heading", name=name)).to_be_visible()
    for text in ("90%", "80%"):
        expect(desktop.get_by_text(text).first).to_be_visible()
    boxes = [
        desktop.get_by_role("heading", name=name).bounding_box()
        for name in ("runs/<b>", "runs/ch04-2")
    ]
    assert boxes[0]["y"] == boxes[1]["y"] and boxes[0]["x"] < boxes[1]["x"]
