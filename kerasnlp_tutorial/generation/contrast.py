"""Training that makes a prompt steer: the true one against another.

A language model that has learnt `긍정 재미있다` well need not mind the first word much.
Beside the usual loss, the generative discriminators of Krause et al. (2021,
https://aclanthology.org/2021.findings-emnlp.424) learn to tell by Bayes' rule which
prompt a text was written for: of two copies of it behind different prompts, the true
one, prompt and all, has to be the likelier.
"""

from collections.abc import Sequence

import keras
import keras_nlp
import tensorflow as tf
from keras import ops

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.language_models import first_token_id, longest
from kerasnlp_tutorial.tokenizers import encode_texts


class PromptContrast(keras.losses.Loss):
    """Loss of batches that `with_other_prompts` has made.

    Args:
        share: how much the contrast weighs, 0 to 1; the rest is the usual loss of the
            texts behind their own prompts, averaged over the tokens.
    """

    def __init__(self, share: float, name: str = "prompt_contrast"):
        super().__init__(name=name)
        self.share = share

    def __call__(self, y_true, y_pred, sample_weight):
        """Return the loss, a scalar.

        Args:
            y_true: tokens to be guessed, (2 x batch, tokens).
            y_pred: logits, (2 x batch, tokens, vocabulary).
            sample_weight: float32 as `y_true`, 0 where a token does not count.
        """
        surprise = keras.losses.sparse_categorical_crossentropy(
            y_true, ops.cast(y_pred, "float32"), from_logits=True
        )
        own, other = ops.split(ops.sum(surprise * sample_weight, axis=1), 2)
        counted = ops.split(sample_weight, 2)[0]
        usual = ops.sum(own) / ops.maximum(ops.sum(counted), 1.0)
        told_apart = ops.mean(ops.softplus(own - other))
        return (1.0 - self.share) * usual + self.share * told_apart

    def get_config(self):
        return {"share": self.share, "name": self.name}


def contrast_prompts(
    model: keras_nlp.models.CausalLM,
    datasets: Sequence[tf.data.Dataset],
    prompts: Sequence[str],
    share: float,
    seed: int,
) -> list[tf.data.Dataset]:
    """Compile the loss that compares prompts, and return the data for it.

    Args:
        model: compiled, with the optimizer to go on with.
        datasets: `(x, y, sample_weight)`, as `training.length_grouped_dataset` makes
            of texts that all begin with one of `prompts`.
        prompts: two or more.
        share: see `PromptContrast`.
        seed: of the choice of wrong prompts, where there are more than two.

    Raises:
        InputError: fewer than two prompts.
    """
    tokenizer = model.preprocessor.tokenizer
    first = first_token_id(tokenizer)
    prefixes = [[first, *ids] for ids in encode_texts(tokenizer, prompts)]
    model.compile(model.optimizer, PromptContrast(share), jit_compile=False)
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
    """Append to every batch its texts behind a wrong prompt.

    Args:
        dataset: `(x, y, sample_weight)`, as `training.length_grouped_dataset` makes
            of texts that all begin with one of `prefixes`.
        prefixes: ids of each prompt with the token before it; two or more.
        longest: most tokens that the model reads; what is more is cut off.
        seed: of the choice, where there are more than two prompts.

    Returns:
        Batches of twice as many texts; the second half, in the order of the first,
        has other prompts.

    Raises:
        InputError: fewer than two prompts.
    """
    if len(prefixes) < 2:
        raise InputError(
            f"contrast needs two prompts or more that take turns; received "
            f"{len(prefixes)}"
        )
    table = tf.ragged.constant(prefixes, dtype="int32")
    lengths = tf.constant([len(prefix) for prefix in prefixes])
    most = max(map(len, prefixes))
    padded = table.to_tensor(-1, shape=(None, most))
    generator = tf.random.Generator.from_seed(seed)

    def append(x, y, weight):
        ids = x["token_ids"]
        mask = x["padding_mask"]
        real = tf.reduce_sum(mask, axis=1)
        places = tf.range(tf.shape(ids)[1])
        begin = tf.pad(ids, [[0, 0], [0, most]])[:, None, :most]
        same = tf.reduce_all((begin == padded) | (padded == -1), axis=-1)
        # One prompt may be the beginning of another.
        own = tf.argmax(tf.where(same, lengths, -1), axis=-1, output_type="int32")
        shift = generator.uniform(tf.shape(own), 1, len(prefixes), dtype="int32")
        wrong = tf.ensure_shape((own + shift) % len(prefixes), (None,))
        wrong = tf.gather(table, wrong)
        text_begins = tf.gather(lengths, own)[:, None]

        def behind(prefix, values, begins):
            is_text = (places >= begins) & (places < real[:, None])
            text = tf.ragged.boolean_mask(
                values, tf.ensure_shape(is_text, (None, None))
            )
            return tf.concat([prefix, text], axis=1).to_tensor()[:, :longest]

        # A prompt counts on both sides or, where it is not learnt, on none.
        prompt_weight = tf.ones_like(wrong[:, 1:], "float32") * weight[:, :1]
        other_x = {
            "token_ids": behind(wrong, ids, text_begins),
            "padding_mask": behind(tf.ones_like(wrong), mask, text_begins),
        }
        other_y = behind(wrong[:, 1:], y, text_begins - 1)
        other_weight = behind(prompt_weight, weight, text_begins - 1)
        x = {name: _stack(x[name], other) for name, other in other_x.items()}
        return x, _stack(y, other_y), _stack(weight, other_weight)

    return dataset.map(append)


def _stack(first, second):
    """Put rows under others, and widen what is narrower by zeros."""
    width = tf.maximum(tf.shape(first)[1], tf.shape(second)[1])
    return tf.concat(
        [
            tf.pad(part, [[0, 0], [0, width - tf.shape(part)[1]]])
            for part in (first, second)
        ],
        axis=0,
    )
