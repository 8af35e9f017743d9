import random
import unicodedata
from collections import Counter

import pytest

from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.datasets import (
    Answer,
    LabeledPair,
    LabeledText,
    PromptedText,
    Question,
    Span,
    TaggedSentence,
    check_labels,
    class_names,
    hold_out,
    load_splits,
)
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


def looks(example):
    """What of an example must not be on both sides."""
    texts = getattr(example, "texts", None) or (example.text,)
    return tuple(unicodedata.normalize("NFC", text).strip() for text in texts)


def variants(text):
    """The same text as files have it."""
    return [text, f" {text}\t", unicodedata.normalize("NFD", text), f"{text}\n", text]


@pytest.mark.parametrize(
    "make",
    [
        lambda text, i: LabeledText(text, "갑" if i % 2 else "을"),
        lambda text, i: LabeledText(text, f"{hash(text) % 2}"),
        lambda text, i: LabeledPair(text, f" {text}", f"{i % 3}"),
        lambda text, i: TaggedSentence(text, (Span(0, 1, "PER"),) * (i % 2)),
        lambda text, i: PromptedText("", text),
        lambda text, i: PromptedText("긍정" if i % 2 else "부정", text),
        lambda text, i: PromptedText(f"물음 {text}", text),
    ],
)
def test_equal_texts_stay_together(make):
    texts = [f"글 가나다 {i}" for i in range(40)]
    examples = [make(v, i) for t in texts for i, v in enumerate(variants(t))]
    random.Random(0).shuffle(examples)
    for seed in range(5):
        larger, smaller = hold_out(examples, 0.1, seed)
        assert not set(map(looks, larger)) & set(map(looks, smaller))
        assert 10 <= len(smaller) <= 20
        assert sorted(larger + smaller, key=examples.index) == sorted(
            examples, key=examples.index
        )


def test_pairs_are_equal_in_both_texts():
    pairs = [LabeledPair("같은 전제", f"가설 {i}", "a") for i in range(20)]
    assert len(hold_out(pairs, 0.1, seed=7)[1]) == 2


@pytest.mark.parametrize("repeated", ["first", "second"])
def test_pairs_that_share_a_text_stay_together(repeated):
    """A model that knows the label of two hypotheses could rule it out for the third."""
    texts = [(f"함께 {i // 3}", f"따로 {i}") for i in range(300)]
    if repeated == "second":
        texts = [pair[::-1] for pair in texts]
    pairs = [LabeledPair(*pair, "abc"[i % 3]) for i, pair in enumerate(texts)]
    larger, smaller = hold_out(pairs, 0.1, seed=7)
    shared = [{getattr(pair, repeated) for pair in part} for part in (larger, smaller)]
    assert len(smaller) == 30 and not shared[0] & shared[1]
    assert Counter(pair.label for pair in smaller) == {"a": 10, "b": 10, "c": 10}


def test_an_answer_to_many_questions_is_no_text_of_its_own(caplog):
    examples = [PromptedText(f"물음 {i}", "네") for i in range(20)]
    assert len(hold_out(examples, 0.1, seed=7)[1]) == 2
    assert "20 of 20 examples have a frequent text, such as '네'" in caplog.text


def test_equal_texts_after_many_prompts_stay_together(caplog):
    examples = [PromptedText(f"물음 {i % 12}", f"글 {i // 12}") for i in range(240)]
    larger, smaller = hold_out(examples, 0.1, seed=7)
    assert len(smaller) == 24 and not caplog.messages
    assert not {e.text for e in larger} & {e.text for e in smaller}


def test_invisible_characters_do_not_make_another_text():
    examples = [
        LabeledText(f"글 {i // 2}" + "\u200b" * (i % 2), "a") for i in range(80)
    ]
    larger, smaller = hold_out(examples, 0.1, seed=7)
    looks = [{e.text.strip("\u200b") for e in part} for part in (larger, smaller)]
    assert len(smaller) == 8 and not looks[0] & looks[1]


@pytest.mark.parametrize("seed", range(10))
def test_a_frequent_text_does_not_change_the_share(seed):
    examples = [LabeledText("네", "a")] * 150 + [LabeledText("예", "a")] * 60
    examples += [LabeledText(f"글 {i}", "a") for i in range(800)]
    examples += [LabeledText(f"말 {i}", "b") for i in range(100)]
    smaller = hold_out(examples, 0.1, seed)[1]
    counts = Counter(example.label for example in smaller)
    assert counts["b"] == 10 and 95 <= counts["a"] <= 101


def test_texts_with_labels_that_differ_leave_every_class_something():
    mixed = [LabeledText(f"글 {i}", label) for i in range(3) for label in "ab"]
    for seed in range(20):
        larger, smaller = hold_out(mixed, 0.5, seed)
        assert {example.label for example in larger} == {"a", "b"} and smaller
    rare = [*[LabeledText(f"글 {i}", "a") for i in range(4)], LabeledText("글 0", "b")]
    for seed in range(20):
        assert rare[-1] in hold_out(rare, 0.5, seed)[0]
    with pytest.raises(InputError, match="needs two or more different examples"):
        hold_out([LabeledText("같다", "a")] * 9, 0.1, seed=7)


def test_without_equal_texts_the_division_is_as_it_was():
    """Published scores are those of these divisions."""
    smaller = hold_out(EXAMPLES, 0.1, seed=7)[1]
    by_label = {"많음": [], "적음": []}
    for example in EXAMPLES:
        by_label[example.label].append(example)
    generator = random.Random(7)
    expected = [
        *generator.sample(by_label["많음"], 8),
        *generator.sample(by_label["적음"], 2),
    ]
    assert smaller == sorted(expected, key=EXAMPLES.index)
    questions = [
        Question(f"{i}-{j}", f"물음 {j}", f"글 {i}", (Answer("글", 0),))
        for i in range(30)
        for j in range(1 + i % 4)
    ]
    passages = {f"글 {i}" for i in random.Random(7).sample(range(30), 3)}
    assert {q.context for q in hold_out(questions, 0.1, seed=7)[1]} == passages


@pytest.mark.parametrize("own", [True, False])
def test_files_that_share_texts(own, caplog):
    train = [LabeledText(f"글 {i}", "ab"[i % 2]) for i in range(40)]
    test = [LabeledText(f"다른 글 {i}", "ab"[i % 2]) for i in range(10)]
    files = {"train": train, "test": test}
    paths = {"train_file": "train.tsv", "test_file": "test.tsv"} if own else {}
    config = TrainingConfig(**paths, max_train_examples=20)
    read = lambda split, labels: files[split]  # noqa: E731
    load_splits(config, read)
    assert caplog.messages == []
    test += [
        LabeledText(f"{unicodedata.normalize('NFD', '글')} {i} ", "a") for i in (3, 5)
    ]
    load_splits(config, read)
    (message,) = caplog.messages
    assert message.startswith(
        "2 of 12 test examples have a text that is also in the training set"
    )
    assert "'글 3'" in message


def test_class_names_are_sorted_and_at_least_two():
    assert class_names(EXAMPLES, "file") == ("많음", "적음")
    with pytest.raises(InputError, match="file: a classifier needs at least two"):
        class_names(EXAMPLES[1:5], "file")


def test_of_many_unknown_labels_a_few_are_named():
    with pytest.raises(InputError, match="and 980 more; expected a") as caught:
        check_labels([f"{i:04d}" * 50 for i in range(1000)], ["a"], "x.tsv")
    assert len(str(caught.value)) < 1200
