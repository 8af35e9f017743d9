"""What a transformer reads: embeddings, and masks over them."""

from drawings.canvas import MARGIN, SMALL, Canvas, Picture


def embeddings() -> Picture:
    """Token, position and segment embeddings of two sentences."""
    tokens = ["[CLS]", "배가", "고프", "##다", "[SEP]", "밥을", "먹자", "[SEP]"]
    canvas = Canvas(
        "embeddings",
        "BERT의 입력: 임베딩 세 가지의 합",
        "두 문장 '배가 고프다'와 '밥을 먹자'의 토큰 여덟 개가 세로로 놓여 있다. "
        "토큰마다 토큰 임베딩, 위치 임베딩(0부터 7까지), 세그먼트 임베딩(첫 문장과 "
        "그 [SEP]까지 0, 둘째 문장과 그 [SEP]은 1)을 더하여 입력 벡터 하나가 된다.",
    )
    columns = [
        (16, 84, "토큰"),
        (122, 56, "위치"),
        (200, 60, "세그먼트"),
        (282, 62, "입력"),
    ]
    for left, width, name in columns:
        canvas.text(left + width / 2, 70, name, size=SMALL, bold=True)
    for i, token in enumerate(tokens):
        top = 82 + 40 * i
        segment = int(i > tokens.index("[SEP]"))
        contents = [token, str(i), str(segment), ""]
        tones = ["plain", "plain", ("blue", "orange")[segment], "green"]
        for (left, width, _), text, tone in zip(columns, contents, tones, strict=True):
            if text:
                canvas.box(left, top, width, 32, text, tone=tone)
            else:
                cells = [""] * 4
                canvas.row(
                    left,
                    top + 4,
                    cells,
                    width=width / 4,
                    height=24,
                    gap=0,
                    tones=[tone] * 4,
                )
        for x, sign in ((111, "+"), (189, "+"), (271, "=")):
            canvas.text(x, top + 21, sign, tone="muted")
    y = 82 + 40 * len(tokens)
    y = canvas.note(y + 20, "번호마다 학습한 벡터가 하나씩 있고, 세 벡터를 더합니다.")
    return canvas.picture(y + 2)


def masks() -> Picture:
    """What a token of GPT and what a token of BERT sees, as grids."""
    words = ["어제", "카페", "갔었어", "사람", "많더라"]
    canvas = Canvas(
        "masks",
        "무엇을 볼 수 있나: GPT와 BERT",
        "다섯 단어의 격자 둘이다. 행의 단어가 열의 단어를 보는지를 나타낸다. 위의 "
        "GPT는 대각선과 그 왼쪽 아래만 칠해져 있어 자기와 앞만 보고, 아래의 BERT는 "
        "모든 칸이 칠해져 있어 앞뒤를 모두 본다.",
    )
    for top, name, detail, tone, causal in (
        (66, "GPT", "자기와 앞만 봅니다 (causal mask)", "orange", True),
        (334, "BERT", "앞뒤를 모두 봅니다", "blue", False),
    ):
        canvas.text(MARGIN, top, name, anchor="start", bold=True, tone=tone)
        canvas.note(top, detail, x=62)
        for i, word in enumerate(words):
            left = 76 + i * 54
            canvas.text(left + 25, top + 28, word, size=SMALL, tone="muted")
            y = top + 38 + i * 37
            canvas.text(66, y + 21, word, size=SMALL, anchor="end")
            for j in range(len(words)):
                seen = j <= i or not causal
                canvas.box(
                    76 + j * 54, y, 50, 33, *(["●"] if seen else []),
                    tone=tone if seen else "empty", dashed=not seen,
                    size=SMALL, radius=4,
                )  # fmt: skip
    canvas.note(
        580,
        "행은 보는 단어(쿼리), 열은 보이는 단어(키)입니다.",
        "점선인 칸은 가려져 어텐션 가중치가 0입니다.",
    )
    return canvas.picture(614)
