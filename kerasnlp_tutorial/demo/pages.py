"""The page of each task: functions that add it to a `gradio.Blocks`."""

import contextlib
import html
import json
import logging
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from kerasnlp_tutorial.demo import views
from kerasnlp_tutorial.demo.decoding import METHODS, SETTINGS, decoding_options
from kerasnlp_tutorial.demo.demo_model import DemoModel, NotTrainedError
from kerasnlp_tutorial.demo.example_inputs import label_prompts
from kerasnlp_tutorial.demo.limits import FIELD_NAMES, MAX_CHARACTERS, checked_text
from kerasnlp_tutorial.errors import InputError

logger = logging.getLogger(__name__)

Models = Sequence[DemoModel]
"""One model, or two of the same chapter to compare."""
Examples = Sequence[tuple[str, ...]]
"""Example inputs: a text for each text field of a page, in the order of the fields."""

# Dark colors, since Gradio writes labels in white on them; texts get a light tint.
_SHADES = ("#b45309", "#1d4ed8", "#15803d", "#7e22ce", "#854d0e")
_SHADES += ("#be123c", "#0f766e", "#4b5563", "#9a3412", "#4d7c0f")
_ENTITY_COLORS = dict(zip(views.ENTITY_NAMES.values(), _SHADES, strict=True))


@contextlib.contextmanager
def messages() -> Iterator[None]:
    """Show errors inside the block to the user, as text."""
    import gradio as gr

    try:
        yield
    except (InputError, NotTrainedError) as error:
        # Gradio interprets messages as HTML.
        text = html.escape(str(error))
        raise gr.Error(text, title="확인해 주세요", print_exception=False) from None
    except Exception:
        logger.exception("an answer failed")
        raise gr.Error(
            "답을 만들다가 오류가 났습니다. 이유는 데모를 실행한 터미널에 나옵니다.",
            title="오류",
            print_exception=False,
        ) from None


def classification_page(models: Models, examples: Examples) -> list[Any]:
    """Build the page of text classification: a text, class probabilities as bars.

    Args:
        models: the models that answer, side by side.
        examples: example inputs to click on.

    Returns:
        The text fields.
    """
    import gradio as gr

    text = text_field("text", examples)
    button = gr.Button("분류하기", variant="primary")
    results = _side_by_side(
        models, lambda: [gr.Label(label="결과", num_top_classes=10)]
    )

    def classify(text):
        with messages():
            texts = (checked_text("text", text),)
            return _answers(models, lambda m: [m.predict(texts)["probabilities"]])

    on_send(button, [text], [text], classify, results)
    add_examples(examples, [text])
    return [text]


def pair_page(models: Models, examples: Examples) -> list[Any]:
    """Build the page of sentence pairs: two texts, class probabilities as bars.

    Args:
        models: the models that answer, side by side.
        examples: example inputs to click on.

    Returns:
        The text fields.
    """
    import gradio as gr

    with gr.Row():
        premise = text_field("premise", examples)
        hypothesis = text_field("hypothesis", examples, 1)
    button = gr.Button("관계 알아보기", variant="primary")
    results = _side_by_side(
        models, lambda: [gr.Label(label="예측", num_top_classes=10)]
    )

    def relate(premise, hypothesis):
        with messages():
            texts = (
                checked_text("premise", premise),
                checked_text("hypothesis", hypothesis),
            )
            return _answers(models, lambda m: [m.predict(texts)["probabilities"]])

    fields = [premise, hypothesis]
    on_send(button, fields, fields, relate, results)
    add_examples(examples, fields)
    return fields


def entity_page(models: Models, examples: Examples) -> list[Any]:
    """Build the page of named entities: a text, its entities highlighted and listed.

    Args:
        models: the models that answer, side by side.
        examples: example inputs to click on.

    Returns:
        The text fields.
    """
    import gradio as gr

    text = text_field("text", examples)
    button = gr.Button("개체명 찾기", variant="primary")

    def outputs():
        marked = gr.HighlightedText(
            label="찾은 개체명", color_map=_ENTITY_COLORS, show_whitespaces=False
        )
        return [marked, gr.HTML(elem_classes="answer-table", padding=False)]

    results = _side_by_side(models, outputs)

    def find_entities(text):
        with messages():
            texts = (checked_text("text", text),)
            return _answers(models, lambda m: _entities(m.predict(texts)))

    on_send(button, [text], [text], find_entities, results)
    add_examples(examples, [text])
    return [text]


def _entities(answer: dict[str, Any]) -> list[Any]:
    return [views.entity_segments(answer), views.entity_table(answer)]


def answer_page(models: Models, examples: Examples) -> list[Any]:
    """Build the page of questions: a passage, the answer highlighted, candidates.

    Args:
        models: the models that answer, side by side.
        examples: example inputs to click on.

    Returns:
        The text fields.
    """
    import gradio as gr

    context = text_field("context", examples, 1, lines=6)
    question = text_field("question", examples)
    button = gr.Button("답 찾기", variant="primary")

    def outputs():
        best = gr.Textbox(label="답", interactive=False)
        marked = gr.HighlightedText(
            label="지문에서 찾은 곳",
            color_map={views.ANSWER_NAME: _SHADES[0]},
            show_whitespaces=False,
        )
        return [best, marked, gr.HTML(elem_classes="answer-table", padding=False)]

    results = _side_by_side(models, outputs)

    def find_answer(question, context):
        with messages():
            texts = checked_text("question", question), checked_text("context", context)
            return _answers(models, lambda m: _answer(context, m.predict(texts)))

    fields = [question, context]
    on_send(button, fields, fields, find_answer, results)
    add_examples(examples, fields)
    return fields


def _answer(context: str, answer: dict[str, Any]) -> list[Any]:
    best = answer["answer"] or views.NO_ANSWER
    marked = views.answer_segments(context, answer)
    return [best, marked, views.candidate_table(answer)]


def generation_page(models: Models, examples: Examples) -> list[Any]:
    """Build the page of generation: a prompt, settings, streamed text, a stop button.

    Args:
        models: the models that write, side by side.
        examples: example prompts to click on, for a model without labels.

    Returns:
        The text fields.
    """
    import gradio as gr

    examples = label_prompts(models[0].labels) or examples
    prompt = text_field("prompt", examples)
    method = gr.Radio(
        [(name, key) for key, name in METHODS.items()],
        value="sampling",
        label="다음 토큰을 고르는 방법",
    )
    limit = _limit([model for model in models if model.is_open])
    with gr.Accordion("설정", open=False) as settings:
        fields = _setting_fields(limit)
    with gr.Row():
        button = gr.Button("쓰기", variant="primary")
        stop = gr.Button("멈추기", variant="stop")

    def outputs():
        return [
            gr.Textbox(label="생성한 글", lines=6, interactive=False, buttons=["copy"])
        ]

    results = _side_by_side(models, outputs)

    def write(prompt, method, *numbers):
        with messages():
            values = dict(zip(SETTINGS, numbers, strict=True))
            options = decoding_options(method, values)
            if values["seed"] in (None, ""):
                seed = random.getrandbits(31)
            else:
                seed = int(SETTINGS["seed"].check(values["seed"]))
            text = checked_text("prompt", prompt)
            yield from _written(models, text, options, seed)

    # A click soon after a stop counts, though the server is still stopping.
    write_event = on_send(
        button,
        [prompt],
        [prompt, method, *fields],
        write,
        results,
        trigger_mode="multiple",
    )
    stop.click(None, cancels=[write_event], api_visibility="private")

    def show_fields(method):
        limit = _limit([model for model in models if model.is_ready])
        return [
            gr.update(visible=method in setting.methods, **_range(name, limit))
            for name, setting in SETTINGS.items()
        ]

    for event in (method.change, settings.expand):
        event(
            show_fields,
            method,
            fields,
            show_progress="hidden",
            api_visibility="private",
        )
    add_examples(examples, [prompt])
    return [prompt]


def _written(
    models: Models, prompt: str, options: dict[str, Any], seed: int
) -> Iterator[Any]:
    """Yield the texts of all models so far, each time that one has grown."""
    texts = [prompt] * len(models)
    streams = {i: model.write(prompt, options, seed) for i, model in enumerate(models)}
    yield _unwrapped(texts)
    while streams:
        for i, stream in list(streams.items()):
            piece = next(stream, None)
            if piece is None:
                del streams[i]
            else:
                texts[i] += piece
                yield _unwrapped(texts)


def _limit(models: Models) -> int | None:
    """Return the maximum number of new tokens of models; None if it is not known."""
    return min((model.max_new_tokens() for model in models), default=None)


def _range(name: str, limit: int | None) -> dict[str, Any]:
    """Return the options of a slider for models of a limited length."""
    setting = SETTINGS[name]
    if name not in ("min_new_tokens", "max_new_tokens") or limit is None:
        return {}
    options: dict[str, Any] = {"maximum": min(limit, int(setting.high))}
    if setting.default is not None and setting.default > limit:
        options["value"] = limit
    return options


def add_examples(
    examples: Examples, fields: list[Any], label: str = "눌러 보세요"
) -> None:
    """Add example inputs, which fill the fields when they are clicked.

    Args:
        examples: the inputs.
        fields: the text fields.
        label: heading of the examples.
    """
    import gradio as gr

    gr.Examples(
        [list(example) for example in examples],
        fields,
        label=label,
        cache_examples=False,
        api_visibility="private",
    )


def add_hard_examples(examples: Examples, reason: str, fields: list[Any]) -> None:
    """Add example inputs that the model gets wrong.

    Args:
        examples: the inputs; nothing is added if there are none.
        reason: why the model gets them wrong, in Korean.
        fields: the text fields.
    """
    import gradio as gr

    if examples:
        gr.Markdown(f"**이런 글은 틀리기 쉽습니다.** {reason}")
        add_examples(examples, fields, "틀리는 예")


def add_api_help(names: Sequence[str], request: Any) -> None:
    """Add a section that explains the JSON API.

    Args:
        names: names of the models in the API, such as `ch04`.
        request: the JSON of an example request.
    """
    import gradio as gr

    paths = ", ".join(f"`/api/{name}`" for name in names)
    example = json.dumps(request, ensure_ascii=False, indent=2)
    with gr.Accordion("프로그램에서 쓰기 (JSON API)", open=False):
        gr.Markdown(
            f"이 화면의 주소 뒤에 {paths}를 붙인 곳에 아래 JSON을 "
            "`Content-Type: application/json`으로 `POST`하면 JSON으로 답합니다. "
            "주고받는 필드는 책의 웹 서비스와 같습니다."
        )
        gr.Code(example, language="json", label="요청의 예", interactive=False)


def text_field(
    field: str, examples: Examples, position: int = 0, lines: int = 1
) -> Any:
    """Add a text field that holds the first example, and return it.

    Args:
        field: one of `FIELD_NAMES`.
        examples: example inputs of the page.
        position: position of the field in them.
        lines: minimum number of lines. Enter sends the text if it is 1.
    """
    import gradio as gr

    return gr.Textbox(
        examples[0][position],
        label=FIELD_NAMES[field],
        info=f"{MAX_CHARACTERS[field]:,}자까지",
        lines=lines,
        max_lines=12,
        min_width=280,  # two fields share a row only on wide screens
        elem_classes="text-field",
    )


def _side_by_side(models: Models, outputs: Callable[[], list[Any]]) -> list[Any]:
    """Add the outputs of each model, under its name if there are several."""
    import gradio as gr

    if len(models) == 1:
        return outputs()
    results = []
    with gr.Row():
        for model in models:
            with gr.Column(min_width=280):
                gr.Markdown(f"### {html.escape(model.name)}")
                results += outputs()
    return results


def _answers(models: Models, answer: Callable[[DemoModel], list[Any]]) -> Any:
    """Return the outputs of all models, as Gradio expects them of a function."""
    return _unwrapped([output for model in models for output in answer(model)])


def _unwrapped(outputs: list[Any]) -> Any:
    return outputs[0] if len(outputs) == 1 else tuple(outputs)


def _setting_fields(limit: int | None) -> list[Any]:
    import gradio as gr

    fields: list[Any] = []
    for name, setting in SETTINGS.items():
        options: dict[str, Any] = {
            "label": setting.label,
            "info": setting.info,
            "value": setting.default,
            "visible": "sampling" in setting.methods,
        }
        if name == "seed":
            # A number field would show 0 when it is empty.
            fields.append(gr.Textbox(**options, max_lines=1))
        else:
            options |= {"maximum": setting.high} | _range(name, limit)
            fields.append(gr.Slider(setting.low, step=setting.step, **options))
    return fields


def on_send(
    button: Any,
    fields: list[Any],
    inputs: list[Any],
    function: Callable,
    outputs: list[Any],
    trigger_mode: Literal["once", "multiple"] = "once",
) -> Any:
    """Call a function when a button is clicked, or Enter is pressed in a field.

    Args:
        button: the button.
        fields: the text fields.
        inputs: components whose values are the arguments of the function.
        function: the function; the API endpoint gets its name.
        outputs: components that show its results.
        trigger_mode: whether clicks count while an answer is awaited.
    """
    import gradio as gr

    return gr.on(
        [button.click, *(field.submit for field in fields)],
        function,
        inputs,
        outputs,
        api_name=function.__name__,
        concurrency_limit=1,  # the model handles one request at a time
        concurrency_id=function.__name__,
        trigger_mode=trigger_mode,
    )
