import dataclasses
import json

import pytest

from kerasnlp_tutorial import runs
from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.errors import InputError


class FakeModel:
    """Stands in for a Task: saving it writes a file."""

    optimizer = "adamw"

    def __init__(self, content="new"):
        self.content = content

    def save_to_preset(self, folder):
        assert self.optimizer is None  # its state is not saved
        path = runs.Path(folder)
        path.mkdir()
        (path / "model").write_text(self.content)


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def train(config, content="new"):
    with runs.Run.begin("ch04", config) as run:
        return run.finish(FakeModel(content), ("a", "b"), {"accuracy": 0.5})


def learn_something(run):
    (run.checkpoints / "best.weights.h5").write_text("weights")


def test_runs_are_numbered():
    paths = [str(train(TrainingConfig()).path) for _ in range(3)]
    assert paths == ["runs/ch04-1", "runs/ch04-2", "runs/ch04-3"]
    assert sorted(p.name for p in runs.RUNS.iterdir()) == ["ch04-1", "ch04-2", "ch04-3"]


def test_a_run_says_how_it_was_made():
    config = TrainingConfig(seed=3)
    training = runs.describe(train(config).path)
    assert training["config"] == dataclasses.asdict(config)
    assert training["labels"] == ["a", "b"]
    assert training["metrics"] == {"accuracy": 0.5}
    assert set(training["versions"]) >= {"kerasnlp-tutorial", "keras", "tensorflow"}


def test_an_existing_directory_is_left_alone_unless_told_otherwise():
    train(TrainingConfig(output="out"), "old")
    with pytest.raises(InputError, match="out exists; add --overwrite"):
        train(TrainingConfig(output="out"))
    assert (runs.Path("out") / "model").read_text() == "old"
    train(TrainingConfig(output="out", overwrite=True))
    assert (runs.Path("out") / "model").read_text() == "new"
    assert [path.name for path in runs.Path().iterdir()] == ["out"]


@pytest.mark.parametrize("output", ["mine", "."])
def test_overwrite_replaces_trainings_only(output):
    runs.Path("mine").mkdir()
    (runs.Path("mine") / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="was not written by a training"):
        train(TrainingConfig(output=output, overwrite=True))
    assert (runs.Path("mine") / "thesis.txt").exists()


def test_a_failing_overwrite_keeps_the_old_one():
    train(TrainingConfig(output="out"), "old")
    with (
        pytest.raises(OSError),
        runs.Run.begin("ch04", TrainingConfig(output="out", overwrite=True)) as run,
    ):
        learn_something(run)
        raise OSError("disk full")
    assert (runs.Path("out") / "model").read_text() == "old"


def test_a_run_that_learnt_nothing_leaves_nothing():
    with pytest.raises(InputError), runs.Run.begin("ch04", TrainingConfig()):
        raise InputError("no such file")
    assert not runs.RUNS.exists()


def test_an_unfinished_run_is_resumed_with_its_own_settings():
    with (
        pytest.raises(OSError),
        runs.Run.begin("ch04", TrainingConfig(output="out", seed=3)) as run,
    ):
        learn_something(run)
        raise OSError("killed")
    with pytest.raises(
        InputError, match=r"out.partial holds an unfinished.*--resume.*--overwrite"
    ):
        train(TrainingConfig(output="out"))
    with pytest.raises(
        InputError, match="its training is unfinished: --resume --output out"
    ):
        runs.describe("out")
    resume = TrainingConfig(output="out", resume=True, max_minutes=5.0)
    with runs.Run.begin("ch04", resume) as run:
        assert (run.config.seed, run.config.max_minutes) == (3, 5.0)
        assert (run.checkpoints / "best.weights.h5").is_file()
        run.finish(FakeModel(), ("a", "b"), {})
    assert not runs.Path("out.partial").exists()


def test_two_trainings_into_one_directory():
    config = TrainingConfig(output="a/out")
    with runs.Run.begin("ch04", config) as run:
        learn_something(run)
        for changes in ({}, {"overwrite": True}, {"resume": True}):
            with pytest.raises(InputError, match="another process .* into a/out; wait"):
                train(dataclasses.replace(config, **changes))
        run.finish(FakeModel(), ("a", "b"), {})
    assert [path.name for path in runs.Path("a").iterdir()] == ["out"]
    with pytest.raises(InputError, match="--resume needs"):
        train(TrainingConfig(output="b/out", resume=True))
    assert not runs.Path("b").exists()


def test_there_must_be_something_to_resume():
    with pytest.raises(
        InputError, match="--resume needs the --output.*None.*none in runs/"
    ):
        train(TrainingConfig(resume=True))
    with pytest.raises(OSError), runs.Run.begin("ch04", TrainingConfig()) as run:
        learn_something(run)
        raise OSError("killed")
    with pytest.raises(InputError, match="received 'x', unfinished: runs/ch04-1"):
        train(TrainingConfig(resume=True, output="x"))
    assert str(train(TrainingConfig()).path) == "runs/ch04-2"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "nothing is not a trained model; .* has a training.json"),
        ("{", "is broken"),
    ],
)
def test_what_is_not_a_trained_model(content, message):
    if content:
        runs.Path("nothing").mkdir()
        (runs.Path("nothing") / "training.json").write_text(content)
    with pytest.raises(InputError, match=message):
        runs.describe("nothing")


def test_history_goes_over_several_sessions(tmp_path):
    assert runs.read_history(tmp_path)["val_accuracy"] == []
    (tmp_path / "history.csv").write_text("epoch,val_accuracy\n0,0.5\n1,0.75\n")
    assert json.loads(json.dumps(runs.read_history(tmp_path))) == {
        "epoch": [0, 1],
        "val_accuracy": [0.5, 0.75],
    }


def test_a_model_that_another_chapter_needs_is_trained_once(tmp_path, monkeypatch):
    trained, train_fake = [], train

    class Chapter:
        name, title = "ch04", "문서 분류"
        Config = TrainingConfig

        @staticmethod
        def load():
            return Chapter

        @staticmethod
        def train(config):
            trained.append(config)
            return train_fake(config)

    monkeypatch.setenv("KERASNLP_TUTORIAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(runs.registry, "find", lambda name: Chapter)
    monkeypatch.setattr(runs, "load", lambda path: path)
    path = runs.trained_once("ch04")
    assert path == runs.trained_once("ch04")
    assert path.is_relative_to(tmp_path / "cache") and len(trained) == 1
    assert runs.describe(path)["metrics"] == {"accuracy": 0.5}
