"""Texts, with what is said around them, to what a `PromptTunedTextClassifier` takes."""

import keras
import keras_nlp
import tensorflow as tf


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
class PromptTunedTextClassifierPreprocessor(keras_nlp.models.Preprocessor):
    """Puts fixed tokens around each text, and cuts the text where there is no room.

    Args:
        tokenizer: of BERT (with `[CLS]`, `[SEP]` and `[MASK]`) or of GPT-2 (with an end
            token).
        template: the text's surroundings, such as `"[MASK] {text}"` for BERT or
            `"{text} 정말"` for GPT-2, which goes on after the last token.
        sequence_length: tokens, with padding.

    Call arguments:
        x: strings, (batch,).
        y: None; class ids are passed on as they are.
        sample_weight: likewise.

    Returns (of a call):
        `token_ids`, `padding_mask`, and for BERT `segment_ids` (all 0), int32,
        (batch, sequence_length).

    Raises:
        ValueError: the template has not exactly one `{text}`.
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
        if isinstance(x, tuple):  # as other preprocessors take their segments
            (x,) = x
        start, end = self._ends()
        words_before, words_after = self.template.split("{text}")
        # A blank belongs to the word after it.
        blank = " " * words_before.endswith(" ")
        with tf.device("cpu"):
            before = tf.concat([start, self._ids(words_before.rstrip(" "))], axis=0)
            after = tf.concat([self._ids(words_after), end], axis=0)
            texts = tf.strings.join([blank, tf.convert_to_tensor(x)])
            if tf.executing_eagerly():  # newer tokenizers then take and give lists
                texts = [text.decode("utf-8") for text in texts.numpy()]
                rows = [[int(id) for id in row] for row in self.tokenizer(texts)]
                ids = tf.ragged.constant(rows, "int32", ragged_rank=1)
            else:
                ids = self.tokenizer(texts)
            room = self.sequence_length - tf.size(before) - tf.size(after)
            rows = tf.ones((ids.nrows(), 1), "int32")
            ids = tf.cast(ids, "int32")[:, :room]
            ids = tf.concat([rows * before, ids, rows * after], axis=1)
            shape = (None, self.sequence_length)
            token_ids = ids.to_tensor(self.tokenizer.pad_token_id, shape=shape)
            features = {
                "token_ids": token_ids,
                "padding_mask": tf.ones_like(ids).to_tensor(shape=shape),
            }
            if self._is_berts:
                features["segment_ids"] = tf.zeros_like(token_ids)
        return keras.utils.pack_x_y_sample_weight(features, y, sample_weight)

    @property
    def _is_berts(self):
        return hasattr(self.tokenizer, "cls_token_id")

    def _ids(self, text: str) -> tf.Tensor:
        if not text:
            return tf.zeros((0,), "int32")
        return tf.cast(tf.convert_to_tensor(self.tokenizer(text)), "int32")

    def _ends(self) -> tuple[list[int], list[int] | tf.Tensor]:
        """Return the tokens before and after everything else."""
        if self._is_berts:
            return [self.tokenizer.cls_token_id], [self.tokenizer.sep_token_id]
        # What stands between the texts of the pretraining.
        return [self.tokenizer.end_token_id], tf.zeros((0,), "int32")

    def get_config(self):
        config = super().get_config()
        config.update(
            {"template": self.template, "sequence_length": self.sequence_length}
        )
        return config
