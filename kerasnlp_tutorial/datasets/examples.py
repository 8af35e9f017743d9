"""Labeled examples, and how a corpus is divided into training, validation and test."""

import itertools
import logging
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.hangul import INVISIBLE, compose

logger = logging.getLogger(__name__)

_FEW_PROMPTS = 10
_MAX_SHOWN = 20  # labels named in a message
_FREQUENT = 1 / 4  # fraction of the examples
_SMALL_GROUP = 1 / 20  # fraction of the examples
_WITHOUT_INVISIBLE = dict.fromkeys(map(ord, INVISIBLE))

Example = TypeVar("Example")


class _WithTexts(Protocol):
    @property
    def texts(self) -> tuple[str, ...]: ...


class _WithLabel(Protocol):
    @property
    def label(self) -> str: ...


@dataclass(frozen=True)
class LabeledText:
    """One document and its class."""

    text: str
    """The document, with its Hangul composed."""
    label: str
    """Name of its class."""

    @property
    def texts(self) -> tuple[str]:
        """The input of a model."""
        return (self.text,)


@dataclass(frozen=True)
class LabeledPair:
    """Two texts and their class, such as premise, hypothesis and relation."""

    first: str
    second: str
    label: str
    """Name of the class of the pair."""

    @property
    def texts(self) -> tuple[str, str]:
        """The input of a model."""
        return self.first, self.second


@dataclass(frozen=True)
class Splits(Generic[Example]):
    """A corpus, divided into a training, a validation and a test set.

    The validation set chooses the best epoch; the test set gives the reported scores.
    """

    train: Sequence[Example]
    validation: Sequence[Example]
    test: Sequence[Example]
    labels: tuple[str, ...]
    """Class names; the id of a class is its index here."""


def text_columns(examples: Sequence[_WithTexts]) -> tuple[list[str], ...]:
    """Return the first texts of all examples, then the second texts of pairs."""
    return tuple(map(list, zip(*(example.texts for example in examples), strict=True)))


def load_splits(
    config: TrainingConfig,
    read: Callable[[str, Sequence[str] | None], Sequence[Example]],
    names: Callable[[Sequence[Example], str], tuple[str, ...]] | None = None,
) -> Splits[Example]:
    """Read a corpus and divide it as the config says.

    If `train_file` is given without `test_file`, a tenth of its examples becomes the
    test set. A warning is logged if a test file has texts of the training file.

    Args:
        config: `train_file`, `test_file`, `dataset`, `max_train_examples`,
            `validation_ratio` and `seed` are used.
        read: function that returns the examples of a split. It is called with `train`
            and None, and with `test` and the class names.
        names: function that returns the class names of training examples, given them
            and the name of their file; None for `class_names`.

    Raises:
        InputError: there are too few classes or examples.
    """
    examples = read("train", None)
    find_names: Callable[[Any, str], tuple[str, ...]] = names or class_names
    labels = find_names(examples, config.train_file or config.dataset)
    if config.train_file and not config.test_file:
        examples, test = hold_out(examples, 0.1, config.seed)
    else:
        test = read("test", labels)
        _warn_of_shared_texts(examples, test)
    if config.max_train_examples and config.max_train_examples < len(examples):
        generator = random.Random(config.seed)
        examples = generator.sample(examples, config.max_train_examples)
    train, validation = hold_out(examples, config.validation_ratio, config.seed)
    return Splits(train, validation, test, labels)


def _warn_of_shared_texts(train: Sequence[Example], test: Sequence[Example]) -> None:
    texts = _split_keys([*train, *test])
    train_texts = set(texts[: len(train)])
    shared = [text for text in texts[len(train) :] if text in train_texts]
    if shared:
        logger.warning(
            "%d of %d test examples have a text that is also in the training set, such "
            "as %r: the test score is too optimistic about new texts",
            len(shared),
            len(test),
            " | ".join(shared[0])[:80],
        )


def hold_out(
    examples: Sequence[Example], ratio: float, seed: int
) -> tuple[list[Example], list[Example]]:
    """Divide examples at random into a larger and a smaller part, class by class.

    Examples without a `label` form one class. Every class keeps at least one example
    in the larger part, so a class with a single example is not held out. Examples with
    equal texts stay in the same part, whatever their labels are; they count toward the
    label of the first one. Examples with the same `group`, such as questions on one
    passage, stay in the same part as well; the ratio then counts groups. So do pairs
    that share a text, such as the hypotheses of one premise, unless too many do: a
    model that has seen one of them would know or rule out the label of the others. If
    there are many prompts, a text that more than a quarter of the examples have may be
    in both parts, after different prompts; a warning is logged.

    Args:
        examples: the examples to divide.
        ratio: fraction of each class that goes to the smaller part, 0 to 1.
        seed: random seed; the same seed divides the same examples in the same way.

    Returns:
        `(larger, smaller)`, each in the order of `examples`.

    Raises:
        InputError: no class has two different texts, so nothing can be held out.
    """
    by_label = _groups_by_label(examples)
    left = Counter(map(_label, examples))
    held: set[int] = set()
    generator = random.Random(seed)

    def hold(indices: list[int]) -> bool:
        classes = Counter(_label(examples[index]) for index in indices)
        if not all(left[label] > count for label, count in classes.items()):
            return False
        left.subtract(classes)
        held.update(indices)
        return True

    for _, groups in sorted(by_label.items()):
        counted = hasattr(examples[groups[0][0]], "group")
        sizes = [1 if counted else len(indices) for indices in groups]
        target = remaining = max(1, round(sum(sizes) * ratio))
        count = min(target, len(groups) - 1)
        for group in generator.sample(range(len(groups)), count):
            if sizes[group] <= remaining and hold(groups[group]):
                remaining -= sizes[group]
        if count and remaining == target:  # all are too large: take the smallest
            any(hold(indices) for indices in sorted(groups, key=len))
    if not held:
        raise InputError(
            f"too few examples to hold some out: {len(examples)} of {len(left)} "
            f"classes; at least one class needs two or more different examples"
        )
    larger = [example for index, example in enumerate(examples) if index not in held]
    return larger, [examples[index] for index in sorted(held)]


def _groups_by_label(examples: Sequence[Any]) -> dict[str, list[list[int]]]:
    """Return for each label the indices of examples that stay together."""
    groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, key in enumerate(_part_keys(examples)):
        groups[key].append(index)
    by_label: dict[str, list[list[int]]] = defaultdict(list)
    for indices in groups.values():
        by_label[_label(examples[indices[0]])].append(indices)
    return by_label


def _label(example: Any) -> str:
    return getattr(example, "label", "")


def _part_keys(examples: Sequence[Any]) -> list[tuple[str, ...]]:
    """Return a key for each example; examples with equal keys stay in the same part.

    With many prompts, the key of a frequent text has its prompt as well: one such text,
    or a few, would leave too few groups to divide.
    """
    keys = _split_keys(examples)
    if all(len(key) == 2 for key in keys):
        return _keys_of_pairs(keys)
    prompts = [_seen(getattr(example, "prompt", "")) for example in examples]
    if len(set(prompts)) <= _FEW_PROMPTS:
        return keys
    counts = Counter(keys)
    frequent = {key for key in counts if counts[key] > len(keys) * _FREQUENT}
    if frequent:
        logger.warning(
            "%d of %d examples have a frequent text, such as %r, which may be in both "
            "parts of the division, after different prompts",
            sum(counts[key] for key in frequent),
            len(keys),
            " | ".join(min(frequent))[:80],
        )
    return [
        (prompt, *key) if key in frequent else key
        for prompt, key in zip(prompts, keys, strict=True)
    ]


def _keys_of_pairs(pairs: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the text that repeats more often of each pair, or the pairs themselves.

    They stay as they are if a text repeats so often that few groups would be left.
    """
    sides = list(zip(*pairs, strict=True))
    if not sides:
        return pairs
    side = min(sides, key=lambda texts: len(set(texts)))
    if max(Counter(side).values()) > len(pairs) * _SMALL_GROUP:
        return pairs
    return [(text,) for text in side]


def _split_keys(examples: Sequence[Any]) -> list[tuple[str, ...]]:
    """Return the `group` of each example, or else its texts without its prompt.

    They are without differences that nobody sees.
    """

    def texts(example: Any) -> tuple[str, ...]:
        if hasattr(example, "group"):
            return (example.group,)
        return getattr(example, "texts", None) or (example.text,)

    return [tuple(map(_seen, texts(example))) for example in examples]


def _seen(text: str) -> str:
    return " ".join(compose(text).translate(_WITHOUT_INVISIBLE).split())


def class_names(examples: Sequence[_WithLabel], where: str) -> tuple[str, ...]:
    """Return the sorted class names of training examples.

    Args:
        examples: training examples.
        where: name of the file, for the error message.

    Raises:
        InputError: there are fewer than two classes.
    """
    counts = Counter(example.label for example in examples)
    if len(counts) < 2:
        raise InputError(
            f"{where}: a classifier needs at least two classes, but all "
            f"{len(examples)} examples have the label {next(iter(counts), None)!r}"
        )
    return tuple(sorted(counts))


def check_labels(
    labels: Collection[str], known: Collection[str], where: str, kind: str = "labels"
) -> None:
    """Make sure that a file has no labels that a model does not know.

    Args:
        labels: labels in the file.
        known: labels that the model knows.
        where: name of the file, for the error message.
        kind: what the labels are called in the error message.

    Raises:
        InputError: there are other labels.
    """
    if unknown := set(labels) - set(known):
        raise InputError(
            f"{where} has the {kind} {_some(sorted(unknown))}; expected {_some(known)}"
        )


def _some(names: Collection[str]) -> str:
    """Name the first of some labels, for an error message."""
    shown = [name[:40] for name in itertools.islice(names, _MAX_SHOWN)]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
