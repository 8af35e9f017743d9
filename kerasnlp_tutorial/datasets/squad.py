"""Readers of questions on passages: KorQuAD, SQuAD, a sample and users' files."""

import contextlib
import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kerasnlp_tutorial.data import SAMPLES
from kerasnlp_tutorial.datasets.question_records import (
    Numbered,
    given_answers,
    given_id,
    is_impossible,
    question_records,
    whole_number,
)
from kerasnlp_tutorial.datasets.questions import Answer, Question, answerability
from kerasnlp_tutorial.datasets.records import as_label, as_text, raise_malformed
from kerasnlp_tutorial.datasets.source import Corpus, RemoteFile, github_file
from kerasnlp_tutorial.errors import InputError, shown
from kerasnlp_tutorial.files import read_text
from kerasnlp_tutorial.hangul import compose, compose_with_positions

logger = logging.getLogger(__name__)

_KORQUAD = "korquad/korquad.github.io"
_KORQUAD_COMMIT = "61d7d6682948375dd8f06ef27e788fd19982af38"

KORQUAD = Corpus(
    name="korquad",
    title="KorQuAD 1.0, questions on the Korean Wikipedia",
    licence="CC BY-ND 2.0 KR",
    homepage="https://korquad.github.io",
    citation="Lim et al., KorQuAD1.0: Korean QA Dataset for MRC, 2019",
    files=(
        github_file(
            _KORQUAD,
            _KORQUAD_COMMIT,
            "dataset/KorQuAD_v1.0_train.json",
            blob="82e3c5939e5e61a1c4ae94e42676800e88ec52a6",
        ),
        github_file(
            _KORQUAD,
            _KORQUAD_COMMIT,
            "dataset/KorQuAD_v1.0_dev.json",
            sha256="25ffeb51e6c51ec02c071b60a10188e10005c144110f0d876b26079d80a35bdf",
        ),
    ),
)

QA_SAMPLE = Corpus(
    name="sample",
    title="Passages and questions composed for this project",
    licence="Apache-2.0",
    homepage="data/samples/README.md",
    citation="kerasnlp-tutorial, sample questions, 2026",
    files=(RemoteFile("train.json"), RemoteFile("test.json")),
    folder=SAMPLES / "qa",
)


def read_questions(
    path: str | Path,
    ids: str | Path | None = None,
    drop_misplaced: bool = False,
    known_classes: Sequence[str] | None = None,
) -> list[Question]:
    """Read questions on passages.

    A file is a `.json` file of articles, such as those of SQuAD, KorQuAD, KLUE-MRC and
    AI-Hub; or a table with a header, a JSON list of objects or one object per line. A
    table or an object has the fields `question`, `context`, `answer` and, unless the
    answer occurs only once, `answer_start`. JSON may also have `answers` as `datasets`
    writes them; in a record where they are missing, `answer` is read. An empty answer
    means that the context has no answer. Decomposed Hangul is composed; `answer_start`
    counts the characters of the file.

    Args:
        path: path of the file.
        ids: path of a file with the ids of the questions to read, one per line; None
            to read all questions.
        drop_misplaced: whether to leave out, with a warning, answers that are not at
            their `answer_start`, and questions without other answers. If false, such
            answers are an error.
        known_classes: `answerability` of the training questions, if these are test
            questions; None for any.

    Returns:
        The questions in file order.

    Raises:
        InputError: some records are malformed, or have answers that are not at their
            `answer_start`; the message names them. Some ids are not in the file. Some
            questions have no answer, but all training questions had one.
    """
    path = Path(path)
    unit, records, problems = question_records(path)
    if ids is not None:
        records = _select(records, path, Path(ids))
    empty_is_none = _empty_means_none(records)
    questions, misplaced = [], []
    for number, values in records:
        try:
            question, wrong = _question(number, values, empty_is_none)
        except ValueError as error:
            problems.append((number, str(error)))
            continue
        misplaced += [(number, problem) for problem in wrong]
        if not wrong or question.answers:
            questions.append(question)
    raise_malformed(path, problems, unit)
    if not drop_misplaced:
        raise_malformed(path, misplaced, unit)
    elif misplaced:
        logger.warning(
            "%s: left out %d answers that are not at their answer_start, first %s: %s",
            path,
            len(misplaced),
            *misplaced[0],
        )
    unanswered = sum(not question.answers for question in questions)
    if empty_is_none and unanswered:
        logger.warning("%s: %d questions have no answer", path, unanswered)
    if not questions:
        raise InputError(f"{path} has no questions")
    if known_classes and set(answerability(questions)) - set(known_classes):
        raise InputError(
            f"{path} has questions without an answer, but all training questions had "
            f"one; add such questions to the training set, or remove them here"
        )
    return questions


def _select(records: Numbered, path: Path, ids: Path) -> Numbered:
    selected = set(compose(read_text(ids)).split())
    all_ids = [_id(number, values) for number, values in records]
    if missing := selected - set(all_ids):
        raise InputError(
            f"{path} lacks {len(missing)} of the {len(selected)} ids in {ids}, such as "
            f"{shown(min(missing))}"
        )
    pairs = zip(all_ids, records, strict=True)
    return [record for id, record in pairs if id in selected]


def _id(number: int | str, values: dict[str, Any]) -> str:
    return _label(given_id(values)) or str(number)


def _label(value: Any) -> str:
    """Return a text or a number as a label, `""` for anything else."""
    return as_label(value if isinstance(value, str | int | float) else None)


def _empty_means_none(records: Numbered) -> bool:
    """Whether an empty list of answers means that there is no answer.

    It does in SQuAD 2 without `is_impossible`, as `datasets` writes it. In a file
    without any answers they are withheld, as in the test sets of competitions.
    """
    if any("is_impossible" in values for _, values in records):
        return False
    for _, values in records:
        with contextlib.suppress(ValueError):
            if given_answers(values):
                return True
    return False


def _question(
    number: int | str, values: dict[str, Any], empty_is_none: bool
) -> tuple[Question, list[str]]:
    """Return a question, and error messages about answers at wrong positions.

    The question has only the other answers.

    Raises:
        ValueError: the fields are not those of a question.
    """
    for name in ("question", "context"):
        if not isinstance(values.get(name), str) or not values[name].strip():
            received = shown(values.get(name))
            raise ValueError(f"{name} must be a text; received {received}")
    context, positions = _composed(values["context"])
    answers, wrong = [], []
    for text, given_start in _answers(values, empty_is_none):
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"an answer must have a text; received {shown(text)}")
        text, start = as_text(text), whole_number(given_start)
        if start is None:
            start = _only_occurrence(context, text)
        elif positions is not None:
            start = positions.index(start) if start in positions else -1
        found = context[max(start, 0) : max(start + len(text), 0)]
        if found == text:
            answers.append(Answer(text, start))
        else:
            wrong.append(
                f"the answer {shown(text)} is not at {shown(given_start)}, where "
                f"{shown(found)} is"
            )
    question = Question(
        _id(number, values),
        as_text(values["question"]),
        context,
        tuple(answers),
        _label(values.get("kind")),
    )
    return question, wrong


def _composed(context: str) -> tuple[str, list[int] | None]:
    """Return a composed context, and its original positions if it was decomposed."""
    if (composed := as_text(context)) == context:
        return composed, None
    return compose_with_positions(context)


def _answers(values: dict[str, Any], empty_is_none: bool) -> list[tuple[Any, Any]]:
    """Return texts and starts of the answers; empty if there is no answer."""
    impossible = is_impossible(values.get("is_impossible"))
    if impossible:  # the answers are only plausible then, as in KLUE-MRC
        return []
    given = given_answers(values)
    # An empty `answer` always means that there is no answer.
    may_be_empty = "answers" not in values or empty_is_none
    if given or (given is not None and may_be_empty and impossible is None):
        return given
    raise ValueError(
        f"expected a list of answers, or is_impossible: true if there is no answer; "
        f"received {shown(given)}"
    )


def _only_occurrence(context: str, text: str) -> int:
    """Return the start of a text that occurs exactly once in a context.

    Raises:
        ValueError: it occurs more often or not at all.
    """
    # A lookahead also finds occurrences that overlap.
    count = len(re.findall(f"(?={re.escape(text)})", context))
    if count != 1:
        occurs = f"occurs {count} times" if count else "does not occur"
        raise ValueError(
            f"without answer_start: the answer {shown(text)} {occurs} in the context"
        )
    return context.index(text)
