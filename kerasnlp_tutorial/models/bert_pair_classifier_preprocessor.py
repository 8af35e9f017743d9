"""Preprocessing for pairs of texts: token ids, and marks of what both texts have."""

import keras
import keras_nlp
import tensorflow as tf

from kerasnlp_tutorial.models.backend_tensors import backend_tensors
from kerasnlp_tutorial.models.occurrence import occurs_in


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
class BertPairClassifierPreprocessor(keras_nlp.models.BertTextClassifierPreprocessor):
    """A preprocessing layer for pairs that marks tokens which both texts have.

    The layer does what its base class does, with one exception: tokens of the second
    text that also occur in the first one have the segment id 2 instead of 1, so the
    backbone needs three segments. It is the exact match feature of
    [Chen et al., 2017](https://arxiv.org/abs/1704.00051). A small model that has to
    find out from a few thousand pairs which tokens are equal does not; from the mark
    it knows. All unknown tokens count as equal, since the model sees one token.

    Args:
        tokenizer: A BERT tokenizer.
        sequence_length: int. Length of the outputs in tokens, special tokens and
            padding included.
        truncate: string. How texts are cut if they are too long together, as in
            `keras_nlp.layers.MultiSegmentPacker`.
        **kwargs: Keyword arguments of the base class.

    Call arguments:
        x: A tuple of two tensors of strings, each of shape `(batch,)`. Single texts
            are accepted and have no marks.
        y: Labels, passed through unchanged, or `None`.
        sample_weight: Weights, passed through unchanged, or `None`.

    Returns (of a call):
        A dictionary of `token_ids` and `segment_ids`, int32, and `padding_mask`, bool,
        each of shape `(batch, sequence_length)`. With `y` or `sample_weight`, a tuple
        of the dictionary and these.

    Examples:

    ```python
    from kerasnlp_tutorial.models import (
        BertPairClassifierPreprocessor,
        KoreanBertTokenizer,
    )

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary += ["비가", "눈이", "온다", "많이"]
    preprocessor = BertPairClassifierPreprocessor(
        KoreanBertTokenizer(vocabulary), sequence_length=8
    )
    x = preprocessor((["비가 온다"], ["비가 많이 온다"]), y=None)
    x["segment_ids"]  # [[0, 0, 0, 0, 2, 1, 2, 1]]
    ```
    """

    # None, or `TextClassifierPreprocessor.from_preset` of KerasNLP could choose this
    # class for any BERT.
    backbone_cls = None

    @classmethod
    def from_preset(cls, preset, **kwargs):
        """Return the preprocessor of a BERT preset, with marks.

        Args:
            preset: string. Folder or name of the preset, as for the base class.
            **kwargs: Keyword arguments of the base class's method, such as
                `sequence_length`.
        """
        base = keras_nlp.models.BertTextClassifierPreprocessor
        found = base.from_preset(preset, **kwargs)
        return cls(found.tokenizer, found.sequence_length, found.truncate)

    def call(self, x, y=None, sample_weight=None):
        features = super().call(x)
        with tf.device("cpu"):
            features = {k: _tensorflow(values) for k, values in features.items()}
            features["segment_ids"] = self._marked(**features)
            features = backend_tensors(features)
        return keras.utils.pack_x_y_sample_weight(features, y, sample_weight)

    def _marked(self, token_ids, segment_ids, padding_mask) -> tf.Tensor:
        """Return the segment ids, with 2 for tokens that the first text has as well."""
        special = tf.constant(
            [self.tokenizer.cls_token_id, self.tokenizer.sep_token_id], token_ids.dtype
        )
        first = (segment_ids == 0) & tf.cast(padding_mask, "bool")
        first &= ~occurs_in(token_ids, special)
        matches = occurs_in(token_ids, tf.where(first, token_ids, -1))
        return tf.where(matches & (segment_ids == 1), 2, segment_ids)


def _tensorflow(values) -> tf.Tensor:
    if isinstance(values, tf.Tensor):
        return values
    return tf.convert_to_tensor(keras.ops.convert_to_numpy(values))
