"""From TensorFlow's tensors, which preprocessors compute, to those of the backend."""

from typing import Any

import keras
import tensorflow as tf


def backend_tensors(tensors: Any) -> Any:
    """Return tensors that a model takes; inside `tf.data`, those that are given.

    Args:
        tensors: a structure of `tf.Tensor` and of what is not changed.
    """
    if keras.backend.backend() == "tensorflow" or not tf.executing_eagerly():
        return tensors

    def convert(value):
        if not isinstance(value, tf.Tensor):
            return value
        return keras.ops.convert_to_tensor(value.numpy())

    return keras.tree.map_structure(convert, tensors)
