import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import printed_by

from kerasnlp_tutorial import training

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="for TensorFlow"
)
STEPS = 20


def two_parts(dtype="float32"):
    """Return an embedding, in which tokens repeat, and a dense layer."""
    ids = keras.Input((5,), dtype="int32")
    vectors = keras.layers.Embedding(7, 4, dtype=dtype, name="embedding")(ids)
    mean = keras.ops.mean(vectors, axis=1)
    outputs = keras.layers.Dense(3, dtype=dtype, name="dense")(mean)
    return keras.Model(ids, outputs)


def batches():
    generator = np.random.default_rng(3)
    for _ in range(STEPS):  # of 7 tokens 5 occur, each about six times
        yield generator.integers(0, 5, (6, 5)), generator.normal(size=(6, 3)) * 3


def trained(fused, epsilon=1e-7):
    """Return the weights before 20 steps, and the model after them."""
    keras.utils.set_random_seed(1)
    model = two_parts()
    optimizer = training.adamw(1e-3, weight_decay=0.1)
    optimizer.epsilon = epsilon
    model.compile(optimizer, "mse", jit_compile=False)
    before = model.get_weights()
    if fused:
        with training.fast_steps(model):
            assert model.optimizer.fused
            for x, y in batches():
                model.train_on_batch(x, y)
    else:
        for x, y in batches():
            model.train_on_batch(x, y)
    assert not model.optimizer.fused
    return before, model


@pytest.mark.parametrize("fused", [False, True])
def test_it_is_the_adamw_of_pytorch_with_repeated_tokens(fused):
    torch = pytest.importorskip("torch")
    # Keras adds epsilon to another number than PyTorch: too little to matter.
    (embedding, kernel, bias), model = trained(fused, epsilon=1e-12)
    weights = [torch.nn.Parameter(torch.tensor(w)) for w in (embedding, kernel, bias)]
    optimizer = torch.optim.AdamW(
        [
            {"params": weights[:2], "weight_decay": 0.1},
            {"params": weights[2:], "weight_decay": 0.0},
        ],
        lr=1e-3,
        eps=1e-12,
    )
    norms = []
    for x, y in batches():
        outputs = weights[0][torch.tensor(x)].mean(1) @ weights[1] + weights[2]
        loss = torch.nn.functional.mse_loss(outputs, torch.tensor(y).float())
        optimizer.zero_grad()
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(weights, 1.0)))
        optimizer.step()
    assert min(norms) < 1.0 < max(norms)  # some are clipped
    for ours, theirs in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), atol=1e-6)


def test_the_kernel_gives_the_numbers_of_keras():
    (_, plain), (_, fused) = trained(fused=False), trained(fused=True)
    for a, b in zip(plain.get_weights(), fused.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    for a, b in zip(plain.optimizer.variables, fused.optimizer.variables, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_keras_alone_squares_the_rows_of_a_repeated_token():
    # The reason for a class of our own; if this fails, it is not needed any more.
    variable = keras.Variable(np.ones((3, 2), "float32"))
    rows = tf.IndexedSlices(tf.ones((2, 2)), tf.constant([1, 1]), tf.constant([3, 2]))
    moments = []
    for optimizer_class in (keras.optimizers.AdamW, training.SummedAdamW):
        optimizer = optimizer_class(1e-3)
        optimizer.build([variable])
        optimizer.apply([rows], [variable])
        moments.append(float(optimizer._velocities[0].numpy()[1, 0]))
    assert moments == pytest.approx([2e-3, 4e-3], rel=1e-4)


DEVICES = """
import keras, numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from kerasnlp_tutorial import training
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
with strategy.scope():
    model = keras.Sequential([keras.Input((1,), dtype="int32"), keras.layers.Embedding(3, 1)])
    model.compile(training.adamw(1e-3, 0.0), "mae")
with training.fast_steps(model):  # one token on both devices
    model.fit(np.ones((2, 1), "int32"), np.full((2, 1, 1), 9.0), 2, verbose=0)
print(model.optimizer._velocities[0].numpy()[1, 0])
"""


def test_rows_of_several_devices_are_summed():
    assert float(printed_by(DEVICES)[-1]) == pytest.approx(1e-3, rel=1e-3)


@pytest.mark.parametrize(
    "change", ["float64", "accumulation", "amsgrad", "ema", "clipnorm"]
)
def test_other_options_train_as_without_the_kernel(change):
    weights = []
    for fast in (False, True):
        keras.utils.set_random_seed(1)
        model = two_parts(change if "float" in change else "float32")
        options = {
            "accumulation": {"gradient_accumulation_steps": 2},
            "amsgrad": {"amsgrad": True},
            "ema": {"use_ema": True, "ema_momentum": 0.9},
            "clipnorm": {"clipnorm": 0.1},
        }
        optimizer = training.SummedAdamW(1e-2, **options.get(change, {}))
        model.compile(optimizer, "mse", jit_compile=False)
        with training.fast_steps(model, fast):
            for x, y in batches():
                model.train_on_batch(x, y)
            optimizer.finalize_variable_values(model.trainable_variables)
        weights.append([np.asarray(w, "float32") for w in model.get_weights()])
    for a, b in zip(*weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_weights_that_do_not_decay_are_the_same_ones():
    # Keras goes by the path, in which a layer's name stands too.
    kernels = []
    for fast in (False, True):
        keras.utils.set_random_seed(1)
        dense = keras.layers.Dense(1, use_bias=False, name="gamma_head")
        model = keras.Sequential([keras.Input((2,)), dense])
        model.compile(training.adamw(1e-2, 0.5), "mse", jit_compile=False)
        with training.fast_steps(model, fast):
            model.train_on_batch(np.ones((2, 2)), np.ones((2, 1)))
        kernels.append(dense.get_weights()[0])
    np.testing.assert_allclose(*kernels, atol=1e-6)


def test_a_model_with_it_is_saved_and_opened_by_keras(tmp_path):
    _, model = trained(fused=True)
    model.save(tmp_path / "model.keras")
    opened = keras.saving.load_model(tmp_path / "model.keras")
    assert type(opened.optimizer) is training.SummedAdamW
    assert int(opened.optimizer.iterations) == STEPS
