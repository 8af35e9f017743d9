"""From a chapter's answer to what the page shows.

No markup is made here: pieces of text go to components that show them as text, tables
to `display.table`, which escapes what is in them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from kerasnlp_tutorial import display

ENTITY_NAMES = {
    "PER": "인명",
    "LOC": "지명",
    "ORG": "기관명",
    "DAT": "날짜",
    "TIM": "시간",
    "DUR": "기간",
    "MNY": "통화",
    "PNT": "비율",
    "NOH": "기타 수량표현",
    "POH": "기타",
}
"""Entity type to its Korean name, as in the book's web service."""

ANSWER_NAME = "답"
NO_ANSWER = "답을 찾지 못했습니다."
NO_ENTITY = "찾은 개체명이 없습니다."

_Segments = list[tuple[str, str | None]]  # a piece, what it is marked by


_SCORES = {
    "ch04": ("accuracy", "정확도"),
    "ch05": ("accuracy", "정확도"),
    "ch06": ("f1", "F1"),
    "ch07": ("f1", "F1"),
    "ch08": ("perplexity", "퍼플렉시티(작을수록 좋음)"),
}


def score_line(chapter: str, metrics: Mapping[str, Any]) -> str:
    """Return how good a model is, beside its best baseline; empty if not known.

    Args:
        chapter: such as `ch04`.
        metrics: of the model's `training.json`.
    """
    field, name = _SCORES[chapter]
    if field not in metrics:
        return ""
    line = f"평가 데이터에서 {name} {metrics[field]:.3f}"
    if baselines := metrics.get("baselines"):
        # Of chapter 8, the perplexity of a token is above that of a character.
        line += f", 기준선 {max(baselines.values()):.3f}"
    return f"{line}. 답은 틀릴 수 있습니다."


def entity_name(label: str) -> str:
    """Return the Korean name of an entity type; the type itself if it has none."""
    return ENTITY_NAMES.get(label, label)


def segments(text: str, spans: Sequence[tuple[int, int, str]]) -> _Segments:
    """Cut a text at its spans.

    Args:
        text: any text.
        spans: start, end and name of each, from left to right, not overlapping.
    """
    pieces, done = [], 0
    for start, end, name in spans:
        if start > done:
            pieces.append((text[done:start], None))
        pieces.append((text[start:end], name))
        done = end
    if done < len(text):
        pieces.append((text[done:], None))
    return pieces


def entity_segments(answer: Mapping[str, Any]) -> _Segments:
    """Return the pieces of a text in which chapter 6 has found entities."""
    found = answer["entities"]
    spans = [(e["start"], e["end"], entity_name(e["label"])) for e in found]
    return segments(answer["text"], spans)


def entity_table(answer: Mapping[str, Any]) -> str:
    """Return HTML with a row an entity: text, type, probability; empty if none."""
    rows = [
        [
            entity["text"],
            f"{entity_name(entity['label'])} ({entity['label']})",
            f"{entity['probability']:.1%}",
        ]
        for entity in answer["entities"]
    ]
    return display.table(["개체명", "종류", "확률"], rows).html if rows else NO_ENTITY


def answer_segments(context: str, answer: Mapping[str, Any]) -> _Segments:
    """Return the pieces of a passage in which chapter 7 has found an answer."""
    spans = [(answer["start"], answer["end"], ANSWER_NAME)] if answer["answer"] else []
    return segments(context, spans)


def candidate_table(answer: Mapping[str, Any]) -> str:
    """Return HTML with a row a candidate: rank, text, probability."""
    rows = [
        [str(rank), candidate["text"], f"{candidate['probability']:.1%}"]
        for rank, candidate in enumerate(answer["candidates"], start=1)
    ]
    return display.table(["순위", "후보", "확률"], rows).html
