import contextlib
import dataclasses
import json
import shutil
from types import SimpleNamespace

import pytest
from helpers import FakeModel

from kerasnlp_tutorial import files, runs
from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.errors import InputError


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def train(config, content="new"):
    with runs.Run.begin("ch04", config) as run:
        return run.finish(FakeModel(content), ("a", "b"), {"accuracy": 0.5})


def learn_something(run):
    state = run.checkpoints / "step-000000001"
    state.mkdir(parents=True)
    (state / runs.STATE_FILE).write_text("{}")


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
        assert runs.is_resumable("out")
        run.finish(FakeModel(), ("a", "b"), {})
    assert not runs.Path("out.partial").exists()


def killed(config, learnt=False):
    """Leave what a training leaves that was killed before or after its first state."""
    kept = runs.Path("kept")
    with contextlib.suppress(OSError), runs.Run.begin("ch04", config) as run:
        if learnt:
            learn_something(run)
        shutil.copytree(run.partial, kept)
        raise OSError("killed")
    shutil.rmtree(run.partial, ignore_errors=True)
    kept.rename(run.partial)


def test_a_training_killed_before_its_first_state_begins_anew(caplog):
    caplog.set_level("INFO")
    killed(TrainingConfig(output="out", seed=3))
    with pytest.raises(InputError, match="add --resume to continue it or --overwrite"):
        train(TrainingConfig(output="out"))
    caplog.clear()
    with runs.Run.begin("ch04", TrainingConfig(output="out", resume=True)) as run:
        assert run.config.seed == 3
        run.finish(FakeModel(), ("a", "b"), {})
    assert caplog.messages == ["out.partial has no checkpoint: starting again"]
    killed(TrainingConfig(output="new"), learnt=True)
    caplog.clear()
    train(TrainingConfig(output="new", resume=True))
    assert caplog.messages == []


@pytest.mark.parametrize(
    "content", [None, "", "{", "[]", '{"batch_size": 0}', '{"x": 1}']
)
def test_settings_that_are_lost(content):
    killed(TrainingConfig(output="out"), learnt=True)
    path = runs.Path("out.partial/config.json")
    path.unlink()
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match="config.json.*--overwrite"):
        train(TrainingConfig(output="out", resume=True))
    if content is None:  # a plain run says the same
        with pytest.raises(InputError, match="cannot be resumed; --overwrite replaces"):
            train(TrainingConfig(output="out"))
    train(TrainingConfig(output="out", overwrite=True))
    assert not runs.Path("out.partial").exists()


def test_what_is_begun_has_its_settings_from_the_first_moment_on(monkeypatch):
    original, seen = runs.write_json, []

    def look(path, value):
        seen.append(runs.Path("out.partial").exists())
        original(path, value)

    monkeypatch.setattr(runs, "write_json", look)
    train(TrainingConfig(output="out"))
    assert seen == [False, True]  # config.json, training.json


def test_what_blocks_inside_a_training_is_not_another_training():
    with (
        pytest.raises(BlockingIOError),
        runs.Run.begin("ch04", TrainingConfig(output="out")),
    ):
        raise BlockingIOError("standard output is full")


def test_a_disk_too_full_for_the_model_keeps_what_was_learnt(monkeypatch):
    usage = SimpleNamespace(free=1000)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage)
    model = FakeModel()
    model.get_weights = lambda: [SimpleNamespace(nbytes=501)]
    with (
        pytest.raises(InputError, match="cannot write out: No space left"),
        runs.Run.begin("ch04", TrainingConfig(output="out")) as run,
    ):
        learn_something(run)
        run.finish(model, ("a", "b"), {})
    assert runs.is_resumable("out")
    usage.free = 1002
    with runs.Run.begin("ch04", TrainingConfig(output="out", resume=True)) as run:
        run.finish(model, ("a", "b"), {})
    assert runs.Path("out/model").is_file()


def test_trainings_at_the_same_time_get_numbers_of_their_own():
    with contextlib.ExitStack() as stack:
        begun = [
            stack.enter_context(runs.Run.begin("ch04", TrainingConfig()))
            for _ in range(3)
        ]
        assert [run.output.name for run in begun] == ["ch04-1", "ch04-2", "ch04-3"]


def test_a_number_that_is_locked_but_not_yet_claimed_is_taken():
    runs.RUNS.mkdir()
    with (
        files.locked(runs.RUNS / "ch04-1.lock"),
        runs.Run.begin("ch04", TrainingConfig()) as run,
    ):
        assert run.output.name == "ch04-2"


def test_what_a_kill_after_the_end_has_left_is_removed():
    left = runs.Path(".out.partial.part/checkpoints")
    left.mkdir(parents=True)
    train(TrainingConfig(output="out"))
    assert [path.name for path in runs.Path().iterdir()] == ["out"]


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
        ("{", "is damaged"),
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
    rows = [{"epoch": i, "val_accuracy": score} for i, score in enumerate((0.5, 0.75))]
    for count in (1, 2):
        runs.write_history(tmp_path, rows[:count])
    assert json.loads(json.dumps(runs.read_history(tmp_path))) == {
        "epoch": [0, 1],
        "val_accuracy": [0.5, 0.75],
    }
