from itertools import product

import numpy as np
import pytest
from tokenizers import ByteLevelBPETokenizer

from kerasnlp_tutorial.chapters import ch02_tokenization as ch02
from kerasnlp_tutorial.tokenizers import ByteLevelBPE, KoreanBertTokenizer
from kerasnlp_tutorial.tokenizers.vocabulary import SPECIAL_TOKENS

TOY = {"hug": 10, "pug": 5, "pun": 12, "bun": 4, "hugs": 5}  # the book's
TEXTS = [
    "배우들 연기가 살아 있네요",
    "연기가 좋네요 ㅋㅋㅋ 😀",
    "두 시간이 이렇게 길 줄이야..",
] * 5


def test_merges_of_the_book():
    assert ch02.learn_bpe(TOY, 3) == [("u", "g"), ("u", "n"), ("h", "ug")]


def test_words_of_the_book():
    merges = ch02.learn_bpe(TOY, 3)
    tokens = [
        token
        for word in ("pug", "bug", "mug")
        for token in ch02.apply_bpe(word, merges, set("hugpnbs"))
    ]
    assert tokens == ["p", "ug", "b", "ug", "<unk>", "ug"]
    assert ch02.apply_bpe("hugs", merges, set("hugpnbs")) == ["hug", "s"]
    assert ch02.apply_bpe("", merges, set()) == []


def test_it_stops_when_every_word_is_one_token():
    assert ch02.learn_bpe({"ab": 1}, 10) == [("a", "b")]


def test_a_pair_is_merged_from_left_to_right():
    assert ch02.merge(("a", "a", "a"), ("a", "a")) == ("aa", "a")


def test_wordpiece_scores_by_hand():
    # 41 u of 113 tokens: hug 30, pug 15, pun 36, bun 12, hugs 20.
    counts = {tuple(word): n for word, n in TOY.items()}
    scores = ch02.wordpiece_scores(counts)
    n = 3 * (10 + 5 + 12 + 4) + 4 * 5
    assert scores["g", "s"] == pytest.approx((5 / n) / ((20 / n) * (5 / n)))
    assert max(scores, key=scores.get) == ("g", "s")


def test_longest_match():
    vocabulary = {"연", "연기", "##가", "##기", "##기가"}
    assert ch02.longest_match("연기가", vocabulary) == ["연기", "##가"]
    assert ch02.longest_match("연기는", vocabulary) == ["[UNK]"]
    assert ch02.longest_match("", vocabulary) == []


def test_longest_match_is_what_the_tokenizer_does():
    vocabulary = [*SPECIAL_TOKENS, "연", "연기", "##가", "##기"]
    tokenizer = KoreanBertTokenizer(vocabulary)
    for word in ("연기가", "연가", "연기가기", "기가"):
        tokens = [vocabulary[int(id)] for id in tokenizer(word)]
        assert tokens == ch02.longest_match(word, set(vocabulary))


def test_coverage():
    words = ch02.coverage(["영화가 좋다"], ["영화는 좋다", "좋다"], ch02.words)
    assert words == {"vocabulary": 2, "length": 1.5, "unknown": pytest.approx(1 / 3)}
    letters = ch02.coverage(["영화가 좋다"], ["영화는 좋다"], ch02.characters)
    assert letters == {"vocabulary": 5, "length": 5.0, "unknown": 0.2}


def test_inputs_side_by_side():
    vocabulary = [*SPECIAL_TOKENS, "영화", "##는"]
    x = ch02.bert_input("영화는", KoreanBertTokenizer(vocabulary), 6)
    assert x["tokens"] == ["[CLS]", "영화", "##는", "[SEP]", "[PAD]", "[PAD]"]
    assert x["padding_mask"] == [1, 1, 1, 1, 0, 0]
    assert x["segment_ids"] == [0] * 6
    short = ch02.bert_input("영화는 영화는", KoreanBertTokenizer(vocabulary), 4)
    assert short["tokens"] == ["[CLS]", "영화", "##는", "[SEP]"]
    bpe = ByteLevelBPE.train(TEXTS, 400)
    x = ch02.gpt_input("연기가", bpe, 12)
    assert len(x["token_ids"]) == 12 and x["tokens"][-1] == "<pad>"
    assert ch02.to_text([t for t in x["tokens"] if t != "<pad>"]) == "연기가"


def test_a_larger_vocabulary_makes_shorter_texts():
    results = ch02.by_vocabulary_size(TEXTS, TEXTS, [45, 55])
    assert results[0]["size"] < results[1]["size"] <= 55
    assert results[0]["length"] > results[1]["length"]


def test_whole_words_beyond_the_most_frequent_are_unknown():
    train = ["".join(letters) for letters in product("가나다", repeat=3)]
    # Five special tokens, three letters, and three that continue a word.
    test = [f"{train[10]} {train[11]}"]
    (result,) = ch02.by_vocabulary_size(train + train[:11], test, [11])
    assert result["size"] == 11 and result["unknown_words"] == 0.5


def test_solution_compress_gives_the_book_s_result():
    assert ch02.compress("aaabdaaabac", "ZYX") == "XdXac"
    assert ch02.compress("", "ZYX") == "" and ch02.compress("ab", "ZYX") == "ab"
    # `aa` occurs twice only if it may overlap; `bc` can be replaced twice.
    assert ch02.compress("aaabcbc", "ZYX") == "aaaZZ"


@pytest.mark.parametrize(
    "text", ["연기가 좋네요", " 😀ㅋㅋ\t", "NFD 한글", "é\x00\xad"]
)
def test_solution_bytes_to_text_equals_the_library(text):
    bpe = ByteLevelBPE.train(TEXTS, 400)
    names = list(bpe.vocabulary)
    ids = bpe.encode_batch([text])[0]
    assert ch02.to_text([names[id] for id in ids]) == text
    merges = [tuple(merge.split(" ")) for merge in bpe.merges]
    assert ByteLevelBPETokenizer(bpe.vocabulary, merges).decode(ids) == text
    assert np.array_equal(ids, bpe.encode_batch([text])[0])
