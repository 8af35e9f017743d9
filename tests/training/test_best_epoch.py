import keras
import numpy as np
import pytest

from kerasnlp_tutorial import training
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.runs import read_history


@pytest.fixture
def small_model():
    """A function that makes the same model each time."""

    def make(dropout=0.0):
        keras.utils.set_random_seed(1)
        inputs = {
            name: keras.Input((None,), dtype="int32", name=name)
            for name in ("token_ids", "segment_ids", "padding_mask")
        }
        x = keras.layers.Embedding(20, 8)(inputs["token_ids"])
        x += keras.layers.Embedding(2, 8)(inputs["segment_ids"])
        x *= keras.ops.cast(inputs["padding_mask"], "float32")[..., None]
        x = keras.layers.Dropout(dropout)(keras.ops.mean(x, axis=1))
        model = keras.Model(inputs, keras.layers.Dense(3)(x))
        model.preprocessor = "of texts"
        model.compile(
            training.adamw(1e-2, 0.01),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
            jit_compile=False,
        )
        return model

    return make


def fit(model, folder, dataset, epochs, extra=(), monitor="val_accuracy"):
    best_epoch = training.BestEpoch(folder, monitor, dataset)
    with training.fitting(model, dataset, best_epoch):
        model.fit(
            dataset,
            validation_data=dataset,
            initial_epoch=best_epoch.epoch,
            epochs=epochs,
            callbacks=[
                training.WarmupLinearDecay(1e-2, epochs * len(dataset), 0.1),
                *extra,
                best_epoch,
            ],
            verbose=0,
            shuffle=False,
        )


@pytest.fixture
def dataset(preprocessor, texts_of_lengths):
    features = training.encode(preprocessor, texts_of_lengths([3] * 48))
    return training.length_grouped_dataset(features, [i % 3 for i in range(48)], 8)


@pytest.fixture
def shuffled(preprocessor, texts_of_lengths):
    texts = texts_of_lengths([1 + i % 9 for i in range(60)])
    return training.length_grouped_dataset(
        training.encode(preprocessor, texts),
        [i % 3 for i in range(60)],
        8,
        shuffle_seed=5,
    )


def weights_of(model):
    return np.concatenate([w.ravel() for w in model.get_weights()])


class StopAt(keras.callbacks.Callback):
    def __init__(self, epoch, error):
        super().__init__()
        self.epoch, self.error = epoch, error

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise self.error


class Remember(keras.callbacks.Callback):
    """Each epoch's weights, and how good it is."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        rank = logs["val_accuracy"], -logs["val_loss"]
        self.seen.append((rank, weights_of(self.model)))


def test_the_best_epochs_weights_are_kept(small_model, dataset, tmp_path):
    model, remember = small_model(), Remember()
    fit(model, tmp_path, dataset, 6, [remember])
    best = max(remember.seen, key=lambda seen: seen[0])[1]
    np.testing.assert_array_equal(weights_of(model), best)


def test_ctrl_c_keeps_the_best_epoch_so_far(small_model, dataset, tmp_path):
    model, remember = small_model(), Remember()
    fit(model, tmp_path, dataset, 6, [remember, StopAt(3, KeyboardInterrupt())])
    assert len(remember.seen) == 3
    best = max(remember.seen, key=lambda seen: seen[0])[1]
    np.testing.assert_array_equal(weights_of(model), best)
    assert model.preprocessor == "of texts"


def test_a_training_that_diverges_says_so(small_model, dataset, tmp_path):
    class Explode(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            weights = self.model.trainable_weights[0]
            weights.assign(keras.ops.full(weights.shape, float("inf")))

    with pytest.raises(InputError, match="diverged.*lower learning_rate"):
        fit(small_model(), tmp_path, dataset, 2, [Explode()])


def test_a_resumed_training_equals_an_uninterrupted_one(
    small_model, shuffled, tmp_path
):
    whole = small_model(dropout=0.2)
    fit(whole, tmp_path / "whole", shuffled, 6)

    broken = small_model(dropout=0.2)
    with pytest.raises(OSError, match="killed"):
        fit(broken, tmp_path / "broken", shuffled, 6, [StopAt(3, OSError("killed"))])
    resumed = small_model(dropout=0.2)
    keras.utils.set_random_seed(99)
    list(shuffled)  # the order does not depend on how often it was asked for
    fit(resumed, tmp_path / "broken", shuffled, 6)

    np.testing.assert_array_equal(weights_of(resumed), weights_of(whole))
    histories = [read_history(tmp_path / name) for name in ("whole", "broken")]
    assert histories[0] == histories[1]
    assert histories[0]["epoch"] == [0, 1, 2, 3, 4, 5]


class Log(keras.callbacks.Callback):
    """Scores as they are told, in place of those that were measured."""

    def __init__(self, rows):
        super().__init__()
        self.rows, self.seen = rows, []

    def on_epoch_end(self, epoch, logs=None):
        logs.update(zip(("val_accuracy", "val_loss"), self.rows[epoch], strict=True))
        self.seen.append(weights_of(self.model))


@pytest.mark.parametrize(("monitor", "best"), [("val_accuracy", 3), ("val_loss", 2)])
def test_of_equal_epochs_the_one_with_the_lower_loss_is_kept(
    small_model, dataset, tmp_path, monitor, best
):
    rows = [(0.5, 0.9), (1.0, 0.6), (0.9, 0.1), (1.0, 0.2), (1.0, 0.2), (1.0, 0.3)]
    log = Log(rows)
    model = small_model()
    with pytest.raises(SystemExit):  # also what is best must be kept over a kill
        stop = StopAt(5, SystemExit())
        fit(model, tmp_path, dataset, 6, [log, stop], monitor)
    model = small_model()
    fit(model, tmp_path, dataset, 6, [log], monitor)
    np.testing.assert_array_equal(weights_of(model), log.seen[best])
    assert read_history(tmp_path)["val_loss"] == [loss for _, loss in rows]


def test_a_score_that_is_no_number_is_never_the_best(small_model, dataset, tmp_path):
    nan = float("nan")
    log = Log([(nan, nan), (0.5, 0.9), (nan, 0.1), (0.4, nan)])
    model = small_model()
    fit(model, tmp_path, dataset, 4, [log])
    np.testing.assert_array_equal(weights_of(model), log.seen[1])


def test_what_has_diverged_leaves_the_best_epoch_so_far(small_model, dataset, tmp_path):
    class Explode(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                weights = self.model.trainable_weights[0]
                weights.assign(keras.ops.full(weights.shape, float("nan")))

    model, remember = small_model(), Remember()
    fit(model, tmp_path, dataset, 4, [Explode(), remember])
    assert np.isfinite(weights_of(model)).all()
    assert read_history(tmp_path)["epoch"] == [0, 1]


def test_few_examples_are_judged_by_their_loss(caplog):
    caplog.set_level("INFO")
    assert training.monitored_score(100) == "val_accuracy"
    assert caplog.text == ""
    assert training.monitored_score(99) == "val_loss"
    assert "99 examples are held out" in caplog.text
    assert training.monitored_score(99, "val_f1", "entities") == "val_loss"
    assert "99 entities are held out" in caplog.text
    assert training.monitored_score(100, "val_f1", "entities") == "val_f1"
