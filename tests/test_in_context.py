import keras
import keras_nlp
import numpy as np
import pytest

from kerasnlp_tutorial.datasets import LabeledText
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.in_context import InContextClassifier
from kerasnlp_tutorial.tokenizers import ByteLevelBPE

TEXTS = ["연기가 좋다", "너무 지루하다", "보통이다"]
WORDS = {"긍정": "재미있다", "부정": "재미없다"}
SHOTS = [LabeledText("최고", "긍정"), LabeledText("별로", "부정")]


@pytest.fixture(scope="module")
def model():
    bpe = ByteLevelBPE.train([*TEXTS, *WORDS.values()] * 2, 320)
    keras.utils.set_random_seed(7)
    tokenizer = keras_nlp.tokenizers.GPT2Tokenizer(bpe.vocabulary, bpe.merges)
    backbone = keras_nlp.models.GPT2Backbone(
        len(bpe.vocabulary), 1, 2, 16, 32, max_sequence_length=96
    )
    for weights in backbone.weights:  # else all tokens are equally likely
        weights.assign(4 * weights + 0.1 * keras.random.normal(weights.shape, seed=7))
    preprocessor = keras_nlp.models.GPT2CausalLMPreprocessor(tokenizer, 96)
    return keras_nlp.models.GPT2CausalLM(backbone, preprocessor)


def by_hand(model, context, word):
    """The product of the probabilities of a word's tokens, one at a time."""
    tokenizer = model.preprocessor.tokenizer
    end = tokenizer.end_token_id
    ids = [end, *map(int, tokenizer(context))]
    answer = list(map(int, tokenizer(" " + word)))
    share = 1.0
    for token in answer:
        x = np.array([ids], "int32")
        logits = model({"token_ids": x, "padding_mask": np.ones_like(x)})[0, -1]
        share *= float(keras.ops.softmax(logits)[token])
        ids.append(token)
    return share


@pytest.mark.parametrize("shots", [[], SHOTS[:1], SHOTS])
@pytest.mark.parametrize("calibrate", [False, True])
def test_scores_by_hand(model, shots, calibrate):
    shown = "".join(f"{s.text} {WORDS[s.label]}\n" for s in shots)

    def shares(text):
        context = (shown + text).rstrip(" ")
        found = np.array([by_hand(model, context, word) for word in WORDS.values()])
        return found / found.sum()

    classify = InContextClassifier(model, WORDS, shots, calibrate=calibrate)
    expected = np.array([shares(text) for text in TEXTS])
    if calibrate:
        expected /= np.mean([shares(text) for text in ("", "...", "N/A")], axis=0)
        expected /= expected.sum(axis=1, keepdims=True)
    found = classify(TEXTS)
    assert classify.labels == ("긍정", "부정") and found.shape == (3, 2)
    np.testing.assert_allclose(found, expected, rtol=2e-3)


def test_no_weight_changes_and_no_label_is_needed(model):
    before = model.get_weights()
    InContextClassifier(model, WORDS)(TEXTS)
    assert all(map(np.array_equal, before, model.get_weights()))


def test_a_text_does_not_depend_on_its_neighbours(model):
    classify = InContextClassifier(model, WORDS, SHOTS)
    together = classify(TEXTS)
    for text, row in zip(TEXTS, together, strict=True):
        np.testing.assert_allclose(classify([text])[0], row, rtol=1e-3)
    assert InContextClassifier(model, WORDS)([]).shape == (0, 2)


def test_calibration_undoes_a_prejudice(model):
    classify = InContextClassifier(model, WORDS)
    mean = classify(["", "...", "N/A"]).mean(axis=0)
    np.testing.assert_allclose(mean, 0.5, atol=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"template": "{label} {text}"}, "must have one {text} and end in {label}"),
        ({"template": "{label}"}, "must have one {text}"),
        ({"label_words": {"긍정": "좋다"}}, "at least two labels"),
        ({"label_words": {"긍정": "좋다", "부정": "좋다"}}, "with different words"),
        ({"shots": [LabeledText("글", "중립")]}, "received .'중립'"),
    ],
    ids=str,
)
def test_what_cannot_work(model, options, message):
    with pytest.raises(InputError, match=message):
        InContextClassifier(model, **{"label_words": WORDS} | options)


def test_more_than_the_model_reads(model):
    classify = InContextClassifier(model, WORDS)
    with pytest.raises(InputError, match="reads 96 tokens; .*: '뷁뷁"):
        classify(["좋다", "뷁" * 40])


def test_a_model_without_a_longest_text(model):
    keras.utils.set_random_seed(7)
    size = model.preprocessor.tokenizer.vocabulary_size()
    backbone = keras_nlp.models.GemmaBackbone(size, 1, 2, 1, 16, 32, 8)
    gemma = keras_nlp.models.GemmaCausalLM(backbone, model.preprocessor)
    classify = InContextClassifier(gemma, WORDS, calibrate=False)
    text = "뷁" * 40
    found = np.array([by_hand(gemma, text, word) for word in WORDS.values()])
    np.testing.assert_allclose(classify([text])[0], found / found.sum(), rtol=2e-3)
