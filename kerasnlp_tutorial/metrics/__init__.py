"""Scores as the field defines them, in NumPy."""

from kerasnlp_tutorial.metrics.classification import (
    accuracy,
    confusion_matrix,
    macro_f1,
)
from kerasnlp_tutorial.metrics.entities import character_macro_f1, entity_scores

__all__ = [
    "accuracy",
    "character_macro_f1",
    "confusion_matrix",
    "entity_scores",
    "macro_f1",
]
