"""What every chapter's training shares: cached ids, batches by length, callbacks."""

import contextlib
import logging
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import keras
import keras_nlp
import numpy as np
import tensorflow as tf

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.runs import HISTORY_FILE, read_history

logger = logging.getLogger(__name__)

_GROUPED_BATCHES = 50  # among which examples of like length are sought
_MULTIPLE = 4  # tokens; batches are as wide as a multiple of it
_ENCODE_BATCH = 512
_BEST = "best.weights.h5"
_ONEDNN_BFLOAT16 = "auto_mixed_precision_onednn_bfloat16"

Features = Mapping[str, tf.RaggedTensor]


def encode(
    preprocessor: keras_nlp.models.Preprocessor,
    inputs: Sequence[str] | tuple[Sequence[str], ...],
    targets: tf.Tensor | tf.RaggedTensor | None = None,
) -> dict[str, tf.RaggedTensor | np.ndarray]:
    """Tokenise all texts once and drop the padding.

    Args:
        preprocessor: a KerasNLP preprocessor whose output has `token_ids`,
            `segment_ids` and `padding_mask`.
        inputs: texts, or a tuple of two lists of texts for pairs.
        targets: what the preprocessor takes as `y`, if it makes targets of that.

    Returns:
        `token_ids` and `segment_ids`, each int32, ragged, (rows, tokens), with the
        special tokens in place; a row is an example, or a window of one. With
        `targets` also what the preprocessor makes of them: if it labels tokens,
        `targets`, int32, and `sample_weight`, float32, ragged like the others; if
        not, `targets`, int32, (rows, ...).
    """

    def preprocess(x, y=None):
        if y is None:  # by name: newer KerasNLP would take a pair for (x, y)
            return preprocessor(x, y=None)
        x, *y = preprocessor(x, y=y)
        return x | dict(zip(("targets", "sample_weight"), y, strict=False))

    columns = (inputs,) if targets is None else (inputs, targets)
    pieces, lengths, of_rows = defaultdict(list), [], []
    texts = tf.data.Dataset.from_tensor_slices(columns).batch(_ENCODE_BATCH)
    if len(texts) == 1:  # no graph for a few texts: to make one takes a second
        batches = [preprocess(*next(iter(texts)))]
    else:
        batches = texts.map(preprocess, num_parallel_calls=tf.data.AUTOTUNE)
    for batch in batches:
        real = np.asarray(batch.pop("padding_mask")).astype(bool)  # (batch, sequence)
        lengths.append(real.sum(axis=1))
        if "sample_weight" not in batch and "targets" in batch:
            of_rows.append(np.asarray(batch.pop("targets")))
        for name, values in batch.items():
            pieces[name].append(np.asarray(values)[real])
    row_lengths = np.concatenate(lengths)
    features = {
        name: tf.RaggedTensor.from_row_lengths(np.concatenate(values), row_lengths)
        for name, values in pieces.items()
    }
    return features | ({"targets": np.concatenate(of_rows)} if of_rows else {})


def length_grouped_dataset(
    features: Features,
    targets: Sequence[int] | None,
    batch_size: int,
    *,
    pad_token_id: int = 0,
    shuffle_seed: int | None = None,
) -> tf.data.Dataset:
    """Batch encoded examples with others of about their length.

    A batch is padded to its own longest example and not to the longest that the model
    takes; on short reviews that is most of the work saved. To shuffle, the examples
    are put in random order, then by length within each 50 batches, and at last the
    batches in random order, as in transformers' `LengthGroupedSampler`.

    Args:
        features: what `encode` returns.
        targets: int class ids, (examples,), or several of them, (examples, ...); None
            if `features` has `targets` and `sample_weight` of each token.
        batch_size: examples a batch; one batch may have fewer.
        pad_token_id: id that fills up `token_ids`.
        shuffle_seed: shuffle anew each epoch, reproducibly; None goes from the
            shortest to the longest.

    Returns:
        Dataset of known length. Each element is `(x, y)`, where `x` has int32
        `token_ids`, `segment_ids` and `padding_mask`, shape (batch, tokens), and
        `y` is int32, (batch, ...). With targets of tokens `(x, y, sample_weight)`, of
        which the last two are (batch, tokens).
    """
    if targets is not None:
        targets = tf.constant(targets, "int32")
    lengths = tf.cast(features["token_ids"].row_lengths(), "int32")
    count, longest = len(lengths), tf.reduce_max(lengths)
    grouped = count if shuffle_seed is None else _GROUPED_BATCHES * batch_size
    dataset = tf.data.Dataset.range(count)
    if shuffle_seed is not None:
        dataset = dataset.shuffle(count, seed=shuffle_seed)
    dataset = dataset.batch(grouped).map(
        lambda places: tf.gather(
            places, tf.argsort(tf.gather(lengths, places), stable=True)
        )
    )
    dataset = dataset.unbatch().batch(batch_size)
    if shuffle_seed is not None:
        dataset = dataset.shuffle(_GROUPED_BATCHES, seed=shuffle_seed)

    def pad(places):
        real = tf.gather(lengths, places)
        # Few different widths, since each costs some preparation, and none beyond
        # the longest text: the model may take no more.
        width = tf.minimum(-(-tf.reduce_max(real) // _MULTIPLE) * _MULTIPLE, longest)
        shape = tf.stack([tf.size(places), width])
        x = {}
        for name, rows in features.items():
            filler = pad_token_id if name == "token_ids" else 0
            dense = tf.gather(rows, places).to_tensor(filler, shape=shape)
            x[name] = tf.ensure_shape(dense, (None, None))
        x["padding_mask"] = tf.sequence_mask(real, width, dtype="int32")
        if targets is None:
            return x, x.pop("targets"), x.pop("sample_weight")
        return x, tf.gather(targets, places)

    dataset = dataset.map(pad, num_parallel_calls=tf.data.AUTOTUNE)
    steps = -(-count // batch_size)
    return dataset.apply(tf.data.experimental.assert_cardinality(steps)).prefetch(2)


def predict_logits(
    model: keras_nlp.models.Task,
    features: Features,
    batch_size: int,
    pad_token_id: int = 0,
) -> np.ndarray:
    """Run a model over encoded examples, batched by length, in their own order.

    Args:
        model: takes `token_ids`, `segment_ids` and `padding_mask`.
        features: what `encode` returns.
        batch_size: examples a batch.
        pad_token_id: id that fills up `token_ids`.

    Returns:
        float32 array, (examples, ...).
    """
    # Each batch brings the places of its examples where a target would be.
    places = range(int(features["token_ids"].nrows()))
    dataset = length_grouped_dataset(
        features, places, batch_size, pad_token_id=pad_token_id
    )
    order = np.concatenate([y for _, y in dataset])
    with already_encoded(model):
        # predict() sets up an epoch for each call; with a batch or two that is most
        # of the time.
        if len(dataset) <= 2:
            outputs = np.concatenate([model.predict_on_batch(x) for x, _ in dataset])
        else:
            outputs = model.predict(dataset, verbose=0)
    logits = np.empty_like(outputs, dtype="float32")
    logits[order] = outputs
    return logits


def adamw(learning_rate: float, weight_decay: float) -> keras.optimizers.AdamW:
    """Return AdamW as BERT is fine-tuned: clipped, no decay of biases and norms.

    Args:
        learning_rate: peak rate; `WarmupLinearDecay` moves it.
        weight_decay: decoupled decay of the weight matrices.
    """
    optimizer = keras.optimizers.AdamW(
        learning_rate, weight_decay=weight_decay, global_clipnorm=1.0
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


class WarmupLinearDecay(keras.callbacks.Callback):
    """Raise the learning rate linearly, hold it, and lower it linearly to zero.

    A callback and not a `LearningRateSchedule`, because a training that has a time
    budget must come down when the time is up, however many steps that is.

    Args:
        peak: highest learning rate.
        total_steps: steps after which the rate is zero.
        warmup_ratio: share of the training in which the rate rises.
        max_minutes: stop after this time and shorten the schedule to fit; None for
            no limit.
        spent_seconds: time that the training had taken before it was resumed.
        decay_ratio: share of the training, at its end, in which the rate falls; None
            to begin right after the warmup. While the rate is held, a training can
            still be made longer ([Hägele et al., 2024](https://arxiv.org/abs/2405.18392)).
    """

    def __init__(
        self,
        peak: float,
        total_steps: float,
        warmup_ratio: float,
        max_minutes: float | None = None,
        spent_seconds: float = 0.0,
        decay_ratio: float | None = None,
    ):
        super().__init__()
        self.peak = peak
        self.total_steps = total_steps
        self.warmup_ratio = warmup_ratio
        self.max_seconds = max_minutes and 60 * max_minutes
        self.spent_seconds = spent_seconds
        self.decay_ratio = 1.0 - warmup_ratio if decay_ratio is None else decay_ratio

    def on_train_begin(self, logs=None):
        self._started = time.monotonic() - self.spent_seconds

    def progress(self, step: float, seconds: float) -> float:
        """Return how much of the training is over, 0 to 1."""
        by_time = seconds / self.max_seconds if self.max_seconds else 0.0
        return min(max(step / self.total_steps, by_time), 1.0)

    def rate(self, progress: float) -> float:
        """Return the learning rate at a point of the training."""
        if progress < self.warmup_ratio:
            return self.peak * progress / self.warmup_ratio
        return self.peak * min((1.0 - progress) / self.decay_ratio, 1.0)

    def on_train_batch_begin(self, batch, logs=None):
        optimizer = self.model.optimizer
        # Counted by the optimizer, so a resumed training goes on where it was; the
        # rate of a step's middle, since at either end of the training it is zero.
        step = int(keras.ops.convert_to_numpy(optimizer.iterations)) + 0.5
        seconds = time.monotonic() - self._started
        optimizer.learning_rate = self.rate(self.progress(step, seconds))

    def on_train_batch_end(self, batch, logs=None):
        if self.max_seconds and time.monotonic() - self._started >= self.max_seconds:
            if not self.model.stop_training:
                logger.info("the time budget of %.0f s is spent", self.max_seconds)
            self.model.stop_training = True


def checkpoint_callbacks(folder: Path, monitor: str) -> list[keras.callbacks.Callback]:
    """Return callbacks that make a training resumable and keep its best epoch.

    Args:
        folder: for the checkpoints; one that already holds some is continued.
        monitor: validation metric, such as `val_accuracy`; more of it is better, but
            for `val_loss`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    best = min if monitor == "val_loss" else max
    return [
        keras.callbacks.TerminateOnNaN(),
        keras.callbacks.ModelCheckpoint(
            folder / _BEST,
            monitor=monitor,
            mode=best.__name__,
            save_best_only=True,
            save_weights_only=True,
            initial_value_threshold=best(read_history(folder)[monitor], default=None),
        ),
        keras.callbacks.CSVLogger(folder / HISTORY_FILE, append=True),
        # Last, so that an epoch it has recorded is recorded by the others too.
        keras.callbacks.BackupAndRestore(
            folder / "backup", double_checkpoint=True, delete_checkpoint=False
        ),
    ]


@contextlib.contextmanager
def fitting(
    model: keras_nlp.models.Task, folder: Path, precision: str = "auto"
) -> Iterator[None]:
    """Fit on encoded examples, and end with the best epoch's weights.

    Ctrl-C inside the block ends the training, not the program.

    Args:
        model: the Task that is trained inside the `with` block.
        folder: the folder given to `checkpoint_callbacks`.
        precision: as in `matrix_products`.

    Raises:
        InputError: the training diverged.
    """
    try:
        with already_encoded(model), matrix_products(precision):
            yield
    except KeyboardInterrupt:
        logger.warning("interrupted: going on with the best weights so far")
    if (folder / _BEST).is_file():
        model.load_weights(folder / _BEST)
    check_finite(model)


def check_finite(model: keras.Model) -> None:
    """Make sure that a training has not diverged.

    Raises:
        InputError: a weight is not a finite number any more.
    """
    if not all(np.isfinite(weights).all() for weights in model.get_weights()):
        raise InputError(
            "the training diverged: weights are not finite numbers any more; try a "
            "lower learning_rate"
        )


@contextlib.contextmanager
def matrix_products(precision: str) -> Iterator[None]:
    """Choose how precisely a CPU multiplies matrices inside the `with` block.

    The weights, their gradients and the optimizer stay in float32. A Keras dtype
    policy would do the same by layers, and on a CPU slows everything down.

    Args:
        precision: `float32`, or `auto` for bfloat16 where the processor has
            instructions for it.
    """
    reduced = precision == "auto" and _has_bfloat16_instructions()
    before = tf.config.optimizer.get_experimental_options().get(_ONEDNN_BFLOAT16, False)
    tf.config.optimizer.set_experimental_options({_ONEDNN_BFLOAT16: reduced})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({_ONEDNN_BFLOAT16: before})


def _has_bfloat16_instructions() -> bool:
    if tf.config.list_physical_devices("GPU"):
        return False
    try:
        flags = Path("/proc/cpuinfo").read_text().split()
    except OSError:  # not Linux: nothing says so as simply
        return False
    return not {"avx512_bf16", "amx_bf16"}.isdisjoint(flags)


@contextlib.contextmanager
def already_encoded(model: keras_nlp.models.Task) -> Iterator[None]:
    """Let `fit` and `predict` take a Task's features instead of texts."""
    preprocessor, model.preprocessor = model.preprocessor, None
    try:
        yield
    finally:
        model.preprocessor = preprocessor


def progress_verbosity() -> int:
    """Return Keras's `verbose`: a bar in a terminal, else a line an epoch.

    A notebook is given lines too: pages are made of notebooks, and there each move of
    a bar would be a line of its own.
    """
    return 1 if sys.stdout.isatty() else 2
