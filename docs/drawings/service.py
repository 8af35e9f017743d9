"""The web service of a trained model: a text goes there, an answer comes back."""

from collections.abc import Callable, Sequence

from drawings.canvas import MARGIN, SMALL, Canvas, Picture
from drawings.tasks import bars


def _service(
    canvas: Canvas,
    inputs: Sequence[tuple[str, str]],
    steps: str,
    answer: Callable[[float], float],
) -> Picture:
    """Draw what goes to the service and what comes back.

    Args:
        canvas: an empty canvas.
        inputs: label and text of each field.
        steps: what the service does.
        answer: draws the answer below y; returns the y below it.
    """
    canvas.note(62, "브라우저")
    y = 72
    for label, text in inputs:
        canvas.text(MARGIN, y + 22, label, anchor="start")
        canvas.box(80, y, 264, 34, text, tone="empty")
        y += 42
    canvas.down(180, y - 8, y + 24)
    canvas.text(192, y + 12, "글을 보냅니다", size=SMALL, tone="muted", anchor="start")
    y += 24
    lines = ("kerasnlp-tutorial demo", steps)
    canvas.box(MARGIN, y, 328, 56, *lines, tone="blue", bold=True)
    canvas.down(180, y + 56, y + 88)
    canvas.text(
        192, y + 76, "답을 돌려줍니다", size=SMALL, tone="muted", anchor="start"
    )
    y += 88
    canvas.note(y + 14, "브라우저")
    return canvas.picture(answer(y + 24) + 12)


def _probabilities(canvas, classes, logits) -> Callable[[float], float]:
    tones = ["green"] * len(classes)
    return lambda y: bars(canvas, y, classes, logits, tones)


def document_service() -> Picture:
    """A page that classifies a review."""
    canvas = Canvas(
        "document_service",
        "웹 서비스: 리뷰를 보내면",
        "위에서 아래로 이어진다. 브라우저의 글상자에 적은 리뷰 '연기가 좋네'를 "
        "kerasnlp-tutorial demo에 보내면, 토크나이저와 모델, softmax를 지나 긍정과 "
        "부정의 확률이 브라우저로 돌아와 막대로 보인다.",
    )
    answer = _probabilities(canvas, ["긍정", "부정"], [2.1, -0.9])
    steps = "토크나이저 → 모델 → softmax"
    return _service(canvas, [("리뷰", "연기가 좋네")], steps, answer)


def pair_service() -> Picture:
    """A page that tells the relation of two sentences."""
    canvas = Canvas(
        "pair_service",
        "웹 서비스: 전제와 가설을 보내면",
        "위에서 아래로 이어진다. 브라우저의 두 글상자에 적은 전제 '비가 온다'와 가설 "
        "'땅이 젖는다'를 kerasnlp-tutorial demo에 보내면, 토크나이저와 모델, softmax를 "
        "지나 참, 거짓, 중립의 확률이 브라우저로 돌아와 막대로 보인다.",
    )
    answer = _probabilities(canvas, ["참", "거짓", "중립"], [1.9, -0.8, 0.2])
    inputs = [("전제", "비가 온다"), ("가설", "땅이 젖는다")]
    return _service(canvas, inputs, "토크나이저 → 모델 → softmax", answer)


def entity_service() -> Picture:
    """A page that marks the entities of a sentence."""
    canvas = Canvas(
        "entity_service",
        "웹 서비스: 문장을 보내면",
        "위에서 아래로 이어진다. 브라우저의 글상자에 적은 문장 '이순신은 1545년 "
        "서울에서 태어났다'를 kerasnlp-tutorial demo에 보내면, 토크나이저와 모델, "
        "비터비 알고리즘을 지나 같은 문장이 브라우저로 돌아온다. 이순신에는 사람, "
        "1545년에는 날짜, 서울에는 장소라고 색이 칠해져 있다.",
    )
    parts = [
        ("이순신", "사람", "blue", 50),
        ("은", "", "", 18),
        ("1545년", "날짜", "orange", 58),
        ("서울", "장소", "green", 40),
        ("에서 태어났다", "", "", 92),
    ]

    def answer(y: float) -> float:
        x = MARGIN + 18
        for text, label, tone, width in parts:
            if label:
                canvas.box(x, y + 2, width, 28, text, tone=tone)
                canvas.text(x + width / 2, y + 48, label, size=SMALL, tone=tone)
            else:
                canvas.text(x, y + 21, text, anchor="start")
            x += width + 5
        return y + 56

    inputs = [("문장", "이순신은 1545년 서울에서 태어났다")]
    return _service(canvas, inputs, "토크나이저 → 모델 → 비터비", answer)


def question_service() -> Picture:
    """A page that marks the answer in a passage."""
    canvas = Canvas(
        "question_service",
        "웹 서비스: 글과 질문을 보내면",
        "위에서 아래로 이어진다. 브라우저의 두 글상자에 적은 글 '이순신은 1545년 "
        "서울에서 태어났다'와 질문 '언제 태어났나?'를 kerasnlp-tutorial demo에 보내면, "
        "토크나이저와 모델을 지나 시작과 끝을 고른 뒤 글이 브라우저로 돌아온다. "
        "1545년에 색이 칠해져 있다.",
    )

    def answer(y: float) -> float:
        canvas.text(95, y + 21, "이순신은", anchor="end")
        canvas.box(103, y + 2, 62, 28, "1545년", tone="green", bold=True)
        canvas.text(173, y + 21, "서울에서 태어났다", anchor="start")
        canvas.text(134, y + 48, "답", size=SMALL, tone="green")
        return y + 56

    inputs = [("글", "이순신은 1545년 서울에서 태어났다"), ("질문", "언제 태어났나?")]
    return _service(canvas, inputs, "토크나이저 → 모델 → 시작과 끝 고르기", answer)


def writing_service() -> Picture:
    """A page that continues a prompt."""
    canvas = Canvas(
        "writing_service",
        "웹 서비스: 프롬프트를 보내면",
        "위에서 아래로 이어진다. 브라우저의 글상자에 적은 프롬프트 '오늘은'과 고르는 "
        "법 'top-p 0.9'를 kerasnlp-tutorial demo에 보내면, 확률을 구하고 고르고 붙이는 "
        "일을 반복해 '비가 와서 집에 있었다'를 한 토큰씩 브라우저로 돌려보낸다.",
    )

    def answer(y: float) -> float:
        canvas.text(MARGIN, y + 21, "오늘은", anchor="start")
        tokens = ["비가", "와서", "집에", "있었다"]
        tones = ["green"] * len(tokens)
        canvas.row(72, y + 2, tokens, width=58, height=28, tones=tones)
        return y + 36

    inputs = [("프롬프트", "오늘은"), ("샘플링", "top-p 0.9")]
    return _service(canvas, inputs, "확률 → 고르기 → 붙이기, 반복", answer)
