"""What BERT does to a text before WordPiece, in TensorFlow string operations.

Follows Hugging Face's `BertNormalizer(clean_text=True, handle_chinese_chars=True,
strip_accents=False, lowercase=False)` and `BertPreTokenizer`, whose ids Korean
checkpoints were trained on. KerasNLP's own splitting differs for control and
zero-width characters, Unicode spaces, private-use characters and long words.

Reference: https://github.com/huggingface/tokenizers (`normalizers/bert.rs`,
`pre_tokenizers/bert.rs`), after https://github.com/google-research/bert.
"""

import re
from collections.abc import Sequence

import tensorflow as tf
import tensorflow_text as tft

MAX_CHARACTERS_PER_WORD = 100
"""A longer word is unknown as a whole, in Hugging Face's WordPiece as here."""

# Deleted: controls but tab and line ends, format characters (zero-width space and
# joiner, soft hyphen, bidi marks, byte order mark), private use, U+FFFD. RE2 has no
# class difference, so \p{Co} is spelled out to spare the placeholders U+E000-E00F.
_DELETED = (
    r"[\x{0}-\x{8}\x{B}\x{C}\x{E}-\x{1F}\x{7F}-\x{9F}\p{Cf}\x{FFFD}"
    r"\x{E010}-\x{F8FF}\x{F0000}-\x{FFFFD}\x{100000}-\x{10FFFD}]"
)
_SPACES = r"[\t\n\r\p{Z}]"
# Ideographs are words of their own; Hangul is not. The gap after U+2B81F is in the
# reference too.
_IDEOGRAPHS = (
    r"[\x{3400}-\x{4DBF}\x{4E00}-\x{9FFF}\x{F900}-\x{FAFF}\x{20000}-\x{2A6DF}"
    r"\x{2A700}-\x{2B81F}\x{2B920}-\x{2CEAF}\x{2F800}-\x{2FA1F}]"
)
_PUNCTUATION = r"[!-/:-@\[-`{-~\p{P}]"


def placeholders(special_tokens: Sequence[str]) -> dict[str, str]:
    """Return a private-use character for each special token, at most 16.

    Normalisation deletes private-use characters from a text, so that a
    placeholder can only come from a special token.
    """
    return {token: chr(0xE000 + i) for i, token in enumerate(special_tokens)}


def normalize(texts: tf.Tensor, special_tokens: Sequence[str] = ()) -> tf.Tensor:
    """Clean texts as BERT does; upper case, accents and Hangul jamo stay as they are.

    Args:
        texts: UTF-8 strings of any shape.
        special_tokens: tokens that stand for themselves where they occur in a
            text, such as `[MASK]`; each becomes its placeholder.

    Returns:
        Strings of the same shape in which only ASCII spaces separate words and
        every ideograph is a word of its own.
    """
    replace = tf.strings.regex_replace
    texts = replace(texts, r"[\x{E000}-\x{E00F}]", "\ufffd")
    for token, placeholder in placeholders(special_tokens).items():
        texts = replace(texts, re.escape(token), f" {placeholder} ")
    texts = replace(texts, _DELETED, "")
    texts = replace(texts, _SPACES, " ")
    return replace(texts, f"({_IDEOGRAPHS})", r" \1 ")


def split_words(texts: tf.Tensor) -> tf.RaggedTensor:
    """Split normalised texts at spaces and around punctuation marks.

    Args:
        texts: strings, shape (batch,), as `normalize` returns them.

    Returns:
        Strings, ragged, (batch, words).
    """
    return tft.regex_split(texts, f" |{_PUNCTUATION}", _PUNCTUATION)


def hide_long_words(words: tf.RaggedTensor, unknown: str) -> tf.RaggedTensor:
    """Put `unknown` in the place of every word of over 100 characters."""
    lengths = tf.strings.length(words.flat_values, unit="UTF8_CHAR")
    too_long = lengths > MAX_CHARACTERS_PER_WORD
    return words.with_flat_values(tf.where(too_long, unknown, words.flat_values))


def visible_characters(texts: tf.Tensor) -> tf.RaggedTensor:
    """Return the places of the characters that end up in words.

    The characters of all words of a normalised text are these, in their order.

    Args:
        texts: UTF-8 strings before normalisation, shape (batch,).

    Returns:
        int32 places in each text, counted in characters, ragged, (batch, characters).
    """
    characters = tf.strings.unicode_split(texts, "UTF-8")
    hidden = tf.strings.regex_full_match(
        characters.flat_values, rf"{_DELETED}|{_SPACES}|[\x{{E000}}-\x{{E00F}}]"
    )
    places = tf.ragged.range(tf.cast(characters.row_lengths(), "int32"))
    return tf.ragged.boolean_mask(places, places.with_flat_values(~hidden))
