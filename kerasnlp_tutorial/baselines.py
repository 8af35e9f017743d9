"""Baselines without a model, with which the scores of models are compared."""

import re
from collections import Counter

import numpy as np


def most_similar_sentence(question: str, context: str) -> str:
    """Return the sentence of a passage with the most in common with a question.

    Common are pairs of successive characters; the more sentences of the passage have a
    pair, the less it counts.

    Args:
        question: the question.
        context: the passage; a sentence ends with `.`, `!` or `?` before whitespace.
    """
    sentences = re.split(r"(?<=[.!?])\s+", context.strip())
    pieces = [_pairs(sentence) for sentence in sentences]
    counts = Counter(pair for pairs in pieces for pair in pairs)
    asked = _pairs(question)
    scores = [
        sum(1 / counts[pair] for pair in pairs & asked) / np.sqrt(len(pairs) or 1)
        for pairs in pieces
    ]
    return sentences[int(np.argmax(scores))]


def _pairs(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(len(text) - 1)}
