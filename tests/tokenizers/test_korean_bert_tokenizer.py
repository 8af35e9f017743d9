import keras
import numpy as np
import pytest
import tensorflow as tf
from golden.tokenizer_texts import STRINGS, TRAINABLE
from tokenizers import BertWordPieceTokenizer

from kerasnlp_tutorial.datasets import SAMPLE, read_nsmc
from kerasnlp_tutorial.tokenizers import KoreanBertTokenizer, train_wordpiece
from kerasnlp_tutorial.tokenizers.normalization import has_equal_categories
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


def eagerly(tokenizer, texts):
    ids = tokenizer.tokenize(texts)
    return ids.to_list() if isinstance(ids, tf.RaggedTensor) else ids  # older KerasNLP


def in_graph(tokenizer, texts):
    """Ids, starts and ends, as they are inside `tf.data`."""
    dataset = tf.data.Dataset.from_tensor_slices(texts).batch(64)
    parts = zip(*dataset.map(tokenizer.tokenize_with_offsets), strict=True)
    return [[row for batch in part for row in batch.to_list()] for part in parts]


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
    ids, starts, ends = in_graph(tokenizer, texts)
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


# === Eagerly, without TensorFlow ===

MIXED = [
    "[CLS] \u200bMiXeD ㅋㅋ大😀" + "가" * 101 + "ÅÅ [MASK]\x00[SEP]",
    "ᄋ\x07ᅧᆼ화\u00ad[PAD]ᄒᆞᆫ\tㄱㅏ",
]


@pytest.fixture
def without_tensorflow(monkeypatch):
    """A function that makes a tokenizer fail if it calls TensorFlow."""

    def forbid(tokenizer):
        monkeypatch.delattr(KoreanBertTokenizer, "_word_piece")
        return tokenizer

    return forbid


@pytest.mark.parametrize("texts", [STRINGS + MIXED, REVIEWS], ids=["tricky", "reviews"])
def test_eager_ids_and_offsets_are_those_of_tf_data(
    tokenizer, texts, without_tensorflow
):
    ids, offsets = in_tf_data(tokenizer, texts), in_graph(tokenizer, texts)
    without_tensorflow(tokenizer)
    assert_same(texts, eagerly(tokenizer, texts), ids)
    for found, wanted in zip(
        tokenizer.tokenize_with_offsets(texts), offsets, strict=True
    ):
        assert found.dtype == tf.int32 and found.row_splits.dtype == tf.int64
        assert_same(texts, found.to_list(), wanted)


@pytest.mark.parametrize("texts", [[], [""], ["", "영화", ""]])
def test_eager_texts_without_tokens(tokenizer, texts, without_tensorflow):
    without_tensorflow(tokenizer)
    ids, starts, ends = tokenizer.tokenize_with_offsets(texts)
    assert ids.nrows() == len(texts) == len(eagerly(tokenizer, texts))
    assert ids.row_lengths().numpy().tolist() == [len(t) // 2 for t in texts]
    assert starts.row_splits.shape == ends.row_splits.shape == len(texts) + 1


def test_random_texts_have_the_same_ids_and_offsets(tokenizer, without_tensorflow):
    generator = np.random.default_rng(0)
    pieces = [*"가나ㅋㅏ가 \t\u3000\u200b\x01😀大A a!…[]#", *SPECIAL_TOKENS, "영화는"]
    texts = ["".join(generator.choice(pieces, n % 60)) for n in range(500)]
    ids, offsets = in_tf_data(tokenizer, texts), in_graph(tokenizer, texts)
    without_tensorflow(tokenizer)
    assert_same(texts, eagerly(tokenizer, texts), ids)
    for found, wanted in zip(
        tokenizer.tokenize_with_offsets(texts), offsets, strict=True
    ):
        assert_same(texts, found.to_list(), wanted)


def test_every_character_is_treated_alike_or_left_to_tensorflow():
    # Each between two letters: deleted, split off, or a part of an unknown word.
    tokenizer = KoreanBertTokenizer([*SPECIAL_TOKENS, "a", "##a"])
    codes = [*range(0xD800), *range(0xE000, 0x30000), *range(0xE0000, 0xE1000)]
    texts = [f"a{chr(code)}a" for code in [*codes, 0xF0000, 0x10FFFD]]
    texts = [text for text in texts if has_equal_categories(text)]
    assert len(texts) > 130_000  # the letters of nearly all living scripts, emoji
    for start in range(0, len(texts), 10_000):
        part = texts[start : start + 10_000]
        in_tensorflow = tokenizer._tokenize(tf.constant(part)).to_list()
        assert_same(part, eagerly(tokenizer, part), in_tensorflow)


def test_other_characters_are_left_to_tensorflow(tokenizer):
    texts = ["영화\u2e43최고", "\U00011c41 영화", "영화"]
    assert not any(map(has_equal_categories, texts[:2]))
    assert tokenizer(texts) == in_tf_data(tokenizer, texts)
    for text in texts[:2]:
        assert tokenizer._encode_eagerly([text], special_tokens=True) is None
    with pytest.raises(ValueError, match="unicode"):
        tokenizer(["\ud800"])


def test_a_token_must_not_be_twice_in_the_vocabulary():
    with pytest.raises(ValueError, match="a token occurs twice"):
        KoreanBertTokenizer([*SPECIAL_TOKENS, "가", "나", "가"])


def test_another_vocabulary_replaces_the_first(tokenizer):
    changed = KoreanBertTokenizer([*SPECIAL_TOKENS, "가", "나"])
    assert changed(["가 나"]) == [[5, 6]]
    changed.set_vocabulary([*SPECIAL_TOKENS, "나", "가"])
    assert changed(["가 나"]) == [[6, 5]] == in_tf_data(changed, ["가 나"])
