"""Texts and their spans to what a `BertTokenClassifier` takes."""

import keras
import keras_nlp
import tensorflow as tf

from kerasnlp_tutorial.tokenizers import KoreanBertTokenizer
from kerasnlp_tutorial.tokenizers.alignment import bio_labels


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
class BertTokenClassifierPreprocessor(keras_nlp.models.Preprocessor):
    """Tokenises texts and turns spans of characters into labels of tokens.

    Args:
        tokenizer: a `KoreanBertTokenizer`.
        labels: types of spans, such as `["PER", "LOC"]`; a type's id is its place.
        sequence_length: tokens, with `[CLS]`, `[SEP]` and padding. What does not fit
            is cut off.

    Call arguments:
        x: strings, (batch,).
        y: None, or int32 spans, ragged, (batch, spans, 3): start, end and type id,
            counted in characters of the text.
        sample_weight: None; the weights of tokens are made here.

    Returns (of a call):
        `token_ids`, `segment_ids` and `padding_mask`, int32, (batch, sequence_length).
        With `y` also the tags of the tokens, int32, of the same shape (see `tags`),
        and their weights, float32: 0 for `[CLS]`, `[SEP]` and padding, which are to
        count nowhere.

    Examples:
    ```python
    preprocessor = BertTokenClassifierPreprocessor(tokenizer, ["PER", "LOC"], 16)
    x, y, weights = preprocessor(["이순신은"], tf.ragged.constant([[[0, 3, 0]]]))
    ```
    """

    backbone_cls = keras_nlp.models.BertBackbone
    tokenizer_cls = KoreanBertTokenizer

    def __init__(self, tokenizer, labels, sequence_length=128, **kwargs):
        super().__init__(**kwargs)
        self.tokenizer = tokenizer
        self.labels = tuple(labels)
        self.sequence_length = sequence_length

    def build(self, input_shape):
        self.built = True  # there is nothing to build

    @property
    def tags(self) -> tuple[str, ...]:
        """`O`, and `B-` and `I-` of each type; a tag's id is its place."""
        return (
            "O",
            *(f"{prefix}-{label}" for label in self.labels for prefix in "BI"),
        )

    def call(self, x, y=None, sample_weight=None):
        with tf.device("cpu"):
            ids, starts, ends = self.tokenizer.tokenize_with_offsets(x)
            features = self.pack(ids)
            if y is None:
                return features
            tags = bio_labels(starts, ends, y)[:, : self.sequence_length - 2]
            shape = (None, self.sequence_length)
            before = tf.zeros((tags.nrows(), 1), "int32")  # at [CLS]
            weights = tf.concat([before, tf.ones_like(tags)], axis=1)
            tags = tf.concat([before, tags], axis=1)
            return (
                features,
                tags.to_tensor(shape=shape),
                tf.cast(weights.to_tensor(shape=shape), "float32"),
            )

    def pack(self, ids: tf.RaggedTensor) -> dict[str, tf.Tensor]:
        """Put `[CLS]` and `[SEP]` around ids, ragged, (batch, tokens), and pad."""
        ids = ids[:, : self.sequence_length - 2]
        rows = tf.ones((ids.nrows(), 1), ids.dtype)
        ids = tf.concat(
            [
                rows * self.tokenizer.cls_token_id,
                ids,
                rows * self.tokenizer.sep_token_id,
            ],
            axis=1,
        )
        shape = (None, self.sequence_length)
        token_ids = ids.to_tensor(self.tokenizer.pad_token_id, shape=shape)
        return {
            "token_ids": token_ids,
            "segment_ids": tf.zeros_like(token_ids),
            # Integers: tf.distribute cannot add up truth values.
            "padding_mask": tf.ones_like(ids).to_tensor(shape=shape),
        }

    def get_config(self):
        config = super().get_config()
        config.update(
            {"labels": list(self.labels), "sequence_length": self.sequence_length}
        )
        return config
