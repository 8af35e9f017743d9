"""A language model with random weights that a few sentences can train in seconds."""

from collections.abc import Sequence

import keras
import keras_nlp
import numpy as np
import tensorflow as tf

from kerasnlp_tutorial import language_models, training
from kerasnlp_tutorial.tokenizers import ByteLevelBPE, encode_texts

_SIZE = (1, 4, 128, 256)  # layers, heads, hidden, intermediate
_LENGTH = 32  # tokens
_VOCABULARY_SIZE = 2_000


def tiny_gpt(sentences: Sequence[str]) -> keras_nlp.models.GPT2CausalLM:
    """Return a random GPT-2 with a vocabulary of the sentences, compiled.

    Args:
        sentences: the sentences.
    """
    # Twice, since only pairs that occur twice are merged.
    bpe = ByteLevelBPE.train([*sentences] * 2, _VOCABULARY_SIZE)
    tokenizer = keras_nlp.tokenizers.GPT2Tokenizer(bpe.vocabulary, bpe.merges)
    backbone = keras_nlp.models.GPT2Backbone(
        len(bpe.vocabulary), *_SIZE, dropout=0.0, max_sequence_length=_LENGTH
    )
    preprocessor = keras_nlp.models.GPT2CausalLMPreprocessor(tokenizer, _LENGTH)
    model = keras_nlp.models.GPT2CausalLM(backbone, preprocessor)
    model.compile(
        optimizer=keras.optimizers.Adam(0.003),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=training.JIT_COMPILE,
    )
    return model


def next_word_batch(
    model: keras_nlp.models.GPT2CausalLM, sentences: Sequence[str]
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """Return inputs, next tokens and weights of one batch of all sentences.

    Args:
        model: model with a preprocessor.
        sentences: the sentences.

    Returns:
        Inputs `token_ids` and `padding_mask`, the token that follows each of them, and
        the weight of each in the loss, 0 for padding; all (sentences, tokens).
    """
    tokenizer = model.preprocessor.tokenizer
    end = [tokenizer.end_token_id]  # before and after every text
    rows = encode_texts(tokenizer, sentences)
    ids = tf.ragged.constant([end + row + end for row in rows])
    real = tf.ones_like(ids).to_tensor().numpy()
    ids = ids.to_tensor(tokenizer.pad_token_id).numpy()
    x = {"token_ids": ids[:, :-1], "padding_mask": real[:, :-1]}
    return x, ids[:, 1:], real[:, 1:]


def watch_next_word(
    sentences: Sequence[str], text: str, words: Sequence[str], steps: int = 40
) -> dict[str, list[float]]:
    """Train a tiny GPT; return the probabilities of words after a text.

    Args:
        sentences: the sentences to train on.
        text: the text before the words.
        words: tokens, with the space in front of them.
        steps: number of training steps.

    Returns:
        For each word its probability before each step.
    """
    model = tiny_gpt(sentences)
    tokens = model.preprocessor.tokenizer.vocabulary_size()
    x, y, weights = next_word_batch(model, sentences)
    history: dict[str, list[float]] = {word: [] for word in words}
    for _ in range(steps):
        probabilities = language_models.next_tokens(model, text, tokens)
        for word in words:
            history[word].append(probabilities[word])
        with training.already_encoded(model):
            model.train_on_batch(x, y, weights)
    return history
