"""A trained model behind a lock, opened at the first request."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasnlp_tutorial import registry, runs
from kerasnlp_tutorial.demo.chapter_training import ChapterTraining
from kerasnlp_tutorial.hangul import compose

if TYPE_CHECKING:
    from kerasnlp_tutorial.demo.writing import Writer


class NotTrainedError(Exception):
    """A request to a model that is not trained yet; the message is in Korean."""


class DemoModel:
    """A chapter's model that answers one request at a time.

    Args:
        chapter: name of the chapter whose `predict` is called, such as `ch04`.
        title: title of the page, in Korean.
        open_model: returns the `TrainedModel`; called once.
        labels: class names, if they are known before the model is opened.
        training: trains the model; None if it is trained already.
        path: output directory of the training, if there is one.
        name: name beside other models, such as the directory.
    """

    def __init__(
        self,
        chapter: str,
        title: str,
        open_model: Callable[[], runs.TrainedModel],
        labels: tuple[str, ...] = (),
        training: ChapterTraining | None = None,
        path: Path | None = None,
        name: str = "",
    ):
        self.chapter = chapter
        self.title = title
        self.labels = labels
        self.training = training
        self.path = path
        self.name = name or title
        self._open_model = open_model
        self._trained: runs.TrainedModel | None = None
        self._writer: Writer | None = None
        self._lock = threading.Lock()

    @property
    def is_ready(self) -> bool:
        """Whether the model is trained."""
        return self.training is None or self.training.is_done

    @property
    def is_open(self) -> bool:
        """Whether the model is in memory."""
        return self._trained is not None

    def metrics(self) -> dict[str, Any]:
        """Return the scores on the test data; empty if they are not known."""
        if self.path is None or not self.is_ready:
            return {}
        return runs.describe(self.path)["metrics"]

    def open(self) -> runs.TrainedModel:
        """Return the model, which the first call loads.

        Raises:
            NotTrainedError: the model is not trained yet.
        """
        with self._lock:
            return self._opened()

    def _opened(self) -> runs.TrainedModel:
        if self.training is not None and not self.training.is_done:
            raise NotTrainedError(
                "아직 학습하지 않은 모델입니다. 화면에서 ‘모델 학습하기’를 누르거나 "
                f"명령줄에서 학습해 주세요: {self.training.command_text}"
            )
        if self._trained is None:
            self._trained = self._open_model()
        return self._trained

    def predict(self, texts: tuple[str, ...]) -> dict[str, Any]:
        """Return the result of the chapter's `predict` for one input.

        Args:
            texts: a text for each of the chapter's `INPUT_FIELDS`.
        """
        with self._lock:
            trained = self._opened()
            module = registry.find(self.chapter).load_task()
            value = texts[0] if len(texts) == 1 else texts
            (answer,) = module.predict(trained, [value])
        return answer

    def tag_tokens(self, text: str) -> list[dict[str, Any]]:
        """Return `token`, `tag` and `probability` of each token (chapter 6 only).

        Args:
            text: the text to tag.
        """
        with self._lock:
            trained = self._opened()
            preprocessor = trained.model.preprocessor
            tokenizer = preprocessor.tokenizer
            ids = tokenizer.tokenize_with_offsets([compose(text)])[0].to_list()
            module = registry.find(self.chapter).load()
            (probabilities,) = module.tag_probabilities(trained, ids)
        path = module.best_path(probabilities, preprocessor.tags)
        return [
            {
                "token": tokenizer.id_to_token(id),
                "tag": preprocessor.tags[tag],
                "probability": float(row[tag]),
            }
            for id, row, tag in zip(ids[0], probabilities, path, strict=True)
        ]

    def max_new_tokens(self) -> int:
        """Return the maximum number of tokens after a prompt (chapter 8 only).

        Models without learned position embeddings have none: `sys.maxsize`.
        """
        from kerasnlp_tutorial.language_models import longest

        return longest(self.open().model) - 1  # the start token

    def count_tokens(self, prompt: str) -> int:
        """Return the number of tokens in a prompt and its separator (chapter 8 only).

        Args:
            prompt: the prompt, with or without the separator.
        """
        trained = self.open()
        prompt = compose(prompt)
        prompt += _separator(trained, prompt)
        return len(trained.model.preprocessor.tokenizer(prompt))

    def write(self, prompt: str, options: dict[str, Any], seed: int) -> Iterator[str]:
        """Yield the continuation of a prompt, piece by piece (chapter 8 only).

        The first piece is the separator that followed the prompts in the training
        data, if there was one and the prompt does not end with it. With beam search
        the generated text is a single piece.

        Args:
            prompt: the text to continue; may be empty.
            options: arguments of `DecodingOptions`.
            seed: random seed.

        Raises:
            InputError: prompt and new tokens exceed the sequence length of the model.
        """
        from kerasnlp_tutorial.demo.writing import Writer

        with self._lock:
            trained = self._opened()
            if self._writer is None:
                self._writer = Writer(trained.model)
            prompt = compose(prompt)
            separator = _separator(trained, prompt)
            pieces = self._writer.pieces(prompt + separator, options, seed)
        if separator:
            yield separator
        # Release the lock between pieces: a client may never ask for the next one.
        while True:
            with self._lock:
                piece = next(pieces, None)
            if piece is None:
                return
            yield piece


def _separator(trained: runs.TrainedModel, prompt: str) -> str:
    # A language model that no chapter has trained has no config.
    return trained.config.mark_after(prompt) if trained.config else ""
