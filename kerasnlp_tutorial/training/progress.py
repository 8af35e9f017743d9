"""What a training prints about its progress."""

import sys
import time
from collections.abc import Mapping

import keras

from kerasnlp_tutorial import distribution


def progress_verbosity() -> int:
    """Return `verbose` for `fit`: Keras's bar in a terminal, otherwise nothing.

    `EpochLines` prints where there is no terminal.
    """
    return int(sys.stdout.isatty() and distribution.is_first_process())


class EpochLines(keras.callbacks.Callback):
    """Prints a line with the metrics and the time left after each epoch.

    It prints nothing in a terminal, where Keras has a bar. Notebooks get lines, since
    the site is built from them and would show each update of a bar as a new line.

    Args:
        max_minutes: time budget of the training; None for no limit.
    """

    def __init__(self, max_minutes: float | None = None):
        super().__init__()
        self.max_seconds = max_minutes and 60 * max_minutes

    def on_train_begin(self, logs=None):
        self._started = self._epoch_started = time.monotonic()
        self._epochs = 0

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch_started = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        now = time.monotonic()
        self._epochs += 1
        epochs = self.params["epochs"]
        left = (epochs - epoch - 1) * (now - self._started) / self._epochs
        if self.max_seconds:
            left = max(min(left, self.max_seconds - (now - self._started)), 0.0)
        line = epoch_line(epoch + 1, epochs, logs or {}, now - self._epoch_started)
        if epoch + 1 < epochs:
            line += f", about {duration(left)} left"
        if not sys.stdout.isatty() and distribution.is_first_process():
            sys.stdout.write(line + "\n")
            sys.stdout.flush()


def epoch_line(
    number: int, epochs: int, metrics: Mapping[str, float], seconds: float
) -> str:
    """Return the line of an epoch.

    Args:
        number: number of the epoch, from 1 on.
        epochs: number of epochs.
        metrics: values by name.
        seconds: duration of the epoch.
    """
    shown = ", ".join(f"{name} {value:.4f}" for name, value in metrics.items())
    return f"Epoch {number}/{epochs}: {shown}; {duration(seconds)}"


def duration(seconds: float) -> str:
    """Return a duration in the unit that suits it, such as `40 s` or `2.5 min`."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} min"
