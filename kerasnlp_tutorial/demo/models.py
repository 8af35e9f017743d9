"""Trained models behind a lock, opened when they are first asked."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kerasnlp_tutorial import registry, runs
from kerasnlp_tutorial.demo.book_api import TEXT_FIELDS
from kerasnlp_tutorial.demo.training import ChapterTraining
from kerasnlp_tutorial.errors import InputError

GENERATION = "ch08"
_GENERATION_LABELS = ("긍정", "부정")  # of the chapter's default corpus


class NotTrainedError(Exception):
    """A model is asked before it is trained; the message is in Korean."""


class DemoModel:
    """A model of one chapter; answers one question at a time.

    Args:
        chapter: short name of the chapter whose `predict` it answers with.
        title: in Korean.
        open_model: returns the `TrainedModel`; called once.
        labels: class names, where they are known before the model is opened.
        training: how the model comes to be, if it has to be trained first.
        path: directory that a training has written, or will.
    """

    def __init__(
        self,
        chapter: str,
        title: str,
        open_model: Callable[[], runs.TrainedModel],
        labels: tuple[str, ...] = (),
        training: ChapterTraining | None = None,
        path: Path | None = None,
    ):
        self.chapter = chapter
        self.title = title
        self.labels = labels
        self.training = training
        self.path = path
        self._open_model = open_model
        self._trained = None
        self._writer = None
        self._lock = threading.Lock()

    @property
    def is_ready(self) -> bool:
        """Whether it is trained."""
        return self.training is None or self.training.is_done

    def metrics(self) -> dict[str, Any]:
        """Return what it scored on its test data; empty if that is not known."""
        if self.path is None or not self.is_ready:
            return {}
        return runs.describe(self.path)["metrics"]

    def open(self) -> runs.TrainedModel:
        """Return the model, read at the first call.

        Raises:
            NotTrainedError: it has to be trained first.
        """
        with self._lock:
            return self._opened()

    def _opened(self) -> runs.TrainedModel:
        if not self.is_ready:
            raise NotTrainedError(
                "아직 학습하지 않은 모델입니다. 화면에서 ‘모델 학습하기’를 누르거나 "
                f"명령줄에서 학습해 주세요: {self.training.command_text}"
            )
        if self._trained is None:
            self._trained = self._open_model()
        return self._trained

    def predict(self, texts: tuple[str, ...]) -> dict[str, Any]:
        """Return the chapter's answer to one input.

        Args:
            texts: a text for each of the chapter's `INPUT_FIELDS`.
        """
        with self._lock:
            trained = self._opened()
            module = registry.find(self.chapter).load()
            value = texts[0] if len(texts) == 1 else texts
            (answer,) = module.predict(trained, [value])
        return answer

    def tag_tokens(self, text: str) -> list[dict[str, Any]]:
        """Return `token`, `tag` and `probability` of each token, of a model of ch06."""
        with self._lock:
            preprocessor = self._opened().model.preprocessor
            tokenizer = preprocessor.tokenizer
            ids = tokenizer.tokenize_with_offsets([text])[0].to_list()
            module = registry.find(self.chapter).load()
            (shares,) = module.tag_probabilities(self._trained, ids)
        path = module.best_path(shares, preprocessor.tags)
        return [
            {
                "token": tokenizer.id_to_token(id),
                "tag": preprocessor.tags[place],
                "probability": float(share[place]),
            }
            for id, share, place in zip(ids[0], shares, path, strict=True)
        ]

    def count_tokens(self, prompt: str) -> int:
        """Return how many tokens a prompt has, its mark included."""
        trained = self.open()
        prompt += _mark(trained, prompt)
        return len(trained.model.preprocessor.tokenizer(prompt))

    def write(self, prompt: str, options: dict[str, Any], seed: int) -> Iterator[str]:
        """Yield what follows a prompt, piece by piece; with beams, at once.

        First comes the mark that stood between prompt and text in the training, if
        there was one and the prompt has none.

        Args:
            prompt: may be empty.
            options: arguments of `DecodingOptions`.
            seed: the same seed draws the same tokens.

        Raises:
            InputError: prompt and text are longer than the model reads.
        """
        from kerasnlp_tutorial.demo.writing import Writer

        with self._lock:
            trained = self._opened()
            if self._writer is None:
                self._writer = Writer(trained.model)
            mark = _mark(trained, prompt)
            pieces = self._writer.pieces(prompt + mark, options, seed)
        if mark:
            yield mark
        # Not locked while a reader looks at a piece: the reader may never come back.
        while True:
            with self._lock:
                piece = next(pieces, None)
            if piece is None:
                return
            yield piece


def _mark(trained: runs.TrainedModel, prompt: str) -> str:
    """Return what chapter 8 puts after a prompt; nothing for a model without it."""
    return trained.config.mark_after(prompt) if trained.config else ""


def open_demo(name: str) -> DemoModel:
    """Return the model of a directory, opened.

    Args:
        name: a directory that a chapter's `train` has written, or a GPT-2 as in
            `load_causal_lm`.

    Raises:
        InputError: it is neither.
    """
    path = Path(name)
    unfinished = Path(f"{name}.partial").exists()
    is_preset = (path / "config.json").is_file() or not (path.exists() or unfinished)
    is_run = (path / runs.TRAINING_FILE).is_file()
    training = {} if is_preset and not is_run else runs.describe(path)
    chapter = training.get("chapter")
    if chapter in TEXT_FIELDS:
        labels = tuple(training["labels"])
        title = registry.find(chapter).title
        model = DemoModel(chapter, title, lambda: runs.load(path), labels, path=path)
    else:  # of no chapter, or of a pretraining
        title = registry.find(GENERATION).title
        model = DemoModel(GENERATION, title, lambda: _open_preset(name))
    model.open()
    return model


def _open_preset(name: str) -> runs.TrainedModel:
    from kerasnlp_tutorial.checkpoints import load_causal_lm

    try:
        return runs.TrainedModel(load_causal_lm(name), (), None)
    except InputError as error:
        raise InputError(
            f"{name} is not a trained model (it has no {runs.TRAINING_FILE}), and no "
            f"language model either: {error}"
        ) from None


def chapter_demos() -> list[DemoModel]:
    """Return a model for each chapter that has a page.

    Each is the chapter's with its default settings, from the user's cache; what is
    not there is trained when a reader asks for it.
    """
    turn = threading.Lock()  # two trainings at a time would both take twice as long
    demos = []
    for chapter in registry.CHAPTERS:
        if chapter.name not in TEXT_FIELDS:
            continue
        path = runs.cached_path(chapter.name)
        training = ChapterTraining(chapter.name, path, turn)
        demos.append(
            DemoModel(
                chapter.name,
                chapter.title,
                lambda path=path: runs.load(path),
                _GENERATION_LABELS if chapter.name == GENERATION else (),
                training,
                path,
            )
        )
    return demos
