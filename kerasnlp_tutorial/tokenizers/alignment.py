"""Alignment of character spans with tokens, in TensorFlow."""

from collections.abc import Sequence

import tensorflow as tf

from kerasnlp_tutorial.datasets import TaggedSentence


def ragged_spans(
    sentences: Sequence[TaggedSentence], labels: Sequence[str]
) -> tf.RaggedTensor:
    """Convert the spans of sentences to a ragged tensor.

    Args:
        sentences: tagged sentences.
        labels: entity types; the id of a type is its index.

    Returns:
        Start, end and type id of each span, int32, ragged, (sentences, spans, 3).
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
    """Return the BIO label of each token, from the characters that it covers.

    The first token of a span is labeled `B-`, its other tokens `I-`, and tokens outside
    of spans `O`. A token that is only partly in a span takes the label of its largest
    part; in a tie, a span has precedence over `O`.

    Args:
        starts: start of each token in characters, int32, ragged, (batch, tokens).
        ends: end (exclusive) of each token in characters, int32, ragged, (batch,
            tokens).
        spans: start, end (exclusive) and type id of each span, int32, ragged, (batch,
            spans, 3). Spans must not overlap.

    Returns:
        Label ids, int32, ragged, (batch, tokens): 0 for `O`, `1 + 2 * type` for `B-`
        and `2 + 2 * type` for `I-`.
    """
    # Add an empty span, so that argmax also works for texts without spans.
    spans = tf.pad(spans.to_tensor(shape=(None, None, 3)), [[0, 0], [0, 1], [0, 0]])
    start, end = starts.to_tensor()[..., None], ends.to_tensor()[..., None]
    overlap = tf.nn.relu(  # (batch, tokens, spans)
        tf.minimum(end, spans[:, None, :, 1]) - tf.maximum(start, spans[:, None, :, 0])
    )
    most = tf.reduce_max(overlap, axis=-1)  # (batch, tokens)
    outside = (end - start)[..., 0] - tf.reduce_sum(overlap, axis=-1)
    inside = (most > 0) & (most >= outside)
    span = tf.where(inside, tf.argmax(overlap, axis=-1, output_type="int32"), -1)
    previous = tf.pad(span[:, :-1], [[0, 0], [1, 0]], constant_values=-1)
    type_id = tf.gather(spans[:, :, 2], tf.maximum(span, 0), batch_dims=1)
    labels = tf.where(inside, 1 + 2 * type_id + tf.cast(span == previous, "int32"), 0)
    return tf.RaggedTensor.from_tensor(labels, lengths=starts.row_lengths())
