import keras
import keras_nlp
import numpy as np
import pytest
import tensorflow as tf

from kerasnlp_tutorial import training
from kerasnlp_tutorial.training import fast_layers

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="for TensorFlow"
)
TOKENS, WIDTH = 40, 9


def bert(dropout=0.0):
    backbone = keras_nlp.models.BertBackbone(
        TOKENS, 2, 2, 16, 32, dropout=dropout, max_sequence_length=WIDTH
    )
    return keras_nlp.models.BertTextClassifier(backbone, 3, dropout=dropout)


def gpt2(dropout=0.0):
    backbone = keras_nlp.models.GPT2Backbone(
        TOKENS, 2, 2, 16, 32, dropout=dropout, max_sequence_length=WIDTH
    )
    return keras_nlp.models.GPT2CausalLM(backbone)


def example(make_model):
    generator = np.random.default_rng(2)
    ids = generator.integers(1, TOKENS, (6, WIDTH)).astype("int32")
    mask = (np.arange(WIDTH) < generator.integers(2, WIDTH + 1, (6, 1))).astype("int32")
    x = {"token_ids": ids * mask, "padding_mask": mask}
    if make_model is gpt2:
        return x, np.roll(ids, -1, 1), mask.astype("float32")
    return x | {"segment_ids": np.zeros_like(ids)}, np.arange(6) % 3


def compiled(make_model, **options):
    keras.utils.set_random_seed(4)
    model = make_model(**options)
    for weight in model.trainable_variables:  # no scale of 1 and no offset of 0
        weight.assign(weight + 0.1 * keras.random.normal(weight.shape, seed=5))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(training.adamw(1e-3, 0.01), loss, jit_compile=False)
    return model


def fitted(make_model, fast, prepare=lambda model: None, steps=5, **options):
    """Return the losses of some steps on one batch, and the model."""
    model = compiled(make_model, **options)
    prepare(model)
    data = tf.data.Dataset.from_tensors(example(make_model)).repeat(steps)
    losses = []
    log = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda step, logs: losses.append(logs["loss"])
    )
    with training.already_encoded(model), training.fast_steps(model, fast):
        model.fit(data, verbose=0, callbacks=[log])
    return losses, model


def lora(model):
    model.backbone.enable_lora(4)


@pytest.mark.parametrize("prepare", [lambda model: None, lora], ids=["all", "lora"])
@pytest.mark.parametrize("make_model", [bert, gpt2])
def test_the_losses_and_weights_are_those_of_the_plain_steps(make_model, prepare):
    (plain, model), (fast, faster) = (
        fitted(make_model, fast, prepare) for fast in (False, True)
    )
    np.testing.assert_allclose(fast, plain, rtol=1e-5)
    assert plain[-1] < plain[0]
    for a, b in zip(model.get_weights(), faster.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.parametrize("make_model", [bert, gpt2])
def test_the_gradients_are_those_of_the_plain_layers(make_model):
    model = compiled(make_model)
    x, y, *weights = example(make_model)

    def gradients():
        with tf.GradientTape() as tape:
            outputs = model(x, training=True)
            loss = model.compute_loss(x, y, outputs, *weights)
        variables = [v.value for v in model.trainable_variables]
        return [tf.convert_to_tensor(g) for g in tape.gradient(loss, variables)]

    plain = gradients()
    with training.fast_steps(model):
        fast = gradients()
    for a, b, weight in zip(plain, fast, model.trainable_variables, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6, rtol=1e-4, err_msg=weight.path)


def test_gelu_is_the_plain_one():
    inputs = tf.linspace(-9.0, 9.0, 1001)

    def value_and_slope(function):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = function(inputs)
        return np.stack([outputs, tape.gradient(outputs, inputs)])

    plain = value_and_slope(lambda x: keras.activations.gelu(x, approximate=True))
    np.testing.assert_allclose(value_and_slope(fast_layers.gelu), plain, atol=1e-5)
    extremes = tf.constant([-1e9, 0.0, 1e9])
    assert fast_layers.gelu(extremes).numpy().tolist() == [0.0, 0.0, 1e9]


@pytest.mark.parametrize("shape", [(8,), (3, 8), (2, 5, 3, 8)])
@pytest.mark.parametrize("use_bias", [True, False])
def test_dense_layers_of_any_rank(shape, use_bias):
    layer = keras.layers.Dense(
        5, activation="tanh", use_bias=use_bias, bias_initializer="normal"
    )
    model = keras.Sequential([keras.Input(shape), layer])
    model.compile(training.adamw(1e-3, 0.0), "mse")
    inputs = np.random.default_rng(0).normal(size=(4, *shape)).astype("float32")
    plain = layer(inputs)
    with training.fast_steps(model):
        assert "call" in vars(layer)
        np.testing.assert_allclose(layer(inputs), plain, rtol=1e-5, atol=1e-6)
        assert model(inputs).shape == plain.shape


def test_dropout_keeps_the_mean_and_is_the_same_for_the_same_seed():
    inputs = np.full((50, 203), 2.0, "float32")
    draws = []
    for _ in range(2):
        model = keras.Sequential(
            [keras.Input((203,)), keras.layers.Dropout(0.1, seed=3)]
        )
        model.compile(training.adamw(1e-3, 0.0), "mse")
        with training.fast_steps(model):
            draws += [model(inputs, training=True).numpy() for _ in range(2)]
            assert np.array_equal(model(inputs, training=False), inputs)
    first, second, again, _ = draws
    assert np.array_equal(first, again) and not np.array_equal(first, second)
    kept = first != 0
    assert kept.mean() == pytest.approx(1 - 26 / 256, abs=0.01)
    np.testing.assert_allclose(first[kept], 2.0 * 256 / 230, rtol=1e-6)
    # Neither rows nor columns are dropped together.
    assert 0.85 < kept.mean(axis=0).mean() < 0.95 and kept.mean(axis=1).std() < 0.04


def test_training_with_dropout_learns():
    losses, _ = fitted(bert, True, steps=40, dropout=0.1)
    assert losses[-1] < losses[0]


def test_layers_are_as_before_after_it_and_after_an_error():
    model = compiled(bert)
    layers = model._flatten_layers
    with pytest.raises(KeyboardInterrupt), training.fast_steps(model):
        assert any("call" in vars(layer) for layer in layers())
        raise KeyboardInterrupt
    assert not any("call" in vars(layer) for layer in layers())
    assert not model.optimizer.fused


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.LayerNormalization(axis=1),
        keras.layers.LayerNormalization(scale=False),
        keras.layers.LayerNormalization(dtype="mixed_bfloat16"),
        keras.layers.Dropout(0.5, noise_shape=(1, 8)),
        keras.layers.Dropout(0.0),
        keras.layers.BatchNormalization(),
        keras.layers.Dense(3, dtype="mixed_bfloat16"),
    ],
)
def test_other_layers_stay_as_they_are(layer):
    model = keras.Sequential([keras.Input((4, 8)), layer])
    model.compile(training.adamw(1e-3, 0.0), "mse")
    with training.fast_steps(model):
        assert "call" not in vars(layer)


@pytest.mark.parametrize(
    "options",
    [{"value_dim": 3}, {"use_bias": False}, {"output_shape": 5}, {"attention_axes": 2}],
)
def test_attention_with_other_options_stays_as_it_is(options):
    layer = keras.layers.MultiHeadAttention(2, 4, **options)
    inputs = keras.Input((3, 5, 8))
    model = keras.Model(inputs, layer(inputs, inputs))
    model.compile(training.adamw(1e-3, 0.0), "mse")
    with training.fast_steps(model):
        assert "call" not in vars(layer)


@pytest.mark.parametrize(
    ("inputs", "options"),
    [
        ([(3, 8), (5, 8)], {}),
        ([(4, 8)], {"attention_mask": np.tri(4, dtype=bool)}),  # for all texts
        ([(4, 8)], {"attention_mask": np.tri(4, dtype=bool)[None, None]}),
        ([(4, 8)], {"use_causal_mask": True}),
        ([(4, 8)], {"return_attention_scores": True}),
    ],
)
def test_attention_that_is_called_otherwise_stays_as_it_is(inputs, options):
    layer = keras.layers.MultiHeadAttention(4, 4)
    symbols = [keras.Input(shape) for shape in inputs]
    model = keras.Model(symbols, layer(symbols[0], symbols[-1], **options))
    model.compile(training.adamw(1e-3, 0.0), "mse")
    generator = np.random.default_rng(1)
    x = [generator.normal(size=(2, *shape)).astype("float32") for shape in inputs]
    plain = keras.tree.flatten(model(x))
    with training.fast_steps(model):
        for a, b in zip(keras.tree.flatten(model(x)), plain, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6)


def test_a_regularized_attention_keeps_its_loss():
    layer = keras.layers.MultiHeadAttention(2, 4, activity_regularizer="l2")
    inputs = keras.Input((3, 8))
    model = keras.Model(inputs, layer(inputs, inputs))
    model.compile(training.adamw(1e-3, 0.0), "mse")
    with training.fast_steps(model):
        model(np.ones((2, 3, 8), "float32"))
        assert model.losses and float(sum(model.losses)) > 0


def test_inside_each_other_and_after_an_error_of_its_own(monkeypatch):
    model = compiled(bert)
    with training.fast_steps(model):
        with training.fast_steps(model):
            pass
        assert model.optimizer.fused
        assert any("call" in vars(layer) for layer in model._flatten_layers())
    monkeypatch.setattr(fast_layers, "_dropout", lambda layer: 1 / 0)
    with pytest.raises(ZeroDivisionError), training.fast_steps(model):
        pass
    assert not any("call" in vars(layer) for layer in model._flatten_layers())
    assert not model.optimizer.fused


def test_with_matrix_products_in_bfloat16():
    losses = []
    for fast in (False, True):
        with training.matrix_products("auto"):
            losses.append(fitted(bert, fast)[0])
    np.testing.assert_allclose(*losses, rtol=0.02)
