import errno
import itertools
import json
import shutil
import sys

import keras
import numpy as np
import pytest

from kerasnlp_tutorial import runs, training
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.training import states as states_module


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dropout(0.5)]
    )
    model.compile(training.adamw(0.1, 0.01), "mse")
    learn(model)
    return model


def learn(model):
    model.fit(np.ones((8, 3)), np.ones((8, 4)), verbose=0)


def variables_of(model):
    variables = [*model.variables, *model.optimizer.variables]
    return [keras.ops.convert_to_numpy(variable) for variable in variables]


def assert_equal(actual, expected):
    for one, other in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_state_holds_all_that_moves(model, tmp_path):
    saved = variables_of(model)
    assert any(array.dtype.kind in "iu" for array in saved)  # dropout's seed
    best = [np.arange(3.0), np.ones((2, 2), "float32")]
    training.States(tmp_path).save(7, model, {"step": 7}, best=best)
    learn(model)
    assert not all(map(np.array_equal, variables_of(model), saved))
    facts, arrays = training.States(tmp_path).restore(model)
    assert facts == {"step": 7}
    assert_equal(arrays["best"], best)
    assert_equal(variables_of(model), saved)
    assert training.States(tmp_path / "nothing").restore(model) is None


def test_a_scale_of_the_loss_is_kept(tmp_path):
    def build():
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])
        optimizer = keras.optimizers.LossScaleOptimizer(
            training.adamw(0.1, 0.01), initial_scale=8.0
        )
        model.compile(optimizer, "mse")
        return model

    model = build()
    learn(model)
    model.optimizer.dynamic_scale.assign(4.0)
    training.States(tmp_path).save(1, model, {})
    again = build()
    assert training.States(tmp_path).restore(again) is not None
    assert_equal(variables_of(again), variables_of(model))
    assert float(again.optimizer.dynamic_scale) == 4.0


@pytest.fixture
def two(model, tmp_path):
    """Two states, and what was saved."""
    states, saved = training.States(tmp_path), []
    for step in (1, 2, 3):
        learn(model)
        states.save(step, model, {"step": step})
        saved.append(variables_of(model))
    folders = sorted(path.name for path in tmp_path.iterdir())
    assert folders == ["step-000000002", "step-000000003"]
    return saved[1:]


def damaged(path):
    """Files as a lost power supply or a failing disk may leave them."""
    whole = path.read_bytes()
    yield from (whole[: len(whole) * i // 7] for i in range(7))
    for place in range(0, len(whole), max(len(whole) // 40, 1)):
        yield whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :]
    path.unlink()
    yield None


@pytest.mark.parametrize("name", ["arrays.npz", "state.json"])
def test_a_broken_state_falls_back_to_the_one_before(
    model, two, tmp_path, caplog, name
):
    path = tmp_path / "step-000000003" / name
    whole, fallen = path.read_bytes(), 0
    for data in damaged(path):
        if data is not None:
            path.write_bytes(data)
        facts, _ = training.States(tmp_path).restore(model)
        if facts.get("step") == 2:  # a changed character can be read in JSON
            fallen += 1
            assert_equal(variables_of(model), two[0])
            assert f"{path.parent} cannot be used" in caplog.text
        else:
            assert_equal(variables_of(model), two[1])
    assert fallen > (30 if name == "arrays.npz" else 5)
    path.write_bytes(whole)
    training.States(tmp_path).restore(model)
    assert_equal(variables_of(model), two[1])


def test_no_state_is_whole(model, two, tmp_path, caplog):
    for path in tmp_path.glob("*/arrays.npz"):
        path.write_bytes(path.read_bytes()[:-100])
    states = training.States(tmp_path)
    assert states.restore(model) is None
    assert caplog.messages[-1] == "no state can be used: the training starts again"
    states.save(1, model, {"step": 1})  # in place of those that are broken
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000001"]


def test_a_state_of_another_model_is_not_used(two, tmp_path, caplog):
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(5)])
    other.compile(training.adamw(0.1, 0.01), "mse")
    before = other.get_weights()
    assert training.States(tmp_path).restore(other) is None
    assert_equal(other.get_weights(), before)
    assert "shapes of its arrays are not those of the model" in caplog.text


def test_types_that_numpy_lacks_are_stored(tmp_path):
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4, dtype="bfloat16")]
    )
    model.compile(training.adamw(0.1, 0.01), "mse")
    model.optimizer.build(model.trainable_variables)
    saved = variables_of(model)
    training.States(tmp_path).save(1, model, {})
    model.set_weights([np.zeros(weights.shape) for weights in saved[:2]])
    assert training.States(tmp_path).restore(model) is not None
    assert_equal(variables_of(model), saved)


def test_a_full_disk_costs_nothing_that_was_written(model, two, tmp_path, monkeypatch):
    def write_a_part(path, **arrays):
        path.write_bytes(b"PK")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(states_module.np, "savez", write_a_part)
        with pytest.raises(InputError, match="step-000000004: No space left"):
            training.States(tmp_path).save(4, model, {"step": 4})
    assert len([*tmp_path.iterdir()]) == 2
    assert training.States(tmp_path).restore(model)[0] == {"step": 3}


class Snapshots:
    """Copies of a folder at each moment at which a file in it is about to change."""

    events = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir")

    def __init__(self, folder, copies):
        self.folder, self.copies = folder, copies
        self.numbers = itertools.count()
        self.on = False
        sys.addaudithook(self.look)  # for the rest of the process

    def look(self, event, arguments):
        if not self.on or event not in self.events:
            return
        if event == "open" and arguments[2] & 3 == 0:  # for reading
            return
        self.on = False
        shutil.copytree(self.folder, self.copies / f"{next(self.numbers):04d}")
        self.on = True


def test_a_kill_at_any_moment_leaves_a_state_to_go_on_from(model, tmp_path):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    snapshots = Snapshots(folder, tmp_path / "copies")
    best_epoch = training.BestEpoch(folder, "val_loss")
    best_epoch.set_model(model)
    saved, weights = [variables_of(model)], [None]
    for epoch in range(5):
        learn(model)
        saved.append(variables_of(model))
        logs = {"loss": 1.0, "val_loss": 1.0 / (epoch % 3 + 1)}
        snapshots.on = True
        best_epoch.on_epoch_end(epoch, logs)
        snapshots.on = False
        weights.append(best_epoch.weights)
    moments = sorted(snapshots.copies.iterdir())
    assert len(moments) > 40
    seen = []
    for moment in moments:
        killed = training.BestEpoch(moment, "val_loss")
        killed.restore(model)
        seen.append(killed.epoch)
        history = runs.read_history(moment)
        assert history["epoch"] == list(range(killed.epoch))
        assert history["val_loss"] == [1.0 / (i % 3 + 1) for i in range(killed.epoch)]
        if killed.epoch:
            assert_equal(variables_of(model), saved[killed.epoch])
            assert_equal(killed.weights, weights[killed.epoch])
    assert seen == sorted(seen) and set(seen) == {0, 1, 2, 3, 4, 5}


def test_a_history_is_json(model, tmp_path):
    best_epoch = training.BestEpoch(tmp_path, "val_loss")
    best_epoch.set_model(model)
    best_epoch.on_epoch_end(0, {"loss": np.float32(0.1), "val_loss": 0.2})
    (path,) = tmp_path.glob("step-*/state.json")
    row = {"epoch": 0, "loss": float(np.float32(0.1)), "val_loss": 0.2}
    assert json.loads(path.read_text()) == {"history": [row]}
    assert runs.read_history(tmp_path) == {name: [x] for name, x in row.items()}
