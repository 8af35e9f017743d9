import keras
import numpy as np
import pytest
import tensorflow as tf
from golden.tokenizer_texts import STRINGS, TRAINABLE
from tokenizers import BertWordPieceTokenizer

from kerasnlp_tutorial.datasets import SAMPLE, read_nsmc
from kerasnlp_tutorial.tokenizers import KoreanBertTokenizer, train_wordpiece
from kerasnlp_tutorial.tokenizers.vocabulary import SPECIAL_TOKENS

REVIEWS = [
    example.text
    for split in ("train", "test")
    for example in read_nsmc(SAMPLE.path(f"ratings_{split}.txt"))
]


@pytest.fixture(scope="module")
def vocabulary():
    """Learnt from the tricky texts too, so that most of them are not just [UNK]."""
    return train_wordpiece(REVIEWS + TRAINABLE, 6000)


@pytest.fixture(scope="module")
def tokenizer(vocabulary):
    return KoreanBertTokenizer(vocabulary)


@pytest.fixture(scope="module")
def reference(vocabulary):
    ids = {token: i for i, token in enumerate(vocabulary)}
    return BertWordPieceTokenizer(ids, lowercase=False, strip_accents=False)


def in_tf_data(tokenizer, texts):
    dataset = tf.data.Dataset.from_tensor_slices(texts).batch(64).map(tokenizer)
    return [ids for batch in dataset for ids in batch.to_list()]


def expected(reference, texts):
    encodings = reference.encode_batch(texts, add_special_tokens=False)
    return [encoding.ids for encoding in encodings]


def assert_same(texts, actual, wanted):
    different = [
        (text, a, w) for text, a, w in zip(texts, actual, wanted, strict=True) if a != w
    ]
    assert different == []


def test_there_are_enough_tricky_texts():
    assert len(set(STRINGS)) >= 200


def test_ids_equal_hugging_faces_on_tricky_texts(tokenizer, reference):
    wanted = expected(reference, STRINGS)
    assert_same(STRINGS, in_tf_data(tokenizer, STRINGS), wanted)
    assert_same(STRINGS, tokenizer(STRINGS), wanted)


def test_ids_equal_hugging_faces_on_reviews(tokenizer, reference):
    assert_same(REVIEWS, in_tf_data(tokenizer, REVIEWS), expected(reference, REVIEWS))


def without_special_tokens(texts):
    return [text for text in texts if not any(t in text for t in SPECIAL_TOKENS)]


@pytest.mark.parametrize("texts", [STRINGS, REVIEWS], ids=["tricky", "reviews"])
def test_offsets_equal_hugging_faces(tokenizer, reference, texts):
    texts = without_special_tokens(texts)
    dataset = tf.data.Dataset.from_tensor_slices(texts).batch(64)
    ids, starts, ends = (
        [row for batch in part for row in batch.to_list()]
        for part in zip(*dataset.map(tokenizer.tokenize_with_offsets), strict=True)
    )
    encodings = reference.encode_batch(texts, add_special_tokens=False)
    assert_same(texts, ids, [encoding.ids for encoding in encodings])
    offsets = [list(zip(a, b, strict=True)) for a, b in zip(starts, ends, strict=True)]
    assert_same(texts, offsets, [encoding.offsets for encoding in encodings])


def test_offsets_of_special_tokens_hidden_characters_and_long_words():
    vocabulary = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        "영화",
        "##는",
        "[",
        "]",
    ]
    tokenizer = KoreanBertTokenizer(vocabulary)
    texts = ["\ue001 영\u200b화는 [SEP]", "", "가" * 101 + " 영화"]
    ids, starts, ends = tokenizer.tokenize_with_offsets(texts)
    assert ids.to_list() == [[5, 6, 7, 1, 8], [], [1, 5]]
    assert starts.to_list() == [[2, 5, 7, 8, 11], [], [0, 102]]
    assert ends.to_list() == [[5, 6, 8, 11, 12], [], [101, 104]]


def test_golden_ids():
    vocabulary = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        "영화",
        "##는",
        "최",
        "##고",
    ]
    vocabulary += ["ㅋ", "##ㅋ", "!", "大", "가"]
    tokenizer = KoreanBertTokenizer(vocabulary)
    assert tokenizer(
        [
            "영화는 최고!",
            "ㅋㅋㅋ",
            "영\u200b화는\u3000최고",
            "大大",
            "뷁",
            "[MASK]는 [CLS]",
            "",
            "가" * 101,
        ]
    ) == [
        [5, 6, 7, 8, 11],
        [9, 10, 10],
        [5, 6, 7, 8],
        [12, 12],
        [1],
        [4, 1, 2],
        [],
        [1],
    ]


def test_one_text_gives_one_row(tokenizer, reference):
    text = "이 영화 최고"
    np.testing.assert_array_equal(tokenizer(text), expected(reference, [text])[0])
    scalar = tf.data.Dataset.from_tensors(text).map(tokenizer)
    np.testing.assert_array_equal(next(iter(scalar)), tokenizer(text))


def test_detokenize(tokenizer):
    text = "이 영화 최고"
    assert tokenizer.detokenize([tokenizer(text)])[0] == text


def test_survives_serialization(tokenizer, tmp_path):
    loaded = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(tokenizer)
    )
    tokenizer.save_assets(tmp_path)
    loaded.load_assets(tmp_path)
    assert type(loaded) is KoreanBertTokenizer
    assert loaded.get_vocabulary() == tokenizer.get_vocabulary()
    assert in_tf_data(loaded, STRINGS) == in_tf_data(tokenizer, STRINGS)


@pytest.mark.parametrize(
    "option", [{"lowercase": True}, {"strip_accents": True}, {"split": False}]
)
def test_options_that_change_ids_are_refused(vocabulary, option):
    with pytest.raises(ValueError, match="always has"):
        KoreanBertTokenizer(vocabulary, **option)


def test_every_character_of_korean_text_is_treated_as_the_reference_does(
    tokenizer, reference
):
    # All of the Basic Multilingual Plane but surrogates, each between two letters. The
    # reference's tables of punctuation and format characters are those of an older
    # Unicode; what was added since (none of it Korean) may differ.
    added_since = {0x61D, 0x890, 0x891, 0x8E2, 0x9FD, 0xA76, 0xC77, 0xC84, 0x166D}
    added_since |= {0x1B7D, 0x1B7E, *range(0x2E43, 0x2E5E)}
    characters = [
        chr(code)
        for code in range(0x10000)
        if not 0xD800 <= code < 0xE000 and code not in added_since
    ]
    texts = [f"a{character}a" for character in characters]
    assert_same(texts, in_tf_data(tokenizer, texts), expected(reference, texts))
