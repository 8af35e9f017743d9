import keras
import keras_nlp
import numpy as np
import pytest

from kerasnlp_tutorial.pretraining.bert_model import draw_tokens, losses, trained_model
from kerasnlp_tutorial.pretraining.objectives import (
    MaskedLanguageModel,
    ReplacedTokens,
    SentenceOrder,
)

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *map(str, range(35))]


@pytest.fixture
def task():
    keras.utils.set_random_seed(1)
    backbone = keras_nlp.models.BertBackbone(
        vocabulary_size=40,
        num_layers=1,
        num_heads=2,
        hidden_dim=32,
        intermediate_dim=64,
        dropout=0.0,
        max_sequence_length=24,
    )
    return keras_nlp.models.BertMaskedLM(backbone)


def batch(objective, order=False):
    """Return a batch of the objective."""
    maker = MaskedLanguageModel(VOCABULARY, 0.5, whole_words=False, seed=1)
    if objective != "masked":
        maker = ReplacedTokens(maker, keep_masks=objective == "both", seed=1)
    if order:
        maker = SentenceOrder(maker, VOCABULARY, seed=1)
    sequences = np.random.default_rng(0).integers(5, 40, (4, 24)).astype("int32")
    return maker.batch(sequences, 0)


def test_masked_tokens_alone_train_the_task_itself(task):
    assert trained_model(task, "masked", sentence_order=False) is task
    assert not task.backbone.pooled_dense.trainable


@pytest.mark.parametrize("objective", ["replaced", "both"])
def test_what_is_put_in_the_gaps_and_asked(task, objective):
    model = trained_model(task, objective, sentence_order=False)
    logits = {"logits": model.get_layer("detection_logits").output}
    x, y, weights = batch(objective)
    out = keras.Model(model.input, logits | model.output).predict_on_batch(x)

    shares = np.exp(out["generator"]) / np.exp(out["generator"]).sum(-1, keepdims=True)
    drawn = (np.cumsum(shares, axis=-1) <= x["draws"][..., None]).sum(-1)
    assert len(np.unique(drawn)) > 15  # a random generator draws anything
    start = 1 if objective == "both" else 0
    gaps, filled = x["mask_positions"], slice(start, None, start + 1)
    token_ids = x["token_ids"].copy()
    np.put_along_axis(token_ids, gaps[:, filled], drawn[:, filled], axis=1)
    # Where nothing is asked there is a gap; else a token differs that was put there.
    differs = token_ids != x["original_ids"]
    asked = weights["detection"] > 0
    np.put_along_axis(asked, gaps[:, filled], False, axis=1)
    assert not (differs & asked).any()
    sign = np.where(differs, 1.0, -1.0)[..., None]
    np.testing.assert_allclose(out["detection"], out["logits"] * sign, rtol=1e-6)

    assert out["generator"].shape == (4, 12, 40) and y["generator"].shape == (4, 12)
    assert ("tokens" in out) == (objective == "both")
    if objective == "both":
        given = {name: x[name] for name in task.input}
        given |= {"token_ids": token_ids, "mask_positions": gaps[:, ::2]}
        expected = task.predict_on_batch(given)
        np.testing.assert_allclose(out["tokens"], expected, atol=1e-5)


def test_tokens_are_drawn_as_likely_as_predicted():
    shares = np.array([0.5, 0.2, 0.0, 0.3])
    draws = np.random.default_rng(0).random((50, 400), dtype="float32")
    logits = np.broadcast_to(np.log(shares + 1e-20), (50, 400, 4)).astype("float32")
    drawn = np.array(draw_tokens(logits, draws))
    np.testing.assert_allclose(
        np.bincount(drawn.ravel(), minlength=4) / drawn.size, shares, atol=0.01
    )
    assert np.array(draw_tokens(logits[:1, :1], np.ones((1, 1)))).tolist() == [[3]]


@pytest.mark.parametrize(
    ("objective", "order"), [("masked", True), ("replaced", False), ("both", True)]
)
def test_training_trains_what_the_objective_uses(task, objective, order):
    model = trained_model(task, objective, order)
    model.compile(
        optimizer=keras.optimizers.SGD(0.1), jit_compile=False, **losses(model)
    )
    parts = {
        "embeddings": task.backbone.token_embedding.embeddings,
        "layer": task.backbone.transformer_layers[0].weights[0],
        "pooled": task.backbone.pooled_dense.kernel,
        "head": task.masked_lm_head.weights[-1],
    }
    before = {name: np.array(weight) for name, weight in parts.items()}
    x, y, weights = batch(objective, order)
    model.train_on_batch(x, y, weights)
    changed = {name for name in parts if (before[name] != np.array(parts[name])).any()}
    expected = {"embeddings", "layer"} | ({"pooled"} if order else set())
    assert changed == expected | ({"head"} if objective != "replaced" else set())


@pytest.mark.slow
def test_detection_is_learnt_and_weighs_fifty_times(task):
    model = trained_model(task, "replaced", sentence_order=False)
    model.compile(
        optimizer=keras.optimizers.Adam(0.01), jit_compile=False, **losses(model)
    )
    x, y, weights = batch("replaced")
    first = model.train_on_batch(x, y, weights, return_dict=True)
    parts = first["generator_loss"] + 50 * first["detection_loss"]
    assert first["loss"] == pytest.approx(parts, rel=1e-4)
    for _ in range(60):
        model.train_on_batch(x, y, weights)
    model.reset_metrics()
    last = model.test_on_batch(x, y, weights, return_dict=True)
    assert last["detection_accuracy"] > 0.8 > first["detection_accuracy"]
