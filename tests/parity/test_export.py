"""What was trained here, opened by transformers."""

import keras_nlp
import numpy as np
import pytest

from kerasnlp_tutorial.chapters import ch04_document_classification as ch04
from kerasnlp_tutorial.chapters import ch05_sentence_pair_classification as ch05
from kerasnlp_tutorial.chapters import ch06_named_entity_recognition as ch06
from kerasnlp_tutorial.chapters import ch07_question_answering as ch07
from kerasnlp_tutorial.checkpoints import export_to_huggingface, load_task
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.tokenizers import ByteLevelBPE

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")


@pytest.fixture
def exported(tmp_path, cache):
    """Train a chapter in seconds and export it; return the task, labels and folder."""

    def export(chapter):
        trained = chapter.train(chapter.Config.quick(output=str(tmp_path / "run")))
        export_to_huggingface(tmp_path / "run", tmp_path / "hf")
        return trained.model, trained.labels, tmp_path / "hf"

    return export


def open_in_transformers(name, folder):
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder))
    return getattr(transformers, name).from_pretrained(str(folder)).eval(), tokenizer


def ask(model, tokenizer, *texts, length):
    batch = tokenizer(
        *texts, padding=True, truncation=True, max_length=length, return_tensors="pt"
    )
    with torch.no_grad():
        return model(**batch), batch["input_ids"].numpy()


def test_document_classifier(exported, reviews):
    ours, labels, folder = exported(ch04)
    theirs, tokenizer = open_in_transformers(
        "AutoModelForSequenceClassification", folder
    )
    texts = reviews[:60]
    length = ours.preprocessor.sequence_length
    output, _ = ask(theirs, tokenizer, texts, length=length)
    logits = ours.predict(texts, verbose=0)
    np.testing.assert_allclose(output.logits.numpy(), logits, atol=1e-3)
    predicted = [labels[i] for i in logits.argmax(-1)]
    assert [
        theirs.config.id2label[int(i)] for i in output.logits.argmax(-1)
    ] == predicted
    # And back again.
    again, names = load_task(folder)
    assert names == labels
    again.preprocessor.sequence_length = length
    np.testing.assert_allclose(again.predict(texts, verbose=0), logits, atol=1e-4)


@pytest.mark.slow
def test_sentence_pairs(exported, caplog):
    ours, labels, folder = exported(ch05)
    assert "token_type_ids 2" in caplog.text
    theirs, tokenizer = open_in_transformers(
        "AutoModelForSequenceClassification", folder
    )
    pairs = (["배우들이 웃는다", "비가 온다"], ["배우들이 운다", "땅이 젖는다"])
    length = ours.preprocessor.sequence_length
    batch = tokenizer(
        *pairs, padding="max_length", max_length=length, return_tensors="pt"
    )
    features = ours.preprocessor(pairs, y=None)
    np.testing.assert_array_equal(batch["input_ids"], features["token_ids"])
    segments = np.asarray(features["segment_ids"])
    assert 2 in segments
    batch["token_type_ids"] = torch.tensor(segments)
    with torch.no_grad():
        output = theirs(**batch)
    logits = ours.predict(pairs, verbose=0)
    np.testing.assert_allclose(output.logits.numpy(), logits, atol=1e-3)
    # And back again.
    again, names = load_task(folder)
    again.preprocessor.sequence_length = length
    assert names == labels
    np.testing.assert_allclose(again.predict(pairs, verbose=0), logits, atol=1e-4)


@pytest.mark.slow
def test_named_entities(exported):
    ours, _, folder = exported(ch06)
    theirs, tokenizer = open_in_transformers("AutoModelForTokenClassification", folder)
    texts = ["이순신은 1592년 한산도에 있었다", "서울에 간다"]
    length = ours.preprocessor.sequence_length
    output, ids = ask(theirs, tokenizer, texts, length=length)
    logits = ours.predict(texts, verbose=0)[:, : ids.shape[1]]
    real = ids != 0
    np.testing.assert_allclose(output.logits.numpy()[real], logits[real], atol=1e-3)
    assert tuple(theirs.config.id2label.values()) == ours.preprocessor.tags


@pytest.mark.slow
def test_question_answering(exported, caplog):
    ours, _, folder = exported(ch07)
    assert "token_type_ids 2" in caplog.text
    theirs, tokenizer = open_in_transformers("AutoModelForQuestionAnswering", folder)
    pair = (["누가 이겼나?"], ["이순신이 한산도에서 이겼다"])
    batch = tokenizer(*pair, return_tensors="pt")
    length = batch["input_ids"].shape[1]
    features = {
        name: np.asarray(values)[:, :length]
        for name, values in ours.preprocessor(pair, y=None).items()
    }
    np.testing.assert_array_equal(batch["input_ids"], features["token_ids"])
    assert 2 in features["segment_ids"]
    batch["token_type_ids"] = torch.tensor(features["segment_ids"])
    with torch.no_grad():
        output = theirs(**batch)
    logits = ours.predict(pair, verbose=0)[:, :, :length]
    expected = np.stack([output.start_logits, output.end_logits], axis=1)
    np.testing.assert_allclose(expected, logits, atol=1e-3)
    # And back again.
    again, _ = load_task(folder)
    again.preprocessor.sequence_length = ours.preprocessor.sequence_length
    np.testing.assert_allclose(
        again.predict(pair, verbose=0)[:, :, :length], logits, atol=1e-4
    )


def test_the_shipped_masked_model(tmp_path, cache):
    export_to_huggingface("bert_mini_ko", tmp_path / "hf")
    theirs, tokenizer = open_in_transformers("AutoModelForMaskedLM", tmp_path / "hf")
    ours, _ = load_task("bert_mini_ko")
    output, ids = ask(theirs, tokenizer, ["시간 가는 줄 [MASK] 봤다"], length=32)
    place = ids[0].tolist().index(tokenizer.mask_token_id)
    x = {
        "token_ids": ids.astype("int32"),
        "segment_ids": np.zeros_like(ids, "int32"),
        "padding_mask": np.ones_like(ids, "int32"),
        "mask_positions": np.array([[place]], "int32"),
    }
    logits = np.array(ours(x))[0, 0]
    np.testing.assert_allclose(output.logits[0, place].numpy(), logits, atol=1e-2)
    assert tokenizer.convert_ids_to_tokens(int(logits.argmax())) == "모르고"


def test_gpt2(tmp_path, cache, reviews):
    bpe = ByteLevelBPE.train(reviews, 600)
    tokenizer = keras_nlp.tokenizers.GPT2Tokenizer(bpe.vocabulary, bpe.merges)
    backbone = keras_nlp.models.GPT2Backbone(
        tokenizer.vocabulary_size(), 2, 2, 32, 48, max_sequence_length=40
    )
    preprocessor = keras_nlp.models.GPT2CausalLMPreprocessor(tokenizer, 40)
    ours = keras_nlp.models.GPT2CausalLM(backbone, preprocessor)
    ours.save_to_preset(str(tmp_path / "gpt2"))
    export_to_huggingface(tmp_path / "gpt2", tmp_path / "hf")
    theirs, their_tokenizer = open_in_transformers(
        "AutoModelForCausalLM", tmp_path / "hf"
    )
    for text in (*reviews[:50], "띄어  쓰기", "😀 漢字"):
        ids = their_tokenizer(text)["input_ids"]
        assert ids == bpe.encode_batch([text])[0]
        assert their_tokenizer.decode(ids) == text
    ids = np.array([bpe.encode_batch([reviews[0]])[0][:30]], "int32")
    with torch.no_grad():
        expected = theirs(torch.tensor(ids, dtype=torch.long)).logits.numpy()
    logits = ours({"token_ids": ids, "padding_mask": np.ones_like(ids)})
    np.testing.assert_allclose(logits, expected, atol=1e-4)
    assert theirs.config.eos_token_id == tokenizer.end_token_id
    assert theirs.config.pad_token_id == tokenizer.pad_token_id


def test_what_cannot_be_exported(tmp_path, cache):
    (tmp_path / "there").mkdir()
    with pytest.raises(InputError, match="there exists; choose another folder"):
        export_to_huggingface("bert_mini_ko", tmp_path / "there")
    with pytest.raises(InputError, match="no preset 'nothing'"):
        export_to_huggingface("nothing", tmp_path / "hf")
    assert not (tmp_path / "hf").exists()
