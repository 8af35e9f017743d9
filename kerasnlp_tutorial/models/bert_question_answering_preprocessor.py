"""Preprocessing for question answering: questions and passages to windows of ids."""

import keras
import keras_nlp
import tensorflow as tf

from kerasnlp_tutorial.models.backend_tensors import backend_tensors
from kerasnlp_tutorial.models.occurrence import occurs_in
from kerasnlp_tutorial.tokenizers import KoreanBertTokenizer
from kerasnlp_tutorial.tokenizers.windows import windows


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
class BertQuestionAnsweringPreprocessor(keras_nlp.models.Preprocessor):
    """A preprocessing layer that packs questions and passages into windows.

    Each window is `[CLS] question [SEP] part of the passage [SEP]`. A passage that does
    not fit into one window is split into overlapping windows. The segment ids are 0 up
    to the first `[SEP]` and 1 after it.

    With `mark_matches`, passage tokens that also occur in the question have the segment
    id 2 (the exact match feature of
    [Chen et al., 2017](https://arxiv.org/abs/1704.00051)). It helps small models, which
    do not learn by themselves that answers tend to be near such tokens.

    Args:
        tokenizer: A `KoreanBertTokenizer`.
        sequence_length: int. Length of a window in tokens, special tokens included.
        doc_stride: int. Number of passage tokens between the starts of two neighboring
            windows.
        max_query_length: int. Maximum number of question tokens. Longer questions are
            truncated.
        mark_matches: bool. Whether passage tokens that occur in the question get the
            segment id 2. Requires a backbone with at least 3 segments.
        **kwargs: Keyword arguments of `keras_nlp.models.Preprocessor`.

    Call arguments:
        x: A tuple of questions and passages, each strings of shape `(batch,)`. Without
            answers, pass `y=None` explicitly: KerasNLP reads a lone tuple as `(x, y)`.
        y: `None`, or int32 of shape `(batch, 2)`: start and end (exclusive) of each
            answer in characters of the passage; -1 and -1 if there is no answer.
        sample_weight: Must be `None`.

    Returns (of a call):
        Without `y`, a dictionary of `token_ids`, `segment_ids` and `padding_mask`, each
        of dtype int32 and shape `(windows, sequence_length)`. With `y`, a tuple of this
        dictionary and the targets, int32 of shape `(windows, 2)`: positions of the
        first and the last token of the answer in the window; 0 and 0 (the position of
        `[CLS]`) if the window does not contain the whole answer.

    Raises:
        ValueError: If `doc_stride` is so large that windows would skip tokens.

    Examples:

    ```python
    import numpy as np
    import tensorflow as tf

    from kerasnlp_tutorial.models import (
        BertQuestionAnsweringPreprocessor,
        KoreanBertTokenizer,
    )

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "누가", "어디", "?"]
    vocabulary += ["이순", "##신", "##이", "바다", "##에서", "이겼", "##나", "##다"]
    preprocessor = BertQuestionAnsweringPreprocessor(
        KoreanBertTokenizer(vocabulary),
        sequence_length=12,
        doc_stride=3,
        max_query_length=4,
    )
    questions = ["누가 이겼나?", "어디에서 이겼나?"]
    passages = ["이순신이 바다에서 이겼다"] * 2

    # Questions and passages.
    preprocessor((questions, passages), y=None)

    # With answers.
    x, y = preprocessor((questions, passages), np.array([[0, 3], [5, 7]]))

    # In a `tf.data` pipeline.
    pairs = (questions, passages)
    dataset = tf.data.Dataset.from_tensor_slices((pairs, [[0, 3], [5, 7]])).batch(2)
    dataset = dataset.map(preprocessor)
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
            return backend_tensors(
                features if y is None else (features, rows["targets"])
            )

    def windows(
        self, questions, contexts, spans=None
    ) -> dict[str, tf.Tensor | tf.RaggedTensor]:
        """Split passages into windows, and put the question in front of each.

        Args:
            questions: Strings of shape `(batch,)`.
            contexts: Strings of shape `(batch,)`; the passages.
            spans: `None`, or int32 of shape `(batch, 2)`: start and end (exclusive) of
                each answer in characters of the passage; -1 and -1 if there is none.

        Returns:
            A dictionary of int32 tensors:

            - `token_ids`, `segment_ids`: ragged, `(windows, tokens)`.
            - `example`: `(windows,)`. Index of the example in the batch.
            - `first`: `(windows,)`. Index in the passage of the first passage token of
              the window.
            - `before`: `(windows,)`. Number of window tokens before that token.
            - `starts`, `ends`: ragged, `(windows, passage tokens)`. Start and end
              (exclusive) of each token in characters of the passage.
            - `targets`, only with `spans`: `(windows, 2)`. Positions of the first and
              the last token of the answer in the window, or 0 and 0.
        """
        questions, _, _ = self.tokenizer.tokenize_with_offsets(questions)
        questions = questions[:, : self.max_query_length]
        ids, starts, ends = self.tokenizer.tokenize_with_offsets(contexts)
        query_lengths = tf.cast(questions.row_lengths(), "int32")
        example, start, end = windows(
            ids.row_lengths(), self.sequence_length - 3 - query_lengths, self.doc_stride
        )
        before = tf.gather(query_lengths, example) + 2
        rows = {"example": example, "first": start, "before": before}
        if spans is not None:
            first, last = self._answer_tokens(starts, ends, spans)
            first, last = tf.gather(first, example), tf.gather(last, example)
            inside = (start <= first) & (first <= last) & (last < end)
            targets = tf.stack([first, last], axis=1) + (before - start)[:, tf.newaxis]
            rows["targets"] = tf.where(inside[:, tf.newaxis], targets, 0)
        passage = tf.gather(tf.cast(ids.row_starts(), "int32"), example)
        indices = tf.ragged.range(passage + start, passage + end)
        ids, rows["starts"], rows["ends"] = (
            indices.with_values(tf.gather(part.flat_values, indices.flat_values))
            for part in (ids, starts, ends)
        )
        sep = tf.fill((tf.size(example), 1), self.tokenizer.sep_token_id)
        cls = tf.fill((tf.size(example), 1), self.tokenizer.cls_token_id)
        left = tf.concat([cls, tf.gather(questions, example), sep], axis=1)
        right = tf.concat([ids, sep], axis=1)
        rows["token_ids"] = tf.concat([left, right], axis=1)
        segments = [tf.zeros_like(left), tf.ones_like(right)]
        if self.mark_matches:
            matches = self._matches(ids, tf.gather(questions, example))
            segments[1] = tf.concat([1 + matches, tf.ones_like(sep)], axis=1)
        rows["segment_ids"] = tf.concat(segments, axis=1)
        return rows

    def pad(self, rows) -> dict[str, tf.Tensor]:
        """Pad windows to the inputs of the model.

        Args:
            rows: A dictionary as `windows` returns it.

        Returns:
            A dictionary of `token_ids`, `segment_ids` and `padding_mask`, each of dtype
            int32 and shape `(windows, sequence_length)`.
        """
        shape = (None, self.sequence_length)
        ids, segments = rows["token_ids"], rows["segment_ids"]
        return {
            "token_ids": ids.to_tensor(self.tokenizer.pad_token_id, shape=shape),
            "segment_ids": segments.to_tensor(shape=shape),
            # Integers, since tf.distribute cannot sum booleans.
            "padding_mask": tf.ones_like(ids).to_tensor(shape=shape),
        }

    def _matches(self, ids, questions) -> tf.RaggedTensor:
        """Return 1 for each id that occurs in the question of its row, else 0."""
        matches = occurs_in(ids.to_tensor(-1), questions.to_tensor(-2))  # no such ids
        return tf.RaggedTensor.from_tensor(tf.cast(matches, "int32"), ids.row_lengths())

    def _answer_tokens(self, starts, ends, spans) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the first and last token that overlap each answer, or -1 if none.

        A token can extend past the end of the answer, for example with a particle.
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
