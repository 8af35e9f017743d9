"""BERT checkpoints of Hugging Face's: the same numbers here and in transformers."""

import json

import keras
import keras_nlp
import numpy as np
import pytest

from kerasnlp_tutorial.chapters import ch04_document_classification as ch04
from kerasnlp_tutorial.chapters import ch07_question_answering as ch07
from kerasnlp_tutorial.checkpoints import load_bert, load_task, preset_folder
from kerasnlp_tutorial.models import (
    BertQuestionAnsweringPreprocessor,
    FlexibleBertBackbone,
)
from kerasnlp_tutorial.runs import TrainedModel
from kerasnlp_tutorial.tokenizers import HuggingFaceTokenizer, KoreanBertTokenizer

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

BIO = ["B-DT", "I-DT", "B-PS", "I-PS", "O"]  # KLUE's order: O comes last


@pytest.fixture
def load(cache):
    """Open a folder as `--backbone FOLDER` does."""

    def load(folder):
        return load_bert(ch04.Config(backbone=str(folder), sequence_length=48), [])

    return load


def features(ids, segments=None):
    """What both libraries take, from rows of ids of different lengths."""
    width = max(map(len, ids))
    token_ids = np.array([row + [0] * (width - len(row)) for row in ids], "int32")
    mask = np.array([[1] * len(row) + [0] * (width - len(row)) for row in ids], "int32")
    if segments is None:
        segments = np.zeros_like(token_ids)
        segments[:, width // 2 :] = 1
    segments = segments * mask
    ours = {"token_ids": token_ids, "segment_ids": segments, "padding_mask": mask}
    theirs = {
        "input_ids": torch.tensor(token_ids, dtype=torch.long),
        "token_type_ids": torch.tensor(segments, dtype=torch.long),
        "attention_mask": torch.tensor(mask),
    }
    return ours, theirs, mask.astype(bool)


@pytest.fixture(scope="module")
def batch(vocabulary, korean_texts):
    tokenizer = KoreanBertTokenizer(vocabulary)
    return features([[2, *map(int, tokenizer(text)), 3] for text in korean_texts])


def run(model, inputs):
    with torch.no_grad():
        return model(**inputs)


def assert_close(ours, theirs, where=None):
    ours, theirs = keras.ops.convert_to_numpy(ours), theirs.numpy()
    if where is not None:
        ours, theirs = ours[where], theirs[where]
    assert np.std(theirs) > 0.01  # else anything would be close
    np.testing.assert_allclose(ours, theirs, atol=1e-4, rtol=0)


@pytest.mark.parametrize("activation", ["gelu", "gelu_new", "relu"])
@pytest.mark.parametrize("epsilon", [1e-12, 1e-3])
def test_hidden_states(make_bert, load, batch, tmp_path, activation, epsilon):
    folder, theirs = make_bert(
        "BertModel", hidden_act=activation, layer_norm_eps=epsilon, type_vocab_size=3
    )
    ours, _ = load(folder)
    x, y, real = batch
    expected = run(theirs, y)
    assert_close(ours(x)["sequence_output"], expected.last_hidden_state, real)
    assert_close(ours(x)["pooled_output"], expected.pooler_output)
    assert ours.num_segments == 3 and ours.max_sequence_length == 60
    # The activation and the epsilon survive both ways of saving.
    ours.save_to_preset(str(tmp_path / "preset"))
    ours.save(tmp_path / "model.keras")
    for copy in (
        keras_nlp.models.BertBackbone.from_preset(str(tmp_path / "preset")),
        keras.saving.load_model(tmp_path / "model.keras"),
    ):
        assert isinstance(copy, FlexibleBertBackbone)
        assert_close(copy(x)["sequence_output"], expected.last_hidden_state, real)


def test_the_activation_matters(make_bert, load, batch):
    folder, _ = make_bert("BertModel", hidden_act="gelu_new")
    config = json.loads((folder / "config.json").read_text())
    x, _, real = batch
    before = load(folder)[0](x)["sequence_output"]
    (folder / "config.json").write_text(json.dumps(config | {"hidden_act": "gelu"}))
    after = load(folder)[0](x)["sequence_output"]
    assert np.abs(before - after)[real].max() > 1e-4


@pytest.mark.parametrize(
    "save",
    [{"max_shard_size": "20KB"}, {}],
    ids=["shards", "one"],
)
def test_formats_of_weights(make_bert, load, batch, save):
    folder, theirs = make_bert("BertModel", save=save)
    shards = len(list(folder.glob("*.safetensors")))
    assert shards > 2 if save else shards == 1
    x, y, real = batch
    expected = run(theirs, y).last_hidden_state
    assert_close(load(folder)[0](x)["sequence_output"], expected, real)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_pickled_weights(make_bert, load, batch, dtype):
    folder, theirs = make_bert("BertModel")
    (folder / "model.safetensors").unlink()
    theirs = theirs.to(getattr(torch, dtype))
    state = {f"bert.{name}": value for name, value in theirs.state_dict().items()}
    # As TensorFlow's conversions of 2019 called them.
    state = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): value
        for name, value in state.items()
    }
    torch.save(state, folder / "pytorch_model.bin")
    x, y, real = batch
    expected = run(theirs.float(), y).last_hidden_state
    assert_close(load(folder)[0](x)["sequence_output"], expected, real)


def test_no_pooler(make_bert, load, batch):
    folder, theirs = make_bert("BertForMaskedLM")
    x, y, real = batch
    expected = run(theirs.bert, y).last_hidden_state
    assert_close(load(folder)[0](x)["sequence_output"], expected, real)


@pytest.mark.parametrize("activation", ["gelu", "gelu_new", "relu"])
def test_masked_lm(make_bert, cache, batch, tmp_path, activation):
    folder, theirs = make_bert(
        "BertForMaskedLM", hidden_act=activation, layer_norm_eps=1e-4
    )
    ours, labels = load_task(folder)
    assert labels == ()
    x, y, _ = batch
    places = np.array([[1, 3, 2]] * len(x["token_ids"]), "int32")
    expected = run(theirs, y).logits[:, [1, 3, 2]]
    assert_close(ours(x | {"mask_positions": places}), expected)
    ours.save_to_preset(str(tmp_path / "preset"))
    copy = keras_nlp.models.BertMaskedLM.from_preset(str(tmp_path / "preset"))
    assert_close(copy(x | {"mask_positions": places}), expected)


@pytest.mark.parametrize("architectures", [True, False])
def test_document_classifier(make_bert, cache, batch, architectures):
    names = {0: "부정", 1: "중립", 2: "긍정"}
    folder, theirs = make_bert("BertForSequenceClassification", id2label=names)
    _drop_architectures(folder, architectures)
    ours, labels = load_task(folder)
    assert isinstance(ours, keras_nlp.models.BertTextClassifier)
    assert labels == ("부정", "중립", "긍정")
    x, y, _ = batch
    assert_close(ours(x), run(theirs, y).logits)


def test_a_classifier_without_names(make_bert, cache, batch):
    folder, theirs = make_bert("BertForSequenceClassification", num_labels=4)
    config = json.loads((folder / "config.json").read_text())
    config.pop("id2label", None)
    (folder / "config.json").write_text(json.dumps(config))
    ours, labels = load_task(folder)
    assert labels == ("LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3")
    assert_close(ours(batch[0]), run(theirs, batch[1]).logits)


@pytest.mark.parametrize("architectures", [True, False])
def test_token_classifier(make_bert, cache, batch, architectures):
    folder, theirs = make_bert(
        "BertForTokenClassification", id2label=dict(enumerate(BIO))
    )
    _drop_architectures(folder, architectures)
    ours, labels = load_task(folder)
    assert labels == ("DT", "PS")
    assert ours.preprocessor.tags == ("O", "B-DT", "I-DT", "B-PS", "I-PS")
    x, y, real = batch
    order = [BIO.index(tag) for tag in ours.preprocessor.tags]
    assert_close(ours(x), run(theirs, y).logits[:, :, order], real)
    assert ours.predict(["이순신은 1592년에"], verbose=0).shape == (1, 60, 5)


def test_question_answering(make_bert, cache, batch):
    folder, theirs = make_bert("BertForQuestionAnswering")
    ours, _ = load_task(folder)
    x, y, real = batch
    expected = run(theirs, y)
    logits = ours(x)
    assert_close(logits[:, 0], expected.start_logits, real)
    assert_close(logits[:, 1], expected.end_logits, real)


def best_span(model, tokenizer, question, context, stride, longest):
    """As transformers' question answering examples choose, but among all places."""
    room = 60 - 3 - len(tokenizer(question, add_special_tokens=False)["input_ids"])
    x = tokenizer(
        question,
        context,
        truncation="only_second",
        max_length=60,
        stride=room - stride,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        padding=True,
        return_tensors="pt",
    )
    x.pop("overflow_to_sample_mapping")
    offsets = x.pop("offset_mapping").tolist()
    output = run(model, x)
    best = (-np.inf, 0, 0)
    for row in range(len(offsets)):
        inside = [i for i, part in enumerate(x.sequence_ids(row)) if part == 1]
        for first in inside:
            for last in inside[first - inside[0] :][:longest]:
                score = output.start_logits[row, first] + output.end_logits[row, last]
                span = (offsets[row][first][0], offsets[row][last][1])
                best = max(best, (float(score), *span))
    return len(offsets), best


def test_best_spans_of_long_passages(make_bert, cache, reviews, korean_texts):
    folder, theirs = make_bert("BertForQuestionAnswering")
    ours, _ = load_task(folder)
    stride, longest, asked = 16, 12, 10
    tokenizer = ours.preprocessor.tokenizer
    model = ch07.BertQuestionAnswering(
        ours.backbone,
        preprocessor=BertQuestionAnsweringPreprocessor(tokenizer, 60, stride, asked),
    )
    model.set_weights(ours.get_weights())
    config = ch07.Config(
        sequence_length=60,
        doc_stride=stride,
        max_query_length=asked,
        max_answer_length=longest,
    )
    pairs = []
    for i in range(50):
        question = korean_texts[4] if i % 2 else "뷁뷁 재밌다"
        context = " ".join(reviews[10 * i : 10 * i + 10])
        # Our last window is as long as the others, theirs is what is left: they agree
        # where nothing is left.
        ends = tokenizer.tokenize_with_offsets([context])[2].to_list()[0]
        room = 57 - len(tokenizer(question))
        length = room + (len(ends) - room) // stride * stride
        pairs.append((question, context[: ends[length - 1]]))
    answers = ch07.predict(TrainedModel(model, (), config), pairs)
    fast = transformers.BertTokenizerFast.from_pretrained(str(folder))
    for pair, answer in zip(pairs, answers, strict=True):
        count, (_, start, end) = best_span(theirs, fast, *pair, stride, longest)
        assert count > 3
        assert (answer["start"], answer["end"]) == (start, end), pair


def test_it_is_converted_once(make_bert, cache):
    folder, _ = make_bert("BertModel")
    first = preset_folder(folder)
    time = (cache / "x").parent.stat().st_mtime_ns
    assert preset_folder(folder) == first
    assert (cache / "x").parent.stat().st_mtime_ns == time
    assert [path.name for path in cache.iterdir()] == [first.rpartition("/")[2]]
    # Another content is another preset.
    config = json.loads((folder / "config.json").read_text())
    config["hidden_dropout_prob"] = 0.25
    (folder / "config.json").write_text(json.dumps(config))
    second = preset_folder(folder)
    assert second != first
    assert keras_nlp.models.BertBackbone.from_preset(second).dropout == 0.25


def test_tokenizers_give_the_same_ids(make_bert, load, reviews, tmp_path):
    folder, _ = make_bert("BertModel")
    theirs = transformers.BertTokenizerFast.from_pretrained(str(folder))
    texts = (reviews * 2)[:2000]
    expected = theirs(texts, add_special_tokens=False)["input_ids"]
    _, ours = load(folder)
    assert isinstance(ours, KoreanBertTokenizer)
    assert [list(row) for row in ours(texts)] == expected
    # The file of today's transformers alone, without the vocabulary's own.
    theirs.save_pretrained(folder)
    (folder / "vocab.txt").unlink()
    _, ours = load(folder)
    assert isinstance(ours, KoreanBertTokenizer)
    assert [list(row) for row in ours(texts)] == expected


def test_a_lowercasing_tokenizer(make_bert, load, reviews):
    folder, _ = make_bert("BertModel")
    settings = {"do_lower_case": True, "strip_accents": False}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    theirs = transformers.BertTokenizerFast.from_pretrained(str(folder))
    _, ours = load(folder)
    assert isinstance(ours, HuggingFaceTokenizer)
    texts = ["GOOD 영화 Very", *reviews[:200]]
    expected = theirs(texts, add_special_tokens=False)["input_ids"]
    assert [list(row) for row in ours(texts)] == expected


def test_missing_do_lower_case(make_bert, load):
    # Transformers would lower-case, and take Hangul syllables apart.
    folder, _ = make_bert("BertModel")
    (folder / "tokenizer_config.json").unlink()
    assert isinstance(load(folder)[1], KoreanBertTokenizer)


def _drop_architectures(folder, keep):
    config = json.loads((folder / "config.json").read_text())
    assert config["architectures"]
    if not keep:
        del config["architectures"]
    (folder / "config.json").write_text(json.dumps(config))
