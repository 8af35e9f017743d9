"""Whether steps are compiled, and what follows from it for the shapes of batches."""

import contextlib
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

_TENSORFLOW = keras.backend.backend() == "tensorflow"
JIT_COMPILE = False if _TENSORFLOW else "auto"
"""`jit_compile` for `model.compile`. XLA makes TensorFlow slower on a CPU, and compiles
each shape of a batch anew; JAX is slow without it."""
FIXED_SHAPES = keras.backend.backend() == "jax"
"""Whether each shape of a batch costs seconds, so that there should be few."""
_SHORTEST = 16  # tokens

if not _TENSORFLOW:
    # It only reads and batches texts, and would take all memory of a GPU.
    with contextlib.suppress(RuntimeError):  # too late: something has been computed
        tf.config.set_visible_devices([], "GPU")


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that is compiled when it is first called, if the backend can.

    Args:
        function: function of tensors of the backend.
    """
    if _TENSORFLOW:
        return tf.function(function)
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    return function


def widths(longest: int) -> np.ndarray:
    """Return the few widths of batches whose shapes are compiled, ascending, int32.

    They are 16, 32, 64, ... tokens, and the longest, which is at least half as wide
    again as the one before it.

    Args:
        longest: number of tokens of the longest example, the largest width.
    """
    doublings = range((2 * longest // (3 * _SHORTEST)).bit_length())
    return np.array([*(_SHORTEST << number for number in doublings), longest], "int32")


def width_of(tokens: tf.Tensor, longest: int) -> tf.Tensor:
    """Return the width that a batch is padded to, int32, ().

    It is that of its longest example, or one of few where each shape costs seconds.

    Args:
        tokens: number of tokens of the batch's longest example, int32, ().
        longest: number of tokens of the longest example of all.
    """
    if not FIXED_SHAPES:
        return tokens
    few = widths(longest)
    return tf.gather(few, tf.searchsorted(few, [tokens]))[0]
