"""Accuracy, macro F1 and the confusion matrix."""

import numpy as np


def confusion_matrix(
    targets: np.ndarray, predictions: np.ndarray, num_classes: int
) -> np.ndarray:
    """Count how often each class was taken for each class.

    Args:
        targets: int class ids, shape (examples,).
        predictions: int class ids, shape (examples,).
        num_classes: number of classes.

    Returns:
        int64 counts, shape (num_classes, num_classes); rows are targets.
    """
    cells = np.asarray(targets) * num_classes + np.asarray(predictions)
    counts = np.bincount(cells, minlength=num_classes**2)
    return counts.reshape(num_classes, num_classes)


def accuracy(targets: np.ndarray, predictions: np.ndarray) -> float:
    """Return the share of predictions that equal their target, 0 to 1."""
    return float(np.mean(np.asarray(targets) == np.asarray(predictions)))


def macro_f1(targets: np.ndarray, predictions: np.ndarray, num_classes: int) -> float:
    """Return the mean over classes of F1, 0 to 1.

    A class that neither occurs nor is predicted is left out of the mean; one
    that is never right counts 0 (as in scikit-learn's `f1_score` over the labels
    that occur).

    Args:
        targets: int class ids, shape (examples,).
        predictions: int class ids, shape (examples,).
        num_classes: number of classes.
    """
    counts = confusion_matrix(targets, predictions, num_classes)
    occurrences = counts.sum(axis=0) + counts.sum(axis=1)
    occur = occurrences > 0
    return float(np.mean(2 * np.diag(counts)[occur] / occurrences[occur]))
