"""Encoding of texts as token ids, and batches of examples of similar length."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import keras_nlp
import numpy as np
import tensorflow as tf

from kerasnlp_tutorial import distribution
from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.datasets import Splits
from kerasnlp_tutorial.hangul import compose
from kerasnlp_tutorial.models import BertPairClassifierPreprocessor
from kerasnlp_tutorial.tokenizers import HuggingFaceTokenizer, KoreanBertTokenizer
from kerasnlp_tutorial.training import compilation

_GROUPED_BATCHES = 50  # batches in a group that is sorted by length
_ENCODE_BATCH = 512  # examples
_FEW = 10_000  # examples; on two cores, a graph for so many takes as long to build

Features = Mapping[str, tf.RaggedTensor]


def encode(
    preprocessor: keras_nlp.models.Preprocessor,
    inputs: Sequence[str] | tuple[Sequence[str], ...],
    targets: tf.Tensor | tf.RaggedTensor | None = None,
) -> dict[str, Any]:
    """Tokenize all texts once and drop the padding.

    Args:
        preprocessor: a KerasNLP preprocessor whose output has `token_ids`,
            `segment_ids` and `padding_mask`.
        inputs: texts, or a tuple of two lists of texts for pairs. Decomposed Hangul is
            composed, unless there are targets, which may be character positions.
        targets: the preprocessor's `y`, if it computes targets from it.

    Returns:
        `token_ids` and `segment_ids`, each a ragged int32 tensor, (rows, tokens), with
        special tokens. A row is an example or a window of it. With `targets` also the
        preprocessor's targets: if it labels tokens, `targets`, int32, and
        `sample_weight`, float32, ragged like the others; if not, `targets`, an int32
        array, (rows, ...).
    """

    def preprocess(x, y=None):
        if y is None:  # by name: newer KerasNLP would take a pair for (x, y)
            return preprocessor(x, y=None)
        x, *y = preprocessor(x, y=y)
        return x | dict(zip(("targets", "sample_weight"), y, strict=False))

    if targets is None:
        segments = inputs if isinstance(inputs, tuple) else (inputs,)
        if any(isinstance(texts, str) for texts in segments):
            raise TypeError("texts must be a list, or a tuple of lists for pairs")
        segments = tuple([compose(text) for text in texts] for texts in segments)
        if _packs_plainly(preprocessor) and 0 < len(segments[0]) <= _FEW:
            return _ragged(*_packed(preprocessor, segments))
        columns = (segments if isinstance(inputs, tuple) else segments[0],)
    else:
        columns = (inputs, targets)
    tokens, lengths, row_targets = defaultdict(list), [], []
    texts = untuned(tf.data.Dataset.from_tensor_slices(columns).batch(_ENCODE_BATCH))
    if len(texts) == 1:  # a graph would take a second to build
        batches = [preprocess(*next(iter(texts)))]
    else:
        batches = texts.map(preprocess, num_parallel_calls=tf.data.AUTOTUNE)
    for batch in batches:
        real = np.asarray(batch.pop("padding_mask")).astype(bool)  # (batch, sequence)
        lengths.append(real.sum(axis=1))
        if "sample_weight" not in batch and "targets" in batch:
            row_targets.append(np.asarray(batch.pop("targets")))
        for name, values in batch.items():
            tokens[name].append(np.asarray(values)[real])
    # One after the other, so that only one of them is in memory twice.
    flat = ((name, np.concatenate(tokens.pop(name))) for name in [*tokens])
    features = _ragged(flat, np.concatenate(lengths))
    if row_targets:
        features["targets"] = np.concatenate(row_targets)
    return features


def _ragged(
    values: Iterable[tuple[str, np.ndarray]], lengths: np.ndarray
) -> dict[str, Any]:
    """Return ragged tensors with the same row lengths."""
    splits = tf.constant(np.concatenate([[0], np.cumsum(lengths, dtype="int64")]))
    return {
        name: tf.RaggedTensor.from_row_splits(flat, splits, validate=False)
        for name, flat in values
    }


def _packs_plainly(preprocessor: keras_nlp.models.Preprocessor) -> bool:
    """Return whether `_packed` does what a preprocessor does."""
    return (
        type(preprocessor)
        in (
            keras_nlp.models.BertTextClassifierPreprocessor,
            BertPairClassifierPreprocessor,
        )
        and preprocessor.truncate == "round_robin"
        and isinstance(
            preprocessor.tokenizer, KoreanBertTokenizer | HuggingFaceTokenizer
        )
    )


def _packed(
    preprocessor: keras_nlp.models.BertTextClassifierPreprocessor,
    segments: tuple[list[str], ...],
) -> tuple[Iterable[tuple[str, np.ndarray]], np.ndarray]:
    """Do what the preprocessor does in TensorFlow, without its graph.

    Args:
        preprocessor: preprocessor of texts or pairs.
        segments: for each segment of an example a list of texts, one for each example.

    Returns:
        `token_ids` and `segment_ids` of all examples, int32, (tokens,), and the number
        of tokens of each example, (examples,).
    """
    tokenizer = preprocessor.tokenizer
    start, end = tokenizer.cls_token_id, tokenizer.sep_token_id
    padding = tokenizer.pad_token_id
    room = preprocessor.sequence_length - 1 - len(segments)
    marks = isinstance(preprocessor, BertPairClassifierPreprocessor)
    ids: list[int] = []
    numbers: list[int] = []  # of the segments
    lengths = []
    for parts in _tokenized(tokenizer, segments):
        row, of_segment = [start], [0]
        for number, size in enumerate(_round_robin([*map(len, parts)], room)):
            kept = parts[number][:size]
            if marks and number == 1:  # all but [CLS] and [SEP] can match
                first = {*row} - {start, end}
                of_segment += [2 if token in first else 1 for token in kept] + [1]
            else:
                of_segment += [number] * (len(kept) + 1)
            row += [*kept, end]
        if padding in row:  # the preprocessor takes it for padding
            real = [place for place, token in enumerate(row) if token != padding]
            row = [row[place] for place in real]
            of_segment = [of_segment[place] for place in real]
        ids += row
        numbers += of_segment
        lengths.append(len(row))
    tokens = {"token_ids": ids, "segment_ids": numbers}
    flat = ((name, np.array(values, "int32")) for name, values in tokens.items())
    return flat, np.array(lengths)


def _tokenized(
    tokenizer: keras_nlp.tokenizers.Tokenizer, segments: tuple[list[str], ...]
) -> Iterator[tuple[list[int], ...]]:
    """Yield the token ids of each example, a list for each segment."""
    for begin in range(0, len(segments[0]), _ENCODE_BATCH):
        columns = []
        for texts in segments:
            # `tokenize`, since a call of a layer takes a millisecond.
            rows = tokenizer.tokenize(texts[begin : begin + _ENCODE_BATCH])
            # Older KerasNLP expects tensors.
            columns.append(rows if isinstance(rows, list) else rows.to_list())
        yield from zip(*columns, strict=True)


def _round_robin(lengths: list[int], room: int) -> list[int]:
    """Return how many tokens to keep of each segment, so that they fit.

    Segments take tokens in turn until there is no more room.
    """
    if sum(lengths) <= room:
        return lengths
    kept = [0] * len(lengths)
    while room > 0 and kept != lengths:
        for i, length in enumerate(lengths):
            if kept[i] < length and room > 0:
                kept[i] += 1
                room -= 1
    return kept


class ShuffledOrder:
    """Shuffled batches of example indices, determined by seed and epoch.

    A resumed training therefore continues with the same batches as an uninterrupted
    one.

    Args:
        lengths: number of tokens of each example, int, (examples,).
        batch_size: number of examples in a batch.
        seed: random seed.
        full_batches: whether to repeat some examples, others in each epoch, so that
            all batches have the same size.
    """

    def __init__(
        self,
        lengths: np.ndarray,
        batch_size: int,
        seed: int,
        full_batches: bool = False,
    ):
        self.lengths = lengths
        self.batch_size = batch_size
        self.seed = seed
        self.full_batches = full_batches
        self.epoch = 0
        """The next epoch, counted from 0."""

    def __call__(self) -> Iterator[np.ndarray]:
        """Yield the example indices of each batch, int64, and advance the epoch.

        The examples are shuffled, sorted by length within each group of 50 batches, and
        then the batches are shuffled, as in transformers' `LengthGroupedSampler`.
        """
        generator = np.random.default_rng((self.seed, self.epoch))
        self.epoch += 1
        indices = generator.permutation(len(self.lengths))
        if self.full_batches:
            missing = -len(indices) % self.batch_size
            indices = np.resize(indices, len(indices) + missing)
        batches: list[np.ndarray] = []
        for group in _chunks(indices, _GROUPED_BATCHES * self.batch_size):
            group = group[np.argsort(self.lengths[group], kind="stable")]
            batches += _chunks(group, self.batch_size)
        for number in generator.permutation(len(batches)):
            yield batches[number]


def _chunks(indices: np.ndarray, size: int) -> list[np.ndarray]:
    return [indices[start : start + size] for start in range(0, len(indices), size)]


def length_grouped_dataset(
    features: Features,
    targets: Sequence[int] | np.ndarray | None,
    batch_size: int,
    *,
    pad_token_id: int = 0,
    shuffle_seed: int | None = None,
) -> tf.data.Dataset:
    """Batch encoded examples of similar length.

    A batch is padded to its longest example and not to the sequence length of the
    model. With short reviews, this saves most of the computation. With JAX, which
    compiles a step for each shape, batches have few widths, and in training one size.

    Args:
        features: result of `encode`.
        targets: class ids, int, (examples,) or (examples, ...); None if `features` has
            `targets` and `sample_weight` of each token.
        batch_size: number of examples in a batch; one batch may have fewer.
        pad_token_id: token id of the padding.
        shuffle_seed: random seed of the order, which changes with each epoch; None to
            sort by length, shortest first.

    Returns:
        Dataset with a known number of batches. Each element is `(x, y)`, where `x` has
        int32 `token_ids`, `segment_ids` and `padding_mask`, (batch, tokens), and `y` is
        int32, (batch, ...). If tokens have targets, it is `(x, y, sample_weight)`, the
        last two (batch, tokens). A shuffled dataset has its `ShuffledOrder` as
        attribute `order`.

    Raises:
        InputError: a shuffled batch cannot be divided over the devices.
    """
    if targets is not None:
        targets = tf.constant(targets, "int32")
    lengths = tf.cast(features["token_ids"].row_lengths(), "int32")
    longest = int(tf.reduce_max(lengths))
    devices = distribution.device_count()
    if shuffle_seed is None and devices > 1:
        # The first batch must be one that can be divided; the last need not.
        batch_size = min(batch_size, max(len(lengths) // devices, 1) * devices)
    steps = -(-len(lengths) // batch_size)
    if shuffle_seed is None:
        indices = shortest_first(features)
        dataset = tf.data.Dataset.from_tensor_slices(indices).batch(batch_size)
    else:
        distribution.check_batch_size(batch_size)
        one_size = compilation.FIXED_SHAPES or devices > 1
        order = ShuffledOrder(lengths.numpy(), batch_size, shuffle_seed, one_size)
        dataset = tf.data.Dataset.from_generator(
            order, output_signature=tf.TensorSpec((None,), "int64")
        )

    def pad(indices):
        real = tf.gather(lengths, indices)
        width = compilation.width_of(tf.reduce_max(real), longest)
        shape = tf.stack([tf.size(indices), width])
        x = {}
        for name, rows in features.items():
            padding = pad_token_id if name == "token_ids" else 0
            dense = tf.gather(rows, indices).to_tensor(padding, shape=shape)
            x[name] = tf.ensure_shape(dense, (None, None))
        x["padding_mask"] = tf.sequence_mask(real, width, dtype="int32")
        if targets is None:
            return x, x.pop("targets"), x.pop("sample_weight")
        return x, tf.gather(targets, indices)

    dataset = untuned(dataset.map(pad).prefetch(2))
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(steps))
    if shuffle_seed is not None:
        dataset.order = order
    return dataset


def shortest_first(features: Features) -> np.ndarray:
    """Return the order of the examples in a dataset that is not shuffled.

    Args:
        features: result of `encode`.

    Returns:
        indices, int64, (examples,).
    """
    lengths = np.diff(features["token_ids"].row_splits.numpy())
    return np.argsort(lengths, kind="stable")


def untuned(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Return a dataset whose buffers and threads TensorFlow does not tune.

    The thread that tunes them looks after 10, 20, 40, ... milliseconds, up to a minute,
    and can miss that it should end. The next epoch then waits until it looks again, in
    short trainings of large models for more than a third of the time.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


def make_datasets(
    make_dataset: Callable[..., tf.data.Dataset],
    model: keras_nlp.models.Task,
    splits: Splits,
    config: TrainingConfig,
) -> tuple[tf.data.Dataset, tf.data.Dataset]:
    """Return the shuffled training set and the validation set for `fit`.

    Args:
        make_dataset: the chapter's `make_dataset`.
        model: the Task to train.
        splits: the examples and the class names.
        config: the chapter's `Config`.
    """
    return (
        make_dataset(splits.train, model, splits.labels, config, training_set=True),
        make_dataset(splits.validation, model, splits.labels, config),
    )
