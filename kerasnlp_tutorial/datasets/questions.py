"""Questions on passages, with answers that are parts of the passages."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """A part of a passage."""

    text: str
    start: int
    """Index of its first character in the passage."""

    @property
    def end(self) -> int:
        """End index (exclusive)."""
        return self.start + len(self.text)


@dataclass(frozen=True)
class Question:
    """A question on a passage, with its answers."""

    id: str
    question: str
    context: str
    """The passage."""
    answers: tuple[Answer, ...]
    """Correct answers, any of which will do; empty if the passage has no answer."""
    kind: str = ""
    """Type of the answer, such as `장소`, if the corpus has it."""
    source: str = ""
    """Text that the question was made from, if it is more than the passage."""

    @property
    def texts(self) -> tuple[str, str]:
        """The input of a model."""
        return self.question, self.context

    @property
    def span(self) -> tuple[int, int]:
        """Start and end (exclusive) of the first answer; `(-1, -1)` without answers."""
        return (
            (self.answers[0].start, self.answers[0].end) if self.answers else (-1, -1)
        )

    @property
    def group(self) -> str:
        """Key of questions that must be in the same split."""
        return self.source or self.context


def answerability(questions: Collection[Question]) -> tuple[str, ...]:
    """Return the classes of training questions.

    Returns:
        `("answer",)`, or `("answer", "no answer")` if some questions have no answer.
    """
    classes = ("answer", "no answer")
    return classes if any(not q.answers for q in questions) else classes[:1]
