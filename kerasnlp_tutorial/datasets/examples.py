"""Examples as plain frozen dataclasses, and how a part of them is held out."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.errors import InputError


@dataclass(frozen=True)
class LabeledText:
    """One document and its class."""

    text: str
    """The document as it stands in the file."""
    label: str
    """Name of its class."""

    @property
    def texts(self) -> tuple[str]:
        """What a model reads."""
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
        """What a model reads."""
        return self.first, self.second


Example = LabeledText | LabeledPair


@dataclass(frozen=True)
class Splits:
    """A corpus, divided: to learn from, to choose the epoch by, to report on."""

    train: Sequence[Example]
    validation: Sequence[Example]
    test: Sequence[Example]
    labels: tuple[str, ...]
    """Class names; a class's id is its place here."""


def text_columns(examples: Sequence[Example]) -> tuple[list[str], ...]:
    """Return the first texts of all examples, then the second ones if there are any."""
    return tuple(map(list, zip(*(example.texts for example in examples), strict=True)))


def load_splits(
    config: TrainingConfig,
    read: Callable[[str, Sequence[str] | None], Sequence[Example]],
    names: Callable[[Sequence[Example], str], tuple[str, ...]] | None = None,
) -> Splits:
    """Read a corpus and divide it as the config says.

    Without a test file, a tenth of one's own training file becomes the test set.

    Args:
        config: `train_file`, `test_file`, `dataset`, `max_train_examples`,
            `validation_ratio` and `seed` are used.
        read: returns the examples of `train`, or of `test` given the class names.
        names: returns the class names of training examples; None for `class_names`.

    Raises:
        InputError: too few classes or examples.
    """
    examples = read("train", None)
    labels = (names or class_names)(examples, config.train_file or config.dataset)
    if config.train_file and not config.test_file:
        examples, test = hold_out(examples, 0.1, config.seed)
    else:
        test = read("test", labels)
    if config.max_train_examples and config.max_train_examples < len(examples):
        generator = random.Random(config.seed)
        examples = generator.sample(examples, config.max_train_examples)
    train, validation = hold_out(examples, config.validation_ratio, config.seed)
    return Splits(train, validation, test, labels)


def hold_out(
    examples: Sequence[Example], ratio: float, seed: int
) -> tuple[list[Example], list[Example]]:
    """Divide examples at random into a larger and a smaller part, class by class.

    Examples that have no `label` count as one class. Every class keeps at least one
    example in the larger part, so a class with a single example is not held out.
    Examples that share a `group`, such as questions on one passage, stay together;
    then the groups are what is counted.

    Args:
        examples: the examples to divide.
        ratio: share of each class that goes to the smaller part, 0 to 1.
        seed: the same seed divides the same examples in the same way.

    Returns:
        `(larger, smaller)`, each in the order of `examples`.

    Raises:
        InputError: no class has two examples, so that nothing can be held out.
    """
    by_label = defaultdict(lambda: defaultdict(list))
    for index, example in enumerate(examples):
        group = getattr(example, "group", index)
        by_label[getattr(example, "label", "")][group].append(index)
    held = set()
    generator = random.Random(seed)
    for label in sorted(by_label):
        groups = list(by_label[label].values())
        count = min(max(1, round(len(groups) * ratio)), len(groups) - 1)
        for indices in generator.sample(groups, count):
            held.update(indices)
    if not held:
        raise InputError(
            f"too few examples to hold some out: {len(examples)} of "
            f"{len(by_label)} classes; at least one class needs two or more"
        )
    larger = [example for index, example in enumerate(examples) if index not in held]
    return larger, [examples[index] for index in sorted(held)]


def class_names(examples: Sequence[Example], where: str) -> tuple[str, ...]:
    """Return the sorted class names of training examples.

    Args:
        examples: training examples.
        where: file name for the error message.

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
