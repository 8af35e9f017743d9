import keras_nlp
import numpy as np
import pytest
import tensorflow as tf
import tokenizers

from kerasnlp_tutorial.models import BertTokenClassifierPreprocessor
from kerasnlp_tutorial.tokenizers import HuggingFaceTokenizer

SPECIALS = {
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "start_token": "[CLS]",
    "end_token": "[SEP]",
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
}
WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "good",
    "영화",
    "##는",
    "정말",
    "!",
    "서울",
]
TEXTS = ["GOOD 영화는!", "", "정말  서울 😀", "뷁"]


@pytest.fixture(scope="module")
def theirs():
    vocabulary = {word: id for id, word in enumerate(WORDS)}
    tokenizer = tokenizers.BertWordPieceTokenizer(
        vocabulary, lowercase=True, strip_accents=False
    )
    return tokenizers.Tokenizer.from_str(tokenizer.to_str())


@pytest.fixture
def ours(theirs):
    return HuggingFaceTokenizer(theirs.to_str(), SPECIALS)


def test_ids_eagerly_and_in_tf_data(ours, theirs):
    expected = [theirs.encode(t, add_special_tokens=False).ids for t in TEXTS]
    assert expected[0] == [4, 5, 6, 8]
    assert [list(map(int, row)) for row in ours(TEXTS)] == expected
    assert [list(map(int, ours(text))) for text in TEXTS] == expected
    dataset = tf.data.Dataset.from_tensor_slices(TEXTS)
    rows = [row.numpy().tolist() for row in dataset.map(ours)]
    assert rows == expected
    batches = [batch.to_list() for batch in dataset.batch(3).map(ours)]
    assert batches == [expected[:3], expected[3:]]


def test_offsets_slice_back(ours):
    ids, starts, ends = ours.tokenize_with_offsets(TEXTS)
    pieces = [
        [text[a:b] for a, b in zip(*row, strict=True)]
        for text, *row in zip(TEXTS, starts.to_list(), ends.to_list(), strict=True)
    ]
    assert pieces == [["GOOD", "영화", "는", "!"], [], ["정말", "서울", "😀"], ["뷁"]]
    assert ids.to_list()[2] == [7, 9, 1]


def test_names_and_ids(ours):
    assert ours.cls_token_id == ours.start_token_id == 2 and ours.pad_token_id == 0
    assert ours.vocabulary_size() == 10 and ours.get_vocabulary() == WORDS
    assert ours.id_to_token(5) == "영화" and ours.token_to_id("영화") == 5
    with pytest.raises(ValueError, match="no token has the id 10"):
        ours.id_to_token(10)
    with pytest.raises(ValueError, match="'없다' is not in the vocabulary"):
        ours.token_to_id("없다")
    with pytest.raises(ValueError, match="mask_token must be in the vocabulary"):
        HuggingFaceTokenizer(ours.to_json(), {"mask_token": "[MASK]"})


def test_truncation_of_the_file_is_not_taken_over(theirs):
    copy = tokenizers.Tokenizer.from_str(theirs.to_str())
    copy.enable_truncation(2)
    copy.enable_padding(length=7)
    ours = HuggingFaceTokenizer(copy.to_str(), SPECIALS)
    assert list(map(int, ours("GOOD 영화는!"))) == [4, 5, 6, 8]


def test_from_a_file(theirs, tmp_path):
    theirs.save(str(tmp_path / "tokenizer.json"))
    ours = HuggingFaceTokenizer(str(tmp_path / "tokenizer.json"), SPECIALS)
    assert list(map(int, ours("영화는"))) == [5, 6]


def test_preprocessors_take_it(ours, tmp_path):
    preprocess = keras_nlp.models.BertTextClassifierPreprocessor(
        ours, sequence_length=6
    )
    x = preprocess(["영화는!", "GOOD"], y=None)
    np.testing.assert_array_equal(x["token_ids"][1], [2, 4, 3, 0, 0, 0])
    tagger = BertTokenClassifierPreprocessor(ours, ["LOC"], 6)
    _, tags, _ = tagger(
        ["정말 서울"], tf.ragged.constant([[[3, 5, 0]]], inner_shape=(3,))
    )
    np.testing.assert_array_equal(tags, [[0, 0, 1, 0, 0, 0]])
    ours.save_to_preset(str(tmp_path))
