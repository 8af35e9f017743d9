"""Texts to click, written for this project."""

from collections.abc import Sequence

REVIEWS = (
    ("배우들 연기가 살아 있네요",),
    ("두 시간이 이렇게 길 줄이야.. 졸다 나옴",),
    ("기대 안 했는데 웃다가 나왔어요 ㅋㅋ",),
    ("예고편이 전부인 영화",),
)
"""For chapter 4."""

PAIRS = (
    ("동네 빵집은 월요일마다 쉰다.", "월요일에는 빵집이 문을 닫는다."),
    ("동네 빵집은 월요일마다 쉰다.", "빵집은 일주일 내내 문을 연다."),
    ("동네 빵집은 월요일마다 쉰다.", "빵집 주인은 월요일에 낚시를 간다."),
)
"""For chapter 5: premise and hypothesis."""

SENTENCES = (
    ("이순신은 1592년 한산도에서 크게 이겼다.",),
    ("다음 주 화요일 오후 3시에 서울역에서 민지를 만나기로 했어요.",),
    ("한빛전자는 올해 매출이 12% 늘어 3조 원을 넘었다고 밝혔다.",),
)
"""For chapter 6."""

_PASSAGE = (
    "김치는 배추나 무를 소금에 절인 다음 고춧가루, 마늘, 젓갈 따위로 버무려 삭힌 "
    "음식이다. 고추는 임진왜란 무렵인 16세기 말에 들어왔고, 그 전에는 소금이나 초피로 "
    "맛을 냈다. 겨울을 앞두고 한꺼번에 많이 담그는 일을 김장이라고 하며, 김장 문화는 "
    "2013년에 유네스코 인류무형문화유산에 올랐다."
)
QUESTIONS = (
    ("고추는 언제 들어왔는가?", _PASSAGE),
    ("겨울을 앞두고 김치를 많이 담그는 일을 무엇이라고 하는가?", _PASSAGE),
    ("김장 문화는 몇 년에 유네스코 인류무형문화유산에 올랐는가?", _PASSAGE),
)
"""For chapter 7: question and passage."""

_PROMPTS = ("오늘 아침에는", "옛날 어느 마을에", "우리가 처음 만난 곳은")


def prompts(labels: Sequence[str]) -> list[tuple[str]]:
    """Return prompts for chapter 8.

    Args:
        labels: words that the model has learnt to begin a text of a kind by; may be
            none.
    """
    if not labels:
        return [(prompt,) for prompt in _PROMPTS]
    return [(label,) for label in labels] + [(f"{label} 아 정말",) for label in labels]
