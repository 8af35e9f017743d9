"""Chapter number or name to chapter module; the only place that knows the chapters."""

import importlib
from dataclasses import dataclass
from types import ModuleType

from kerasnlp_tutorial.errors import InputError


@dataclass(frozen=True)
class Chapter:
    """What can be said of a chapter without importing it (and Keras)."""

    number: int
    """The book's chapter number."""
    module_name: str
    """Module inside `kerasnlp_tutorial.chapters`."""
    title: str
    """Title in Korean."""

    @property
    def name(self) -> str:
        """Short name used on the command line and in run directories: `ch04`."""
        return f"ch{self.number:02d}"

    def load(self) -> ModuleType:
        """Import and return the chapter's module (imports Keras)."""
        return importlib.import_module(f"kerasnlp_tutorial.chapters.{self.module_name}")


CHAPTERS = (
    Chapter(1, "ch01_transfer_learning", "처음 만나는 전이학습"),
    Chapter(2, "ch02_tokenization", "문장을 작은 단위로 쪼개기: 토큰화"),
    Chapter(
        3, "ch03_language_models", "숫자 세계로 떠난 자연어: 언어 모델과 트랜스포머"
    ),
    Chapter(4, "ch04_document_classification", "문서에 꼬리표 달기: 문서 분류"),
    Chapter(5, "ch05_sentence_pair_classification", "문장 쌍 분류하기: 자연어 추론"),
    Chapter(6, "ch06_named_entity_recognition", "개체명 인식"),
    Chapter(7, "ch07_question_answering", "질의응답"),
    Chapter(8, "ch08_text_generation", "문장 생성하기"),
)


def find(name: str) -> Chapter:
    """Return the chapter called `name`.

    Args:
        name: `"ch04"`, `"4"`, `"04"`, `"ch04_document_classification"` or
            `"document_classification"`.

    Raises:
        InputError: no chapter has this name.
    """
    for chapter in CHAPTERS:
        topic = chapter.module_name.partition("_")[2]
        number = str(chapter.number)
        names = {chapter.name, number, number.zfill(2), chapter.module_name, topic}
        if name.lower() in names:
            return chapter
    known = ", ".join(chapter.name for chapter in CHAPTERS)
    raise InputError(f"there is no chapter {name!r}; the chapters are: {known}")
