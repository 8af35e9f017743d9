"""Evaluation metrics in NumPy."""

from kerasnlp_tutorial.metrics.answers import (
    answer_f1,
    answer_scores,
    exact_match,
    normalize_answer,
)
from kerasnlp_tutorial.metrics.classification import (
    accuracy,
    confusion_matrix,
    macro_f1,
)
from kerasnlp_tutorial.metrics.entities import character_macro_f1, entity_scores
from kerasnlp_tutorial.metrics.generation import distinct, repeated

__all__ = [
    "accuracy",
    "answer_f1",
    "answer_scores",
    "character_macro_f1",
    "confusion_matrix",
    "distinct",
    "entity_scores",
    "exact_match",
    "macro_f1",
    "normalize_answer",
    "repeated",
]
