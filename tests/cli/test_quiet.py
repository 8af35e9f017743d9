"""A first run shows the lines of this program, and none of TensorFlow's C++ code."""

import os
import subprocess
import sys

import pytest

from kerasnlp_tutorial.cli.quiet import without_native_messages


def run(code, *arguments, **variables):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TF_")}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment | variables,
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.slow
def test_a_first_run_writes_no_native_messages(tmp_path):
    settings = ["num_layers=1", "num_heads=2", "hidden_dim=32", "intermediate_dim=64"]
    settings += ["vocabulary_size=500", "max_train_examples=60", "epochs=1"]
    settings += [f"output={tmp_path / 'model'}", "backbone=scratch"]
    arguments = ["train", "ch04", *(w for s in settings for w in ("--set", s))]
    code = "import sys; from kerasnlp_tutorial import cli; cli.main(sys.argv[1:])"
    result = run(code, *arguments)
    lines = (result.stdout + result.stderr).splitlines()
    words = ("cuda", "onednn", "absl", "rebuild tensorflow", "i0000", "e0000", "w0000")
    assert [s for s in lines if any(word in s.lower() for word in words)] == []
    assert not any("Warning" in line for line in lines), lines
    assert "this model" in result.stdout and "\nnext: " in result.stdout


def test_tensorflow_is_quiet_only_if_the_user_has_not_asked_for_its_messages():
    code = (
        "import os, sys\n"
        "from kerasnlp_tutorial.cli import around_import, quiet\n"
        "quiet.hide_native_messages()\n"
        "kind = around_import.AroundImport\n"
        "finders = [x for x in sys.meta_path if isinstance(x, kind)]\n"
        "print(os.environ['TF_CPP_MIN_LOG_LEVEL'], len(finders))"
    )
    assert run(code).stdout.split() == ["3", "1"]
    assert run(code, TF_CPP_MIN_LOG_LEVEL="0").stdout.split() == ["0", "0"]


def test_only_native_messages_inside_the_block_are_hidden(capfd):
    with without_native_messages():
        os.write(2, b"hidden\n")
    os.write(2, b"shown\n")
    assert capfd.readouterr().err == "shown\n"


def test_a_failure_shows_what_was_hidden(capfd):
    with pytest.raises(ImportError), without_native_messages():
        os.write(2, b"libcudart is missing\n")
        raise ImportError
    assert capfd.readouterr().err == "libcudart is missing\n"
