"""The downstream tasks: classification, pairs, entities, answers."""

import numpy as np

from drawings.canvas import MARGIN, SMALL, Canvas, Picture


def _softmax(logits) -> np.ndarray:
    shares = np.exp(np.asarray(logits))
    return shares / shares.sum()


def bars(canvas, top, names, logits, tones, *, left=MARGIN) -> float:
    """Draw a bar for the probability of each class; return the y below them."""
    for i, (name, share) in enumerate(zip(names, _softmax(logits), strict=True)):
        y = top + 32 * i
        canvas.text(left, y + 15, name, anchor="start", bold=share > 0.5)
        canvas.box(left + 50, y + 3, 200, 16, tone="empty", radius=3)
        canvas.box(left + 50, y + 3, max(2, 200 * share), 16, tone=tones[i], radius=3)
        canvas.text(
            left + 262, y + 15, f"{share:.2f}", anchor="start", bold=share > 0.5
        )
    return top + 32 * len(names)


def classification() -> Picture:
    """The vector of [CLS] through a head to the class of a document."""
    canvas = Canvas(
        "document_classification",
        "문서 분류: [CLS] 벡터 하나로",
        "리뷰 '연기가 좋네'가 [CLS] 연기 ##가 좋네 [SEP]로 나뉘어 BERT에 들어가고, "
        "토큰마다 벡터가 하나씩 나온다. 그 가운데 [CLS]의 벡터만 풀러와 드롭아웃, "
        "분류 레이어를 지나 범주마다 로짓 하나가 되고, softmax를 지나 긍정과 부정의 "
        "확률이 된다.",
    )
    tokens = ["[CLS]", "연기", "##가", "좋네", "[SEP]"]
    canvas.box(MARGIN, 52, 328, 34, "연기가 좋네", tone="empty")
    canvas.down(180, 86, 112)
    canvas.text(192, 104, "토크나이저", size=SMALL, tone="muted", anchor="start")
    tones = ["orange", *["plain"] * 4]
    centers = canvas.row(MARGIN, 112, tokens, width=58, gap=9.5, tones=tones)
    for center in centers:
        canvas.down(center, 142, 164)
    canvas.box(
        MARGIN,
        164,
        328,
        50,
        "BERT",
        "모든 토큰이 서로를 봅니다",
        tone="blue",
        bold=True,
    )
    for center in centers:
        canvas.down(center, 214, 236)
        tone = "orange" if center == centers[0] else "plain"
        canvas.row(
            center - 26, 236, [""] * 4, width=13, height=20, gap=0, tones=[tone] * 4
        )
    canvas.note(279, "토큰마다 벡터 하나. 여기서는", "[CLS]의 벡터만 씁니다.", x=100)
    canvas.down(centers[0], 256, 316, tone="orange")
    canvas.box(MARGIN, 316, 200, 34, "풀러 → 드롭아웃", tone="plain")
    canvas.down(centers[0], 350, 372)
    canvas.box(MARGIN, 372, 200, 50, "분류 레이어", "범주마다 로짓 하나", tone="plain")
    logits = [2.1, -0.9]
    canvas.text(232, 392, f"긍정 {logits[0]}", anchor="start", size=SMALL)
    canvas.text(232, 412, f"부정 −{-logits[1]}", anchor="start", size=SMALL)
    canvas.down(centers[0], 422, 448)
    canvas.text(58, 440, "softmax", size=SMALL, tone="muted", anchor="start")
    end = bars(canvas, 456, ["긍정", "부정"], logits, ["green", "green"])
    return canvas.picture(end + 12)


def pair() -> Picture:
    """A premise and a hypothesis in one sequence, and their relation."""
    canvas = Canvas(
        "sentence_pair",
        "문장 쌍 분류: 둘을 한 줄로",
        "전제 '비가 온다'와 가설 '땅이 젖는다'가 [CLS] 비가 온다 [SEP] 땅이 젖는다 "
        "[SEP] 한 줄이 된다. 세그먼트 번호는 전제와 그 [SEP]까지 0, 가설과 그 "
        "[SEP]은 1이다. BERT를 지난 [CLS]의 벡터로 참, 거짓, 중립의 확률을 낸다.",
    )
    canvas.box(MARGIN, 52, 156, 50, "비가 온다", "전제", tone="blue")
    canvas.box(188, 52, 156, 50, "땅이 젖는다", "가설", tone="orange")
    tokens = ["[CLS]", "비가", "온다", "[SEP]", "땅이", "젖는다", "[SEP]"]
    tones = ["blue"] * 4 + ["orange"] * 3
    canvas.down(94, 102, 130)
    canvas.down(266, 102, 130)
    centers = canvas.row(MARGIN, 130, tokens, width=44, gap=3.3, height=34, tones=tones)
    segments = ["0"] * 4 + ["1"] * 3
    canvas.note(188, "세그먼트 번호")
    canvas.row(MARGIN, 196, segments, width=44, gap=3.3, height=26, tones=tones)
    for center in centers:
        canvas.down(center, 222, 244)
    canvas.box(
        MARGIN,
        244,
        328,
        50,
        "BERT",
        "두 문장의 토큰이 서로를 봅니다",
        tone="blue",
        bold=True,
    )
    canvas.down(centers[0], 294, 318)
    canvas.row(MARGIN, 318, [""] * 4, width=11, height=20, gap=0, tones=["green"] * 4)
    canvas.note(333, "[CLS]의 벡터", x=74)
    canvas.down(centers[0], 338, 362)
    canvas.box(MARGIN, 362, 328, 34, "분류 레이어 → softmax", tone="plain")
    canvas.down(centers[0], 396, 418)
    end = bars(canvas, 424, ["참", "거짓", "중립"], [1.3, -1.4, 0.2], ["green"] * 3)
    return canvas.picture(end + 12)


def bio() -> Picture:
    """Words, subwords and their BIO labels."""
    words = [
        ("이순신은", [("이순신", "B-PER"), ("##은", "O")]),
        ("1545년", [("1545", "B-DAT"), ("##년", "I-DAT")]),
        ("서울에서", [("서울", "B-LOC"), ("##에서", "O")]),
        ("태어났다", [("태어났", "O"), ("##다", "O")]),
    ]
    tones = {"PER": "orange", "DAT": "green", "LOC": "blue", "O": "plain"}
    canvas = Canvas(
        "bio_labels",
        "개체명 인식: 토큰마다 BIO 레이블",
        "문장 '이순신은 1545년 서울에서 태어났다'의 어절, 토큰, 레이블이 세 열로 "
        "놓여 있다. 어절 이순신은이 토큰 이순신과 ##은으로 나뉘어 이름인 이순신은 "
        "B-PER, 조사인 ##은은 O를 받는다. 1545와 ##년은 B-DAT와 I-DAT, 서울은 B-LOC, "
        "조사 ##에서와 태어났다의 토큰들은 O이다.",
    )
    for x, name in ((62, "어절"), (180, "토큰 (WordPiece)"), (298, "레이블")):
        canvas.text(x, 72, name, size=SMALL, bold=True)
    top = 84
    for word, pieces in words:
        canvas.box(MARGIN, top, 92, 74, word, tone="empty")
        for i, (token, label) in enumerate(pieces):
            y, tone = top + 40 * i, tones[label.split("-")[-1]]
            canvas.path((108, top + 37), (130, y + 17))
            canvas.box(132, y, 96, 34, token, tone=tone)
            canvas.path((229, y + 17), (250, y + 17))
            canvas.box(252, y, 92, 34, label, tone=tone, bold=label != "O")
        top += 90
    y = canvas.note(
        top + 12,
        "B: 개체명의 첫 토큰 · I: 이어지는 토큰 · O: 나머지",
        "조사 ##은, ##에서는 개체명이 아니므로 O입니다.",
    )
    return canvas.picture(y + 2)


def windows() -> Picture:
    """Overlapping windows over a passage, with start and end of the answer."""
    size, stride, length, answer = 6, 4, 14, range(5, 8)
    canvas = Canvas(
        "windows",
        "질의응답: 겹치는 창으로 나누기",
        f"토큰 {length}개인 지문을 {size}개씩 보는 창 셋으로 나눈다. 이웃한 창은 "
        f"스트라이드 {stride}만큼 떨어져 두 토큰씩 겹친다. 창마다 앞에 질문을 붙인다. "
        "정답인 토큰 셋은 첫째 창에는 일부만 있고 둘째 창에는 온전히 들어 있다. 둘째 "
        "창에서만 시작과 끝을 맞히고, 나머지 창에서는 [CLS]를 맞힌다.",
    )
    cell, start = 23, 19

    def x(token):
        return start + cell * token

    def passage(top, tokens):
        for token in tokens:
            tone = "green" if token in answer else "plain"
            canvas.box(x(token), top, cell, 26, tone=tone, radius=2)

    canvas.text(
        MARGIN, 68, f"지문: 토큰 {length}개", anchor="start", size=SMALL, bold=True
    )
    middle = x(answer[0]) + cell * 1.5
    canvas.text(middle, 68, "정답", size=SMALL, tone="green", bold=True)
    passage(78, range(length))
    top = 128
    for number, first in enumerate(range(0, length - size + 1, stride), 1):
        tokens = range(first, first + size)
        whole = set(answer) <= set(tokens)
        canvas.text(MARGIN, top + 5, f"창 {number}", anchor="start", bold=True)
        canvas.note(top + 5, f"지문의 {first}~{first + size - 1}번 토큰", x=58)
        if number > 1:
            before = x(first - stride)
            canvas.path((before, top + 28), (x(first) - 1, top + 28), tone="orange")
            text, y = f"스트라이드 {stride}", top + 47
            canvas.text(before + 1, y, text, size=SMALL, tone="orange", anchor="start")
        passage(top + 18, tokens)
        if whole:
            for token, text in ((answer[0], "시작"), (answer[-1], "끝")):
                middle, y = x(token) + cell / 2, top + 60
                canvas.text(middle, y, text, size=SMALL, tone="green", bold=True)
        inputs = ["[CLS]", "질문", "[SEP]", "지문의 토큰", "[SEP]"]
        left = MARGIN
        for text, width in zip(inputs, (50, 50, 50, 112, 50), strict=True):
            picked = text == ("지문의 토큰" if whole else "[CLS]")
            tone = "green" if picked else "plain"
            canvas.box(
                left, top + 70, width, 30, text, tone=tone, size=SMALL, bold=picked
            )
            left += width + 4
        if whole:
            reason = "온전히 있어 시작과 끝을 맞힙니다."
        elif set(answer) & set(tokens):
            reason = "일부만 있어 [CLS]를 맞힙니다."
        else:
            reason = "없어 [CLS]를 맞힙니다."
        canvas.note(top + 121, f"정답이 {reason}")
        top += 160
    return canvas.picture(top - 18)
