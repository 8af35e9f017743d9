"""Training of a chapter's model in a separate process, on request."""

import logging
import shlex
import subprocess
import sys
import threading
import time
from pathlib import Path

from kerasnlp_tutorial import runs

logger = logging.getLogger(__name__)

_MISTAKE = 2  # exit code of an InputError


class ChapterTraining:
    """Trains a chapter's model once, with the default settings.

    The training runs in a separate process: the page stays responsive, and after a
    failure or the end of the demo the training can be resumed.

    Args:
        chapter: chapter name, such as `ch04`.
        path: output directory.
        turn: lock that all chapters share, so that one training runs at a time.
    """

    def __init__(self, chapter: str, path: Path, turn: threading.Lock):
        self.chapter = chapter
        self.path = path
        self.error = ""
        """Last line of the output of a failed training; empty if none has failed."""
        self._turn = turn
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[str] | None = None
        self._stopped = False
        self._started = 0.0
        self._started_at = 0.0  # seconds since the epoch, to compare with files
        self._lock = threading.Lock()
        """Held while the training is started or stopped."""

    @property
    def is_done(self) -> bool:
        """Whether the model is trained."""
        return (self.path / runs.TRAINING_FILE).is_file()

    @property
    def is_running(self) -> bool:
        """Whether the training runs, or waits for another chapter's training."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def command(self) -> list[str]:
        """Arguments of `kerasnlp-tutorial` that train the model."""
        return self._command(runs.is_resumable(self.path))

    def _command(self, resume: bool) -> list[str]:
        how = "--resume" if resume else "--overwrite"
        return ["train", self.chapter, "--output", str(self.path), how]

    @property
    def command_text(self) -> str:
        """Shell command that trains the model."""
        return shlex.join(["kerasnlp-tutorial", *self.command])

    @property
    def _checkpoints(self) -> Path:
        return Path(f"{self.path}.partial") / "checkpoints"

    def start(self) -> None:
        """Start the training, unless it is done or running."""
        with self._lock:
            if self.is_done or self.is_running:
                return
            self.error, self._started = "", 0.0
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop the training, which can be resumed later.

        A training that waits for its turn does not start.
        """
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.terminate()

    def _run(self) -> None:
        with self._turn:
            command = self.command
            code = self._run_process(command)
            # Such as one of a version with other settings.
            cannot_resume = code == _MISTAKE and "--overwrite" in self.error
            if command[-1] == "--resume" and cannot_resume:
                logger.warning("%s", self.error)
                self.error = ""
                self._run_process(self._command(resume=False))

    def _run_process(self, command: list[str]) -> int | None:
        """Run a training, and return its exit code; None if it was not started."""
        with self._lock:
            if self._stopped:
                return None
            try:
                process = self._process = self._start_process(command)
            except OSError as error:
                self.error = str(error)
                return None
        last = ""
        assert process.stderr is not None  # it is a pipe
        for line in process.stderr:
            sys.stderr.write(line)
            last = line.strip() or last
        if process.wait():
            self.error = last or f"exit code {process.returncode}"
        return process.returncode

    def _start_process(self, command: list[str]) -> subprocess.Popen[str]:
        self._started, self._started_at = time.monotonic(), time.time()
        logger.info("training: %s", shlex.join(["kerasnlp-tutorial", *command]))
        return subprocess.Popen(
            [sys.executable, "-m", "kerasnlp_tutorial.cli", *command],
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            # Otherwise Ctrl-C in the terminal would reach it too, and a training that
            # is interrupted this way saves its model as if it were finished.
            start_new_session=True,
        )

    @property
    def fraction(self) -> float | None:
        """Completed fraction of the training steps; None if it is not known."""
        progress = runs.read_progress(self._checkpoints, self._started_at)
        return progress and progress[0]

    def progress(self) -> str:
        """Return the progress of the training as a Korean sentence."""
        if not self._started:
            return "다른 장의 학습이 끝나기를 기다리고 있습니다."
        passed = _duration(time.monotonic() - self._started)
        text = f"학습하고 있습니다. {passed} 지났습니다."
        history = runs.read_history(self._checkpoints)
        if epochs := len(history["loss"]):
            text += f" {epochs}번째 에포크까지 마쳤습니다"
            text += f"(손실 {history['loss'][-1]:.3f})."
        progress = runs.read_progress(self._checkpoints, self._started_at)
        if progress is None:
            return text
        fraction, seconds_left = progress
        if fraction == 1:
            return f"{text} 이제 점수를 재고 있습니다."
        return f"{text} {fraction:.0%} 마쳤고 약 {_duration(seconds_left)} 남았습니다."


def _duration(seconds: float) -> str:
    return f"{int(seconds) // 60}분 {int(seconds) % 60:02d}초"
