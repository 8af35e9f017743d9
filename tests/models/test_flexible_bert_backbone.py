import keras
import keras_nlp
import numpy as np
import pytest

from kerasnlp_tutorial.models import FlexibleBertBackbone, FlexibleBertMaskedLM
from kerasnlp_tutorial.tokenizers import KoreanBertTokenizer

SIZE = {
    "vocabulary_size": 9,
    "num_layers": 2,
    "num_heads": 2,
    "hidden_dim": 16,
    "intermediate_dim": 32,
    "dropout": 0.0,
    "max_sequence_length": 8,
}
IDS = np.array([[2, 5, 6, 7, 3]], "int32")
X = {"token_ids": IDS, "segment_ids": 0 * IDS, "padding_mask": IDS**0}


@pytest.fixture(scope="module")
def plain():
    keras.utils.set_random_seed(7)
    backbone = keras_nlp.models.BertBackbone(**SIZE)
    backbone.set_weights(
        [w + 0.3 * np.random.randn(*w.shape) for w in backbone.get_weights()]
    )
    return backbone


def flexible(plain, **changes):
    backbone = FlexibleBertBackbone(**SIZE, **changes)
    backbone.set_weights(plain.get_weights())
    return backbone


def output(backbone):
    return np.array(backbone(X)["sequence_output"])


def test_it_can_be_a_plain_bert(plain):
    ours = flexible(plain, activation="gelu_new", layer_norm_epsilon=1e-12)
    np.testing.assert_allclose(output(ours), output(plain), atol=1e-6)


@pytest.mark.parametrize(
    "changes",
    [{"activation": "gelu"}, {"activation": "relu"}, {"layer_norm_epsilon": 0.1}],
)
def test_both_arguments_change_the_output_and_are_saved(plain, changes, tmp_path):
    ours = flexible(plain, **{"activation": "gelu_new"} | changes)
    assert np.abs(output(ours) - output(plain)).max() > 1e-5
    ours.save_to_preset(str(tmp_path / "preset"))
    ours.save(tmp_path / "model.keras")
    for copy in (
        keras_nlp.models.BertBackbone.from_preset(str(tmp_path / "preset")),
        keras_nlp.models.Backbone.from_preset(str(tmp_path / "preset")),
        keras.saving.load_model(tmp_path / "model.keras"),
    ):
        np.testing.assert_allclose(output(copy), output(ours), atol=1e-6)


def test_tasks_of_kerasnlp_open_its_presets(plain, tmp_path):
    tokenizer = KoreanBertTokenizer(
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "배가", "산", "##에", "간다"]
    )
    preprocessor = keras_nlp.models.BertTextClassifierPreprocessor(tokenizer, 8)
    task = keras_nlp.models.BertTextClassifier(
        flexible(plain), num_classes=3, preprocessor=preprocessor
    )
    task.save_to_preset(str(tmp_path / "task"))
    copy = keras_nlp.models.BertTextClassifier.from_preset(str(tmp_path / "task"))
    assert isinstance(copy.backbone, FlexibleBertBackbone)
    texts = ["배가 산에 간다"]
    np.testing.assert_allclose(
        copy.predict(texts, verbose=0), task.predict(texts, verbose=0), atol=1e-6
    )


def test_the_head_that_fills_gaps_is_as_its_backbone(plain):
    x = X | {"mask_positions": np.array([[1, 2]], "int32")}
    tasks = [
        FlexibleBertMaskedLM(flexible(plain, activation=name))
        for name in ("relu", "gelu")
    ]
    tasks[1].set_weights(tasks[0].get_weights())
    assert np.abs(np.array(tasks[0](x)) - np.array(tasks[1](x))).max() > 1e-5
    assert tasks[0].masked_lm_head.get_config()["intermediate_activation"] == "relu"


def test_it_is_not_equal_to_other_classes():
    assert FlexibleBertBackbone == keras_nlp.models.BertBackbone
    assert FlexibleBertBackbone == FlexibleBertBackbone
    assert FlexibleBertBackbone != keras_nlp.models.GPT2Backbone
    registered = keras.saving.get_registered_name
    assert registered(FlexibleBertBackbone) == "kerasnlp_tutorial>FlexibleBertBackbone"
    assert registered(keras_nlp.models.BertBackbone) == "keras_hub>BertBackbone"
