"""A callback that reports, measures and keeps checkpoints of a pretraining."""

import csv
import json
import logging
import math
import shutil
import time

import keras

from kerasnlp_tutorial import runs, training

logger = logging.getLogger(__name__)

_REPORT_SECONDS = 30


class Watch(keras.callbacks.Callback):
    """Reports, measures, keeps checkpoints, and stops at the last step.

    A checkpoint is a folder that is whole once its `state.json` is there; the one
    before is deleted after that, so a kill at any moment leaves a whole one.

    Args:
        config: of the training.
        folder: for the checkpoints.
        tokens_per_step: for the reports.
        held_out: batches to measure on.
        characters_per_token: of the texts held out, for the perplexity of a character;
            None where not every token is guessed.
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

    def restore(self, model) -> None:
        """Put the newest checkpoint into the model and its optimizer."""
        states = sorted(self.folder.glob("step-*/state.json"))
        if states:
            model.optimizer.build(model.trainable_variables)
            model.load_weights(states[-1].parent / "model.weights.h5")
            state = json.loads(states[-1].read_text())
            self.step, self.seconds = state["step"], state["seconds"]
            self.history = state["history"]
            logger.info("going on after step %d", self.step)

    def on_train_begin(self, logs=None):
        if self.config.initial and not self.step:
            self._measure(None)
        self._clock = time.monotonic() - self.seconds
        self._saved = self._reported = time.monotonic()
        self._reported_step = self.step

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        now = time.monotonic()
        self.seconds = now - self._clock
        if now - self._reported >= _REPORT_SECONDS:
            self._report(now, logs["loss"])
        done = self.step == self.config.steps or self.model.stop_training
        if done or self.step % self.config.measure_every == 0:
            self._measure(logs["loss"])
        if done or now - self._saved >= 60 * self.config.checkpoint_minutes:
            self._save()
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

    def _measure(self, loss):
        self.model.reset_metrics()
        for x, y, weights in self.held_out:
            measured = self.model.test_on_batch(x, y, weights, return_dict=True)
        self.model.reset_metrics()  # the next mean begins here
        row = {
            "step": self.step,
            "tokens": self.step * self.tokens_per_step,
            "minutes": round(self.seconds / 60, 2),
            # At step 0 no text has been learnt from, held out or not.
            "loss": float(measured["loss"] if loss is None else loss),
            "val_loss": float(measured["loss"]),
            "val_accuracy": float(measured["accuracy"]),
        }
        self.history.append(row)
        logger.info(
            "step %d, held out: loss %.3f, perplexity %.1f, accuracy %.3f",
            self.step,
            row["val_loss"],
            math.exp(row["val_loss"]),
            row["val_accuracy"],
        )

    def _save(self):
        training.check_finite(self.model)  # or it would replace the last good one
        folder = self.folder / f"step-{self.step:09d}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.model.save_weights(folder / "model.weights.h5")
        state = {"step": self.step, "seconds": self.seconds, "history": self.history}
        part = folder / "state.part"
        part.write_text(json.dumps(state))
        part.rename(folder / "state.json")
        for old in self.folder.glob("step-*"):
            if old != folder:
                shutil.rmtree(old)
        self._saved = time.monotonic()

    def rows(self) -> list[dict[str, float]]:
        """Return the measurements so far, with perplexities."""
        rows = []
        for row in self.history:
            loss = row["val_loss"]
            row = row | {"val_perplexity": math.exp(loss)}
            if self.characters_per_token:
                a_character = math.exp(loss / self.characters_per_token)
                row["val_character_perplexity"] = a_character
            rows.append(row)
        return rows

    def write_history(self) -> None:
        """Write the measurements where `runs` looks for a training's history."""
        rows = self.rows()
        with (self.folder / runs.HISTORY_FILE).open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
