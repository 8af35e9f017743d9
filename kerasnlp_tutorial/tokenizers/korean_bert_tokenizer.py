"""BERT's WordPiece for Korean, id for id as Hugging Face's tokenizer."""

import keras
import keras_nlp
import numpy as np
import tensorflow as tf
import tensorflow_text as tft

from kerasnlp_tutorial.tokenizers.normalization import (
    MAX_CHARACTERS_PER_WORD,
    hide_long_words,
    normalize,
    placeholders,
    split_words,
    visible_characters,
)

_UTF8_BYTES = 4  # of one character, at most


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
class KoreanBertTokenizer(keras_nlp.tokenizers.BertTokenizer):
    """A `keras_nlp.tokenizers.BertTokenizer` with the ids of Korean checkpoints.

    Gives the ids of `tokenizers.BertWordPieceTokenizer(vocab, lowercase=False,
    strip_accents=False)`, with special tokens in texts mapped to their ids.
    Lower-casing would turn ㅋㅋ into unknown characters and stripping accents
    would take Hangul syllables apart, so there is neither.

    Tokenises in TensorFlow both eagerly and inside `tf.data`.

    Args:
        vocabulary: list of strings, or the path of a file with one token a line;
            must contain `[UNK]`, `[CLS]`, `[SEP]`, `[PAD]` and `[MASK]`.
        **kwargs: `name` and `dtype` (an integer type) of the layer.

    Call arguments:
        inputs: a string, or a list or tensor of strings, shape (batch,).

    Returns (of a call):
        int32 ids. Inside `tf.data`: shape (tokens,) or ragged (batch, tokens).
        Eagerly: a NumPy array (tokens,) or a list of lists.

    Raises:
        ValueError: an option of `BertTokenizer` that would change the ids.

    Examples:
    ```python
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "영화", "##는", "!"]
    tokenizer = KoreanBertTokenizer(vocabulary)
    tokenizer(["영화는!"])  # [[5, 6, 7]]
    ```

    Reference:
        [Song et al., 2020](https://arxiv.org/abs/2012.15524)
    """

    def __init__(self, vocabulary=None, **kwargs):
        fixed = {"lowercase": False, "strip_accents": False, "split": True}
        fixed |= {"sequence_length": None, "special_tokens_in_strings": True}
        # A saved config carries the base class's arguments; other values than ours
        # would be ignored silently.
        for name, value in fixed.items():
            if kwargs.pop(name, value) != value:
                raise ValueError(f"KoreanBertTokenizer always has {name}={value!r}")
        self._korean_word_piece = None
        super().__init__(
            vocabulary=vocabulary,
            lowercase=False,
            special_tokens_in_strings=True,
            **kwargs,
        )

    def set_vocabulary(self, vocabulary):
        """Set the vocabulary to a file or a list of strings."""
        super().set_vocabulary(vocabulary)
        if self.vocabulary is None:
            self._korean_word_piece = None
            return
        stand_ins = placeholders(self._specials)
        self._korean_word_piece = tft.FastWordpieceTokenizer(
            vocab=[stand_ins.get(token, token) for token in self.vocabulary],
            token_out_type=self.compute_dtype,
            suffix_indicator=self.suffix_indicator,
            max_bytes_per_word=MAX_CHARACTERS_PER_WORD * _UTF8_BYTES,
            unknown_token=stand_ins[self.oov_token],
            no_pretokenization=True,
        )

    @property
    def _specials(self) -> list[str]:
        # start_token and end_token repeat [CLS] and [SEP].
        return list(dict.fromkeys([self.oov_token, *self.special_tokens]))

    def tokenize(self, inputs):
        """Return the ids of one text or of a batch; see the class."""
        self._check_vocabulary()
        with tf.device("cpu"):
            ids = self._tokenize(tf.convert_to_tensor(inputs, tf.string))
        # Newer KerasNLP preprocesses eager inputs in plain Python and wants lists from
        # a tokenizer; older KerasNLP wants tensors and converts them itself.
        if not tf.executing_eagerly() or not hasattr(self, "_use_tf_workflow"):
            return ids
        return ids.to_list() if isinstance(ids, tf.RaggedTensor) else np.asarray(ids)

    def _tokenize(self, texts: tf.Tensor) -> tf.Tensor | tf.RaggedTensor:
        batch = tf.reshape(texts, [-1])
        unknown = placeholders(self._specials)[self.oov_token]
        words = split_words(normalize(batch, self._specials))
        words = hide_long_words(words, unknown)
        # (batch, words, subwords) -> (batch, tokens)
        ids = self._korean_word_piece.tokenize(words).merge_dims(-2, -1)
        return ids.values if texts.shape.rank == 0 else ids

    def tokenize_with_offsets(
        self, inputs
    ) -> tuple[tf.RaggedTensor, tf.RaggedTensor, tf.RaggedTensor]:
        """Return the ids of a batch and which characters each of them stands for.

        Special tokens in a text are text like any other here: a question or an
        article that mentions `[SEP]` does not end there.

        Args:
            inputs: list or tensor of strings, (batch,).

        Returns:
            ids, starts and ends, each ragged, (batch, tokens). Starts and ends are
            int32 and count the characters of the text as it is given; what
            normalisation deletes or inserts is accounted for.
        """
        self._check_vocabulary()
        with tf.device("cpu"):
            texts = tf.convert_to_tensor(inputs, tf.string)
            words = split_words(normalize(texts))
            unknown = placeholders(self._specials)[self.oov_token]
            ids, starts, ends = self._korean_word_piece.tokenize_with_offsets(
                hide_long_words(words, unknown)
            )  # (batch, words, subwords); starts and ends in bytes of the word
            subwords = ids.values.row_lengths()
            word = tf.repeat(words.flat_values, subwords)
            size = ends.flat_values - starts.flat_values
            piece = tf.strings.substr(word, starts.flat_values, size)
            # A word that is one token may be a hidden one: its own length counts.
            alone = tf.repeat(subwords, subwords) == 1
            lengths = tf.strings.length(tf.where(alone, word, piece), "UTF8_CHAR")
            ids = ids.merge_dims(-2, -1)  # (batch, tokens)
            # Words are made of the visible characters, so lengths add up to places.
            visible = visible_characters(texts)
            tf.debugging.assert_equal(tf.reduce_sum(lengths), tf.size(visible))
            end = tf.cumsum(lengths)
            first = tf.gather(visible.flat_values, end - lengths)
            last = tf.gather(visible.flat_values, end - 1)
            return ids, ids.with_values(first), ids.with_values(last + 1)
