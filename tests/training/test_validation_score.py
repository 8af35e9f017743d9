from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasnlp_tutorial import training
from kerasnlp_tutorial.runs import TrainedModel, read_history


@pytest.fixture
def trained():
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.preprocessor = "of texts"
    return TrainedModel(model, (), SimpleNamespace())


@pytest.mark.parametrize(("scores", "best"), [([0.1, 0.9, 0.5], 1), ([0.5] * 3, None)])
def test_the_best_epoch_by_what_evaluate_counts(trained, tmp_path, scores, best):
    seen, weights = [], []

    def evaluate(model, examples):
        seen.append((model.model.preprocessor, examples))
        weights.append(model.model.get_weights())
        return {"f1": scores[len(seen) - 1]}

    dataset = tf.data.Dataset.from_tensors((np.ones((4, 2)), np.ones((4, 1))))
    best_epoch = training.BestEpoch(tmp_path, "val_f1")
    score = training.ValidationScore(evaluate, trained, ["a", "b"])
    with training.fitting(trained.model, dataset, best_epoch):
        trained.model.fit(
            dataset,
            validation_data=dataset,
            epochs=3,
            callbacks=[score, best_epoch],
            verbose=0,
        )
        assert trained.model.preprocessor is None  # as `fitting` left it
    # `evaluate` takes texts, although `fit` takes encoded examples.
    assert seen == [("of texts", ["a", "b"])] * 3
    history = read_history(tmp_path)
    assert history["val_f1"] == scores
    if best is None:  # equal scores: the one with the lowest loss
        best = int(np.argmin(history["val_loss"]))
    for kept, expected in zip(trained.model.get_weights(), weights[best], strict=True):
        np.testing.assert_array_equal(kept, expected)


def test_an_error_leaves_the_model_as_it_was(trained):
    def evaluate(model, examples):
        raise OSError("killed")

    score = training.ValidationScore(evaluate, trained, [])
    trained.model.preprocessor = None
    with pytest.raises(OSError, match="killed"):
        score.on_epoch_end(0, {})
    assert trained.model.preprocessor is None
