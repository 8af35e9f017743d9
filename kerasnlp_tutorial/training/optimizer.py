"""The optimizer: AdamW as in the textbook, in few passes over the weights."""

from collections.abc import Iterable

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("kerasnlp_tutorial")
class SummedAdamW(keras.optimizers.AdamW):
    """AdamW that first sums the gradients of a token that occurs several times.

    TensorFlow gives the gradient of an embedding as one row for each token of a batch.
    Keras squares these rows one by one for Adam's second moment, and for the norm that
    is clipped. The gradient of the weights is the sum of the rows, and that is what
    PyTorch and the other backends of Keras square. It is what is squared here too.

    With TensorFlow, `fused` lets a step take a third of the operations: one kernel
    reads and writes weight, momentum and velocity once. The numbers are the same.
    """

    fused = False
    """Whether TensorFlow's kernel updates the weights; see `fast_steps`."""
    _powers = None

    def can_fuse(self, variables: Iterable[keras.Variable]) -> bool:
        """Return whether TensorFlow's kernel computes the steps of these weights."""
        other = self.amsgrad or self.gradient_accumulation_steps
        return not other and all(v.dtype == "float32" for v in variables)

    def apply(self, grads, trainable_variables=None):
        if self.fused:
            step = tf.cast(self.iterations.value + 1, "float32")
            # The kernel takes the powers; here they are computed once for all weights.
            self._powers = tf.pow(self.beta_1, step), tf.pow(self.beta_2, step)
        super().apply(grads, trainable_variables)
        self._powers = None  # would keep the graph

    def _clip_gradients(self, grads):
        if keras.backend.backend() != "tensorflow":
            return super()._clip_gradients(grads)
        grads = [_sum_rows(gradient) for gradient in grads]
        if self.fused and self.global_clipnorm and not self.clipnorm:
            return tf.clip_by_global_norm(grads, self.global_clipnorm)[0]
        context = tf.distribute.get_replica_context()
        devices = context.num_replicas_in_sync if context else 1
        if devices == 1:
            return super()._clip_gradients(grads)
        # Keras clips the gradients of each device, and sums them afterwards. What is to
        # be clipped is their sum; each device gets its share of it.
        dense = [tf.convert_to_tensor(gradient) for gradient in grads]
        sums = context.all_reduce(tf.distribute.ReduceOp.SUM, dense)
        return [g / devices for g in super()._clip_gradients(sums)]

    def _apply_weight_decay(self, variables):
        if not self.fused or self.weight_decay is None:
            return super()._apply_weight_decay(variables)
        kept = 1.0 - self.weight_decay * tf.convert_to_tensor(self.learning_rate)
        for variable in variables:
            if self._use_weight_decay(variable.value):  # as Keras asks, by path
                variable.assign(variable.value * kept)

    def update_step(self, gradient, variable, learning_rate):
        if not self.fused:
            # Once more: several devices have put their rows together.
            gradient = _sum_rows(gradient)
            return super().update_step(gradient, variable, learning_rate)
        index = self._get_variable_index(variable)
        beta_1_power, beta_2_power = self._powers
        return tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=beta_1_power,
            beta2_power=beta_2_power,
            lr=learning_rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=tf.convert_to_tensor(gradient),
        )


def _sum_rows(gradient):
    """Return the gradient with one row for each token that occurs."""
    if not isinstance(gradient, tf.IndexedSlices):
        return gradient
    indices, positions = tf.unique(gradient.indices)
    rows = tf.math.unsorted_segment_sum(gradient.values, positions, tf.size(indices))
    return tf.IndexedSlices(rows, indices, gradient.dense_shape)


def adamw(
    learning_rate: float, weight_decay: float, average: float = 0.0
) -> SummedAdamW:
    """Return AdamW with gradient clipping, without decay of biases and norm weights.

    Args:
        learning_rate: peak learning rate; see `WarmupLinearDecay`.
        weight_decay: decoupled weight decay of the matrices.
        average: momentum of a moving average of the weights, which replaces them at the
            end of `fit`; 0 for no average.
    """
    optimizer = SummedAdamW(
        learning_rate,
        weight_decay=weight_decay,
        global_clipnorm=1.0,
        use_ema=average > 0,
        ema_momentum=average,
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer
