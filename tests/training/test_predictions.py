import gc
import weakref

import keras
import keras_nlp
import numpy as np
import pytest
from helpers import HARD_TEXTS

from kerasnlp_tutorial import training
from kerasnlp_tutorial.models import (
    BertTokenClassifier,
    PromptTunedTextClassifier,
    PromptTunedTextClassifierPreprocessor,
)
from kerasnlp_tutorial.training import predictions


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_logits_come_in_the_order_of_the_inputs(
    preprocessor, small_model, texts_of_lengths, batch_size
):
    model = small_model()
    texts = texts_of_lengths([9, 0, 17, 3, 3, 1, 12, 9])
    logits = training.predict_logits(
        model, training.encode(preprocessor, texts), batch_size
    )
    np.testing.assert_allclose(logits, model.predict(texts, verbose=0), atol=1e-5)
    assert model.preprocessor is preprocessor


def prompt_tuned(model, preprocessor):
    return PromptTunedTextClassifier(
        keras_nlp.models.BertMaskedLM(model.backbone),
        PromptTunedTextClassifierPreprocessor(
            preprocessor.tokenizer, "[MASK] {text}", sequence_length=16
        ),
        label_ids=[5, 6],
        prompt_length=3,
        mask_token_id=4,
    )


def with_lora(model, preprocessor):
    model.backbone.enable_lora(2)
    for weight in model.weights:
        if "lora" in weight.path:
            weight.assign(np.full(weight.shape, 0.5))
    return model


@pytest.mark.parametrize(
    "change",
    [lambda model, _: model, with_lora, prompt_tuned],
    ids=lambda f: f.__name__,
)
def test_few_texts_have_the_logits_of_many(
    preprocessor, small_model, texts_of_lengths, change
):
    model = change(small_model(), preprocessor)
    texts = [*texts_of_lengths([9, 0, 30, 3, 1, 12]), *HARD_TEXTS]
    features = training.encode(model.preprocessor, texts)
    many = training.predict_logits(model, features, batch_size=2)
    # One by one, twice: the first call is not compiled. Then all as one batch.
    for _ in range(2):
        for text, logits in zip(texts, many, strict=True):
            encoded = training.encode(model.preprocessor, [text])
            (few,) = training.predict_logits(model, encoded, batch_size=2)
            np.testing.assert_allclose(few, logits, atol=1e-5)
    few = training.predict_logits(model, features, batch_size=99)
    assert few.dtype == "float32"
    np.testing.assert_allclose(few, many, atol=1e-5)
    np.testing.assert_allclose(few, model.predict(texts, verbose=0), atol=1e-5)


def test_outputs_of_tokens_are_those_of_predict(
    preprocessor, small_model, texts_of_lengths
):
    model = BertTokenClassifier(small_model().backbone, num_classes=3)
    x = preprocessor(texts_of_lengths([9, 0, 1, 5]))
    x = {name: np.asarray(values, "int32") for name, values in x.items()}
    expected = model.predict(x, verbose=0)
    assert expected.shape == (4, 20, 3)
    for batch_size, width in [(1, 20), (4, 16)]:
        for _ in range(2):
            outputs = training.predict_outputs(model, x, batch_size)
            assert outputs.shape == (4, width, 3)
            real = x["padding_mask"][:, :width].astype(bool)
            wanted = expected[:, :width][real]
            np.testing.assert_allclose(outputs[real], wanted, atol=1e-5)


def test_changed_weights_count(preprocessor, small_model):
    model = small_model()
    features = training.encode(preprocessor, ["가 나"])
    for _ in range(3):
        training.predict_logits(model, features, 4)
    model.set_weights([weight + 0.1 for weight in model.get_weights()])
    with training.already_encoded(model):
        x = predictions._padded(features, 0, None)
        expected = keras.ops.convert_to_numpy(model(x))
    found = training.predict_logits(model, features, 4)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_model_is_freed_after_predictions(preprocessor, small_model):
    model = small_model()
    for _ in range(2):
        training.predict_logits(model, training.encode(preprocessor, ["가"]), 4)
    freed = weakref.ref(model)
    del model
    gc.collect()
    assert freed() is None
