import dataclasses
import json
import sys

import keras
import numpy as np
import pytest

from kerasnlp_tutorial import cli, training
from kerasnlp_tutorial.chapters import ch07_question_answering as ch07
from kerasnlp_tutorial.datasets import Answer, Question, text_columns
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.runs import TrainedModel
from kerasnlp_tutorial.tokenizers.windows import windows
from kerasnlp_tutorial.trained import load_trained

NAMES = ["민수", "영희", "철수", "지민", "하늘"]
PLACES = ["서울", "부산", "대전", "광주", "강릉"]
ASKED = {"누가 갔어?": 0, "어디로 갔어?": 1}


def write_questions(path, unanswerable=False):
    rows = ["question,context,answer"]
    for name in NAMES:
        for place in PLACES:
            for a, b in zip("은도만과랑가", "에로를의와다", strict=True):
                context = f"{name}{a} {place}{b} 갔다"
                for question, wanted in ASKED.items():
                    rows.append(f"{question},{context},{(name, place)[wanted]}")
                if unanswerable:
                    rows.append(f"언제 갔어?,{context},")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def train_tiny(folder, **changes):
    settings = {
        "sequence_length": 24,
        "doc_stride": 5,
        "max_query_length": 6,
        "max_answer_length": 4,
        "max_train_examples": None,
        # So wide and without dropout, ten of ten seeds get beyond answering every
        # question with the place; half as wide and with it, five of eight did.
        "num_heads": 4,
        "hidden_dim": 128,
        "dropout": 0.0,
        "learning_rate": 0.001,
        "batch_size": 16,
        "vocabulary_size": 85,  # no token holds a name and its particle
        "mark_matches": False,
        "epochs": 35,
    }
    config = ch07.Config.quick(output=str(folder / "run"), **settings | changes)
    return ch07.train(config)


@pytest.fixture(scope="module")
def splits():
    return ch07.load_examples(ch07.Config.quick())


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Who goes where, learnt in seconds."""
    folder = tmp_path_factory.mktemp("ch07")
    return train_tiny(folder, train_file=write_questions(folder / "own.csv"))


def test_it_learns_what_can_be_learnt(trained):
    assert trained.metrics["exact_match"] > 0.95
    assert trained.metrics["f1"] > 0.95
    assert 0 < trained.metrics["baselines"]["sentence_f1"] < 0.6
    assert trained.metrics["baselines"]["sentence_exact_match"] == 0.0
    assert trained.labels == ("answer",)


def test_a_model_with_marks_is_kept_with_them(tmp_path):
    path = write_questions(tmp_path / "own.csv")
    marked = train_tiny(tmp_path, train_file=path, mark_matches=True, epochs=1)
    opened = load_trained(marked.path)
    assert opened.model.preprocessor.mark_matches
    assert opened.model.backbone.num_segments == 3
    pairs = [(question, "영희은 대전로 갔다") for question in ASKED]
    for found, expected in zip(
        ch07.predict(opened, pairs), ch07.predict(marked, pairs), strict=True
    ):
        assert found["probability"] == pytest.approx(expected["probability"], rel=0.02)


def test_an_answer_is_a_part_of_the_passage(trained):
    context = "영희은  대전로 갔다"
    pairs = [(question, context) for question in ASKED]
    who, where = ch07.predict(trained, pairs, best=3)
    assert (who["answer"], who["start"], who["end"]) == ("영희", 0, 2)
    assert (where["answer"], where["start"], where["end"]) == ("대전", 5, 7)
    assert len(who["candidates"]) == 3
    for candidate in who["candidates"]:
        start, end = candidate["start"], candidate["end"]
        assert context[start:end] == candidate["text"]
    shares = [candidate["probability"] for candidate in who["candidates"]]
    assert shares == sorted(shares, reverse=True) and shares[0] == who["probability"]
    assert sum(shares) + who["no_answer"] <= 1 + 1e-6
    assert ch07.format_answer(who).startswith("영희\t")


def brute_force(logits, places, longest):
    """All spans by definition, one at a time."""
    best = {}
    for (start, end), (first, before, count) in zip(logits, places, strict=True):
        for i in range(count):
            for j in range(i, min(i + longest, count)):
                score = start[before + i] + end[before + j]
                key = first + i, j - i
                best[key] = max(best.get(key, -np.inf), score)
    return best


@pytest.mark.parametrize("longest", [1, 3, 50])
def test_span_scores(longest):
    generator = np.random.default_rng(7)
    logits = generator.normal(size=(3, 2, 12)).astype("float32")
    places = [(0, 3, 8), (4, 3, 8), (5, 3, 8)]  # 13 tokens in windows of 8
    scores, nothing = ch07.span_scores(logits, places, longest)
    assert scores.shape == (13, longest)
    expected = brute_force(logits, places, longest)
    found = {
        (i, n): score
        for i, row in enumerate(scores)
        for n, score in enumerate(row)
        if np.isfinite(score)
    }
    assert found == pytest.approx(expected)
    assert nothing == pytest.approx(min(logits[:, 0, 0] + logits[:, 1, 0]))


@pytest.mark.parametrize("length", [1, 6, 7, 10, 14])
def test_windows_by_hand_are_those_of_the_package(length):
    _, starts, ends = windows([length], 6, 4)
    expected = list(zip(starts.numpy().tolist(), ends.numpy().tolist(), strict=True))
    assert ch07.cut_windows(length, 6, 4) == expected


def test_candidates_of_several_windows():
    logits = np.full((2, 2, 6), -9.0)  # [CLS] ? [SEP] and two tokens and [SEP]
    logits[0, 0, 3], logits[0, 1, 4] = 3.0, 3.0
    logits[1, 0, 4], logits[1, 1, 4] = 2.0, 3.0
    context, offsets = "가 나 다", ([0, 2, 4], [1, 3, 5])
    places = [(0, 3, 2), (1, 3, 2)]
    first, second, *_ = found = ch07.best_answers(
        logits, places, offsets, context, longest=2, best=4
    )[0]
    assert (first["text"], first["start"], first["end"]) == ("가 나", 0, 3)
    assert (second["text"], second["start"], second["end"]) == ("다", 4, 5)
    assert first["probability"] / second["probability"] == pytest.approx(np.e)
    assert len(found) == 4


class KnowsTheNeedle:
    """Stands in for a model: the needle's first token is the answer."""

    def __init__(self, trained, needle):
        self.preprocessor = trained.model.preprocessor
        (self.needle, *_), *_ = self.preprocessor.tokenizer([needle])

    def predict(self, x, batch_size, verbose):
        found = 9.0 * (np.array(x["token_ids"]) == self.needle)
        logits = np.stack([found, found], axis=1).astype("float32")
        logits[:, :, 0] = 4.0
        return logits


def test_an_answer_far_down_a_long_passage(trained):
    stand_in = KnowsTheNeedle(trained, "영희")
    context = "민수은 서울로 갔다. " * 1600 + "영희 대전로 갔다. " + "민수 " * 500
    assert len(context) > 20_000
    model = dataclasses.replace(trained, model=stand_in)
    answer, absent = ch07.predict(model, [("누가?", context), ("누가?", "민수 " * 99)])
    assert answer["start"] == context.index("영희")
    assert answer["answer"] and "영희".startswith(answer["answer"])
    assert answer["no_answer"] < 0.2 < 0.8 < absent["no_answer"]


@pytest.mark.slow
def test_what_no_passage_answers(tmp_path):
    path = write_questions(tmp_path / "own.csv", unanswerable=True)
    trained = train_tiny(tmp_path, train_file=path)
    assert trained.labels == ("answer", "no answer")
    assert trained.metrics["exact_match"] > 0.9
    pairs = [(q, "영희은 대전로 갔다") for q in ("언제 갔어?", "누가 갔어?")]
    none, who = ch07.predict(trained, pairs)
    assert none["answer"] == "" and none["no_answer"] > none["probability"] == 0
    assert who["answer"] == "영희" and who["no_answer"] < who["probability"]


def test_odd_texts(trained):
    texts = [
        "",
        "   ",
        "😀",
        "大韓民國",
        "\ufeff\u200b",
        "뷁" * 200,
        "[SEP] 민수 [CLS]",
    ]
    answers = ch07.predict(trained, [(text, text) for text in texts])
    for text, answer in zip(texts, answers, strict=True):
        assert text[answer["start"] : answer["end"]] == answer["answer"]
    assert answers[0]["answer"] == "" and answers[0]["no_answer"] == 1.0
    assert ch07.predict(trained, []) == []


def test_a_loaded_model_predicts_the_same(trained):
    pairs = [("누가 갔어?", "철수은 강릉로 갔다")]
    loaded = load_trained(trained.path)
    for a, b in zip(
        ch07.predict(loaded, pairs), ch07.predict(trained, pairs), strict=True
    ):
        assert a["answer"] == b["answer"]
        assert a["probability"] == pytest.approx(b["probability"], abs=1e-4)


def test_a_training_goes_on_from_anothers_head(trained, splits, tmp_path):
    config = dataclasses.replace(
        trained.config, backbone=str(trained.path), allow_unknown=True
    )
    model = ch07.build_model(config, splits)
    for a, b in zip(model.get_weights(), trained.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    # What a fine-tuning begins with is measured beside its result.
    before = ch07.baseline_scores(TrainedModel(model, ("answer",), config), [])
    assert set(before) == {
        f"{name}_{metric}"
        for name in ("sentence", "pretrained_only")
        for metric in ch07.METRICS
    }
    assert not any("pretrained" in name for name in trained.metrics["baselines"])
    trained.model.backbone.save_to_preset(str(tmp_path / "backbone"))
    config = dataclasses.replace(config, backbone=str(tmp_path / "backbone"))
    assert not ch07.checkpoints.has_head(config.backbone, ch07.BertQuestionAnswering)
    with pytest.raises(InputError, match="no preset"):
        ch07.checkpoints.copy_head("nowhere", model)


def test_the_head_by_hand_equals_the_model(splits):
    model = ch07.build_model(ch07.Config.quick(), splits)
    backbone = model.backbone
    outputs = ch07.span_head(
        backbone.output["sequence_output"], backbone.input["padding_mask"]
    )
    by_hand = keras.Model(backbone.input, outputs)
    by_hand.get_layer("logits").set_weights(model.output_dense.get_weights())
    x = model.preprocessor(text_columns(splits.train[:3]), y=None)
    with training.already_encoded(model):
        np.testing.assert_allclose(
            by_hand.predict(x, verbose=0), model.predict(x, verbose=0), atol=1e-5
        )


def test_scores_by_kind(trained):
    questions = [
        Question("1", "누가 갔어?", "영희은 대전로 갔다", (Answer("영희", 0),), "사람"),
        Question("2", "누가 갔어?", "영희은 대전로 갔다", (Answer("갔다", 9),), "일"),
    ]
    scores = ch07.evaluate(trained, questions)
    assert scores["kinds"] == {
        "사람": {"exact_match": 1.0, "f1": 1.0, "n": 1},
        "일": {"exact_match": 0.0, "f1": 0.0, "n": 1},
    }
    assert scores["n"] == 2 and scores["exact_match"] == scores["f1"] == 0.5
    no_kinds = [dataclasses.replace(question, kind="") for question in questions]
    assert ch07.evaluate(trained, no_kinds)["kinds"] == {}


def test_texts_alone_become_questions(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("바다 생물은 많다.\n그는 바다 생물을 본다.\n", encoding="utf-8")
    config = ch07.Config(train_file=str(path))
    (question,) = ch07.read_examples(config, "train")
    assert question.answers[0].text == "바다 생물"
    config = dataclasses.replace(config, passage_length=5)  # a sentence each
    assert ch07.read_examples(config, "train") == []


def test_settings_that_cannot_work():
    with pytest.raises(InputError, match="doc_stride must be 1 to 93"):
        ch07.Config(doc_stride=94)
    with pytest.raises(InputError, match="max_answer_length must be above 0"):
        ch07.Config(max_answer_length=0)
    with pytest.raises(InputError, match="passage_length must be above 0"):
        ch07.Config(passage_length=0)
    with pytest.raises(InputError, match="sequence_length must be 43 or more"):
        ch07.Config(sequence_length=32)
    with pytest.raises(InputError, match="dataset must be one of"):
        ch07.Config(dataset="squad")


@pytest.mark.parametrize(("length", "stride"), [(128, 90), (99, 32), (64, 14), (43, 4)])
def test_the_stride_follows_the_length(length, stride):
    assert ch07.Config(sequence_length=length).doc_stride == stride


def test_questions_without_an_answer_to_a_model_that_knows_none(tmp_path):
    path = write_questions(tmp_path / "test.csv", unanswerable=True)
    config = ch07.Config(test_file=path)
    with pytest.raises(InputError, match="test.csv has questions without an answer"):
        ch07.read_examples(config, "test", ("answer",))
    assert ch07.read_examples(config, "test", ("answer", "no answer"))
    path = write_questions(tmp_path / "test.csv")
    assert ch07.read_examples(config, "test", ("answer",))


def test_solutions(trained):
    preprocessor = trained.model.preprocessor
    context = "민수은 서울로 갔다. " * 9
    questions = [
        Question("1", "누가 갔어?", context, (Answer("민수", 0),)),
        Question("2", "누가 갔어?", context, (Answer("갔다", len(context) - 4),)),
        Question("3", "누가 갔어?", "\u200b", ()),
    ]
    assert ch07.outside_first_window(preprocessor, questions[:2]) == 0.5
    ends = preprocessor.windows(["누가 갔어?"], [context])["ends"].to_list()
    assert len(ends) > 1
    read = ("누가 갔어?", context[: ends[0][-1]])
    assert ch07.first_windows(preprocessor, questions) == [
        read,
        read,
        ("누가 갔어?", ""),
    ]


def test_a_long_passage_in_bounded_memory(trained):
    resource = pytest.importorskip("resource")
    if sys.platform != "linux":
        pytest.skip("the unit of ru_maxrss is another one")
    ch07.predict(trained, [("누가 갔어?", "민수은 서울로 갔다.")])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    context = "민수은 서울로 갔다. " * 1700
    assert len(context) > 20_000
    ch07.predict(trained, [("누가 갔어?", context)] * 4)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 300_000  # kilobytes; a matrix of spans alone would be 600 MB


def test_command_line(trained, tmp_path, capsys):
    texts = ["누가 갔어?", "영희은 대전로 갔다", "어디로 갔어?", "영희은 대전로 갔다"]
    assert cli.main(["predict", str(trained.path), *texts]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["영희", "대전"]
    assert cli.main(["predict", str(trained.path), "--json", *texts[:2]]) == 0
    assert json.loads(capsys.readouterr().out)["answer"] == "영희"
    assert cli.main(["predict", str(trained.path), "누가?"]) == 2
    assert "question and context" in capsys.readouterr().err


def test_a_list_of_ids_on_the_command_line(trained, tmp_path, capsys):
    path = write_questions(tmp_path / "test.csv")
    ids = tmp_path / "ids.txt"
    ids.write_text("2\n3\n4\n", encoding="utf-8")
    arguments = ["evaluate", str(trained.path), "--test-file", path, "--json"]
    assert cli.main([*arguments, "--ids", str(ids)]) == 0
    assert json.loads(capsys.readouterr().out)["n"] == 3
    ids.write_text("2\nx\n", encoding="utf-8")
    assert cli.main([*arguments, "--ids", str(ids)]) == 2
    assert "lacks 1 of the 2 ids" in capsys.readouterr().err


def test_one_question_at_a_time_has_the_answers_of_many(trained):
    passages = ["", "민수은 서울에 갔다", "영희만 부산로 \u200b갔다 [SEP] " * 9]
    pairs = [(question, passage) for question in ASKED for passage in passages]
    many = ch07.predict(trained, pairs * 4)  # more windows than a batch
    assert len(many) > trained.config.batch_size
    for pair, expected in zip(pairs, many, strict=False):
        for _ in range(2):  # the first call of a model is not compiled
            (found,) = ch07.predict(trained, [pair])
            assert (found["answer"], found["start"]) == (
                expected["answer"],
                expected["start"],
            )
            assert found["probability"] == pytest.approx(
                expected["probability"], abs=1e-5
            )
            assert found["no_answer"] == pytest.approx(expected["no_answer"], abs=1e-5)
