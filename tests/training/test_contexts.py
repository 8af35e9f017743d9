import tensorflow as tf

from kerasnlp_tutorial import training
from kerasnlp_tutorial.training import contexts


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
