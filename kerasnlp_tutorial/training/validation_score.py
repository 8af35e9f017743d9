"""A callback that scores the validation examples as a chapter's `evaluate` does."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from kerasnlp_tutorial import distribution
from kerasnlp_tutorial.runs import TrainedModel


class ValidationScore(keras.callbacks.Callback):
    """Adds a score of whole answers to the logs of each epoch.

    The metrics of `fit` count tokens. What a chapter reports counts entities or
    answers, which takes all tokens of a text and its `evaluate`. To select the best
    epoch by it, put this callback before `BestEpoch`.

    Args:
        evaluate: function of the trained model and examples that returns scores.
        trained: the model, its labels and config; the model has its preprocessor.
        examples: the validation examples.
        name: name of the score in what `evaluate` returns; `val_<name>` in the logs.
    """

    def __init__(
        self,
        evaluate: Callable[[TrainedModel, Sequence[Any]], Mapping[str, Any]],
        trained: TrainedModel,
        examples: Sequence[Any],
        name: str = "f1",
    ):
        super().__init__()
        self.evaluate = evaluate
        self.trained = trained
        self.examples = examples
        self.name = name
        self._preprocessor = trained.model.preprocessor

    def on_epoch_end(self, epoch, logs=None):
        model = self.trained.model
        # `fit` on encoded examples takes the preprocessor away; `evaluate` needs it.
        current, model.preprocessor = model.preprocessor, self._preprocessor
        try:
            with distribution.on_one_device(model):
                scores = self.evaluate(self.trained, self.examples)
        finally:
            model.preprocessor = current
        logs[f"val_{self.name}"] = float(scores[self.name])
