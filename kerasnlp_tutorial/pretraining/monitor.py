"""A callback that reports, measures and keeps checkpoints of a pretraining."""

import logging
import math
import time
from collections.abc import Iterable

import keras
import numpy as np

from kerasnlp_tutorial import distribution, runs, training
from kerasnlp_tutorial.pretraining.objectives import Batch

logger = logging.getLogger(__name__)

_REPORT_SECONDS = 30


def mean_measures(model: keras.Model, batches: Iterable[Batch]) -> dict[str, float]:
    """Return the means of loss and metrics over batches of one size.

    Args:
        model: compiled model. Its metrics are reset, so that the means of `fit` start
            again.
        batches: batches `(x, y, sample_weight)`.
    """
    rows = []
    for batch in batches:
        model.reset_metrics()  # otherwise a mean of all batches in Keras < 3.15
        rows.append(model.test_on_batch(*batch, return_dict=True))
    model.reset_metrics()
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


class PretrainingMonitor(keras.callbacks.Callback):
    """Reports, measures, keeps checkpoints, and stops at the last step.

    Args:
        config: of the training.
        folder: for the checkpoints.
        tokens_per_step: for the reports.
        held_out: batches to measure on.
        characters_per_token: of the texts held out, for the perplexity of a character;
            None if not every token is predicted.
    """

    def __init__(
        self, config, folder, tokens_per_step, held_out, characters_per_token=None
    ):
        super().__init__()
        self.config = config
        self.folder = folder
        self.tokens_per_step = tokens_per_step
        self.held_out = held_out
        self.characters_per_token = characters_per_token
        self.step = 0
        self.seconds = 0.0
        self.history = []
        self._states = training.States(folder)
        self._before = (0, 0.0)  # steps since the last measurement, and their loss

    def restore(self, model) -> None:
        """Put the newest checkpoint into the model and its optimizer."""
        if state := self._states.restore(model):
            facts, _ = state
            self.step, self.seconds = facts["step"], facts["seconds"]
            self.history = facts["history"]
            self._before = (self.step - self._measured_step, facts["loss"])
            logger.info("going on after step %d", self.step)

    def on_train_begin(self, logs=None):
        self._states.restore_random_numbers()
        if self.config.initial and not self.step:
            self._measure(None)
        self._clock = time.monotonic() - self.seconds
        self._saved = self._reported = time.monotonic()
        self._reported_step = self.step

    @property
    def _measured_step(self):
        return self.history[-1]["step"] if self.history else 0

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        now = time.monotonic()
        self.seconds = now - self._clock
        if now - self._reported >= _REPORT_SECONDS:
            self._report(now, logs["loss"])
        done = self.step == self.config.steps or self.model.stop_training
        if done:  # measure and save what is stored: averaged weights, if any
            optimizer, weights = self.model.optimizer, self.model.trainable_variables
            optimizer.finalize_variable_values(weights)
            for weight in weights:  # JAX frees what the average shares with them
                weight.assign(keras.ops.copy(weight))
        loss = self._mean_loss(logs["loss"])
        if done or self.step % self.config.measure_every == 0:
            self._measure(loss)
        if done or now - self._saved >= 60 * self.config.checkpoint_minutes:
            self._save(loss)
        if done:
            self.model.stop_training = True

    def _report(self, now, loss):
        steps = self.step - self._reported_step
        seconds_a_step = (now - self._reported) / steps
        left = []
        if self.config.steps:
            left.append((self.config.steps - self.step) * seconds_a_step / 60)
        if self.config.max_minutes:
            left.append(self.config.max_minutes - self.seconds / 60)
        logger.info(
            "step %d, %.2f M tokens, %.0f tokens/s, loss %.3f, %.0f min left",
            self.step,
            self.step * self.tokens_per_step / 1e6,
            self.tokens_per_step / seconds_a_step,
            loss,
            min(left),
        )
        self._reported, self._reported_step = now, self.step

    def _mean_loss(self, loss):
        """Return the mean since the last measurement, also before a resumption."""
        before, earlier = self._before
        share = before / (self.step - self._measured_step)
        return share * earlier + (1 - share) * loss

    def _measure(self, loss):
        with distribution.on_one_device(self.model):
            measured = mean_measures(self.model, self.held_out)
        row = {
            "step": self.step,
            "tokens": self.step * self.tokens_per_step,
            "minutes": round(self.seconds / 60, 2),
            # At step 0 the model has been trained on no text, held out or not.
            "loss": float(measured["loss"] if loss is None else loss),
        } | {f"val_{name}": value for name, value in measured.items()}
        self.history.append(row)
        self._before = (0, 0.0)
        values = ", ".join(f"{name} {value:.3f}" for name, value in measured.items())
        logger.info("step %d, held out: %s", self.step, values)

    def _save(self, loss):
        training.check_finite(self.model)  # or it would replace the last good one
        facts = {"step": self.step, "seconds": self.seconds, "history": self.history}
        facts["loss"] = float(loss)
        self._states.save(self.step, self.model, facts)
        self._saved = time.monotonic()

    def rows(self) -> list[dict[str, float]]:
        """Return the measurements so far, with perplexities."""
        rows = []
        for row in self.history:
            # With several objectives, the tokens have a loss of their own.
            loss = row.get("val_tokens_loss", row["val_loss"])
            if {"val_accuracy", "val_tokens_loss"} & row.keys():
                row = row | {"val_perplexity": math.exp(loss)}
            if self.characters_per_token:
                a_character = math.exp(loss / self.characters_per_token)
                row["val_character_perplexity"] = a_character
            rows.append(row)
        return rows

    def write_history(self) -> None:
        """Write the measurements where `runs` looks for a training's history."""
        runs.write_history(self.folder, self.rows())
