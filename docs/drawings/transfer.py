"""Transfer learning: from upstream to downstream tasks, and ways to do it."""

from drawings.canvas import MARGIN, SMALL, Canvas, Picture


def transfer() -> Picture:
    """Two upstream tasks, a pretrained model, five downstream tasks."""
    canvas = Canvas(
        "transfer_learning",
        "전이학습: 업스트림에서 다운스트림으로",
        "위에 업스트림 과제 둘, 다음 단어 맞히기(GPT)와 빈칸 채우기(BERT)가 있다. "
        "레이블 없는 많은 글로 이것을 사전학습한 모델이 가운데 있고, 아래의 "
        "다운스트림 과제 다섯, 곧 문서 분류, 문장 쌍 분류, 개체명 인식, 질의응답, "
        "문장 생성으로 이어진다.",
    )
    canvas.text(MARGIN, 66, "업스트림 과제", anchor="start", bold=True, tone="blue")
    canvas.note(66, "레이블 없는 많은 글", x=120)
    for left, name, example, model in (
        (MARGIN, "다음 단어 맞히기", "배우들 연기가 ___", "GPT"),
        (184, "빈칸 채우기", "배우들 ___ 좋네", "BERT"),
    ):
        canvas.box(left, 80, 160, 68, name, example, model, tone="blue")
    canvas.path((96, 150), (96, 164), (150, 164), (150, 182))
    canvas.path((264, 150), (264, 164), (210, 164), (210, 182))
    canvas.box(
        80, 184, 200, 50, "사전학습한 모델", "한 번, 오래", tone="orange", bold=True
    )
    canvas.text(MARGIN, 276, "다운스트림 과제", anchor="start", bold=True, tone="green")
    canvas.note(276, "적은 데이터로 저마다", x=132)
    tasks = [
        ("문서 분류", "연기가 좋네", "긍정"),
        ("문장 쌍 분류", "비가 온다 + 땅이 젖는다", "참"),
        ("개체명 인식", "이순신은 한산도에 …", "사람, 장소"),
        ("질의응답", "언제? + 1545년에 태어나 …", "1545년"),
        ("문장 생성", "배우들 연기가", "살아 있네"),
    ]
    canvas.path((280, 209), (353, 209), (353, 547), head=False)
    for i, (task, given, answer) in enumerate(tasks):
        top = 290 + 58 * i
        canvas.box(MARGIN, top, 322, 50, tone="green")
        canvas.path((353, top + 25), (339, top + 25))
        canvas.text(28, top + 20, f"{i + 4}장  {task}", anchor="start", bold=True)
        canvas.text(28, top + 40, given, anchor="start", size=SMALL, tone="muted")
        canvas.text(326, top + 40, f"→ {answer}", anchor="end", size=SMALL)
    return canvas.picture(598)


def trained_parts() -> Picture:
    """What full fine-tuning, a frozen backbone, LoRA and prompt tuning train."""
    canvas = Canvas(
        "trained_parts",
        "무엇을 학습하고 무엇을 동결하나",
        "네 방법이 세로로 놓여 있다. 파인튜닝은 백본과 헤드를 모두 학습한다. 백본 "
        "동결은 백본을 그대로 두고 헤드만 학습한다. LoRA는 백본을 동결하고 거기에 "
        "더하는 작은 행렬 둘과 헤드를 학습한다. 프롬프트 튜닝은 모델 전체를 동결하고 "
        "입력 앞에 놓는 프롬프트 벡터만 학습한다.",
    )
    canvas.box(MARGIN, 50, 60, 28, "학습", tone="orange", size=SMALL, bold=True)
    canvas.note(69, "바꿉니다", x=84)
    canvas.box(150, 50, 60, 28, "동결", tone="plain", size=SMALL, dashed=True)
    canvas.note(69, "그대로 둡니다", x=218)

    def part(left, top, width, name, trained, height=56):
        canvas.box(
            left, top, width, height, name, "학습" if trained else "동결",
            tone="orange" if trained else "plain", dashed=not trained, bold=trained,
        )  # fmt: skip

    rows = [
        ("파인튜닝", "모든 가중치"),
        ("백본 동결", "위에 붙인 헤드만"),
        ("LoRA", "더하는 작은 행렬과 헤드"),
        ("프롬프트 튜닝", "입력 앞의 벡터만"),
    ]
    top = 112
    for name, detail in rows:
        canvas.text(MARGIN, top, name, anchor="start", bold=True)
        canvas.text(344, top, detail, anchor="end", size=SMALL, tone="muted")
        y = top + 14
        if name == "파인튜닝":
            part(MARGIN, y, 224, "백본", True)
            part(256, y, 88, "헤드", True)
        elif name == "백본 동결":
            part(MARGIN, y, 224, "백본", False)
            part(256, y, 88, "헤드", True)
        elif name == "LoRA":
            part(MARGIN, y, 112, "백본", False)
            canvas.text(138, y + 33, "+")
            part(148, y, 92, "작은 행렬 둘", True)
            part(256, y, 88, "헤드", True)
        else:
            part(MARGIN, y, 96, "프롬프트", True)
            part(128, y, 216, "백본과 언어 모델 헤드", False)
        if name == "프롬프트 튜닝":
            canvas.path((113, y + 28), (127, y + 28))
        else:
            canvas.path((241, y + 28), (255, y + 28))
        top += 108
    canvas.note(
        top - 8,
        "프롬프트 튜닝은 사전학습 때의 헤드로 빈칸에",
        "들어갈 말을 골라 답합니다.",
    )
    return canvas.picture(top + 28)


def three_ways() -> Picture:
    """Fine-tuning, prompt tuning and in-context learning, one below the other."""
    canvas = Canvas(
        "three_ways",
        "과제를 푸는 세 가지 방법",
        "파인튜닝, 프롬프트 튜닝, 인컨텍스트 러닝이 세로로 놓여 있다. 파인튜닝은 "
        "리뷰를 넣고 모델의 가중치를 학습한다. 프롬프트 튜닝은 리뷰 앞에 학습한 "
        "벡터를 놓고 모델은 동결한다. 인컨텍스트 러닝은 아무것도 학습하지 않고 "
        "입력에 예제를 적는데, 예제가 없으면 제로샷, 하나면 원샷, 여럿이면 퓨샷이다.",
    )

    def panel(top, name, detail):
        canvas.text(MARGIN, top, name, anchor="start", bold=True)
        canvas.text(344, top, detail, anchor="end", size=SMALL, tone="muted")
        return top + 14

    def model(y, height, trained):
        tone = "orange" if trained else "plain"
        canvas.path((205, y + height / 2), (223, y + height / 2))
        canvas.box(
            224, y, 56, height, "모델", "학습" if trained else "동결",
            tone=tone, dashed=not trained, bold=trained,
        )  # fmt: skip
        canvas.path((281, y + height / 2), (299, y + height / 2))
        canvas.box(300, y + height / 2 - 17, 44, 34, "긍정", tone="green", size=13)

    y = panel(72, "파인튜닝", "예제로 가중치를 바꿈")
    canvas.box(MARGIN, y, 188, 56, "연기가 좋네", "입력", tone="empty")
    model(y, 56, True)
    y = panel(182, "프롬프트 튜닝", "모델은 두고 벡터만 학습")
    canvas.box(
        MARGIN, y, 84, 56, "벡터 몇 개", "학습", tone="orange", bold=True, size=13
    )
    canvas.box(106, y, 98, 56, "연기가 좋네", "입력", tone="empty")
    model(y, 56, False)
    y = panel(292, "인컨텍스트 러닝", "학습 없이 예제를 입력에")
    shots = [
        ("제로샷", []),
        ("원샷", ["지루하다 → 부정"]),
        ("퓨샷", ["지루하다 → 부정", "또 볼래요 → 긍정", "돈이 아깝다 → 부정"]),
    ]
    for name, examples in shots:
        lines = [*examples, "연기가 좋네 →"]
        height = 30 + 22 * len(lines)
        canvas.box(MARGIN, y, 188, height, tone="empty")
        first = y + 30
        canvas.text(26, first, name, anchor="start", size=SMALL, bold=True)
        for i, line in enumerate(lines):
            bold = i == len(examples)
            canvas.text(80, first + 22 * i, line, anchor="start", size=SMALL, bold=bold)
        model(y, height, False)
        y += height + 14
    return canvas.picture(y + 6)


def pipeline() -> Picture:
    """From data to predictions."""
    canvas = Canvas(
        "training_pipeline",
        "학습 파이프라인",
        "위에서 아래로 데이터, 토크나이저, 데이터 로더, 모델, fit, 예측이 이어진다. "
        "글과 레이블이 토큰 번호가 되고, 데이터 로더가 길이를 패딩으로 맞추어 배치로 "
        "묶으면, 모델이 로짓을 내고, fit이 스텝마다 손실을 줄이도록 가중치를 바꾼다. "
        "학습을 마치면 새 글의 확률을 예측한다.",
    )
    stages = [
        ("데이터", ("연기가 좋네 · 긍정", "지루하다 · 부정"), "plain"),
        ("토크나이저", ("[CLS] 연기 ##가 좋네", "글 → 토큰 번호"), "plain"),
        ("데이터 로더", ("2 371 20 915 3", "2 864 3 0 0 (0은 패딩)"), "plain"),
        ("모델", ("배치 → 로짓", "사전학습한 BERT + 헤드"), "blue"),
        ("fit", ("로짓과 레이블 → 손실", "스텝마다 가중치를 바꿈"), "orange"),
        ("예측", ("또 볼래요 → 긍정일 확률", "학습에 쓰지 않은 새 글"), "green"),
    ]
    top = 54
    for i, (name, lines, tone) in enumerate(stages):
        canvas.box(32, top, 104, 56, name, tone=tone, bold=True)
        for j, line in enumerate(lines):
            kind = "muted" if j and name not in ("데이터", "데이터 로더") else ""
            canvas.text(
                152, top + 24 + 20 * j, line, anchor="start", size=13, tone=kind
            )
        if i < len(stages) - 1:
            canvas.down(84, top + 56, top + 82)
        top += 82
    loop = 54 + 82 * 3 + 28
    canvas.path((32, loop + 82), (16, loop + 82), (16, loop), (31, loop), tone="orange")
    return canvas.picture(top - 8)
