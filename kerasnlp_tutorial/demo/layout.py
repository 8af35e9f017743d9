"""The whole page: header, tabs of the presets and the chapters, and training."""

import html
import inspect
import time
from collections.abc import Iterator, Sequence
from typing import Any

from kerasnlp_tutorial.demo import link_preview, pages, web_api
from kerasnlp_tutorial.demo.chapter_demos import CHAPTER_DEMOS
from kerasnlp_tutorial.demo.chapter_training import ChapterTraining
from kerasnlp_tutorial.demo.demo_model import DemoModel
from kerasnlp_tutorial.demo.preset_models import PresetModels
from kerasnlp_tutorial.demo.preset_pages import PRESET_PAGES
from kerasnlp_tutorial.demo.views import score_line

TITLE = link_preview.TITLE
_SCRIPT = (
    '<script>document.documentElement.lang = "ko"; Object.defineProperty('
    'navigator, "language", {get: () => "ko-KR"});</script>'
)
"""Sets the language for screen readers and for Gradio's own texts, independent of the
browser. As Gradio's `head` it would run too late, after Gradio has read the language.
"""
CSS = """
.answer-table table { width: 100%; }
.answer-table :is(th, td) { border-color: var(--border-color-primary) !important; }
.answer-table .filled { font-size: var(--text-lg); margin: 0.5em 0; }
.answer-table h3 { margin-top: 0.8em; font-weight: 600; }
.bars th { text-align: left; white-space: nowrap; font-weight: 600; }
.bars .bar { width: 70%; }
.bars .bar span { display: block; height: 0.8em; min-width: 1px;
  background: var(--color-accent); border-radius: 0.2em; }
.bars .number { text-align: right; white-space: nowrap; }
.token-list { display: flex; flex-wrap: wrap; gap: 0.3em; padding: 0; margin: 0.5em 0;
  list-style: none; }
.token-list li { display: flex; flex-direction: column; align-items: center; margin: 0;
  padding: 0.1em 0.5em; border: 1px solid var(--border-color-primary);
  border-radius: 0.3em; }
/* The theme has the same accent for both color schemes. */
.dark { --color-accent: var(--primary-400); }
.training progress { width: 100%; height: 1em; accent-color: var(--color-accent); }
.text-field textarea { min-height: 3.5em; }
/* Gradio writes marked text in the color of its label. */
.textfield { display: block !important; word-break: normal !important; }
.token.highlighted .text { color: var(--body-text-color) !important; }
mark { background: #fde68a; color: #111; padding: 0 0.2em; border-radius: 0.2em; }
/* Gradio has no Korean word here. */
.toast-title.error { font-size: 0; }
.toast-title.error::before { content: "확인해 주세요"; font-size: 1rem; }
.progress-text { display: none !important; }
"""

MAX_WATCHERS = 8
"""Maximum number of users who watch a training run; others wait in the queue."""

_LOCAL = "입력한 글은 이 프로그램을 실행한 컴퓨터에서만 처리하고 저장하지 않습니다."
_OPEN = (
    "다른 컴퓨터에서도 이 화면을 열 수 있습니다. 입력한 글은 이 프로그램을 실행한 "
    "컴퓨터로 가고, 암호화되지 않을 수 있습니다. 저장하지는 않습니다."
)
_SHARED = (
    "**공유 중입니다.** 입력한 글은 Gradio의 중계 서버(gradio.live)를 지나 이 "
    "프로그램을 실행한 컴퓨터로 가고, 주소를 아는 사람은 누구나 이 화면을 쓸 수 "
    "있습니다. 남에게 보이면 안 되는 글은 넣지 마세요."
)
_FONTS = ("Pretendard", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR")


def head(url: str) -> str:
    """Return the HTML for the start of the `<head>` of the page.

    Args:
        url: URL of the page.
    """
    return _SCRIPT + link_preview.meta_tags(url)


def theme() -> Any:
    """Return the theme of the page, with system fonts only.

    Gradio's own hints and buttons have a contrast below 4.5:1.
    """
    import gradio as gr

    return gr.themes.Default(
        font=(*_FONTS, "system-ui", "sans-serif"),
        font_mono=("ui-monospace", "Consolas", "monospace"),
        primary_hue="blue",
    ).set(
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_800",
        button_cancel_background_fill="*neutral_600",
        button_cancel_background_fill_hover="*neutral_700",
        button_cancel_background_fill_dark="*neutral_600",
        button_cancel_background_fill_hover_dark="*neutral_700",
        color_accent="*primary_700",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
    )


def build(
    models: Sequence[DemoModel],
    share: bool = False,
    is_open: bool = False,
    lets_train: bool = True,
    presets: PresetModels | None = None,
) -> Any:
    """Return the page as a `gradio.Blocks`.

    Args:
        models: one model, two of the same chapter, or one for each chapter.
        share: whether the page is shared through Gradio's servers. It says so then.
        is_open: whether other machines can reach the page. It says so then.
        lets_train: whether users may start trainings.
        presets: presets to show in tabs before those of the chapters.
    """
    import gradio as gr

    notice = _SHARED if share else _OPEN if is_open else _LOCAL
    with gr.Blocks(title=TITLE, analytics_enabled=False) as blocks:
        gr.Markdown(f"# {TITLE}\n\n{notice}")
        if len({model.chapter for model in models}) == 1:
            gr.Markdown(f"## {models[0].title}")
            _add_page(blocks, models, lets_train)
            return blocks
        with gr.Tabs(**_wrapped(gr.Tabs)):
            if presets is not None:
                for page in PRESET_PAGES:
                    with gr.Tab(page.title):
                        gr.Markdown(f"## {page.title}")
                        page.build(presets)
            for model in models:
                with gr.Tab(model.title.rpartition(": ")[2]):
                    gr.Markdown(f"## {model.title}")
                    _add_page(blocks, [model], lets_train)
    return blocks


def _wrapped(tabs: type) -> dict[str, Any]:
    """Return the argument that wraps tabs; few users find the menu of hidden ones.

    Gradio has it from 6.28 on; a Colab runtime has an older one.
    """
    known = "overflow_behavior" in inspect.signature(tabs).parameters
    return {"overflow_behavior": "wrap"} if known else {}


def _add_page(blocks: Any, models: Sequence[DemoModel], lets_train: bool) -> None:
    import gradio as gr

    model = models[0]
    demo = CHAPTER_DEMOS[model.chapter]
    with gr.Column(visible=model.is_ready) as page:
        scores = gr.Markdown(_scores(models))
        fields = demo.build_page(models, demo.examples)
        if model.training is not None:  # the examples are of the default model
            pages.add_hard_examples(demo.hard_examples, demo.hard_reason, fields)
        pages.add_api_help(web_api.names(models), demo.request)
    if model.training is None:
        return
    with gr.Column(visible=not model.is_ready) as before:
        if lets_train:
            _add_training(model, model.training, [page, before, scores])
        else:  # strangers must not start minutes of training on this machine
            gr.Markdown(
                "이 장의 모델이 아직 없습니다. 데모를 연 컴퓨터에서 다음 명령으로 "
                f"학습한 다음 이 화면을 다시 여세요.\n\n`{model.training.command_text}`"
            )
    # The layout dates from the start of the demo; update it when the page loads.
    blocks.load(
        lambda: _updates(model),
        None,
        [page, before, scores],
        show_progress="hidden",
        api_visibility="private",
    )


def _scores(models: Sequence[DemoModel]) -> str:
    lines = []
    for model in models:
        demo = CHAPTER_DEMOS[model.chapter]
        line = score_line(demo.metric, demo.metric_name, model.metrics())
        if line and len(models) > 1:
            line = f"- `{model.name}`: {line}"
        lines.append(line)
    return "\n".join(lines)


def _updates(model: DemoModel) -> tuple[Any, Any, str]:
    import gradio as gr

    ready = model.is_ready
    return gr.update(visible=ready), gr.update(visible=not ready), _scores([model])


def _add_training(
    model: DemoModel, training: ChapterTraining, parts: list[Any]
) -> None:
    import gradio as gr

    gr.Markdown(
        "이 장의 모델이 아직 없습니다. 단추를 누르면 이 컴퓨터에서 기본 설정으로 "
        "한 번 학습해 보관하고, 다음부터는 바로 씁니다. CPU로 몇 분 걸립니다. "
        "화면을 닫아도 학습은 이어집니다.\n\n"
        f"보관하는 곳: `{training.path}`"
    )
    button = gr.Button("모델 학습하기", variant="primary")
    status = gr.HTML(elem_classes="training")

    def train() -> Iterator[tuple[Any, Any, Any, str]]:
        with pages.messages():
            training.start()
            while training.is_running:
                yield gr.skip(), gr.skip(), gr.skip(), _progress_bar(training)
                time.sleep(1)
            failed = html.escape("학습하지 못했습니다. 이유: " + training.error)
            yield *_updates(model), "" if model.is_ready else failed

    button.click(
        train,
        None,
        [*parts, status],
        show_progress="hidden",
        concurrency_limit=MAX_WATCHERS,
        api_visibility="private",
    )


def _progress_bar(training: ChapterTraining) -> str:
    fraction = training.fraction
    value = "" if fraction is None else f' value="{fraction:.3f}"'
    bar = f'<progress aria-label="진행 상황"{value}></progress>'
    return f"{bar}<p>{html.escape(training.progress())}</p>"
