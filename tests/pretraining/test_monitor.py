import keras
import numpy as np
import pytest

from kerasnlp_tutorial.pretraining.monitor import mean_measures


def test_all_batches_are_measured_and_not_the_last_one_alone():
    # Keras 3.15 forgets in `test_on_batch` what it has counted, older ones go on.
    model = keras.Sequential([keras.Input((1,)), keras.layers.Identity()])
    model.compile(
        loss="mean_absolute_error",
        weighted_metrics=[keras.metrics.MeanSquaredError(name="square")],
    )
    x, weights = np.zeros((2, 1)), np.ones(2)
    batches = [(x, np.full((2, 1), y), weights) for y in (1.0, 2.0, 6.0)]
    for _ in range(2):
        measured = mean_measures(model, batches)
        assert measured == pytest.approx({"loss": 3.0, "square": 41 / 3})
