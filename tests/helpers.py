"""What several tests use that is no fixture."""

import os
import subprocess
import sys
from pathlib import Path

REVIEWS = [
    "배우들 연기가 살아 있네요 두 번 봤어요",
    "두 시간이 이렇게 길 줄이야.. 졸다 나옴",
    "기대 안 했는데 웃다가 나옴 ㅋㅋㅋ",
    "돈 아까워 죽겠네 진짜;;",
    "마지막 장면에서 울었습니다ㅠㅠ",
    "감독님 왜 그러셨어요",
]

HARD_TEXTS = [
    "",
    "[PAD]가",
    "가 [SEP] [PAD] 나",
    "ㅋㅋ\u200b라 \u2e43",
    "가나 " * 30,
    "뷁 다!",
]


class FakeModel:
    """Stands in for a Task: saving it writes a file."""

    optimizer = "adamw"

    def __init__(self, content="new"):
        self.content = content

    def get_weights(self):
        return []

    def save_to_preset(self, folder):
        assert self.optimizer is None  # its state is not saved
        path = Path(folder)
        path.mkdir()
        (path / "model").write_text(self.content)


def printed_by(code, **environment):
    """Return the lines that code prints in a process of its own.

    `KERAS_BACKEND="jax"` runs it on another backend.
    """
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | environment,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def tracing_count(function):
    """Return how often TensorFlow has traced a function; None for other backends."""
    count = getattr(function, "experimental_get_tracing_count", lambda: None)
    return count()
