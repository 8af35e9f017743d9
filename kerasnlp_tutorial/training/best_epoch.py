"""A callback that keeps the weights of the best epoch and makes training resumable."""

import contextlib
import logging
import math
import time
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from kerasnlp_tutorial import runs
from kerasnlp_tutorial.training.states import States, are_finite

logger = logging.getLogger(__name__)

_FEW_EXAMPLES = 100
_REPORT_SECONDS = 1.0  # between two reports of the progress


def monitored_score(
    validation_examples: int, score: str = "val_accuracy", unit: str = "examples"
) -> str:
    """Return the name of the metric that selects the best epoch.

    With few examples, the accuracy takes few values and soon reaches 1.0, although the
    model still improves. The loss distinguishes such epochs.

    Args:
        validation_examples: number of validation examples, or of what counts in the
            score.
        score: metric to use with 100 or more of them.
        unit: what they are, for the log.
    """
    if validation_examples >= _FEW_EXAMPLES:
        return score
    logger.info(
        "%d %s are held out, fewer than %d: the best epoch is the one with the "
        "lowest loss on them",
        validation_examples,
        unit,
        _FEW_EXAMPLES,
    )
    return "val_loss"


class BestEpoch(keras.callbacks.TerminateOnNaN):
    """Keeps the weights of the best epoch, and writes a checkpoint after each epoch.

    Like its base class, it stops the training if the loss becomes NaN or infinite.

    Args:
        folder: folder of the states and the history. If it has a state, `restore`
            continues from it.
        monitor: `val_loss`, or a validation metric for which higher is better. Among
            epochs with equal values, the one with the lower `val_loss` is better.
        train_set: the training set. If it is shuffled, the order of each epoch is the
            same after resuming.
    """

    def __init__(
        self, folder: Path, monitor: str, train_set: tf.data.Dataset | None = None
    ):
        super().__init__()
        self.folder = folder
        self.monitor = monitor
        self.order = getattr(train_set, "order", None)
        self.weights: list[np.ndarray] | None = None
        """Weights of the best epoch so far, in the order of `get_weights`."""
        self._states = States(folder)
        self._history: list[dict[str, float]] = []
        self._first = self._current = 0  # epochs
        self._started = self._reported = 0.0

    @property
    def epoch(self) -> int:
        """The next epoch, for `initial_epoch` of `fit`."""
        return len(self._history)

    def restore(self, model: keras.Model) -> None:
        """Restore the model and its optimizer from the newest state, if any."""
        if state := self._states.restore(model):
            facts, arrays = state
            self._history, self.weights = facts["history"], arrays["best"]
            runs.write_history(self.folder, self._history)
            logger.info("resuming after epoch %d", self.epoch)

    def on_train_begin(self, logs=None):
        self._states.restore_random_numbers()
        self._first = self.epoch
        self._started = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)
        epochs, steps = self.params["epochs"], self.params["steps"]
        now = time.monotonic()
        if steps and now - self._reported >= _REPORT_SECONDS:
            self._reported = now
            done = (self._current + (batch + 1) / steps) / epochs
            before = self._first / epochs  # in the process that has been resumed
            self._report(done, (now - self._started) * (1 - done) / (done - before))

    def on_train_end(self, logs=None):
        self._report(1.0, 0.0)

    def _report(self, fraction: float, seconds_left: float) -> None:
        """Write the progress, for programs that watch the training."""
        with contextlib.suppress(OSError):  # a full disk is reported by the checkpoint
            runs.write_progress(self.folder, fraction, seconds_left)

    def on_epoch_begin(self, epoch, logs=None):
        self._current = epoch
        if self.order is not None:
            self.order.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        weights = self.model.get_weights()
        if not are_finite(weights):
            logger.warning(
                "the training diverged in epoch %d: the best epoch before it is kept; "
                "try a lower learning_rate",
                epoch + 1,
            )
            self.model.stop_training = True
            return
        row = {"epoch": epoch} | {name: float(value) for name, value in logs.items()}
        if all(self._rank(row) > self._rank(other) for other in self._history):
            self.weights = weights
        self._history.append(row)
        facts = {"history": self._history}
        self._states.save(self.epoch, self.model, facts, best=self.weights)
        runs.write_history(self.folder, self._history)

    def _rank(self, row: Mapping[str, float]) -> tuple[float, float]:
        negative_loss = -row["val_loss"]
        score = negative_loss if self.monitor == "val_loss" else row[self.monitor]
        return _nan_to_lowest(score), _nan_to_lowest(negative_loss)


def _nan_to_lowest(score: float) -> float:
    return -math.inf if math.isnan(score) else score
