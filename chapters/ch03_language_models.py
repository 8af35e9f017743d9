# %% [markdown]
# # 3장 숫자 세계로 떠난 자연어: 언어 모델과 트랜스포머
#
# 2장에서 글을 토큰의 번호로 바꾸었습니다. 이 장에서는 그 번호들이 뜻을 담은 벡터가 되는 과정을
# 봅니다. 언어 모델이 무엇인지 살피고, BERT와 GPT의 뼈대인 트랜스포머를 Keras로 처음부터 짭니다.
# 손으로 짠 블록에 사전학습 모델의 가중치를 넣으면 같은 값이 나오는 데까지 갑니다.
#
# ## 이 장에서 배우는 것
#
# - 언어 모델: 글에 확률을 주는 함수
# - 트랜스포머의 인코더와 디코더가 하는 일
# - 셀프 어텐션, 멀티 헤드 어텐션, 마스크의 계산
# - 블록의 나머지 부품: 피드포워드, 잔차 연결, 레이어 정규화, 드롭아웃
# - BERT와 GPT의 블록을 손으로 짜기
# - 번역기 하나를 처음부터 학습하기, 아담과 학습률
# - 사전학습된 BERT를 열어 보기, 모델을 작게 만들기
# - 문장을 벡터로 바꾸기
#
# ## 언어 모델은 확률 함수
#
# 언어 모델(language model)은 단어의 시퀀스(sequence) $w_1, \dots, w_n$을 받아 그것이 말이 되는 정도를
# 확률로 돌려주는 함수입니다.
#
# - 단어들이 이 순서로 함께 나올 확률 $P(w_1, \dots, w_n)$을 **결합 확률**(joint probability)이라고
#   합니다.
# - 앞의 단어가 주어졌을 때 다음 단어가 나올 확률 $P(w_2 \mid w_1)$을 **조건부 확률**(conditional
#   probability)이라고 합니다.
#
# 둘 사이에는 $P(w_1, w_2) = P(w_1)\,P(w_2 \mid w_1)$이라는 관계가 있습니다. 단어가 늘어도 같아서, 결합
# 확률은 앞에서부터 하나씩 맞히는 조건부 확률의 곱입니다.
#
# $$P(w_1, \dots, w_n) = \prod_{i=1}^{n} P(w_i \mid w_1, \dots, w_{i-1})$$
#
# 그러니 "지금까지의 단어 다음에 무엇이 올까"에 답할 수 있으면 언어 모델입니다. 가장 단순한 것은 바로 앞
# 단어 하나만 보는 바이그램(bigram) 모델로, 이어진 두 단어를 세기만 하면 됩니다.

# %%
from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np

from kerasnlp_tutorial import datasets, display

START, END = "<s>", "</s>"


def count_next_words(texts: list[str]) -> dict[str, Counter[str]]:
    """단어마다 그다음에 온 단어를 셉니다."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        for word, following in pairwise([START, *text.split(), END]):
            counts[word][following] += 1
    return counts


# %%
if __name__ == "__main__":
    path = datasets.SAMPLE.path("ratings_train.txt")
    reviews = [example.text for example in datasets.read_nsmc(path)]
    counts = count_next_words(reviews)
    after = counts["한"]
    print(f"'한'이 나온 수 {after.total()}, '한 번'은 {after['번']}")
    print(f"P(번 | 한) = {after['번'] / after.total():.3f}")
    bars = {w: n / after.total() for w, n in after.most_common(6)}
    display.bars(bars, "'한' 다음에 올 단어의 확률").show()

# %% [markdown]
# 이 조건부 확률을 모두 곱하면 문장의 확률입니다. 아주 작은 수가 되므로 로그를 씌워 더합니다. 세어 본 적
# 없는 쌍의 확률이 0이 되지 않도록 모든 쌍에 작은 수 `added`를 더합니다.


# %%
def log_probability(text: str, counts, added: float = 0.01) -> float:
    """글의 결합 확률에 로그를 씌운 값을 돌려줍니다."""
    vocabulary_size = len(counts)  # START 대신 END를 셉니다
    total = 0.0
    for word, following in pairwise([START, *text.split(), END]):
        seen = counts.get(word, Counter())
        probability = (seen[following] + added) / (
            seen.total() + added * vocabulary_size
        )
        total += float(np.log(probability))
    return total


# %%
if __name__ == "__main__":
    rows = [
        [text, log_probability(text, counts)]
        for text in ("두 번 봤다", "봤다 번 두")
    ]
    display.table(["문장", "로그 확률"], rows).show()

# %% [markdown]
# 같은 단어라도 순서가 뒤바뀌면 확률이 낮아집니다. 이런 모델이 쓸모 있는 것은, 다음 단어를 잘 맞히려면
# 문법과 뜻과 상식을 알아야 하기 때문입니다. 게다가 문제와 정답이 모두 글 안에 있어서 사람이 레이블을 달지
# 않아도 얼마든지 배울 수 있습니다. 그러나 앞 단어 하나로는 아는 것이 적습니다. 앞의 모든 단어를 보되 세지
# 않고 계산으로 맞히는 것이 신경망 언어 모델입니다.
#
# ## 무엇을 맞힐 것인가
#
# 다음 단어만 문제가 되는 것은 아닙니다. 문맥이 주어졌을 때 단어의 확률을 내는 함수를 넓은 뜻에서 모두 언어
# 모델이라고 부릅니다.
#
# - **순방향**(forward): 앞의 단어로 다음 단어를 맞힙니다. GPT가 이렇게 배웁니다.
# - **역방향**(backward): 뒤의 단어로 앞 단어를 맞힙니다. ELMo는 두 방향을 함께 썼습니다.
# - **마스크**(masked): 가린 단어를 앞뒤를 모두 보고 맞힙니다. BERT가 이렇게 배웁니다.
# - **스킵그램**(skip-gram): 한 단어로 가까운 이웃을 맞힙니다. Word2Vec이 이렇게 배웁니다.


# %%
def questions(words: list[str], kind: str) -> list[tuple[str, str]]:
    """문장에서 문제와 정답의 짝을 만듭니다."""
    pairs = []
    for i, word in enumerate(words):
        before, after = words[:i], words[i + 1 :]
        if kind == "forward":
            pairs.append((" ".join([*before, "?"]), word))
        elif kind == "backward":
            pairs.append((" ".join(["?", *after]), word))
        elif kind == "masked":
            pairs.append((" ".join([*before, "?", *after]), word))
        else:  # 스킵그램: 바로 옆의 단어들
            neighbors = before[-1:] + after[:1]
            pairs += [(word, neighbor) for neighbor in neighbors]
    return pairs


# %%
if __name__ == "__main__":
    words = ["어제", "카페", "갔었어"]
    rows = []
    for kind in ("forward", "backward", "masked", "skip-gram"):
        rows += [[kind, *pair] for pair in questions(words, kind)]
    display.table(["모델", "문제", "정답"], rows).show()

# %% [markdown]
# ## 트랜스포머 살펴보기
#
# 트랜스포머(transformer)는 본디 기계 번역을 위해 나왔습니다. 번역처럼 시퀀스를 받아 다른 시퀀스를 내는
# 일을 **시퀀스-투-시퀀스**(sequence-to-sequence)라고 합니다. 두 시퀀스는 길이가 달라도 됩니다.
#
# - 인코더(encoder)는 원문을 한꺼번에 읽어 토큰마다 뜻을 담은 벡터로 바꿉니다.
# - 디코더(decoder)는 그 벡터들과, 지금까지 낸 번역문을 보며 다음 토큰의 확률을 냅니다.
#
# ![왼쪽에 인코더, 오른쪽에 디코더가 있다. 인코더 블록은 셀프 어텐션과 피드포워드이고, 디코더 블록은 뒤를 가린 셀프 어텐션, 인코더의 출력을 보는 크로스 어텐션, 피드포워드이다. 부품마다 잔차 연결과 레이어 정규화가 뒤따르고, 블록이 N번 쌓인다. 디코더의 출력은 선형 레이어와 softmax를 지나 다음 토큰의 확률이 된다.](../docs/images/pictures/transformer.svg)
#
# **학습할 때**는 디코더에 정답 번역문을 한 칸 밀어 넣고, 자리마다 다음 토큰을 맞히게 합니다. 앞에서 무엇을
# 냈든 정답을 보고 다음을 맞히므로 **교사 강요**(teacher forcing)라고 합니다. 원문이
# `어제 카페 갔었어`이고 정답이 `I went to the cafe yesterday`이면 문제는 이렇습니다. `<s>`는 글의
# 시작을, `</s>`는 끝을 나타내는 토큰입니다.
#
# | 디코더가 보는 것 | 맞힐 토큰 |
# |---|---|
# | `<s>` | `I` |
# | `<s> I` | `went` |
# | `<s> I went` | `to` |
# | `<s> I went to` | `the` |
# | `<s> I went to the` | `cafe` |
# | `<s> I went to the cafe` | `yesterday` |
# | `<s> I went to the cafe yesterday` | `</s>` |
#
# **쓸 때**, 곧 인퍼런스(inference)에서는 정답이 없으므로 방금 낸 토큰을 이어 붙여 다음 토큰을 냅니다.
# `</s>`가 나오면 멈춥니다. 이 장의 뒤에서 작은 번역기를 실제로 학습합니다.
#
# BERT는 인코더만, GPT는 디코더만 떼어 쌓은 것입니다. 이제 안으로 들어갑니다.
#
# ## 모델에 들어가는 것
#
# 토큰의 번호는 크기에 뜻이 없는 수입니다. 그래서 번호마다 벡터를 하나씩 둔 표에서 벡터를 꺼내 씁니다. 이
# 벡터를 임베딩(embedding)이라고 하고, 표의 값도 학습하는 가중치입니다. 벡터의 칸 수를 은닉 차원(hidden
# dimension)이라고 하며, 블록을 지나도 달라지지 않습니다. 셋을 더하면 모델의 입력이 됩니다.
#
# - **토큰 임베딩**: 토큰의 번호로 꺼냅니다.
# - **위치 임베딩**(position embedding): 몇 번째 자리인지로 꺼냅니다. 어텐션은 순서를 모르기 때문입니다(연습
#   문제 2). 처음 트랜스포머에서는 학습하는 표가 아니라, 벡터의 칸마다 주기가 다른 사인과 코사인의 값이었습니다.
# - **세그먼트 임베딩**: 두 문장 가운데 어느 쪽인지로 꺼냅니다. BERT에만 있습니다.
#
# ![두 문장 '배가 고프다'와 '밥을 먹자'의 토큰 여덟 개가 세로로 놓여 있다. 토큰마다 토큰 임베딩, 위치 임베딩(0부터 7까지), 세그먼트 임베딩(첫 문장과 그 [SEP]까지 0, 둘째 문장과 그 [SEP]은 1)을 더하여 입력 벡터 하나가 된다.](../docs/images/pictures/embeddings.svg)
#
# `bert_mini_ko`의 표를 열어 봅니다.

# %%
if __name__ == "__main__":
    from kerasnlp_tutorial.checkpoints import load_masked_lm

    bert = load_masked_lm("bert_mini_ko")
    tokenizer = bert.preprocessor.tokenizer
    table = np.array(bert.backbone.token_embedding.embeddings)
    print("토큰 임베딩의 표", table.shape, "(토큰, 벡터의 칸)")
    (number,) = map(int, tokenizer("영화"))
    print(f"'영화'의 번호 {number}, 벡터의 처음 다섯 칸")
    print(table[number, :5].round(3))

# %% [markdown]
# ## 긴 문장을 보는 세 가지 방법
#
# 마지막 단어의 뜻을 정할 때 멀리 떨어진 첫 단어가 필요할 수도 있습니다. 세 가지 레이어가 얼마나 멀리
# 보는지 재 봅니다. 입력의 한 자리를 조금 바꾸면 마지막 자리의 출력이 얼마나 달라지는지를 봅니다.
#
# - **합성곱 신경망**(convolutional neural network, CNN): 창(window) 안의 이웃만 봅니다.
# - **순환 신경망**(recurrent neural network, RNN): 앞에서부터 하나씩 읽으며 기억을 고쳐 씁니다.
# - **셀프 어텐션**(self-attention): 모든 자리를 한 번에, 거리와 상관없이 봅니다.

# %%
import keras
from keras import ops


def influence(layer, inputs: np.ndarray) -> np.ndarray:
    """입력의 자리마다 마지막 출력에 주는 영향을 잽니다."""

    def last_outputs(x):  # (배치, 토큰, 은닉)
        return ops.convert_to_numpy(layer(x)[:, -1])

    before, norms = last_outputs(inputs), []
    for position in range(inputs.shape[1]):
        changed = inputs.copy()
        changed[:, position] += 0.1
        change = last_outputs(changed) - before
        norms.append(np.linalg.norm(change, axis=-1).mean())
    return np.array(norms) / max(norms)


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
    title = "마지막 출력이 받는 영향"
    display.curves(seen, title, "입력의 자리").show()

# %% [markdown]
# 합성곱 레이어 하나는 창 밖을 전혀 보지 못하고(레이어를 쌓으면 조금씩 넓어집니다), 순환 신경망에서는 멀리
# 있는 입력의 영향이 빠르게 사라집니다. 셀프 어텐션에는 먼 곳과 가까운 곳의 차이가 없습니다. 자기 자리만
# 높은 것은 곧 볼 쿼리가 거기에서 나오기 때문입니다. 앞 자리의 계산을 기다리지 않으므로 모든 자리를 한꺼번에
# 계산합니다. 그 대신 모든 쌍을 보느라 계산이 길이의 제곱으로 늡니다.
#
# 어텐션(attention)은 트랜스포머보다 먼저, 순환 신경망으로 만든 번역기에 덧붙이는 부품으로 나왔습니다(Bahdanau
# 외, 2014). 디코더가 단어를 낼 때마다 원문의 어디를 볼지 정합니다. 셀프 어텐션은 두 글 사이가 아니라 한 글의
# 토큰끼리 봅니다. 트랜스포머는 순환 신경망을 버리고 어텐션만으로 토큰끼리 정보를 주고받게 했습니다.
#
# ## 셀프 어텐션
#
# 어텐션은 관련 있는 토큰의 정보를 모으는 계산입니다. 토큰마다 세 벡터를 만듭니다.
#
# - 쿼리(query): 무엇을 찾는지
# - 키(key): 무엇을 가졌는지
# - 밸류(value): 무엇을 내줄지
#
# 쿼리와 키가 잘 맞는 만큼 밸류를 섞습니다. 같은 글의 토큰끼리 하면 셀프 어텐션입니다.
#
# $$\text{Attention}(Q, K, V) = \text{softmax}\!\left(\frac{QK^\top}{\sqrt{d}}\right)V$$
#
# ![위에서 아래로 이어진다. 토큰 셋의 벡터에서 토큰 3의 쿼리와 모든 토큰의 키를 만들고, 쿼리와 키의 내적이 스코어가 된다. 스코어를 √3으로 나누어 softmax를 씌우면 합이 1인 어텐션 가중치 0.01, 0.75, 0.24가 되고, 이것으로 밸류를 가중합하여 토큰 3의 새 벡터를 얻는다.](../docs/images/pictures/attention.svg)
#
# 책에 나오는 수로 한 단계씩 따라가 봅니다. 토큰이 셋이고 벡터는 네 칸입니다. **첫째**, 입력에 행렬 세 개를
# 곱해 쿼리, 키, 밸류를 만듭니다. 이 행렬들이 학습하는 가중치입니다.

# %%
if __name__ == "__main__":
    x = np.array([[1, 0, 1, 0], [0, 2, 0, 2], [1, 1, 1, 1]])
    w_query = np.array([[1, 0, 1], [1, 0, 0], [0, 0, 1], [0, 1, 1]])
    w_key = np.array([[0, 0, 1], [1, 1, 0], [0, 1, 0], [1, 1, 0]])
    w_value = np.array([[0, 2, 0], [0, 3, 0], [1, 0, 3], [1, 1, 0]])
    query, key, value = x @ w_query, x @ w_key, x @ w_value
    names = ["토큰 1", "토큰 2", "토큰 3"]
    rows = list(zip(names, query, key, value, strict=True))
    display.table(["", "쿼리", "키", "밸류"], rows).show()

# %% [markdown]
# **둘째**, 쿼리마다 모든 키와 내적합니다. 클수록 잘 맞는 것입니다.

# %%
if __name__ == "__main__":
    scores = query @ key.T
    rows = [[n, *row] for n, row in zip(names, scores, strict=True)]
    display.table(["쿼리와 키의 내적", *names], rows).show()

# %% [markdown]
# **셋째**, $\sqrt{d}$로 나누고 소프트맥스를 씌웁니다. $d$는 키 벡터의 차원입니다. 나누는 이유는 차원이 클수록
# 내적이 커져 소프트맥스가 하나만 고르고, 그러면 기울기가 0에 가까워져 학습이 더디기 때문입니다(연습 문제 1).
# 나온 수, 곧 어텐션 가중치(attention weight)는 쿼리마다 합이 1입니다.

# %%
if __name__ == "__main__":
    powers = np.exp(scores / np.sqrt(key.shape[1]))
    weights = powers / powers.sum(axis=1, keepdims=True)
    title = "쿼리(행)가 키(열)를 보는 정도"
    display.heatmap(weights, names, names, title).show()

# %% [markdown]
# **넷째**, 그 가중치로 밸류를 가중 평균합니다. 토큰마다 새 벡터가 하나씩 나옵니다.

# %%
if __name__ == "__main__":
    print((weights @ value).round(4))

# %% [markdown]
# 토큰 2는 거의 자기 자신만 보므로 새 벡터도 자기 밸류와 비슷합니다.
#
# 네 단계를 함수 하나로 적습니다. 보면 안 되는 자리는 점수를 아주 작게 만들어, 소프트맥스를 지나면 0이 되게
# 합니다. 이것이 **마스크**(mask)입니다. 가릴 것은 둘입니다.
#
# - 패딩: 뜻이 없는 자리이므로 누구도 보지 않습니다.
# - 뒤에 올 토큰: 디코더는 다음 토큰을 맞혀야 하므로 미리 보면 안 됩니다.

# %%


def scaled_dot_product_attention(query, key, value, mask=None):
    """밸류를 섞은 결과와 어텐션 가중치를 돌려줍니다."""
    scores = ops.matmul(query, ops.swapaxes(key, -1, -2))
    scores = scores / np.sqrt(key.shape[-1])
    if mask is not None:
        scores = ops.where(mask, scores, -1e9)
    weights = ops.softmax(scores, axis=-1)  # (…, 쿼리, 키)
    return ops.matmul(weights, value), weights


def padding_to_mask(padding_mask):
    """진짜 토큰의 키만 보게 합니다. (배치, 1, 1, 키)"""
    if padding_mask is None:
        return None
    return ops.cast(padding_mask, "bool")[:, None, None, :]


def causal_mask(length: int):
    """자기와 앞만 보게 합니다. (쿼리, 키)"""
    positions = ops.arange(length)
    return positions[:, None] >= positions


# %%
if __name__ == "__main__":
    qkv = (ops.cast(v, "float32") for v in (query, key, value))
    _, masked = scaled_dot_product_attention(*qkv, causal_mask(3))
    title = "뒤를 가렸을 때"
    display.heatmap(np.array(masked), names, names, title).show()

# %% [markdown]
# ## 멀티 헤드 어텐션
#
# 한 번의 어텐션은 한 가지 기준으로만 봅니다. 멀티 헤드 어텐션(multi-head attention)은 어텐션을 여러 벌
# 나란히 합니다. 한 벌이 헤드(head)입니다.
#
# 입력 벡터를 조각내어 나누어 주는 것이 **아닙니다**. 헤드마다 쿼리, 키, 밸류의 행렬이 따로 있고, 어느
# 헤드나 입력 벡터 **전체**에 자기 행렬을 곱해 더 짧은 벡터로 바꿉니다(projection). 그래서 헤드마다 다른 관계를 볼 수
# 있습니다. 헤드의 결과를 이어 붙이고 행렬을 하나 더 곱해 섞습니다.
#
# ![여덟 칸인 토큰 벡터 전체에 쿼리, 키, 밸류 행렬을 저마다 곱한다. 나온 여덟 칸을 네 칸씩 헤드 1과 헤드 2가 나누어 받아 따로 어텐션을 한다. 헤드의 출력을 이어 붙여 다시 여덟 칸이 되면 출력 행렬을 곱한다.](../docs/images/pictures/multi_head.svg)
#
# 코드에서는 헤드들의 행렬을 옆으로 이어 붙인 큰 행렬 하나로 한 번에 곱하고, 나온 결과를 헤드의 수만큼
# 나눕니다. 계산은 같고 더 빠릅니다.


# %%
class MultiHeadAttention(keras.layers.Layer):
    """여러 헤드로 하는 어텐션. `value`에서 키와 밸류를 만듭니다."""

    def __init__(self, num_heads: int, **kwargs):
        super().__init__(**kwargs)
        self.num_heads = num_heads

    def build(self, query_shape):
        self.query, self.key, self.value, self.mix = (
            keras.layers.Dense(query_shape[-1], name=name)
            for name in ("query", "key", "value", "mix")
        )

    def call(self, query, value, mask=None):
        q = self._heads(self.query(query))
        k = self._heads(self.key(value))
        v = self._heads(self.value(value))
        mixed, weights = scaled_dot_product_attention(q, k, v, mask)
        # (배치, 헤드, 쿼리, 헤드 차원) -> (배치, 쿼리, 은닉)
        mixed = ops.reshape(ops.swapaxes(mixed, 1, 2), ops.shape(query))
        return self.mix(mixed), weights

    def _heads(self, x):
        # (배치, 토큰, 은닉) -> (배치, 헤드, 토큰, 헤드 차원)
        batch, tokens, hidden = ops.shape(x)
        head = hidden // self.num_heads
        x = ops.reshape(x, (batch, tokens, self.num_heads, head))
        return ops.swapaxes(x, 1, 2)


# %% [markdown]
# 정말 전체를 보는지 확인합니다. 여덟 칸짜리 입력과 헤드 둘입니다. 헤드마다 큰 행렬에서 자기 열 네 개를
# 떼어 입력 여덟 칸 전체에 곱해도 같은 쿼리가 나옵니다.

# %%
if __name__ == "__main__":
    x = np.random.normal(size=(1, 3, 8)).astype("float32")
    attention = MultiHeadAttention(num_heads=2)
    attention(x, x)
    large = np.array(attention.query.kernel)
    heads = np.array(attention._heads(attention.query(x)))[0]
    print("큰 행렬", large.shape, "헤드의 쿼리", heads[0].shape)
    for i, columns in enumerate((large[:, :4], large[:, 4:])):
        difference = np.abs(x[0] @ columns - heads[i]).max()
        print(f"헤드 {i + 1}의 차이 {difference:.1e}")

# %% [markdown]
# ## 블록의 나머지 부품
#
# ### 피드포워드
#
# 피드포워드(feed-forward)는 토큰마다 따로, 벡터를 보통 네 배로 넓혔다가 되돌리는 레이어 둘입니다.
# 뉴런(neuron) 하나는 입력에 가중치를 곱해 더하고, 편향(bias)을 더한 다음, 활성 함수(activation function)를
# 씌웁니다. 처음 트랜스포머의 활성 함수는 음수를 0으로 만드는 ReLU이고, 첫 레이어에만 씌웁니다. 책의 수로
# 계산해 봅니다.

# %%
if __name__ == "__main__":
    x = np.array([2, 1])
    w1, b1 = np.array([[3, 2, -4], [2, -3, 1]]), 1
    w2, b2 = np.array([[-1, 1], [1, 2], [3, 1]]), -1
    hidden = x @ w1 + b1
    print("첫 레이어", hidden)
    print("ReLU     ", np.maximum(hidden, 0))
    print("둘째 레이어", np.maximum(hidden, 0) @ w2 + b2)

# %% [markdown]
# BERT와 GPT는 ReLU 대신 **GELU**를 씁니다. 표준 정규 분포의 누적 확률 $\Phi(x)$를 곱해 $x\,\Phi(x)$로
# 정의하며, 0 근처에서 부드럽게 휘어 음수에도 기울기가 조금 남습니다. 계산하기 쉬운 근사식도 많이 씁니다.
# GPT-2도, KerasNLP의 `BertBackbone`도 이 식을 씁니다.


# %%
def gelu(x):
    """GELU의 근사식."""
    inner = (2 / np.pi) ** 0.5 * (x + 0.044715 * x**3)
    return 0.5 * x * (1 + ops.tanh(inner))


# %%
if __name__ == "__main__":
    x = np.arange(-30, 21, dtype="float32") / 10
    lines = {"ReLU": np.maximum(x, 0), "GELU": np.array(gelu(x))}
    ticks = [f"{v:g}" if v % 1 == 0 else "" for v in x]
    display.curves(lines, "활성 함수", "x", names=ticks).show()

# %% [markdown]
# ### 잔차 연결
#
# 잔차 연결(residual connection)은 레이어의 출력에 입력을 그대로 더하는 것입니다. 레이어는 입력을 통째로
# 새로 만드는 대신 고칠 것만 내면 됩니다. 레이어를 거치지 않는 길이 생기므로, 레이어를 많이 쌓아도 손실의
# 기울기가 입력에 가까운 레이어까지 잘 전해집니다.
#
# ### 레이어 정규화
#
# 레이어 정규화(layer normalization)는 벡터마다 평균 $\mu$를 빼고 표준편차 $\sigma$로 나눕니다. 값의 크기가
# 고르게 되어 학습이 안정됩니다. 그런 다음 $\gamma$(감마)를 곱하고 $\beta$(베타)를 더합니다.
#
# $$y = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} \cdot \gamma + \beta$$
#
# $\gamma$와 $\beta$는 칸마다 하나씩 있는 가중치입니다. 1과 0에서 시작해 학습하며, 필요하면 정규화를 되돌릴
# 수도 있습니다. $\epsilon$은 0으로 나누지 않게 하는 작은 수입니다.

# %%
if __name__ == "__main__":
    norm = keras.layers.LayerNormalization(epsilon=1e-6)
    rows = np.array([[1, 2, 3], [1, 1, 1]], "float32")
    print("γ=1, β=0\n", np.array(norm(rows)).round(4))
    norm.set_weights([np.full(3, 2.0), np.full(3, 1.0)])
    print("γ=2, β=1\n", np.array(norm(rows)).round(4))

# %% [markdown]
# ### 드롭아웃
#
# 드롭아웃(dropout)은 학습하는 동안만 값의 일부를 무작위로 0으로 만들어, 몇 칸에만 기대어 외우지 못하게
# 합니다. 남은 값은 그만큼 키워 평균을 맞춥니다. 0으로 만드는 비율은 BERT에서 0.1이고, 여기서는 0.2로 봅니다.

# %%
if __name__ == "__main__":
    drop = keras.layers.Dropout(0.2, seed=7)
    ones = np.ones(10, "float32")
    print("학습할 때", np.array(drop(ones, training=True)))
    print("예측할 때", np.array(drop(ones, training=False)))

# %% [markdown]
# ## 인코더 블록
#
# 이제 조립합니다. 인코더 블록은 셀프 어텐션과 피드포워드를 차례로 지납니다. 둘 다 드롭아웃을 거친 다음
# 입력을 더하고 정규화합니다. 이 더하고 정규화하는 일(Add & Norm)을 레이어 하나로 묶습니다.


# %%
class AddNorm(keras.layers.Layer):
    """입력에 드롭아웃한 결과를 더하고 정규화합니다."""

    def __init__(self, dropout: float, epsilon: float, **kwargs):
        super().__init__(**kwargs)
        self.dropout = keras.layers.Dropout(dropout)
        self.norm = keras.layers.LayerNormalization(epsilon=epsilon)

    def call(self, x, branch):
        return self.norm(x + self.dropout(branch))


# %%
class EncoderBlock(keras.layers.Layer):
    """트랜스포머의 인코더 블록."""

    def __init__(
        self,
        intermediate_dim,
        num_heads,
        dropout=0.0,
        activation="relu",
        epsilon=1e-5,
    ):
        super().__init__()
        self.attention = MultiHeadAttention(num_heads)
        self.after_attention = AddNorm(dropout, epsilon)
        self.after_feed_forward = AddNorm(dropout, epsilon)
        self.widen = keras.layers.Dense(intermediate_dim, activation)

    def build(self, shape):
        self.narrow = keras.layers.Dense(shape[-1])

    def call(self, x, padding_mask=None, training=None):
        mask = padding_to_mask(padding_mask)
        attended, weights = self.attention(x, x, mask)
        x = self.after_attention(x, attended)
        x = self.after_feed_forward(x, self.narrow(self.widen(x)))
        return x, weights


# %% [markdown]
# KerasNLP의 `TransformerEncoder`도 속은 같습니다. 가중치를 옮겨 담으면 출력이 같은지 봅니다. KerasNLP는
# 헤드의 행렬을 따로 떼어 들고 있을 뿐이라 모양만 바꾸면 됩니다.

# %%
import keras_nlp


def copy_weights(source, target) -> None:
    """KerasNLP 블록의 가중치를 이 장의 블록에 옮깁니다."""
    pairs = zip(source.get_weights(), target.weights, strict=True)
    target.set_weights([w.reshape(v.shape) for w, v in pairs])


# %%
if __name__ == "__main__":
    x = np.random.normal(size=(2, 5, 8)).astype("float32")
    padding_mask = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    encoder = keras_nlp.layers.TransformerEncoder(16, 2)
    block = EncoderBlock(16, 2)
    encoder(x), block(x)
    copy_weights(encoder, block)
    theirs = encoder(x, padding_mask=padding_mask)
    difference = np.abs(theirs - block(x, padding_mask)[0]).max()
    print(f"인코더의 차이 {difference:.1e}")

# %% [markdown]
# 차이가 조금 남는다면 실수를 반올림하는 데서 온 것입니다.
#
# ## 디코더 블록
#
# 디코더 블록은 두 가지가 다릅니다. 셀프 어텐션에서 뒤에 올 토큰을 가립니다(causal mask). 그리고 인코더의
# 출력을 보는 크로스 어텐션(cross-attention)이 사이에 들어갑니다. 쿼리는 디코더에서, 키와 밸류는 인코더에서
# 옵니다.


# %%
class DecoderBlock(keras.layers.Layer):
    """트랜스포머의 디코더 블록."""

    def __init__(
        self, intermediate_dim, num_heads, dropout=0.0, **kwargs
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
        mask = causal_mask(x.shape[1])
        attended, _ = self.attention(x, x, mask)
        x = self.after_attention(x, attended)
        crossed, weights = self.cross(x, encoded)
        x = self.after_cross(x, crossed)
        x = self.after_feed_forward(x, self.narrow(self.widen(x)))
        return x, weights  # 크로스 어텐션의 가중치


# %%
if __name__ == "__main__":
    encoded = np.random.normal(size=(2, 7, 8)).astype("float32")
    decoder = keras_nlp.layers.TransformerDecoder(16, 2)
    block = DecoderBlock(16, 2)
    decoder(x, encoded), block(x, encoded)
    copy_weights(decoder, block)
    difference = decoder(x, encoded) - block(x, encoded)[0]
    print(f"디코더의 차이 {np.abs(difference).max():.1e}")

# %% [markdown]
# ## 번역기를 처음부터
#
# 인코더 블록과 디코더 블록을 하나씩 이어 아주 작은 번역기를 만듭니다. 한글로 적은 수를 숫자로 옮기는
# 일입니다. `오백삼`을 `503`으로 옮기려면 없는 십의 자리에 0을 넣어야 하므로, 글자를 하나씩 바꾸는 것만으로는
# 되지 않습니다.

# %%
from kerasnlp_tutorial import training

HANGUL = " 일이삼사오육칠팔구십백천"  # 공백은 패딩
DIGITS = " ^0123456789$"  # 패딩, 시작, 숫자, 끝


def to_ids(texts: list[str], alphabet: str, length: int) -> np.ndarray:
    """글자를 번호로 바꾸고 패딩을 채웁니다."""
    rows = [[alphabet.index(c) for c in t.ljust(length)] for t in texts]
    return np.array(rows, "int32")


def build_translator(source_length, target_length, hidden_dim=64):
    """인코더 블록과 디코더 블록 하나씩으로 번역기를 만듭니다."""
    embed = keras_nlp.layers.TokenAndPositionEmbedding
    source = keras.Input((source_length,), dtype="int32")
    x = embed(len(HANGUL), source_length, hidden_dim)(source)
    encoded, _ = EncoderBlock(4 * hidden_dim, 4)(x)

    target = keras.Input((target_length,), dtype="int32")
    y = embed(len(DIGITS), target_length, hidden_dim)(target)
    decoder = DecoderBlock(4 * hidden_dim, 4, name="decoder")
    y, _ = decoder(y, encoded)
    logits = keras.layers.Dense(len(DIGITS), name="logits")(y)
    return keras.Model([source, target], logits)


# %% [markdown]
# 학습은 교사 강요로 합니다. 디코더의 입력은 정답에서 마지막을 뺀 것, 맞힐 것은 정답에서 처음을 뺀 것입니다.
# 뒤를 가렸으므로 모든 자리를 한꺼번에 학습할 수 있습니다. 정답이 패딩인 자리는 손실에 넣지 않습니다
# (`sample_weight`). 모델이 내는 것은 소프트맥스를 씌우기 전의 점수, 곧 로짓(logit)입니다. 코드를 짧게 하려고
# 원문의 패딩은 가리지 않았습니다. 이런 쉬운 문제에서는 모델이 패딩을 무시하는 법을 배웁니다.


# %%
def train_translator(numbers: np.ndarray, epochs: int) -> keras.Model:
    """수를 한글과 숫자로 적어 번역기를 학습합니다."""
    keras.utils.set_random_seed(7)
    spelt = [datasets.hangul_number(n) for n in numbers]
    source = to_ids(spelt, HANGUL, 7)
    target = to_ids([f"^{n}$" for n in numbers], DIGITS, 6)
    given, following = target[:, :-1], target[:, 1:]
    model = build_translator(source.shape[1], given.shape[1])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, jit_compile=training.JIT_COMPILE)
    steps = epochs * int(np.ceil(len(numbers) / 64))
    rate = training.WarmupLinearDecay(3e-3, steps, warmup_ratio=0.1)
    model.fit(
        [source, given],
        following,
        sample_weight=(following > 0).astype("float32"),
        batch_size=64,
        epochs=epochs,
        callbacks=[rate],
        verbose=0,
    )
    return model


# %%
if __name__ == "__main__":
    numbers = np.random.default_rng(7).permutation(np.arange(1, 10000))
    translator = train_translator(numbers[:4000], epochs=12)
    loss = translator.history.history["loss"]
    display.curves({"손실": loss}, "번역의 손실", "에포크", 1).show()

# %% [markdown]
# 쓸 때는 시작 표시 `^`만 주고, 낸 숫자를 하나씩 이어 붙입니다.


# %%
def translate(model: keras.Model, texts: list[str]) -> list[str]:
    """한글로 적은 수를 숫자로 옮깁니다."""
    source = to_ids(texts, HANGUL, model.input[0].shape[1])
    length = model.input[1].shape[1]
    target = to_ids(["^"] * len(texts), DIGITS, length + 1)
    for i in range(length):
        given = [source, target[:, :length]]
        logits = model.predict(given, verbose=0)
        target[:, i + 1] = logits[:, i].argmax(-1)
    rows = ["".join(DIGITS[id] for id in row) for row in target[:, 1:]]
    return [text.partition("$")[0].strip() for text in rows]


# %% [markdown]
# 처음 보는 수로 재 봅니다. 비교할 것은 숫자를 뜻하는 글자만 하나씩 바꾸고 단위는 버리는 방법입니다.

# %%
if __name__ == "__main__":
    test_numbers = numbers[4000:5000]
    spelt = [datasets.hangul_number(n) for n in test_numbers]
    answers = translate(translator, spelt)
    digits = str.maketrans("일이삼사오육칠팔구", "123456789", "십백천")
    replaced = [text.translate(digits) for text in spelt]
    correct = test_numbers.astype(str)
    scores = {
        "글자 바꾸기": np.mean(np.array(replaced) == correct),
        "번역": np.mean(np.array(answers) == correct),
    }
    display.bars(scores, "맞힌 비율", limit=1.0).show()
    rows = list(zip(spelt[:5], answers[:5], strict=True))
    display.table(["한글", "옮긴 숫자"], rows).show()

# %% [markdown]
# 디코더가 숫자를 하나 낼 때 원문의 어느 글자를 보는지, 크로스 어텐션의 가중치를 그려 봅니다. 세로가 낸
# 숫자, 가로가 원문의 글자입니다.


# %%
def cross_attention(model, text: str, answer: str) -> np.ndarray:
    """크로스 어텐션의 가중치를 헤드끼리 평균합니다."""
    source = to_ids([text], HANGUL, model.input[0].shape[1])
    target = to_ids(["^" + answer], DIGITS, model.input[1].shape[1])
    _, weights = model.get_layer("decoder").output
    look = keras.Model(model.input, weights)
    mean = look.predict([source, target], verbose=0)[0].mean(axis=0)
    return mean[: len(answer), : len(text)]


# %%
if __name__ == "__main__":
    text, answer = "칠천오십이", "7052"
    seen = cross_attention(translator, text, answer)
    title = "크로스 어텐션 (헤드 평균)"
    display.heatmap(seen, list(answer), list(text), title).show()

# %% [markdown]
# 숫자마다 그 숫자를 뜻하는 글자나 그 자리를 정하는 단위를 봅니다. 원문에 없는 0도 어딘가를 보고 내야
# 합니다.
#
# ## 어떻게 배우나: 아담과 학습률
#
# 손실을 가중치로 미분한 기울기의 반대쪽으로 가중치를 조금씩 옮기면 손실이 줄어듭니다. 이것이 경사
# 하강(gradient descent)입니다. 입력에서 손실까지 계산하는 것이 순전파(forward propagation), 손실에서 거꾸로
# 기울기를 계산하는 것이 역전파(backpropagation)입니다. 역전파는 Keras가 해 줍니다.
#
# 아담(Adam)은 가중치마다 기울기의 최근 평균 $m$으로 방향을, 기울기 제곱의 최근 평균 $v$로 스텝의 크기를
# 정합니다. 기울기가 큰 쪽과 작은 쪽의 스텝이 비슷해지므로 골짜기가 좁고 긴 손실에서도 나아갑니다.
#
# $$\theta \leftarrow \theta - \eta \, \frac{\hat m}{\sqrt{\hat v} + \epsilon}$$
#
# $\theta$는 가중치, $\eta$는 학습률입니다. $m$과 $v$는 0에서 출발하므로 처음 몇 스텝에는 너무 작습니다.
# $\hat m$과 $\hat v$는 그만큼 키워 바로잡은 것입니다(연습 문제 3). 한쪽은 가파르고 다른 쪽은 그 천분의 일만큼만
# 기운 골짜기에서 비교해 봅니다.


# %%
if __name__ == "__main__":
    steepness = np.array([100.0, 0.1], "float32")
    losses: dict[str, list] = {"경사 하강": [], "아담": []}
    optimizers = (
        keras.optimizers.SGD(0.015),
        keras.optimizers.Adam(0.015),
    )
    for name, optimizer in zip(losses, optimizers, strict=True):
        x = keras.Variable([1.0, 1.0])
        for _ in range(200):
            gradient = ops.convert_to_tensor(steepness * x.numpy())
            optimizer.apply([gradient], [x])
            loss = (steepness * x.numpy() ** 2).sum() / 2
            losses[name].append(float(np.log10(loss)))
    display.curves(losses, "손실의 상용로그", "스텝", start=1).show()

# %% [markdown]
# 경사 하강은 가파른 쪽을 금세 내려가지만 완만한 쪽에서 거의 멈춥니다. 아담은 처음에는 느려도 두 쪽을 같은
# 스텝으로 내려갑니다. 뾰족한 곳은 바닥을 지나쳤다가 돌아온 자리입니다.
#
# 학습률은 처음에 조금씩 키우고, 곧 워밍업(warmup)을 하고, 끝으로 갈수록 줄입니다. 처음에는 $v$를 아직
# 믿을 수 없어서 크게 움직이면 위험하고, 끝에는 짧은 스텝이라야 골짜기 바닥에 닿습니다.

# %%
if __name__ == "__main__":
    schedule = training.WarmupLinearDecay(1.0, 100, warmup_ratio=0.1)
    rates = [schedule.rate(step / 100) for step in range(101)]
    title = "학습률의 변화"
    display.curves({"학습률": rates}, title, "진행 (%)").show()

# %% [markdown]
# ## BERT와 GPT
#
# 트랜스포머를 반으로 나눈 것이 BERT와 GPT입니다. BERT는 인코더를, GPT는 디코더를 쌓았습니다. 가장 큰
# 차이는 **어디를 볼 수 있는가**, 곧 마스크입니다.
#
# ![다섯 단어의 격자 둘이다. 행의 단어가 열의 단어를 보는지를 나타낸다. 위의 GPT는 대각선과 그 왼쪽 아래만 칠해져 있어 자기와 앞만 보고, 아래의 BERT는 모든 칸이 칠해져 있어 앞뒤를 모두 본다.](../docs/images/pictures/masks.svg)
#
# 그 밖에도 다른 점이 있습니다.
#
# | | BERT | GPT |
# |---|---|---|
# | 블록 | 인코더 블록 | 디코더 블록에서 크로스 어텐션을 뺀 것 |
# | 보는 곳 | 앞뒤 모두 | 자기와 앞만 |
# | 배우는 문제 | 빈칸 채우기 | 다음 단어 맞히기 |
# | 정규화 | 입력을 더한 다음(post-norm) | 어텐션과 피드포워드에 들어가기 전(pre-norm, GPT-2부터) |
# | 입력의 임베딩 | 토큰, 위치, 세그먼트 | 토큰, 위치 |
# | 잘하는 일 | 문서 분류, 개체명 인식, 질의응답 | 문장 생성 |
#
# GPT에는 볼 원문이 따로 없으므로 크로스 어텐션이 없습니다. `어제 카페 갔었어`를 배울 때 `어제`는 자기만
# 보고 `카페`를, `카페`는 `어제`까지 보고 `갔었어`를 맞힙니다. BERT는 가린 자리에서 앞뒤를 모두 봅니다.
#
# ### GPT를 손으로
#
# GPT의 블록을 짭니다. 정규화의 자리가 인코더 블록과 다릅니다. 정규화한 것으로 계산하고, 정규화하지 않은
# 입력에 더합니다.


# %%
class GPTBlock(keras.layers.Layer):
    """뒤를 가리고 정규화를 먼저 하는, GPT의 블록."""

    def __init__(self, intermediate_dim, num_heads, epsilon=1e-5):
        super().__init__()
        layer_norm = keras.layers.LayerNormalization
        self.attention = MultiHeadAttention(num_heads)
        self.before_attention = layer_norm(epsilon=epsilon)
        self.widen = keras.layers.Dense(intermediate_dim, gelu)
        self.epsilon = epsilon

    def build(self, shape):
        self.narrow = keras.layers.Dense(shape[-1])
        self.before_feed_forward = keras.layers.LayerNormalization(
            epsilon=self.epsilon
        )

    def call(self, x):
        y = self.before_attention(x)
        attended, weights = self.attention(
            y, y, causal_mask(x.shape[1])
        )
        x = x + attended
        y = self.before_feed_forward(x)
        return x + self.narrow(self.widen(y)), weights


# %% [markdown]
# 패키지에 든 `gpt2_mini_ko`의 임베딩만 빌리고 나머지를 이 블록으로 계산합니다. 마지막에 한 번 더 정규화하고,
# 토큰 임베딩의 표와 내적하면 다음 토큰의 로짓입니다.


# %%
def gpt_by_hand(backbone, token_ids: np.ndarray) -> np.ndarray:
    """자리마다 다음 토큰의 로짓을 이 장의 블록으로 계산합니다."""
    embed = keras.Model(
        backbone.input["token_ids"],
        backbone.get_layer("embeddings_add").output,
    )
    hidden = embed(token_ids)
    for i in range(backbone.num_layers):
        layer = backbone.get_layer(f"transformer_layer_{i}")
        block = GPTBlock(layer.intermediate_dim, layer.num_heads)
        block(hidden)
        copy_weights(layer, block)
        hidden, _ = block(hidden)
    hidden = backbone.get_layer("layer_norm")(hidden)
    table = backbone.token_embedding.embeddings  # (토큰, 은닉)
    logits = ops.matmul(hidden, ops.transpose(table))
    return ops.convert_to_numpy(logits)


# %%
if __name__ == "__main__":
    from kerasnlp_tutorial import language_models as lm
    from kerasnlp_tutorial.checkpoints import load_causal_lm

    gpt = load_causal_lm("gpt2_mini_ko")
    gpt_tokenizer = gpt.preprocessor.tokenizer
    ids = [int(i) for i in gpt_tokenizer("시간 가는 줄")]
    ids = np.array([[gpt_tokenizer.end_token_id, *ids]])
    logits = gpt_by_hand(gpt.backbone, ids)
    theirs = gpt({"token_ids": ids, "padding_mask": np.ones_like(ids)})
    print(f"KerasNLP와의 차이 {np.abs(theirs - logits).max():.1e}")
    for i in logits[0, -1].argsort()[::-1][:3]:
        print(lm.token_text(gpt_tokenizer, int(i)))

# %% [markdown]
# ### BERT를 손으로
#
# BERT도 인코더 블록을 쌓은 것입니다. 이번에는 레이어마다 어텐션 가중치까지 꺼내 둡니다.


# %%
def encode_by_hand(backbone, x) -> tuple[np.ndarray, np.ndarray]:
    """BERT의 출력과 어텐션 가중치를 이 장의 블록으로 계산합니다."""
    names = ("token_ids", "segment_ids")
    embed = keras.Model(
        {name: backbone.input[name] for name in names},
        backbone.get_layer("embeddings_layer_norm").output,
    )
    hidden, maps = embed({name: x[name] for name in names}), []
    for i in range(backbone.num_layers):
        layer = backbone.get_layer(f"transformer_layer_{i}")
        block = EncoderBlock(
            layer.intermediate_dim,
            layer.num_heads,
            activation=layer.activation,
            epsilon=layer.layer_norm_epsilon,
        )
        block(hidden)
        copy_weights(layer, block)
        hidden, weights = block(hidden, x["padding_mask"])
        maps.append(ops.convert_to_numpy(weights))
    # (배치, 토큰, 은닉), (배치, 레이어, 헤드, 토큰, 토큰)
    return ops.convert_to_numpy(hidden), np.stack(maps, axis=1)


# %%
if __name__ == "__main__":
    encode = keras_nlp.models.BertTextClassifierPreprocessor(
        tokenizer, sequence_length=24
    )
    x = encode(["배우들 연기가 정말 살아 있네요"])
    vectors, maps = encode_by_hand(bert.backbone, x)
    theirs = bert.backbone(x)["sequence_output"]
    real = np.array(x["padding_mask"][0], bool)
    difference = np.abs(vectors - theirs)[0, real].max()
    print(f"토큰 벡터 {vectors.shape}, 어텐션 가중치 {maps.shape}")
    print(f"KerasNLP와의 차이 {difference:.1e}")

# %% [markdown]
# ### 뒤를 보는가
#
# 두 모델이 낸 벡터로 차이를 확인합니다. `배가`는 뒤에 `아파서`가 오는지 `떠나는`이 오는지에 따라 다른
# 말입니다. 뒤에 오는 말을 바꾸면 `배가`의 벡터가 얼마나 달라질까요? 두 벡터의 방향이 같으면 1, 직각이면 0인
# 코사인 유사도(cosine similarity)를 1에서 빼면 달라진 정도가 됩니다.


# %%
def moved(backbone, tokenizer, word: str, ends) -> float:
    """뒤에 오는 말에 따라 단어의 벡터가 달라지는 정도를 잽니다."""
    start = getattr(tokenizer, "cls_token_id", tokenizer.end_token_id)
    length = len(tokenizer(word))
    vectors = []
    for end in ends:
        ids = np.array([[start, *map(int, tokenizer(f"{word} {end}"))]])
        x = {"token_ids": ids, "padding_mask": np.ones_like(ids)}
        if "segment_ids" in backbone.input:
            x["segment_ids"] = np.zeros_like(ids)
        out = backbone(x)
        out = out["sequence_output"] if isinstance(out, dict) else out
        inside = ops.convert_to_numpy(out)[0, 1 : length + 1]
        vectors.append(inside.mean(axis=0))
    a, b = (vector / np.linalg.norm(vector) for vector in vectors)
    return max(0.0, 1 - float(a @ b))


# %%
if __name__ == "__main__":
    ends = ("아파서 병원에 갔다", "떠나는 항구에 갔다")
    bars = {
        "BERT": moved(bert.backbone, tokenizer, "배가", ends),
        "GPT": moved(gpt.backbone, gpt_tokenizer, "배가", ends),
    }
    title = "'배가'의 벡터가 달라진 정도"
    display.bars(bars, title).show()

# %% [markdown]
# GPT에서는 조금도 달라지지 않습니다. 뒤를 보지 않기 때문입니다.
#
# ## 사전학습
#
# 빈칸 채우기로 가르칠 때는 글을 이어 붙여 같은 길이로 자르고, 토큰의 15~20%를 골라 그 가운데 80%는
# `[MASK]`로, 10%는 다른 토큰으로 바꾸고, 10%는 그대로 둡니다. 쓸 때에는 `[MASK]`가 없으므로, 보이는 토큰도
# 의심하게 하려는 것입니다. 손실은 고른 자리에서만 셉니다. 고르는 자리는 스텝마다 다릅니다.
#
# 처음 나온 BERT는 두 문장이 원래 이어진 것인지도 함께 맞혔습니다(next sentence prediction, NSP). 그러나 도움이
# 되지 않거나 적다고 밝혀져 그 뒤의 모델은 대개 뺐고, `bert_mini_ko`도 빈칸만 채웠습니다.

# %%
if __name__ == "__main__":
    from kerasnlp_tutorial.pretraining.objectives import (
        MaskedLanguageModel,
    )

    masked = MaskedLanguageModel(
        tokenizer.get_vocabulary(), share=0.2, whole_words=False, seed=7
    )
    text = "배우들 연기가 정말 살아 있고 음악도 좋아서 두 번 봤다"
    ids = [tokenizer.cls_token_id, *tokenizer(text)]
    columns = [list(map(tokenizer.id_to_token, ids))]
    for step in (0, 1, 2):
        x, _, _ = masked.batch(np.array([ids], "int32"), step)
        given = x["token_ids"][0]
        columns.append(list(map(tokenizer.id_to_token, given)))
    names = ["글", "스텝 0", "스텝 1", "스텝 2"]
    display.table(names, list(zip(*columns, strict=True))).show()

# %% [markdown]
# 패키지의 `bert_mini_ko`는 이렇게, `gpt2_mini_ko`는 다음 단어 맞히기로 사전학습했습니다. 배우지 않고 남겨 둔
# 글에서 500스텝마다 잰 손실을 그려 봅니다. 손실을 지수 함수에 넣으면 퍼플렉시티(perplexity), 곧 평균 몇 개의
# 토큰 가운데에서 망설이는지가 됩니다.

# %%
if __name__ == "__main__":
    from kerasnlp_tutorial import runs
    from kerasnlp_tutorial.checkpoints import preset_folder

    for name in ("bert_mini_ko", "gpt2_mini_ko"):
        last = runs.describe(preset_folder(name))
        # 한 번 학습한 모델에서 이어 학습했으면 앞의 기록도
        parts = [last["history"]]
        if "initial" in last:
            parts.insert(0, last["initial"]["history"])
        loss = [value for part in parts for value in part["val_loss"]]
        title = f"{name}: 남겨 둔 글의 손실"
        display.curves({"손실": loss}, title, "잰 차례", 1).show()
        tokens = sum(part["tokens"][-1] for part in parts)
        minutes = sum(part["minutes"][-1] for part in parts)
        print(f"{tokens / 1e6:.0f}백만 토큰, {minutes:.0f}분")
        print(f"퍼플렉시티 {np.exp(loss[-1]):.1f}")

# %% [markdown]
# 두 곡선에서 튀는 곳에는 이유가 있습니다.
#
# - BERT의 손실이 한 번에 뚝 떨어지는 곳까지는 토큰 32개짜리 짧은 조각으로 배웠습니다. 재기는 늘 128개짜리로
#   했는데, 그때까지 33번째 자리부터의 위치 임베딩은 배울 일이 없었습니다. 긴 조각을 읽기 시작하자마자 손실이
#   낮아졌습니다.
# - GPT의 손실이 다시 올라가는 곳은 한 번 학습을 마친 모델에서 이어 학습하기 시작한 곳입니다. 작아졌던
#   학습률이 다시 커지자 손실도 올랐다가, 학습률이 줄면서 전보다 낮아졌습니다.
#
# 두 수를 서로 비교하지는 못합니다. BERT는 앞뒤를 모두 보고 고른 자리만, GPT는 앞만 보고 모든 자리를 맞히기
# 때문입니다. 자기 글로는 명령줄에서 사전학습합니다. `--set initial=bert_mini_ko`를 주면 그 모델에서 이어
# 학습합니다.
#
# ```sh
# kerasnlp-tutorial pretrain bert --text corpus.txt --max-minutes 60 \
#   --set vocabulary=my-vocabulary --output my-bert
# ```
#
# ## 어텐션이 보는 것
#
# 앞에서 꺼내 둔 `bert_mini_ko`의 어텐션 가중치를 그려 봅니다. 모든 헤드에서 바로 앞이나 바로 뒤 토큰을 보는
# 정도를 재어, 가장 뚜렷한 두 헤드를 고릅니다.

# %%
if __name__ == "__main__":
    x = encode(["배우들 연기가 정말 살아 있네요"])
    ids = np.array(x["token_ids"][0])[real].tolist()
    tokens = [tokenizer.id_to_token(id) for id in ids]
    # (레이어, 헤드, 토큰, 토큰)
    inner = maps[0][:, :, real][:, :, :, real]
    for offset, name in ((-1, "바로 앞"), (1, "바로 뒤")):
        shares = np.trace(inner, offset, axis1=2, axis2=3)
        layer, head = np.unravel_index(shares.argmax(), shares.shape)
        title = f"레이어 {layer + 1}의 헤드 {head + 1}: {name} 토큰"
        display.heatmap(
            inner[layer, head], tokens, tokens, title
        ).show()
    looks = {
        f"레이어 {i}": float(layer[:, :, 0].mean())
        for i, layer in enumerate(inner, start=1)
    }
    display.bars(looks, "[CLS]를 보는 정도", limit=1.0).show()

# %% [markdown]
# 이웃을 보는 헤드가 있고, 레이어에 따라 `[CLS]`에 어텐션 가중치가 몰리기도 합니다. 딱히 볼 것이 없을 때 특수
# 토큰에 가중치가 몰리는 일은 큰 BERT에서도 알려져 있습니다(Clark 외, 2019).
#
# ## 더 크게, 더 작게
#
# BERT와 GPT 뒤로 모델은 여러 갈래로 나아갔습니다.
#
# - **크게**: GPT-2는 가중치가 15억 개, GPT-3는 1,750억 개입니다. 그만큼 커지자 예시 몇 개만 보여 주어도
#   과제를 푸는 능력이 나타났고, 사람의 지시를 따르도록 더 가르친 것이 요즘의 대화 모델입니다(InstructGPT).
# - **길게**: 앞 조각의 벡터를 이어 쓰거나(Transformer-XL), 몇몇 자리만 보게 해서(Longformer) 긴 글을
#   읽습니다.
# - **다르게**: 빈칸 대신 바꿔치기한 토큰을 찾게 합니다(ELECTRA). 가린 자리만이 아니라 모든 자리에서 배웁니다.
#   RoBERTa는 구조가 BERT와 같지만, 두 문장이 이어지는지 맞히는 문제를 빼고 열 배 많은 글을 더 오래 읽습니다. T5는
#   인코더와 디코더를 다 쓰며, 분류든 번역이든 모든 과제를 글을 받아 글을 내는 문제로 바꿉니다.
# - **여러 언어로**: 다국어 모델(multilingual BERT, XLM-R)은 백 가지쯤 되는 언어의 글을 함께 읽습니다. 한
#   언어의 레이블로 파인튜닝해 다른 언어에 쓸 수 있습니다. 그 대신 어휘 집합을 여러 언어가 나누어 쓰므로
#   한국어가 더 잘게 쪼개집니다. 한국어만 읽은 모델(KcBERT, KLUE-BERT, KoGPT2)을 쓰는 이유입니다.
#   `--backbone kcbert-base`처럼 이름만 바꾸면 4장부터 그 모델에서 출발합니다.
# - **작게**: 큰 모델은 느리고 메모리가 많이 듭니다. 줄이는 방법은 넷입니다.
#
# | 방법 | 하는 일 |
# |---|---|
# | 지식 증류(knowledge distillation) | 큰 모델의 확률을 정답 삼아 작은 모델을 가르칩니다(DistilBERT). `모르고`가 정답이라는 것뿐 아니라 `알고`도 조금은 어울린다는 것까지 배웁니다. |
# | 양자화(quantization) | 가중치를 32비트 실수 대신 8비트 정수처럼 적은 비트로 적습니다. |
# | 가지치기(pruning) | 0에 가까운 가중치나 덜 중요한 헤드를 없앱니다. |
# | 가중치 공유(weight sharing) | 레이어끼리 같은 가중치를 씁니다(ALBERT). |
#
# 양자화와 가지치기는 학습하지 않고도 해 볼 수 있습니다. 행렬마다 가장 큰 값을 127로 삼아 정수로 반올림하고,
# 절댓값이 작은 쪽부터 0으로 만듭니다.


# %%
def quantized(matrix: np.ndarray, bits: int = 8) -> np.ndarray:
    """적은 비트의 정수로 적었다가 실수로 되돌립니다."""
    scale = np.abs(matrix).max() / (2 ** (bits - 1) - 1)
    return np.round(matrix / scale) * scale


def pruned(matrix: np.ndarray, fraction: float) -> np.ndarray:
    """절댓값이 작은 쪽부터 주어진 비율만큼 0으로 만듭니다."""
    limit = np.quantile(np.abs(matrix), fraction)
    return np.where(np.abs(matrix) < limit, 0, matrix)


# %%
if __name__ == "__main__":
    ways = {
        "그대로": lambda matrix: matrix,
        "8비트": quantized,
        "4비트": lambda matrix: quantized(matrix, 4),
        "30%를 0으로": lambda matrix: pruned(matrix, 0.3),
        "70%를 0으로": lambda matrix: pruned(matrix, 0.7),
    }
    kept = bert.get_weights()
    rows = []
    for name, change in ways.items():
        bert.set_weights([change(w) if w.ndim > 1 else w for w in kept])
        (shares,) = lm.fill_mask(bert, "시간 가는 줄 [MASK] 봤다", 3)
        best = [f"{token} {p:.2f}" for token, p in shares.items()]
        rows.append([name, *best])
    bert.set_weights(kept)
    display.table(["가중치", "첫째", "둘째", "셋째"], rows).show()

# %% [markdown]
# 8비트로 적으면 크기가 4분의 1이 되는데 답은 거의 그대로입니다. 너무 줄이면 답이 무너집니다.
#
# ## 문장을 벡터로
#
# BERT의 출력은 토큰마다 하나씩의 벡터입니다. 두 문장을 넣고 모양부터 봅니다.

# %%
if __name__ == "__main__":
    x = encode(["말이 달린다", "말이 너무 많다"])
    outputs = bert.backbone(x)
    print("토큰마다", outputs["sequence_output"].shape)
    print("문장마다", outputs["pooled_output"].shape)

# %% [markdown]
# `sequence_output`의 모양은 (문장, 토큰, 벡터의 칸)이고, `pooled_output`은 `[CLS]` 자리의 벡터를 한 번 더
# 변환한 것입니다. 개체명 인식처럼 토큰마다 답하는 과제는 앞의 것을, 문서 분류처럼 글 전체에 답하는 과제는
# 뒤의 것을 씁니다.
#
# 토큰의 벡터는 문맥을 보고 만든 것이라 같은 토큰도 문장마다 다릅니다. 임베딩의 표에서 꺼낸 벡터라면 코사인
# 유사도가 1이었을 것입니다.

# %%
if __name__ == "__main__":
    first, second = np.array(outputs["sequence_output"])[:, 1]
    lengths = np.linalg.norm(first) * np.linalg.norm(second)
    token = tokenizer.id_to_token(int(x["token_ids"][0, 1]))
    print(f"두 '{token}'의 유사도 {first @ second / lengths:.2f}")

# %% [markdown]
# 이번에는 문장마다 토큰 벡터의 평균을 내어 서로 비교합니다.

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
    centered = vectors - vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(centered, full_matrices=False)
    positions = iter(centered @ directions[:2].T)
    points = {
        name: {text: next(positions) for text in group}
        for name, group in groups.items()
    }
    display.scatter(points, "문장의 벡터를 평면에 옮긴 것").show()

# %% [markdown]
# 설명서와 리뷰는 아무도 가르치지 않았는데 갈라집니다. 그러나 칭찬과 불평은 섞여 있습니다. 빈칸을 채울
# 때에는 무엇에 관한 글인지가 좋은지 나쁜지보다 더 도움이 되기 때문일 것입니다. 4장부터는 이 벡터 위에 작은
# 레이어를 얹고 레이블로 더 가르쳐 과제를 풉니다.
#
# ## 요약
#
# - 언어 모델은 글의 결합 확률을 주는 함수이고, 결합 확률은 조건부 확률의 곱입니다.
# - 셀프 어텐션은 거리와 상관없이 모든 자리를 보고, 쿼리와 키가 맞는 만큼 밸류를 섞습니다.
# - 멀티 헤드 어텐션은 헤드마다 다른 행렬을 벡터 전체에 곱해 따로 어텐션을 합니다.
# - 블록은 어텐션과 피드포워드에 잔차 연결과 레이어 정규화를 더한 것입니다.
# - 디코더는 뒤를 가리고, 인코더가 있으면 크로스 어텐션으로 그 출력을 봅니다. 학습할 때는 정답을 한 칸 밀어
#   넣습니다.
# - BERT는 인코더를 쌓아 빈칸을 채우고, GPT는 디코더를 쌓아 다음 토큰을 맞힙니다.
# - 모델은 증류, 양자화, 가지치기로 작게 만들 수 있습니다.
# - 토큰의 벡터는 문맥을 담고, 그 위에 레이어를 얹으면 과제를 풀 수 있습니다.
#
# ## 연습 문제
#
# **1. 나누지 않으면.** 어텐션에서 $\sqrt{d}$로 나누지 않으면 가장 큰 어텐션 가중치가 얼마나 커지는지, 차원이
# 4, 64, 512일 때 난수 벡터로 재 보세요.


# %% tags=["solution"]
def largest_weight(
    dimension: int, scaled: bool, seed: int = 7
) -> float:
    """어텐션 가중치 열 개 가운데 가장 큰 것의 평균을 냅니다."""
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
# **2. 순서를 바꾸면.** 위치 임베딩이 없는 인코더 블록에 토큰의 순서를 뒤집어 넣으면 출력은 어떻게 될까요?
# 확인하는 함수를 써 보세요.


# %% tags=["solution"]
def forgets_order(block: EncoderBlock, x: np.ndarray) -> bool:
    """뒤집어 넣으면 출력도 뒤집힐 뿐인지 확인합니다."""
    straight, _ = block(x)
    reverse, _ = block(x[:, ::-1])
    straight, reverse = map(ops.convert_to_numpy, (straight, reverse))
    return bool(np.allclose(straight[:, ::-1], reverse, atol=1e-5))


# %% tags=["solution"]
if __name__ == "__main__":
    x = np.random.normal(size=(1, 6, 8)).astype("float32")
    print("순서를 모릅니까?", forgets_order(EncoderBlock(16, 2), x))

# %% [markdown]
# **3. 아담을 손으로.** 위의 식 그대로 아담을 짜고 Keras의 아담과 같은 길을 가는지 확인해 보세요. $\hat m$과
# $\hat v$는 처음에 0에서 출발한 평균을 스텝 수에 맞추어 바로잡은 것입니다.


# %% tags=["solution"]
def adam(gradient, start, rate: float, steps: int) -> np.ndarray:
    """스텝마다의 값을 돌려줍니다. (스텝 + 1, 변수)"""
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
# - Bahdanau 외(2014), [*Neural Machine Translation by Jointly Learning to Align and Translate*](https://arxiv.org/abs/1409.0473). 어텐션
# - Kingma와 Ba(2014), [*Adam: A Method for Stochastic Optimization*](https://arxiv.org/abs/1412.6980)
# - Hinton 외(2015), [*Distilling the Knowledge in a Neural Network*](https://arxiv.org/abs/1503.02531). 지식 증류
# - Ba 외(2016), [*Layer Normalization*](https://arxiv.org/abs/1607.06450). 레이어 정규화
# - Hendrycks와 Gimpel(2016), [*Gaussian Error Linear Units*](https://arxiv.org/abs/1606.08415). GELU
# - Vaswani 외(2017), [*Attention Is All You Need*](https://arxiv.org/abs/1706.03762). 트랜스포머
# - Peters 외(2018), [*Deep Contextualized Word Representations*](https://arxiv.org/abs/1802.05365). ELMo
# - Devlin 외(2019), [*BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding*](https://arxiv.org/abs/1810.04805)
# - Radford 외(2019), [*Language Models are Unsupervised Multitask Learners*](https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf). GPT-2
# - Dai 외(2019), [*Transformer-XL: Attentive Language Models beyond a Fixed-Length Context*](https://arxiv.org/abs/1901.02860)
# - Clark 외(2019), [*What Does BERT Look At?*](https://arxiv.org/abs/1906.04341) 어텐션이 보는 것
# - Liu 외(2019), [*RoBERTa: A Robustly Optimized BERT Pretraining Approach*](https://arxiv.org/abs/1907.11692)
# - Lan 외(2019), [*ALBERT: A Lite BERT for Self-supervised Learning of Language Representations*](https://arxiv.org/abs/1909.11942)
# - Sanh 외(2019), [*DistilBERT, a Distilled Version of BERT*](https://arxiv.org/abs/1910.01108)
# - Clark 외(2020), [*ELECTRA: Pre-training Text Encoders as Discriminators Rather Than Generators*](https://arxiv.org/abs/2003.10555)
# - Raffel 외(2020), [*Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer*](https://arxiv.org/abs/1910.10683). T5
# - Beltagy 외(2020), [*Longformer: The Long-Document Transformer*](https://arxiv.org/abs/2004.05150)
# - Conneau 외(2020), [*Unsupervised Cross-lingual Representation Learning at Scale*](https://arxiv.org/abs/1911.02116). 다국어 모델 XLM-R
# - Gururangan 외(2020), [*Don't Stop Pretraining*](https://arxiv.org/abs/2004.10964). 이어 학습하기
# - Brown 외(2020), [*Language Models are Few-Shot Learners*](https://arxiv.org/abs/2005.14165). GPT-3
# - Ouyang 외(2022), [*Training Language Models to Follow Instructions with Human Feedback*](https://arxiv.org/abs/2203.02155). InstructGPT
