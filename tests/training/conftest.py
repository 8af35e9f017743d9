"""A model that learns in a second."""

from functools import partial

import keras
import keras_nlp
import pytest

from kerasnlp_tutorial import training
from kerasnlp_tutorial.tokenizers import KoreanBertTokenizer

VOCABULARY = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    *"가나다라마바사",
    "##가",
    "##나",
]


@pytest.fixture
def preprocessor():
    return keras_nlp.models.BertTextClassifierPreprocessor(
        KoreanBertTokenizer(VOCABULARY), sequence_length=20
    )


@pytest.fixture
def small_model(preprocessor):
    """A function that makes the same model each time."""
    return partial(_small_model, preprocessor)


def _small_model(preprocessor, dropout=0.0):
    keras.utils.set_random_seed(1)
    backbone = keras_nlp.models.BertBackbone(
        len(VOCABULARY), 1, 2, 8, 16, dropout=dropout, max_sequence_length=20
    )
    model = keras_nlp.models.BertTextClassifier(
        backbone, 3, preprocessor=preprocessor, dropout=dropout
    )
    model.compile(
        training.adamw(1e-2, 0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        jit_compile=False,
    )
    return model


@pytest.fixture
def texts_of_lengths():
    """A function that makes a text of so many words for each number."""
    return _texts_of_lengths


def _texts_of_lengths(lengths):
    return [
        " ".join("가나다라마바사"[(i + j) % 7] for j in range(n))
        for i, n in enumerate(lengths)
    ]
