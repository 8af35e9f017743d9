import dataclasses

import keras
import numpy as np
import pytest
from kerasnlp_tutorial.chapters import ch01_transfer_learning as ch01
from kerasnlp_tutorial.chapters import ch04_document_classification as ch04

from kerasnlp_tutorial import runs, transfer
from kerasnlp_tutorial.checkpoints import load_masked_lm
from kerasnlp_tutorial.datasets import LabeledText
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.in_context import InContextClassifier


@pytest.fixture(scope="module")
def bert():
    return load_masked_lm("bert_mini_ko")


@pytest.fixture(scope="module")
def gpt():
    keras.utils.set_random_seed(7)
    return ch01.tiny_gpt([*ch01.PROVERBS, "최고 최악 한마디로"])


@pytest.fixture(scope="module")
def splits():
    return ch04.load_examples(ch04.Config())


def test_the_next_word_is_learnt():
    keras.utils.set_random_seed(7)
    words = [" 태산", " 새우"]
    shares = ch01.watch_next_word(ch01.PROVERBS, "티끌 모아", words)
    assert [len(values) for values in shares.values()] == [60, 60]
    assert max(values[0] for values in shares.values()) < 0.1
    assert shares[" 태산"][-1] > 0.8 and shares[" 새우"][-1] < 0.05


def test_the_gap_is_learnt():
    keras.utils.set_random_seed(7)
    words = ["모아", "말이"]
    shares = ch01.watch_gap(ch01.PROVERBS, "티끌 [MASK] 태산", words)
    assert shares["모아"][0] < 0.1
    assert shares["모아"][-1] > 0.5 > shares["말이"][-1]


def test_what_the_next_word_batch_asks(gpt):
    tokenizer = gpt.preprocessor.tokenizer
    x, y, weights = ch01.next_word_batch(
        gpt, ["티끌 모아 태산", "소 잃고 외양간 고친다"]
    )
    end, pad = tokenizer.end_token_id, tokenizer.pad_token_id
    first = [end, *map(int, tokenizer("티끌 모아 태산")), end, pad]
    assert x["token_ids"][0].tolist() == first[:-1]
    assert y[0].tolist() == first[1:]
    assert weights.tolist() == [[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]
    assert x["padding_mask"].tolist() == [[1, 1, 1, 1, 1], [1, 1, 1, 1, 1]]


def test_questions_from_a_sentence():
    assert ch01.next_word_questions("소 잃고 외양간") == [
        ("소", "잃고"),
        ("소 잃고", "외양간"),
    ]
    assert ch01.gap_questions("소 잃고 외양간") == [
        ("[MASK] 잃고 외양간", "소"),
        ("소 [MASK] 외양간", "잃고"),
        ("소 잃고 [MASK]", "외양간"),
    ]
    assert ch01.next_word_questions("소") == [] == ch01.gap_questions("")


def test_flipped_labels():
    labels = np.array([0, 1] * 50)
    for share in (0.0, 0.25, 1.0):
        assert (ch01.flipped(labels, share, 7) != labels).mean() == share
    assert labels.tolist() == [0, 1] * 50
    same = ch01.flipped(labels, 0.5, 7)
    assert (same == ch01.flipped(labels, 0.5, 7)).all()
    assert (same != ch01.flipped(labels, 0.5, 8)).any()


def test_a_plane_between_two_clouds():
    generator = np.random.default_rng(7)
    labels = np.array([0, 1] * 40)
    vectors = generator.normal(size=(80, 5)) + 4 * labels[:, np.newaxis]
    right = ch01.linear_accuracy(vectors[:40], labels[:40], vectors[40:], labels[40:])
    assert right == 1
    wrong = ch01.linear_accuracy(
        vectors[:40], 1 - labels[:40], vectors[40:], labels[40:]
    )
    assert wrong == 0


def test_review_vectors(bert, splits):
    vectors, marks = ch01.review_vectors(bert, splits.train[:6])
    assert vectors.shape == (6, 256)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert marks.tolist() == [int(e.label == "긍정") for e in splits.train[:6]]


def test_only_bert_sees_what_follows(bert, gpt):
    ends = ("무너져도 솟아날", "요란하다")
    tokenizer = gpt.preprocessor.tokenizer
    assert ch01.moved(gpt.backbone, tokenizer, "하늘이", ends) < 1e-6
    bert_tokenizer = bert.preprocessor.tokenizer
    assert ch01.moved(bert.backbone, bert_tokenizer, "배가", ends) > 0.01
    assert ch01.moved(bert.backbone, bert_tokenizer, "배가", ends[:1] * 2) < 1e-6


def test_zero_shot_needs_no_label(bert):
    words = transfer.REVIEW_WORDS
    reviews = ["최고의 영화 또 보고 싶다", "돈 아깝다 시간 낭비 쓰레기"]
    assert ch01.gap_answers(bert, reviews, words) == ["긍정", "부정"]
    with pytest.raises(InputError, match="'모르는말이다'} are no tokens"):
        ch01.gap_answers(bert, reviews, {"긍정": "최고", "부정": "모르는말이다"})
    swapped = {"긍정": words["부정"], "부정": words["긍정"]}
    assert ch01.gap_answers(bert, reviews, swapped) == ["부정", "긍정"]


def test_share_right():
    examples = [LabeledText("가", "긍정"), LabeledText("나", "부정")]
    assert ch01.share_right(["긍정", "긍정"], examples) == 0.5


def test_in_context_scores(gpt):
    examples = [LabeledText("티끌 모아 태산", "긍정"), LabeledText("소 잃고", "부정")]
    pool = [*examples, LabeledText("가" * 26, "긍정")]  # too long to be shown
    zero = ch01.in_context_scores(gpt, examples, [], 0, 2)
    assert (zero[:, 0] == zero[:, 1]).all()
    scores = ch01.in_context_scores(gpt, examples, pool, 1, 3)
    assert scores.shape == (2, 3) and set(scores.flat) <= {0.0, 0.5, 1.0}
    texts = [example.text for example in examples]
    for calibrate in (False, True):
        for seed in range(3):
            shots = ch01.choose_shots(pool, 1, seed)
            ask = InContextClassifier(
                gpt, ch01.WORDS, shots, ch01.TEMPLATE, calibrate=calibrate
            )
            answers = [ask.labels[i] for i in ask(texts).argmax(axis=1)]
            right = ch01.share_right(answers, examples)
            assert scores[int(calibrate), seed] == right


def test_shots_are_short_and_of_each_class_as_many():
    pool = [LabeledText(f"글 {i}", "긍정" if i % 3 else "부정") for i in range(30)]
    pool += [LabeledText("가" * 26, "부정")] * 30
    for count in (0, 1, 2, 3, 6):
        shots = ch01.choose_shots(pool, count, 7)
        assert shots == ch01.choose_shots(pool, count, 7)
        assert len({shot.text for shot in shots}) == count
        if count > 1:
            praise = sum(shot.label == "긍정" for shot in shots)
            assert praise in (count // 2, -(-count // 2))
    assert ch01.choose_shots(pool, 6, 8) != shots


def test_span_probabilities():
    ch07 = ch01.registry.find("ch07").load()
    config = ch07.Config.quick()
    splits = ch07.load_examples(config)
    trained = runs.TrainedModel(ch07.build_model(config, splits), (), config)
    tokens, shares = ch01.span_probabilities(trained, ("누가?", "이순신이 이겼다."))
    assert tokens[0] == "[CLS]" and tokens[-1] == "[SEP]"
    assert shares.shape == (2, len(tokens))
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ch04", "ch05", "ch06", "ch07"])
def test_a_few_examples_are_memorised(name):
    trained, few = ch01.memorise(name)
    module = ch01.registry.find(name).load()
    scores = module.evaluate(trained, few)
    # Not the exact match of chapter 7: some tokens hold an answer's end and a particle.
    assert scores["accuracy" if "accuracy" in scores else "f1"] >= 0.75, scores


@pytest.mark.slow
def test_what_each_method_learns(splits):
    few = dataclasses.replace(splits, train=splits.train[:32], test=splits.test[:8])
    learnt, scores = {}, {}
    for method in ch01.METHODS:
        scores[method], learnt[method], _ = ch01.transfer_by(method, few, 2)
    assert {len(values) for values in scores.values()} == {2}
    hidden, classes = 256, 2
    head = hidden * hidden + hidden + hidden * classes + classes
    assert learnt["frozen"] == head
    assert learnt["prompt"] == 20 * hidden
    assert head < learnt["lora"] < learnt["full"] / 10


def test_solution_first_above():
    assert ch01.first_above([0.1, 0.6, 0.2], 0.5) == 1
    assert ch01.first_above([0.1], 0.5) is None
