"""A chapter's model trained on request, in a process of its own."""

import logging
import shlex
import subprocess
import sys
import threading
import time
from pathlib import Path

from kerasnlp_tutorial import runs

logger = logging.getLogger(__name__)


class ChapterTraining:
    """Trains a chapter with its default settings, once.

    A process of its own, so that the page goes on answering and a failure, or the end
    of the demo, leaves nothing behind but a training that can be resumed.

    Args:
        chapter: short name, such as `ch04`.
        path: directory that it writes.
        turn: held by the training that runs, of all chapters.
    """

    def __init__(self, chapter: str, path: Path, turn: threading.Lock):
        self.chapter = chapter
        self.path = path
        self.error = ""
        """The last line that a failed training wrote."""
        self._turn = turn
        self._thread = None
        self._process = None
        self._stopped = False
        self._started = 0.0
        self._lock = threading.Lock()
        """Held while a training begins or is told to end."""

    @property
    def is_done(self) -> bool:
        """Whether the model is there."""
        return (self.path / runs.TRAINING_FILE).is_file()

    @property
    def is_running(self) -> bool:
        """Whether it is being trained, or waits for another chapter's training."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def command(self) -> list[str]:
        """The words of the command that trains it, without the program's name."""
        unfinished = any(self._checkpoints.glob("**/*.weights.h5"))
        how = "--resume" if unfinished else "--overwrite"
        return ["train", self.chapter, "--output", str(self.path), how]

    @property
    def command_text(self) -> str:
        """What a reader would type to train it."""
        return shlex.join(["kerasnlp-tutorial", *self.command])

    @property
    def _checkpoints(self) -> Path:
        return Path(f"{self.path}.partial") / "checkpoints"

    def start(self) -> None:
        """Begin, unless it is done or has begun."""
        with self._lock:
            if self.is_done or self.is_running:
                return
            self.error, self._started = "", 0.0
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the process; what it has learnt so far stays, to be resumed.

        One that waits for its turn does not begin.
        """
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.terminate()

    def _run(self) -> None:
        with self._turn:
            with self._lock:
                if self._stopped:
                    return
                try:
                    self._process = self._begin()
                except OSError as error:
                    self.error = str(error)
                    return
            last = ""
            for line in self._process.stderr:
                sys.stderr.write(line)
                last = line.strip() or last
            if self._process.wait():
                self.error = last or f"exit code {self._process.returncode}"

    def _begin(self) -> subprocess.Popen:
        self._started = time.monotonic()
        logger.info("training: %s", self.command_text)
        return subprocess.Popen(
            [sys.executable, "-m", "kerasnlp_tutorial.cli", *self.command],
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            # Ctrl-C in the terminal would end it early and keep what it has as if it
            # were whole.
            start_new_session=True,
        )

    def progress(self) -> str:
        """Return how far it is, in Korean."""
        if not self._started:
            return "다른 장의 학습이 끝나기를 기다리고 있습니다."
        seconds = int(time.monotonic() - self._started)
        text = f"학습하고 있습니다. {seconds // 60}분 {seconds % 60:02d}초 지났습니다."
        history = runs.read_history(self._checkpoints)
        if epochs := len(history["loss"]):
            text += f" {epochs}번째 에포크까지 마쳤습니다"
            text += f"(손실 {history['loss'][-1]:.3f})."
        return text
