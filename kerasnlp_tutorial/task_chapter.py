"""The interface of a chapter with a task, as protocols that its module implements."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.datasets import Corpus, Splits
from kerasnlp_tutorial.runs import TrainedModel

if TYPE_CHECKING:
    import keras_nlp
    import tensorflow as tf


class TaskChapter(Protocol):
    """The module of a chapter that trains a model.

    The command line and the demo use only these names of a chapter, and all of them are
    required. A chapter that has them works with `train`, `evaluate` and `predict`. For
    a page in the demo it also needs a row in `demo/chapter_demos.py`.

    In the signatures, `config` is an instance of the chapter's `Config`, and `examples`
    are what its `read_examples` returns. A function may take more arguments if they
    have defaults.
    """

    Config: type[TrainingConfig]
    """Settings; every field has a docstring and is an option of the command line."""
    INPUT_FIELDS: tuple[str, ...]
    """Names of the texts of one input of `predict`, in order, such as `("text",)`."""
    METRICS: tuple[str, ...]
    """Names of the scores that `evaluate` returns, the most important one first."""
    MODELS: tuple[type, ...]
    """Classes of the models that `train` returns."""

    @staticmethod
    def load_examples(config: Any) -> Splits[Any]:
        """Read the corpus that the config names, and divide it for training.

        Raises:
            InputError: a file is malformed or does not exist.
        """

    @staticmethod
    def read_examples(
        config: Any, split: str, labels: Sequence[str] | None = None
    ) -> Sequence[Any]:
        """Read one file of the corpus.

        Args:
            config: an instance of `Config`.
            split: `train` or `test`.
            labels: the labels that may occur; None for any labels.

        Raises:
            InputError: the file is malformed or does not exist.
        """

    @staticmethod
    def train(config: Any) -> TrainedModel:
        """Train and save a model as the config says, and return it with its scores."""

    @staticmethod
    def evaluate(trained: TrainedModel, examples: Sequence[Any]) -> dict[str, Any]:
        """Return the scores of a trained model, including `METRICS`."""

    @staticmethod
    def predict(trained: TrainedModel, inputs: Sequence[Any]) -> list[dict[str, Any]]:
        """Return an answer for each input, made of values that JSON can represent.

        Args:
            trained: model that this chapter has trained.
            inputs: texts, or tuples of texts if there are several `INPUT_FIELDS`.
        """

    @staticmethod
    def format_answer(answer: dict[str, Any]) -> str:
        """Format an answer of `predict` as text for a terminal."""


class TaskLesson(TaskChapter, Protocol):
    """A chapter of the book with a task, which also shows how its model is built."""

    CORPORA: Mapping[str, Corpus]
    """Corpora by name; the names are the values of `Config.dataset`."""

    @staticmethod
    def make_dataset(
        examples: Sequence[Any],
        model: "keras_nlp.models.Task",
        labels: Sequence[str],
        config: Any,
        *,
        training_set: bool = False,
    ) -> "tf.data.Dataset":
        """Return batches of encoded examples with their targets, for `model.fit`."""

    @staticmethod
    def build_model(config: Any, splits: Splits[Any]) -> "keras_nlp.models.Task":
        """Return the compiled model: a backbone with the head of the task."""
