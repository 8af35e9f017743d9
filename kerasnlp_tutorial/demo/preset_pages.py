"""The pages that need no training: masks, next tokens, and tokenizers."""

from collections.abc import Callable
from dataclasses import dataclass

from kerasnlp_tutorial.demo import example_inputs, pages, views
from kerasnlp_tutorial.demo.limits import checked_text
from kerasnlp_tutorial.demo.preset_models import BERT, GPT2, PresetModels, masked


@dataclass(frozen=True)
class PresetPage:
    """A page for the presets of the package."""

    title: str
    """Title of its tab."""
    build: Callable[[PresetModels], None]
    """Adds it to a `gradio.Blocks`."""


def _mask_page(models: PresetModels) -> None:
    import gradio as gr

    gr.Markdown(
        f"`{BERT}`가 앞뒤를 읽고 `[MASK]`에 올 토큰을 맞힙니다. `[MASK]` 대신 밑줄 두 "
        "개(`__`)를 써도 됩니다. `##`으로 시작하는 토큰은 앞말에 붙습니다."
    )
    examples = example_inputs.MASKED
    text = pages.text_field("masked", examples)
    button = gr.Button("빈칸 채우기", variant="primary")
    answer = gr.HTML(elem_classes="answer-table", padding=False)

    def fill_mask(text):
        with pages.messages():
            text = checked_text("masked", text)
            return views.mask_tables(masked(text), models.fill(text))

    pages.on_send(button, [text], [text], fill_mask, [answer])
    pages.add_examples(examples, [text])
    pages.add_hard_examples(
        example_inputs.HARD_MASKED, example_inputs.MASKED_REASON, [text]
    )


def _next_page(models: PresetModels) -> None:
    import gradio as gr

    gr.Markdown(
        f"`{GPT2}`가 앞부분만 읽고 다음에 올 토큰을 맞힙니다. ‘붙이기’를 누를 때마다 "
        "가장 그럴듯한 토큰이 하나씩 붙습니다. `␣`은 띄어쓰기입니다."
    )
    examples = example_inputs.BEGINNINGS
    text = pages.text_field("beginning", examples)
    with gr.Row():
        button = gr.Button("다음 단어 맞히기", variant="primary")
        append = gr.Button("가장 그럴듯한 토큰 붙이기")
    answer = gr.HTML(elem_classes="answer-table", padding=False)

    def next_tokens(text):
        with pages.messages():
            text = checked_text("beginning", text)
            return views.next_table(models.next_tokens(text))

    def append_token(text):
        with pages.messages():
            text = checked_text("beginning", text)
            # A token may be a part of a character, which no text field can hold.
            best = next(
                (t for t in models.next_tokens(text) if not views.is_partial(t)), ""
            )
            text = checked_text("beginning", text + best)
            return text, views.next_table(models.next_tokens(text))

    pages.on_send(button, [text], [text], next_tokens, [answer])
    pages.on_send(append, [], [text], append_token, [text, answer])
    pages.add_examples(examples, [text])
    pages.add_hard_examples(
        example_inputs.HARD_BEGINNINGS, example_inputs.BEGINNING_REASON, [text]
    )


def _tokenizer_page(models: PresetModels) -> None:
    import gradio as gr

    gr.Markdown(
        "두 모델이 글을 토큰으로 나눕니다. BERT의 워드피스에서는 단어의 둘째 토큰부터 "
        "`##`이 붙고, GPT-2의 바이트 수준 BPE에서는 띄어쓰기(`␣`)가 토큰에 들어 "
        "있습니다. `<eb b7>`은 글자 하나가 바이트로 나뉜 것입니다."
    )
    examples = example_inputs.TO_TOKENIZE
    text = pages.text_field("text", examples)
    button = gr.Button("토큰으로 나누기", variant="primary")
    answer = gr.HTML(elem_classes="answer-table", padding=False)

    def tokenize(text):
        with pages.messages():
            text = checked_text("text", text)
            return views.token_lists(text, models.tokens(text))

    pages.on_send(button, [text], [text], tokenize, [answer])
    pages.add_examples(examples, [text])


PRESET_PAGES = (
    PresetPage("빈칸 채우기", _mask_page),
    PresetPage("다음 단어 맞히기", _next_page),
    PresetPage("토크나이저", _tokenizer_page),
)
"""The pages in the order of their tabs."""
