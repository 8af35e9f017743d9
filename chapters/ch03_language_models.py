# %% [markdown]
# # 3장 숫자 세계로 떠난 자연어: 언어 모델과 트랜스포머
#
# 2장에서 글을 토큰의 번호로 바꾸었습니다. 이 장에서는 그 번호들이 뜻을 담은 벡터가 되는 과정을 봅니다.
# 언어 모델(language model)이 무엇을 배우는지 살피고, BERT와 GPT의 뼈대인 트랜스포머(transformer)를
# Keras로 처음부터 짭니다. 손으로 짠 블록에 KerasNLP의 가중치를 넣으면 같은 값이 나오는 데까지 갑니다.
#
# ## 이 장에서 배우는 것
#
# - 언어 모델: 낱말 열에 확률을 주는 함수
# - 순방향, 역방향, 마스크, 스킵그램 모델이 푸는 문제
# - 합성곱과 순환 신경망이 긴 문장에서 겪는 어려움
# - 셀프 어텐션의 계산, 멀티 헤드 어텐션, 마스크
# - 트랜스포머의 인코더 블록과 디코더 블록
# - 인코더와 디코더로 번역하기
# - BERT와 GPT의 차이, 두 모델을 미리 학습하는 법
# - 미리 학습된 BERT의 어텐션(attention), 빈칸 채우기, 문장 벡터

# %%
from collections import Counter, defaultdict
from itertools import pairwise

import keras
import keras_nlp
import numpy as np
import tensorflow as tf
from keras import ops

from kerasnlp_tutorial import datasets, display, runs, training
from kerasnlp_tutorial import language_models as lm
from kerasnlp_tutorial.checkpoints import load_causal_lm, load_masked_lm

# %% [markdown]
# ## 언어 모델은 확률 함수
#
# 언어 모델은 토큰의 열 $w_1, \dots, w_n$을 받아 그것이 말이 되는 정도를 확률로 돌려주는 함수입니다.
# 열 전체의 확률은 앞에서부터 하나씩 맞히는 확률의 곱과 같습니다.
#
# $$P(w_1, \dots, w_n) = \prod_{i=1}^{n} P(w_i \mid w_1, \dots, w_{i-1})$$
#
# 그러니 "지금까지의 토큰 다음에 무엇이 올까"에 답할 수 있으면 언어 모델입니다. 가장 단순한 것은 바로 앞
# 어절 하나만 보는 바이그램(bigram) 모델로, 세기만 하면 됩니다. 세어 본 적 없는 쌍의 확률이 0이 되지
# 않도록 모든 쌍에 작은 수를 더합니다.

# %%
START, END = "<s>", "</s>"


def count_next_words(texts: list[str]) -> dict[str, Counter[str]]:
    """Count which word follows which, with marks around each text."""
    counts = defaultdict(Counter)
    for text in texts:
        for word, following in pairwise([START, *text.split(), END]):
            counts[word][following] += 1
    return counts


def log_probability(
    text: str, counts: dict[str, Counter[str]], added: float = 0.01
) -> float:
    """Return the logarithm of a text's probability; see above for `added`."""
    vocabulary_size = len(counts) + 1  # `counts` has no END
    total = 0.0
    for word, following in pairwise([START, *text.split(), END]):
        seen = counts.get(word, Counter())
        share = (seen[following] + added) / (
            seen.total() + added * vocabulary_size
        )
        total += float(np.log(share))
    return total


# %%
if __name__ == "__main__":
    reviews = [
        example.text
        for example in datasets.read_nsmc(
            datasets.SAMPLE.path("ratings_train.txt")
        )
    ]
    counts = count_next_words(reviews)
    rows = [
        [text, log_probability(text, counts)]
        for text in ("두 번 봤다", "봤다 번 두")
    ]
    display.table(["문장", "로그 확률"], rows).show()
    following = counts["한"]
    bars = {
        word: count / following.total()
        for word, count in following.most_common(6)
    }
    display.bars(bars, "'한' 다음에 올 말의 확률").show()

# %% [markdown]
# 같은 낱말이라도 차례가 뒤바뀌면 확률이 낮아집니다. 꼬리표는 쓰지 않고 글만으로 배웠다는 점을 눈여겨볼
# 만합니다. 글 자체가 문제이자 정답입니다. 이런 학습을 자기지도 학습(self-supervised learning)이라고 합니다.
#
# 앞 어절 하나로는 아는 것이 적습니다. 앞의 모든 토큰을 보되 세지 않고 계산으로 맞히는 것이 신경망
# 언어 모델입니다. BERT와 GPT는 그 계산에 트랜스포머를 씁니다.
#
# ## 무엇을 맞힐 것인가
#
# 다음 낱말만 문제가 되는 것은 아닙니다. 같은 문장에서 여러 문제를 낼 수 있습니다.
#
# - **순방향**(forward): 앞의 말로 다음 말을 맞힙니다. GPT가 이렇게 배웁니다.
# - **역방향**(backward): 뒤의 말로 앞말을 맞힙니다. ELMo는 두 방향을 함께 썼습니다.
# - **마스크**(masked): 가린 말을 앞뒤를 모두 보고 맞힙니다. BERT가 이렇게 배웁니다.
# - **스킵그램**(skip-gram): 한 낱말로 가까운 이웃을 맞힙니다. Word2Vec이 이렇게 배웁니다.
#
# 넓게 보아 문맥이 주어졌을 때 말의 확률을 내는 함수를 모두 언어 모델이라고 부릅니다.


# %%
def questions(words: list[str], kind: str) -> list[tuple[str, str]]:
    """Make the questions and answers that a sentence holds.

    Args:
        words: of the sentence.
        kind: `forward`, `backward`, `masked` or `skip-gram` (window 1).
    """
    pairs = []
    for i, word in enumerate(words):
        before, after = words[:i], words[i + 1 :]
        if kind == "forward":
            pairs.append((" ".join([*before, "?"]), word))
        elif kind == "backward":
            pairs.append((" ".join(["?", *after]), word))
        elif kind == "masked":
            pairs.append((" ".join([*before, "?", *after]), word))
        else:
            neighbours = before[-1:] + after[:1]
            pairs += [(word, neighbour) for neighbour in neighbours]
    return pairs


# %%
if __name__ == "__main__":
    for kind in ("forward", "backward", "masked", "skip-gram"):
        rows = questions(["어제", "카페", "갔었어"], kind)
        display.table([kind, "정답"], rows).show()

# %% [markdown]
# ## 긴 문장을 보는 세 가지 방법
#
# 마지막 낱말의 뜻을 정할 때 멀리 떨어진 첫 낱말이 필요할 수도 있습니다. 세 가지 층이 얼마나 멀리 보는지
# 재 봅니다. 마지막 자리의 출력을 입력의 각 자리로 미분하면, 그 자리가 조금 바뀔 때 출력이 얼마나
# 흔들리는지가 나옵니다.
#
# - **합성곱 신경망**(convolutional neural network, CNN): 창(window) 안의 이웃만 봅니다.
# - **순환 신경망**(recurrent neural network, RNN): 앞에서부터 하나씩 읽으며 기억을 고쳐 씁니다.
# - **셀프 어텐션**(self-attention): 모든 자리를 한 번에, 거리와 상관없이 봅니다.


# %%
def influence(
    layer: keras.layers.Layer, inputs: np.ndarray
) -> np.ndarray:
    """Return how much each place moves the output at the last place.

    Inputs are (batch, tokens, hidden); returned are the norms of the
    gradients, (tokens,), of which the largest is 1.
    """
    x = tf.convert_to_tensor(inputs)
    with tf.GradientTape() as tape:
        tape.watch(x)
        last = tf.reduce_sum(layer(x)[:, -1] ** 2)
    norms = np.linalg.norm(tape.gradient(last, x), axis=-1).mean(0)
    return norms / norms.max()


# %%
if __name__ == "__main__":
    keras.utils.set_random_seed(7)
    inputs = np.random.normal(size=(32, 40, 64)).astype("float32")
    attention = keras.layers.MultiHeadAttention(4, 16)
    layers = {
        "합성곱 (창 5)": keras.layers.Conv1D(64, 5, padding="same"),
        "순환 (GRU)": keras.layers.GRU(64, return_sequences=True),
        "셀프 어텐션": lambda x: attention(x, x),
    }
    seen = {
        name: influence(layer, inputs) for name, layer in layers.items()
    }
    display.curves(
        seen, "마지막 출력이 받는 영향", "입력의 자리"
    ).show()

# %% [markdown]
# 합성곱 한 층은 창 밖을 전혀 보지 못하고(층을 쌓으면 조금씩 넓어집니다), 순환 신경망에서는 멀리 있는 입력의
# 영향이 빠르게 사라집니다. 셀프 어텐션에는 먼 곳과 가까운 곳의 차이가 없습니다. 자기 자리만 높은 것은 쿼리도
# 거기에서 나오기 때문입니다. 그 대신 차례를 모르므로 자리마다 다른 벡터, 곧 위치 임베딩(position
# embedding)을 더해 주어야 합니다. 또 모든 쌍을 보느라 계산이 길이의 제곱으로 늡니다.
#
# ## 셀프 어텐션
#
# 각 토큰의 벡터에 행렬 세 개를 곱해 쿼리(query), 키(key), 밸류(value)를 만듭니다. 쿼리는 무엇을 찾는지,
# 키는 무엇을 가졌는지, 밸류는 무엇을 내줄지입니다. 쿼리와 키가 잘 맞는 만큼 밸류를 섞습니다.
#
# $$\text{Attention}(Q, K, V) = \text{softmax}\!\left(\frac{QK^\top}{\sqrt{d}}\right)V$$
#
# $d$는 키 벡터의 차원입니다. $\sqrt{d}$로 나누는 까닭은 차원이 클수록 내적이 커져 소프트맥스가 하나만 고르게 되기 때문입니다. 보면 안
# 되는 자리는 점수를 아주 작게 만들어 소프트맥스를 지나면 0이 되게 합니다. 이것이 마스크(mask)입니다.


# %%
def scaled_dot_product_attention(query, key, value, mask=None):
    """Mix values by how well their keys fit the queries.

    Args:
        query: (..., queries, head_dim).
        key: (..., keys, head_dim).
        value: (..., keys, head_dim).
        mask: bool, broadcast to (..., queries, keys); False is not seen.

    Returns:
        Outputs (..., queries, head_dim) and weights (..., queries, keys).
    """
    scores = ops.matmul(query, ops.swapaxes(key, -1, -2))
    scores = scores / np.sqrt(key.shape[-1])
    if mask is not None:
        scores = ops.where(mask, scores, -1e9)
    weights = ops.softmax(scores, axis=-1)
    return ops.matmul(weights, value), weights


# %% [markdown]
# 책에 나오는 수로 따라가 봅니다. 토큰이 셋, 벡터는 네 칸입니다. 표는 $\sqrt{d}$로 나누기 전의 내적입니다.

# %%
if __name__ == "__main__":
    x = np.array([[1, 0, 1, 0], [0, 2, 0, 2], [1, 1, 1, 1]], "float32")
    w_query = np.array([[1, 0, 1], [1, 0, 0], [0, 0, 1], [0, 1, 1]])
    w_key = np.array([[0, 0, 1], [1, 1, 0], [0, 1, 0], [1, 1, 0]])
    w_value = np.array([[0, 2, 0], [0, 3, 0], [1, 0, 3], [1, 1, 0]])
    query, key, value = (
        (x @ w).astype("float32") for w in (w_query, w_key, w_value)
    )
    outputs, weights = map(
        np.array, scaled_dot_product_attention(query, key, value)
    )
    names = ["토큰 1", "토큰 2", "토큰 3"]
    display.table(
        ["쿼리와 키의 내적", *names],
        [
            [n, *row]
            for n, row in zip(names, query @ key.T, strict=True)
        ],
    ).show()
    display.heatmap(
        weights, names, names, "쿼리(행)가 키(열)를 보는 정도"
    ).show()
    print("섞인 밸류")
    print(outputs.round(4))

# %% [markdown]
# 토큰 2의 행을 보면 거의 자기 자신만 봅니다. 내적이 가장 큰 곳에 소프트맥스가 거의 모든 무게를 줍니다.
#
# ## 멀티 헤드 어텐션
#
# 한 번의 어텐션은 한 가지 잣대로만 봅니다. 멀티 헤드 어텐션(multi-head attention)은 벡터를 여러 토막으로
# 나누어 토막마다 따로 어텐션을 하고, 결과를 이어 붙여 한 번 더 섞습니다. 헤드마다 다른 관계를 볼 수
# 있습니다.


# %%
class MultiHeadAttention(keras.layers.Layer):
    """Attention in several subspaces at once; hidden size as its input's.

    Args:
        num_heads: must divide the hidden size.
    """

    def __init__(self, num_heads: int, **kwargs):
        super().__init__(**kwargs)
        self.num_heads = num_heads

    def build(self, query_shape):
        self.query, self.key, self.value, self.mix = (
            keras.layers.Dense(query_shape[-1], name=name)
            for name in ("query", "key", "value", "mix")
        )

    def call(self, query, value, mask=None):
        """Return (batch, queries, hidden) and the weights.

        Args:
            query: (batch, queries, hidden).
            value: (batch, keys, hidden), from which the keys come too.
            mask: bool, broadcast to (batch, heads, queries, keys).
        """
        mixed, weights = scaled_dot_product_attention(
            self._split(self.query(query)),
            self._split(self.key(value)),
            self._split(self.value(value)),
            mask,
        )
        # (batch, heads, queries, head) -> (batch, queries, hidden)
        mixed = ops.swapaxes(mixed, 1, 2)
        mixed = ops.reshape(mixed, ops.shape(query))
        return self.mix(mixed), weights

    def _split(self, x):
        # (batch, tokens, hidden) -> (batch, heads, tokens, head)
        batch, tokens, hidden = ops.shape(x)
        head = hidden // self.num_heads
        x = ops.reshape(x, (batch, tokens, self.num_heads, head))
        return ops.swapaxes(x, 1, 2)


# %% [markdown]
# ## 블록의 나머지 부품
#
# - **피드포워드**(feed-forward): 토큰마다 따로, 벡터를 넓혔다가 되돌리는 두 층입니다. 사이에 음수를 0으로
#   만드는 ReLU 같은 활성 함수(activation function)가 들어갑니다.
# - **잔차 연결**(residual connection): 층의 출력에 입력을 그대로 더합니다. 깊은 곳까지 기울기(gradient)가 흐릅니다.
# - **층 정규화**(layer normalization): 벡터마다 평균을 0, 분산을 1로 맞추어 학습을 고르게 합니다.
# - **드롭아웃**(dropout): 학습하는 동안만 값의 일부를 0으로 만들고 나머지를 그만큼 키웁니다.

# %%
if __name__ == "__main__":
    x = np.array([2, 1])
    w1, b1 = np.array([[3, 2, -4], [2, -3, 1]]), 1
    w2, b2 = np.array([[-1, 1], [1, 2], [3, 1]]), -1
    hidden = x @ w1 + b1
    print("피드포워드", hidden, "->", np.maximum(hidden, 0) @ w2 + b2)
    norm = keras.layers.LayerNormalization(epsilon=1e-6)
    rows = np.array([[1, 2, 3], [1, 1, 1]], "float32")
    print("층 정규화", *np.array(norm(rows)).round(4))
    drop = keras.layers.Dropout(0.2, seed=7)
    ones = np.ones(8, "float32")
    print("드롭아웃", np.array(drop(ones, training=True)))

# %% [markdown]
# ## 인코더 블록과 디코더 블록
#
# 인코더(encoder) 블록은 셀프 어텐션과 피드포워드를 차례로 지납니다. 둘 다 드롭아웃을 거친 다음 잔차를 더하고
# 정규화합니다. 빈자리만 가리고 앞뒤를 모두 봅니다.
#
# 디코더(decoder) 블록은 두 가지가 다릅니다. 뒤에 올 토큰을 가립니다(causal mask). 그리고 인코더의 출력을
# 보는 크로스 어텐션(cross-attention)이 사이에 들어갑니다. 쿼리는 디코더에서, 키와 밸류는 인코더에서 옵니다.


# %%
class AddNorm(keras.layers.Layer):
    """Add a branch to its input, with dropout, and normalise the sum."""

    def __init__(self, dropout: float, epsilon: float, **kwargs):
        super().__init__(**kwargs)
        self.dropout = keras.layers.Dropout(dropout)
        self.norm = keras.layers.LayerNormalization(epsilon=epsilon)

    def call(self, x, branch):
        return self.norm(x + self.dropout(branch))


class EncoderBlock(keras.layers.Layer):
    """A transformer encoder block.

    Args:
        intermediate_dim: width of the feed-forward net.
        num_heads: attention heads.
        dropout: rate, on both branches.
        activation: of the feed-forward net.
        epsilon: of the layer normalisations.
    """

    def __init__(
        self,
        intermediate_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        activation="relu",
        epsilon: float = 1e-5,
        **kwargs,
    ):
        super().__init__(**kwargs)
        # In the order in which KerasNLP keeps its weights.
        self.attention = MultiHeadAttention(num_heads)
        self.after_attention = AddNorm(dropout, epsilon)
        self.after_feed_forward = AddNorm(dropout, epsilon)
        self.widen = keras.layers.Dense(intermediate_dim, activation)

    def build(self, shape):
        self.narrow = keras.layers.Dense(shape[-1])

    def call(self, x, padding_mask=None, training=None):
        """Return (batch, tokens, hidden) and the attention weights.

        Args:
            x: (batch, tokens, hidden).
            padding_mask: (batch, tokens); 0 or False is padding.
            training: whether values are dropped; Keras tells the layers.
        """
        mask = None
        if padding_mask is not None:
            mask = ops.cast(padding_mask, "bool")[:, None, None, :]
        attended, weights = self.attention(x, x, mask)
        x = self.after_attention(x, attended)
        x = self.after_feed_forward(x, self.narrow(self.widen(x)))
        return x, weights


class DecoderBlock(keras.layers.Layer):
    """A transformer decoder block with cross-attention; see `EncoderBlock`."""

    def __init__(
        self,
        intermediate_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.attention = MultiHeadAttention(num_heads)
        self.after_attention = AddNorm(dropout, 1e-5)
        self.cross = MultiHeadAttention(num_heads)
        self.after_cross = AddNorm(dropout, 1e-5)
        self.widen = keras.layers.Dense(intermediate_dim, "relu")
        self.dropout = dropout

    def build(self, shape):
        self.narrow = keras.layers.Dense(shape[-1])
        self.after_feed_forward = AddNorm(self.dropout, 1e-5)

    def call(self, x, encoded, training=None):
        """Return (batch, tokens, hidden) and the cross-attention weights.

        Args:
            x: (batch, tokens, hidden).
            encoded: (batch, source tokens, hidden), from an encoder.
            training: whether values are dropped.
        """
        places = ops.arange(x.shape[1])
        causal = places[:, None] >= places[None, :]  # (queries, keys)
        attended, _ = self.attention(x, x, causal)
        x = self.after_attention(x, attended)
        crossed, weights = self.cross(x, encoded)
        x = self.after_cross(x, crossed)
        x = self.after_feed_forward(x, self.narrow(self.widen(x)))
        return x, weights


# %% [markdown]
# KerasNLP의 `TransformerEncoder`, `TransformerDecoder`도 속은 같습니다. 가중치를 옮겨 담으면 출력이 같은지
# 봅니다. KerasNLP는 헤드를 따로 떼어 (은닉, 헤드, 헤드 차원) 모양으로 들고 있을 뿐이라 모양만 바꾸면
# 됩니다. KerasNLP는 학습할 때 어텐션의 무게에도 드롭아웃을 하므로, 드롭아웃이 0일 때 같습니다.


# %%
def copy_weights(
    source: keras.layers.Layer, target: keras.layers.Layer
) -> None:
    """Give a block of this chapter the weights of KerasNLP's."""
    pairs = zip(source.get_weights(), target.weights, strict=True)
    target.set_weights([w.reshape(v.shape) for w, v in pairs])


# %%
if __name__ == "__main__":
    x = np.random.normal(size=(2, 5, 8)).astype("float32")
    encoded = np.random.normal(size=(2, 7, 8)).astype("float32")
    padding_mask = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    theirs = keras_nlp.layers.TransformerEncoder(16, 2)
    ours = EncoderBlock(16, 2)
    theirs(x), ours(x)
    copy_weights(theirs, ours)
    gap = (
        theirs(x, padding_mask=padding_mask) - ours(x, padding_mask)[0]
    )
    print(f"인코더의 차이  {np.abs(gap).max():.1e}")
    theirs = keras_nlp.layers.TransformerDecoder(16, 2)
    ours = DecoderBlock(16, 2)
    theirs(x, encoded), ours(x, encoded)
    copy_weights(theirs, ours)
    gap = theirs(x, encoded) - ours(x, encoded)[0]
    print(f"디코더의 차이  {np.abs(gap).max():.1e}")

# %% [markdown]
# 차이가 조금 남는다면 실수를 반올림하는 데서 온 것입니다.
#
# BERT는 이 인코더 블록을 여러 층 쌓은 것입니다. KerasNLP의 BERT에서 임베딩만 빌리고 나머지는 우리 블록으로
# 계산하면, 안에서 일어나는 일을 층마다 꺼내 볼 수 있습니다.


# %%
def encode_by_hand(
    backbone: keras_nlp.models.BertBackbone, x: dict[str, tf.Tensor]
) -> tuple[np.ndarray, np.ndarray]:
    """Run a BERT through this chapter's blocks.

    Args:
        backbone: whose embeddings and weights are used.
        x: `token_ids`, `segment_ids`, `padding_mask`; (batch, tokens).

    Returns:
        Vectors, (batch, tokens, hidden), and attention weights, (batch,
        layers, heads, tokens, tokens).
    """
    names = ("token_ids", "segment_ids")
    embed = keras.Model(
        {name: backbone.input[name] for name in names},
        backbone.get_layer("embeddings_layer_norm").output,
    )
    hidden, maps = embed({name: x[name] for name in names}), []
    for i in range(backbone.num_layers):
        theirs = backbone.get_layer(f"transformer_layer_{i}")
        ours = EncoderBlock(
            theirs.intermediate_dim,
            theirs.num_heads,
            activation=theirs.activation,
            epsilon=theirs.layer_norm_epsilon,
        )
        ours(hidden)
        copy_weights(theirs, ours)
        hidden, weights = ours(hidden, x["padding_mask"])
        maps.append(np.array(weights))
    return np.array(hidden), np.stack(maps, axis=1)


# %%
if __name__ == "__main__":
    backbone = keras_nlp.models.BertBackbone(
        vocabulary_size=100,
        num_layers=2,
        num_heads=2,
        hidden_dim=16,
        intermediate_dim=32,
    )
    x = {
        "token_ids": np.array([[2, 11, 12, 3, 0, 0]]),
        "segment_ids": np.zeros((1, 6), "int32"),
        "padding_mask": np.array([[1, 1, 1, 1, 0, 0]]),
    }
    vectors, maps = encode_by_hand(backbone, x)
    gap = np.abs(vectors - backbone(x)["sequence_output"])
    print(f"BERT의 차이  {gap.max():.1e}")
    print("어텐션의 무게", maps.shape)

# %% [markdown]
# ## 인코더와 디코더로 번역하기
#
# 트랜스포머는 본디 기계 번역을 위해 나왔습니다. 인코더가 원문을 읽고, 디코더가 그것을 보며 번역문을 한
# 토큰씩 냅니다. 여기서는 아주 작은 번역, 곧 한글로 적은 수를 숫자로 옮기는 일을 시켜 봅니다. `오백삼`을
# `503`으로 옮기려면 없는 십의 자리에 0을 넣어야 하므로, 글자를 하나씩 바꾸는 것만으로는 되지 않습니다.
#
# 학습할 때는 디코더에 정답을 한 칸 밀어 넣고, 자리마다 다음 글자를 맞히게 합니다(teacher forcing). 뒤를
# 가렸으므로 모든 자리를 한꺼번에 학습할 수 있습니다. 짧게 하려고 여기서는 빈자리를 가리지 않습니다. 빈자리의
# 글자는 늘 같아서 모델이 무시하는 법을 배울 수 있습니다.

# %%
HANGUL = " 일이삼사오육칠팔구십백천"  # the blank is padding
DIGITS = " ^0123456789$"  # padding, start, ..., end


def to_ids(texts: list[str], alphabet: str, length: int) -> np.ndarray:
    """Turn texts into ids with padding; int32, (texts, length)."""
    rows = [[alphabet.index(c) for c in t.ljust(length)] for t in texts]
    return np.array(rows, "int32")


def build_translator(
    source_length: int, target_length: int, hidden_dim: int = 64
) -> keras.Model:
    """Join an encoder block and a decoder block, each with embeddings.

    The model takes ids of source and target, and returns logits, (batch,
    target_length, characters).
    """
    source = keras.Input((source_length,), dtype="int32")
    target = keras.Input((target_length,), dtype="int32")
    embed = keras_nlp.layers.TokenAndPositionEmbedding
    x = embed(len(HANGUL), source_length, hidden_dim)(source)
    encoded, _ = EncoderBlock(4 * hidden_dim, 4)(x)
    y = embed(len(DIGITS), target_length, hidden_dim)(target)
    decoder = DecoderBlock(4 * hidden_dim, 4, name="decoder")
    y, _ = decoder(y, encoded)
    logits = keras.layers.Dense(len(DIGITS), name="logits")(y)
    return keras.Model([source, target], logits)


def train_translator(numbers: np.ndarray, epochs: int) -> keras.Model:
    """Teach a translator the given numbers."""
    keras.utils.set_random_seed(7)
    spelt = map(datasets.hangul_number, numbers)
    source = to_ids(list(spelt), HANGUL, 7)
    target = to_ids([f"^{n}$" for n in numbers], DIGITS, 6)
    model = build_translator(source.shape[1], target.shape[1] - 1)
    model.compile(
        "adam",
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    rate = training.WarmupLinearDecay(
        3e-3, epochs * -(-len(numbers) // 64), warmup_ratio=0.1
    )
    model.fit(
        [source, target[:, :-1]],
        target[:, 1:],
        sample_weight=(target[:, 1:] > 0).astype("float32"),
        batch_size=64,
        epochs=epochs,
        callbacks=[rate],
        verbose=0,
    )
    return model


def translate(model: keras.Model, texts: list[str]) -> list[str]:
    """Turn Hangul into digits, one character at a time, all texts at once."""
    source = to_ids(texts, HANGUL, model.input[0].shape[1])
    target = to_ids(["^"] * len(texts), DIGITS, model.input[1].shape[1])
    for place in range(target.shape[1]):
        logits = model.predict([source, target], verbose=0)
        best = logits[:, place].argmax(-1)
        if place + 1 < target.shape[1]:
            target[:, place + 1] = best
    rows = np.concatenate([target[:, 1:], best[:, None]], axis=1)
    texts = ["".join(DIGITS[id] for id in row) for row in rows]
    return [text.partition("$")[0].strip() for text in texts]


# %%
if __name__ == "__main__":
    numbers = np.random.default_rng(7).permutation(np.arange(1, 10000))
    translator = train_translator(numbers[:4000], epochs=12)
    loss = translator.history.history["loss"]
    display.curves({"손실": loss}, "번역의 손실", "에포크", 1).show()

# %% [markdown]
# 처음 보는 수로 재 봅니다. 견줄 것은 숫자를 뜻하는 글자만 하나씩 바꾸고 단위는 버리는 방법입니다.

# %%
if __name__ == "__main__":
    test_numbers = numbers[4000:5000]
    spelt = [datasets.hangul_number(n) for n in test_numbers]
    answers = translate(translator, spelt)
    digits = str.maketrans("일이삼사오육칠팔구", "123456789", "십백천")
    replaced = [text.translate(digits) for text in spelt]
    rows = [
        [name, np.mean(np.array(given) == test_numbers.astype(str))]
        for name, given in (
            ("글자 바꾸기", replaced),
            ("번역", answers),
        )
    ]
    display.table(["방법", "맞힌 비율"], rows).show()
    rows = list(zip(spelt[:5], answers[:5], strict=True))
    display.table(["한글", "옮긴 숫자"], rows).show()

# %% [markdown]
# 디코더가 숫자를 하나 낼 때 원문의 어느 글자를 보는지, 크로스 어텐션의 무게를 그려 봅니다. 세로가 낸
# 숫자, 가로가 원문의 글자입니다.


# %%
def cross_attention(
    model: keras.Model, text: str, answer: str
) -> np.ndarray:
    """Return where the decoder looks; (characters of answer, of text)."""
    source = to_ids([text], HANGUL, model.input[0].shape[1])
    target = to_ids(["^" + answer], DIGITS, model.input[1].shape[1])
    _, weights = model.get_layer("decoder").output
    look = keras.Model(model.input, weights)
    mean = look.predict([source, target], verbose=0)[0].mean(axis=0)
    return mean[: len(answer), : len(text)]


# %%
if __name__ == "__main__":
    text, answer = "칠천오십이", "7052"
    display.heatmap(
        cross_attention(translator, text, answer),
        list(answer),
        list(text),
        "크로스 어텐션 (헤드 평균)",
    ).show()

# %% [markdown]
# 숫자마다 그 숫자를 뜻하는 글자나 그 자리를 정하는 단위를 봅니다. 원문에 없는 0도 어딘가를 보고 내야
# 합니다.
#
# ## 어떻게 배우나: 아담과 학습률
#
# 예측이 틀린 만큼을 손실(loss)로 재고, 손실을 가중치로 미분한 기울기의 반대쪽으로 가중치를 조금씩 옮깁니다.
# 아담(Adam)은 가중치마다 기울기의 최근 평균 $m$으로 방향을, 기울기 제곱의 최근 평균 $v$로 걸음의 폭을
# 정합니다. 기울기가 큰 쪽과 작은 쪽의 걸음이 비슷해지므로 골짜기가 좁고 긴 손실에서도 나아갑니다.
#
# $$\theta \leftarrow \theta - \eta \, \frac{\hat m}{\sqrt{\hat v} + \epsilon}$$
#
# $\hat m$과 $\hat v$는 두 평균을 처음 몇 걸음에 맞추어 바로잡은 것이고(연습 문제 3), $\epsilon$은 0으로
# 나누지 않게 하는 작은 수입니다. 한쪽은 가파르고 다른 쪽은 그 천분의 일만큼만 기운 골짜기에서 견주어 봅니다.


# %%
if __name__ == "__main__":
    steepness = np.array([100.0, 0.1], "float32")
    losses = {}
    for name, optimizer in (
        ("경사 하강", keras.optimizers.SGD(0.015)),
        ("아담", keras.optimizers.Adam(0.015)),
    ):
        x = keras.Variable([1.0, 1.0])
        losses[name] = []
        for _ in range(200):
            gradient = (
                steepness * x.numpy()
            )  # of sum(steepness * x**2) / 2
            optimizer.apply([ops.convert_to_tensor(gradient)], [x])
            loss = (steepness * x.numpy() ** 2).sum() / 2
            losses[name].append(float(np.log10(loss)))
    display.curves(losses, "손실의 상용로그", "걸음", start=1).show()

# %% [markdown]
# 경사 하강은 가파른 쪽을 금세 내려가지만 완만한 쪽에서 거의 멈춥니다. 아담은 처음에는 느려도 두 쪽을 같은
# 걸음으로 내려갑니다. 뾰족한 곳은 바닥을 지나쳤다가 돌아온 자리입니다.
#
# 학습률 $\eta$는 처음에 조금씩 키우고(warmup) 끝으로 갈수록 줄입니다. 처음에는 $v$를 아직 믿을 수 없어서
# 크게 움직이면 위험하고, 끝에는 잔걸음이라야 골짜기 바닥에 닿습니다.

# %%
if __name__ == "__main__":
    schedule = training.WarmupLinearDecay(1.0, 100, warmup_ratio=0.1)
    rates = [schedule.rate(step / 100) for step in range(101)]
    display.curves(
        {"학습률": rates}, "학습률의 변화", "진행 (%)"
    ).show()

# %% [markdown]
# ## BERT와 GPT
#
# BERT는 트랜스포머에서 인코더만, GPT는 디코더만 떼어 쌓은 것입니다. GPT에는 볼 인코더가 없으므로 크로스
# 어텐션도 없습니다. 그래서 둘의 차이는 마스크 하나로 그릴 수 있습니다. 진한 칸이 볼 수 있는 자리입니다.

# %%
if __name__ == "__main__":
    words = ["어제", "카페", "갔었어", "사람", "많더라"]
    sides = np.ones((5, 5))
    display.heatmap(
        sides, words, words, "BERT: 앞뒤를 모두 봅니다"
    ).show()
    display.heatmap(
        np.tril(sides), words, words, "GPT: 자기와 앞만 봅니다"
    ).show()

# %% [markdown]
# | | BERT | GPT |
# |---|---|---|
# | 블록 | 인코더 | 디코더(크로스 어텐션 없이) |
# | 배우는 문제 | 빈칸 채우기 | 다음 토큰 맞히기 |
# | 보는 곳 | 앞뒤 모두 | 앞만 |
# | 잘하는 일 | 분류, 개체명 인식, 질의응답 | 문장 생성 |
# | 정규화 | 잔차를 더한 다음(post-norm) | 어텐션과 피드포워드에 들어가기 전(pre-norm) |
#
# 이 뒤로 모델은 여러 갈래로 나아갔습니다. 큰 모델을 작은 모델이 따라 하게 하고(DistilBERT), 층끼리
# 가중치를 나누어 쓰고(ALBERT), 빈칸 대신 바꿔치기한 토큰을 찾게 하고(ELECTRA), 멀리까지 보게
# 하였습니다(Transformer-XL, Longformer). GPT는 크기를 키워 갔습니다. GPT-2는 가중치가 15억 개, GPT-3는
# 1,750억 개입니다. 그만큼 커지자 예제 몇 개만 보여 주어도 과제를 푸는 능력이 나타났고, 사람의 지시를 따르도록
# 더 가르친 것이 요즘의 대화 모델입니다(InstructGPT). 속의 블록은 이 장에서 짠 것과 크게 다르지 않습니다.
#
# ## 미리 학습하기
#
# 빈칸 채우기로 가르칠 때는 글을 이어 붙여 같은 길이로 자르고, 토큰의 15~20%를 골라 그 가운데 80%는
# `[MASK]`로, 10%는 다른 토큰으로 바꾸고, 10%는 그대로 둡니다. 손실은 고른 자리에서만 셉니다. 고르는 자리는
# 걸음마다 다릅니다.

# %%
if __name__ == "__main__":
    from kerasnlp_tutorial.pretraining.batches import (
        MaskedLanguageModel,
    )

    bert = load_masked_lm("bert_mini_ko")
    tokenizer = bert.preprocessor.tokenizer
    masked = MaskedLanguageModel(
        tokenizer.get_vocabulary(), share=0.2, whole_words=False, seed=7
    )
    text = "배우들 연기가 정말 살아 있고 음악도 좋아서 두 번 봤다"
    ids = [tokenizer.cls_token_id, *tokenizer(text)]
    rows = [["글", *map(tokenizer.id_to_token, ids)]]
    for step in (0, 1, 2):
        x, _, _ = masked.batch(np.array([ids], "int32"), step)
        given = x["token_ids"][0]
        rows.append(
            [f"걸음 {step}", *map(tokenizer.id_to_token, given)]
        )
    names, *rows = zip(*rows, strict=True)
    display.table(names, rows).show()

# %% [markdown]
# 패키지에는 이렇게 한국어 글로 미리 학습한 작은 모델, BERT인 `bert_mini_ko`와 다음 토큰 맞히기로 배운
# GPT-2인 `gpt2_mini_ko`가 들어 있습니다. 배우지 않고 남겨 둔 글에서 잰 손실을 그려 봅니다. 손실을 지수 함수에
# 넣으면 퍼플렉시티(perplexity), 곧 평균 몇 개의 토큰 가운데에서 망설이는지가 됩니다.

# %%
if __name__ == "__main__":
    from kerasnlp_tutorial.checkpoints import preset_folder

    for name in ("bert_mini_ko", "gpt2_mini_ko"):
        last = runs.describe(preset_folder(name))
        parts = [  # of a training that went on from another one's end
            part["history"]
            for part in (last.get("initial"), last)
            if part
        ]
        loss = [value for part in parts for value in part["val_loss"]]
        title = f"{name}: 남겨 둔 글의 손실"
        display.curves(
            {name: loss}, title, "잰 차례 (500걸음마다)", start=1
        ).show()
        tokens = sum(part["tokens"][-1] for part in parts)
        minutes = sum(part["minutes"][-1] for part in parts)
        print(f"{tokens / 1e6:.0f}백만 토큰, {minutes:.0f}분")
        print(f"퍼플렉시티 {np.exp(loss[-1]):.1f}")

# %% [markdown]
# 두 수를 서로 견주지는 못합니다. BERT는 앞뒤를 모두 보고 고른 자리만, GPT는 앞만 보고 모든 자리를 맞히기
# 때문입니다. BERT의 손실이 한 번에 뚝 떨어진 곳까지는 토큰 32개짜리 짧은 토막으로 배웠습니다. 재기는 늘
# 128개짜리로 했으므로, 긴 토막으로 배우기 시작하자마자 손실이 낮아졌습니다.
#
# 자기 글로는 명령줄에서 미리 학습합니다. 어휘 집합은 2장에서처럼 만들어 둔 것을 쓰거나, 주지 않으면 글에서
# 배웁니다. `--set initial=bert_mini_ko`를 주면 처음부터가 아니라 그 모델에서 이어 학습합니다.
#
# ```sh
# kerasnlp-tutorial pretrain bert --text corpus.txt --max-minutes 60 \
#   --set vocabulary=my-vocabulary --output my-bert
# ```
#
# ## 미리 학습된 BERT를 열어 보기
#
# `bert_mini_ko`를 무엇으로 얼마나 학습했는지는 모델 폴더의 설명서(`README.md`)에 있습니다. 이 BERT의 가중치를
# 우리 블록에 옮겨 담아 끝까지 계산해 봅니다.

# %%
if __name__ == "__main__":
    encode = keras_nlp.models.BertTextClassifierPreprocessor(
        tokenizer, sequence_length=24
    )
    x = encode(["배우들 연기가 정말 살아 있네요"])
    vectors, maps = encode_by_hand(bert.backbone, x)
    theirs = bert.backbone(x)["sequence_output"]
    real = np.array(x["padding_mask"][0], bool)
    gap = np.abs(vectors - theirs)[0, real].max()
    print(f"토큰 벡터 {vectors.shape}, KerasNLP와의 차이 {gap:.1e}")

# %% [markdown]
# 어텐션의 무게를 그려 봅니다. 먼저 모든 헤드에서 바로 앞이나 바로 뒤 토큰을 보는 정도를 재어, 가장 뚜렷한 두
# 헤드를 고릅니다.

# %%
if __name__ == "__main__":
    ids = np.array(x["token_ids"][0])[real].tolist()
    tokens = [tokenizer.id_to_token(id) for id in ids]
    # (layers, heads, tokens, tokens)
    inner = maps[0][:, :, real][:, :, :, real]
    for offset, name in ((-1, "바로 앞"), (1, "바로 뒤")):
        shares = np.trace(inner, offset, axis1=2, axis2=3)
        layer, head = np.unravel_index(shares.argmax(), shares.shape)
        title = f"{layer + 1}층의 헤드 {head + 1}: {name} 토큰"
        display.heatmap(
            inner[layer, head], tokens, tokens, title
        ).show()
    looks = {
        f"{i}층": float(layer[:, :, 0].mean())
        for i, layer in enumerate(inner, start=1)
    }
    display.bars(looks, "[CLS]를 보는 정도", limit=1.0).show()

# %% [markdown]
# 앞쪽 층에는 이웃을 보는 헤드가 있습니다. 뒤쪽 층으로 가면 `[CLS]`에 무게가 몰립니다. 딱히 볼 것이 없을 때
# 특수 토큰에 무게를 두는 일은 큰 BERT에서도 알려져 있습니다(Clark 외, 2019).
#
# 빈칸 채우기로 배웠으니 빈칸을 채울 줄 압니다. 빈칸에 올 토큰의 확률을 큰 것부터 봅니다.

# %%
if __name__ == "__main__":
    for text in (
        "배우들 [MASK] 정말 좋았어요",
        "시간 가는 줄 [MASK] 봤다",
        "이 함수는 값을 [MASK].",
    ):
        shares = lm.fill_mask(bert, text)[0]
        display.bars(shares, text, limit=1.0).show()

# %% [markdown]
# 다음 말 맞히기로 배운 GPT, `gpt2_mini_ko`에게는 이어질 말을 묻습니다. `티끌 모아` 다음에 무엇이 올까요?

# %%
if __name__ == "__main__":
    gpt = load_causal_lm("gpt2_mini_ko")
    for text in ("티끌 모아", "배우들 연기가 정말", "다음 예제를"):
        shares = lm.next_tokens(gpt, text)
        display.bars(shares, f"{text} → ?", limit=1.0).show()

# %% [markdown]
# 리뷰와 기술 문서의 말은 그럴듯하게 잇지만 속담은 모릅니다. 읽은 글에 속담이 거의 없기 때문입니다.
#
# ## 문장을 벡터로
#
# BERT의 출력은 토큰마다 하나씩의 벡터입니다. 문맥을 보고 만든 것이라 같은 토큰도 문장마다 다른 벡터가
# 됩니다. 방향이 얼마나 비슷한지, 곧 코사인 유사도(cosine similarity)로 재 봅니다.

# %%
if __name__ == "__main__":
    x = encode(["말이 달린다", "말이 너무 많다"])
    outputs = bert.backbone(x)["sequence_output"]
    first, second = np.array(outputs)[:, 1]  # after [CLS]
    token = tokenizer.id_to_token(int(x["token_ids"][0, 1]))
    lengths = np.linalg.norm(first) * np.linalg.norm(second)
    print(
        f"두 '{token}'의 코사인 유사도 {first @ second / lengths:.2f}"
    )

# %% [markdown]
# 임베딩 표에서 꺼낸 벡터라면 1이었을 것입니다.
#
# 개체명 인식처럼 토큰마다 답하는 과제는 이 벡터들을, 문서 분류처럼 글 전체에 답하는 과제는
# `[CLS]` 자리의 벡터나 모든 토큰의 평균을 씁니다. 문장마다 평균을 내어 서로 견주어 봅니다.

# %%
if __name__ == "__main__":
    groups = {
        "칭찬": [
            "정말 재밌게 봤어요",
            "최고의 영화",
            "감동적이고 좋았다",
        ],
        "불평": [
            "돈이 아까운 영화",
            "지루해서 졸았다",
            "연기가 너무 어색해",
        ],
        "설명서": [
            "이 함수는 목록을 돌려줍니다",
            "변수의 값을 바꿉니다",
            "모듈을 불러와 사용합니다",
        ],
    }
    texts = [text for group in groups.values() for text in group]
    vectors = lm.sentence_vectors(bert.backbone, encode, texts)
    similarity = (vectors @ vectors.T).clip(0, 1)
    numbers = [str(i + 1) for i in range(len(texts))]
    names = [f"{i} {t}" for i, t in zip(numbers, texts, strict=True)]
    display.heatmap(similarity, names, numbers, "코사인 유사도").show()

# %% [markdown]
# 자기 자신과의 유사도는 1입니다. 설명서끼리(7~9)는 진하고 설명서와 리뷰 사이는 옅습니다. 칭찬(1~3)과
# 불평(4~6) 사이는 그만큼 갈리지 않습니다.
#
# 차원이 많은 벡터를 그림으로 보려면 평면으로 옮겨야 합니다. 점들이 가장 넓게 퍼지는 두 방향을 골라 그 위에
# 내려놓습니다(주성분 분석, principal component analysis).

# %%
if __name__ == "__main__":
    centred = vectors - vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    places = iter(centred @ directions[:2].T)
    points = {
        name: {text: next(places) for text in group}
        for name, group in groups.items()
    }
    display.scatter(points, "문장의 벡터를 평면에 옮긴 것").show()

# %% [markdown]
# 기술 문서와 리뷰는 아무도 가르치지 않았는데 갈라집니다. 그러나 칭찬과 불평은 섞여 있습니다. 빈칸을 채울
# 때에는 무엇에 관한 글인지가 좋은지 나쁜지보다 더 도움이 되기 때문일 것입니다. 4장부터는 이 벡터 위에 작은 층
# 하나를 얹고 꼬리표로 더 가르쳐 과제를 풉니다. 벡터가 이미 많은 것을 담고 있으므로 꼬리표가 적어도 됩니다.
# 이것이 전이학습(transfer learning)입니다.
#
# ## 요약
#
# - 언어 모델은 말의 열이나 빈칸에 확률을 주는 함수이고, 꼬리표 없는 글에서 배웁니다.
# - 셀프 어텐션은 거리와 상관없이 모든 자리를 보고, 쿼리와 키가 맞는 만큼 밸류를 섞습니다.
# - 블록은 어텐션과 피드포워드에 잔차 연결과 층 정규화를 더한 것입니다.
# - 디코더는 뒤를 가리고, 인코더가 있으면 크로스 어텐션으로 그 출력을 봅니다.
# - BERT는 인코더를 쌓아 빈칸을, GPT는 디코더를 쌓아 다음 토큰을 맞힙니다.
# - 토큰의 벡터는 문맥을 담고, 그 위에 층 하나를 얹으면 과제를 풀 수 있습니다.
#
# ## 연습 문제
#
# **1. 나누지 않으면.** 어텐션에서 $\sqrt{d}$로 나누지 않으면 가장 큰 무게가 얼마나 커지는지, 차원이 4, 64,
# 512일 때 난수 벡터로 재 보세요.


# %% tags=["solution"]
def largest_weight(
    dimension: int, scaled: bool, seed: int = 7
) -> float:
    """Return the mean of the largest of ten attention weights."""
    generator = np.random.default_rng(seed)
    query = generator.normal(size=(100, dimension))
    key = generator.normal(size=(10, dimension))
    scores = query @ key.T / (np.sqrt(dimension) if scaled else 1)
    return float(np.array(ops.softmax(scores)).max(axis=-1).mean())


# %% tags=["solution"]
if __name__ == "__main__":
    rows = [
        [d, largest_weight(d, True), largest_weight(d, False)]
        for d in (4, 64, 512)
    ]
    display.table(["차원", "나눔", "나누지 않음"], rows).show()

# %% [markdown]
# **2. 차례를 바꾸면.** 위치 임베딩이 없는 인코더 블록에 토큰의 차례를 뒤집어 넣으면 출력은 어떻게 될까요?
# 확인하는 함수를 써 보세요.


# %% tags=["solution"]
def forgets_order(block: EncoderBlock, x: np.ndarray) -> bool:
    """Tell whether reversed input gives just the reversed output."""
    straight, _ = block(x)
    reverse, _ = block(x[:, ::-1])
    return bool(np.allclose(straight[:, ::-1], reverse, atol=1e-5))


# %% tags=["solution"]
if __name__ == "__main__":
    x = np.random.normal(size=(1, 6, 8)).astype("float32")
    print("차례를 모릅니까?", forgets_order(EncoderBlock(16, 2), x))

# %% [markdown]
# **3. 아담을 손으로.** 위의 식 그대로 아담을 짜고 Keras의 아담과 같은 길을 걷는지 확인해 보세요. $\hat m$과
# $\hat v$는 처음에 0에서 출발한 평균을 걸음 수에 맞추어 바로잡은 것입니다.


# %% tags=["solution"]
def adam(
    gradient, start: list[float], rate: float, steps: int
) -> np.ndarray:
    """Follow a gradient with Adam; float, (steps + 1, variables).

    Args:
        gradient: function from a place to the loss's gradient there.
        start: first place.
        rate: learning rate.
        steps: how often to move.
    """
    x = np.array(start, float)
    m, v, path = np.zeros_like(x), np.zeros_like(x), [x]
    for step in range(1, steps + 1):
        g = gradient(x)
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        m_hat, v_hat = m / (1 - 0.9**step), v / (1 - 0.999**step)
        x = x - rate * m_hat / (np.sqrt(v_hat) + 1e-7)
        path.append(x)
    return np.array(path)


# %% tags=["solution"]
if __name__ == "__main__":
    print(adam(lambda x: 2 * x, [1.0, -1.0], 0.1, 3))

# %% [markdown]
# ## 더 읽을거리
#
# - Mikolov 외(2013), [*Efficient Estimation of Word Representations in Vector Space*](https://arxiv.org/abs/1301.3781). 스킵그램
# - Kingma와 Ba(2014), [*Adam: A Method for Stochastic Optimization*](https://arxiv.org/abs/1412.6980)
# - Ba 외(2016), [*Layer Normalization*](https://arxiv.org/abs/1607.06450). 층 정규화
# - Vaswani 외(2017), [*Attention Is All You Need*](https://arxiv.org/abs/1706.03762). 트랜스포머
# - Peters 외(2018), [*Deep Contextualized Word Representations*](https://arxiv.org/abs/1802.05365). ELMo
# - Devlin 외(2019), [*BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding*](https://arxiv.org/abs/1810.04805)
# - Radford 외(2019), [*Language Models are Unsupervised Multitask Learners*](https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf). GPT-2
# - Dai 외(2019), [*Transformer-XL: Attentive Language Models beyond a Fixed-Length Context*](https://arxiv.org/abs/1901.02860)
# - Clark 외(2019), [*What Does BERT Look At?*](https://arxiv.org/abs/1906.04341) 어텐션의 버릇
# - Lan 외(2019), [*ALBERT: A Lite BERT for Self-supervised Learning of Language Representations*](https://arxiv.org/abs/1909.11942)
# - Sanh 외(2019), [*DistilBERT, a Distilled Version of BERT*](https://arxiv.org/abs/1910.01108)
# - Clark 외(2020), [*ELECTRA: Pre-training Text Encoders as Discriminators Rather Than Generators*](https://arxiv.org/abs/2003.10555)
# - Beltagy 외(2020), [*Longformer: The Long-Document Transformer*](https://arxiv.org/abs/2004.05150)
# - Gururangan 외(2020), [*Don't Stop Pretraining*](https://arxiv.org/abs/2004.10964). 이어 학습하기
# - Brown 외(2020), [*Language Models are Few-Shot Learners*](https://arxiv.org/abs/2005.14165). GPT-3
# - Ouyang 외(2022), [*Training Language Models to Follow Instructions with Human Feedback*](https://arxiv.org/abs/2203.02155). InstructGPT
