"""What a reader is told when a checkpoint cannot be used."""

import json
import sys
import time
import unicodedata

import keras_nlp
import pytest
from tokenizers import BertWordPieceTokenizer

from kerasnlp_tutorial.chapters import ch04_document_classification as ch04
from kerasnlp_tutorial.checkpoints import load_bert, load_task, preset_folder
from kerasnlp_tutorial.errors import InputError

torch = pytest.importorskip("torch")


@pytest.fixture
def checkpoint(make_bert):
    """A folder to spoil."""
    return make_bert("BertModel")[0]


def refuses(folder, cache, message):
    with pytest.raises(InputError, match=message):
        preset_folder(folder)
    assert not cache.exists() or not list(cache.iterdir())


def change(folder, **fields):
    config = json.loads((folder / "config.json").read_text()) | fields
    (folder / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_truncated_file_names_the_tensor(checkpoint, cache, share):
    path = checkpoint / "model.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    refuses(checkpoint, cache, r"model.safetensors is damaged at tensor '.+\.weight'")


@pytest.mark.parametrize("content", [b"", b"abc", b"\xff" * 500, b"<html>" * 20])
def test_a_corrupt_file(checkpoint, cache, content):
    (checkpoint / "model.safetensors").write_bytes(content)
    refuses(checkpoint, cache, "model.safetensors is damaged")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"hidden_size": 64},
            r"tensor 'embeddings.word_embeddings.weight' must have shape .*, 64\).*48\)",
        ),
        ({"num_hidden_layers": 5}, "lacks tensor 'encoder.layer.3.attention"),
        ({"max_position_embeddings": 99}, "'embeddings.position_embeddings.weight'"),
        ({"model_type": "roberta"}, "model_type must be 'bert' or 'gpt2'; .*'roberta'"),
        ({"hidden_act": "mish"}, "hidden_act must be one of gelu, .*received 'mish'"),
        ({"position_embedding_type": "relative_key"}, "must be 'absolute'; received"),
        ({"vocab_size": 1000}, "the tokenizer has .* tokens, .*vocab_size=1000"),
        ({"num_attention_heads": None}, "config.json lacks 'num_attention_heads'"),
    ],
)
def test_another_architecture(checkpoint, cache, fields, message):
    change(checkpoint, **fields)
    refuses(checkpoint, cache, message)


def test_values_that_are_not_finite(checkpoint, cache):
    from safetensors.numpy import load_file, save_file

    tensors = load_file(checkpoint / "model.safetensors")
    tensors["pooler.dense.bias"][3] = float("nan")
    save_file(tensors, checkpoint / "model.safetensors")
    refuses(checkpoint, cache, "tensor 'pooler.dense.bias' holds values that are not")


def test_files_that_are_missing(checkpoint, cache):
    for name, message in (
        ("vocab.txt", "has no tokenizer: expected tokenizer.json or vocab.txt"),
        ("model.safetensors", "has no weights: expected model.safetensors, "),
    ):
        (checkpoint / name).unlink()
        refuses(checkpoint, cache, message)


def test_a_missing_shard(make_bert, cache):
    folder, _ = make_bert("BertModel", save={"max_shard_size": "20KB"})
    next(folder.glob("model-00002*")).unlink()
    refuses(folder, cache, r"model-00002.* is missing; .* holds tensor '")


def test_a_broken_tokenizer(checkpoint, cache):
    (checkpoint / "tokenizer.json").write_text('{"model": ')
    refuses(checkpoint, cache, "tokenizer.json is damaged")


def test_pickled_weights_without_torch(checkpoint, cache, monkeypatch):
    (checkpoint / "model.safetensors").rename(checkpoint / "pytorch_model.bin")
    monkeypatch.setitem(sys.modules, "torch", None)
    refuses(checkpoint, cache, r"pip install 'kerasnlp-tutorial\[convert\]'")


def test_pickled_code_is_not_run(checkpoint, cache):
    class Evil:
        def __reduce__(self):
            return (print, ("run",))

    torch.save({"bert.embeddings": Evil()}, checkpoint / "pytorch_model.bin")
    (checkpoint / "model.safetensors").unlink()
    refuses(checkpoint, cache, "pytorch_model.bin is damaged, or holds more than")


def test_a_sequence_that_is_too_long(checkpoint, cache):
    config = ch04.Config(backbone=str(checkpoint), sequence_length=61)
    with pytest.raises(InputError, match="at most 60 with backbone .*; received 61"):
        load_bert(config, [])


def test_a_head_that_bert_has_not_is_left_out(make_bert, cache, caplog):
    folder, _ = make_bert("BertForMaskedLM", tie_word_embeddings=False)
    with pytest.raises(InputError, match="has no head; it can serve as a backbone"):
        load_task(folder)
    assert "the head is left out" in caplog.text


def test_no_head(checkpoint, cache):
    with pytest.raises(InputError, match="has no head; it can serve as a backbone"):
        load_task(checkpoint)


@pytest.mark.parametrize("name", ["hf://nobody/nothing", "kcbert-base"])
@pytest.mark.parametrize("offline", ["1", None])
def test_offline_and_absent(name, offline, cache, monkeypatch, tmp_path):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", bool(offline))
    # An address that nobody answers at, wherever this test runs.
    monkeypatch.setattr(constants, "ENDPOINT", "https://203.0.113.1")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    started = time.perf_counter()
    with pytest.raises(InputError) as error:
        preset_folder(name)
    assert time.perf_counter() - started < 3
    message = str(error.value)
    assert "is not on this machine (looked in " in message
    assert "hf download" in message and "--local-dir" in message


def test_names_of_the_hub_are_checked(cache):
    with pytest.raises(InputError, match="is hf://owner/name; received 'hf://a/b/c'"):
        preset_folder("hf://a/b/c")


def test_a_gpt2_is_no_bert(cache, tmp_path):
    backbone = keras_nlp.models.GPT2Backbone(30, 1, 2, 8, 16, max_sequence_length=12)
    backbone.save_to_preset(str(tmp_path / "gpt2"))
    config = ch04.Config(backbone=str(tmp_path / "gpt2"), sequence_length=8)
    with pytest.raises(InputError, match="must have a BertBackbone; it has a GPT2Back"):
        load_bert(config, [])


PIECES = ["[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]", "▁배우", "▁영화", "들", "가"]


def test_a_sentence_piece_vocabulary_is_no_wordpiece(checkpoint, cache):
    (checkpoint / "vocab.txt").write_text("\n".join(PIECES) + "\n", encoding="utf-8")
    refuses(checkpoint, cache, "not WordPiece but SentencePiece.*'▁배우'")
    # What BertTokenizerFast makes of it is no better.
    BertWordPieceTokenizer(str(checkpoint / "vocab.txt"), lowercase=False).save(
        str(checkpoint / "tokenizer.json")
    )
    refuses(checkpoint, cache, "not WordPiece but SentencePiece.*'▁배우'")


def test_a_sentence_piece_model_alone(checkpoint, cache):
    (checkpoint / "vocab.txt").unlink()
    (checkpoint / "spiece.model").write_bytes(b"\x0a\x0e")
    refuses(
        checkpoint, cache, "spiece.model is a SentencePiece model: .*tokenizer.json"
    )


def test_hangul_taken_apart_suits_a_tokenizer_that_takes_apart(checkpoint, cache):
    path = checkpoint / "vocab.txt"
    path.write_text(unicodedata.normalize("NFD", path.read_text()), encoding="utf-8")
    refuses(checkpoint, cache, r"Hangul in the vocabulary is decomposed \(NFD\)")
    (checkpoint / "tokenizer_config.json").write_text('{"do_lower_case": true}')
    _, tokenizer = load_bert(
        ch04.Config(backbone=str(checkpoint), sequence_length=9), []
    )
    assert tokenizer.token_to_id("[UNK]") not in list(tokenizer("영화"))
