import keras_nlp
import numpy as np
import pytest

from kerasnlp_tutorial.datasets import SAMPLE, read_nsmc
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.tokenizers import ByteLevelBPE

TEXTS = [example.text for example in read_nsmc(SAMPLE.path("ratings_train.txt"))]


@pytest.fixture(scope="module")
def bpe():
    return ByteLevelBPE.train(TEXTS, 2000)


def test_the_padding_token_is_where_kerasnlp_expects_it(bpe):
    names = list(bpe.vocabulary)
    assert names[:2] == ["<pad>", "<|endoftext|>"] and len(names) == 2000
    assert list(bpe.vocabulary.values()) == list(range(2000))


def test_the_same_texts_give_the_same_vocabulary(bpe):
    assert all(ByteLevelBPE.train(TEXTS, 2000) == bpe for _ in range(3))


def test_the_ids_are_those_of_kerasnlp_in_tf_data(bpe):
    import tensorflow as tf

    tokenizer = keras_nlp.tokenizers.GPT2Tokenizer(bpe.vocabulary, bpe.merges)
    texts = TEXTS[:100]
    dataset = tf.data.Dataset.from_tensor_slices(texts).batch(50).map(tokenizer)
    actual = [row for batch in dataset for row in batch.to_list()]
    assert actual == bpe.encode_batch(texts)


def test_round_trip_through_files(bpe, tmp_path):
    bpe.save(tmp_path / "bpe")
    assert ByteLevelBPE.load(tmp_path / "bpe") == bpe


def test_no_vocabulary_there(tmp_path):
    with pytest.raises(InputError, match=r"must hold vocab.json and merges.txt"):
        ByteLevelBPE.load(tmp_path)


def test_a_damaged_vocabulary_is_refused(bpe, tmp_path):
    bpe.save(tmp_path)
    (tmp_path / "vocab.json").write_text('{"<pad>": ')
    with pytest.raises(InputError, match=r"vocab.json is damaged"):
        ByteLevelBPE.load(tmp_path)


def test_a_bpe_of_another_kind_is_refused(bpe, tmp_path):
    # Characters that it lacks would be lost, not unknown.
    ByteLevelBPE({"영화": 0, "▁재미": 1, "는</w>": 2}, []).save(tmp_path)
    with pytest.raises(
        InputError, match=r"not the vocabulary of a byte-level .* lacks 256"
    ):
        ByteLevelBPE.load(tmp_path)


def test_every_text_can_be_encoded(bpe):
    ids = bpe.encode_batch(["", "훟 한 é \x00", "😀"])
    assert ids[0] == [] and all(np.max(row) < 2000 for row in ids[1:])


def test_the_size_is_kept_down_to_all_bytes():
    assert len(ByteLevelBPE.train(TEXTS, 258).vocabulary) == 258
    with pytest.raises(InputError, match=r"must have 258 tokens or more.*received 257"):
        ByteLevelBPE.train(TEXTS, 257)
