"""The five downstream tasks at a first look: what is read, where the answer is."""

from collections.abc import Sequence

from drawings.canvas import MARGIN, SMALL, Canvas, Picture
from drawings.tasks import bars

_TOP, _BELOW = 84, 208  # upper edges of the tokens and of the answers


def _task(
    name: str,
    title: str,
    description: str,
    note: str,
    tokens: Sequence[str],
    answering: Sequence[int],
    model: str = "BERT",
) -> tuple[Canvas, list[float]]:
    """Draw tokens, a model and arrows from where it answers.

    Args:
        name: file name without extension.
        title: what is drawn.
        description: what is seen.
        note: line below the title.
        tokens: the input.
        answering: indices of the tokens with an answer.
        model: name of the model.

    Returns:
        The canvas, and the x of the middle of each token.
    """
    canvas = Canvas(name, title, description)
    canvas.note(62, note)
    width = 44 if len(tokens) > 5 else 56
    tones = ["orange" if i in answering else "plain" for i in range(len(tokens))]
    centers = canvas.row(
        MARGIN, _TOP, tokens, width=width, gap=3.3, height=34, tones=tones
    )
    for center in centers:
        canvas.down(center, _TOP + 34, _TOP + 56)
    canvas.box(MARGIN, _TOP + 56, 328, 38, model, tone="blue", bold=True)
    for i in answering:
        canvas.down(centers[i], _TOP + 94, _BELOW - 4, tone="orange")
    return canvas, centers


def first_classification() -> Picture:
    """A review, and its class at `[CLS]`."""
    canvas, _ = _task(
        "first_classification",
        "문서 분류: 글의 범주",
        "리뷰 '연기가 좋네'가 [CLS] 연기 ##가 좋네 [SEP]로 나뉘어 BERT에 들어가고, "
        "맨 앞의 [CLS] 아래에서 긍정 0.90, 부정 0.10이라는 답이 나온다.",
        "글 하나를 읽고 범주 하나를 고릅니다.",
        ["[CLS]", "연기", "##가", "좋네", "[SEP]"],
        [0],
    )
    end = bars(canvas, _BELOW, ["긍정", "부정"], [2.2, 0], ["green"] * 2)
    return canvas.picture(end + 12)


def first_pair() -> Picture:
    """Two sentences, and their relation at `[CLS]`."""
    canvas, _ = _task(
        "first_pair",
        "문장 쌍 분류: 두 글의 관계",
        "앞 문장 '비가 온다'와 뒤 문장 '비가 그쳤다'가 [CLS] 비가 온다 [SEP] 비가 "
        "그쳤다 [SEP] 한 줄로 BERT에 들어가고, [CLS] 아래에서 참 0.05, 거짓 0.85, "
        "중립 0.10이라는 답이 나온다.",
        "문장 둘을 읽고 둘의 관계를 고릅니다.",
        ["[CLS]", "비가", "온다", "[SEP]", "비가", "그쳤다", "[SEP]"],
        [0],
    )
    names, logits = ["참", "거짓", "중립"], [-0.69, 2.14, 0]
    end = bars(canvas, _BELOW, names, logits, ["green"] * 3)
    return canvas.picture(end + 12)


def first_entities() -> Picture:
    """A sentence, and a kind of name at every token."""
    kinds = ["사람", "없음", "장소", "없음", "없음"]
    canvas, centers = _task(
        "first_entities",
        "개체명 인식: 토큰마다 하나",
        "문장 '이순신은 서울에서 살았다'가 토큰으로 나뉘어 BERT에 들어가고, 토큰마다 "
        "답이 하나씩 나온다. 이순신은 사람, 서울은 장소이고 ##은, ##에서, 살았다는 "
        "이름이 아니므로 없음이다.",
        "토큰마다 이름의 종류를 고릅니다.",
        ["[CLS]", "이순신", "##은", "서울", "##에서", "살았다", "[SEP]"],
        range(1, 6),
    )
    tones = ["plain" if kind == "없음" else "green" for kind in kinds]
    left = centers[1] - 22
    canvas.row(left, _BELOW, kinds, width=44, gap=3.3, height=32, tones=tones)
    return canvas.picture(_BELOW + 48)


def first_answer() -> Picture:
    """A question and a passage, and the first and the last token of the answer."""
    canvas, centers = _task(
        "first_answer",
        "질의응답: 답의 시작과 끝",
        "질문 '언제 태어났나?'와 지문 '1545년 출생'이 [CLS] 질문 [SEP] 1545 ##년 출생 "
        "[SEP] 한 줄로 BERT에 들어간다. 지문의 토큰 가운데 1545 아래에 시작, ##년 "
        "아래에 끝이라고 적혀 있다.",
        "질문: 언제 태어났나?  지문: 1545년 출생",
        ["[CLS]", "질문", "[SEP]", "1545", "##년", "출생", "[SEP]"],
        [3, 4],
    )
    for i, text in ((3, "시작"), (4, "끝")):
        canvas.box(centers[i] - 22, _BELOW, 44, 32, text, tone="green", size=SMALL)
    return canvas.picture(_BELOW + 48)


def first_generation() -> Picture:
    """A beginning, and the next token at its last token."""
    canvas, _ = _task(
        "first_generation",
        "문장 생성: 다음 토큰",
        "글 '시간 가는 줄'이 GPT에 들어가고, 마지막 토큰 줄 아래에서 다음 토큰의 "
        "확률, 모르고 0.80, 알고 0.15, 없이 0.05가 나온다. 고른 토큰을 글 뒤에 붙여 "
        "다시 넣는다.",
        "다음 토큰을 골라 뒤에 붙이고, 다시 넣습니다.",
        ["시간", "가는", "줄"],
        [2],
        "GPT",
    )
    names, logits = ["모르고", "알고", "없이"], [2.77, 1.1, 0]
    end = bars(canvas, _BELOW, names, logits, ["green"] * 3)
    return canvas.picture(end + 12)
