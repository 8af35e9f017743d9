import argparse
import dataclasses
import tomllib

import pytest
from helpers import FakeModel

from kerasnlp_tutorial import registry, runs, settings
from kerasnlp_tutorial.cli import main, options
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.pretraining import PretrainingConfig
from kerasnlp_tutorial.settings import parse_fields

TASKS = [chapter.name for chapter in registry.CHAPTERS if chapter.has_task]


@pytest.mark.parametrize("name", TASKS)
def test_what_the_source_says_is_what_the_class_has(name):
    found = options.chapter_settings(name)
    fields = dataclasses.fields(registry.find(name).load_task().Config)
    assert {s.name for s in found} == {field.name for field in fields}
    for setting in found:
        default = next(field.default for field in fields if field.name == setting.name)
        assert eval(setting.default) == default, setting
        assert setting.help.endswith("."), setting


def test_pretraining_has_settings_too():
    found = options.package_settings("pretraining/config.py", "PretrainingConfig")
    fields = dataclasses.fields(PretrainingConfig)
    assert {s.name for s in found} == {field.name for field in fields}


def test_a_chapter_without_a_task_has_none():
    with pytest.raises(InputError, match="ch01 has nothing to train"):
        options.chapter_settings("ch01")


def test_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", help="our own")
    options.add_settings(parser, options.chapter_settings("ch07"))
    words = "--learning-rate 1e-4 --no-mark-matches --epochs 3 --half-precision"
    assert vars(parser.parse_args(words.split())) == {
        "learning_rate": "1e-4",
        "mark_matches": False,
        "epochs": "3",
        "half_precision": True,
    }
    text = parser.format_help()
    assert "--epochs EPOCHS" in text and "our own" in text
    assert "--max-answer-length INT" in text
    assert "Maximum number of tokens of an answer. (default: 10)" in " ".join(
        text.split()
    )


def test_a_file_repeats_what_it_was_written_from(tmp_path):
    Config = registry.find("ch04").load_task().Config
    config = Config(
        train_file='C:\\글 "a".tsv', learning_rate=1e-4, half_precision=True, epochs=3
    )
    path = tmp_path / "settings.toml"
    settings.write_settings_file(path, dataclasses.asdict(config))
    assert "output" not in tomllib.loads(path.read_text(encoding="utf-8"))
    again = Config(**parse_fields(Config, settings.read_settings_file(path)))
    assert again == config


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epochs = \n", "settings.toml is not TOML: .*line 1"),
        ("epochs = [3]", r"settings.toml: epochs must be .*; received \[3\]"),
        ("[model]\nepochs = 3", "settings.toml: model must be"),
        ("when = 2026-01-01", "settings.toml: when must be"),
    ],
)
def test_what_is_no_settings_file(tmp_path, text, message):
    path = tmp_path / "settings.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        settings.read_settings_file(path)


def test_a_run_is_repeated_from_the_file_that_it_wrote(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    received = []
    ch04 = registry.find("ch04").load_task()

    def train(config):
        received.append(config)
        with runs.Run.begin("ch04", config) as run:
            return run.finish(FakeModel(), ("a", "b"), {"accuracy": 0.5})

    monkeypatch.setattr(ch04, "train", train)
    words = "train ch04 --learning-rate 1e-4 --half-precision --set epochs=2"
    assert main(words.split()) == 0
    again = "train ch04 --config runs/ch04-1/settings.toml"
    assert main(again.split()) == 0
    assert main([*again.split(), "--epochs", "5", "--no-half-precision"]) == 0
    first, second, third = received
    assert (first.learning_rate, first.half_precision, first.epochs) == (1e-4, True, 2)
    assert second == first
    assert third == dataclasses.replace(first, epochs=5, half_precision=False)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("train ch04 --epochs 2 --set epochs=3", "epochs is given twice: '2' and '3'"),
        ("train ch04 --epochs two", "epochs must be of type int; received 'two'"),
        ("train ch04 --config none.toml", "none.toml does not exist"),
        (
            "train ch04 --resume --output o --config none.toml",
            "--resume goes on with the settings it began with; leave out: config",
        ),
    ],
)
def test_mistakes(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(words.split()) == 2
    assert message in capsys.readouterr().err


def test_an_option_of_another_chapter(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["train", "ch06", "--method", "lora"])
    assert "unrecognized arguments: --method lora" in capsys.readouterr().err
