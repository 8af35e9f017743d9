"""Spans of characters to labels of tokens, in TensorFlow."""

from collections.abc import Sequence

import tensorflow as tf

from kerasnlp_tutorial.datasets import TaggedSentence


def ragged_spans(
    sentences: Sequence[TaggedSentence], labels: Sequence[str]
) -> tf.RaggedTensor:
    """Return the spans of sentences; int32, ragged, (sentences, spans, 3).

    Args:
        sentences: with their spans.
        labels: types; a type's id is its place.

    Returns:
        Start, end and type id of each span.
    """
    flat = [
        (span.start, span.end, labels.index(span.label))
        for sentence in sentences
        for span in sentence.spans
    ]
    return tf.RaggedTensor.from_row_lengths(
        tf.reshape(tf.constant(flat, "int32"), (-1, 3)),
        [len(sentence.spans) for sentence in sentences],
    )


def bio_labels(
    starts: tf.RaggedTensor, ends: tf.RaggedTensor, spans: tf.RaggedTensor
) -> tf.RaggedTensor:
    """Label tokens by the characters that they cover.

    The first token of a span becomes `B-`, its others `I-`, and the rest `O`. A token
    that straddles the edge of a span takes the label of its greater part, and if the
    parts are equal, the span's.

    Args:
        starts: int32, ragged, (batch, tokens): first character of each token.
        ends: int32, ragged, (batch, tokens): the character after the last one.
        spans: int32, ragged, (batch, spans, 3): start, end and type of each span. Spans
            do not overlap.

    Returns:
        int32, ragged, (batch, tokens): 0 for `O`, 1 + 2 t for `B-` and 2 + 2 t for
        `I-` of type t.
    """
    # One more span, without characters, so that there always is one to choose.
    spans = tf.pad(spans.to_tensor(shape=(None, None, 3)), [[0, 0], [0, 1], [0, 0]])
    start, end = starts.to_tensor()[..., None], ends.to_tensor()[..., None]
    overlap = tf.nn.relu(  # (batch, tokens, spans)
        tf.minimum(end, spans[:, None, :, 1]) - tf.maximum(start, spans[:, None, :, 0])
    )
    most = tf.reduce_max(overlap, axis=-1)  # (batch, tokens)
    outside = (end - start)[..., 0] - tf.reduce_sum(overlap, axis=-1)
    inside = (most > 0) & (most >= outside)
    span = tf.where(inside, tf.argmax(overlap, axis=-1, output_type="int32"), -1)
    before = tf.pad(span[:, :-1], [[0, 0], [1, 0]], constant_values=-1)
    kind = tf.gather(spans[:, :, 2], tf.maximum(span, 0), batch_dims=1)
    labels = tf.where(inside, 1 + 2 * kind + tf.cast(span == before, "int32"), 0)
    return tf.RaggedTensor.from_tensor(labels, lengths=starts.row_lengths())
