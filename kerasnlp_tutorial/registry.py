"""The list of chapters, and their modules by number or name."""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from kerasnlp_tutorial.errors import InputError

if TYPE_CHECKING:
    from kerasnlp_tutorial.task_chapter import TaskChapter


@dataclass(frozen=True)
class Chapter:
    """Facts about a chapter that need no import of its module (and of Keras)."""

    number: int
    """The book's chapter number."""
    module_name: str
    """Module inside `kerasnlp_tutorial.chapters`."""
    title: str
    """Title in Korean."""
    has_task: bool = True
    """Whether it trains a model, so that its module implements `TaskChapter`."""

    @property
    def name(self) -> str:
        """Short name used on the command line and in run directories: `ch04`."""
        return f"ch{self.number:02d}"

    @property
    def names(self) -> set[str]:
        """All names by which `find` knows the chapter."""
        topic, number = self.module_name.partition("_")[2], str(self.number)
        return {self.name, number, number.zfill(2), self.module_name, topic}

    def load(self) -> ModuleType:
        """Import and return the chapter's module (imports Keras)."""
        return importlib.import_module(f"kerasnlp_tutorial.chapters.{self.module_name}")

    def source(self) -> str:
        """Return the source of the chapter's module, without importing it."""
        spec = importlib.util.find_spec(
            f"kerasnlp_tutorial.chapters.{self.module_name}"
        )
        assert spec and spec.origin
        return Path(spec.origin).read_text(encoding="utf-8")

    def load_task(self) -> "TaskChapter":
        """Import and return the module of a chapter with a task (imports Keras).

        Raises:
            InputError: the chapter has no task.
        """
        self.check_task()
        return cast("TaskChapter", self.load())

    def check_task(self) -> None:
        """Make sure that the chapter has a task.

        Raises:
            InputError: the chapter has no task.
        """
        if not self.has_task:
            raise InputError(
                f"{self.name} has nothing to train; read or run it instead"
            )


CHAPTERS = (
    Chapter(1, "ch01_transfer_learning", "처음 만나는 전이학습", has_task=False),
    Chapter(
        2, "ch02_tokenization", "문장을 작은 단위로 쪼개기: 토큰화", has_task=False
    ),
    Chapter(
        3,
        "ch03_language_models",
        "숫자 세계로 떠난 자연어: 언어 모델과 트랜스포머",
        has_task=False,
    ),
    Chapter(4, "ch04_document_classification", "문서에 꼬리표 달기: 문서 분류"),
    Chapter(5, "ch05_sentence_pair_classification", "문장 쌍 분류하기: 자연어 추론"),
    Chapter(6, "ch06_named_entity_recognition", "개체명 인식"),
    Chapter(7, "ch07_question_answering", "질의응답"),
    Chapter(8, "ch08_text_generation", "문장 생성하기"),
)


def trained_chapter(path: str | Path, training: Mapping[str, Any]) -> Chapter:
    """Return the chapter that has trained the model in a directory.

    Args:
        path: path of the directory, for the messages.
        training: content of `training.json` in the directory.

    Raises:
        InputError: there is no such chapter, or it does not train a model.
    """
    name = training["chapter"]
    if name.startswith("pretrain-"):
        raise InputError(
            f"{path} is a language model that is not fine-tuned yet; a chapter takes "
            f"it as its --backbone, and `generate` continues texts with a GPT-2"
        )
    try:
        chapter = find(name)
        chapter.check_task()
    except InputError as error:
        raise InputError(f"{Path(path) / 'training.json'}: {error}") from None
    return chapter


def find(name: str) -> Chapter:
    """Return the chapter called `name`.

    Args:
        name: `"ch04"`, `"4"`, `"04"`, `"ch04_document_classification"` or
            `"document_classification"`.

    Raises:
        InputError: no chapter has this name.
    """
    for chapter in CHAPTERS:
        if name.lower() in chapter.names:
            return chapter
    known = ", ".join(chapter.name for chapter in CHAPTERS)
    raise InputError(f"there is no chapter {name!r}; the chapters are: {known}")
