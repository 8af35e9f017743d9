"""BERT's text normalization before WordPiece, in TensorFlow string operations.

Follows Hugging Face's `BertNormalizer(clean_text=True, handle_chinese_chars=True,
strip_accents=False, lowercase=False)` and `BertPreTokenizer`, with which Korean
checkpoints were trained. The splitting of KerasNLP differs for control and zero-width
characters, Unicode spaces, private-use characters and long words.

Reference: https://github.com/huggingface/tokenizers (`normalizers/bert.rs`,
`pre_tokenizers/bert.rs`), after https://github.com/google-research/bert.
"""

import re
from collections.abc import Sequence

import tensorflow as tf
import tensorflow_text as tft

MAX_CHARACTERS_PER_WORD = 100
"""Longer words become `[UNK]`, as in Hugging Face's WordPiece."""

# Deleted: control characters except tab and line ends, format characters (zero-width
# space and joiner, soft hyphen, bidi marks, byte order mark), private use, U+FFFD. RE2
# cannot subtract character classes, so \p{Co} is spelled out without the placeholders
# U+E000-E00F.
_DELETED = (
    r"[\x{0}-\x{8}\x{B}\x{C}\x{E}-\x{1F}\x{7F}-\x{9F}\p{Cf}\x{FFFD}"
    r"\x{E010}-\x{F8FF}\x{F0000}-\x{FFFFD}\x{100000}-\x{10FFFD}]"
)
_SPACES = r"[\t\n\r\p{Z}]"
# Each ideograph is a word; Hangul syllables are not. The gap after U+2B81F is in the
# reference too.
_IDEOGRAPHS = (
    r"[\x{3400}-\x{4DBF}\x{4E00}-\x{9FFF}\x{F900}-\x{FAFF}\x{20000}-\x{2A6DF}"
    r"\x{2A700}-\x{2B81F}\x{2B920}-\x{2CEAF}\x{2F800}-\x{2FA1F}]"
)
_PUNCTUATION = r"[!-/:-@\[-`{-~\p{P}]"
# Characters that TensorFlow's newer Unicode tables count as punctuation or format
# characters, and the reference's do not: a few, and among the rare scripts of plane 1.
# Surrogates are no text at all.
_UNEQUAL_CATEGORY = re.compile(
    "[\u061d\u0890\u0891\u08e2\u09fd\u0a76\u0c77\u0c84\u166d\u1b7d\u1b7e"
    "\u2e43-\u2e5d\ud800-\udfff\U00010000-\U0001efff]"
)


def has_equal_categories(text: str) -> bool:
    """Return whether the reference splits a text as `normalize` and `split_words`."""
    return _UNEQUAL_CATEGORY.search(text) is None


def placeholders(special_tokens: Sequence[str]) -> dict[str, str]:
    """Return a private-use character for each special token, at most 16.

    `normalize` deletes private-use characters from texts, so a placeholder always
    stands for a special token.

    Args:
        special_tokens: special tokens, such as `[MASK]`.
    """
    return {token: chr(0xE000 + i) for i, token in enumerate(special_tokens)}


def normalize(texts: tf.Tensor, special_tokens: Sequence[str] = ()) -> tf.Tensor:
    """Clean texts as BERT does; upper case, accents and Hangul jamo are kept.

    Args:
        texts: UTF-8 strings of any shape.
        special_tokens: special tokens to recognize in texts, such as `[MASK]`. Each is
            replaced with its placeholder.

    Returns:
        Strings of the same shape. Words are separated by ASCII spaces only, and every
        ideograph is a separate word.
    """
    replace = tf.strings.regex_replace
    texts = replace(texts, r"[\x{E000}-\x{E00F}]", "\ufffd")
    for token, placeholder in placeholders(special_tokens).items():
        texts = replace(texts, re.escape(token), f" {placeholder} ")
    texts = replace(texts, _DELETED, "")
    texts = replace(texts, _SPACES, " ")
    return replace(texts, f"({_IDEOGRAPHS})", r" \1 ")


def split_words(texts: tf.Tensor) -> tf.RaggedTensor:
    """Split normalized texts at spaces and around punctuation.

    Args:
        texts: normalized strings, shape (batch,).

    Returns:
        Strings, ragged, (batch, words).
    """
    return tft.regex_split(texts, f" |{_PUNCTUATION}", _PUNCTUATION)


def hide_long_words(words: tf.RaggedTensor, unknown: str) -> tf.RaggedTensor:
    """Replace every word of more than 100 characters with `unknown`.

    Args:
        words: strings, ragged, (batch, words).
        unknown: the replacement.
    """
    lengths = tf.strings.length(words.flat_values, unit="UTF8_CHAR")
    too_long = lengths > MAX_CHARACTERS_PER_WORD
    return words.with_flat_values(tf.where(too_long, unknown, words.flat_values))


def visible_characters(texts: tf.Tensor) -> tf.RaggedTensor:
    """Return the positions of the characters that normalization keeps.

    They are the characters of the words of the normalized text, in the same order.

    Args:
        texts: UTF-8 strings before normalization, shape (batch,).

    Returns:
        Positions in each text, in characters, int32, ragged, (batch, characters).
    """
    characters = tf.strings.unicode_split(texts, "UTF-8")
    hidden = tf.strings.regex_full_match(
        characters.flat_values, rf"{_DELETED}|{_SPACES}|[\x{{E000}}-\x{{E00F}}]"
    )
    positions = tf.ragged.range(tf.cast(characters.row_lengths(), "int32"))
    return tf.ragged.boolean_mask(positions, positions.with_flat_values(~hidden))
