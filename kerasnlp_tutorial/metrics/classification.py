"""Accuracy, macro F1 and the confusion matrix."""

import numpy as np


def confusion_matrix(
    targets: np.ndarray, predictions: np.ndarray, num_classes: int
) -> np.ndarray:
    """Count how often each class (row) was predicted as each class (column).

    Args:
        targets: int class ids, shape (examples,).
        predictions: int class ids, shape (examples,).
        num_classes: number of classes.

    Returns:
        int64 counts, shape (num_classes, num_classes).
    """
    cells = np.asarray(targets) * num_classes + np.asarray(predictions)
    counts = np.bincount(cells, minlength=num_classes**2)
    return counts.reshape(num_classes, num_classes)


def accuracy(targets: np.ndarray, predictions: np.ndarray) -> float:
    """Return the fraction of predictions that equal their target, 0 to 1.

    Args:
        targets: int class ids, shape (examples,).
        predictions: int class ids, shape (examples,).
    """
    return float(np.mean(np.asarray(targets) == np.asarray(predictions)))


def macro_f1(targets: np.ndarray, predictions: np.ndarray, num_classes: int) -> float:
    """Return the unweighted mean of the F1 of each class, 0 to 1.

    Classes that occur in neither the targets nor the predictions are left out (as in
    scikit-learn's `f1_score` over the labels that occur).

    Args:
        targets: int class ids, shape (examples,).
        predictions: int class ids, shape (examples,).
        num_classes: number of classes.
    """
    counts = confusion_matrix(targets, predictions, num_classes)
    occurrences = counts.sum(axis=0) + counts.sum(axis=1)
    occur = occurrences > 0
    return float(np.mean(2 * np.diag(counts)[occur] / occurrences[occur]))
