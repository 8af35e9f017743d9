import hashlib
import tracemalloc
from collections import Counter

import pytest

from kerasnlp_tutorial.datasets import HARD_SAMPLE, read_nsmc
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.tokenizers import train_wordpiece, vocabulary

TEXTS = [example.text for example in read_nsmc(HARD_SAMPLE.path("ratings_train.txt"))]


def test_the_same_texts_give_the_same_vocabulary():
    # The trainer by itself settles ties by the order of a hash table.
    vocabularies = [train_wordpiece(TEXTS, 3000, limit_alphabet=700) for _ in range(4)]
    assert all(vocabulary == vocabularies[0] for vocabulary in vocabularies)


def test_size_special_tokens_and_alphabet():
    vocabulary = train_wordpiece(TEXTS, 3000, limit_alphabet=700)
    assert vocabulary[:5] == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    assert len(vocabulary) == len(set(vocabulary)) == 3000
    characters = [token for token in vocabulary if len(token.removeprefix("##")) == 1]
    assert len({token[-1] for token in characters}) == 700


def test_by_hand():
    # aab aab aab ab: the pairs (a, ##a) and (##a, ##b) occur 3 times, (a, ##b) once; the
    # lower ids come first, and then (aa, ##b) is the most frequent.
    vocabulary = train_wordpiece(["aab aab", "aab ab"], 11)
    assert vocabulary[5:] == ["a", "b", "##a", "##b", "aa", "aab"]


def test_memory_does_not_grow_with_the_count_of_a_word(monkeypatch):
    counts = Counter({"aab": 999_999, "ab": 1})
    monkeypatch.setattr(vocabulary, "count_words", lambda texts, split: counts)
    tracemalloc.start()
    tokens = train_wordpiece([], 11)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert tokens[5:] == ["a", "b", "##a", "##b", "aa", "aab"]
    assert peak < 1e6


@pytest.mark.parametrize("size", [7, 8, 300, 1000, 1960])
def test_the_size_is_kept_where_there_are_more_characters(size):
    tokens = train_wordpiece(TEXTS, size)
    assert len(tokens) in (size, size - 1)  # 가 and ##가 go together
    counts = Counter("".join("".join(TEXTS).split()))
    kept = set("".join(token.removeprefix("##") for token in tokens[5:]))
    rarest = min(counts[character] for character in kept)
    assert rarest >= max(counts[character] for character in counts.keys() - kept)


@pytest.mark.parametrize(
    ("size", "digest"),
    [(2000, "fc4bae126ede"), (3000, "f94cba35bbbf"), (8000, "803c95b5bb10")],
)
def test_vocabularies_with_room_for_all_characters_are_what_they_were(size, digest):
    tokens = train_wordpiece(TEXTS, size)
    assert hashlib.sha256("\n".join(tokens).encode()).hexdigest().startswith(digest)


def test_characters_that_are_lost_are_reported(caplog):
    train_wordpiece(["가나 가다 가라", "가나 가다 가마"] * 2, 10)  # 가, 나, 다
    assert "no room for 2 of 5 different characters, which are 16.7 %" in caplog.text
    assert "(such as 라 마)" in caplog.text
    caplog.clear()
    train_wordpiece(TEXTS, 2000)
    assert not caplog.text


@pytest.mark.parametrize("size", [-1, 0, 6])
def test_no_room_for_any_character(size):
    with pytest.raises(
        InputError, match=f"must have 7 tokens or more.*received {size}"
    ):
        train_wordpiece(TEXTS, size)
