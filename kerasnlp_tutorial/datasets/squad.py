"""Questions on passages: KorQuAD, SQuAD, a sample, and files of one's own."""

import json
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasnlp_tutorial.data import SAMPLES
from kerasnlp_tutorial.datasets.source import Corpus, RemoteFile
from kerasnlp_tutorial.datasets.table import raise_malformed, read_text, rows
from kerasnlp_tutorial.errors import InputError

logger = logging.getLogger(__name__)

_KORQUAD_URL = (
    "https://raw.githubusercontent.com/korquad/korquad.github.io/master/dataset"
)

KORQUAD = Corpus(
    name="korquad",
    title="KorQuAD 1.0, questions on the Korean Wikipedia",
    licence="CC BY-ND 2.0 KR",
    homepage="https://korquad.github.io",
    citation="Lim et al., KorQuAD1.0: Korean QA Dataset for MRC, 2019",
    files=(
        RemoteFile(
            "KorQuAD_v1.0_train.json", f"{_KORQUAD_URL}/KorQuAD_v1.0_train.json"
        ),
        RemoteFile(
            "KorQuAD_v1.0_dev.json",
            f"{_KORQUAD_URL}/KorQuAD_v1.0_dev.json",
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


@dataclass(frozen=True)
class Answer:
    """A part of a passage."""

    text: str
    start: int
    """Place of its first character."""

    @property
    def end(self) -> int:
        """Place of the character after its last one."""
        return self.start + len(self.text)


@dataclass(frozen=True)
class Question:
    """A question, the passage that it is asked of, and the answers."""

    id: str
    question: str
    context: str
    """The passage."""
    answers: tuple[Answer, ...]
    """Any of them is right; none if the passage does not answer the question."""
    kind: str = ""
    """Of what kind the answer is, where a corpus says so: `장소` and the like."""
    source: str = ""
    """What it was made of, if that is more than the passage."""

    @property
    def texts(self) -> tuple[str, str]:
        """What a model reads."""
        return self.question, self.context

    @property
    def span(self) -> tuple[int, int]:
        """The first answer's first character and the one after its last; -1 if none."""
        return (
            (self.answers[0].start, self.answers[0].end) if self.answers else (-1, -1)
        )

    @property
    def group(self) -> str:
        """What must not be divided between training and test."""
        return self.source or self.context


def read_questions(
    path: str | Path,
    ids: str | Path | None = None,
    drop_misplaced: bool = False,
    known_classes: Sequence[str] | None = None,
) -> list[Question]:
    """Read questions on passages.

    Args:
        path: a `.json` file in SQuAD's format, as are KorQuAD 1.0, SQuAD 1.1 and, with
            unanswerable questions, SQuAD 2.0; or a `.json` file with a list of
            objects, or a TSV or CSV file with a header, with the fields `question`,
            `context`, `answer` and, unless the answer occurs only once,
            `answer_start`. An empty answer means that there is none.
        ids: a file with one question id a line: read only these.
        drop_misplaced: leave out, with a warning, answers that do not stand at
            their `answer_start`, and questions that keep none, instead of refusing
            the file.
        known_classes: what `answerability` has said of the training questions, if
            these are to be tested on.

    Returns:
        The questions in file order.

    Raises:
        InputError: malformed records, and answers that are not where they are said to
            be; says which. Ids that the file does not have. Questions without an
            answer, if the training questions all had one.
    """
    path = Path(path)
    records, unit = _records(path)
    if ids is not None:
        records = _select(records, path, Path(ids))
    questions, problems, misplaced = [], [], []
    for place, values in records:
        try:
            question, wrong = _question(values)
        except ValueError as error:
            problems.append((place, str(error)))
            continue
        misplaced += [(place, received) for received in wrong]
        if not wrong or question.answers:
            questions.append(question)
    raise_malformed(path, problems, unit)
    if misplaced and not drop_misplaced:
        raise_malformed(path, misplaced, unit)
    if misplaced:
        place, received = misplaced[0]
        logger.warning(
            "%s: left out %d answers that are not where they are said to be, first %s: "
            "%s",
            path,
            len(misplaced),
            place,
            received,
        )
    if not questions:
        raise InputError(f"{path} has no questions")
    if known_classes and set(answerability(questions)) - set(known_classes):
        raise InputError(
            f"{path} has questions without an answer, and the training questions all "
            f"had one; learn from such questions too, or leave them out of the test"
        )
    return questions


def _records(path: Path) -> tuple[list[tuple], str]:
    """Return (place, fields) of each question, and what a place counts."""
    if path.suffix.lower() != ".json":
        return _table_records(path), "row"
    try:
        content = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}: broken JSON: {error.msg}") from None
    if isinstance(content, dict) and isinstance(content.get("data"), list):
        return _squad_records(content["data"]), "question"
    if isinstance(content, list):
        return list(map(_flat_record, range(1, len(content) + 1), content)), "record"
    raise InputError(
        f"{path}: expected SQuAD's format, an object with 'data', or a list of "
        f"objects with question, context and answer"
    )


def _squad_records(articles: Sequence[Any]) -> list[tuple[str, dict]]:
    """Return (id, fields) of each question."""
    records = []
    for number, article in enumerate(articles, start=1):
        try:
            for paragraph in article["paragraphs"]:
                for values in paragraph["qas"]:
                    values = {**values, "context": paragraph["context"]}
                    records.append((str(values.get("id", len(records) + 1)), values))
        except (KeyError, TypeError) as error:
            problem = f"expected paragraphs with context and qas: {error!r}"
            records.append((f"of article {number}", {"malformed": problem}))
    return records


def _flat_record(number: int, values: Any) -> tuple[str, dict]:
    """Bring a record of one's own into SQuAD's shape."""
    if not isinstance(values, dict) or not isinstance(values.get("answer"), str):
        expected = "an object with question, context and answer"
        return str(number), {"malformed": f"expected {expected}; received {values!r}"}
    answer, start = values["answer"], values.get("answer_start")
    return str(number), {
        "id": str(number),
        **values,
        "answers": [{"text": answer, "answer_start": start}],
        "is_impossible": not answer,
    }


def _table_records(path: Path) -> list[tuple[int, dict]]:
    table = rows(path)
    _, header = next(table)
    needed = ("question", "context", "answer")
    if any(header.count(name) != 1 for name in needed):
        raise InputError(
            f"{path}:1: the header must have the columns {', '.join(needed)} (and may "
            f"have answer_start, id, kind), but it is {header}"
        )
    records = []
    for line, fields in table:
        if len(fields) != len(header):
            received = f"{len(fields)} columns, expected {len(header)}: {fields}"
            records.append((line, {"malformed": received}))
            continue
        values = dict(zip(header, fields, strict=True))
        start = values.pop("answer_start", "").strip()
        if start:
            values["answer_start"] = int(start) if start.isdecimal() else start
        records.append((line, {"id": str(line), **_flat_record(line, values)[1]}))
    return records


def _select(records: list[tuple], path: Path, ids: Path) -> list[tuple]:
    wanted = set(read_text(ids).split())
    found = [
        (place, values)
        for place, values in records
        if str(values.get("id", "")) in wanted  # an id may be a number
    ]
    missing = wanted - {str(values["id"]) for _, values in found}
    if missing:
        raise InputError(
            f"{path} lacks {len(missing)} of the {len(wanted)} ids in {ids}, such as "
            f"{min(missing)!r}"
        )
    return found


def _question(values: dict) -> tuple[Question, list[str]]:
    """Return a question with the answers that are in place, and the others' faults.

    Raises:
        ValueError: the fields are not those of a question.
    """
    if "malformed" in values:
        raise ValueError(values["malformed"])
    for name in ("question", "context"):
        if not isinstance(values.get(name), str) or not values[name].strip():
            raise ValueError(f"{name} must be a text; received {values.get(name)!r}")
    context, answers, wrong = values["context"], [], []
    impossible = values.get("is_impossible", False)
    given = [] if impossible else values.get("answers")
    if not isinstance(given, list) or not (given or impossible):
        raise ValueError(
            f"expected a list of answers, or is_impossible; received {given!r}"
        )
    for answer in given:
        answer = answer if isinstance(answer, dict) else {"text": answer}
        text, start = answer.get("text"), answer.get("answer_start")
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"an answer must have a text; received {answer!r}")
        if start is None:
            start = _only_place(context, text)
        if not isinstance(start, int):
            raise ValueError(f"answer_start must be a number; received {start!r}")
        stands = context[max(start, 0) : start + len(text)]
        if stands == text:
            answers.append(Answer(text, start))
        else:
            wrong.append(f"the answer {text!r} is not at {start}, where {stands!r} is")
    question = Question(
        str(values.get("id", "")),
        values["question"],
        context,
        tuple(answers),
        str(values.get("kind", "")),
    )
    return question, wrong


def _only_place(context: str, text: str) -> int:
    """Return where the text occurs, if that is told by the text alone."""
    places = context.count(text)
    if places != 1:
        occurs = f"occurs {places} times" if places else "does not occur"
        raise ValueError(
            f"without answer_start: the answer {text!r} {occurs} in the context"
        )
    return context.index(text)


def answerability(questions: Collection[Question]) -> tuple[str, ...]:
    """Return the classes of training questions.

    Returns:
        `("answer",)`, or `("answer", "no answer")` if some questions have none.
    """
    classes = ("answer", "no answer")
    return classes if any(not q.answers for q in questions) else classes[:1]
