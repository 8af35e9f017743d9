"""Fields of questions in the formats of SQuAD, KLUE, AI-Hub, `datasets` and pandas."""

import re
from pathlib import Path
from typing import Any

from kerasnlp_tutorial.datasets.json_records import json_records
from kerasnlp_tutorial.datasets.records import (
    as_text,
    is_json,
    is_missing,
    read_records,
)
from kerasnlp_tutorial.errors import shown

_REQUIRED = ("question", "context", "answer")
_ID_FIELDS = ("id", "guid", "question_id")
_OPTIONAL = ("answer_start", "is_impossible", "kind", *_ID_FIELDS)

_MISSING = ("", "nan", "none", "null", "<na>")

Numbered = list[tuple[int | str, Any]]
"""Numbers of lines or records, or ids of questions, each with a value."""


def question_records(path: Path) -> tuple[str, Numbered, Numbered]:
    """Read the unchecked fields of each question.

    Args:
        path: path of a table, or of JSON with a list of questions or of articles.

    Returns:
        A tuple `(unit, records, problems)`. `unit` is what the numbers count: `row`
        (line of the file), `record` or `question`. `records` are numbers with fields.
        `problems` are numbers of malformed records, with messages.

    Raises:
        InputError: the file cannot be read.
    """
    if not is_json(path):
        table = read_records(path, _REQUIRED, _OPTIONAL)
        return "row", list(table.values), list(table.problems)
    names, others = ("question", "context"), "SQuAD's format, or "
    unit, content, malformed = json_records(path, names, others)
    records: Numbered = []
    problems: Numbered = list(malformed)
    for number, record in content:
        if isinstance(record, dict) and {"paragraphs", "qas"} & record.keys():
            unit = "question"
            _add_article(number, record, records, problems)
        elif isinstance(record, dict):
            records.append((number, record))
        else:
            expected = "expected an object with question, context and answers"
            problems.append((number, f"{expected}; received {shown(record)}"))
    return unit, records, problems


def _add_article(
    number: int, article: dict[str, Any], records: Numbered, problems: Numbered
) -> None:
    """Add the questions of an article to records, and malformed ones to problems."""
    # In KorQuAD 2, an article is a paragraph.
    paragraphs = article.get("paragraphs", [article])
    for paragraph in paragraphs if isinstance(paragraphs, list) else [paragraphs]:
        fields = paragraph if isinstance(paragraph, dict) else {}
        questions = fields.get("qas")
        if "context" not in fields or not isinstance(questions, list):
            expected = "expected paragraphs with context and qas"
            problem = f"{expected}; received {shown(paragraph)}"
            problems.append((f"of article {number}", problem))
            continue
        for values in questions:
            if not isinstance(values, dict):
                problem = f"expected an object in qas; received {shown(values)}"
                problems.append((f"of article {number}", problem))
                continue
            id = given_id(values)
            id = shown(len(records) + 1 if id is None else id, 40).strip("'")
            records.append((id, values | {"context": fields["context"]}))


def is_impossible(value: Any) -> bool | None:
    """Parse a value of the field `is_impossible`, None if it is missing.

    Raises:
        ValueError: the value is neither true nor false.
    """
    text = str(value).strip().lower()
    if is_missing(value) or text in _MISSING:
        return None
    if text in ("true", "1", "1.0"):
        return True
    if text in ("false", "0", "0.0"):
        return False
    raise ValueError(f"is_impossible must be true or false; received {shown(value)}")


def whole_number(value: Any) -> int | None:
    """Parse a whole number as pandas and others write it, None if it is missing.

    Raises:
        ValueError: the value is not a whole number.
    """
    text = str(value).strip().lower() if isinstance(value, str | float) else ""
    if is_missing(value) or (isinstance(value, str) and text in _MISSING):
        return None
    if re.fullmatch(r"[+-]?[0-9]{1,15}(\.0*)?", text):
        return int(float(text))
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError(f"answer_start must be a whole number; received {shown(value)}")


def given_id(values: dict[str, Any]) -> Any:
    """Return the first id of a question that is not blank, None if it has none."""
    ids = (values.get(name) for name in _ID_FIELDS)
    return next((id for id in ids if not _is_blank(id)), None)


def _is_blank(value: Any) -> bool:
    return is_missing(value) or (isinstance(value, str) and not value.strip())


def given_answers(values: dict[str, Any]) -> list[tuple[Any, Any]] | None:
    """Return the unchecked texts and starts of the answers, None without a field.

    The field `answers`, or `answer` if it is blank, is a text; an object with `text`
    and `answer_start`, each one value or a list of values; or a list of such texts or
    objects. A field `answer_start` beside it has the positions that are not in it.

    Args:
        values: fields of a question.

    Raises:
        ValueError: the numbers of texts and starts differ, or two fields contradict
            each other.
    """
    names = [name for name in ("answers", "answer") if name in values]
    if not names:
        return None
    start = values.get("answer_start")
    given = [values[name] for name in names]
    filled = [value for value in given if not is_missing(value) and value != ""]
    answers, *others = [_with_starts(_pairs(value), start) for value in filled] or [[]]
    if others:
        known = [(as_text(text), whole_number(at)) for text, at in answers]
        for text, at in others[0]:
            if (as_text(text), whole_number(at)) not in known:
                received = f"{shown(filled[0])} and {shown(filled[1])}"
                raise ValueError(f"answers and answer differ; received {received}")
    return answers


def _pairs(given: Any) -> list[tuple[Any, Any]]:
    """Return the texts and starts in the field `answers` or `answer`."""
    answers: list[tuple[Any, Any]] = []
    for answer in given if isinstance(given, list) else [given]:
        answer = answer if isinstance(answer, dict) else {"text": answer}
        texts, starts = answer.get("text"), answer.get("answer_start")
        if not isinstance(texts, list):
            texts, starts = [texts], [starts]
        elif starts is None:
            starts = [None] * len(texts)
        if not isinstance(starts, list) or len(starts) != len(texts):
            expected = "expected equal numbers of texts and starts"
            raise ValueError(f"{expected}; received {shown(answer)}")
        answers += zip(texts, starts, strict=True)
    return answers


def _with_starts(answers: list[tuple[Any, Any]], given: Any) -> list[tuple[Any, Any]]:
    """Return answers with the starts in a field `answer_start` beside them.

    Args:
        answers: texts and starts.
        given: the field: a list with the start of each answer, or one start.
    """
    starts = given if isinstance(given, list) else [given]
    if not answers or all(whole_number(start) is None for start in starts):
        return answers
    own = [whole_number(start) for _, start in answers]
    if not isinstance(given, list) and whole_number(given) in own:
        return answers
    if len(starts) != len(answers):
        texts = shown([text for text, _ in answers])
        raise ValueError(
            f"expected an answer_start for each answer; received {shown(given)} for "
            f"{texts}"
        )
    for start, (_, other) in zip(starts, answers, strict=True):
        both = {whole_number(start), whole_number(other)} - {None}
        if len(both) > 1:
            raise ValueError(
                f"answer_start is {shown(start)}, but {shown(other)} in answers"
            )
    return [
        (text, start if whole_number(other) is None else other)
        for start, (text, other) in zip(starts, answers, strict=True)
    ]
