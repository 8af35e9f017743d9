"""From a mistake to an exit code: the user's, ours, and the disk's."""

import io
import json
import os
import subprocess
import sys

import pytest

from kerasnlp_tutorial import cli, runs
from kerasnlp_tutorial.cli import commands
from kerasnlp_tutorial.errors import InputError


def fail_with(error):
    def command(options):
        raise error

    return command


@pytest.fixture
def broken(monkeypatch):
    """A function that makes `chapters` raise."""
    return lambda error: monkeypatch.setattr(commands, "chapters", fail_with(error))


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(2, "No such file", "our.json"),
        PermissionError(13, "Permission denied"),
        ConnectionError("refused"),
        OSError(28, "No space left on device"),
        IsADirectoryError(21, "Is a directory"),
        KeyError("ours"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_our_mistakes_look_like_ours(broken, error):
    broken(error)
    with pytest.raises(type(error)):
        cli.main(["chapters"])


def test_a_users_mistake_is_one_line(broken, capsys, monkeypatch):
    monkeypatch.delenv("KERASNLP_TUTORIAL_DEBUG", raising=False)
    broken(InputError("too few"))
    assert cli.main(["chapters"]) == 2
    assert capsys.readouterr().err == "kerasnlp-tutorial: error: too few\n"


@pytest.mark.parametrize(("value", "shown"), [("1", True), ("0", False), ("", False)])
def test_debugging_shows_where_it_came_from(monkeypatch, capsys, value, shown):
    def command(options):
        try:
            {}["hidden"]
        except KeyError:
            raise InputError("too few") from None

    monkeypatch.setenv("KERASNLP_TUTORIAL_DEBUG", value)
    monkeypatch.setattr(commands, "chapters", command)
    assert cli.main(["chapters"]) == 2
    error = capsys.readouterr().err
    assert ("Traceback" in error and "KeyError: 'hidden'" in error) == shown
    assert error.endswith("kerasnlp-tutorial: error: too few\n")


@pytest.mark.parametrize("encoding", ["ascii", "cp949", "latin-1"])
def test_what_an_encoding_lacks_is_replaced_and_not_lost(monkeypatch, encoding):
    answer = {"text": "좋다 😀 é", "label": "긍정", "probabilities": {"긍정": 0.75}}

    def command(options):
        commands._print_answer(answer, answer["text"], True)
        commands._print_answer(answer, answer["text"], False)

    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    monkeypatch.setattr(commands, "chapters", command)
    assert cli.main(["chapters"]) == 0
    as_json, line = raw.getvalue().decode(encoding).splitlines()
    assert json.loads(as_json) == answer
    assert line.endswith("\\xe9" if encoding != "latin-1" else "é")
    assert "\\U0001f600" in line


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_below_standard_output(unbuffered):
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "kerasnlp_tutorial.cli", "chapters"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
    assert done.returncode == 2
    assert done.stderr == (
        "kerasnlp-tutorial: error: cannot write standard output: No space left on "
        "device\n"
    )


def test_a_reader_that_has_seen_enough():
    process = subprocess.Popen(
        [sys.executable, "-m", "kerasnlp_tutorial.cli", "chapters"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    assert process.wait() == 0 and process.stderr.read() == b""
    process.stderr.close()


BROKEN = b"\xb0\xa1".decode("utf-8", "surrogateescape")  # CP949


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "ch04", "--output", BROKEN], "--output must be UTF-8; received b'"),
        (["train", "ch04", "--set", f"text_column={BROKEN}"], "--set must be UTF-8"),
        (["predict", BROKEN, "글"], "DIR must be UTF-8"),
        (["generate", "x", "--prompt", "글", "--seed", "-1"], "seed must be 0 to"),
        (["generate", "x", "--prompt", "글", "--n", "99999"], "at most 1000"),
        (["classify-in-context", "x", "글", "--labels", "=가,=나"], "LABEL=WORD"),
        (["classify-in-context", "x", "글", "--labels", "가=나"], "at least two labels"),
        (
            ["classify-in-context", "x", "글", "--labels", "가=나,다=라", "--template", "{text}"],
            "template must have one {text} and end in {label}; received '{text}'",
        ),
        (
            ["tokenizer", "train", "--kind", "bpe", "--text", "t", "--output", "v", "--size", "99999999999"],
            "--size must be at most 1000000",
        ),
        (["predict", "x" * 400, "글"], "File name too long"),
        (["export", "x" * 400, "--output", "o"], "no preset 'xxx"),
    ],
)  # fmt: skip
def test_one_message_and_exit_code_2(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error
    assert not list(tmp_path.iterdir())


def test_mistakes_in_words_need_no_keras():
    for words in (
        ["predict", "nowhere", "글"],
        [
            "classify-in-context",
            "x",
            "글",
            "--labels",
            "가=나,다=라",
            "--template",
            "x",
        ],
    ):
        code = (
            f"import sys; from kerasnlp_tutorial import cli; cli.main({words})\n"
            "print('keras' in sys.modules, 'tensorflow' in sys.modules)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True
        )
        assert done.stdout.strip() == "False False", done.stderr


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: [], "must hold a JSON object; received"),
        (lambda t: t | {"chapter": None}, "'chapter' must be a str; received None"),
        (lambda t: {k: t[k] for k in t if k != "labels"}, "'labels' must be a list"),
        (lambda t: t | {"labels": ["a", "a"]}, "'labels' must be different strings"),
        (lambda t: t | {"labels": [1]}, "'labels' must be different strings"),
        (lambda t: t | {"chapter": "ch77"}, "m/training.json: there is no chapter"),
        (lambda t: t | {"chapter": "ch02"}, "ch02 has nothing to train"),
        (lambda t: t | {"chapter": "pretrain-bert"}, "is not fine-tuned yet"),
    ],
)
def test_a_training_file_of_another_kind(
    change, message, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    training = {"chapter": "ch04", "labels": ["a", "b"], "metrics": {}, "config": {}}
    (tmp_path / "m").mkdir()
    path = tmp_path / "m" / runs.TRAINING_FILE
    path.write_text(json.dumps(change(training)))
    for command in (["predict", "m", "글"], ["evaluate", "m"]):
        assert cli.main(command) == 2
        assert message in capsys.readouterr().err


@pytest.mark.parametrize("name", ["train_file", "test_file", "data_dir"])
def test_a_test_set_that_has_gone_is_named_before_the_model_is_opened(
    name, capsys, tmp_path
):

    config = {"train_file": None} | {name: str(tmp_path / "gone")}
    training = {"chapter": "ch04", "labels": ["a", "b"], "metrics": {}}
    path = tmp_path / runs.TRAINING_FILE
    path.write_text(json.dumps(training | {"config": config}))
    assert cli.main(["evaluate", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert f"{path} has {name} {tmp_path / 'gone'}, which does not exist" in error
    for changes, message in (
        ({"new_setting": 1}, "does not know: new_setting; it was written by version"),
        ({"batch_size": "x"}, "training.json: batch_size must be a whole number"),
        ({"method": ["full"]}, "training.json: method must be a text"),
    ):
        path.write_text(json.dumps(training | {"config": changes}))
        assert cli.main(["evaluate", str(tmp_path)]) == 2
        assert message in capsys.readouterr().err
