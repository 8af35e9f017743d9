"""Inference with pretrained models: masked and next tokens, probabilities, vectors."""

import sys
from collections.abc import Callable, Sequence
from functools import partial

import keras
import keras_nlp
import numpy as np

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.hangul import compose
from kerasnlp_tutorial.tokenizers import token_bytes


def fill_mask(
    model: keras_nlp.models.MaskedLM, text: str, best: int = 5
) -> list[dict[str, float]]:
    """Return the most probable tokens for each `[MASK]` in a text.

    Args:
        model: a masked language model with a preprocessor.
        text: a text with at least one `[MASK]`.
        best: number of tokens to return for each mask.

    Returns:
        For each mask a dictionary of tokens and probabilities, most probable first.

    Raises:
        InputError: the text has no `[MASK]`, or is too long for the model.
    """
    tokenizer = model.preprocessor.tokenizer
    tokens = tokenizer(compose(text))
    ids = [tokenizer.cls_token_id, *tokens, tokenizer.sep_token_id]
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
    """Return the most probable next tokens of a text.

    Args:
        model: a causal language model with a preprocessor.
        text: the text to continue. The start token is added in front.
        best: number of tokens to return.

    Returns:
        A dictionary of tokens (see `token_text`) and probabilities, most probable
        first.

    Raises:
        InputError: the text is too long for the model.
    """
    tokenizer = model.preprocessor.tokenizer
    tokens = tokenizer(compose(text))
    ids = np.array([[first_token_id(tokenizer), *tokens]], "int32")
    _check_length(ids.size, longest(model), text)
    logits = model({"token_ids": ids, "padding_mask": np.ones_like(ids)})
    return _likeliest(logits[0, -1], partial(token_text, tokenizer), best)


def longest(model: keras_nlp.models.CausalLM) -> int:
    """Return the maximum number of input tokens of a model.

    Models without learned position embeddings (Gemma, Qwen) have no fixed maximum; for
    them the result is `sys.maxsize`.

    Args:
        model: a causal language model.
    """
    return getattr(model.backbone, "max_sequence_length", sys.maxsize)


def first_token_id(tokenizer: keras_nlp.tokenizers.Tokenizer) -> int:
    """Return the id of the start token, or of the end token if there is none.

    Without a start token, a text follows the end token of the text before it.

    Args:
        tokenizer: tokenizer of a causal language model.
    """
    start = getattr(tokenizer, "start_token_id", None)
    return tokenizer.end_token_id if start is None else start


def token_text(tokenizer: keras_nlp.tokenizers.Tokenizer, token_id: int) -> str:
    """Return a readable form of a token.

    Tokens of a GPT-2 tokenizer are decoded from bytes to text. If the bytes are only
    part of a character, the result shows them in hexadecimal, such as `<eb b7>`. Tokens
    of other tokenizers are returned as they are in the vocabulary.

    Args:
        tokenizer: the tokenizer.
        token_id: id of the token.
    """
    token = tokenizer.id_to_token(token_id)
    if not isinstance(tokenizer, keras_nlp.tokenizers.GPT2Tokenizer):
        return token
    raw = token_bytes(token)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return f"<{raw.hex(' ')}>"


def tokens_text(
    tokenizer: keras_nlp.tokenizers.Tokenizer, token_ids: Sequence[int]
) -> str:
    """Return the text of tokens; an incomplete character becomes `U+FFFD`.

    Args:
        tokenizer: the tokenizer.
        token_ids: ids of the tokens.
    """
    text = np.asarray(tokenizer.detokenize(token_ids)).item()
    return text.decode("utf-8") if isinstance(text, bytes) else text


def token_log_probabilities(
    model: keras_nlp.models.CausalLM,
    rows: Sequence[Sequence[int]],
    batch_size: int = 32,
) -> list[np.ndarray]:
    """Return the log-probability of each token, given the tokens before it.

    Args:
        model: a causal language model. Its preprocessor is not used.
        rows: token ids of each text, at least two.
        batch_size: number of texts in a batch. Texts are batched by length.

    Returns:
        For each text the natural logarithms, float32, (tokens - 1,).
    """
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    scores = [np.empty(0, "float32")] * len(rows)
    for start in range(0, len(order), batch_size):
        places = order[start : start + batch_size]
        counts = np.array([len(rows[i]) - 1 for i in places])
        width = min(-(-counts.max() // 8) * 8, longest(model))
        ids = np.zeros((len(places), width + 1), "int32")
        for row, i in zip(ids, places, strict=True):
            row[: len(rows[i])] = rows[i]
        # Not compiled, since most callers have few batches, of different lengths.
        logits = model(
            {
                "token_ids": ids[:, :-1],
                "padding_mask": np.arange(width) < counts[:, np.newaxis],
            }
        )
        loss = keras.ops.sparse_categorical_crossentropy(
            ids[:, 1:], keras.ops.cast(logits, "float32"), from_logits=True
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
    """Return the mean token vector of each text, normalized to length 1.

    Args:
        backbone: a BERT backbone. The vectors are its sequence output.
        preprocessor: preprocessor from texts to inputs of the backbone.
        texts: the texts. Padding is excluded from the mean.

    Returns:
        float32, (texts, hidden_dim). Dot products are cosine similarities.
    """
    x = preprocessor([compose(text) for text in texts], y=None)
    vectors = keras.ops.convert_to_numpy(backbone(x)["sequence_output"])
    mask = np.array(x["padding_mask"], "float32")[:, :, np.newaxis]
    mean = (vectors * mask).sum(axis=1) / mask.sum(axis=1)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def _likeliest(logits, name: Callable[[int], str], best: int) -> dict[str, float]:
    logits = keras.ops.cast(logits, "float32")
    shares = keras.ops.convert_to_numpy(keras.ops.softmax(logits))
    order = shares.argsort()[::-1][:best].tolist()
    return {name(id): float(shares[id]) for id in order}


def _check_length(length: int, most: int, text: str) -> None:
    if length > most:
        raise InputError(
            f"the model reads {most} tokens; the text has {length}: {text[:40]!r}"
        )
