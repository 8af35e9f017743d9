import keras
import keras_nlp
import numpy as np
import pytest

from kerasnlp_tutorial.chapters import ch03_language_models as ch03
from kerasnlp_tutorial.checkpoints import load_masked_lm
from kerasnlp_tutorial.datasets import hangul_number
from kerasnlp_tutorial.tiny_models import tiny_gpt

# === The book's numbers ===

X = np.array([[1, 0, 1, 0], [0, 2, 0, 2], [1, 1, 1, 1]], "float32")
W_QUERY = np.array([[1, 0, 1], [1, 0, 0], [0, 0, 1], [0, 1, 1]], "float32")
W_KEY = np.array([[0, 0, 1], [1, 1, 0], [0, 1, 0], [1, 1, 0]], "float32")
W_VALUE = np.array([[0, 2, 0], [0, 3, 0], [1, 0, 3], [1, 1, 0]], "float32")
SCORES = [[2, 4, 4], [4, 16, 12], [4, 12, 10]]
FIRST_OUTPUT = [1.8639, 6.3194, 1.7042]


def test_attention_of_the_book():
    query, key, value = X @ W_QUERY, X @ W_KEY, X @ W_VALUE
    np.testing.assert_array_equal(query @ key.T, SCORES)
    outputs, weights = ch03.scaled_dot_product_attention(query, key, value)
    np.testing.assert_allclose(outputs[0], FIRST_OUTPUT, atol=1e-4)
    np.testing.assert_allclose(np.sum(weights, axis=-1), 1.0, rtol=1e-6)


def test_feed_forward_and_layer_normalisation_of_the_book():
    block = ch03.EncoderBlock(3, 1)
    block(np.zeros((1, 1, 2), "float32"))
    w1, w2 = [[3, 2, -4], [2, -3, 1]], [[-1, 1], [1, 2], [3, 1]]
    block.widen.set_weights([np.array(w1), np.ones(3)])
    block.narrow.set_weights([np.array(w2), -np.ones(2)])
    x = np.array([[2.0, 1.0]])
    np.testing.assert_array_equal(x @ w1 + 1, [[9, 2, -6]])
    np.testing.assert_array_equal(block.narrow(block.widen(x)), [[-8, 12]])
    add_norm = ch03.AddNorm(dropout=0.0, epsilon=1e-6)
    rows = np.array([[1, 2, 3], [1, 1, 1]], "float32")
    normed = add_norm(rows, np.zeros_like(rows))
    np.testing.assert_allclose(normed, [[-1.2247, 0, 1.2247], [0] * 3], atol=1e-4)


def test_what_is_masked_has_no_weight():
    mask = np.array([[True, True, False]])
    q = k = v = np.random.default_rng(7).normal(size=(2, 3, 4)).astype("float32")
    outputs, weights = ch03.scaled_dot_product_attention(q, k, v, mask)
    assert np.all(np.array(weights)[..., 2] == 0)
    v = v.copy()
    v[:, 2] = 99.0
    again, _ = ch03.scaled_dot_product_attention(q, k, v, mask)
    np.testing.assert_array_equal(outputs, again)


# === Blocks ===


@pytest.mark.parametrize(
    ("batch", "tokens", "hidden", "heads"), [(2, 5, 12, 3), (1, 1, 4, 1)]
)
def test_the_encoder_equals_kerasnlps(batch, tokens, hidden, heads):
    x = np.random.default_rng(7).normal(size=(batch, tokens, hidden)).astype("float32")
    padding_mask = np.ones((batch, tokens), "int32")
    padding_mask[-1, tokens // 2 + 1 :] = 0
    theirs = keras_nlp.layers.TransformerEncoder(7, heads, activation="gelu")
    ours = ch03.EncoderBlock(7, heads, activation="gelu")
    theirs(x), ours(x)
    shake(theirs)
    ch03.copy_weights(theirs, ours)
    outputs, weights = ours(x, padding_mask)
    np.testing.assert_allclose(outputs, theirs(x, padding_mask=padding_mask), atol=1e-5)
    assert weights.shape == (batch, heads, tokens, tokens)


@pytest.mark.parametrize("source_tokens", [1, 7])
def test_the_decoder_equals_kerasnlps(source_tokens):
    generator = np.random.default_rng(7)
    x = generator.normal(size=(2, 5, 8)).astype("float32")
    encoded = generator.normal(size=(2, source_tokens, 8)).astype("float32")
    theirs = keras_nlp.layers.TransformerDecoder(16, 2)
    ours = ch03.DecoderBlock(16, 2)
    theirs(x, encoded), ours(x, encoded)
    shake(theirs)
    ch03.copy_weights(theirs, ours)
    outputs, weights = ours(x, encoded)
    np.testing.assert_allclose(outputs, theirs(x, encoded), atol=1e-5)
    assert weights.shape == (2, 2, 5, source_tokens)


def shake(layer):
    """Move biases and norms away from their first values, which hide mistakes."""
    generator = np.random.default_rng(8)
    layer.set_weights(
        [w + generator.normal(0, 0.2, w.shape) for w in layer.get_weights()]
    )


def test_a_decoder_does_not_see_what_follows():
    block = ch03.DecoderBlock(8, 2)
    x = np.random.default_rng(7).normal(size=(1, 6, 8)).astype("float32")
    before, _ = block(x, x[:, :2])
    changed = x.copy()
    changed[:, 4:] += 1.0
    after, _ = block(changed, x[:, :2])
    np.testing.assert_allclose(before[:, :4], after[:, :4], atol=1e-6)
    assert np.abs(before[:, 4:] - after[:, 4:]).max() > 1e-3


def test_every_head_projects_the_whole_vector():
    x = np.random.default_rng(7).normal(size=(1, 2, 6)).astype("float32")
    attention = ch03.MultiHeadAttention(3)
    attention(x, x)
    changed = x.copy()
    changed[..., 0] += 1.0  # only the first number of each vector
    heads = np.array(attention._heads(attention.query(x)))
    moved = np.array(attention._heads(attention.query(changed)))
    assert heads.shape == (1, 3, 2, 2)
    assert np.all(np.abs(heads - moved) > 1e-6)
    for i in range(3):
        kernel = np.array(attention.query.kernel)[:, 2 * i : 2 * i + 2]
        np.testing.assert_allclose(x[0] @ kernel, heads[0, i], atol=1e-5)


def test_gelu_equals_kerass():
    x = np.linspace(-4, 4, 33).astype("float32")
    expected = keras.activations.gelu(x, approximate=True)
    np.testing.assert_allclose(ch03.gelu(x), expected, atol=1e-6)


def test_the_gpt_block_equals_kerasnlps():
    x = np.random.default_rng(7).normal(size=(2, 5, 8)).astype("float32")
    theirs = keras_nlp.layers.TransformerDecoder(
        16, 2, activation=ch03.gelu, normalize_first=True
    )
    ours = ch03.GPTBlock(16, 2)
    theirs(x), ours(x)
    shake(theirs)
    ch03.copy_weights(theirs, ours)
    outputs, weights = ours(x)
    np.testing.assert_allclose(outputs, theirs(x), atol=1e-5)
    assert weights.shape == (2, 2, 5, 5)
    assert np.all(np.array(weights)[..., 0, 1:] == 0)


def test_a_gpt_by_hand_equals_the_model():
    backbone = keras_nlp.models.GPT2Backbone(
        vocabulary_size=20,
        num_layers=2,
        num_heads=3,
        hidden_dim=12,
        intermediate_dim=10,
        max_sequence_length=9,
    )
    shake(backbone)
    ids = np.random.default_rng(7).integers(20, size=(2, 9))
    x = {"token_ids": ids, "padding_mask": np.ones_like(ids)}
    expected = keras_nlp.models.GPT2CausalLM(backbone)(x)
    np.testing.assert_allclose(
        ch03.gpt_by_hand(backbone, ids), expected, rtol=1e-4, atol=1e-4
    )


def test_only_bert_sees_what_follows():
    ends = ("무너져도 솟아날", "요란하다")
    gpt, bert = (
        tiny_gpt([f"하늘이 {end}" for end in ends]),
        load_masked_lm("bert_mini_ko"),
    )
    tokenizer = gpt.preprocessor.tokenizer
    assert ch03.moved(gpt.backbone, tokenizer, "하늘이", ends) < 1e-6
    tokenizer = bert.preprocessor.tokenizer
    assert ch03.moved(bert.backbone, tokenizer, "배가", ends) > 0.01
    assert ch03.moved(bert.backbone, tokenizer, "배가", ends[:1] * 2) < 1e-6


def test_dropout_acts_only_while_training():
    block = ch03.EncoderBlock(8, 2, dropout=0.5)
    x = np.ones((1, 3, 4), "float32")
    np.testing.assert_array_equal(block(x)[0], block(x)[0])
    assert np.any(block(x, training=True)[0] != block(x)[0])


def test_a_bert_by_hand_equals_the_backbone():
    backbone = keras_nlp.models.BertBackbone(
        vocabulary_size=20,
        num_layers=2,
        num_heads=3,
        hidden_dim=12,
        intermediate_dim=10,
        max_sequence_length=9,
    )
    shake(backbone)
    x = {
        "token_ids": np.random.default_rng(7).integers(20, size=(2, 9)),
        "segment_ids": np.array([[0] * 4 + [1] * 5, [0] * 9]),
        "padding_mask": np.array([[1] * 9, [1] * 6 + [0] * 3]),
    }
    vectors, maps = ch03.encode_by_hand(backbone, x)
    np.testing.assert_allclose(vectors, backbone(x)["sequence_output"], atol=1e-5)
    assert maps.shape == (2, 2, 3, 9, 9)
    assert np.all(maps[1, :, :, :, 6:] == 0)


# === Language models ===


def test_a_bigram_model_counts():
    counts = ch03.count_next_words(["a b a", "a"])
    assert counts["a"] == {"b": 1, ch03.END: 2} and counts[ch03.START] == {"a": 2}
    # what can follow: a, b, </s>
    expected = np.log((2 + 1) / (2 + 3)) + np.log((2 + 1) / (3 + 3))
    assert ch03.log_probability("a", counts, added=1.0) == pytest.approx(expected)


def test_probabilities_of_all_next_words_sum_to_one():
    counts = ch03.count_next_words(["a b a", "a"])
    empty, one = ch03.log_probability("", counts), ch03.log_probability("a", counts)
    start = {
        w: (counts[ch03.START][w] + 0.01) / (2 + 0.03) for w in ("a", "b", ch03.END)
    }
    assert sum(start.values()) == pytest.approx(1.0)
    assert empty == pytest.approx(np.log(start[ch03.END]))
    assert one == pytest.approx(np.log(start["a"] * (2 + 0.01) / (3 + 0.03)))
    assert ch03.log_probability("새 말", counts) < ch03.log_probability("a", counts)


def test_questions():
    words = ["어제", "카페", "갔었어"]
    assert ch03.questions(words, "forward")[1] == ("어제 ?", "카페")
    assert ch03.questions(words, "backward")[1] == ("? 갔었어", "카페")
    assert ch03.questions(words, "masked")[1] == ("어제 ? 갔었어", "카페")
    assert ch03.questions(words, "skip-gram") == [
        ("어제", "카페"),
        ("카페", "어제"),
        ("카페", "갔었어"),
        ("갔었어", "카페"),
    ]


def test_influence_of_a_convolution_ends_with_its_window():
    inputs = np.random.default_rng(7).normal(size=(2, 9, 4)).astype("float32")
    layer = keras.layers.Conv1D(4, 5, padding="same")
    seen = ch03.influence(layer, inputs)
    assert np.all(seen[:6] == 0) and np.all(seen[6:] > 0) and seen.max() == 1


def test_quantized_and_pruned():
    matrix = np.array([[-1.27, 0.004], [0.5, 0.006]])
    expected = [[-1.27, 0.0], [0.5, 0.01]]
    np.testing.assert_allclose(ch03.quantized(matrix), expected)
    assert len(np.unique(ch03.quantized(np.linspace(-1, 1, 99), 4))) == 15
    assert ch03.pruned(matrix, 0.5).tolist() == [[-1.27, 0.0], [0.5, 0.0]]
    assert ch03.pruned(matrix, 0.0).tolist() == matrix.tolist()


# === Translation ===


@pytest.mark.slow
def test_a_translator_translates_numbers_it_has_not_seen():
    numbers = np.random.default_rng(7).permutation(np.arange(1, 10000))
    model = ch03.train_translator(numbers[:4000], epochs=12)
    unseen = numbers[4000:4300]
    answers = ch03.translate(model, [hangul_number(n) for n in unseen])
    assert np.mean([a == str(n) for a, n in zip(answers, unseen, strict=True)]) > 0.95
    weights = ch03.cross_attention(model, "칠천오십이", "7052")
    assert weights.shape == (4, 5) and weights.sum(axis=1).max() <= 1 + 1e-6


# === The rest ===


def test_adam_equals_kerass():
    steepness = np.array([3.0, 0.5], "float32")
    path = ch03.adam(lambda x: steepness * x, [1.0, -2.0], 0.1, steps=5)
    x = keras.Variable([1.0, -2.0])
    optimizer = keras.optimizers.Adam(0.1)
    for place in path[1:]:
        optimizer.apply([keras.ops.convert_to_tensor(steepness * x.numpy())], [x])
        np.testing.assert_allclose(x.numpy(), place, rtol=1e-4)


def test_solutions():
    assert ch03.largest_weight(512, scaled=False) > 0.9
    assert ch03.largest_weight(512, scaled=True) < 0.5
    x = np.random.default_rng(7).normal(size=(1, 6, 8)).astype("float32")
    assert ch03.forgets_order(ch03.EncoderBlock(16, 2), x)
