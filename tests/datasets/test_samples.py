"""The embedded reviews: balanced, varied, each its own."""

import re
import unicodedata
from collections import Counter, defaultdict

import pytest

from kerasnlp_tutorial.datasets import HARD_SAMPLE, SAMPLE, read_nsmc


def read(split, corpus=SAMPLE):
    return read_nsmc(corpus.split_path(split))


@pytest.mark.parametrize(
    ("corpus", "split", "at_least"),
    [
        (SAMPLE, "train", 3000),
        (SAMPLE, "test", 1000),
        (HARD_SAMPLE, "train", 1200),
        (HARD_SAMPLE, "test", 300),
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
    sample, hard = (
        {split: [e.text for e in read(split, corpus)] for split in ("train", "test")}
        for corpus in (SAMPLE, HARD_SAMPLE)
    )
    # Some of the roundabout reviews are in the sample too, on the same side.
    assert not set(sample["train"]) & set(hard["test"])
    assert not set(sample["test"]) & set(hard["train"])
    in_order = [*sample["train"], *sample["test"], *hard["train"], *hard["test"]]
    texts = list(dict.fromkeys(in_order))
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
