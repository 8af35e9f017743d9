"""The presets that the package carries, opened in every way that is promised."""

import json

import keras
import keras_nlp
import numpy as np
import pytest

import kerasnlp_tutorial.models  # noqa: F401  registers the tokenizer
from kerasnlp_tutorial import runs
from kerasnlp_tutorial.chapters import ch04_document_classification as ch04
from kerasnlp_tutorial.chapters import ch07_question_answering as ch07
from kerasnlp_tutorial.checkpoints import (
    load_bert,
    load_causal_lm,
    load_task,
    preset_folder,
    preset_names,
)
from kerasnlp_tutorial.data import PRESETS
from kerasnlp_tutorial.datasets import Splits
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.language_models import (
    fill_mask,
    next_tokens,
    token_log_probabilities,
)
from kerasnlp_tutorial.tokenizers import encode_texts


@pytest.fixture(scope="module")
def bert():
    return keras_nlp.models.BertMaskedLM.from_preset(preset_folder("bert_mini_ko"))


@pytest.fixture(scope="module")
def gpt():
    return load_causal_lm("gpt2_mini_ko")


def test_names():
    names = ["bert_mini_ko", "bert_mini_ko_spans", "gpt2_mini_ko"]
    assert preset_names() == names
    expected = f"no preset 'bert'; expected {', '.join(names)}, kc"
    with pytest.raises(InputError, match=expected):
        preset_folder("bert")


@pytest.mark.parametrize("name", preset_names())
def test_size_card_and_origin(name):
    files = [path for path in (PRESETS / name).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 35e6
    card = (PRESETS / name / "README.md").read_text(encoding="utf-8")
    origin = json.loads((PRESETS / name / "training.json").read_text("utf-8"))
    kind, _, architecture = origin["chapter"].partition("-")
    command = f"pretrain {architecture}" if architecture else f"train {kind}"
    assert f"kerasnlp-tutorial {command} " in card
    assert origin["history"] and origin["versions"]
    # Paths of the machine that trained it are no one's business.
    texts = origin["config"].get("text") or [origin["config"]["train_file"]]
    assert not any("/" in text for text in texts)


def test_the_masked_model_fills_gaps(bert):
    assert bert.backbone.dtype_policy.name == "float32"
    gap = fill_mask(bert, "시간 가는 줄 [MASK] 봤다")[0]
    assert next(iter(gap)) == "모르고" and gap["모르고"] > 0.5
    gap = fill_mask(bert, "이 함수는 값을 [MASK].")[0]
    assert next(iter(gap)) == "반환합니다"


def test_the_causal_model_knows_the_order_of_words(gpt):
    assert next(iter(next_tokens(gpt, "시간 가는 줄"))) == " 모르고"
    tokenizer = gpt.preprocessor.tokenizer
    texts = ["배우들 연기가 정말 좋았다", "이 함수는 새로운 리스트를 반환합니다"]
    for text in texts:
        reverse = " ".join(reversed(text.split()))
        rows = encode_texts(tokenizer, [text, reverse])
        rows = [[tokenizer.end_token_id, *row] for row in rows]
        a, b = (float(x.sum()) for x in token_log_probabilities(gpt, rows))
        assert a > b + 3
    folder = preset_folder("gpt2_mini_ko")
    theirs = keras_nlp.models.GPT2CausalLM.from_preset(folder)
    assert theirs.backbone.dtype_policy.name == "float32"
    ids = np.array([rows[0]])
    x = {"token_ids": ids, "padding_mask": np.ones_like(ids)}
    np.testing.assert_array_equal(theirs(x), gpt(x))


def test_any_causal_model_can_be_opened(gpt, tmp_path):
    with pytest.raises(InputError, match="must be a causal language model, .* Bert"):
        load_causal_lm("bert_mini_ko")
    size = gpt.preprocessor.tokenizer.vocabulary_size()
    backbone = keras_nlp.models.GemmaBackbone(size, 1, 2, 1, 16, 32, 8)
    gemma = keras_nlp.models.GemmaCausalLM(backbone, gpt.preprocessor)
    gemma.save_to_preset(str(tmp_path / "gemma"))
    opened = load_causal_lm(tmp_path / "gemma")
    assert isinstance(opened, keras_nlp.models.GemmaCausalLM)
    assert next_tokens(opened, "시간 가는 줄") == next_tokens(gemma, "시간 가는 줄")


@pytest.mark.parametrize("name", ["bert", "gpt"])
def test_matrices_are_float16_on_disk(name, request):
    for weight in request.getfixturevalue(name).get_weights():
        if weight.ndim > 1:
            np.testing.assert_array_equal(weight, weight.astype("float16"))


def test_the_model_that_has_practised_answers():
    task, labels = load_task("bert_mini_ko_spans")
    assert task.preprocessor.mark_matches and task.backbone.num_segments == 3
    practised = runs.TrainedModel(task, labels, ch07.Config())
    pairs = [
        (
            "무엇을 반환하는 함수가 제너레이터입니다.",
            "이터레이터는 값을 하나씩 줍니다. 제너레이터는 이터레이터를 반환하는 함수입니다. "
            "리스트는 값을 모두 담습니다.",
        ),
        ("언제 쉬나요?", "월요일은 쉬고 화요일에 엽니다."),
    ]
    answers = [answer["answer"] for answer in ch07.predict(practised, pairs)]
    assert answers == ["이터레이터", "월요일"]
    # Training begins with its head too.
    model = ch07.build_model(ch07.Config(dropout=0.0), Splits([], [], [], labels))
    for a, b in zip(model.get_weights(), task.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_every_way_to_open_it(bert):
    folder = preset_folder("bert_mini_ko")
    backbone = keras_nlp.models.Backbone.from_preset(folder)
    ours, tokenizer = load_bert(ch04.Config(dropout=0.0), [])
    classifier = keras_nlp.models.BertTextClassifier.from_preset(folder, num_classes=2)
    preprocess = keras_nlp.models.BertTextClassifierPreprocessor.from_preset(
        folder, sequence_length=16
    )
    x = preprocess(["배우들 연기가 살아 있네요"])
    expected = bert.backbone(x)["sequence_output"]
    for other in (backbone, ours, classifier.backbone):
        np.testing.assert_allclose(other(x)["sequence_output"], expected, atol=1e-4)
    assert tokenizer.get_vocabulary() == bert.preprocessor.tokenizer.get_vocabulary()
    assert all(variable.trainable for variable in ours.weights)


def test_it_reads_no_more_than_it_has_learnt():
    with pytest.raises(InputError, match="at most 128 with backbone 'bert_mini_ko'"):
        load_bert(ch04.Config(sequence_length=200), [])


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_what_was_trained_in_mixed_precision_opens_again(policy, tmp_path):
    tokenizer = load_bert(ch04.Config(), [])[1]
    preprocessor = keras_nlp.models.BertTextClassifierPreprocessor(tokenizer, 8)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        backbone = keras_nlp.models.BertBackbone(
            tokenizer.vocabulary_size(), 1, 2, 16, 16, max_sequence_length=8
        )
        model = keras_nlp.models.BertTextClassifier(backbone, 2, preprocessor)
        model.save_to_preset(str(tmp_path / "model"))
    finally:
        keras.config.set_dtype_policy(before)
    loaded, _ = load_task(tmp_path / "model")
    config = ch04.Config(backbone=str(tmp_path / "model"), sequence_length=8)
    for part in (loaded.backbone, load_bert(config, [])[0]):
        assert part.compute_dtype == "float32"
        for a, b in zip(part.get_weights(), backbone.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


def test_more_segments_change_nothing_for_the_first_ones(bert):
    backbone = bert.backbone
    config = ch04.Config(backbone="bert_mini_ko", dropout=0.0)
    wider, _ = load_bert(config, (), segments=3)
    ids = np.array([[2, 15, 99, 3, 40, 3]])
    x = {"token_ids": ids, "padding_mask": np.ones_like(ids)}
    x["segment_ids"] = np.array([[0, 0, 0, 0, 1, 1]])
    expected = backbone.predict(x, verbose=0)["sequence_output"]
    found = wider.predict(x, verbose=0)["sequence_output"]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert type(wider) is type(backbone) and wider.num_segments == 3
    assert load_bert(config, ())[0].num_segments == 2


def test_a_new_segment_is_as_far_from_the_last_one_as_tokens_are_from_zero():
    def segments(seed):
        config = ch04.Config(backbone="bert_mini_ko", seed=seed)
        backbone, _ = load_bert(config, (), segments=3)
        tokens = np.array(backbone.token_embedding.embeddings)
        return np.array(backbone.segment_embedding.embeddings), np.std(tokens)

    rows, size = segments(seed=7)
    assert np.std(rows[2] - rows[1]) == pytest.approx(size, rel=0.2)
    np.testing.assert_array_equal(segments(seed=7)[0], rows)
    assert not np.array_equal(segments(seed=8)[0][2], rows[2])
