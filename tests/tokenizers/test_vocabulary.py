import tracemalloc
from collections import Counter

from kerasnlp_tutorial.datasets import SAMPLE, read_nsmc
from kerasnlp_tutorial.tokenizers import train_wordpiece, vocabulary

TEXTS = [example.text for example in read_nsmc(SAMPLE.path("ratings_train.txt"))]


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
