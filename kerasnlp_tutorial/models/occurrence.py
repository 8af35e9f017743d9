"""Which tokens of one text occur in another: the exact match feature."""

import tensorflow as tf


def occurs_in(ids: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """Return for each token id whether its row of `others` has it.

    Args:
        ids: token ids, (..., tokens).
        others: token ids, (..., other tokens), of the same dtype.

    Returns:
        bool, of the shape of `ids`.
    """
    return tf.reduce_any(ids[..., tf.newaxis] == others[..., tf.newaxis, :], axis=-1)
