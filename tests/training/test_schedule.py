import numpy as np
import pytest

from kerasnlp_tutorial import training


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


def test_a_time_budget_ends_the_training_with_validation(
    preprocessor, small_model, texts_of_lengths
):
    model = small_model()
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


def test_biases_and_norms_do_not_decay(small_model):
    model = small_model()
    optimizer = model.optimizer
    decayed = {
        v.path for v in model.trainable_variables if optimizer._use_weight_decay(v)
    }
    assert not any(path.endswith(("bias", "gamma", "beta")) for path in decayed)
    assert any(path.endswith("kernel") for path in decayed)
