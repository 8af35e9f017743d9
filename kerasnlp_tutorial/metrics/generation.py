"""How varied generated texts are, and how often they repeat themselves."""

from collections import Counter
from collections.abc import Sequence

import numpy as np


def distinct(texts: Sequence[str], n: int) -> float:
    """Return distinct-n: the share of different n-grams of words among all.

    Source: [Li et al., 2016](https://arxiv.org/abs/1510.03055).

    Args:
        texts: taken together; words are what white space divides.
        n: words of an n-gram.

    Returns:
        0 to 1; 0 if no text has n words.
    """
    counts = Counter(
        tuple(words[i : i + n])
        for words in map(str.split, texts)
        for i in range(len(words) - n + 1)
    )
    return len(counts) / max(counts.total(), 1)


def repeated(texts: Sequence[str]) -> float:
    """Return the mean share of words that their own text had before.

    Args:
        texts: those without a word do not count.
    """
    shares = [1 - distinct([text], 1) for text in texts if text.split()]
    return float(np.mean(shares)) if shares else 0.0
