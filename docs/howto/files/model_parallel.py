"""Train BERT and GPT-2 in shards: each of 2 replicas lies on 4 devices."""

import os

os.environ["KERAS_BACKEND"] = "jax"
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=8"  # CPUs

import keras
import keras_nlp
import numpy as np

SIZE = {"num_layers": 2, "num_heads": 4, "hidden_dim": 64, "intermediate_dim": 256}
SIZE |= {"vocabulary_size": 1000, "max_sequence_length": 32, "dropout": 0.0}

mesh = keras.distribution.DeviceMesh((2, 4), ("batch", "model"))
layouts = keras.distribution.LayoutMap(mesh)
layouts["token_embedding/embeddings"] = ("model", None)  # rows
layouts[".*/(query|key|value)/kernel"] = (None, "model", None)  # heads
layouts[".*/(query|key|value)/bias"] = ("model", None)
layouts[".*/attention_output/kernel"] = ("model", None, None)
layouts[".*/feedforward_intermediate_dense/kernel"] = (None, "model")
layouts[".*/feedforward_intermediate_dense/bias"] = ("model",)
layouts[".*/feedforward_output_dense/kernel"] = ("model", None)
sharded = keras.distribution.ModelParallel(layout_map=layouts)


def losses(name, distribution):
    keras.distribution.set_distribution(distribution)
    keras.utils.set_random_seed(7)
    ids = np.random.default_rng(0).integers(5, 1000, (16, 32))
    x, y = {"token_ids": ids, "padding_mask": ids > 0}, ids
    if name == "BERT":
        model = keras_nlp.models.BertMaskedLM(keras_nlp.models.BertBackbone(**SIZE))
        x |= {"segment_ids": 0 * ids, "mask_positions": np.arange(32) + 0 * ids}
    else:
        model = keras_nlp.models.GPT2CausalLM(keras_nlp.models.GPT2Backbone(**SIZE))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.AdamW(1e-3), loss=loss)
    history = model.fit(x, y, batch_size=16, epochs=5, verbose=0)
    for v in model.variables if distribution else []:
        shard = v.value.sharding.shard_shape(v.shape)
        if shard != v.shape and "layer_1" not in v.path:
            print(f"{v.path}: {v.shape} -> {shard}")
    return np.array(history.history["loss"])


for name in ("BERT", "GPT-2"):
    whole, parts = losses(name, None), losses(name, sharded)
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-4)
    print(name, whole.round(4), "largest difference", np.abs(parts - whole).max())
