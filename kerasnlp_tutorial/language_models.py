"""What a pretrained model says of a text: words for a gap, the next word, vectors."""

from collections.abc import Callable, Sequence

import keras
import keras_nlp
import numpy as np
from tokenizers.decoders import ByteLevel

from kerasnlp_tutorial.errors import InputError


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

    Tokens of bytes stand as text; those that are only a part of a character, and those
    of another kind of vocabulary, as the vocabulary writes them.

    Args:
        model: with its preprocessor.
        text: what has been said so far.
        best: how many tokens.

    Raises:
        InputError: the text has no token, or too many for the model.
    """
    tokenizer = model.preprocessor.tokenizer
    ids = np.array([list(tokenizer(text))], "int32")
    if not ids.size:
        raise InputError("a text to continue must have a character")
    _check_length(ids.size, model.backbone.max_sequence_length, text)
    logits = model({"token_ids": ids, "padding_mask": np.ones_like(ids)})

    def name(id):
        token = tokenizer.id_to_token(id)
        if not isinstance(tokenizer, keras_nlp.tokenizers.GPT2Tokenizer):
            return token
        text = ByteLevel().decode([token])
        return token if "\ufffd" in text else text

    return _likeliest(logits[0, -1], name, best)


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
    targets = keras.Input((None,), dtype="int32", name="targets")
    loss = keras.ops.sparse_categorical_crossentropy(
        targets, model.output, from_logits=True
    )
    scorer = keras.Model({**model.input, "targets": targets}, -loss)
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    scores = [None] * len(rows)
    for start in range(0, len(order), batch_size):
        places = order[start : start + batch_size]
        counts = np.array([len(rows[i]) - 1 for i in places])
        width = min(-(-counts.max() // 8) * 8, model.backbone.max_sequence_length)
        ids = np.zeros((len(places), width + 1), "int32")
        for row, i in zip(ids, places, strict=True):
            row[: len(rows[i])] = rows[i]
        found = scorer.predict_on_batch(
            {
                "token_ids": ids[:, :-1],
                "padding_mask": np.arange(width) < counts[:, np.newaxis],
                "targets": ids[:, 1:],
            }
        )
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


def _check_length(length: int, longest: int, text: str) -> None:
    if length > longest:
        raise InputError(
            f"the model reads {longest} tokens; the text has {length}: {text[:40]!r}"
        )
