import json
import random
from collections import defaultdict
from itertools import chain

import keras_nlp
import numpy as np
import pytest

from kerasnlp_tutorial import cli
from kerasnlp_tutorial.chapters import ch05_sentence_pair_classification as ch05
from kerasnlp_tutorial.datasets import LabeledPair, Splits
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.trained import load_trained


@pytest.fixture(scope="module")
def splits():
    return ch05.load_examples(ch05.Config.quick())


@pytest.fixture(scope="module")
def model(splits):
    return ch05.build_model(ch05.Config.quick(), splits)


def test_the_sample(splits):
    parts = (splits.train, splits.validation, splits.test)
    assert [len(part) for part in parts] == [180, 20, 660]
    assert splits.labels == ("거짓", "중립", "참")


def test_segments_tell_the_texts_apart(model):
    tokenizer = model.preprocessor.tokenizer
    x = model.preprocessor((["비가 온다"], ["땅이 젖는다"]), y=None)
    first, second = (list(map(int, tokenizer(t))) for t in ("비가 온다", "땅이 젖는다"))
    cls, sep = tokenizer.cls_token_id, tokenizer.sep_token_id
    expected = [cls, *first, sep, *second, sep]
    ids, segments, mask = (
        np.array(x[name][0]) for name in ("token_ids", "segment_ids", "padding_mask")
    )
    assert ids[: len(expected)].tolist() == expected
    assert mask.sum() == len(expected)
    numbers = [2 if token in first else 1 for token in second]
    assert segments[: len(expected)].tolist() == [0] * (len(first) + 2) + [*numbers, 1]


def test_matches_are_marked_unless_the_settings_say_otherwise(model, splits):
    pair = (["비가 온다"], ["비가 온다"])
    assert 2 in np.asarray(model.preprocessor(pair, y=None)["segment_ids"])
    assert model.backbone.num_segments == 3
    plain = ch05.build_model(ch05.Config.quick(mark_matches=False), splits)
    assert 2 not in np.asarray(plain.preprocessor(pair, y=None)["segment_ids"])
    assert plain.backbone.num_segments == 2


@pytest.mark.parametrize(
    ("lengths", "kept"),
    [((20, 3), (6, 3)), ((3, 20), (3, 6)), ((20, 20), (5, 4)), ((2, 2), (2, 2))],
)
def test_the_longer_text_is_cut_first(model, lengths, kept):
    tokenizer = model.preprocessor.tokenizer
    short = keras_nlp.models.BertTextClassifierPreprocessor(
        tokenizer, sequence_length=12
    )
    texts = tuple([" ".join(["가"] * length)] for length in lengths)
    x = short(texts, y=None)
    segments, mask = np.array(x["segment_ids"][0]), np.array(x["padding_mask"][0])
    real = segments[mask.astype(bool)]
    assert ((real == 0).sum() - 2, (real == 1).sum() - 1) == kept


def test_one_side_hides_the_other(splits):
    premises, hypotheses = (ch05.one_side(splits, place) for place in (0, 1))
    assert premises.train[0].texts == (splits.train[0].first,)
    assert hypotheses.train[0].texts == (splits.train[0].second,)
    assert hypotheses.test[7].label == splits.test[7].label
    assert hypotheses.labels == splits.labels


@pytest.mark.slow
@pytest.mark.parametrize(("dataset", "hypotheses"), [("sample", 1237), ("hard", 1020)])
def test_one_text_alone_says_little_in_five_folds(dataset, hypotheses):
    config = ch05.Config(dataset=dataset)
    splits = ch05.load_examples(config)
    # The premises of a hypothesis share their words and not their label, so divided
    # among the folds they would mislead a model.
    groups = defaultdict(list)
    for pair in (*splits.train, *splits.validation, *splits.test):
        groups[pair.second].append(pair)
    groups = list(groups.values())
    random.Random(7).shuffle(groups)
    model = ch05.ch04.build_model(config, splits)
    hypothesis, premise = [], []
    for fold in range(5):
        rest = [group for i, group in enumerate(groups) if i % 5 != fold]
        parts = (rest[35:], rest[:35], groups[fold::5])
        folded = Splits(*([*chain(*part)] for part in parts), splits.labels)
        measured = ch05.baseline_accuracies(model, folded, config)
        hypothesis.append(measured["hypothesis_only"])
        premise.append(measured["premise_only"])
    assert len(groups) == hypotheses and np.mean(hypothesis) <= 0.37, hypothesis
    # What the hypothesis may not say, premises say by their style. The score of both
    # texts is to be read beside this one.
    assert np.mean(premise) <= 0.4, premise


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Two words a side; one pair of the four is right. Numbers make texts differ."""
    folder = tmp_path_factory.mktemp("ch05")
    generator = random.Random(7)
    rows = []
    for number in range(240):
        first, second = generator.choice("가나"), generator.choice("다라")
        label = "맞음" if (first, second) == ("가", "다") else "틀림"
        rows.append(f"{first} 말 {number}\t{second} 말 {number}\t{label}")
    path = folder / "own.tsv"
    path.write_text("\n".join(["premise\thypothesis\tlabel", *rows]), encoding="utf-8")
    config = ch05.Config.quick(
        train_file=str(path),
        output=str(folder / "run"),
        num_heads=4,
        hidden_dim=64,
        learning_rate=0.002,
        batch_size=8,
        epochs=20,
        vocabulary_size=100,
        dropout=0.0,
        seed=3,
    )
    return ch05.train(config)


def test_it_learns_from_both_texts(trained):
    assert trained.metrics["accuracy"] == 1.0
    assert trained.metrics["baselines"]["hypothesis_only"] < 0.8
    assert trained.metrics["baselines"]["premise_only"] < 0.8
    pairs = [("가 말 7", "다 말 7"), ("가 말 7", "라 말 7"), ("나 말 7", "다 말 7")]
    answers = ch05.predict(trained, pairs)
    assert [answer["label"] for answer in answers] == ["맞음", "틀림", "틀림"]
    assert answers[0]["premise"] == "가 말 7"
    assert answers[0]["hypothesis"] == "다 말 7"
    assert ch05.predict(trained, []) == []


def test_a_loaded_model_predicts_the_same(trained):
    pairs = [("가 말", "다 말"), ("", ""), ("가 " * 200, "나")]
    loaded = load_trained(trained.path)
    for a, b in zip(
        ch05.predict(trained, pairs), ch05.predict(loaded, pairs), strict=True
    ):
        assert a["probabilities"] == pytest.approx(b["probabilities"], abs=1e-6)


def test_predict_from_the_command_line(trained, capsys):
    directory = str(trained.path)
    assert (
        cli.main(["predict", directory, "가 말 7", "다 말 7", "가 말 7", "라 말 7"])
        == 0
    )
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [(line[0], *line[2:]) for line in lines] == [
        ("맞음", "가 말 7", "다 말 7"),
        ("틀림", "가 말 7", "라 말 7"),
    ]
    assert cli.main(["predict", directory, "--json", "가 말 7", "다 말 7"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["label"] == "맞음" and set(answer["probabilities"]) == {
        "맞음",
        "틀림",
    }
    assert cli.main(["predict", directory, "가 말 7"]) == 2
    message = "each input has 2 texts, premise and hypothesis; received 1 texts"
    assert message in capsys.readouterr().err


def test_self_attention_from_one_text_to_the_other(trained):
    weights, second, first = ch05.attention_to_premise(trained, "가 말", "다 말")
    assert (second, first) == (["다", "말"], ["가", "말"])
    assert weights.shape == (2, 2) and (weights > 0).all() and weights.sum() < 2


def test_labels_that_the_training_file_has_not(tmp_path):
    for name, label in (("train", "같음"), ("test", "중립")):
        rows = [f"가 {i}\t나\t{label if i % 2 else '다름'}" for i in range(20)]
        text = "\n".join(["premise\thypothesis\tlabel", *rows])
        (tmp_path / f"{name}.tsv").write_text(text, encoding="utf-8")
    config = ch05.Config(
        train_file=str(tmp_path / "train.tsv"), test_file=str(tmp_path / "test.tsv")
    )
    with pytest.raises(InputError, match="test.tsv:3: label '중립', expected '같음'"):
        ch05.load_examples(config)


def test_kornli_by_folder(tmp_path):
    header = "sentence1\tsentence2\tgold_label\n"
    rows = "".join(
        f"가 {i}\t나\t{x}\n" for i in range(9) for x in ("entailment", "neutral")
    )
    for name in ("multinli.train.ko.tsv", "xnli.test.ko.tsv"):
        (tmp_path / name).write_text(header + rows, encoding="utf-8")
    splits = ch05.load_examples(ch05.Config(dataset="kornli", data_dir=str(tmp_path)))
    assert splits.labels == ("중립", "참") and len(splits.test) == 18


def test_solutions(splits):
    pair = LabeledPair("가", "나", "참")
    assert ch05.swap([pair]) == [LabeledPair("나", "가", "참")]
    assert ch05.spearman(np.array([1, 2, 3]), np.array([10, 20, 25])) == pytest.approx(
        1
    )
    assert ch05.spearman(np.array([1, 2, 2, 4]), np.array([4, 3, 2, 1])) == (
        pytest.approx(-0.9486833)  # as scipy.stats.spearmanr
    )
    regressor = ch05.build_regressor(ch05.Config.quick(), splits.train[:20])
    assert regressor.predict((["가"], ["나"]), verbose=0).shape == (1, 1)


def test_splits_of_pairs_are_what_the_classifier_of_chapter_4_takes(splits):
    assert isinstance(splits, Splits)
    texts = [text for pair in splits.train for text in pair.texts]
    assert len(texts) == 2 * len(splits.train)
