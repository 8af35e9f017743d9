import subprocess
import threading
import time
from pathlib import Path

from kerasnlp_tutorial import runs
from kerasnlp_tutorial.demo.training import ChapterTraining


def wait(training):
    until = time.monotonic() + 30
    while training.is_running and time.monotonic() < until:
        time.sleep(0.05)
    assert not training.is_running


def test_what_is_there_is_not_trained_again(tmp_path):
    training = ChapterTraining("ch04", tmp_path / "ch04", threading.Lock())
    assert not training.is_done
    runs.write_json(_folder(tmp_path / "ch04") / runs.TRAINING_FILE, {})
    training.start()
    assert training.is_done and not training.is_running


def test_what_is_unfinished_is_resumed(tmp_path):
    path = tmp_path / "ch04"
    training = ChapterTraining("ch04", path, threading.Lock())
    assert training.command == ["train", "ch04", "--output", str(path), "--overwrite"]
    weights = _folder(tmp_path / "ch04.partial/checkpoints/a") / "b.weights.h5"
    weights.touch()
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


def test_one_that_waits_does_not_begin_after_the_end(tmp_path):
    turn = threading.Lock()
    training = ChapterTraining("ch99", tmp_path / "ch99", turn)
    with turn:
        training.start()
        training.stop()
    wait(training)
    assert training._process is None and not training.error


def test_a_second_try_begins_its_clock_anew(tmp_path):
    turn = threading.Lock()
    training = ChapterTraining("ch99", tmp_path / "ch99", turn)
    training.start()
    wait(training)
    assert "학습하고" in training.progress()
    with turn:
        training.start()
        assert "기다리고" in training.progress()
    wait(training)


def test_a_process_that_cannot_begin_says_why(tmp_path, monkeypatch):
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


def _folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path
