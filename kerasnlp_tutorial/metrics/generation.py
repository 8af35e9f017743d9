"""Diversity and repetition of generated texts."""

from collections import Counter
from collections.abc import Sequence

import numpy as np


def distinct(texts: Sequence[str], n: int) -> float:
    """Return distinct-n: the number of distinct word n-grams divided by all n-grams.

    Args:
        texts: the texts, counted together; words are separated by whitespace.
        n: number of words in an n-gram.

    Returns:
        0 to 1; 0 if no text has n words.

    Reference:
        [Li et al., 2016](https://arxiv.org/abs/1510.03055)
    """
    counts = Counter(
        tuple(words[i : i + n])
        for words in map(str.split, texts)
        for i in range(len(words) - n + 1)
    )
    return len(counts) / max(counts.total(), 1)


def repeated(texts: Sequence[str]) -> float:
    """Return the mean fraction of words that already occurred in the same text, 0 to 1.

    Args:
        texts: the texts; those without words are ignored.
    """
    fractions = [1 - distinct([text], 1) for text in texts if text.split()]
    return float(np.mean(fractions)) if fractions else 0.0
