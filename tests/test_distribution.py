import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf
from helpers import printed_by

from kerasnlp_tutorial import distribution, runs
from kerasnlp_tutorial.cli import main
from kerasnlp_tutorial.errors import InputError

TEXTS = [f"{a} {b} {c}" for a in "가나다라" for b in "마바사아" for c in "자차카타파하"]
TINY = {
    "steps": 20,
    "measure_every": 5,
    "batch_size": 8,
    "sequence_length": 16,
    "vocabulary_size": 300,
    "num_layers": 1,
    "precision": "float32",
}


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(TEXTS * 24), encoding="utf-8")
    return path


def command(texts, output, *more, **changes):
    words = ["pretrain", "bert", "--output", str(output), *more]
    if "--resume" not in more:
        words += ["--text", str(texts), *_settings(TINY | changes)]
    return [sys.executable, "-m", "kerasnlp_tutorial.cli", *words]


def _settings(settings):
    return [w for name, value in settings.items() for w in ("--set", f"{name}={value}")]


def start(words, backend="jax"):
    environment = os.environ | {"KERAS_BACKEND": backend}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)  # of the tests: nothing is hidden
    return subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def run(words, backend="jax"):
    process = start(words, backend)
    output, errors = process.communicate(timeout=400)
    assert process.returncode == 0, errors
    return output, errors


def connected(processes=2):
    """The options of each of the processes."""
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    together = ["--coordinator", address, "--processes", str(processes)]
    return [[*together, "--process", str(number)] for number in range(processes)]


def curve(path):
    history = runs.describe(path)["history"]
    return {name: history[name] for name in ("step", "loss", "val_loss")}


def assert_same_curve(path, expected):
    found = curve(path)
    assert found["step"] == expected["step"] == [5, 10, 15, 20]
    for name in ("loss", "val_loss"):
        np.testing.assert_allclose(found[name], expected[name], atol=1e-5)


# === What is asked for ===


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--devices", "0"], "devices must be at least 1; received 0"),
        (["--processes", "2"], "need the coordinator's HOST:PORT"),
        (["--process", "0"], "need the coordinator's HOST:PORT"),
    ],
)
def test_what_cannot_be_is_said(options, message, capsys):
    assert main(["train", "ch04", *options]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("backend", "arguments", "message"),
    [
        ("tensorflow", {"coordinator": "h:1"}, "a coordinator needs KERAS_BACKEND=jax"),
        ("torch", {"devices": 2}, "devices must be 1 with backend 'torch'"),
        ("jax", {"coordinator": "h"}, "must be HOST:PORT or auto; received 'h'"),
        ("jax", {"coordinator": "h:p"}, "must be HOST:PORT or auto; received 'h:p'"),
        ("jax", {"coordinator": "h:1"}, "process from 0 and below processes"),
        (
            "jax",
            {"coordinator": "h:1", "processes": 2, "process": 2},
            "received 2 and 2",
        ),
        ("jax", {"coordinator": "h:1", "devices": 2}, "all are used"),
    ],
)
def test_a_backend_says_what_it_cannot_do(backend, arguments, message, monkeypatch):
    monkeypatch.setattr(distribution, "_backend", lambda: backend)
    with (
        pytest.raises(InputError, match=message),
        distribution.distributed(**arguments),
    ):
        pass


def test_one_device_is_the_usual_training():
    with distribution.distributed(devices=1):
        assert distribution.device_count() == 1
        assert distribution.is_first_process()
        assert distribution.agreed({"a": 1}) == {"a": 1}
    dataset = tf.data.Dataset.range(3)
    assert distribution.share(dataset) is dataset


@pytest.fixture
def second_of_two(monkeypatch):
    here = distribution._Devices(count=4, process=1, processes=2)
    monkeypatch.setattr(distribution, "_devices", here)


def test_a_process_gets_its_rows(second_of_two):
    assert range(8)[distribution.own_rows(8)] == range(4, 8)
    dataset = tf.data.Dataset.from_tensor_slices(({"a": range(16)}, range(16))).batch(8)
    dataset.order = "kept"
    shared = distribution.share(dataset)
    assert [y.numpy().tolist() for _, y in shared] == [[4, 5, 6, 7], [12, 13, 14, 15]]
    assert next(x["a"].numpy().tolist() for x, _ in shared) == [4, 5, 6, 7]
    assert shared.order == "kept"


def test_a_batch_that_cannot_be_divided_is_refused(second_of_two):
    distribution.check_batch_size(8)
    with pytest.raises(InputError, match="a multiple of 4, .* devices; received 6"):
        distribution.check_batch_size(6)


def test_only_the_first_process_writes(second_of_two, tmp_path):
    runs.write_history(tmp_path, [{"loss": 1.0}])
    runs.write_progress(tmp_path, 0.5, 3.0)
    assert list(tmp_path.iterdir()) == []


# === On several devices ===


@pytest.mark.slow
def test_two_devices_of_tensorflow_learn_the_same(texts, tmp_path):
    for name, devices in (("one", "1"), ("two", "2")):
        words = command(texts, tmp_path / name, "--devices", devices)
        run(words, "tensorflow")
    assert_same_curve(tmp_path / "two", curve(tmp_path / "one"))


@pytest.mark.slow
def test_devices_and_processes_learn_the_same(texts, tmp_path):
    """The curve is that of one device; a process starts again with another number."""
    pytest.importorskip("jax")
    run(command(texts, tmp_path / "one"))
    expected = curve(tmp_path / "one")
    run(command(texts, tmp_path / "devices", "--devices", "2"))
    assert_same_curve(tmp_path / "devices", expected)

    both = [start(command(texts, tmp_path / "two", *o)) for o in connected()]
    said = [process.communicate(timeout=400) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert_same_curve(tmp_path / "two", expected)
    assert "saved to" in said[0][0] and "step 20, held out" in said[0][1]
    assert said[1] == ("", "")  # one log
    whole, of_two = (sorted(os.listdir(tmp_path / name)) for name in ("one", "two"))
    assert whole == of_two
    assert not list(tmp_path.glob("*.partial"))

    # The folder is there: one message, and no process waits for another.
    both = [start(command(texts, tmp_path / "two", *o)) for o in connected()]
    said = [process.communicate(timeout=100) for process in both]
    assert [process.returncode for process in both] == [2, 2]
    assert "exists; add --overwrite" in said[0][1] and said[1] == ("", "")


def start_until(step, texts, output, **changes):
    """Start two processes and return them when there is a state of that step."""
    changes |= {"checkpoint_minutes": 1e-6}
    both = [start(command(texts, output, *o, **changes)) for o in connected()]
    states = f"{output.name}.partial/checkpoints/step-*/state.json"
    while not any(_step(path) >= step for path in output.parent.glob(states)):
        assert all(process.poll() is None for process in both)
        time.sleep(0.02)
    return both


def _step(path):
    try:
        return json.loads(path.read_text())["step"]
    except (OSError, ValueError):  # it is replaced by the next one
        return -1


@pytest.mark.slow
@pytest.mark.parametrize("killed", [0, 1])
def test_a_lost_process_ends_the_others(texts, tmp_path, killed):
    pytest.importorskip("jax")
    both = start_until(5, texts, tmp_path / "broken", steps=100_000)
    both[killed].send_signal(signal.SIGKILL)
    lost = time.monotonic()
    _, errors = both[1 - killed].communicate(timeout=100)
    assert time.monotonic() - lost < 60
    assert both[1 - killed].returncode == 1
    (message,) = [line for line in errors.splitlines() if "error" in line]
    assert "another process of this training has ended" in message
    assert "Traceback" not in errors


@pytest.mark.slow
@pytest.mark.parametrize("then", [1, 2])
def test_a_training_goes_on_with_any_number_of_processes(texts, tmp_path, then):
    pytest.importorskip("jax")
    run(command(texts, tmp_path / "whole"))
    output = tmp_path / "broken"
    both = start_until(1, texts, output)
    for process in both:
        process.kill()
        process.communicate()
    assert not output.exists()
    options = connected() if then == 2 else [[]]
    again = [start(command(texts, output, "--resume", *o)) for o in options]
    said = [process.communicate(timeout=400) for process in again]
    assert [process.returncode for process in again] == [0] * then, said
    assert_same_curve(output, curve(tmp_path / "whole"))


@pytest.mark.slow
@pytest.mark.parametrize("examples", [70, 71])
def test_chapters_train_on_two_devices_of_tensorflow(tmp_path, examples):
    """Also where neither training nor validation examples can be divided."""
    code = f"""
from kerasnlp_tutorial import distribution, registry, trained
FOLDER = {str(tmp_path)!r}
with distribution.distributed(devices=2):
    for name in ("ch04", "ch06", "ch07"):
        chapter = registry.find(name).load_task()
        chapter.train(chapter.Config.quick(
            output=f"{{FOLDER}}/{{name}}", max_train_examples={examples}
        ))
for name in ("ch04", "ch06", "ch07"):
    chapter = registry.find(name).load_task()
    opened = trained.load_trained(f"{{FOLDER}}/{{name}}")
    examples = chapter.read_examples(opened.config, "test", opened.labels)
    again, score = chapter.evaluate(opened, examples), chapter.METRICS[0]
    assert abs(again[score] - opened.metrics[score]) < 0.005, (name, again)
"""
    printed_by(code, KERAS_BACKEND="tensorflow")


@pytest.mark.slow
def test_processes_that_were_told_different_things_do_not_train(texts, tmp_path):
    pytest.importorskip("jax")
    first, second = (
        start(command(texts, tmp_path / "two", *options, learning_rate=rate))
        for options, rate in zip(connected(), ("0.001", "0.1"), strict=True)
    )
    said = [process.communicate(timeout=100)[1] for process in (first, second)]
    assert [first.returncode, second.returncode] == [1, 2], said
    assert "learning_rate must be the same in all processes; received 0.1" in said[1]
    assert "another process of this training has ended" in said[0]


@pytest.mark.slow
def test_two_first_processes_are_refused(texts, tmp_path):
    pytest.importorskip("jax")
    options, _ = connected()
    both = [start(command(texts, tmp_path / "two", *options)) for _ in range(2)]
    while all(process.poll() is None for process in both):
        time.sleep(0.1)
    (refused,) = [process for process in both if process.poll() is not None]
    _, errors = refused.communicate()
    assert refused.returncode in (1, 2)
    assert "cannot be connected" in errors
    for process in both:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_a_chapter_trains_the_same_on_two_devices(tmp_path):
    pytest.importorskip("jax")
    code = f"""
import keras
from kerasnlp_tutorial import distribution, runs
from kerasnlp_tutorial.chapters import ch06_named_entity_recognition as ch06
def curve(name):
    name = f"{tmp_path}/{{name}}"
    ch06.train(ch06.Config.quick(output=name, epochs=2, max_train_examples=64))
    history = runs.describe(name)["history"]
    return [history[key] for key in ("loss", "val_loss", "val_f1")]
import jax
jax.config.update("jax_num_cpu_devices", 2)
one = curve("one")
with distribution.distributed(devices=2):
    two = curve("two")
print(max(abs(a - b) for x, y in zip(one, two) for a, b in zip(x, y)))
assert keras.distribution.distribution() is None
"""
    printed = printed_by(code, KERAS_BACKEND="jax")
    assert float(printed[-1]) < 1e-5


def test_the_module_imports_no_backend():
    code = "import sys; from kerasnlp_tutorial import distribution;"
    code += "print([n for n in ('jax', 'keras', 'tensorflow') if n in sys.modules])"
    assert printed_by(code) == ["[]"]
