"""Preprocessing for prompt tuning: texts in a template to token ids."""

import keras
import keras_nlp
import tensorflow as tf

from kerasnlp_tutorial.models.backend_tensors import backend_tensors
from kerasnlp_tutorial.tokenizers import split_trailing_space


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
class PromptTunedTextClassifierPreprocessor(keras_nlp.models.Preprocessor):
    """A preprocessing layer that puts each text into a template.

    The layer tokenizes the text and the template, and pads the result to
    `sequence_length`. If it is too long, the text is truncated, but never the template.
    With a BERT tokenizer, the layer adds `[CLS]` and `[SEP]`; with a GPT-2 tokenizer,
    it starts each sequence with the end token, which separates texts in pretraining.

    Args:
        tokenizer: A BERT tokenizer (with `[CLS]`, `[SEP]` and `[MASK]`) or a GPT-2
            tokenizer (with an end token).
        template: string. The template with one `{text}`, such as `"[MASK] {text}"` for
            BERT or `"{text} 정말"` for GPT-2, which predicts the token after the
            template.
        sequence_length: int. Length of the outputs in tokens, padding included.
        **kwargs: Keyword arguments of `keras_nlp.models.Preprocessor`.

    Call arguments:
        x: Strings of shape `(batch,)`.
        y: Class ids of shape `(batch,)` or `None`. Passed through unchanged.
        sample_weight: Weights of shape `(batch,)` or `None`. Passed through unchanged.

    Returns (of a call):
        A dictionary of `token_ids`, `padding_mask`, and for BERT `segment_ids` (all 0),
        each of dtype int32 and shape `(batch, sequence_length)`. With `y`, a tuple of
        this dictionary, `y`, and `sample_weight` if given.

    Raises:
        ValueError: If the template does not contain exactly one `{text}`.

    Examples:

    ```python
    import tensorflow as tf

    from kerasnlp_tutorial.models import (
        KoreanBertTokenizer,
        PromptTunedTextClassifierPreprocessor,
    )

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary += ["재미", "##있다", "지루", "##하다", "한마디", "##로"]
    preprocessor = PromptTunedTextClassifierPreprocessor(
        KoreanBertTokenizer(vocabulary), "한마디로 [MASK] {text}", sequence_length=12
    )
    texts = ["재미있다", "지루하다"]

    # Text only.
    preprocessor(texts)

    # Text and labels, in a `tf.data` pipeline.
    dataset = tf.data.Dataset.from_tensor_slices((texts, [1, 0])).batch(2)
    dataset = dataset.map(preprocessor)
    ```

    Reference:
        [Lester et al., 2021](https://arxiv.org/abs/2104.08691)
    """

    def __init__(self, tokenizer, template, sequence_length=64, **kwargs):
        super().__init__(**kwargs)
        if template.count("{text}") != 1:
            raise ValueError(f"template must have one {{text}}; received {template!r}")
        self.tokenizer = tokenizer
        self.template = template
        self.sequence_length = sequence_length

    def build(self, input_shape):
        self.built = True  # there is nothing to build

    def call(self, x, y=None, sample_weight=None):
        if isinstance(x, tuple):  # other preprocessors take a tuple of segments
            (x,) = x
        start, end = self._special_ids()
        prefix, suffix = self.template.split("{text}")
        prefix, space = split_trailing_space(prefix)
        with tf.device("cpu"):
            before = tf.concat([start, self._ids(prefix)], axis=0)
            after = tf.concat([self._ids(suffix), end], axis=0)
            texts = tf.strings.join([space, tf.convert_to_tensor(x)])
            if tf.executing_eagerly():  # newer tokenizers then take and return lists
                texts = [text.decode("utf-8") for text in texts.numpy()]
                rows = [[int(id) for id in row] for row in self.tokenizer(texts)]
                ids = tf.ragged.constant(rows, "int32", ragged_rank=1)
            else:
                ids = self.tokenizer(texts)
            max_tokens = self.sequence_length - tf.size(before) - tf.size(after)
            column = tf.ones((ids.nrows(), 1), "int32")
            ids = tf.cast(ids, "int32")[:, :max_tokens]
            ids = tf.concat([column * before, ids, column * after], axis=1)
            shape = (None, self.sequence_length)
            token_ids = ids.to_tensor(self.tokenizer.pad_token_id, shape=shape)
            features = {
                "token_ids": token_ids,
                "padding_mask": tf.ones_like(ids).to_tensor(shape=shape),
            }
            if self._is_bert:
                features["segment_ids"] = tf.zeros_like(token_ids)
        features = backend_tensors(features)
        return keras.utils.pack_x_y_sample_weight(features, y, sample_weight)

    @property
    def _is_bert(self):
        return hasattr(self.tokenizer, "cls_token_id")

    def _ids(self, text: str) -> tf.Tensor:
        if not text:
            return tf.zeros((0,), "int32")
        return tf.cast(tf.convert_to_tensor(self.tokenizer(text)), "int32")

    def _special_ids(self) -> tuple[list[int], list[int] | tf.Tensor]:
        """Return the ids of the special tokens that start and end a sequence."""
        if self._is_bert:
            return [self.tokenizer.cls_token_id], [self.tokenizer.sep_token_id]
        # GPT-2's end token separates texts in pretraining.
        return [self.tokenizer.end_token_id], tf.zeros((0,), "int32")

    def get_config(self):
        config = super().get_config()
        config.update(
            {"template": self.template, "sequence_length": self.sequence_length}
        )
        return config
