"""The transformer: its parts, attention and heads."""

import numpy as np

from drawings.canvas import MARGIN, SMALL, Canvas, Picture, stacked

PITCH = 103  # from a layer of a block to the next


def transformer() -> Picture:
    """Encoder and decoder, with the parts of their blocks."""
    canvas = Canvas(
        "transformer",
        "트랜스포머의 부품",
        "왼쪽에 인코더, 오른쪽에 디코더가 있다. 인코더 블록은 셀프 어텐션과 "
        "피드포워드이고, 디코더 블록은 뒤를 가린 셀프 어텐션, 인코더의 출력을 보는 "
        "크로스 어텐션, 피드포워드이다. 부품마다 잔차 연결과 레이어 정규화가 "
        "뒤따르고, 블록이 N번 쌓인다. 디코더의 출력은 선형 레이어와 softmax를 지나 "
        "다음 토큰의 확률이 된다.",
    )
    left, right, width = 36, 196, 128
    cross = _column(
        canvas,
        left,
        ["어제 카페 갔었어", "원문"],
        "인코더 블록 × N",
        [("셀프 어텐션", "앞뒤를 모두 봄"), ("피드포워드", "토큰마다 따로")],
        side=-1,
    )
    bottom = _column(
        canvas,
        right,
        ["<s> I went to", "지금까지의 번역"],
        "디코더 블록 × N",
        [
            ("셀프 어텐션", "뒤를 가림"),
            ("크로스 어텐션", "인코더의 출력을 봄"),
            ("피드포워드", "토큰마다 따로"),
        ],
        side=1,
    )
    meeting = 208 + PITCH + 23  # middle of the cross-attention
    center = left + width / 2
    canvas.path((center, cross), (center, cross + 22), head=False)
    canvas.path(
        (center, cross + 22),
        (180, cross + 22),
        (180, meeting),
        (right - 1, meeting),
        tone="orange",
    )
    canvas.text(center, cross + 46, "키와 밸류", size=SMALL, tone="orange", bold=True)
    canvas.text(center, cross + 64, "쿼리는 디코더에서", size=SMALL, tone="muted")
    center = right + width / 2
    canvas.down(center, bottom, bottom + 20)
    canvas.box(right, bottom + 20, width, 30, "선형 레이어", size=SMALL)
    canvas.down(center, bottom + 50, bottom + 68)
    canvas.box(right, bottom + 68, width, 30, "softmax", size=SMALL)
    canvas.down(center, bottom + 98, bottom + 116)
    canvas.box(right, bottom + 116, width, 46, "the", "다음 토큰", tone="green")
    canvas.note(
        bottom + 102,
        "인코더만 쌓으면 BERT,",
        "크로스 어텐션 없는",
        "디코더만 쌓으면 GPT",
    )
    return canvas.picture(bottom + 180)


def _column(canvas, x, source, name, layers, side) -> float:
    """Draw embeddings and a block; return the lower edge of the block."""
    width = 128
    center = x + width / 2
    canvas.box(x, 50, width, 46, *source)
    canvas.down(center, 96, 114)
    canvas.box(x, 114, width, 46, "임베딩", "토큰 + 위치")
    frame = x - 20 if side < 0 else x - 6
    height = 29 + len(layers) * PITCH
    canvas.box(frame, 178, width + 26, height, tone="empty", dashed=True, radius=10)
    canvas.text(center, 198, name, size=SMALL, bold=True)
    canvas.path((center, 162), (center, 176), head=False)
    top = 208
    bypass = x - 10 if side < 0 else x + width + 10
    edge = x if side < 0 else x + width
    for title, detail in layers:
        norm = top + 46 + 13
        canvas.box(x, top, width, 46, title, detail, tone="blue")
        canvas.path((center, top + 46), (center, norm - 1))
        canvas.box(x, norm, width, 30, "잔차 + 레이어 정규화", size=SMALL)
        canvas.path(
            (edge, top + 10), (bypass, top + 10), (bypass, norm + 15), (edge, norm + 15)
        )
        if (title, detail) != layers[-1]:
            canvas.path((center, norm + 30), (center, norm + 43))
        top += PITCH
    return 178 + height


def attention() -> Picture:
    """One query through scores and softmax to the weighted sum of the values."""
    x = np.array([[1, 0, 1, 0], [0, 2, 0, 2], [1, 1, 1, 1]])
    query = x[2] @ [[1, 0, 1], [1, 0, 0], [0, 0, 1], [0, 1, 1]]
    keys = x @ [[0, 0, 1], [1, 1, 0], [0, 1, 0], [1, 1, 0]]
    values = x @ [[0, 2, 0], [0, 3, 0], [1, 0, 3], [1, 1, 0]]
    scores = keys @ query
    weights = np.exp(scores / np.sqrt(3))
    weights /= weights.sum()
    shown = ", ".join(f"{weight:.2f}" for weight in weights)
    canvas = Canvas(
        "attention",
        "셀프 어텐션: 토큰 3이 보는 것",
        "위에서 아래로 이어진다. 토큰 셋의 벡터에서 토큰 3의 쿼리와 모든 토큰의 키를 "
        "만들고, 쿼리와 키의 내적이 스코어가 된다. 스코어를 √3으로 나누어 softmax를 "
        f"씌우면 합이 1인 어텐션 가중치 {shown}가 되고, 이것으로 밸류를 가중합하여 "
        "토큰 3의 새 벡터를 얻는다.",
    )
    width, gap, start = 76, 8, 100
    centers = [start + width / 2 + i * (width + gap) for i in range(3)]
    tops = list(stacked(62, [46, 34, 34, 34, 56, 34, 34], 28))

    def label(top, height, name, *detail):
        y = top + height / 2 + 5 - 9 * len(detail)
        canvas.text(MARGIN, y, name, anchor="start", size=SMALL, bold=True)
        canvas.note(y + 18, *detail)

    def row(top, texts, tone):
        canvas.row(
            start,
            top,
            texts,
            width=width,
            height=34,
            gap=gap,
            tones=[tone] * 3,
            size=14,
        )

    def down(top, until, at=(0, 1, 2)):
        for i in at:
            canvas.down(centers[i], top, until)

    def between(top, text):
        for center in centers:
            canvas.text(center, top + 19, text, size=SMALL, tone="muted")

    label(tops[0], 46, "토큰의 벡터")
    for i in range(3):
        left = start + i * (width + gap)
        canvas.box(left, tops[0], width, 46, f"토큰 {i + 1}", _numbers(x[i]))
    down(tops[0] + 46, tops[1], [2])
    label(tops[1], 34, "쿼리", "× 쿼리 행렬")
    canvas.box(
        start, tops[1], 3 * width + 2 * gap, 34, f"토큰 3의 쿼리 {_numbers(query)}",
        tone="orange",
    )  # fmt: skip
    label(tops[2], 34, "키", "× 키 행렬")
    between(tops[1] + 34, "내적")
    row(tops[2], _rows(keys), "blue")
    down(tops[2] + 34, tops[3])
    label(tops[3], 34, "스코어", "쿼리·키")
    row(tops[3], [str(score) for score in scores], "plain")
    down(tops[3] + 34, tops[4])
    label(tops[4], 56, "어텐션 가중치", "÷ √3", "softmax")
    for i, weight in enumerate(weights):
        left = start + i * (width + gap)
        canvas.box(left, tops[4], width, 56, tone="plain")
        canvas.text(centers[i], tops[4] + 24, f"{weight:.2f}", bold=True)
        canvas.box(left + 8, tops[4] + 36, 60, 8, tone="empty", radius=2)
        canvas.box(
            left + 8, tops[4] + 36, max(1, 60 * weight), 8, tone="orange", radius=2
        )
    between(tops[4] + 56, "×")
    label(tops[5], 34, "밸류", "× 밸류 행렬")
    row(tops[5], _rows(values), "green")
    down(tops[5] + 34, tops[6])
    label(tops[6], 34, "가중합", "가중치 × 밸류")
    mixed = _numbers([f"{v:.1f}" for v in weights @ values])
    canvas.box(
        start, tops[6], 3 * width + 2 * gap, 34, f"토큰 3의 새 벡터 {mixed}",
        tone="green", bold=True,
    )  # fmt: skip
    return canvas.picture(tops[6] + 54)


def _numbers(vector) -> str:
    return f"[{' '.join(map(str, vector))}]"


def _rows(rows) -> list[str]:
    """Return each vector as a text."""
    return [_numbers(row) for row in rows]


def multi_head() -> Picture:
    """Projections of the whole vector, heads, and their concatenation."""
    canvas = Canvas(
        "multi_head",
        "멀티 헤드 어텐션",
        "여덟 칸인 토큰 벡터 전체에 쿼리, 키, 밸류 행렬을 저마다 곱한다. 나온 여덟 "
        "칸을 네 칸씩 헤드 1과 헤드 2가 나누어 받아 따로 어텐션을 한다. 헤드의 "
        "출력을 이어 붙여 다시 여덟 칸이 되면 출력 행렬을 곱한다.",
    )
    cell, start, lane = 22, 136, 16
    second = start + 4 * cell + lane
    whole = start + lane / 2

    def halves(top, tones=("orange", "blue")):
        for left, tone in zip((start, second), tones, strict=True):
            canvas.row(
                left, top, [""] * 4, width=cell, height=24, gap=0, tones=[tone] * 4
            )

    def full(top, tones):
        canvas.row(whole, top, [""] * 8, width=cell, height=24, gap=0, tones=tones)

    canvas.text(MARGIN, 75, "토큰의 벡터", anchor="start", size=SMALL, bold=True)
    full(58, ["plain"] * 8)
    canvas.note(109, "벡터 전체에 곱합니다", x=28)
    canvas.path((whole + 8, 82), (whole + 8, 92), (14, 92), (14, 234), head=False)
    tops = [120, 168, 216]
    canvas.box(start - 6, 150 - 30, 4 * cell + 12, 132, tone="empty", dashed=True)
    canvas.box(second - 6, 150 - 30, 4 * cell + 12, 132, tone="empty", dashed=True)
    for name, top in zip(("쿼리", "키", "밸류"), tops, strict=True):
        canvas.path((14, top + 18), (27, top + 18))
        canvas.box(28, top, 88, 36, f"{name} 행렬", tone="plain", size=13)
        canvas.path((118, top + 18), (start - 8, top + 18))
        halves(top + 6)
    first, last = start + 2 * cell, second + 2 * cell
    for center, name, tone in ((first, "헤드 1", "orange"), (last, "헤드 2", "blue")):
        canvas.down(center, 252, 276)
        canvas.box(center - 46, 276, 92, 46, name, "어텐션", tone=tone)
        canvas.down(center, 322, 346)
    halves(346)
    canvas.text(MARGIN, 363, "헤드의 출력", anchor="start", size=SMALL, bold=True)
    middle = (first + last) / 2
    canvas.path((first, 372), (middle - 30, 396))
    canvas.path((last, 372), (middle + 30, 396))
    full(398, ["orange"] * 4 + ["blue"] * 4)
    canvas.text(MARGIN, 415, "이어 붙이기", anchor="start", size=SMALL, bold=True)
    canvas.down(middle, 422, 442)
    canvas.box(middle - 60, 442, 120, 34, "출력 행렬", size=13)
    canvas.down(middle, 476, 496)
    full(496, ["green"] * 8)
    canvas.text(MARGIN, 513, "새 벡터", anchor="start", size=SMALL, bold=True)
    canvas.note(
        548,
        "벡터를 먼저 자르지 않습니다. 행렬 하나하나가",
        "벡터 전체를 보고, 그 결과를 헤드가 나눕니다.",
    )
    return canvas.picture(582)
