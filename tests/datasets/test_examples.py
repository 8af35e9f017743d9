from collections import Counter

import pytest

from kerasnlp_tutorial.datasets import LabeledText, class_names, hold_out
from kerasnlp_tutorial.errors import InputError

EXAMPLES = [LabeledText(f"글 {i}", "많음" if i % 5 else "적음") for i in range(100)]


def test_hold_out_is_reproducible_stratified_and_complete():
    larger, smaller = hold_out(EXAMPLES, 0.1, seed=7)
    assert (larger, smaller) == hold_out(EXAMPLES, 0.1, seed=7)
    assert smaller != hold_out(EXAMPLES, 0.1, seed=8)[1]
    assert Counter(example.label for example in smaller) == {"많음": 8, "적음": 2}
    assert sorted(larger + smaller, key=EXAMPLES.index) == EXAMPLES


def test_a_class_of_one_is_not_held_out():
    examples = [*EXAMPLES, LabeledText("하나", "드묾")]
    larger, smaller = hold_out(examples, 0.5, seed=7)
    assert examples[-1] in larger and examples[-1] not in smaller


def test_nothing_to_hold_out():
    with pytest.raises(
        InputError, match="too few examples to hold some out: 2 of 2 classes"
    ):
        hold_out([LabeledText("", "a"), LabeledText("", "b")], 0.1, seed=7)


def test_class_names_are_sorted_and_at_least_two():
    assert class_names(EXAMPLES, "file") == ("많음", "적음")
    with pytest.raises(InputError, match="file: a classifier needs at least two"):
        class_names(EXAMPLES[1:5], "file")
