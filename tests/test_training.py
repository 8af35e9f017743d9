import keras
import keras_nlp
import numpy as np
import pytest
import tensorflow as tf

from kerasnlp_tutorial import training
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.runs import read_history
from kerasnlp_tutorial.tokenizers import KoreanBertTokenizer

VOCABULARY = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    *"가나다라마바사",
    "##가",
    "##나",
]


@pytest.fixture
def preprocessor():
    return keras_nlp.models.BertTextClassifierPreprocessor(
        KoreanBertTokenizer(VOCABULARY), sequence_length=20
    )


def small_model(preprocessor, dropout=0.0):
    keras.utils.set_random_seed(1)
    backbone = keras_nlp.models.BertBackbone(
        len(VOCABULARY), 1, 2, 8, 16, dropout=dropout, max_sequence_length=20
    )
    model = keras_nlp.models.BertTextClassifier(
        backbone, 3, preprocessor=preprocessor, dropout=dropout
    )
    model.compile(
        training.adamw(1e-2, 0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        jit_compile=False,
    )
    return model


def texts_of_lengths(lengths):
    return [
        " ".join("가나다라마바사"[(i + j) % 7] for j in range(n))
        for i, n in enumerate(lengths)
    ]


def test_encode_is_the_preprocessor_without_padding(preprocessor):
    texts = texts_of_lengths([3, 0, 30, 1])
    features = training.encode(preprocessor, texts)
    batch = preprocessor(texts)
    for i, ids in enumerate(features["token_ids"]):
        real = np.asarray(batch["padding_mask"])[i].astype(bool)
        np.testing.assert_array_equal(ids, np.asarray(batch["token_ids"])[i][real])
    assert features["token_ids"].row_lengths().numpy().tolist() == [5, 2, 20, 3]


def test_encode_pairs(preprocessor):
    features = training.encode(preprocessor, (["가 나", "다"], ["라", "마 바 사"]))
    assert features["segment_ids"].to_list() == [
        [0, 0, 0, 0, 1, 1],
        [0, 0, 0, 1, 1, 1, 1],
    ]
    assert features["token_ids"].to_list()[0] == [2, 5, 6, 3, 8, 3]


def test_a_dataset_has_every_example_once_in_tight_batches(preprocessor):
    lengths = [n % 17 for n in range(101)]
    features = training.encode(preprocessor, texts_of_lengths(lengths))
    dataset = training.length_grouped_dataset(features, range(101), 8, shuffle_seed=3)
    batches = list(dataset)
    assert len(dataset) == len(batches) == 13  # the progress bar's total is right
    assert sorted(len(y) for _, y in batches) == [5] + [8] * 12
    seen = []
    for x, y in batches:
        seen += y.numpy().tolist()
        width = x["token_ids"].shape[1]
        longest = x["padding_mask"].numpy().sum(axis=1).max()
        assert width - 4 < longest <= width <= 18
        assert width % 4 == 0 or width == 18  # the longest of all
        assert x["padding_mask"].dtype == tf.int32
        for ids, mask, target in zip(x["token_ids"], x["padding_mask"], y, strict=True):
            np.testing.assert_array_equal(
                ids[mask.numpy().astype(bool)], features["token_ids"][int(target)]
            )
    assert sorted(seen) == list(range(101))


def test_little_of_a_batch_is_padding(preprocessor):
    lengths = np.random.default_rng(0).integers(0, 18, 2000)
    features = training.encode(preprocessor, texts_of_lengths(lengths))
    dataset = training.length_grouped_dataset(features, range(2000), 8, shuffle_seed=3)
    masks = np.concatenate([x["padding_mask"].numpy().ravel() for x, _ in dataset])
    assert 0.85 < masks.mean() < 1.0
    widths = [x["token_ids"].shape[1] for x, _ in dataset]
    assert widths != sorted(widths)  # short and long batches take turns


def test_shuffling_is_by_seed_and_differs_between_epochs(preprocessor):
    features = training.encode(preprocessor, texts_of_lengths([4] * 64))

    def epochs(seed):
        dataset = training.length_grouped_dataset(
            features, range(64), 8, shuffle_seed=seed
        )
        return [[int(i) for _, y in dataset for i in y] for _ in range(2)]

    first, second = epochs(3)
    assert first != second != sorted(first)
    assert epochs(3) == [first, second] != epochs(4)


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_logits_come_in_the_order_of_the_inputs(preprocessor, batch_size):
    model = small_model(preprocessor)
    texts = texts_of_lengths([9, 0, 17, 3, 3, 1, 12, 9])
    logits = training.predict_logits(
        model, training.encode(preprocessor, texts), batch_size
    )
    np.testing.assert_allclose(logits, model.predict(texts, verbose=0), atol=1e-5)
    assert model.preprocessor is preprocessor


def test_the_learning_rate_rises_and_falls_linearly():
    schedule = training.WarmupLinearDecay(1.0, total_steps=100, warmup_ratio=0.1)
    rates = [schedule.rate(schedule.progress(step + 0.5, 0)) for step in range(100)]
    assert np.argmax(rates) in (9, 10) and max(rates) == pytest.approx(0.994, abs=0.01)
    np.testing.assert_allclose(np.diff(rates[:10]), 0.1)
    np.testing.assert_allclose(np.diff(rates[10:]), -1 / 90)
    assert 0 < rates[-1] < 0.01


def test_the_learning_rate_can_be_held_before_it_falls():
    schedule = training.WarmupLinearDecay(2.0, 100, warmup_ratio=0.1, decay_ratio=0.2)
    rates = [schedule.rate(progress) for progress in (0.05, 0.1, 0.5, 0.8)]
    np.testing.assert_allclose(rates, [1.0, 2.0, 2.0, 2.0])
    assert schedule.rate(0.9) == pytest.approx(1.0) and schedule.rate(1.0) == 0.0


def test_a_time_budget_shortens_the_schedule():
    schedule = training.WarmupLinearDecay(1.0, 1000, 0.1, max_minutes=1)
    assert schedule.progress(10, 30) == 0.5
    assert schedule.progress(900, 30) == 0.9
    assert schedule.progress(10, 90) == 1.0


def test_a_time_budget_ends_the_training_with_validation(preprocessor):
    model = small_model(preprocessor)
    features = training.encode(preprocessor, texts_of_lengths([3] * 4000))
    dataset = training.length_grouped_dataset(
        features, [i % 3 for i in range(4000)], 2, shuffle_seed=1
    )
    schedule = training.WarmupLinearDecay(1e-2, 20000, 0.1, max_minutes=2 / 60)
    with training.already_encoded(model):
        history = model.fit(
            dataset,
            validation_data=dataset.take(2),
            epochs=10,
            callbacks=[schedule],
            verbose=0,
            shuffle=False,
        )
    assert len(history.epoch) == len(history.history["val_accuracy"]) == 1
    assert int(model.optimizer.iterations) < 2000


def fit(model, folder, dataset, epochs, extra=()):
    with training.fitting(model, folder):
        model.fit(
            dataset,
            validation_data=dataset,
            epochs=epochs,
            callbacks=[
                training.WarmupLinearDecay(1e-2, epochs * len(dataset), 0.1),
                *training.checkpoint_callbacks(folder, "val_accuracy"),
                *extra,
            ],
            verbose=0,
            shuffle=False,
        )


@pytest.fixture
def dataset(preprocessor):
    features = training.encode(preprocessor, texts_of_lengths([3] * 48))
    return training.length_grouped_dataset(features, [i % 3 for i in range(48)], 8)


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
    """Each epoch's weights and validation accuracy."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append((logs["val_accuracy"], weights_of(self.model)))


def test_the_best_epochs_weights_are_kept(preprocessor, dataset, tmp_path):
    model, remember = small_model(preprocessor), Remember()
    fit(model, tmp_path, dataset, 6, [remember])
    best = max(remember.seen, key=lambda seen: seen[0])[1]
    np.testing.assert_array_equal(weights_of(model), best)


def test_ctrl_c_keeps_the_best_epoch_so_far(preprocessor, dataset, tmp_path):
    model, remember = small_model(preprocessor), Remember()
    fit(model, tmp_path, dataset, 6, [remember, StopAt(3, KeyboardInterrupt())])
    assert len(remember.seen) == 3
    best = max(remember.seen, key=lambda seen: seen[0])[1]
    np.testing.assert_array_equal(weights_of(model), best)
    assert model.preprocessor is preprocessor


def test_a_training_that_diverges_says_so(preprocessor, dataset, tmp_path):
    class Explode(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.trainable_weights[0].assign_add(
                keras.ops.full_like(self.model.trainable_weights[0], float("inf"))
            )

    with pytest.raises(InputError, match="diverged.*lower learning_rate"):
        fit(small_model(preprocessor), tmp_path, dataset, 2, [Explode()])


@pytest.mark.slow
def test_a_resumed_training_equals_an_uninterrupted_one(
    preprocessor, dataset, tmp_path
):
    whole = small_model(preprocessor)
    fit(whole, tmp_path / "whole", dataset, 6)

    broken = small_model(preprocessor)
    with pytest.raises(OSError, match="killed"):
        fit(broken, tmp_path / "broken", dataset, 6, [StopAt(3, OSError("killed"))])
    resumed = small_model(preprocessor)
    fit(resumed, tmp_path / "broken", dataset, 6)

    np.testing.assert_allclose(weights_of(resumed), weights_of(whole), atol=1e-6)
    histories = [read_history(tmp_path / name) for name in ("whole", "broken")]
    assert histories[0]["epoch"] == histories[1]["epoch"] == [0, 1, 2, 3, 4, 5]
    np.testing.assert_allclose(
        histories[0]["val_loss"], histories[1]["val_loss"], atol=1e-6
    )


def test_biases_and_norms_do_not_decay(preprocessor):
    model = small_model(preprocessor)
    optimizer = model.optimizer
    decayed = {
        v.path for v in model.trainable_variables if optimizer._use_weight_decay(v)
    }
    assert not any(path.endswith(("bias", "gamma", "beta")) for path in decayed)
    assert any(path.endswith("kernel") for path in decayed)


def test_a_cpu_multiplies_in_bfloat16_only_while_fitting(monkeypatch):
    options = tf.config.optimizer.get_experimental_options
    name = "auto_mixed_precision_onednn_bfloat16"
    monkeypatch.setattr(training, "_has_bfloat16_instructions", lambda: True)
    with training.matrix_products("auto"):
        assert options()[name]
    assert not options()[name]
    with training.matrix_products("float32"):
        assert not options()[name]
    monkeypatch.setattr(training, "_has_bfloat16_instructions", lambda: False)
    with training.matrix_products("auto"):
        assert not options()[name]
