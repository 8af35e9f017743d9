"""Preprocessing for token classification: texts and spans to token ids and tags."""

import keras
import keras_nlp
import tensorflow as tf

from kerasnlp_tutorial.models.backend_tensors import backend_tensors
from kerasnlp_tutorial.tokenizers import KoreanBertTokenizer
from kerasnlp_tutorial.tokenizers.alignment import bio_labels


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
class BertTokenClassifierPreprocessor(keras_nlp.models.Preprocessor):
    """A preprocessing layer that tokenizes text and converts spans to token tags.

    The layer wraps each text in `[CLS]` and `[SEP]`, and truncates or pads it to
    `sequence_length`. Entities are given as spans of characters; each token gets the
    BIO tag of the characters that it covers. Tokens that must not count in the loss
    or in weighted metrics (`[CLS]`, `[SEP]` and padding) get the weight 0.

    Args:
        tokenizer: A `KoreanBertTokenizer`.
        labels: list of strings. Entity types, such as `["PER", "LOC"]`. The id of a
            type is its index.
        sequence_length: int. Length of the outputs in tokens, special tokens and
            padding included.
        **kwargs: Keyword arguments of `keras_nlp.models.Preprocessor`.

    Call arguments:
        x: Strings of shape `(batch,)`.
        y: `None`, or an int32 `tf.RaggedTensor` of shape `(batch, spans, 3)`: start,
            end and type id of each entity. Start and end count characters of the text;
            the end is exclusive.
        sample_weight: Must be `None`; the layer computes the weights.

    Returns (of a call):
        Without `y`, a dictionary of `token_ids`, `segment_ids` and `padding_mask`,
        each of dtype int32 and shape `(batch, sequence_length)`. With `y`, a tuple of
        this dictionary, the tag ids (int32, the index in `tags`) and the weights
        (float32), both of shape `(batch, sequence_length)`.

    Examples:

    ```python
    import tensorflow as tf

    from kerasnlp_tutorial.models import (
        BertTokenClassifierPreprocessor,
        KoreanBertTokenizer,
    )

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary += ["이순", "##신", "##은", "서울", "##에", "갔다"]
    preprocessor = BertTokenClassifierPreprocessor(
        KoreanBertTokenizer(vocabulary), labels=["PER", "LOC"], sequence_length=12
    )
    texts = ["이순신은 서울에 갔다", "서울에 갔다"]
    spans = tf.ragged.constant([[[0, 3, 0], [5, 7, 1]], [[0, 2, 1]]], ragged_rank=1)

    # Text only.
    preprocessor(texts)

    # Text and entities.
    x, y, sample_weight = preprocessor(texts, spans)
    [preprocessor.tags[tag] for tag in y[0]]  # ["O", "B-PER", "I-PER", "O", ...]

    # In a `tf.data` pipeline.
    dataset = tf.data.Dataset.from_tensor_slices((texts, spans)).batch(2)
    dataset = dataset.map(preprocessor)
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
        """The tags: `O`, then `B-` and `I-` of each label. A tag's id is its index."""
        return (
            "O",
            *(f"{prefix}-{label}" for label in self.labels for prefix in "BI"),
        )

    def call(self, x, y=None, sample_weight=None):
        with tf.device("cpu"):
            ids, starts, ends = self.tokenizer.tokenize_with_offsets(x)
            features = self.pack(ids)
            if y is None:
                return backend_tensors(features)
            tags = bio_labels(starts, ends, y)[:, : self.sequence_length - 2]
            shape = (None, self.sequence_length)
            cls = tf.zeros((tags.nrows(), 1), "int32")  # tag and weight of [CLS]
            weights = tf.concat([cls, tf.ones_like(tags)], axis=1)
            tags = tf.concat([cls, tags], axis=1)
            weights = tf.cast(weights.to_tensor(shape=shape), "float32")
            return backend_tensors((features, tags.to_tensor(shape=shape), weights))

    def pack(self, ids: tf.RaggedTensor) -> dict[str, tf.Tensor]:
        """Add `[CLS]` and `[SEP]`, truncate and pad.

        Args:
            ids: Token ids, ragged, of shape `(batch, tokens)`.

        Returns:
            A dictionary of `token_ids`, `segment_ids` and `padding_mask`, each of
            shape `(batch, sequence_length)`.
        """
        ids = ids[:, : self.sequence_length - 2]
        column = tf.ones((ids.nrows(), 1), ids.dtype)
        ids = tf.concat(
            [
                column * self.tokenizer.cls_token_id,
                ids,
                column * self.tokenizer.sep_token_id,
            ],
            axis=1,
        )
        shape = (None, self.sequence_length)
        token_ids = ids.to_tensor(self.tokenizer.pad_token_id, shape=shape)
        return {
            "token_ids": token_ids,
            "segment_ids": tf.zeros_like(token_ids),
            # Integers, since tf.distribute cannot sum booleans.
            "padding_mask": tf.ones_like(ids).to_tensor(shape=shape),
        }

    def get_config(self):
        config = super().get_config()
        config.update(
            {"labels": list(self.labels), "sequence_length": self.sequence_length}
        )
        return config
