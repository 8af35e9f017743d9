import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from kerasnlp_tutorial import runs
from kerasnlp_tutorial.demo.chapter_training import ChapterTraining


def wait(training):
    until = time.monotonic() + 30
    while training.is_running and time.monotonic() < until:
        time.sleep(0.05)
    assert not training.is_running


def test_a_trained_model_is_not_trained_again(tmp_path):
    training = ChapterTraining("ch04", tmp_path / "ch04", threading.Lock())
    assert not training.is_done
    runs.write_json(_folder(tmp_path / "ch04") / runs.TRAINING_FILE, {})
    training.start()
    assert training.is_done and not training.is_running


def test_an_unfinished_training_is_resumed(tmp_path):
    path = tmp_path / "ch04"
    training = ChapterTraining("ch04", path, threading.Lock())
    assert training.command == ["train", "ch04", "--output", str(path), "--overwrite"]
    checkpoints = tmp_path / "ch04.partial/checkpoints"
    _folder(checkpoints / ".step-000000001.part") / "arrays.npz"
    assert training.command[-1] == "--overwrite"  # it is not complete
    (_folder(checkpoints / "step-000000001") / runs.STATE_FILE).touch()
    assert training.command[-1] == "--resume"
    assert training.command_text.startswith("kerasnlp-tutorial train ch04 ")


def test_a_failure_says_why(tmp_path):
    training = ChapterTraining("ch99", tmp_path / "ch99", threading.Lock())
    training.start()
    wait(training)
    assert not training.is_done
    assert "there is no chapter 'ch99'" in training.error


def test_trainings_take_turns(tmp_path):
    turn = threading.Lock()
    training = ChapterTraining("ch99", tmp_path / "ch99", turn)
    with turn:
        training.start()
        time.sleep(0.1)
        assert training.is_running and "기다리고" in training.progress()
    wait(training)


def test_a_stopped_training_that_waits_does_not_start(tmp_path):
    turn = threading.Lock()
    training = ChapterTraining("ch99", tmp_path / "ch99", turn)
    with turn:
        training.start()
        training.stop()
    wait(training)
    assert training._process is None and not training.error


def test_a_second_attempt_restarts_its_clock(tmp_path):
    turn = threading.Lock()
    training = ChapterTraining("ch99", tmp_path / "ch99", turn)
    training.start()
    wait(training)
    assert "학습하고" in training.progress()
    with turn:
        training.start()
        assert "기다리고" in training.progress()
    wait(training)


def test_a_process_that_cannot_start_says_why(tmp_path, monkeypatch):
    def refuse(*arguments, **settings):
        raise OSError("no memory left")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    training = ChapterTraining("ch99", tmp_path / "ch99", threading.Lock())
    training.start()
    wait(training)
    assert training.error == "no memory left"


def test_progress_is_read_from_the_run(tmp_path):
    training = ChapterTraining("ch99", tmp_path / "ch99", threading.Lock())
    training.start()
    wait(training)
    checkpoints = _folder(tmp_path / "ch99.partial/checkpoints")
    (checkpoints / runs.HISTORY_FILE).write_text("epoch,loss\n0,0.9\n1,0.5\n")
    assert "2번째 에포크" in training.progress() and "0.500" in training.progress()


def test_the_time_left_is_told(tmp_path):
    training = ChapterTraining("ch99", tmp_path / "ch99", threading.Lock())
    checkpoints = tmp_path / "ch99.partial/checkpoints"
    training.start()
    wait(training)
    assert training.fraction is None
    runs.write_progress(checkpoints, 0.25, 130)
    assert training.fraction == 0.25
    assert "25% 마쳤고 약 2분 10초 남았습니다" in training.progress()
    runs.write_progress(checkpoints, 1.0, 0)
    assert "점수를 재고" in training.progress()
    training._started_at = time.time() + 60  # the progress is of a process before it
    assert training.fraction is None


@pytest.mark.parametrize(
    ("message", "attempts"),
    [
        ("config.json cannot be used (?); --overwrite starts again", 2),
        ("the disk is full", 1),
    ],
)
def test_a_training_that_cannot_be_resumed_starts_again(
    tmp_path, monkeypatch, message, attempts
):
    state = _folder(tmp_path / "ch04.partial/checkpoints/step-000000001")
    runs.write_json(state / runs.STATE_FILE, {})
    begun, popen = [], subprocess.Popen

    def start(command, **settings):
        begun.append(command[-1])
        fails = command[-1] == "--resume"
        code = f"import sys; sys.stderr.write({message!r}); sys.exit({2 * fails})"
        return popen([sys.executable, "-c", code], **settings)

    monkeypatch.setattr(subprocess, "Popen", start)
    training = ChapterTraining("ch04", tmp_path / "ch04", threading.Lock())
    training.start()
    wait(training)
    assert begun == ["--resume", "--overwrite"][:attempts]
    assert training.error == ("" if attempts == 2 else message)


def _folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path
