"""One page a task, laid out inside a `gradio.Blocks`."""

import contextlib
import html
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from kerasnlp_tutorial.demo import examples, views
from kerasnlp_tutorial.demo.book_api import REQUESTS
from kerasnlp_tutorial.demo.decoding import METHODS, SETTINGS, decoding_options
from kerasnlp_tutorial.demo.limits import FIELD_NAMES, MAX_CHARACTERS, checked_text
from kerasnlp_tutorial.demo.models import DemoModel, NotTrainedError
from kerasnlp_tutorial.errors import InputError

logger = logging.getLogger(__name__)

# Dark, since Gradio writes the names in white on them; the texts stand on a tint.
_SHADES = ("#b45309", "#1d4ed8", "#15803d", "#7e22ce", "#854d0e")
_SHADES += ("#be123c", "#0f766e", "#4b5563", "#9a3412", "#4d7c0f")
_ENTITY_COLOURS = dict(zip(views.ENTITY_NAMES.values(), _SHADES, strict=True))


@contextlib.contextmanager
def messages() -> Iterator[None]:
    """Show what goes wrong inside the block to the reader, as text."""
    import gradio as gr

    try:
        yield
    except (InputError, NotTrainedError) as error:
        # Gradio takes a message for HTML.
        text = html.escape(str(error))
        raise gr.Error(text, title="확인해 주세요", print_exception=False) from None
    except Exception:
        logger.exception("an answer failed")
        raise gr.Error(
            "답을 만들다가 오류가 났습니다. 이유는 데모를 실행한 터미널에 나옵니다.",
            title="오류",
            print_exception=False,
        ) from None


def classification_page(model: DemoModel) -> None:
    """Lay out: a text, the classes as bars."""
    import gradio as gr

    text = _text_field("text", lines=3)
    button = gr.Button("분류하기", variant="primary")
    result = gr.Label(label="결과", num_top_classes=10)

    def classify(text):
        with messages():
            return model.predict((checked_text("text", text),))["probabilities"]

    _ask(button, [text], classify, result)
    _examples(examples.REVIEWS, [text])


def pair_page(model: DemoModel) -> None:
    """Lay out: two texts, their relation as bars."""
    import gradio as gr

    with gr.Row():
        premise = _text_field("premise", lines=2)
        hypothesis = _text_field("hypothesis", lines=2)
    button = gr.Button("관계 알아보기", variant="primary")
    result = gr.Label(label="예측", num_top_classes=10)

    def relate(premise, hypothesis):
        with messages():
            texts = (
                checked_text("premise", premise),
                checked_text("hypothesis", hypothesis),
            )
            return model.predict(texts)["probabilities"]

    _ask(button, [premise, hypothesis], relate, result)
    _examples(examples.PAIRS, [premise, hypothesis])


def entity_page(model: DemoModel) -> None:
    """Lay out: a text, its entities marked and listed."""
    import gradio as gr

    text = _text_field("text", lines=3)
    button = gr.Button("개체명 찾기", variant="primary")
    marked = gr.HighlightedText(
        label="찾은 개체명", color_map=_ENTITY_COLOURS, show_whitespaces=False
    )
    rows = gr.HTML(elem_classes="answer-table", padding=False)

    def find_entities(text):
        with messages():
            answer = model.predict((checked_text("text", text),))
            return views.entity_segments(answer), views.entity_table(answer)

    _ask(button, [text], find_entities, [marked, rows])
    _examples(examples.SENTENCES, [text])


def answer_page(model: DemoModel) -> None:
    """Lay out: a passage and a question, the answer marked, other candidates."""
    import gradio as gr

    context = _text_field("context", lines=6)
    question = _text_field("question", lines=1)
    button = gr.Button("답 찾기", variant="primary")
    best = gr.Textbox(label="답", interactive=False)
    marked = gr.HighlightedText(
        label="지문에서 찾은 곳",
        color_map={views.ANSWER_NAME: _SHADES[0]},
        show_whitespaces=False,
    )
    rows = gr.HTML(elem_classes="answer-table", padding=False)

    def find_answer(question, context):
        with messages():
            texts = checked_text("question", question), checked_text("context", context)
            answer = model.predict(texts)
            best = answer["answer"] or views.NO_ANSWER
            marked = views.answer_segments(context, answer)
            return best, marked, views.candidate_table(answer)

    _ask(button, [question, context], find_answer, [best, marked, rows])
    _examples(examples.QUESTIONS, [question, context])


def generation_page(model: DemoModel) -> None:
    """Lay out: a prompt, all settings, the text as it is written, a stop button."""
    import gradio as gr

    prompt = _text_field("prompt", lines=2)
    method = gr.Radio(
        [(name, key) for key, name in METHODS.items()],
        value="sampling",
        label="다음 토큰을 고르는 방법",
    )
    with gr.Accordion("설정", open=False):
        fields = _setting_fields()
    with gr.Row():
        button = gr.Button("쓰기", variant="primary")
        stop = gr.Button("멈추기", variant="stop")
    result = gr.Textbox(label="생성한 글", lines=6, interactive=False, buttons=["copy"])

    def write(prompt, method, *numbers):
        with messages():
            values = dict(zip(SETTINGS, numbers, strict=True))
            options = decoding_options(method, values)
            seed = SETTINGS["seed"].check(values["seed"])
            text = checked_text("prompt", prompt)
            yield text
            for piece in model.write(text, options, seed):
                text += piece
                yield text

    writing = _ask(button, [prompt, method, *fields], write, result)
    stop.click(None, cancels=[writing], api_visibility="private")

    def show_fields(method):
        return [gr.update(visible=method in s.methods) for s in SETTINGS.values()]

    method.change(show_fields, method, fields, api_visibility="private")
    _examples(examples.prompts(model.labels), [prompt])


PAGES: dict[str, Callable[[DemoModel], None]] = {
    "ch04": classification_page,
    "ch05": pair_page,
    "ch06": entity_page,
    "ch07": answer_page,
    "ch08": generation_page,
}
"""Chapter to the function that lays out its page."""


def add_api_help(chapter: str) -> None:
    """Lay out how programs ask the same question.

    Args:
        chapter: such as `ch04`.
    """
    import gradio as gr

    request = json.dumps(REQUESTS[chapter], ensure_ascii=False, indent=2)
    with gr.Accordion("프로그램에서 쓰기 (JSON API)", open=False):
        gr.Markdown(
            f"이 화면의 주소 뒤에 `/api/{chapter}`를 붙인 곳에 아래 JSON을 "
            "`Content-Type: application/json`으로 `POST`하면 JSON으로 답합니다. "
            "주고받는 필드는 책의 웹 서비스와 같습니다."
        )
        gr.Code(request, language="json", label="요청의 예", interactive=False)


def _text_field(field: str, lines: int) -> Any:
    import gradio as gr

    return gr.Textbox(
        label=FIELD_NAMES[field],
        info=f"{MAX_CHARACTERS[field]:,}자까지",
        lines=lines,
        max_lines=12,
        min_width=280,  # beside another only where there is room
    )


def _setting_fields() -> list[Any]:
    import gradio as gr

    fields = []
    for name, setting in SETTINGS.items():
        shown = {"label": setting.label, "info": setting.info, "value": setting.default}
        shown["visible"] = "sampling" in setting.methods
        if name == "seed":
            fields.append(gr.Number(**shown, precision=0))
        else:
            fields.append(
                gr.Slider(setting.low, setting.high, step=setting.step, **shown)
            )
    return fields


def _ask(button: Any, inputs: list[Any], function: Callable, outputs: Any) -> Any:
    """Call a function at the click of a button; its name is the endpoint's."""
    return button.click(
        function,
        inputs,
        outputs,
        api_name=function.__name__,
        concurrency_limit=1,  # the model answers one at a time
        concurrency_id=function.__name__,
    )


def _examples(rows: Sequence[Sequence[str]], inputs: list[Any]) -> None:
    import gradio as gr

    gr.Examples(
        [list(row) for row in rows],
        inputs,
        label="눌러 보세요",
        cache_examples=False,
        api_visibility="private",
    )
