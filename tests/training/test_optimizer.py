import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasnlp_tutorial import training

STEPS = 20


def two_parts():
    """Return an embedding, in which tokens repeat, and a dense layer."""
    ids = keras.Input((5,), dtype="int32")
    vectors = keras.layers.Embedding(7, 4, name="embedding")(ids)
    outputs = keras.layers.Dense(3, name="dense")(keras.ops.mean(vectors, axis=1))
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


def test_a_model_with_it_is_saved_and_opened_by_keras(tmp_path):
    _, model = trained(fused=True)
    model.save(tmp_path / "model.keras")
    opened = keras.saving.load_model(tmp_path / "model.keras")
    assert type(opened.optimizer) is training.SummedAdamW
    assert int(opened.optimizer.iterations) == STEPS
