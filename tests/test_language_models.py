import keras
import keras_nlp
import numpy as np
import pytest

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.language_models import (
    fill_mask,
    next_tokens,
    sentence_vectors,
    token_log_probabilities,
    token_text,
)
from kerasnlp_tutorial.tokenizers import (
    ByteLevelBPE,
    KoreanBertTokenizer,
    token_bytes,
)

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


@pytest.fixture(scope="module")
def bert():
    backbone = keras_nlp.models.BertBackbone(9, 1, 2, 16, 16, max_sequence_length=8)
    tokenizer = KoreanBertTokenizer([*SPECIAL, "배가", "간다", "산", "##에"])
    preprocessor = keras_nlp.models.BertMaskedLMPreprocessor(tokenizer, 8)
    return keras_nlp.models.BertMaskedLM(backbone, preprocessor)


def test_each_gap_is_filled(bert):
    gaps = fill_mask(bert, "[MASK] 산에 [MASK]", best=9)
    assert len(gaps) == 2
    for shares in gaps:
        assert len(shares) == 9 and sum(shares.values()) == pytest.approx(1, abs=1e-5)
        assert list(shares.values()) == sorted(shares.values(), reverse=True)
    # As the model itself has it, with padding behind the text.
    ids = np.array([[2, 4, 7, 8, 4, 3, 0, 0]], "int32")
    x = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": np.sign(ids)}
    logits = np.array(bert({**x, "mask_positions": np.array([[1, 4]], "int32")}))[0]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    for gap, row in zip(gaps, shares, strict=True):
        assert max(gap.values()) == pytest.approx(row.max(), abs=1e-5)
        assert next(iter(gap)) == bert.preprocessor.tokenizer.id_to_token(row.argmax())


def test_what_cannot_be_filled(bert):
    with pytest.raises(InputError, match=r"needs a \[MASK\]; received '산에'"):
        fill_mask(bert, "산에")
    with pytest.raises(InputError, match="reads 8 tokens; the text has 12"):
        fill_mask(bert, "산에 " * 4 + "[MASK] 간다")


@pytest.fixture(scope="module")
def gpt2():
    bpe = ByteLevelBPE.train(["산에 간다", "배가 간다"], 300)
    tokenizer = keras_nlp.tokenizers.GPT2Tokenizer(bpe.vocabulary, bpe.merges)
    backbone = keras_nlp.models.GPT2Backbone(
        tokenizer.vocabulary_size(), 1, 2, 16, 16, max_sequence_length=64
    )
    preprocessor = keras_nlp.models.GPT2CausalLMPreprocessor(tokenizer)
    return keras_nlp.models.GPT2CausalLM(backbone, preprocessor)


def test_next_tokens(gpt2):
    shares = next_tokens(gpt2, "산에", best=10_000)
    assert len(shares) == gpt2.preprocessor.tokenizer.vocabulary_size()
    assert sum(shares.values()) == pytest.approx(1, abs=1e-4)
    assert {" 간다", "<|endoftext|>"} <= shares.keys()
    tokenizer = gpt2.preprocessor.tokenizer
    ids = np.array([[tokenizer.end_token_id, *tokenizer("산에")]])
    logits = gpt2({"token_ids": ids, "padding_mask": np.ones_like(ids)})[0, -1]
    best = token_text(tokenizer, int(np.argmax(logits)))
    assert next(iter(shares)) == best
    assert len(next_tokens(gpt2, "", best=3)) == 3  # how a text begins
    with pytest.raises(InputError, match="reads 64 tokens"):
        next_tokens(gpt2, "뷁" * 99)


@pytest.mark.parametrize("text", ["산에 간다", "뷁 <b>\n\t漢😀é", "\x01\u200b"])
def test_tokens_as_texts(gpt2, text):
    tokenizer = gpt2.preprocessor.tokenizer
    ids = [int(i) for i in tokenizer(text)]
    written = b""
    for i in ids:
        shown = token_text(tokenizer, i)
        parts = token_bytes(tokenizer.id_to_token(i))
        assert shown in (parts.decode("utf-8", "replace"), f"<{parts.hex(' ')}>")
        assert "\ufffd" not in shown
        written += parts
    assert written.decode("utf-8") == text
    assert token_text(tokenizer, tokenizer.end_token_id) == "<|endoftext|>"


def test_token_log_probabilities_equal_the_models_in_any_batch(gpt2):
    generator = np.random.default_rng(7)
    rows = [generator.integers(2, 260, n).tolist() for n in (2, 9, 65, 3, 17)]
    together = token_log_probabilities(gpt2, rows, batch_size=2)
    for row, scores in zip(rows, together, strict=True):
        ids = np.array([row[:-1]], "int32")
        logits = gpt2({"token_ids": ids, "padding_mask": np.ones_like(ids)})
        logs = np.array(keras.ops.log_softmax(logits))[0]
        expected = logs[np.arange(len(row) - 1), row[1:]]
        np.testing.assert_allclose(scores, expected, atol=1e-4)
        assert next_tokens(gpt2, "산에")  # the model itself is as it was


def test_padding_counts_nothing_in_a_sentences_vector(bert):
    short, long = (
        keras_nlp.models.BertTextClassifierPreprocessor(
            bert.preprocessor.tokenizer, sequence_length=length
        )
        for length in (4, 8)
    )
    a, b = (
        sentence_vectors(bert.backbone, preprocessor, ["산에", "간다"])
        for preprocessor in (short, long)
    )
    assert a.shape == (2, 16)
    np.testing.assert_allclose(a, b, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(a, axis=1), 1, atol=1e-6)
