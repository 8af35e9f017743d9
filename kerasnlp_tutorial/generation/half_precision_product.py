"""Products of one token with weights in float16, for TensorFlow on a CPU.

To write a token of a single text, a model reads each of its weights once and multiplies
it once, so that the memory sets the pace: weights of half the size take half the time.
TensorFlow's own product of a vector and a matrix in float16 is hardly faster than that
in float32. XLA's is, if the weights of an output lie side by side. It multiplies and
adds in float32; only the weights are rounded.
"""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from kerasnlp_tutorial.errors import InputError


class HalfPrecisionProduct:
    """What a dense layer computes for one token, with a copy of its weights.

    Args:
        kernel: returns the weights of the layer as they are then, float32, (..., ...).
        rows: returns weights as (outputs, inputs).
        output_shape: shape of the outputs.
        bias: offsets, float32, of the shape of the outputs; None for none.
        activation: function of the outputs.

    Raises:
        InputError: the weights are not float32, but those of a quantized layer.
    """

    def __init__(
        self,
        kernel: Callable[[], Any],
        rows: Callable[[Any], Any],
        output_shape: Sequence[int],
        bias: Any = None,
        activation: Callable[[Any], Any] = tf.identity,
    ):
        self._kernel = kernel
        self._to_rows = rows
        self._output_shape = tuple(output_shape)
        self._bias = bias
        self._activation = activation
        weights = self._weights()
        self._sum = tf.reduce_sum(weights)
        self._rows = tf.Variable(self._halved(weights), trainable=False)

    def refresh(self) -> None:
        """Copy the weights anew if they have changed."""
        weights = self._weights()
        if (total := tf.reduce_sum(weights)) != self._sum:
            self._sum = total
            self._rows.assign(self._halved(weights))

    def _weights(self) -> tf.Tensor:
        kernel = tf.convert_to_tensor(self._kernel())
        if kernel.dtype != tf.float32:
            raise InputError(
                "half precision needs weights in float32, of a model that is not "
                f"quantized; received {kernel.dtype.name}"
            )
        return kernel

    def _halved(self, weights: tf.Tensor) -> tf.Tensor:
        return tf.cast(self._to_rows(weights), tf.float16)

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Return the outputs, (1, 1, ...).

        Args:
            x: the token, float32, (1, 1, ...).
        """
        outputs = _product(tf.reshape(x, (1, -1)), self._rows.read_value())
        outputs = tf.reshape(outputs, (1, 1, *self._output_shape))
        if self._bias is not None:
            outputs += tf.convert_to_tensor(self._bias)
        return self._activation(outputs)


@tf.function(jit_compile=True)
def _product(x, rows):
    return tf.matmul(x, tf.cast(rows, tf.float32), transpose_b=True)
