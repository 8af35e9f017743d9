"""What a pretrained model says of a text: words for a gap, the next word, vectors."""

import sys
from collections.abc import Callable, Sequence
from functools import partial

import keras
import keras_nlp
import numpy as np

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.tokenizers import token_bytes


def fill_mask(
    model: keras_nlp.models.MaskedLM, text: str, best: int = 5
) -> list[dict[str, float]]:
    """Return the likeliest tokens for each `[MASK]` of a text.

    Args:
        model: with its preprocessor.
        text: with one `[MASK]` or more.
        best: how many tokens.

    Returns:
        For each gap the tokens, likeliest first, with their probabilities.

    Raises:
        InputError: there is no `[MASK]`, or the text is too long for the model.
    """
    tokenizer = model.preprocessor.tokenizer
    ids = [tokenizer.cls_token_id, *tokenizer(text), tokenizer.sep_token_id]
    places = [i for i, id in enumerate(ids) if id == tokenizer.mask_token_id]
    if not places:
        raise InputError(f"a text to fill needs a [MASK]; received {text!r}")
    _check_length(len(ids), model.backbone.max_sequence_length, text)
    ids = np.array([ids], "int32")
    x = {
        "token_ids": ids,
        "segment_ids": np.zeros_like(ids),
        "padding_mask": np.ones_like(ids),
        "mask_positions": np.array([places], "int32"),
    }
    return [_likeliest(logits, tokenizer.id_to_token, best) for logits in model(x)[0]]


def next_tokens(
    model: keras_nlp.models.CausalLM, text: str, best: int = 5
) -> dict[str, float]:
    """Return the likeliest tokens after a text, with their probabilities.

    Args:
        model: with its preprocessor.
        text: what has been said so far; the token that stands before every text is
            put before it.
        best: how many tokens.

    Returns:
        Tokens as `token_text` writes them, likeliest first.

    Raises:
        InputError: the text has too many tokens for the model.
    """
    tokenizer = model.preprocessor.tokenizer
    ids = np.array([[first_token_id(tokenizer), *tokenizer(text)]], "int32")
    _check_length(ids.size, longest(model), text)
    logits = model({"token_ids": ids, "padding_mask": np.ones_like(ids)})
    return _likeliest(logits[0, -1], partial(token_text, tokenizer), best)


def longest(model: keras_nlp.models.CausalLM) -> int:
    """Return how many tokens a model reads at most.

    One that has no vectors of places (Gemma, Qwen) has no limit of its own.
    """
    return getattr(model.backbone, "max_sequence_length", sys.maxsize)


def first_token_id(tokenizer: keras_nlp.tokenizers.Tokenizer) -> int:
    """Return the token that stands before every text: where there is none of its own,
    the one that ends the text before.
    """
    start = getattr(tokenizer, "start_token_id", None)
    return tokenizer.end_token_id if start is None else start


def token_text(tokenizer: keras_nlp.tokenizers.Tokenizer, token_id: int) -> str:
    """Return a token as a reader would want to see it.

    A token of bytes (GPT-2's) stands as the text that it is, or, where it is only part
    of a character, as its bytes: `<eb b7>`. Others are as the vocabulary writes them.
    """
    token = tokenizer.id_to_token(token_id)
    if not isinstance(tokenizer, keras_nlp.tokenizers.GPT2Tokenizer):
        return token
    raw = token_bytes(token)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return f"<{raw.hex(' ')}>"


def token_log_probabilities(
    model: keras_nlp.models.CausalLM,
    rows: Sequence[Sequence[int]],
    batch_size: int = 32,
) -> list[np.ndarray]:
    """Return how likely a model finds each token of texts, given those before it.

    Args:
        model: of which the preprocessor is not used.
        rows: ids of each text, two at least.
        batch_size: texts at a time; those of like length go together.

    Returns:
        For each text natural logarithms, float32, one fewer than its ids.
    """
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    scores = [None] * len(rows)
    for start in range(0, len(order), batch_size):
        places = order[start : start + batch_size]
        counts = np.array([len(rows[i]) - 1 for i in places])
        width = min(-(-counts.max() // 8) * 8, longest(model))
        ids = np.zeros((len(places), width + 1), "int32")
        for row, i in zip(ids, places, strict=True):
            row[: len(rows[i])] = rows[i]
        # Not compiled: most callers have few batches, and each of another length.
        logits = model(
            {
                "token_ids": ids[:, :-1],
                "padding_mask": np.arange(width) < counts[:, np.newaxis],
            }
        )
        loss = keras.ops.sparse_categorical_crossentropy(
            ids[:, 1:], logits, from_logits=True
        )
        found = -keras.ops.convert_to_numpy(loss)
        for i, row, count in zip(places, found, counts, strict=True):
            scores[i] = row[:count]
    return scores


def sentence_vectors(
    backbone: keras_nlp.models.BertBackbone,
    preprocessor: keras_nlp.models.Preprocessor,
    texts: Sequence[str],
) -> np.ndarray:
    """Return the mean of each text's token vectors, scaled to length 1.

    Args:
        backbone: whose last layer gives the vectors.
        preprocessor: makes features of texts.
        texts: of which padding counts nothing.

    Returns:
        float32, (texts, hidden): products of them are cosine similarities.
    """
    x = preprocessor(list(texts), y=None)
    vectors = keras.ops.convert_to_numpy(backbone(x)["sequence_output"])
    mask = np.array(x["padding_mask"], "float32")[:, :, np.newaxis]
    mean = (vectors * mask).sum(axis=1) / mask.sum(axis=1)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def _likeliest(logits, name: Callable[[int], str], best: int) -> dict[str, float]:
    shares = keras.ops.convert_to_numpy(keras.ops.softmax(logits))
    order = shares.argsort()[::-1][:best].tolist()
    return {name(id): float(shares[id]) for id in order}


def _check_length(length: int, most: int, text: str) -> None:
    if length > most:
        raise InputError(
            f"the model reads {most} tokens; the text has {length}: {text[:40]!r}"
        )
