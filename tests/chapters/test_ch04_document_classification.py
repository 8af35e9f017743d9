import dataclasses
import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from kerasnlp_tutorial import metrics, training
from kerasnlp_tutorial.chapters import ch04_document_classification as ch04
from kerasnlp_tutorial.datasets import LabeledText, Splits
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.trained import load_trained


@pytest.fixture(scope="module")
def splits():
    return ch04.load_examples(ch04.Config.quick())


@pytest.fixture(scope="module")
def model(splits):
    return ch04.build_model(ch04.Config.quick(), splits)


def test_splits_do_not_overlap_and_test_is_untouched(splits):
    train, validation, test = (
        {example.text for example in part}
        for part in (splits.train, splits.validation, splits.test)
    )
    assert (len(train), len(validation), len(test)) == (180, 20, 1040)
    assert not train & validation and not (train | validation) & test
    other_seed = ch04.load_examples(ch04.Config.quick(seed=8))
    assert other_seed.test == splits.test and other_seed.train != splits.train


def test_own_file_of_three_classes_holds_out_its_test_set(reviews_file):
    path = reviews_file(labels=("긍정", "중립", "부정"))
    splits = ch04.load_examples(ch04.Config(train_file=str(path)))
    assert splits.labels == ("긍정", "부정", "중립")
    assert {example.label for example in splits.test} == set(splits.labels)
    parts = [len(part) for part in (splits.train, splits.validation, splits.test)]
    assert sum(parts) == 60 and min(parts) >= 3


def test_majority():
    train = [LabeledText("", "a"), LabeledText("", "b"), LabeledText("", "b")]
    test = [
        LabeledText("", "b"),
        LabeledText("", "a"),
        LabeledText("", "a"),
        LabeledText("", "a"),
    ]
    assert ch04.majority_accuracy(Splits(train, [], test, ("a", "b"))) == 0.25


def test_the_head_by_hand_equals_kerasnlps(model):
    backbone = model.backbone
    sequence_output = backbone.output["sequence_output"]
    logits = ch04.classification_head(sequence_output, num_classes=2, dropout=0.1)
    by_hand = keras.Model(backbone.input, logits)
    by_hand.get_layer("pooler").set_weights(
        backbone.get_layer("pooled_dense").get_weights()
    )
    by_hand.get_layer("logits").set_weights(model.get_layer("logits").get_weights())
    x = model.preprocessor(["배우들 연기가 살아 있네요", "별로"])
    actual = by_hand.predict_on_batch(x)
    with training.already_encoded(model):
        expected = model.predict_on_batch(x)
    np.testing.assert_allclose(actual, expected, atol=1e-6)
    assert np.abs(expected).max() > 1e-4


def test_one_step_changes_every_weight(splits):
    model = ch04.build_model(ch04.Config.quick(dropout=0.0), splits)
    before = [weight.numpy().copy() for weight in model.trainable_weights]
    features = model.preprocessor([example.text for example in splits.train[:32]])
    with training.already_encoded(model):
        model.train_on_batch(features, np.arange(32) % 2)
    unchanged = [
        weight.path
        for weight, old in zip(model.trainable_weights, before, strict=True)
        if np.array_equal(weight.numpy(), old)
    ]
    # The key's bias shifts all scores of a query alike, which softmax ignores.
    assert [path for path in unchanged if "key/bias" not in path] == []


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Three classes that a word gives away, learnt in seconds."""
    folder = tmp_path_factory.mktemp("ch04")
    words = {"긍정": "좋다", "부정": "싫다", "중립": "그렇다"}
    rows = [
        f"오늘 본 영화 {word} {i}\t{label}"
        for i in range(40)
        for label, word in words.items()
    ]
    (folder / "own.tsv").write_text(
        "text\tlabel\n" + "\n".join(rows) + "\n", encoding="utf-8"
    )
    config = ch04.Config.quick(
        train_file=str(folder / "own.tsv"),
        output=str(folder / "run"),
        num_heads=4,
        hidden_dim=64,
        learning_rate=0.002,
        batch_size=8,
        epochs=40,
        vocabulary_size=200,
    )
    return ch04.train(config)


def test_it_learns_what_can_be_learnt(trained):
    assert trained.metrics["accuracy"] == 1.0
    assert trained.metrics["baselines"]["bag_of_words"] == 1.0
    assert trained.metrics["baselines"]["majority"] == pytest.approx(1 / 3)


def test_a_loaded_model_predicts_the_same(trained):
    texts = ["이 영화 좋다", "정말 싫다", "", "😀 " * 200]
    loaded = load_trained(trained.path)
    assert loaded.labels == trained.labels == ("긍정", "부정", "중립")
    assert loaded.config == trained.config
    assert [answer["label"] for answer in ch04.predict(loaded, texts)[:2]] == [
        "긍정",
        "부정",
    ]
    np.testing.assert_allclose(
        ch04.predict_probabilities(loaded, (texts,)),
        ch04.predict_probabilities(trained, (texts,)),
        atol=1e-6,
    )


def test_kerasnlp_itself_opens_the_directory(trained):
    code = (
        "import json, sys, keras_nlp, kerasnlp_tutorial.models\n"
        "model = keras_nlp.models.BertTextClassifier.from_preset(sys.argv[1])\n"
        "print(json.dumps(model.predict(['이 영화 좋다'], verbose=0).tolist()))"
    )
    command = [sys.executable, "-c", code, str(trained.path)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    logits = np.array(json.loads(output.splitlines()[-1]))
    probabilities = keras.ops.softmax(logits, axis=-1)
    np.testing.assert_allclose(
        probabilities,
        ch04.predict_probabilities(trained, (["이 영화 좋다"],)),
        atol=1e-6,
    )


@pytest.mark.slow
def test_the_same_seed_gives_the_same_model(splits, tmp_path):
    runs_ = [
        ch04.train(ch04.Config.quick(output=str(tmp_path / name)))
        for name in ("a", "b")
    ]
    texts = [example.text for example in splits.test[:50]]
    first, second = (ch04.predict_probabilities(run, (texts,)) for run in runs_)
    np.testing.assert_allclose(first, second, atol=1e-6)


def test_predict_nothing(trained):
    assert ch04.predict(trained, []) == []


@pytest.mark.slow
def test_fine_tuning_goes_on_from_a_trained_model(trained, tmp_path):
    config = dataclasses.replace(
        trained.config,
        backbone=str(trained.path),
        output=str(tmp_path / "next"),
        epochs=3,
    )
    assert ch04.train(config).metrics["accuracy"] == 1.0
    with pytest.raises(InputError, match="sequence_length must be at most 128"):
        ch04.build_model(
            ch04.Config(backbone=str(trained.path), sequence_length=129),
            ch04.load_examples(config),
        )


def test_precision_recall_and_f1_by_hand():
    targets, predictions = np.array([0, 0, 0, 1, 2]), np.array([0, 0, 1, 1, 0])
    counts = metrics.confusion_matrix(targets, predictions, 3)
    scores = ch04.class_scores(counts)
    np.testing.assert_allclose(scores[0], [2 / 3, 2 / 3, 2 / 3])
    np.testing.assert_allclose(scores[1], [1 / 2, 1, 2 / 3])
    np.testing.assert_allclose(scores[2], [0, 0, 0])
    macro_f1 = metrics.macro_f1(targets, predictions, 3)
    assert scores[:, 2].mean() == pytest.approx(macro_f1)


@pytest.mark.parametrize(("steps", "epochs"), [(3125, 3), (37, 7), (4, 15), (1, 15)])
def test_few_examples_are_seen_more_often(steps, epochs):
    assert ch04.choose_epochs(ch04.Config(), steps) == epochs
    assert ch04.choose_epochs(ch04.Config(epochs=2), steps) == 2
    assert ch04.choose_epochs(ch04.Config(), steps, aim=500) <= 31


def test_solution_shuffled_words_are_the_same_words():
    examples = [LabeledText(f"하나 둘  셋 넷 다섯 여섯 {i}", "긍정") for i in range(20)]
    shuffled = ch04.shuffle_words(examples, seed=1)
    assert [sorted(x.text.split()) for x in shuffled] == [
        sorted(x.text.split()) for x in examples
    ]
    assert shuffled != examples and {x.label for x in shuffled} == {"긍정"}
    assert shuffled == ch04.shuffle_words(examples, seed=1)
    assert ch04.shuffle_words([LabeledText("", "긍정")], 1) == [LabeledText("", "긍정")]


def test_solution_mean_pooling_leaves_out_the_padding():
    sequence_output = keras.Input((None, 4))
    padding_mask = keras.Input((None,), dtype="int32")
    logits = ch04.mean_pooling_head(sequence_output, padding_mask, 3, dropout=0.1)
    model = keras.Model([sequence_output, padding_mask], logits)
    vectors = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")
    mask = np.array([[1, 1, 0, 0, 0], [1, 1, 1, 1, 1]])
    means = np.stack([vectors[0, :2].mean(axis=0), vectors[1].mean(axis=0)])
    kernel, bias = model.get_layer("logits").get_weights()
    actual = model.predict_on_batch([vectors, mask])
    np.testing.assert_allclose(actual, means @ kernel + bias, atol=1e-6)


def test_solution_accuracy_by_confidence():
    probabilities = np.array([[0.55, 0.45], [0.3, 0.7], [0.05, 0.95], [1.0, 0.0]])
    targets = np.array([1, 1, 1, 1])
    rows = ch04.accuracy_by_confidence(
        probabilities, targets, [0.5, 0.6, 0.8, 0.9, 1.0]
    )
    assert rows == [(0.5, 0.6, 1, 0.0), (0.6, 0.8, 1, 1.0), (0.9, 1.0, 2, 0.5)]
