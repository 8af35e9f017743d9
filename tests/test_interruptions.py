"""What becomes of a training that is killed or interrupted."""

import json
import signal
import subprocess
import sys
import time
from functools import partial

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
    # Killed between the record of an epoch and its backup, that epoch is repeated.
    assert sorted(set(history["epoch"])) == list(range(60))
    assert len(history["epoch"]) <= 61
    assert history["val_loss"][: len(known)] == known
    assert not (tmp_path / "out.partial").exists()


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
