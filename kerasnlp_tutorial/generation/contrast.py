"""Contrastive training of language models that follow a prompt.

A language model can have a low loss on `긍정 재미있다` and still ignore the prompt. So
the language model loss is combined with the loss of generative discriminators (Krause
et al., 2021, https://aclanthology.org/2021.findings-emnlp.424): a text with its own
prompt must be more probable than with another prompt.
"""

from collections.abc import Sequence

import keras
import keras_nlp
import tensorflow as tf
from keras import ops

from kerasnlp_tutorial import distribution, training
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.language_models import first_token_id, longest
from kerasnlp_tutorial.tokenizers import encode_texts


class PromptContrast(keras.losses.Loss):
    """Language model loss plus contrastive loss, for batches of `with_other_prompts`.

    Args:
        share: float. Weight of the contrastive loss, 0 to 1. The weight of the language
            model loss, averaged over tokens, is `1 - share`.
        name: string. Name of the loss.
    """

    def __init__(self, share: float, name: str = "prompt_contrast"):
        super().__init__(name=name)
        self.share = share

    def __call__(self, y_true, y_pred, sample_weight):
        """Return the loss, a scalar.

        Args:
            y_true: target tokens, int32, (2 * batch, tokens).
            y_pred: logits, (2 * batch, tokens, vocabulary_size).
            sample_weight: weights of the tokens, float32, (2 * batch, tokens).
        """
        token_losses = keras.losses.sparse_categorical_crossentropy(
            y_true, ops.cast(y_pred, "float32"), from_logits=True
        )
        own, other = ops.split(ops.sum(token_losses * sample_weight, axis=1), 2)
        own_weight = ops.split(sample_weight, 2)[0]
        language_model_loss = ops.sum(own) / ops.maximum(ops.sum(own_weight), 1.0)
        contrastive_loss = ops.mean(ops.softplus(own - other))
        return (1.0 - self.share) * language_model_loss + self.share * contrastive_loss

    def get_config(self):
        return {"share": self.share, "name": self.name}


def contrast_prompts(
    model: keras_nlp.models.CausalLM,
    datasets: Sequence[tf.data.Dataset],
    prompts: Sequence[str],
    share: float,
    seed: int,
) -> list[tf.data.Dataset]:
    """Compile a model with `PromptContrast`, and return datasets for this loss.

    Args:
        model: a compiled causal language model. Its optimizer is kept.
        datasets: datasets of `(x, y, sample_weight)`, as from
            `training.length_grouped_dataset`. Every text must start with one of
            `prompts`.
        prompts: two or more prompts.
        share: weight of the contrastive loss, 0 to 1.
        seed: random seed for the choice among more than two prompts.

    Returns:
        The datasets with `with_other_prompts` applied.

    Raises:
        InputError: fewer than two prompts, or several devices of TensorFlow.
    """
    if distribution.device_count() > 1 and keras.backend.backend() == "tensorflow":
        raise InputError(
            "a text and its contrast must be on one device, and TensorFlow divides "
            "them: set KERAS_BACKEND=jax, or contrast=0"
        )
    tokenizer = model.preprocessor.tokenizer
    first = first_token_id(tokenizer)
    prefixes = [[first, *ids] for ids in encode_texts(tokenizer, prompts)]
    # No metrics: half of the texts stand after a prompt that is not theirs.
    model.compile(
        model.optimizer,
        PromptContrast(share),
        weighted_metrics=None,
        jit_compile=training.JIT_COMPILE,
    )
    return [
        with_other_prompts(dataset, prefixes, longest(model), seed)
        for dataset in datasets
    ]


def with_other_prompts(
    dataset: tf.data.Dataset,
    prefixes: Sequence[Sequence[int]],
    longest: int,
    seed: int,
) -> tf.data.Dataset:
    """Append to every batch the same texts with another prompt.

    Args:
        dataset: dataset of `(x, y, sample_weight)`, as from
            `training.length_grouped_dataset`. Every text must start with one of
            `prefixes`.
        prefixes: token ids of two or more prompts, including the start token.
        longest: maximum number of tokens of an input; longer ones are truncated.
        seed: random seed for the choice among more than two prompts.

    Returns:
        A dataset of batches with twice as many texts. The second half has the texts of
        the first half, in the same order, with other prompts.

    Raises:
        InputError: fewer than two prompts.
    """
    if len(prefixes) < 2:
        raise InputError(
            f"contrast needs two or more different prompts; received {len(prefixes)}"
        )
    table = tf.ragged.constant(prefixes, dtype="int32")
    lengths = tf.constant([len(prefix) for prefix in prefixes])
    max_length = max(map(len, prefixes))
    padded = table.to_tensor(-1, shape=(None, max_length))

    def append(x, y, weight):
        ids = x["token_ids"]
        mask = x["padding_mask"]
        row_lengths = tf.reduce_sum(mask, axis=1)
        positions = tf.range(tf.shape(ids)[1])
        start = tf.pad(ids, [[0, 0], [0, max_length]])[:, None, :max_length]
        matches = tf.reduce_all((start == padded) | (padded == -1), axis=-1)
        # The longest match: a prompt may be the start of another one.
        own = tf.argmax(tf.where(matches, lengths, -1), axis=-1, output_type="int32")
        # Seeded by the batch, so that a resumed training makes the same choice.
        checksum = tf.reduce_sum(ids * tf.range(1, tf.shape(ids)[0] + 1)[:, None])
        shift = tf.random.stateless_uniform(
            tf.shape(own), (seed % 2**31, checksum), 1, len(prefixes), dtype="int32"
        )
        other = tf.ensure_shape((own + shift) % len(prefixes), (None,))
        other = tf.gather(table, other)
        text_starts = tf.gather(lengths, own)[:, None]

        def replace_prefix(prefix, values, starts):
            is_text = (positions >= starts) & (positions < row_lengths[:, None])
            text = tf.ragged.boolean_mask(
                values, tf.ensure_shape(is_text, (None, None))
            )
            return tf.concat([prefix, text], axis=1).to_tensor()[:, :longest]

        # Both prompts have weight 1, or 0 if prompts are not trained.
        prompt_weight = tf.ones_like(other[:, 1:], "float32") * weight[:, :1]
        other_x = {
            "token_ids": replace_prefix(other, ids, text_starts),
            "padding_mask": replace_prefix(tf.ones_like(other), mask, text_starts),
        }
        other_y = replace_prefix(other[:, 1:], y, text_starts - 1)
        other_weight = replace_prefix(prompt_weight, weight, text_starts - 1)
        width = tf.maximum(tf.shape(ids)[1], tf.shape(other_x["token_ids"])[1])
        width = training.width_of(width, longest)

        def stack(first, second):
            """Concatenate two batches along the first axis, padded to one width."""
            both = [
                tf.pad(part, [[0, 0], [0, width - tf.shape(part)[1]]])
                for part in (first, second)
            ]
            return tf.concat(both, axis=0)

        x = {name: stack(x[name], values) for name, values in other_x.items()}
        return x, stack(y, other_y), stack(weight, other_weight)

    doubled = dataset.map(append)
    if hasattr(dataset, "order"):  # order of a shuffled dataset, for `BestEpoch`
        doubled.order = dataset.order
    return doubled
