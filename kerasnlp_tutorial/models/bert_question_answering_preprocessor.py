"""Questions and passages to what a `BertQuestionAnswering` takes."""

import keras
import keras_nlp
import tensorflow as tf

from kerasnlp_tutorial.tokenizers import KoreanBertTokenizer
from kerasnlp_tutorial.windows import windows


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
class BertQuestionAnsweringPreprocessor(keras_nlp.models.Preprocessor):
    """Joins questions and passages, in windows where a passage is long.

    A window is `[CLS] question [SEP] part of the passage [SEP]`. The segment ids are 0
    up to the first `[SEP]` and 1 after it; with `mark_matches` 2 for those tokens of
    the passage that the question has too, the exact match of [Chen et al.,
    2017](https://arxiv.org/abs/1704.00051). A small model does not find out by itself
    that an answer stands near them.

    Args:
        tokenizer: a `KoreanBertTokenizer`.
        sequence_length: tokens of a window, special ones included.
        doc_stride: tokens of the passage from the start of a window to the next.
        max_query_length: tokens of a question; the rest is cut off.
        mark_matches: needs a backbone of three segments or more.

    Call arguments:
        x: a tuple of questions and passages, each strings, (batch,).
        y: None, or int32, (batch, 2): the first character of the answer in the passage
            and the one after its last; -1 and -1 if there is no answer.
        sample_weight: None.

    Returns (of a call):
        `token_ids`, `segment_ids` and `padding_mask`, int32, (windows,
        sequence_length): a long passage has several rows. With `y` also the places of
        the answer's first and last token in the window, int32, (windows, 2); 0 and 0,
        the place of `[CLS]`, if the answer is not wholly inside.

    Raises:
        ValueError: windows that far apart would leave out tokens.

    Examples:
    ```python
    preprocessor = BertQuestionAnsweringPreprocessor(tokenizer, 128, 64, 32)
    x, y = preprocessor((["누가?"], ["이순신이 이겼다"]), [[0, 3]])
    ```
    """

    backbone_cls = keras_nlp.models.BertBackbone
    tokenizer_cls = KoreanBertTokenizer

    def __init__(
        self,
        tokenizer,
        sequence_length=384,
        doc_stride=128,
        max_query_length=64,
        mark_matches=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        room = sequence_length - 3 - max_query_length
        if not 0 < doc_stride <= room:
            raise ValueError(
                f"doc_stride must be 1 to {room}, the tokens that sequence_length="
                f"{sequence_length} leaves beside max_query_length={max_query_length} "
                f"and three special ones; received {doc_stride}"
            )
        self.tokenizer = tokenizer
        self.sequence_length = sequence_length
        self.doc_stride = doc_stride
        self.max_query_length = max_query_length
        self.mark_matches = mark_matches

    def build(self, input_shape):
        self.built = True  # there is nothing to build

    def call(self, x, y=None, sample_weight=None):
        with tf.device("cpu"):
            rows = self.windows(*x, y)
            features = self.pad(rows)
            return features if y is None else (features, rows["targets"])

    def windows(
        self, questions, contexts, spans=None
    ) -> dict[str, tf.Tensor | tf.RaggedTensor]:
        """Cut passages into windows, each with its question before it.

        Args:
            questions: strings, (batch,).
            contexts: strings, (batch,).
            spans: the `y` of a call.

        Returns:
            `token_ids` and `segment_ids`, int32, ragged, (windows, tokens); `example`,
            int32, (windows,), the place in the batch; `first`, int32, (windows,), the
            place in the passage of the window's first token of it; `before`, int32,
            (windows,), how many tokens stand before that one; and `starts` and `ends`,
            int32, ragged, (windows, tokens of the passage): the first character of
            each token in the passage and the one after its last. With `spans` also
            `targets`, as a call returns them.
        """
        questions, _, _ = self.tokenizer.tokenize_with_offsets(questions)
        questions = questions[:, : self.max_query_length]
        ids, starts, ends = self.tokenizer.tokenize_with_offsets(contexts)
        asked = tf.cast(questions.row_lengths(), "int32")
        example, start, end = windows(
            ids.row_lengths(), self.sequence_length - 3 - asked, self.doc_stride
        )
        before = tf.gather(asked, example) + 2
        rows = {"example": example, "first": start, "before": before}
        if spans is not None:
            first, last = self._answer_tokens(starts, ends, spans)
            first, last = tf.gather(first, example), tf.gather(last, example)
            inside = (start <= first) & (first <= last) & (last < end)
            targets = tf.stack([first, last], axis=1) + (before - start)[:, tf.newaxis]
            rows["targets"] = tf.where(inside[:, tf.newaxis], targets, 0)
        passage = tf.gather(tf.cast(ids.row_starts(), "int32"), example)
        places = tf.ragged.range(passage + start, passage + end)
        ids, rows["starts"], rows["ends"] = (
            places.with_values(tf.gather(part.flat_values, places.flat_values))
            for part in (ids, starts, ends)
        )
        sep = tf.fill((tf.size(example), 1), self.tokenizer.sep_token_id)
        cls = tf.fill((tf.size(example), 1), self.tokenizer.cls_token_id)
        left = tf.concat([cls, tf.gather(questions, example), sep], axis=1)
        right = tf.concat([ids, sep], axis=1)
        rows["token_ids"] = tf.concat([left, right], axis=1)
        segments = [tf.zeros_like(left), tf.ones_like(right)]
        if self.mark_matches:
            found = self._matches(ids, tf.gather(questions, example))
            segments[1] = tf.concat([1 + found, tf.ones_like(sep)], axis=1)
        rows["segment_ids"] = tf.concat(segments, axis=1)
        return rows

    def pad(self, rows) -> dict[str, tf.Tensor]:
        """Return what `windows` has made as what the model takes."""
        shape = (None, self.sequence_length)
        ids, segments = rows["token_ids"], rows["segment_ids"]
        return {
            "token_ids": ids.to_tensor(self.tokenizer.pad_token_id, shape=shape),
            "segment_ids": segments.to_tensor(shape=shape),
            # Integers: tf.distribute cannot add up truth values.
            "padding_mask": tf.ones_like(ids).to_tensor(shape=shape),
        }

    def _matches(self, ids, questions) -> tf.RaggedTensor:
        """Return 1 for each of `ids` that is in the question of its row, else 0."""
        asked = questions.to_tensor(-2)[:, tf.newaxis, :]  # no token is -1 or -2
        found = tf.reduce_any(ids.to_tensor(-1)[:, :, tf.newaxis] == asked, axis=2)
        return tf.RaggedTensor.from_tensor(tf.cast(found, "int32"), ids.row_lengths())

    def _answer_tokens(self, starts, ends, spans) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the first and last token that answers touch; -1 where there is none.

        A token may reach over the answer's edge, as one that holds a particle does.
        """
        start, end = tf.unstack(tf.cast(spans, "int32")[:, tf.newaxis], axis=2)
        first = tf.reduce_sum(tf.cast(ends <= start, "int32"), axis=1)
        last = tf.reduce_sum(tf.cast(starts < end, "int32"), axis=1) - 1
        return tf.where(start[:, 0] >= 0, first, -1), last

    def get_config(self):
        config = super().get_config()
        config.update(
            {
                "sequence_length": self.sequence_length,
                "doc_stride": self.doc_stride,
                "max_query_length": self.max_query_length,
                "mark_matches": self.mark_matches,
            }
        )
        return config
