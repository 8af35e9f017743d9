"""Context managers around `fit` and `predict` of any task."""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

import keras
import keras_nlp
import tensorflow as tf

from kerasnlp_tutorial import distribution
from kerasnlp_tutorial.training.best_epoch import BestEpoch
from kerasnlp_tutorial.training.fast_layers import fast_steps
from kerasnlp_tutorial.training.states import check_finite

logger = logging.getLogger(__name__)

_ONEDNN_BFLOAT16 = "auto_mixed_precision_onednn_bfloat16"


@contextlib.contextmanager
def fitting(
    model: keras_nlp.models.Task,
    train_set: tf.data.Dataset,
    best_epoch: BestEpoch,
    precision: str = "auto",
    fast: bool = True,
) -> Iterator[None]:
    """Prepare a model for `fit` on encoded examples; keep the best epoch's weights.

    An interrupted training continues from its newest state. Ctrl-C inside the `with`
    block ends the training, not the program.

    Args:
        model: the Task to train inside the `with` block.
        train_set: the dataset for `fit`.
        best_epoch: one of the callbacks of `fit`.
        precision: `float32` or `auto`; see `matrix_products`.
        fast: whether to compute a step with fewer operations; see `fast_steps`.

    Raises:
        InputError: the training diverged.
    """
    best_epoch.restore(model)
    if keras.backend.backend() == "tensorflow" and not distribution.is_mirrored(model):
        _make_variables(model, train_set)
    try:
        with (
            already_encoded(model),
            matrix_products(precision),
            fast_steps(model, fast),
            distribution.replicated(model),
        ):
            yield
    except KeyboardInterrupt:
        if distribution.process_share()[1] > 1:
            raise  # the others would wait
        if best_epoch.weights is None and keras.backend.backend() == "jax":
            raise  # a step that is interrupted has no weights
        logger.warning("interrupted: continuing with the best weights so far")
    if best_epoch.weights is not None:
        model.set_weights(best_epoch.weights)
    check_finite(model)


def _make_variables(model: keras_nlp.models.Task, train_set: tf.data.Dataset) -> None:
    """Make the variables of the optimizer and the metrics.

    `fit` makes them in its first step, and TensorFlow then traces that step twice. The
    metrics count a batch of zeros here; `fit` resets them at the start of an epoch.
    """
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    specs = tf.nest.flatten(train_set.element_spec)
    if any(spec.shape.rank is None for spec in specs):
        return
    nothing = tf.nest.map_structure(
        lambda spec: tf.zeros([size or 2 for size in spec.shape], spec.dtype),
        train_set.element_spec,
    )
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(nothing)
    model.compute_metrics(x, y, model(x, training=False), sample_weight)


@contextlib.contextmanager
def matrix_products(precision: str) -> Iterator[None]:
    """Set the precision of matrix products on a CPU inside the `with` block.

    Weights, gradients and the optimizer stay in float32. A Keras dtype policy would
    cast in every layer, which makes training on a CPU slower.

    Args:
        precision: `float32`, or `auto` for bfloat16 if the processor has instructions
            for it.
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
    except OSError:  # not Linux
        return False
    return not {"avx512_bf16", "amx_bf16"}.isdisjoint(flags)


@contextlib.contextmanager
def already_encoded(model: keras_nlp.models.Task) -> Iterator[None]:
    """Let `fit` and `predict` take encoded features instead of texts."""
    preprocessor, model.preprocessor = model.preprocessor, None
    try:
        yield
    finally:
        model.preprocessor = preprocessor
