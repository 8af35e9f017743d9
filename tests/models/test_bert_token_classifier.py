import keras
import keras_nlp
import numpy as np
import pytest
import tensorflow as tf

from kerasnlp_tutorial.models import (
    BertTokenClassifier,
    BertTokenClassifierPreprocessor,
    KoreanBertTokenizer,
)

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "이순", "##신", "##은"]
VOCABULARY += ["서울", "##에", "갔다"]
TEXTS = ["이순신은 서울에 갔다", "갔다", ""]
SPANS = [[[0, 3, 0], [5, 7, 1]], [], []]


def ragged_spans(rows):
    flat = [span for row in rows for span in row]
    flat = tf.reshape(tf.constant(flat, "int32"), (-1, 3))
    return tf.RaggedTensor.from_row_lengths(flat, [len(row) for row in rows])


@pytest.fixture
def preprocessor():
    tokenizer = KoreanBertTokenizer(VOCABULARY)
    return BertTokenClassifierPreprocessor(tokenizer, ["PER", "LOC"], 10)


@pytest.fixture
def model(preprocessor):
    keras.utils.set_random_seed(7)
    backbone = keras_nlp.models.BertBackbone(
        vocabulary_size=len(VOCABULARY),
        num_layers=1,
        num_heads=2,
        hidden_dim=16,
        intermediate_dim=16,
        max_sequence_length=10,
        dropout=0.0,
    )
    return BertTokenClassifier(backbone, 5, preprocessor, dropout=0.0)


def test_features_tags_and_weights(preprocessor):
    x, y, weights = preprocessor(TEXTS, ragged_spans(SPANS))
    assert np.array(x["token_ids"])[0].tolist() == [2, 5, 6, 7, 8, 9, 10, 3, 0, 0]
    assert np.array(x["padding_mask"]).sum(axis=1).tolist() == [8, 3, 2]
    assert not np.any(x["segment_ids"])
    assert preprocessor.tags == ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
    assert np.array(y)[0].tolist() == [0, 1, 2, 0, 3, 0, 0, 0, 0, 0]
    assert np.array(weights).tolist()[1] == [0, 1] + [0] * 8
    assert np.array(weights).sum(axis=1).tolist() == [6, 1, 0]


def test_what_does_not_fit_is_cut_off(preprocessor):
    preprocessor.sequence_length = 5
    x, y, weights = preprocessor(TEXTS[:1], ragged_spans(SPANS[:1]))
    assert np.array(x["token_ids"]).tolist() == [[2, 5, 6, 7, 3]]
    assert np.array(y).tolist() == [[0, 1, 2, 0, 0]]
    assert np.array(weights).tolist() == [[0, 1, 1, 1, 0]]
    # An entity of three tokens, of which two fit.
    preprocessor.sequence_length = 4
    x, y, weights = preprocessor(TEXTS[:1], ragged_spans([[[0, 4, 0]]]))
    assert np.array(x["token_ids"]).tolist() == [[2, 5, 6, 3]]
    assert np.array(y).tolist() == [[0, 1, 2, 0]]
    assert np.array(weights).tolist() == [[0, 1, 1, 0]]


def test_it_learns_from_texts_and_spans(model):
    model.compile(optimizer=keras.optimizers.Adam(0.01))
    dataset = tf.data.Dataset.from_tensor_slices((TEXTS, ragged_spans(SPANS)))
    model.fit(dataset.repeat(20).batch(5), epochs=6, verbose=0)
    best = model.predict(TEXTS, verbose=0).argmax(axis=-1)
    assert best[0, 1:7].tolist() == [1, 2, 0, 3, 0, 0]


def test_padding_and_special_tokens_do_not_count(model):
    x, y, weights = model.preprocessor(TEXTS, ragged_spans(SPANS))
    model.preprocessor = None
    model.compile()
    before = model.evaluate(x, y, sample_weight=weights, verbose=0, return_dict=True)
    changed = np.where(np.array(weights) == 0, 3, np.array(y))
    after = model.evaluate(
        x, changed, sample_weight=weights, verbose=0, return_dict=True
    )
    assert after == before and before["loss"] > 0


def test_save_and_load(model, tmp_path):
    expected = model.predict(TEXTS, verbose=0)
    model.save_to_preset(str(tmp_path / "preset"))
    loaded = BertTokenClassifier.from_preset(str(tmp_path / "preset"))
    assert loaded.preprocessor.tags == model.preprocessor.tags
    np.testing.assert_allclose(loaded.predict(TEXTS, verbose=0), expected, atol=1e-6)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict(TEXTS, verbose=0), expected, atol=1e-6)
