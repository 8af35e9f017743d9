"""Conversion of predictions to what the page shows.

Text segments go to components that show them as text, and tables to `display.table`,
which escapes their cells. The other HTML escapes every text that it contains.
"""

import html
import re
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
"""Entity type to Korean name, as in the web service of the book."""

ANSWER_NAME = "답"
NO_ANSWER = "답을 찾지 못했습니다."
NO_ENTITY = "찾은 개체명이 없습니다."

_Segments = list[tuple[str, str | None]]  # text and label, None if not highlighted


def score_line(metric: str, name: str, metrics: Mapping[str, Any]) -> str:
    """Return a line with the score of a model and of its best baseline.

    Args:
        metric: the metric to show, such as `accuracy`.
        name: its name in the line.
        metrics: metrics from the `training.json` of the model.

    Returns:
        The line; empty if the score is not known.
    """
    if metric not in metrics:
        return ""
    line = f"평가 데이터에서 {name} {metrics[metric]:.3f}"
    if baselines := metrics.get("baselines"):
        # Chapter 8: perplexity per token is higher than per character.
        line += f", 기준선 {max(baselines.values()):.3f}"
    return f"{line}. 답은 틀릴 수 있습니다."


def entity_name(label: str) -> str:
    """Return the Korean name of an entity type, or the type itself if it has none.

    Args:
        label: entity type, such as `PER`.
    """
    return ENTITY_NAMES.get(label, label)


def segments(text: str, spans: Sequence[tuple[int, int, str]]) -> _Segments:
    """Split a text into labeled and unlabeled segments.

    Args:
        text: the text.
        spans: start, end (exclusive) and label of each span, in order and not
            overlapping.
    """
    pieces: _Segments = []
    previous_end = 0
    for start, end, label in spans:
        if start > previous_end:
            pieces.append((text[previous_end:start], None))
        pieces.append((text[start:end], label))
        previous_end = end
    if previous_end < len(text):
        pieces.append((text[previous_end:], None))
    return pieces


def entity_segments(answer: Mapping[str, Any]) -> _Segments:
    """Return the segments of a text with entities.

    Args:
        answer: result of `predict` of chapter 6.
    """
    entities = answer["entities"]
    spans = [(e["start"], e["end"], entity_name(e["label"])) for e in entities]
    return segments(answer["text"], spans)


def entity_table(answer: Mapping[str, Any]) -> str:
    """Return an HTML table of entities: text, type, probability.

    Args:
        answer: result of `predict` of chapter 6.

    Returns:
        The table; `NO_ENTITY` if there are no entities.
    """
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
    """Return the segments of a passage with an answer.

    Args:
        context: the passage.
        answer: result of `predict` of chapter 7.
    """
    spans = [(answer["start"], answer["end"], ANSWER_NAME)] if answer["answer"] else []
    return segments(context, spans)


def candidate_table(answer: Mapping[str, Any]) -> str:
    """Return an HTML table of candidates: rank, text, probability.

    Args:
        answer: result of `predict` of chapter 7.
    """
    rows = [
        [str(rank), candidate["text"], f"{candidate['probability']:.1%}"]
        for rank, candidate in enumerate(answer["candidates"], start=1)
    ]
    return display.table(["순위", "후보", "확률"], rows).html


_SPACE = "\N{OPEN BOX}"
_PARTIAL = re.compile(r"<[0-9a-f]{2}( [0-9a-f]{2})*>")


def is_partial(token: str) -> bool:
    """Return whether a token is only a part of a character.

    Args:
        token: token as `token_text` returns it.
    """
    return _PARTIAL.fullmatch(token) is not None


def mask_tables(text: str, masks: Sequence[Mapping[str, float]]) -> str:
    """Return an HTML table of tokens for each mask of a text.

    Args:
        text: the text with its masks.
        masks: for each mask the tokens with their probabilities.
    """
    parts = []
    for number, probabilities in enumerate(masks, start=1):
        if len(masks) > 1:
            parts.append(f"<h3>{number}번째 빈칸</h3>")
        parts.append(_bars(probabilities))
    best = [next(iter(probabilities)) for probabilities in masks]
    filled = html.escape(text)
    for token in best:
        mark = f"<mark>{html.escape(token)}</mark>"
        filled = filled.replace("[MASK]", mark, 1)
    return f'<p class="filled">{filled}</p>{"".join(parts)}'


def next_table(probabilities: Mapping[str, float]) -> str:
    """Return an HTML table of next tokens.

    Args:
        probabilities: the tokens with their probabilities.
    """
    return _bars(probabilities)


def _bars(probabilities: Mapping[str, float]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{html.escape(_visible(token))}</th>'
        f'<td class="bar"><span style="width:{probability:.1%}"></span></td>'
        f'<td class="number">{probability:.1%}</td></tr>'
        for token, probability in probabilities.items()
    )
    return f'<table class="bars">{rows}</table>'


def token_lists(text: str, tokens: Mapping[str, Sequence[tuple[str, int]]]) -> str:
    """Return the tokens of a text as HTML, for each tokenizer.

    Args:
        text: the text.
        tokens: name of each tokenizer to the tokens with their ids.
    """
    parts = []
    for name, found in tokens.items():
        count = f"{len(text):,}자 → {len(found):,}토큰"
        chips = "".join(
            f"<li><b>{html.escape(_visible(token))}</b><small>{id}</small></li>"
            for token, id in found
        )
        parts.append(
            f"<h3>{html.escape(name)}</h3><p>{count}</p>"
            f'<ul class="token-list">{chips}</ul>'
        )
    return "".join(parts)


def _visible(token: str) -> str:
    """Return a token with its spaces visible."""
    return token.replace(" ", _SPACE).replace("\n", "\N{RETURN SYMBOL}")
