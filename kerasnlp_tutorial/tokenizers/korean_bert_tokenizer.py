"""WordPiece tokenizer of Korean BERT models, with the same ids as Hugging Face's."""

from collections.abc import Sequence
from typing import Any

import keras
import keras_nlp
import numpy as np
import tensorflow as tf
import tensorflow_text as tft
from tokenizers import Encoding, Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from kerasnlp_tutorial.tokenizers.normalization import (
    MAX_CHARACTERS_PER_WORD,
    has_equal_categories,
    hide_long_words,
    normalize,
    placeholders,
    split_words,
    visible_characters,
)
from kerasnlp_tutorial.tokenizers.vocabulary_kinds import (
    check_wordpiece,
    read_wordpiece,
)

_UTF8_BYTES = 4  # maximum of a character


@keras.saving.register_keras_serializable(package="kerasnlp_tutorial")
class KoreanBertTokenizer(keras_nlp.tokenizers.BertTokenizer):
    """A `keras_nlp.tokenizers.BertTokenizer` for Korean checkpoints.

    The ids equal those of `tokenizers.BertWordPieceTokenizer(vocab, lowercase=False,
    strip_accents=False)`, with special tokens in texts mapped to their ids. Texts are
    not lowercased, since this would turn ㅋㅋ into unknown characters. Accents are not
    stripped, since this would decompose Hangul syllables.

    The layer runs in TensorFlow inside `tf.data`. Eagerly, it calls Hugging Face's
    tokenizer, which takes microseconds where TensorFlow takes milliseconds, unless a
    text has characters that the two treat differently.

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
        ValueError: an option of `BertTokenizer` would change the ids, or a token is
            twice in the vocabulary.
        InputError: the vocabulary is not a WordPiece vocabulary.

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
        # A saved config has the arguments of the base class. Other values than these
        # would be ignored silently.
        for name, value in fixed.items():
            if kwargs.pop(name, value) != value:
                raise ValueError(f"KoreanBertTokenizer always has {name}={value!r}")
        self._korean_word_piece: tft.FastWordpieceTokenizer | None = None
        # Hugging Face's tokenizer, with special tokens in texts and without.
        self._eager: Tokenizer | None = None
        self._eager_plain: Tokenizer | None = None
        super().__init__(
            vocabulary=vocabulary,
            lowercase=False,
            special_tokens_in_strings=True,
            **kwargs,
        )

    def set_vocabulary(self, vocabulary):
        """Set the vocabulary to a file or a list of strings."""
        where = "KoreanBertTokenizer"
        if isinstance(vocabulary, str):
            where, vocabulary = vocabulary, read_wordpiece(vocabulary)
        tokens = list(vocabulary or ())
        check_wordpiece(tokens, where)
        if len(set(tokens)) < len(tokens):
            raise ValueError(f"{where}: a token occurs twice")
        self._eager = self._eager_plain = self._korean_word_piece = None
        self._is_read = False
        super().set_vocabulary(vocabulary)
        self._is_read = True

    def _set_vocabulary_tf(self):
        # Newer KerasNLP builds its own tokenizer here, which takes longer than a text,
        # and comes back if it needs one.
        if self._is_read:
            with tf.init_scope():
                super()._set_vocabulary_tf()

    def _word_piece(self) -> tft.FastWordpieceTokenizer:
        """Return the tokenizer of words, built at its first use."""
        if self._korean_word_piece is None:
            stand_ins = placeholders(self._specials)
            with tf.init_scope(), tf.device("cpu"):  # not inside a graph of tf.data
                self._korean_word_piece = tft.FastWordpieceTokenizer(
                    vocab=[stand_ins.get(token, token) for token in self.vocabulary],
                    token_out_type=self.compute_dtype,
                    suffix_indicator=self.suffix_indicator,
                    max_bytes_per_word=MAX_CHARACTERS_PER_WORD * _UTF8_BYTES,
                    unknown_token=stand_ins[self.oov_token],
                    no_pretokenization=True,
                )
        return self._korean_word_piece

    @property
    def _specials(self) -> list[str]:
        # start_token and end_token repeat [CLS] and [SEP].
        return list(dict.fromkeys([self.oov_token, *self.special_tokens]))

    def tokenize(self, inputs):
        """Return the ids of a text or of a batch, as in a call of the layer."""
        self._check_vocabulary()
        # Newer KerasNLP preprocesses eager inputs in plain Python and expects lists;
        # older KerasNLP expects tensors and converts them itself.
        as_lists = tf.executing_eagerly() and hasattr(self, "_use_tf_workflow")
        encodings = self._encode_eagerly(inputs, special_tokens=True)
        with tf.device("cpu"):
            if encodings is None:
                ids = self._tokenize(tf.convert_to_tensor(inputs, tf.string))
            elif isinstance(inputs, str):
                ids = tf.constant(encodings[0].ids, self.compute_dtype)
            elif as_lists:
                return [encoding.ids for encoding in encodings]
            else:
                ids = self._ragged_ids(encodings)
        if not as_lists:
            return ids
        return ids.to_list() if isinstance(ids, tf.RaggedTensor) else np.asarray(ids)

    def _encode_eagerly(
        self, inputs: Any, special_tokens: bool
    ) -> list[Encoding] | None:
        """Tokenize strings without TensorFlow.

        Args:
            inputs: a string or a list of strings, or anything else.
            special_tokens: whether to recognize special tokens in the texts.

        Returns:
            Encodings of Hugging Face's tokenizer; None if these are not strings, or
            TensorFlow could give other ids.
        """
        texts = [inputs] if isinstance(inputs, str) else inputs
        if not isinstance(texts, list | tuple):
            return None
        if not all(isinstance(t, str) and has_equal_categories(t) for t in texts):
            return None
        tokenizer = self._eager if special_tokens else self._eager_plain
        if tokenizer is None and special_tokens:
            tokenizer = self._eager = self._hugging_face_tokenizer(self._specials)
        elif tokenizer is None:
            tokenizer = self._eager_plain = self._hugging_face_tokenizer()
        # One after the other: after threads of the library, a fork would warn.
        return [tokenizer.encode(text, add_special_tokens=False) for text in texts]

    def _ragged_ids(self, encodings: Sequence[Encoding]) -> tf.RaggedTensor:
        flat = [id for encoding in encodings for id in encoding.ids]
        lengths = [len(encoding.ids) for encoding in encodings]
        return tf.RaggedTensor.from_row_lengths(
            np.array(flat, self.compute_dtype),
            np.array(lengths, "int64"),
            validate=False,
        )

    def _hugging_face_tokenizer(self, special_tokens: Sequence[str] = ()) -> Tokenizer:
        tokenizer = Tokenizer(
            WordPiece(
                {token: id for id, token in enumerate(self.get_vocabulary())},
                unk_token=self.oov_token,
                continuing_subword_prefix=self.suffix_indicator,
                max_input_chars_per_word=MAX_CHARACTERS_PER_WORD,
            )
        )
        tokenizer.normalizer = BertNormalizer(lowercase=False, strip_accents=False)
        tokenizer.pre_tokenizer = BertPreTokenizer()
        tokenizer.add_special_tokens(list(special_tokens))
        return tokenizer

    def _tokenize(self, texts: tf.Tensor) -> tf.Tensor | tf.RaggedTensor:
        batch = tf.reshape(texts, [-1])
        unknown = placeholders(self._specials)[self.oov_token]
        words = split_words(normalize(batch, self._specials))
        words = hide_long_words(words, unknown)
        # (batch, words, subwords) -> (batch, tokens)
        ids = self._word_piece().tokenize(words).merge_dims(-2, -1)
        return ids.values if texts.shape.rank == 0 else ids

    def tokenize_with_offsets(
        self, inputs
    ) -> tuple[tf.RaggedTensor, tf.RaggedTensor, tf.RaggedTensor]:
        """Return the ids of a batch and the character positions of the tokens.

        Special tokens in a text are tokenized as plain text, so that a question or an
        article that mentions `[SEP]` does not end there.

        Args:
            inputs: list or tensor of strings, (batch,).

        Returns:
            ids, starts and ends (exclusive), each ragged, (batch, tokens). Starts and
            ends are positions in the text before normalization, in characters, int32.
        """
        self._check_vocabulary()
        encodings = self._encode_eagerly(inputs, special_tokens=False)
        if encodings is not None:
            offsets = [pair for e in encodings for pair in e.offsets]
            starts, ends = np.array(offsets, "int32").reshape(-1, 2).T
            ids = self._ragged_ids(encodings)
            return ids, ids.with_values(starts), ids.with_values(ends)
        with tf.device("cpu"):
            texts = tf.convert_to_tensor(inputs, tf.string)
            words = split_words(normalize(texts))
            unknown = placeholders(self._specials)[self.oov_token]
            ids, starts, ends = self._word_piece().tokenize_with_offsets(
                hide_long_words(words, unknown)
            )  # (batch, words, subwords); starts and ends in bytes of the word
            subwords = ids.values.row_lengths()
            word = tf.repeat(words.flat_values, subwords)
            size = ends.flat_values - starts.flat_values
            piece = tf.strings.substr(word, starts.flat_values, size)
            # The token of a hidden word has the length of the word.
            is_word = tf.repeat(subwords, subwords) == 1
            lengths = tf.strings.length(tf.where(is_word, word, piece), "UTF8_CHAR")
            ids = ids.merge_dims(-2, -1)  # (batch, tokens)
            # Words consist of the visible characters, so the cumulative lengths index
            # these.
            visible = visible_characters(texts)
            tf.debugging.assert_equal(tf.reduce_sum(lengths), tf.size(visible))
            end = tf.cumsum(lengths)
            first = tf.gather(visible.flat_values, end - lengths)
            last = tf.gather(visible.flat_values, end - 1)
            return ids, ids.with_values(first), ids.with_values(last + 1)
