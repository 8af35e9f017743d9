"""The page as a whole: header, a tab a chapter, what there is before a training."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from kerasnlp_tutorial.demo.models import DemoModel
from kerasnlp_tutorial.demo.pages import PAGES, add_api_help, messages
from kerasnlp_tutorial.demo.views import score_line

TITLE = "한국어 자연어 처리 데모"
HEAD = (
    '<script>document.documentElement.lang = "ko"; Object.defineProperty('
    'navigator, "language", {get: () => "ko-KR"});</script>'
)
"""For the page's head: a screen reader reads in this language, and Gradio writes in it,
whatever the browser's is. Given to Gradio, it would come after Gradio has looked."""
CSS = """
.answer-table table { width: 100%; }
.answer-table :is(th, td) { border-color: var(--border-color-primary) !important; }
/* Gradio has no Korean word here. */
.toast-title.error { font-size: 0; }
.toast-title.error::before { content: "확인해 주세요"; font-size: 1rem; }
.progress-text { display: none !important; }
"""

MAX_WATCHERS = 8
"""Readers who watch a training at a time; others wait in the queue."""

_LOCAL = "입력한 글은 이 프로그램을 실행한 컴퓨터에서만 처리하고 저장하지 않습니다."
_SHARED = (
    "**공유 중입니다.** 입력한 글은 Gradio의 중계 서버(gradio.live)를 지나 이 "
    "프로그램을 실행한 컴퓨터로 가고, 주소를 아는 사람은 누구나 이 화면을 쓸 수 "
    "있습니다. 남에게 보이면 안 되는 글은 넣지 마세요."
)
_FONTS = ("Pretendard", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR")


def theme() -> Any:
    """Return the page's theme; its fonts are those of the reader's machine."""
    import gradio as gr

    return gr.themes.Default(
        font=(*_FONTS, "system-ui", "sans-serif"),
        font_mono=("ui-monospace", "Consolas", "monospace"),
        primary_hue="blue",
    )


def build(models: Sequence[DemoModel], share: bool) -> Any:
    """Return the page as a `gradio.Blocks`.

    Args:
        models: one, or one a chapter.
        share: whether the page is reached through Gradio's servers, so as to say so.
    """
    import gradio as gr

    with gr.Blocks(title=TITLE, analytics_enabled=False) as blocks:
        gr.Markdown(f"# {TITLE}\n\n{_SHARED if share else _LOCAL}")
        if len(models) == 1:
            gr.Markdown(f"## {models[0].title}")
            _add_page(blocks, models[0], share)
            return blocks
        with gr.Tabs():
            for model in models:
                with gr.Tab(model.title.rpartition(": ")[2]):
                    gr.Markdown(f"## {model.title}")
                    _add_page(blocks, model, share)
    return blocks


def _add_page(blocks: Any, model: DemoModel, share: bool) -> None:
    import gradio as gr

    with gr.Column(visible=model.is_ready) as page:
        scores = gr.Markdown(_scores(model))
        PAGES[model.chapter](model)
        add_api_help(model.chapter)
    if model.training is None:
        return
    with gr.Column(visible=not model.is_ready) as before:
        if share:  # a stranger must not make this computer work for minutes
            gr.Markdown(
                "이 장의 모델이 아직 없습니다. 데모를 연 컴퓨터에서 다음 명령으로 "
                f"학습한 다음 이 화면을 다시 여세요.\n\n`{model.training.command_text}`"
            )
        else:
            _add_training(model, [page, before, scores])
    # The page is drawn from a description made when the demo started.
    blocks.load(
        lambda: _shown(model),
        None,
        [page, before, scores],
        show_progress="hidden",
        api_visibility="private",
    )


def _scores(model: DemoModel) -> str:
    return score_line(model.chapter, model.metrics())


def _shown(model: DemoModel) -> tuple[Any, Any, str]:
    import gradio as gr

    ready = model.is_ready
    return gr.update(visible=ready), gr.update(visible=not ready), _scores(model)


def _add_training(model: DemoModel, parts: list[Any]) -> None:
    import gradio as gr

    gr.Markdown(
        "이 장의 모델이 아직 없습니다. 단추를 누르면 이 컴퓨터에서 기본 설정으로 "
        "한 번 학습해 보관하고, 다음부터는 바로 씁니다. CPU로 몇 분 걸립니다. "
        "화면을 닫아도 학습은 이어집니다.\n\n"
        f"보관하는 곳: `{model.training.path}`"
    )
    button = gr.Button("모델 학습하기", variant="primary")
    status = gr.Textbox(label="진행 상황", interactive=False, lines=2)

    def train() -> Iterator[tuple[Any, Any, Any, str]]:
        with messages():
            model.training.start()
            while model.training.is_running:
                yield gr.skip(), gr.skip(), gr.skip(), model.training.progress()
                time.sleep(1)
            failed = "학습하지 못했습니다. 이유: " + model.training.error
            yield *_shown(model), "" if model.is_ready else failed

    button.click(
        train,
        None,
        [*parts, status],
        show_progress="hidden",
        concurrency_limit=MAX_WATCHERS,
        api_visibility="private",
    )
