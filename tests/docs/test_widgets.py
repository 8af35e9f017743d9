"""Widgets: the models in a reader's browser answer as Keras does, and the page is usable.

What needs Chromium is slow. `BUILT_SITE` names a site that is built, and trained.
"""

import functools
import http.server
import json
import os
import random
import re
import threading
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest
from golden.tokenizer_texts import STRINGS

from kerasnlp_tutorial.datasets import SAMPLE, read_nsmc

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
PROGRAM = [DOCS / f"widgets/{name}.js" for name in ("bert", "gpt2")]
PAGES = {
    "next": "chapters/ch01_transfer_learning.html",
    "fill": "chapters/ch01_transfer_learning.html",
    "tokens": "chapters/ch02_tokenization.html",
    "attention": "chapters/ch03_language_models.html",
    "classify": "index.html",
    "generate": "chapters/ch08_text_generation.html",
    "beams": "chapters/ch08_text_generation.html",
}


@pytest.fixture
def widget_models(extension):
    return extension("widget_models")


@pytest.fixture(scope="module")
def reviews():
    """A thousand reviews, each once."""
    files = [SAMPLE.path(f"ratings_{split}.txt") for split in ("train", "test")]
    examples = [example for path in files for example in read_nsmc(path)]
    texts = dict.fromkeys(e.text for e in examples if len(e.text.split()) > 1)
    chosen = random.Random(7).sample(sorted(texts), 1000)
    assert len(chosen) == 1000
    return chosen


# === Files ===


def test_rounding_to_10_bits_loses_half_a_step_at_most(widget_models):
    matrix = np.random.default_rng(7).normal(size=(5, 41)).astype("float32")
    matrix[2] = 0
    scales, upper, packed = widget_models.quantize(matrix)
    assert scales.shape == (5,) and upper.shape == matrix.shape
    assert upper.dtype == "int8" and packed.dtype == "uint8"
    lower = np.stack([packed >> bits & 3 for bits in (0, 2, 4, 6)], axis=1)
    assert lower.shape == (52, 4)  # 205 numbers
    lower = lower.reshape(-1)[: matrix.size].reshape(matrix.shape)
    integers = 4 * upper.astype(int) + lower
    assert (np.abs(integers).max(axis=1) == [511, 511, 0, 511, 511]).all()
    step = scales[:, None]
    assert (np.abs(step * integers - matrix) <= step * 0.501).all()


def test_every_widget_has_a_section_and_a_program(extension):
    widgets = extension("widgets")
    script = (DOCS / "_static/widgets.js").read_text(encoding="utf-8")
    kinds = re.findall(r"(?m)^  (\w+): \{\n    title:", script)
    assert sorted(kinds) == sorted(widgets.KINDS) == sorted(PAGES)
    places = tomllib.loads(widgets.PLACES.read_text(encoding="utf-8"))["widget"]
    assert {place["kind"] for place in places} == set(kinds)
    for place in places:  # a title that has changed would leave the widget out
        chapter = ROOT / f"{place['page']}.py"
        titles = re.findall(r"(?m)^# #+ (.*)$", chapter.read_text(encoding="utf-8"))
        assert any(place["section"] in title for title in titles), place


def test_texts_of_a_widget_are_escaped(extension):
    html = extension("widgets").widget("fill", '"><b>', ["a", "b"]).astext()
    assert 'data-text="&quot;&gt;&lt;b&gt;"' in html and 'data-examples="a|b"' in html


def test_the_page_shows_the_program_that_runs(site):
    received = (site / "_static/widgets/program.js").read_text(encoding="utf-8")
    source = json.loads(re.fullmatch(r"KoreanModels\.program\((.*)\);\n", received)[1])
    page = (site / "javascript.html").read_text(encoding="utf-8")
    shown = re.sub(r"<[^>]*>", "", page)
    for path in PROGRAM:
        text = path.read_text(encoding="utf-8")
        assert text in source
        for name in re.findall(r"(?m)^(?:function|class|const) (\w+)", text):
            assert name in shown


def test_only_pages_with_a_widget_load_its_script(site):
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        loads = "_static/widgets.js" in text
        assert loads == ("data-widget=" in text), path


# === Parity with Keras ===


@pytest.fixture
def loaded(phone, tmp_path, widget_models):
    """A function that opens models in a page from the disk: `model.<name>` in it."""

    def load(*models):
        known = {}
        for model in models:
            folder = tmp_path / "widgets" / model["name"]
            folder.mkdir(parents=True)
            known[model["name"]] = widget_models.write(model, folder)
        scripts = [DOCS / "_static/widgets.js", *PROGRAM]
        for path in scripts:
            (tmp_path / path.name).write_bytes(path.read_bytes())
        index = f"KoreanModels.describe({json.dumps(known)}); const model = {{}};"
        (tmp_path / "index.js").write_text(index)
        names = [*(path.name for path in scripts), "index.js"]
        tags = "".join(f"<script src='{name}'></script>" for name in names)
        (tmp_path / "index.html").write_text(
            f"<!doctype html><meta charset=utf-8>{tags}"
        )
        phone.goto((tmp_path / "index.html").as_uri())
        phone.evaluate(
            """async (names) => {
                for (const name of names) {
                    const { buffer, tables, config } = await KoreanModels.load(name);
                    const kind = config.kind === "bert" ? Bert : Gpt2;
                    model[name] = new kind(buffer, tables, config);
                }
            }""",
            list(known),
        )
        return phone

    return load


# Texts whose logits are compared: minutes for all thousand on a slow machine.
COMPARED = int(os.environ.get("WIDGET_TEXTS", "200"))
ENCODE = "([name, texts]) => texts.map((text) => model[name].tokenizer.encode(text))"
# Ids and values of the five largest logits of each text, and the milliseconds.
LOGITS = """([name, rows, kind]) => {
    const started = performance.now(), it = model[name];
    const answers = rows.map(({ ids, position }) => {
        let logits;
        if (kind === "next") logits = it.read(ids.slice(1)).logits;
        else {
            const { vectors } = it.encode(ids, ids.map(() => 0));
            logits = kind === "class"
                ? it.classLogits(vectors) : it.maskLogits(vectors, position);
        }
        const best = likeliest(logits, 5);
        return [best, best.map((id) => logits[id])];
    });
    return [answers, (performance.now() - started) / rows.length];
}"""


def padded(rows):
    """Ids and mask of a batch, and the features that Keras wants."""
    ids = np.zeros((len(rows), max(map(len, rows))), "int32")
    mask = np.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
        mask[i, : len(row)] = 1
    return {"token_ids": ids, "padding_mask": mask, "segment_ids": np.zeros_like(ids)}


def keras_logits(model, rows, kind):
    """Logits of each row: `{"ids": ..., "position": ...}`."""
    answers = [None] * len(rows)
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]["ids"]))
    for start in range(0, len(order), 50):
        chosen = order[start : start + 50]
        x = padded([rows[i]["ids"] for i in chosen])
        positions = np.array([[rows[i].get("position", 0)] for i in chosen], "int32")
        if kind == "mask":
            logits = np.array(model(x | {"mask_positions": positions}))[:, 0]
        elif kind == "class":
            logits = np.array(model(x))
        else:
            del x["segment_ids"]
            last = x["padding_mask"].sum(axis=1) - 1
            logits = np.array(model(x))[np.arange(len(chosen)), last]
        for i, row in zip(chosen, logits, strict=True):
            answers[i] = row
    return answers


def compared(page, name, rows, kind, expected, capsys):
    """Compare with Keras.

    Returns:
        Fraction of texts with the same best token or class, fraction of texts with the
        same five best in any order, and the largest difference of their logits.
    """
    answers, milliseconds = page.evaluate(LOGITS, [name, rows, kind])
    best, five, ordered, largest = [], [], [], 0.0
    for (ids, values), row in zip(answers, expected, strict=True):
        order = np.argsort(-row, kind="stable")[: len(ids)].tolist()
        best.append(ids[0] == order[0])
        five.append(set(ids) == set(order))
        ordered.append(ids == order)
        largest = max(largest, np.abs(np.array(values) - row[ids]).max())
    with capsys.disabled():
        print(
            f"\n{name} {kind}: {len(rows)} texts, same best {np.mean(best):.3f}, same "
            f"five {np.mean(five):.3f}, in the same order {np.mean(ordered):.3f}, "
            f"logits within {largest:.3f}, {milliseconds:.0f} ms a text"
        )
    return np.mean(best), np.mean(five), largest


def random_weights(model):
    """Give a model weights that 10 bits hold exactly, so that outputs must be equal."""
    generator = np.random.default_rng(7)
    for weight in model.weights:
        value = generator.normal(size=weight.shape)
        kind = weight.path.rpartition("/")[2]
        if kind in ("kernel", "embeddings"):
            integers = generator.integers(-511, 512, weight.shape)
            largest = np.indices(weight.shape).sum(axis=0) % 4 == 0  # some in each row
            value = np.where(largest, 511 * np.sign(value), integers) / 511
        weight.assign(value.astype("float32") * 0.3 + (kind == "gamma"))


@pytest.mark.slow
@pytest.mark.parametrize(("activation", "heads"), [("gelu_new", 3), ("gelu", 2)])
def test_any_size_of_bert_is_computed_exactly(loaded, widget_models, activation, heads):
    import keras_nlp

    from kerasnlp_tutorial.models import FlexibleBertBackbone
    from kerasnlp_tutorial.tokenizers import KoreanBertTokenizer

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = KoreanBertTokenizer([*special, *"가나다라마바사", "##아", "##자"])
    backbone = FlexibleBertBackbone(
        activation=activation,
        layer_norm_epsilon=1e-6,
        vocabulary_size=tokenizer.vocabulary_size(),
        num_layers=heads + 1,
        num_heads=heads,
        hidden_dim=5 * heads,
        intermediate_dim=22,
        max_sequence_length=9,
    )
    preprocessor = keras_nlp.models.BertMaskedLMPreprocessor(tokenizer, 9)
    model = keras_nlp.models.BertMaskedLM(backbone, preprocessor)
    random_weights(model)
    page = loaded(widget_models.bert("tiny", model))
    ids, segments = [2, 5, 6, 4, 8, 12, 3], [0, 0, 0, 0, 0, 1, 1]
    logits = page.evaluate(
        """([ids, segments]) => {
            const { vectors } = model.tiny.encode(ids, segments);
            return Array.from(model.tiny.maskLogits(vectors, 3));
        }""",
        [ids, segments],
    )
    x = padded([ids]) | {"segment_ids": np.array([segments])}
    expected = np.array(model(x | {"mask_positions": np.array([[3]])}))[0, 0]
    np.testing.assert_allclose(logits, expected, atol=2e-4)


@pytest.mark.slow
def test_any_size_of_gpt2_is_computed_exactly(loaded, widget_models):
    import keras_nlp

    from kerasnlp_tutorial.tokenizers import ByteLevelBPE

    bpe = ByteLevelBPE.train(["영화가 좋다", "영화를 본다"] * 3, 300)
    tokenizer = keras_nlp.tokenizers.GPT2Tokenizer(bpe.vocabulary, bpe.merges)
    backbone = keras_nlp.models.GPT2Backbone(
        len(bpe.vocabulary), 3, 2, 10, 22, max_sequence_length=11
    )
    model = keras_nlp.models.GPT2CausalLM(
        backbone, keras_nlp.models.GPT2CausalLMPreprocessor(tokenizer, 11)
    )
    random_weights(model)
    page = loaded(widget_models.gpt2("tiny", model))
    ids = bpe.encode_batch(["영화가"])[0]
    assert page.evaluate(ENCODE, ["tiny", ["영화가"]]) == [ids]
    logits = page.evaluate("(ids) => Array.from(model.tiny.read(ids).logits)", ids)
    ids = [tokenizer.end_token_id, *ids]
    (expected,) = keras_logits(model, [{"ids": ids}], "next")
    np.testing.assert_allclose(logits, expected, atol=2e-4)
    # A single beam is greedy search, and a sum of beams never beats the best of all.
    beams = page.evaluate(
        """(ids) => [1, 4].map((beams) => {
            const path = [];
            let node = beamTree(model.tiny, ids, beams, 3), score;
            while ((node = node.children.find((child) => child.best))) {
                path.push(node.id);
                score = node.score;
            }
            return [path, score];
        })""",
        ids[1:],
    )
    (greedy, alone), (_, together) = beams
    for token in greedy:
        (row,) = keras_logits(model, [{"ids": ids}], "next")
        assert token == row.argmax()
        ids = [*ids, token]
    assert together >= alone - 1e-6


@pytest.fixture(scope="module")
def bert():
    from kerasnlp_tutorial.checkpoints import load_masked_lm

    return load_masked_lm("bert_mini_ko")


@pytest.fixture(scope="module")
def gpt2():
    from kerasnlp_tutorial.checkpoints import load_causal_lm

    return load_causal_lm("gpt2_mini_ko")


@pytest.mark.slow
def test_wordpiece_has_the_same_ids_and_masks_the_same_answers(
    loaded, widget_models, bert, reviews, capsys
):
    page = loaded(widget_models.bert("bert_mini_ko", bert))
    tokenizer = bert.preprocessor.tokenizer
    texts = [*STRINGS, *reviews]
    expected = [list(map(int, row)) for row in tokenizer(texts)]
    found = page.evaluate(ENCODE, ["bert_mini_ko", texts])
    wrong = [t for t, a, b in zip(texts, found, expected, strict=True) if a != b]
    assert wrong == []

    rows = []
    for i, row in enumerate(expected[len(STRINGS) :]):
        ids = [tokenizer.cls_token_id, *row[:126], tokenizer.sep_token_id]
        position = 1 + i % (len(ids) - 2)
        ids[position] = tokenizer.mask_token_id
        rows.append({"ids": ids, "position": position})
    rows = rows[:COMPARED]
    logits = keras_logits(bert, rows, "mask")
    best, five, _ = compared(page, "bert_mini_ko", rows, "mask", logits, capsys)
    assert best >= 0.97 and five >= 0.97


@pytest.mark.slow
def test_byte_level_bpe_has_the_same_ids_and_the_next_token(
    loaded, widget_models, gpt2, reviews, capsys
):
    from kerasnlp_tutorial.tokenizers import encode_texts

    page = loaded(widget_models.gpt2("gpt2_mini_ko", gpt2))
    tokenizer = gpt2.preprocessor.tokenizer
    texts = [*STRINGS, *reviews]
    expected = encode_texts(tokenizer, texts)
    found = page.evaluate(ENCODE, ["gpt2_mini_ko", texts])
    wrong = [t for t, a, b in zip(texts, found, expected, strict=True) if a != b]
    assert wrong == []

    rows = []
    for i, row in enumerate(expected[len(STRINGS) :]):
        ids = row[: 2 + i % 30]
        rows.append({"ids": [tokenizer.end_token_id, *ids]})
    rows = rows[:COMPARED]
    logits = keras_logits(gpt2, rows, "next")
    best, five, _ = compared(page, "gpt2_mini_ko", rows, "next", logits, capsys)
    assert best >= 0.97 and five >= 0.97


@pytest.mark.slow
def test_the_classifier_has_the_same_classes(
    loaded, extension, widget_models, reviews, capsys
):
    from kerasnlp_tutorial.trained import trained_once

    trained = trained_once(*extension("widgets").CLASSIFIER)
    page = loaded(widget_models.classifier("classifier", trained))
    tokenizer = trained.model.preprocessor.tokenizer
    most = trained.config.sequence_length - 2
    rows = [
        {"ids": [tokenizer.cls_token_id, *map(int, row[:most]), tokenizer.sep_token_id]}
        for row in tokenizer(reviews[:COMPARED])
    ]
    logits = keras_logits(trained.model, rows, "class")
    best, _, largest = compared(page, "classifier", rows, "class", logits, capsys)
    assert best >= 0.995 and largest < 0.5


# === The page ===


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


def opened(page, kind):
    """Open a widget with the keyboard and wait for its first answer."""
    if kind == "classify" and not page.evaluate("KoreanModels.has('classifier')"):
        pytest.skip("the site was built without the classifier")
    widget = page.locator(f"[data-widget={kind}]").first
    widget.get_by_role("button", name="여기서 해 보기").focus()
    page.keyboard.press("Enter")
    widget.locator(".kw-result > *").first.wait_for(timeout=120_000)
    return widget


def settle(widget):
    widget.locator(".kw-result:not([aria-busy])").wait_for(timeout=60_000)


@pytest.mark.slow
def test_nothing_is_downloaded_before_a_reader_asks(address, phone):
    requests = []
    phone.on("request", lambda request: requests.append(request.url))
    phone.goto(address + PAGES["fill"])
    phone.wait_for_load_state("networkidle")
    assert phone.locator("[data-widget] .kw-main").count() == 2
    asked = [url for url in requests if "/_static/widgets/" in url]
    assert [url.partition("?")[0].rpartition("/")[2] for url in asked] == ["index.js"]
    opened(phone, "fill")
    assert any("/bert_mini_ko/0.js" in url for url in requests)
    assert not any("/gpt2_mini_ko/" in url for url in requests)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", PAGES)
def test_a_widget_fits_a_phone_and_can_be_read(address, phone, kind, scheme):
    phone.emulate_media(color_scheme=scheme)
    phone.goto(address + PAGES[kind])
    faint = phone.evaluate(FAINT)
    widget = opened(phone, kind)
    settle(widget)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert widget.locator(".kw-result").get_attribute("aria-live") == "polite"
    assert widget.locator("input:focus").count() == 1  # the reader may type at once
    assert faint + phone.evaluate(FAINT) == []


# Visible texts of widgets with a contrast below 4.5.
FAINT = """() => {
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const parse = (color) => {
        context.clearRect(0, 0, 1, 1);
        context.fillStyle = color;
        context.fillRect(0, 0, 1, 1);
        return [...context.getImageData(0, 0, 1, 1).data];
    };
    const over = ([r, g, b, a], ground) =>
        [r, g, b].map((v, i) => (v * a + ground[i] * (255 - a)) / 255);
    const ground = (element) => {
        if (!element) return [255, 255, 255];
        const color = parse(getComputedStyle(element).backgroundColor);
        return color[3] === 255 ? color : over(color, ground(element.parentElement));
    };
    const light = (color) => color.slice(0, 3)
        .map((v) => v / 255)
        .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const faint = [];
    for (const element of document.querySelectorAll("[data-widget] *")) {
        const text = [...element.childNodes].filter((n) => n.nodeType === 3)
            .map((n) => n.textContent.trim()).join("");
        if (!text && (element.tagName !== "INPUT" || element.type === "range")) continue;
        if (!element.checkVisibility() || element.closest(".kw-hidden")) continue;
        const behind = ground(element);
        const color = parse(getComputedStyle(element).color);
        color[3] *= Number(getComputedStyle(element).opacity);
        const [a, b] = [light(over(color, behind)), light(behind)];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (contrast < 4.5) faint.push(`${text} ${contrast.toFixed(2)}`);
    }
    return faint;
}"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["fill", "generate"])
def test_a_widget_works_in_a_page_from_the_disk(site, phone, kind):
    phone.goto((site / PAGES[kind]).as_uri())
    widget = opened(phone, kind)
    assert widget.locator(".kw-bars li").count() >= 5


@pytest.mark.slow
def test_enter_asks_again_and_a_mistake_is_explained(address, desktop):
    desktop.goto(address + PAGES["fill"])
    widget = opened(desktop, "fill")
    first = widget.locator(".kw-bars").inner_text()
    field = widget.get_by_label("문장")
    field.fill("이 영화는 [MASK] 지루하다 [MASK]")
    field.press("Enter")
    widget.locator(".kw-block").nth(1).wait_for()
    settle(widget)
    assert widget.locator(".kw-bars").first.inner_text() != first
    field.fill("빈칸이 없다")
    field.press("Enter")
    problem = widget.get_by_role("alert").filter(has_text="[MASK]")
    problem.wait_for()
    field.fill("가 " * 300 + "[MASK]")
    field.press("Enter")
    widget.get_by_role("alert").filter(has_text="128개").wait_for()
    # A bar fills the gap.
    field.fill("배우들 [MASK] 좋다")
    field.press("Enter")
    settle(widget)
    widget.locator("button.kw-bar").first.click()
    assert "[MASK]" not in field.input_value()


@pytest.mark.slow
def test_the_same_seed_writes_the_same_text(address, desktop):
    desktop.goto(address + PAGES["generate"])
    widget = opened(desktop, "generate")
    texts = []
    for seed in (3, 3, 4):
        widget.get_by_label("시드").fill(str(seed))
        widget.get_by_role("button", name="처음부터").click()
        settle(widget)
        widget.get_by_role("button", name="끝까지").click()
        widget.get_by_role("button", name="끝까지").wait_for(timeout=60_000)
        settle(widget)
        texts.append(widget.locator(".kw-text").inner_text())
    assert texts[0] == texts[1] != texts[2]
    assert len(texts[0]) > len("배우들 연기가")


@pytest.mark.slow
def test_top_k_leaves_so_many_tokens(address, desktop):
    desktop.goto(address + PAGES["generate"])
    widget = opened(desktop, "generate")
    widget.get_by_label("top-k").fill("3")
    widget.get_by_label("top-k").press("Tab")
    widget.get_by_text("남은 후보 3개").wait_for()
    assert widget.locator(".kw-out").count() == 5
    widget.get_by_label("top-k").press("Enter")  # a token more
    desktop.wait_for_function(
        "document.querySelector('[data-widget=generate] mark').textContent"
    )


@pytest.mark.slow
def test_attention_follows_the_chosen_head(address, desktop):
    desktop.goto(address + PAGES["attention"])
    widget = opened(desktop, "attention")
    before = widget.locator(".kw-summary").inner_text()
    widget.get_by_role("button", name="1번째 레이어, 헤드 2").click()
    assert widget.locator(".kw-summary").inner_text() != before
    rows = widget.locator(".kw-heat tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('td')]"
        ".reduce((sum, cell) => sum + parseFloat(cell.textContent), 0))"
    )
    assert len(rows) > 5 and all(abs(total - 100) < 1 for total in rows)


@pytest.mark.slow
def test_two_widgets_of_a_page_share_a_model(address, desktop):
    desktop.goto(address + PAGES["generate"])
    opened(desktop, "generate")
    requests = []
    desktop.on("request", lambda request: requests.append(request.url))
    tree = opened(desktop, "beams")
    assert tree.locator(".kw-best").count() == 4
    assert not [url for url in requests if "gpt2_mini_ko" in url]


FILL = "text => KoreanModels.ask('fill', { name: 'bert_mini_ko', text, count: 5 })"
# Adds 60 tokens to a text, each the likeliest but the one that would end it.
WRITE = """async (text) => {
    const name = "gpt2_mini_ko", writing = "timed";
    await KoreanModels.ask("begin", { name, writing, text, seed: 7 });
    for (let i = 0; i < 60; i++) {
        const values = { writing, options: {}, count: 2 };
        const { choices } = await KoreanModels.ask("look", values);
        const { id } = choices.find((choice) => choice.text !== "<|endoftext|>");
        await KoreanModels.ask("write", { writing, options: {}, id });
    }
}"""


@pytest.mark.slow
def test_an_answer_takes_a_moment(address, desktop, capsys):
    asked = {
        "짧은 문장": (FILL, "배우들 [MASK] 살아 있네요"),
        "토큰 128개": (FILL, "정말 " * 125 + "[MASK]"),
        "토큰 60개 쓰기": (WRITE, "배우들 연기가"),
    }
    desktop.goto(address + PAGES["fill"])
    opened(desktop, "fill")
    opened(desktop, "next")
    for name, (call, text) in asked.items():
        started = time.monotonic()
        desktop.evaluate(call, text)
        seconds = time.monotonic() - started
        with capsys.disabled():
            print(f"\n{name}: {seconds:.2f} s")
        assert seconds < 20  # on a busy machine
