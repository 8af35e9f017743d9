"""What becomes of a training that is killed or interrupted."""

import json
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from kerasnlp_tutorial import runs

pytestmark = pytest.mark.slow

TRAIN = [sys.executable, "-m", "kerasnlp_tutorial.cli", "train", "ch04", "--json"]
SETTINGS = [
    "num_layers=1",
    "num_heads=2",
    "backbone=scratch",
    "hidden_dim=64",
    "intermediate_dim=128",
    "epochs=60",
]
OPTIONS = [word for setting in SETTINGS for word in ("--set", setting)]


def start_and_learn(folder):
    """Start a long training and return it once two epochs are over."""
    process = subprocess.Popen(
        [*TRAIN, "--output", "out", *OPTIONS],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        # A shell's background jobs, which tests may be, have Ctrl-C switched off.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler),
    )
    checkpoints = folder / "out.partial/checkpoints"
    deadline = time.monotonic() + 240
    while len(runs.read_history(checkpoints)["epoch"]) < 2:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    return process


def test_a_killed_training_goes_on_where_it_was(tmp_path):
    process = start_and_learn(tmp_path)
    process.kill()
    process.wait()
    assert not (tmp_path / "out").exists()
    known = runs.read_history(tmp_path / "out.partial/checkpoints")["val_loss"]
    again = subprocess.run(
        [*TRAIN, "--output", "out"], cwd=tmp_path, capture_output=True, text=True
    )
    assert again.returncode == 2 and "add --resume" in again.stderr
    resumed = subprocess.run(
        [*TRAIN, "--output", "out", "--resume"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert resumed.returncode == 0, resumed.stderr
    history = runs.describe(tmp_path / "out")["history"]
    assert history["epoch"] == list(range(60))
    assert history["val_loss"][: len(known)] == known
    assert not (tmp_path / "out.partial").exists()


TINY = {
    "ch04": ["epochs=12", "max_train_examples=200"],
    "ch06": ["epochs=4", "max_train_examples=60"],
    "ch07": ["epochs=4", "max_train_examples=60"],
    "ch08": ["epochs=4", "max_train_examples=60", "judged=0", "contrast=0.2"],
}
SMALL = ["backbone=scratch", "num_layers=1", "num_heads=2", "hidden_dim=32"]
SMALL += ["intermediate_dim=64", "vocabulary_size=3000"]


LORA = ["method=lora", "epochs=6", "max_train_examples=100", "sequence_length=32"]


def train(chapter, folder, *options, settings=None):
    """Start a training of seconds into `out`."""
    command = [sys.executable, "-m", "kerasnlp_tutorial.cli", "train", chapter]
    command += ["--output", "out", *options]
    if "--resume" not in options:
        settings = settings or [*SMALL, *TINY[chapter]]
        command += [word for setting in settings for word in ("--set", setting)]
    folder.mkdir(exist_ok=True)
    return subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process):
    """Wait for a training; return its messages."""
    _, messages = process.communicate(timeout=600)
    assert process.returncode == 0, messages
    return messages


def learnt(folder):
    """Return what is to be equal of two trainings."""
    training = runs.describe(folder / "out")
    scores = {k: v for k, v in training["metrics"].items() if k != "seconds"}
    return training["history"], scores


def kill_after(process, folder, states, pause):
    """Kill a training some time after it has written so many states."""
    checkpoints = folder / "out.partial/checkpoints"
    deadline = time.monotonic() + 300

    def newest():
        paths = checkpoints.glob(f"step-*/{runs.STATE_FILE}")
        return max((int(path.parent.name[5:]) for path in paths), default=0)

    while not checkpoints.is_dir() or newest() < states:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.002)
    time.sleep(pause)
    process.kill()
    process.communicate()


@pytest.mark.parametrize(
    ("chapter", "settings"), [*((name, None) for name in TINY), ("ch04", LORA)]
)
def test_a_killed_training_equals_an_uninterrupted_one(chapter, settings, tmp_path):
    finished(train(chapter, tmp_path / "whole", settings=settings))
    expected = learnt(tmp_path / "whole")
    killed = tmp_path / "killed"
    kill_after(train(chapter, killed, settings=settings), killed, 2, 0.01)
    assert "resuming after epoch" in finished(train(chapter, killed, "--resume"))
    assert learnt(killed) == expected


def test_kills_at_random_moments(tmp_path):
    script = Path(__file__).parent / "kill_often.py"
    command = [sys.executable, script, tmp_path, "4"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("resumed equal: True") == 4


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 12 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("room", [60_000, 1_000_000])
def test_a_full_disk_loses_nothing(room, small_disk, tmp_path):
    finished(train("ch04", tmp_path / "whole"))
    process = train("ch04", small_disk)
    checkpoints = small_disk / "out.partial/checkpoints"
    while not any(checkpoints.glob(f"step-*/{runs.STATE_FILE}")):
        assert process.poll() is None
        time.sleep(0.002)
    filler = small_disk / "filler"
    filler.write_bytes(bytes(max(shutil.disk_usage(small_disk).free - room, 0)))
    _, messages = process.communicate(timeout=300)
    assert process.returncode == 2, messages
    assert "No space left" in messages and "continue with --resume" in messages
    filler.unlink()
    assert "resuming after epoch" in finished(train("ch04", small_disk, "--resume"))
    assert learnt(small_disk) == learnt(tmp_path / "whole")


def test_a_killed_pretraining_goes_on_as_if_uninterrupted(tmp_path):
    text = "배우들 연기가 살아 있네요\n두 시간이 이렇게 길 줄이야\n" * 900
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "kerasnlp_tutorial.cli", "pretrain", "bert"]
    settings = ["steps=60", "measure_every=10", "checkpoint_minutes=0.01"]
    settings += ["vocabulary_size=300", "sequence_length=32", "batch_size=8"]
    settings += ["precision=float32", "held_out=0.2"]
    options = ["--text", "text.txt", *(w for s in settings for w in ("--set", s))]
    run = partial(subprocess.run, cwd=tmp_path, check=True)
    run([*command, *options, "--output", "whole"])
    process = subprocess.Popen([*command, *options, "--output", "out"], cwd=tmp_path)
    deadline = time.monotonic() + 240
    while not [*tmp_path.glob("out.partial/checkpoints/step-*/state.json")]:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert not (tmp_path / "out").exists()
    run([*command, "--resume", "--output", "out"])
    whole, out = (
        runs.describe(tmp_path / name)["history"] for name in ("whole", "out")
    )
    assert whole["step"] == out["step"] == [10, 20, 30, 40, 50, 60]
    assert out["val_loss"] == pytest.approx(whole["val_loss"], abs=1e-4)


def test_ctrl_c_ends_with_the_best_model_so_far(tmp_path):
    process = start_and_learn(tmp_path)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    report = json.loads(output.splitlines()[-1])
    training = runs.describe(tmp_path / "out")
    assert report["accuracy"] == training["metrics"]["accuracy"]
    assert 2 <= len(training["history"]["epoch"]) < 60
