"""Products of one token with weights in float16, for TensorFlow on a CPU.

To write a token of a single text, a model reads each of its weights once and multiplies
it once, so that the memory sets the pace: weights of half the size take half the time.
TensorFlow's own product of a vector and a matrix in float16 is hardly faster than that
in float32. XLA's is, if the weights of an output lie side by side. It multiplies and
adds in float32; only the weights are rounded.
"""

import math
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from kerasnlp_tutorial.errors import InputError


class HalfPrecisionProduct:
    """What a dense layer computes for one token, with a copy of its weights.

    Args:
        kernel: weights, float32, (..., ...).
        input_axes: number of the first axes of the weights that are summed over.
        bias: offsets, float32, (...); None for none.
        activation: function of the outputs.

    Raises:
        InputError: the weights are not float32, but those of a quantized layer.
    """

    def __init__(
        self,
        kernel: Any,
        input_axes: int = 1,
        bias: Any = None,
        activation: Callable[[Any], Any] = tf.identity,
    ):
        kernel = tf.convert_to_tensor(kernel)
        if kernel.dtype != tf.float32:
            raise InputError(
                "half precision needs weights in float32, of a model that is not "
                f"quantized; received {kernel.dtype.name}"
            )
        self._output_shape = kernel.shape[input_axes:]
        inputs = math.prod(kernel.shape[:input_axes])
        rows = tf.transpose(tf.reshape(kernel, (inputs, -1)))
        self._rows = tf.cast(rows, tf.float16)  # (outputs, inputs)
        bias = tf.zeros(len(rows)) if bias is None else tf.identity(bias)
        self._bias = tf.reshape(bias, (-1,))
        self._activation = activation

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Return the outputs, (1, 1, ...).

        Args:
            x: the token, float32, (1, 1, ...).
        """
        outputs = _product(tf.reshape(x, (1, -1)), self._rows) + self._bias
        return tf.reshape(self._activation(outputs), (1, 1, *self._output_shape))


@tf.function(jit_compile=True)
def _product(x, rows):
    return tf.matmul(x, tf.cast(rows, tf.float32), transpose_b=True)
