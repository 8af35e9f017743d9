"""The embedded reviews: balanced, varied, each its own."""

import re
import unicodedata
from collections import Counter, defaultdict

import pytest

from kerasnlp_tutorial.datasets import PLAIN_SAMPLE, SAMPLE, read_nsmc


def read(split, corpus=SAMPLE):
    return read_nsmc(corpus.split_path(split))


@pytest.mark.parametrize(
    ("corpus", "split", "at_least"),
    [
        (SAMPLE, "train", 1200),
        (SAMPLE, "test", 300),
        (PLAIN_SAMPLE, "train", 700),
        (PLAIN_SAMPLE, "test", 250),
    ],
)
def test_size_and_balance(corpus, split, at_least):
    counts = Counter(example.label for example in read(split, corpus))
    assert sum(counts.values()) >= at_least
    assert counts["긍정"] == counts["부정"]


def letters(text):
    """Letters and digits only, so that spacing, marks and emoticons hide nothing."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def trigrams(text):
    text = letters(text)
    return {text[i : i + 3] for i in range(max(1, len(text) - 2))}


def test_no_near_duplicates_within_or_between_the_splits():
    texts = [
        example.text
        for corpus in (SAMPLE, PLAIN_SAMPLE)
        for split in ("train", "test")
        for example in read(split, corpus)
    ]
    assert len({letters(text) for text in texts}) == len(texts)
    sets = [trigrams(text) for text in texts]
    seen = defaultdict(list)
    for i, grams in enumerate(sets):
        shared = Counter(j for gram in grams for j in seen[gram])
        for j, count in shared.items():
            jaccard = count / len(grams | sets[j])
            assert jaccard <= 0.35, (texts[j], texts[i])
        for gram in grams:
            seen[gram].append(i)


def test_no_template_opens_or_closes_many():
    texts = [example.text for example in read("train") + read("test")]
    for at in (0, -1):
        word, count = Counter(text.split()[at] for text in texts).most_common(1)[0]
        assert count <= 0.04 * len(texts), word


def test_lengths_vary_as_in_real_reviews():
    lengths = sorted(len(example.text) for example in read("train"))
    assert lengths[0] <= 5 and 120 <= lengths[-1] < 140
    assert 20 <= lengths[len(lengths) // 2] <= 35  # NSMC's median is 27
