"""The schedule of the learning rate."""

import logging
import time

import keras

from kerasnlp_tutorial import distribution

logger = logging.getLogger(__name__)


class WarmupLinearDecay(keras.callbacks.Callback):
    """Increases the learning rate linearly, holds it, and decreases it linearly to 0.

    It is a callback and not a `LearningRateSchedule`, because a time budget ends after
    an unknown number of steps.

    Args:
        peak: highest learning rate.
        total_steps: number of steps after which the learning rate is 0.
        warmup_ratio: fraction of the training with an increasing learning rate.
        max_minutes: time budget of the training, which shortens the schedule; None for
            no limit.
        spent_seconds: duration of the training before it was resumed.
        decay_ratio: fraction of the training, at its end, with a decreasing learning
            rate; None to start right after the warmup. A training can be extended while
            the learning rate is constant
            ([Hägele et al., 2024](https://arxiv.org/abs/2405.18392)).
    """

    def __init__(
        self,
        peak: float,
        total_steps: float,
        warmup_ratio: float,
        max_minutes: float | None = None,
        spent_seconds: float = 0.0,
        decay_ratio: float | None = None,
    ):
        super().__init__()
        self.peak = peak
        self.total_steps = total_steps
        self.warmup_ratio = warmup_ratio
        self.max_seconds = max_minutes and 60 * max_minutes
        self.spent_seconds = spent_seconds
        self.decay_ratio = 1.0 - warmup_ratio if decay_ratio is None else decay_ratio

    def on_train_begin(self, logs=None):
        self._started = time.monotonic() - self.spent_seconds

    def progress(self, step: float, seconds: float) -> float:
        """Return the completed fraction of the training, 0 to 1.

        Args:
            step: number of steps so far.
            seconds: duration so far.
        """
        by_time = seconds / self.max_seconds if self.max_seconds else 0.0
        return min(max(step / self.total_steps, by_time), 1.0)

    def rate(self, progress: float) -> float:
        """Return the learning rate at a fraction of the training, 0 to 1."""
        if progress < self.warmup_ratio:
            return self.peak * progress / self.warmup_ratio
        return self.peak * min((1.0 - progress) / self.decay_ratio, 1.0)

    def on_train_batch_begin(self, batch, logs=None):
        optimizer = self.model.optimizer
        # The optimizer counts the steps of a resumed training too. The middle of a
        # step is used, since the rate is 0 at both ends of the training.
        step = int(keras.ops.convert_to_numpy(optimizer.iterations)) + 0.5
        seconds = self._seconds() if self.max_seconds else 0.0
        rate = self.rate(self.progress(step, seconds))
        optimizer.learning_rate = distribution.on_all_devices(rate)

    def _seconds(self) -> float:
        """Return the duration so far, the same in all processes."""
        return distribution.agreed(time.monotonic() - self._started)

    def on_train_batch_end(self, batch, logs=None):
        if self.max_seconds and self._seconds() >= self.max_seconds:
            if not self.model.stop_training:
                logger.info("the time budget of %.0f s is used up", self.max_seconds)
            self.model.stop_training = True
