"""Unknown tokens in texts: their fraction, examples, and warnings."""

import logging
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

import keras_nlp

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.tokenizers.byte_level_bpe import encode_texts
from kerasnlp_tutorial.tokenizers.hugging_face_tokenizer import HuggingFaceTokenizer

logger = logging.getLogger(__name__)

_WARNING_FRACTION, _ERROR_FRACTION = 0.03, 0.5
_SAMPLE_SIZE = 2_000  # texts
_NUM_EXAMPLES = 3  # words


def check_known(
    tokenizer: keras_nlp.tokenizers.Tokenizer,
    texts: Sequence[str],
    allow_unknown: bool = False,
) -> None:
    """Warn if more than 3 % of the tokens of the training texts are unknown.

    Args:
        tokenizer: tokenizer of the model to train.
        texts: training texts, of which a random sample of 2,000 is checked.
        allow_unknown: whether to only warn if more than half of the tokens are
            unknown.

    Raises:
        InputError: more than half of the tokens are unknown.
    """
    unknown = unknown_token_id(tokenizer)
    if unknown is None:
        return
    if len(texts) > _SAMPLE_SIZE:
        texts = random.Random(0).sample(texts, _SAMPLE_SIZE)
    fraction = _unknown_fraction(tokenizer, texts, unknown)
    report_unknown(fraction, tokenizer, texts, allow_unknown)


def report_unknown(
    fraction: float,
    tokenizer: keras_nlp.tokenizers.Tokenizer,
    texts: Iterable[str],
    allow_unknown: bool = False,
) -> None:
    """Warn of unknown tokens as `check_known`, with a fraction that is already known.

    Args:
        fraction: fraction of unknown tokens, 0 to 1.
        tokenizer: tokenizer of the model to train.
        texts: training texts; only read if there is something to warn of.
        allow_unknown: whether to only warn if more than half of the tokens are
            unknown.

    Raises:
        InputError: more than half of the tokens are unknown.
    """
    if fraction <= _WARNING_FRACTION:
        return
    words = ", ".join(map(repr, unknown_words(tokenizer, texts)))
    finding = (
        f"{100 * fraction:.1f} % of the tokens of the training texts are unknown to "
        f"the tokenizer, in words such as {words}"
    )
    if fraction > _ERROR_FRACTION and not allow_unknown:
        raise InputError(
            f"{finding}: its vocabulary does not fit these texts; choose another "
            f"backbone or a larger vocabulary_size, or set allow_unknown=true to train "
            f"anyway"
        )
    logger.warning("%s", finding)


def warn_of_unknown(
    tokenizer: keras_nlp.tokenizers.Tokenizer, texts: Sequence[str]
) -> None:
    """Warn if more than half of the tokens of texts to predict are unknown.

    Args:
        tokenizer: tokenizer of the model.
        texts: texts to predict.
    """
    unknown = unknown_token_id(tokenizer)
    if unknown is None or not texts:
        return
    fraction = _unknown_fraction(tokenizer, texts, unknown)
    if fraction > _ERROR_FRACTION:
        logger.warning(
            "%.1f %% of the tokens of these texts are unknown to the tokenizer; "
            "predictions are unreliable",
            100 * fraction,
        )


def unknown_token_id(tokenizer: keras_nlp.tokenizers.Tokenizer) -> int | None:
    """Return the id of the unknown token; None if the tokenizer has none."""
    if isinstance(tokenizer, HuggingFaceTokenizer):
        return tokenizer.unknown_token_id
    if isinstance(tokenizer, keras_nlp.tokenizers.WordPieceTokenizer):
        return tokenizer.token_to_id(tokenizer.oov_token)
    return None  # a byte-level tokenizer


def unknown_words(
    tokenizer: keras_nlp.tokenizers.Tokenizer, texts: Iterable[str]
) -> list[str]:
    """Return up to three words with unknown tokens, frequent words first.

    Args:
        tokenizer: a tokenizer with an unknown token.
        texts: texts to search; only read until three words are found.
    """
    unknown = unknown_token_id(tokenizer)
    texts, found = iter(texts), list[str]()
    while len(found) < _NUM_EXAMPLES and (batch := list(islice(texts, _SAMPLE_SIZE))):
        counts = Counter(word for text in batch for word in text.split())
        words = [word for word, _ in counts.most_common() if word not in found]
        rows = encode_texts(tokenizer, words) if words else []
        found += [w for w, ids in zip(words, rows, strict=True) if unknown in ids]
    return found[:_NUM_EXAMPLES]


def _unknown_fraction(
    tokenizer: keras_nlp.tokenizers.Tokenizer, texts: Sequence[str], unknown: int
) -> float:
    """Return the fraction of unknown tokens, 0 to 1."""
    rows = encode_texts(tokenizer, texts) if texts else []
    tokens = sum(map(len, rows))
    return sum(ids.count(unknown) for ids in rows) / tokens if tokens else 0.0
