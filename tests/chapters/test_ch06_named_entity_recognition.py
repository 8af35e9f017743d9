import dataclasses
import itertools
import json

import keras
import numpy as np
import pytest

from kerasnlp_tutorial import cli, runs, training
from kerasnlp_tutorial.chapters import ch06_named_entity_recognition as ch06
from kerasnlp_tutorial.datasets import Span, Splits, TaggedSentence
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.models import BertTokenClassifierPreprocessor
from kerasnlp_tutorial.tokenizers import KoreanBertTokenizer
from kerasnlp_tutorial.tokenizers.alignment import bio_labels, ragged_spans
from kerasnlp_tutorial.trained import load_trained

NAMES = ["민수", "영희", "철수", "지민", "하늘"]
PLACES = ["서울", "부산", "대전", "광주", "강릉"]


@pytest.fixture(scope="module")
def splits():
    return ch06.load_examples(ch06.Config.quick())


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Names before 은, places before 에, learnt in seconds."""
    folder = tmp_path_factory.mktemp("ch06")
    rows = [
        f"{name}{a} {place}{b} 갔다\u241e<{name}:PER>{a} <{place}:LOC>{b} 갔다"
        for a, b in zip("은도만과랑가", "에로를의와다", strict=True)
        for name in NAMES
        for place in PLACES
    ]
    path = folder / "own.txt"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    config = ch06.Config.quick(
        train_file=str(path),
        output=str(folder / "run"),
        sequence_length=16,
        stride=6,
        max_train_examples=None,
        num_heads=4,
        hidden_dim=64,
        learning_rate=0.002,
        batch_size=16,
        epochs=10,
        vocabulary_size=75,  # no token holds a name and its particle
    )
    return ch06.train(config)


def test_it_learns_what_can_be_learnt(trained):
    assert trained.metrics["f1"] == 1.0
    history = runs.describe(trained.path)["history"]
    assert 0 <= min(history["val_f1"]) <= max(history["val_f1"]) == 1.0
    count = trained.metrics["n"]
    perfect = {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": count}
    assert trained.metrics["types"] == {"LOC": perfect, "PER": perfect}
    assert trained.metrics["macro_recall"] == 1.0
    assert trained.metrics["baselines"]["dictionary"] == 1.0
    assert trained.metrics["character_macro_f1"] == 1.0


def test_entities_of_a_text(trained):
    (answer,) = ch06.predict(trained, ["영희은  대전에 갔다"])
    found = [(e["text"], e["start"], e["end"], e["label"]) for e in answer["entities"]]
    assert found == [("영희", 0, 2, "PER"), ("대전", 5, 7, "LOC")]
    assert all(0.2 < e["probability"] <= 1 for e in answer["entities"])
    assert ch06.format_answer(answer) == "<영희:PER>은  <대전:LOC>에 갔다"


class KnowsNamesByHeart:
    """Stands in for a model: tags depend on the token alone."""

    def __init__(self, preprocessor):
        self.preprocessor = preprocessor

    def predict(self, x, batch_size, verbose):
        names = [ids[0] for ids in self.tokenizer_ids(NAMES)]
        return 9.0 * keras.utils.to_categorical(
            np.where(np.isin(x["token_ids"], names), self.tags.index("B-PER"), 0),
            len(self.tags),
        )


def test_no_entity_is_lost_at_the_edge_of_a_window(trained):
    preprocessor = trained.model.preprocessor
    stand_in = KnowsNamesByHeart(preprocessor)
    stand_in.tokenizer_ids, stand_in.tags = preprocessor.tokenizer, preprocessor.tags
    names = [NAMES[i % 5] for i in range(400)]
    text = "".join(f"{name}은 {'갔다 ' * (i % 7)}" for i, name in enumerate(names))
    assert len(text) > 3000
    (answer,) = ch06.predict(dataclasses.replace(trained, model=stand_in), [text])
    assert [entity["text"] for entity in answer["entities"]] == names
    for entity in answer["entities"]:
        assert text[entity["start"] : entity["end"]] == entity["text"]


def test_a_token_takes_the_window_in_which_it_is_most_central(trained, monkeypatch):
    def window_numbers(model, x, batch_size):
        return np.broadcast_to(
            np.arange(len(x["token_ids"]))[:, None, None] * [[[0.0, 1, 0, 0, 0]]],
            (*x["token_ids"].shape, 5),
        )

    # windows of 14 tokens, 6 apart
    monkeypatch.setattr(ch06.training, "predict_outputs", window_numbers)
    (shares,) = ch06.tag_probabilities(trained, [[7] * 24])
    window = np.log(shares[:, 1] / shares[:, 0]).round().astype(int)
    # Windows 0-14, 6-20 and 10-24; at a tie the earlier one.
    assert window.tolist() == [0] * 10 + [1] * 5 + [2] * 9


def test_odd_texts(trained):
    texts = ["", "   ", "😀", "大韓民國 萬歲", "\ufeff\u200b", "뷁" * 200]
    for text, answer in zip(texts, ch06.predict(trained, texts), strict=True):
        assert answer["text"] == text
        for e in answer["entities"]:
            assert text[e["start"] : e["end"]] == e["text"]
    assert ch06.predict(trained, []) == []


def test_a_loaded_model_predicts_the_same(trained):
    texts = ["철수은 강릉에 갔다", "서울은 민수에"]
    loaded = load_trained(trained.path)
    for a, b in zip(
        ch06.predict(trained, texts), ch06.predict(loaded, texts), strict=True
    ):
        assert ch06.spans_of(a) == ch06.spans_of(b)


def test_from_the_command_line(trained, capsys):
    directory = str(trained.path)
    assert cli.main(["predict", directory, "민수은 서울에 갔다"]) == 0
    assert capsys.readouterr().out == "<민수:PER>은 <서울:LOC>에 갔다\n"
    assert cli.main(["predict", directory, "--json", "민수은 서울에 갔다"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [e["label"] for e in answer["entities"]] == ["PER", "LOC"]
    assert cli.main(["evaluate", directory, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["f1"] == 1.0
    assert cli.main(["evaluate", directory]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["types.PER.recall", "1.0000"] in lines


def test_the_head_by_hand_equals_the_models(splits):
    model = ch06.build_model(ch06.Config.quick(), splits)
    backbone = model.backbone
    logits = ch06.token_head(backbone.output["sequence_output"], 21, 0.1)
    by_hand = keras.Model(backbone.input, logits)
    by_hand.get_layer("logits").set_weights(model.get_layer("logits").get_weights())
    x = model.preprocessor([splits.test[0].text])
    with training.already_encoded(model):
        expected = model.predict_on_batch(x)
    np.testing.assert_allclose(by_hand.predict_on_batch(x), expected, atol=1e-6)
    assert expected.shape == (1, 128, 21)


def test_batches_have_targets_and_weights_of_tokens(splits):
    config = ch06.Config.quick()
    model = ch06.build_model(config, splits)
    dataset = ch06.make_dataset(splits.train, model, splits.labels, config)
    seen = 0
    for x, y, weight in dataset:
        assert x["token_ids"].shape == y.shape == weight.shape
        inside = np.array(weight, bool)
        mask = np.array(x["padding_mask"], bool)
        # All real tokens but [CLS] and [SEP].
        assert (inside.sum(axis=1) == mask.sum(axis=1) - 2).all()
        assert not inside[:, 0].any() and not np.array(y)[~inside].any()
        seen += int(np.isin(y, np.arange(1, 21, 2)).sum())
    spans = sum(len(sentence.spans) for sentence in splits.train)
    assert 0.9 * spans <= seen <= spans


def test_decoding():
    tags = ("O", "B-PER", "I-PER")
    shares = np.array(
        [[0.1, 0.9, 0], [0.2, 0.1, 0.7], [0.9, 0.1, 0], [0, 0.6, 0.4], [0, 0.8, 0.2]]
    )
    starts, ends = np.array([0, 2, 3, 6, 8]), np.array([2, 3, 5, 8, 9])
    assert ch06.decode(shares, starts, ends, tags) == [
        (Span(0, 3, "PER"), pytest.approx(0.8)),
        (Span(6, 8, "PER"), pytest.approx(0.6)),
        (Span(8, 9, "PER"), pytest.approx(0.8)),
    ]
    assert ch06.decode(np.zeros((0, 3)), starts[:0], ends[:0], tags) == []


def test_decoding_of_shares_in_float16():
    tags = ("O", "B-PER", "I-PER")
    place = np.arange(6)
    # The second token would be an I-PER after O, which cannot be; e^-20 is 0 here.
    logits = 20.0 * np.eye(3)[[0, 2, 0, 1, 2, 0]]
    shares = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    for dtype in ("float32", "float16"):
        with np.errstate(divide="raise"):
            found = ch06.decode(shares.astype(dtype), place, place + 1, tags)
        assert [span for span, _ in found] == [Span(3, 5, "PER")]
        assert found[0][1] == pytest.approx(1.0)


def test_tags_by_hand_are_those_of_the_package(splits):
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    text = "민수영희가 서울에 간 날 민수가"
    vocabulary += ["민수", "##영희가", "서울에", "간날", "간", "날", "민수가"]
    tokenizer = KoreanBertTokenizer(vocabulary)
    spans = [Span(0, 2, "PER"), Span(2, 4, "PER"), Span(6, 8, "LOC")]
    own = TaggedSentence(text, (*spans, Span(14, 16, "PER")))
    tags = BertTokenClassifierPreprocessor(tokenizer, splits.labels).tags
    sentences = [own, TaggedSentence(text, ()), *splits.train[:30]]
    columns = tokenizer.tokenize_with_offsets([s.text for s in sentences])[1:]
    expected = bio_labels(*columns, ragged_spans(sentences, splits.labels))
    places = (part.to_list() for part in columns)
    for sentence, numbers, *place in zip(
        sentences, expected.to_list(), *places, strict=True
    ):
        by_hand = ch06.token_tags(sentence, *place)
        assert by_hand == [tags[number] for number in numbers], sentence
    own_places = (part.to_list()[0] for part in columns)
    assert ch06.token_tags(own, *own_places)[:3] == ["B-PER", "B-PER", "B-LOC"]


def test_how_an_entity_differs():
    others = [Span(0, 3, "PER"), Span(5, 8, "LOC")]
    kinds = {
        Span(0, 3, "PER"): "맞음",
        Span(5, 8, "ORG"): "종류가 다름",
        Span(4, 6, "LOC"): "경계가 다름",
        Span(3, 5, "PER"): "짝이 없음",
    }
    assert {span: ch06.compare(span, others) for span in kinds} == kinds


def test_the_best_path_is_the_best_of_all():
    tags = ("O", "B-A", "I-A", "B-B", "I-B")

    def makes_sense(path):
        before = ("O", *(tags[i] for i in path))
        pairs = itertools.pairwise(before)
        return all(b[0] != "I" or a in (f"B{b[1:]}", b) for a, b in pairs)

    generator = np.random.default_rng(7)
    for length in range(1, 6):
        for _ in range(20):
            shares = generator.dirichlet(np.full(5, 0.4), size=length)
            paths = itertools.product(range(5), repeat=length)
            logs = np.log(shares + 1e-9)
            places = np.arange(length)
            expected = max(
                filter(makes_sense, paths), key=lambda path: logs[places, path].sum()
            )
            assert tuple(ch06.best_path(shares, tags)) == expected


def test_decoding_keeps_an_entity_in_one_piece():
    tags = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
    # 고 ##종: LOC by a hair, then surely the inside of a PER.
    shares = np.array([[0.0, 0.5, 0.0, 0.49, 0.01], [0.05, 0.0, 0.15, 0.1, 0.7]])
    (found,) = ch06.decode(shares, np.array([0, 1]), np.array([1, 2]), tags)
    assert found == (Span(0, 2, "PER"), pytest.approx(0.595))
    # What continues nothing is no entity.
    assert ch06.decode(np.array([[0.4, 0.1, 0.5, 0, 0]]), [0], [1], tags) == []


def test_the_second_of_two_adjacent_entities_is_kept():
    # The book's alignment merges them: both are PER, and no blank stands between.
    vocabulary = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        "민수",
        "##영희",
        "##가",
    ]
    tokenizer = KoreanBertTokenizer(vocabulary)
    preprocessor = BertTokenClassifierPreprocessor(tokenizer, ["PER"], 8)
    sentence = TaggedSentence("민수영희가", (Span(0, 2, "PER"), Span(2, 4, "PER")))
    assert ch06.vocabulary_ceiling([sentence], preprocessor) == 1.0


def test_the_ceiling_counts_what_straddles():
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "민수가", "영희"]
    tokenizer = KoreanBertTokenizer(vocabulary)
    preprocessor = BertTokenClassifierPreprocessor(tokenizer, ["PER"], 8)
    sentences = [
        TaggedSentence("민수가", (Span(0, 2, "PER"),)),
        TaggedSentence("영희", (Span(0, 2, "PER"),)),
        *(TaggedSentence(text, ()) for text in ("", " ", "\u200b", "\ufffd")),
    ]
    assert ch06.vocabulary_ceiling(sentences, preprocessor) == 0.5


def test_the_dictionary_takes_the_longest_name_and_its_commonest_type():
    def sentence(text, *spans):
        return TaggedSentence(text, tuple(Span(*span) for span in spans))

    train = [
        sentence("서울", (0, 2, "LOC")),
        sentence("서울시", (0, 3, "ORG")),
        sentence("하늘", (0, 2, "PER")),
    ]
    test = [sentence("서울시와 서울", (0, 3, "ORG"), (5, 7, "LOC"))]
    assert ch06.dictionary_f1(Splits(train, [], test, ("LOC", "ORG", "PER"))) == 1.0
    test = [sentence("하늘이 푸르다")]
    assert ch06.dictionary_f1(Splits(train, [], test, ("LOC", "ORG", "PER"))) == 0.0


def test_a_type_that_the_training_file_has_not(tmp_path):
    (tmp_path / "train.bio").write_text("가 B-A\n\n" * 9, encoding="utf-8")
    (tmp_path / "test.bio").write_text("가 B-B\n\n", encoding="utf-8")
    config = ch06.Config(
        train_file=str(tmp_path / "train.bio"), test_file=str(tmp_path / "test.bio")
    )
    with pytest.raises(InputError, match=r"test.bio has the types B; expected A"):
        ch06.load_examples(config)


def test_no_entity_at_all(tmp_path):
    (tmp_path / "train.bio").write_text("가 O\n\n" * 9, encoding="utf-8")
    config = ch06.Config(train_file=str(tmp_path / "train.bio"))
    with pytest.raises(InputError, match="9 sentences without any entity"):
        ch06.load_examples(config)


@pytest.mark.parametrize("stride", [0, 127])
def test_a_stride_that_leaves_gaps(stride):
    with pytest.raises(InputError, match="stride must be 1 to 126"):
        ch06.Config(stride=stride)


@pytest.mark.parametrize(("length", "stride"), [(128, 64), (66, 64), (64, 31), (8, 3)])
def test_the_stride_follows_the_length(length, stride):
    assert ch06.Config(sequence_length=length).stride == stride


def test_solutions():
    wanted = [(Span(0, 3, "PER"), Span(5, 6, "LOC"))]
    assert ch06.overlap_recall(wanted, [[Span(2, 4, "PER"), Span(6, 7, "LOC")]]) == 0.5
    tags = ("O", "B-A", "I-A", "B-B", "I-B")
    shares = np.eye(5)[[1, 4, 0, 2]]  # B-A, then I-B that continues nothing
    assert ch06.decode_each(shares, [0, 2, 3, 5], [2, 3, 4, 6], tags) == [
        Span(0, 2, "A"),
        Span(2, 3, "B"),
        Span(5, 6, "A"),
    ]


def test_one_text_at_a_time_has_the_answers_of_many(trained):
    texts = [
        "",
        "민수은 서울에 갔다",
        "영희만 부산로 \u200b갔다 [SEP] " * 9,
        "뷁 ㅋㅋ大",
    ]
    many = ch06.predict(trained, texts * 8)  # more than a batch
    assert len(many) > trained.config.batch_size
    for text, expected in zip(texts, many, strict=False):
        for _ in range(2):  # the first call of a model is not compiled
            (found,) = ch06.predict(trained, [text])
            assert len(found["entities"]) == len(expected["entities"])
            for a, b in zip(found["entities"], expected["entities"], strict=True):
                assert a == b | {"probability": a["probability"]}
                assert a["probability"] == pytest.approx(b["probability"], abs=1e-5)
