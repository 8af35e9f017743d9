import dataclasses

import keras
import numpy as np
import pytest

from kerasnlp_tutorial.chapters import ch01_transfer_learning as ch01
from kerasnlp_tutorial.chapters import ch04_document_classification as ch04
from kerasnlp_tutorial.datasets import LabeledText
from kerasnlp_tutorial.in_context import InContextClassifier
from kerasnlp_tutorial.tiny_models import tiny_gpt


@pytest.fixture(scope="module")
def gpt():
    keras.utils.set_random_seed(7)
    shots = [shot.text for shot in ch01.EXAMPLES]
    return tiny_gpt([*ch01.PROVERBS, *shots, "최고 최악 한마디로"])


# === The model of words ===


def test_probabilities_of_scores():
    np.testing.assert_allclose(ch01.softmax(np.array([0.0, 0.0])), [0.5, 0.5])
    np.testing.assert_allclose(ch01.softmax(np.log([3.0, 1.0])), [0.75, 0.25])
    assert ch01.softmax(np.array([1000.0, 0.0])).tolist() == [1.0, 0.0]


def test_a_step_goes_down_the_gradient_of_the_loss():
    text, label = "정말 재미있는 영화", "긍정"
    weights = ch01.new_weights(ch01.TOY_REVIEWS)
    generator = np.random.default_rng(7)
    weights = {word: generator.normal(size=2) for word in weights}

    def loss(changed):
        return -np.log(ch01.classify(changed, text)[ch01.LABELS.index(label)])

    slopes = {}
    for word in weights:
        for i in range(2):
            moved = {w: v.copy() for w, v in weights.items()}
            moved[word][i] += 1e-6
            slopes[word, i] = (loss(moved) - loss(weights)) / 1e-6
    before = {word: values.copy() for word, values in weights.items()}
    assert ch01.train_step(weights, text, label, 0.1) == pytest.approx(loss(before))
    for (word, i), slope in slopes.items():
        step = weights[word][i] - before[word][i]
        assert step == pytest.approx(-0.1 * slope, abs=1e-5)


def test_the_toy_reviews_are_learnt():
    weights = ch01.new_weights(ch01.TOY_REVIEWS)
    assert ch01.classify(weights, "정말").tolist() == [0.5, 0.5]
    ch01.epoch_losses(weights)
    for text, label in ch01.TOY_REVIEWS:
        assert ch01.classify(weights, text)[ch01.LABELS.index(label)] > 0.8
    assert ch01.classify(weights, "처음 듣는 말").tolist() == [0.5, 0.5]


def test_losses_of_small_good_and_large_steps():
    slow, good, large = (
        ch01.epoch_losses(ch01.new_weights(ch01.TOY_REVIEWS), rate)
        for rate in (0.01, 0.5, 50)
    )
    assert len(good) == 20 and good == sorted(good, reverse=True)
    assert good[-1] < 0.1 < 0.5 < slow[-1] < slow[0] < good[0] < large[0]


# === Downstream ===


def test_quick_settings_are_shorter():
    quick, whole = vars(ch01.Config.quick()), vars(ch01.Config())
    assert all(quick[name] < value for name, value in whole.items())


def test_accuracies_of_a_training_that_overfits():
    config = ch04.Config.quick(learning_rate=0.01, max_train_examples=40)
    splits = ch04.load_examples(config)
    same = dataclasses.replace(splits, test=splits.train)
    model = ch04.build_model(config, same)
    scores = ch01.accuracies(model, config, same, epochs=12)
    assert len(scores) == 13 and scores[-1] > 0.9 > scores[0]


def test_in_context_accuracy(gpt):
    examples = [LabeledText("티끌 모아 태산", "긍정"), LabeledText("소 잃고", "부정")]
    for shots in ([], ch01.EXAMPLES):
        ask = InContextClassifier(gpt, ch01.WORDS, shots, ch01.TEMPLATE)
        answers = ask([e.text for e in examples]).argmax(axis=1)
        expected = np.mean(answers == [0, 1])  # WORDS begins with 긍정
        assert ch01.in_context_accuracy(gpt, examples, shots) == expected
