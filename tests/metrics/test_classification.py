import numpy as np
import pytest

from kerasnlp_tutorial.metrics import accuracy, confusion_matrix, macro_f1


def test_by_hand():
    targets = np.array([0, 0, 0, 1, 1, 2])
    predictions = np.array([0, 0, 1, 1, 2, 2])
    np.testing.assert_array_equal(
        confusion_matrix(targets, predictions, 3), [[2, 1, 0], [0, 1, 1], [0, 0, 1]]
    )
    assert accuracy(targets, predictions) == pytest.approx(4 / 6)
    # F1 = 2·hits / (targets + predictions): 4/5, 2/4, 2/3
    assert macro_f1(targets, predictions, 3) == pytest.approx(
        (4 / 5 + 1 / 2 + 2 / 3) / 3
    )


def test_a_class_never_right_counts_and_one_that_never_occurs_does_not():
    targets, predictions = np.array([0, 0, 1]), np.array([0, 0, 0])
    assert macro_f1(targets, predictions, 2) == pytest.approx((4 / 5 + 0) / 2)
    assert macro_f1(targets, predictions, 5) == pytest.approx((4 / 5 + 0) / 2)
