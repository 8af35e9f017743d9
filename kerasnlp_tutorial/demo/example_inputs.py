"""Example inputs of the pages and of the JSON API, written for this project."""

from collections.abc import Sequence

REVIEWS = (
    ("배우들 연기가 살아 있네요",),
    ("두 시간이 이렇게 길 줄이야.. 졸다 나옴",),
    ("기대 안 했는데 웃다가 나왔어요 ㅋㅋ",),
    ("예고편이 전부인 영화",),
)
"""Documents to classify."""


PAIRS = (
    ("민지는 도서관에서 책을 세 권 빌렸다.", "민지는 도서관에서 책을 빌렸다."),
    ("회의는 오후 두 시에 시작한다.", "회의는 아침 아홉 시에 시작한다."),
    ("민지는 도서관에서 책을 세 권 빌렸다.", "민지는 어제 영화를 보았다."),
)
"""Premise and hypothesis."""
HARD_PAIRS = (
    ("가게는 아침 열 시에 문을 연다.", "가게는 오전에 문을 연다."),
    ("동네 빵집은 월요일마다 쉰다.", "빵집은 일주일 내내 문을 연다."),
    ("어제 비가 많이 와서 소풍을 못 갔다.", "어제 비가 왔다."),
)
PAIRS_REASON = (
    "패키지에 든 작은 모델은 두 문장에 같은 말이 얼마나 있는지를 보고 답합니다. "
    "말꼴이나 표현이 달라진 쌍, 세상에 관한 지식이 있어야 풀리는 쌍에서는 자주 "
    "틀립니다."
)

SENTENCES = (
    ("지난 토요일 저녁 7시 부산에서 지훈 씨를 만났다.",),
    ("다음 주 화요일 오후 3시 서울역에서 지훈 씨를 만나기로 했어요.",),
    ("한국대학교는 올해 등록금을 3% 올려 400만 원으로 정했다.",),
)
"""Sentences with named entities."""
HARD_SENTENCES = (
    ("이순신은 1592년 한산도에서 크게 이겼다.",),
    ("오후 3시에 민수를 만났다.",),
)
SENTENCES_REASON = (
    "이름의 끝 글자와 조사가 `##신은`처럼 한 토큰이면, 토큰마다 태그를 붙이는 모델은 "
    "조사까지 이름이라고 답하거나 이름을 놓칩니다."
)

_PASSAGE = (
    "김치는 배추나 무를 소금에 절인 다음 고춧가루, 마늘, 젓갈 따위로 버무려 삭힌 "
    "음식이다. 고추는 임진왜란 무렵인 16세기 말에 들어왔고, 그 전에는 소금이나 초피로 "
    "맛을 냈다. 겨울을 앞두고 한꺼번에 많이 담그는 일을 김장이라고 하며, 김장 문화는 "
    "2013년에 유네스코 인류무형문화유산에 올랐다."
)
QUESTIONS = (
    ("고추는 언제 들어왔는가?", _PASSAGE),
    ("김장 문화는 몇 년에 유네스코 인류무형문화유산에 올랐는가?", _PASSAGE),
    (
        "거북선을 만든 사람은 누구인가?",
        "거북선은 이순신이 만든 배로, 1592년에 처음 싸움에 나갔다.",
    ),
)
"""Question and passage."""
HARD_QUESTIONS = (
    ("겨울을 앞두고 김치를 많이 담그는 일을 무엇이라고 하는가?", _PASSAGE),
)
QUESTIONS_REASON = (
    "이 작은 모델은 때를 묻는 질문을 가장 잘 맞힙니다. 다른 것을 물으면 엉뚱한 자리를 "
    "짚을 때가 많습니다."
)

PROMPTS = (("오늘 아침에는",), ("옛날 어느 마을에",), ("우리가 처음 만난 곳은",))
"""Prompts for a model of texts without labels."""


def label_prompts(labels: Sequence[str]) -> list[tuple[str]]:
    """Return prompts for a model of texts that start with a label.

    Args:
        labels: the labels; may be empty.
    """
    return [(label,) for label in labels] + [(f"{label} 아 정말",) for label in labels]


PAIR_REQUEST = dict(zip(("premise", "hypothesis"), PAIRS[1], strict=True))
QUESTION_REQUEST = dict(zip(("question", "context"), QUESTIONS[2], strict=True))
GENERATION_REQUEST = {
    "prompt": "긍정 아 정말",
    "min_length": 10,
    "max_length": 40,
    "top_p": 0.92,
    "top_k": 50,
    "repetition_penalty": 1.5,
    "no_repeat_ngram_size": 3,
    "temperature": 0.9,
}
"""All fields of the book's generation request."""

MASKED = (
    ("이 영화 시간 [MASK] 줄 모르고 봤어요.",),
    ("돈이 [MASK] 영화",),
    ("배우들의 [MASK] 훌륭한 영화였다.",),
    ("이 영화는 내 인생 최고의 [MASK]였다.",),
)
"""Sentences with masks that the preset fills well."""
HARD_MASKED = (("대한민국의 수도는 [MASK]이다.",), ("티끌 모아 [MASK]",))
MASKED_REASON = (
    "이 작은 모델이 읽은 글은 거의 다 영화 리뷰와 기술 문서라서 상식이나 속담은 "
    "모릅니다."
)

BEGINNINGS = (
    ("시간 가는 줄",),
    ("기대 안 하고",),
    ("내 인생 최고의",),
    ("다시 보고",),
)
"""Beginnings that the preset continues well."""
HARD_BEGINNINGS = (("대한민국의 수도는",), ("티끌 모아",))
BEGINNING_REASON = MASKED_REASON

TO_TOKENIZE = (
    ("배우들 연기가 살아 있네요",),
    ("한국어 자연어 처리를 배웁니다.",),
    ("아버지가방에들어가신다",),
    ("꿀잼ㅋㅋㅋ 뷁 😀",),
)
"""Texts to tokenize."""
