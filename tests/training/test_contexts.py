import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasnlp_tutorial import training
from kerasnlp_tutorial.training import contexts

for_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="for TensorFlow"
)


def test_a_cpu_multiplies_in_bfloat16_only_while_fitting(monkeypatch):
    options = tf.config.optimizer.get_experimental_options
    name = "auto_mixed_precision_onednn_bfloat16"
    monkeypatch.setattr(contexts, "_has_bfloat16_instructions", lambda: True)
    with training.matrix_products("auto"):
        assert options()[name]
    assert not options()[name]
    with training.matrix_products("float32"):
        assert not options()[name]
    monkeypatch.setattr(contexts, "_has_bfloat16_instructions", lambda: False)
    with training.matrix_products("auto"):
        assert not options()[name]


@for_tensorflow
def test_a_step_is_traced_once(tmp_path):
    traced = []

    class Counted(keras.layers.Layer):
        def call(self, inputs, training=False):
            if training and not tf.executing_eagerly():
                traced.append(inputs)
            return inputs

    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(2)(Counted()(inputs)))
    model.preprocessor = None
    model.compile(
        training.adamw(1e-2, 0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    x, y = np.ones((8, 3), "float32"), np.zeros(8, "int32")
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(2)
    best_epoch = training.BestEpoch(tmp_path, "val_accuracy", dataset)
    with training.fitting(model, dataset, best_epoch):
        model.fit(
            dataset,
            validation_data=dataset,
            epochs=2,
            callbacks=[best_epoch],
            verbose=0,
        )
    assert len(traced) == 1


@for_tensorflow
def test_an_optimizer_keeps_the_state_that_it_has(tmp_path):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.preprocessor = None
    optimizer = keras.optimizers.LossScaleOptimizer(training.adamw(1e-2, 0.01))
    model.compile(optimizer, "mse", jit_compile=False)
    optimizer.build(model.trainable_variables)
    optimizer.dynamic_scale.assign(8.0)
    count = len(optimizer.variables)
    dataset = tf.data.Dataset.from_tensors((np.ones((2, 3)), np.ones((2, 1))))
    best_epoch = training.BestEpoch(tmp_path, "val_loss", dataset)
    with training.fitting(model, dataset, best_epoch):
        assert len(optimizer.variables) == count
        assert float(optimizer.dynamic_scale) == 8.0
