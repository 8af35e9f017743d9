# %% [markdown]
# # 1장 처음 만나는 전이학습
#
# 피아노를 오래 친 사람은 오르간을 빨리 배웁니다. 악보를 읽는 법과 두 손을 따로 움직이는 법을 이미 알기 때문입니다.
# 모델도 그렇습니다. 글을 많이 읽은 모델은 처음부터 배우는 모델보다 새 과제를 더 빨리, 대개 더 잘 배웁니다.
# 한 과제에서 배운 것을 다른 과제로 옮기는 일을 **전이학습**(transfer learning)이라고 합니다.
#
# 먼저 배우는 과제가 업스트림 과제(upstream task), 그 뒤에 배우는, 정작 풀려는 과제가 다운스트림 과제(downstream task)입니다.
# 업스트림 과제를 미리 배워 두는 일을 사전학습(pretraining)이라고 부릅니다. 꼬리표(label)는 리뷰의 `긍정`이나 `부정`처럼
# 예제마다 사람이 달아 둔 정답입니다.
#
# ```text
# 꼬리표 없는 글          업스트림 과제            다운스트림 과제
# (얼마든지 있다)  ──▶  다음 단어, 빈칸  ──▶  문서 분류, 개체명 인식 …
#                      한 번, 오래              여러 번, 조금씩
# ```
#
# ## 이 장에서 배우는 것
#
# - 두 가지 업스트림 과제: 다음 단어 맞히기와 빈칸 채우기
# - 사람이 꼬리표를 달지 않아도 되는 자기지도 학습
# - 다섯 가지 다운스트림 과제가 모두 분류인 까닭
# - 옮기는 방법들: 미세 조정, 얼린 백본, LoRA, 프롬프트 튜닝, 인컨텍스트 러닝
# - 설정에서 시작해 학습을 마친 모델을 얻기까지의 흐름
#
# 여기에서 만드는 모델은 아주 작고 짧게 배웁니다. 무엇이 어떻게 돌아가는지 눈으로 보는 것이 목적입니다. 과제마다 제대로
# 학습하는 일은 4~8장에서 합니다.

# %%
import dataclasses
import random
import time
from collections.abc import Callable, Sequence
from functools import partial

import keras
import keras_nlp
import numpy as np
import tensorflow as tf

from kerasnlp_tutorial import (
    datasets,
    display,
    registry,
    training,
    transfer,
)
from kerasnlp_tutorial import language_models as lm
from kerasnlp_tutorial.checkpoints import load_causal_lm, load_masked_lm
from kerasnlp_tutorial.datasets import LabeledText
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.in_context import InContextClassifier
from kerasnlp_tutorial.runs import TrainedModel
from kerasnlp_tutorial.tokenizers import (
    ByteLevelBPE,
    KoreanBertTokenizer,
    encode_texts,
    train_wordpiece,
)

ch04 = registry.find("ch04").load()
WORDS = transfer.REVIEW_WORDS  # what the models are to say of a label
TEMPLATE = "{text} 한마디로 {label}"

# %% [markdown]
# ## 업스트림 과제 하나: 다음 단어 맞히기
#
# `티끌 모아` 다음에 올 말은 무엇일까요? 한국어를 오래 쓴 사람은 `태산`이라고 답합니다. 누가 문제를 내고 채점해 주어서가
# 아니라 그렇게 이어지는 글을 많이 보았기 때문입니다. 모델도 글에서 배울 수 있습니다. 지금까지의 글을 보고 다음 말의 확률을
# 내는 모델을 **언어 모델**(language model)이라고 합니다. 속담 몇 개만 읽는 아주 작은 언어 모델 GPT로 지켜봅니다.

# %%
PROVERBS = [
    "티끌 모아 태산",
    "가는 말이 고와야 오는 말이 곱다",
    "낮말은 새가 듣고 밤말은 쥐가 듣는다",
    "원숭이도 나무에서 떨어진다",
    "천 리 길도 한 걸음부터",
    "고래 싸움에 새우 등 터진다",
    "소 잃고 외양간 고친다",
    "돌다리도 두들겨 보고 건너라",
    "빈 수레가 요란하다",
    "하늘이 무너져도 솟아날 구멍이 있다",
]
TINY = (2, 4, 64, 128)  # layers, heads, hidden, intermediate


def tiny_gpt(
    sentences: Sequence[str],
) -> keras_nlp.models.GPT2CausalLM:
    """Build a GPT-2 with random weights whose words are those of sentences."""
    # Twice, since only what occurs twice is merged.
    bpe = ByteLevelBPE.train([*sentences] * 2, 2_000)
    tokenizer = keras_nlp.tokenizers.GPT2Tokenizer(
        bpe.vocabulary, bpe.merges
    )
    backbone = keras_nlp.models.GPT2Backbone(
        len(bpe.vocabulary), *TINY, dropout=0.0, max_sequence_length=32
    )
    preprocessor = keras_nlp.models.GPT2CausalLMPreprocessor(
        tokenizer, 32
    )
    return keras_nlp.models.GPT2CausalLM(backbone, preprocessor)


# %% [markdown]
# 모델은 글을 토큰(token)이라는 조각으로 쪼개어 읽고(2장), 토큰마다 다음 토큰의 확률을 냅니다. 확률은 모델 속의 수많은 수,
# 곧 가중치(weight)로 계산합니다. 글에 실제로 이어진 토큰이 정답이고, 그 확률이 높아지도록 가중치를 조금 바꿉니다. 이렇게 한 번 바꾸는 것이 한
# 걸음(step)입니다. 걸음마다 모델에게 다음 말을 물어 적어 둡니다.


# %%
def next_word_batch(model, sentences: Sequence[str]):
    """Return inputs, next tokens and weights, 0 where there is padding."""
    tokenizer = model.preprocessor.tokenizer
    end = [tokenizer.end_token_id]  # before and after every text
    rows = encode_texts(tokenizer, sentences)
    ids = tf.ragged.constant([end + row + end for row in rows])
    real = tf.ones_like(ids).to_tensor().numpy()
    ids = ids.to_tensor(tokenizer.pad_token_id).numpy()
    x = {"token_ids": ids[:, :-1], "padding_mask": real[:, :-1]}
    return x, ids[:, 1:], real[:, 1:]


def watch(
    model,
    ask: Callable[[], dict[str, float]],
    make_batch: Callable[[], tuple],
    words: Sequence[str],
    steps: int,
) -> dict[str, list[float]]:
    """Ask for words before each step; return their probabilities over time."""
    model.compile(
        optimizer=keras.optimizers.Adam(0.003),
        loss=keras.losses.SparseCategoricalCrossentropy(
            from_logits=True
        ),
        jit_compile=False,
    )
    shares = {word: [] for word in words}
    for _ in range(steps):
        said = ask()
        for word in words:
            shares[word].append(said[word])
        x, y, weights = make_batch()
        with training.already_encoded(model):
            model.train_on_batch(x, y, weights)
    return shares


def watch_next_word(
    sentences: Sequence[str],
    text: str,
    words: Sequence[str],
    steps: int = 60,
) -> dict[str, list[float]]:
    """Train a tiny GPT, and watch which word it expects after a text."""
    model = tiny_gpt(sentences)
    all_tokens = model.preprocessor.tokenizer.vocabulary_size()
    ask = partial(lm.next_tokens, model, text, all_tokens)
    make_batch = partial(next_word_batch, model, sentences)
    return watch(model, ask, make_batch, words, steps)


# %%
if __name__ == "__main__":
    keras.utils.set_random_seed(7)
    words = [" 태산", " 새우", " 외양간"]
    shares = watch_next_word(PROVERBS, "티끌 모아", words)
    display.curves(shares, "'티끌 모아' 다음에 올 확률", "걸음").show()
    last = {word: values[-1] for word, values in shares.items()}
    display.bars(last, "마지막 걸음", limit=1.0).show()

# %% [markdown]
# 처음에는 세 말의 확률이 모두 낮다가 `태산`의 확률만 올라갑니다. 속담 열 개를 외운 것뿐이지만, 글이 아주 많으면 다 외울 수 없어서
# 말의 뜻과 문법을 배우는 쪽이 유리해집니다. 패키지에 든 `gpt2_mini_ko`는 영화 리뷰와 기술 문서 들을 읽으며 같은 일을
# 했습니다. 같은 것을 물어봅니다.

# %%
if __name__ == "__main__":
    gpt = load_causal_lm("gpt2_mini_ko")
    for text in ("티끌 모아", "배우들 연기가"):
        shares = lm.next_tokens(gpt, text, best=6)
        display.bars(shares, f"'{text}' 다음 토큰의 확률").show()

# %% [markdown]
# 모델은 읽은 글을 닮습니다. 영화 이야기는 그럴듯하게 잇지만 속담은 모릅니다. 읽은 글에 속담이 거의 없기 때문입니다.
#
# ## 업스트림 과제 둘: 빈칸 채우기
#
# 다음 말 대신 가운데의 빈칸을 맞히게 할 수도 있습니다. `티끌 [MASK] 태산`의 빈칸에는 `모아`가 들어갑니다. 빈칸을 맞힐 때는
# 앞뒤를 다 볼 수 있습니다. 빈칸을 맞히는 모델을 마스크 언어 모델(masked language model)이라고 합니다. 다음 단어를 맞히며 배운
# 모델이 GPT, 빈칸을 맞히며 배운 모델이 BERT입니다.


# %%
def tiny_bert(
    sentences: Sequence[str],
) -> keras_nlp.models.BertMaskedLM:
    """Build a BERT with random weights whose words are those of sentences."""
    vocabulary = train_wordpiece([*sentences] * 2, 2_000)
    tokenizer = KoreanBertTokenizer(vocabulary)
    backbone = keras_nlp.models.BertBackbone(
        len(vocabulary), *TINY, dropout=0.0, max_sequence_length=32
    )
    preprocessor = keras_nlp.models.BertMaskedLMPreprocessor(
        tokenizer,
        sequence_length=32,
        mask_selection_rate=0.3,
        mask_selection_length=8,
    )
    return keras_nlp.models.BertMaskedLM(backbone, preprocessor)


def watch_gap(
    sentences: Sequence[str],
    text: str,
    words: Sequence[str],
    steps: int = 150,
) -> dict[str, list[float]]:
    """Train a tiny BERT with new gaps at each step, and watch one gap."""
    model = tiny_bert(sentences)
    all_tokens = model.preprocessor.tokenizer.vocabulary_size()

    def ask():
        return lm.fill_mask(model, text, all_tokens)[0]

    make_batch = partial(model.preprocessor, [*sentences] * 4)
    return watch(model, ask, make_batch, words, steps)


# %%
if __name__ == "__main__":
    gap, words = "티끌 [MASK] 태산", ["모아", "말이", "길도"]
    shares = watch_gap(PROVERBS, gap, words)
    display.curves(shares, f"'{gap}'의 빈칸에 들 확률", "걸음").show()

# %% [markdown]
# 빈칸은 걸음마다 다른 자리에 뚫으므로 같은 빈칸을 매번 보지는 않습니다. 그래서 선이 출렁입니다. 패키지에 든
# `bert_mini_ko`에게도 물어봅니다.

# %%
if __name__ == "__main__":
    bert = load_masked_lm("bert_mini_ko")
    for text in (gap, "배우들 [MASK] 살아 있네요"):
        (shares,) = lm.fill_mask(bert, text, best=6)
        display.bars(shares, text).show()

# %% [markdown]
# ## 자기지도 학습
#
# 두 과제에는 공통점이 있습니다. 문제도 답도 **글 자체에서** 나옵니다. 데이터가 스스로 답이 되는 이런 학습을 자기지도
# 학습(self-supervised learning)이라고 합니다. 꼬리표가 필요 없으니 글만 있으면 됩니다. 같은 문장으로 두 가지 문제를
# 만들어 봅니다.


# %%
def next_word_questions(sentence: str) -> list[tuple[str, str]]:
    """Return what is known and what is asked, word by word."""
    words = sentence.split()
    return [
        (" ".join(words[:i]), words[i]) for i in range(1, len(words))
    ]


def gap_questions(sentence: str) -> list[tuple[str, str]]:
    """Return the sentence with each word left out in turn, and the word."""
    words = sentence.split()
    return [
        (" ".join([*words[:i], "[MASK]", *words[i + 1 :]]), words[i])
        for i in range(len(words))
    ]


# %%
if __name__ == "__main__":
    sentence = PROVERBS[1]
    rows = next_word_questions(sentence)
    display.table(["지금까지", "다음 단어"], rows).show()
    rows = gap_questions(sentence)
    display.table(["빈칸이 있는 문장", "빈칸"], rows).show()

# %% [markdown]
# ## 꼬리표에 드는 비용
#
# 사람이 단 꼬리표로 배우는 것은 지도 학습(supervised learning)입니다. 다운스트림 과제에는 꼬리표가 필요하고 꼬리표에는 품이
# 듭니다. 리뷰 하나를 읽고 꼬리표를 다는 데 5초가 걸린다면, 십만 개에 꼬리표를 다는 데에는 하루 8시간씩 이만큼이 듭니다.

# %%
if __name__ == "__main__":
    print(f"{100_000 * 5 / 3600 / 8:.0f}일")

# %% [markdown]
# 게다가 사람은 틀립니다. 꼬리표가 틀리면 어떻게 될까요? 패키지에 든 짧고 솔직한 리뷰(`dataset="plain"`)에서 학습 데이터의 꼬리표 일부를 일부러
# 뒤집어 봅니다. 점수를 재는 평가 데이터(test data)의 꼬리표는 그대로 둡니다.
#
# 여러 번 학습해야 하므로 아주 간단한 분류기를 씁니다. `bert_mini_ko`로 리뷰마다 벡터(vector), 곧 한 줄로 늘어놓은 수를 얻어
# 두고, 긍정은 1, 부정은 −1에 가까운 값이 나오도록 벡터의 수마다 곱할 가중치를 정합니다(릿지 회귀, ridge regression). 배우는 것은 이
# 가중치뿐이고 BERT는 바뀌지 않습니다.


# %%
def review_vectors(bert, examples: list[LabeledText]):
    """Return vectors of reviews, (reviews, hidden), and 1 for praise, else 0."""
    preprocessor = keras_nlp.models.BertTextClassifierPreprocessor(
        bert.preprocessor.tokenizer, sequence_length=64
    )
    texts = [example.text for example in examples]
    vectors = lm.sentence_vectors(bert.backbone, preprocessor, texts)
    return vectors, np.array([e.label == "긍정" for e in examples], int)


def linear_accuracy(train, train_labels, test, test_labels) -> float:
    """Fit a plane by ridge regression; return how often it is right."""
    # Vectors are (texts, hidden), labels are 0 or 1.
    mean = train.mean(axis=0)
    x, y = train - mean, 2 * train_labels - 1
    ridge = 0.1 * len(x) * x.var() * np.eye(x.shape[1])
    weights = np.linalg.solve(x.T @ x + ridge, x.T @ (y - y.mean()))
    guesses = (test - mean) @ weights + y.mean() > 0
    return float(np.mean(guesses == test_labels))


def flipped(labels: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Return labels, 0 or 1, of which a share is wrong."""
    places = np.random.default_rng(seed).permutation(len(labels))
    wrong = labels.copy()
    wrong[places[: round(share * len(labels))]] ^= 1
    return wrong


# %%
if __name__ == "__main__":
    splits = ch04.load_examples(ch04.Config(dataset="plain"))
    train, labels = review_vectors(bert, splits.train)
    test, right = review_vectors(bert, splits.test)
    wrong = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    scores = []
    for share in wrong:
        tries = [
            linear_accuracy(
                train, flipped(labels, share, i), test, right
            )
            for i in range(10)
        ]
        scores.append(float(np.mean(tries)))
    display.curves(
        {"정확도": scores},
        "틀린 꼬리표와 정확도 (열 번의 평균)",
        "틀린 꼬리표의 비율",
        names=[f"{share:.0%}" for share in wrong],
    ).show()

# %% [markdown]
# 틀린 꼬리표가 조금 섞이면 점수도 조금만 떨어지지만, 많아질수록 가파르게 떨어지고, 절반이 틀리면 동전 던지기와 같습니다. 꼬리표는 비싸고 틀리기도
# 합니다. 그래서 적은 꼬리표로 배우는 법이 필요하고, 꼬리표 없이 배울 수 있는 것은 미리 배워 두는 것이 좋습니다.
#
# ## 다운스트림 과제
#
# 이 책에서 푸는 과제는 다섯입니다.
#
# | 장 | 과제 | 모델이 내는 것 | 무엇의 확률인가 |
# |---|---|---|---|
# | 4 | 문서 분류 | 글마다 로짓 몇 개 | 글의 범주 |
# | 5 | 문장 쌍 분류 | 문장 쌍마다 로짓 셋 | 두 문장의 관계 |
# | 6 | 개체명 인식 | 토큰마다 로짓 여럿 | 토큰의 꼬리표 |
# | 7 | 질의응답 | 토큰마다 로짓 둘 | 답이 시작하는 자리와 끝나는 자리 |
# | 8 | 문장 생성 | 토큰마다 어휘 집합의 크기만큼 로짓 | 다음 토큰 |
#
# 어휘 집합(vocabulary)은 모델이 아는 토큰 전부입니다.
#
# 로짓(logit)은 후보마다 매긴 점수이고, 소프트맥스(softmax)를 씌우면 합이 1인 확률이 됩니다. 다섯 과제 모두 이렇게 정해진 후보
# 가운데 하나를 고르는 **분류**입니다. 무엇 가운데에서 고르는지만 다릅니다. 눈으로 보려고, 과제마다 예제 여덟 개를 외울 때까지
# 보여 주고, 그 예제에 대한 답을 그려 봅니다. 외운 것이니 얼마나 잘하는지는 여기에서 볼 수 없습니다.


# %%
def memorise(name: str):
    """Train a chapter's model until it knows 8 examples; return both."""
    module = registry.find(name).load()
    config = module.Config(batch_size=8)
    splits = module.load_examples(config)
    few = splits.train[:8]
    model = module.build_model(
        config, dataclasses.replace(splits, train=few)
    )
    dataset = module.make_dataset(few, model, splits.labels, config)
    with training.already_encoded(model):
        for _ in range(150):
            record = model.fit(dataset, verbose=0, shuffle=False)
            if record.history["loss"][0] < 0.3:
                break
    return TrainedModel(model, splits.labels, config), few


# %% [markdown]
# **문서 분류와 문장 쌍 분류.** 글이나 문장 쌍마다 확률이 한 벌 나옵니다.

# %%
if __name__ == "__main__":
    trained, few = memorise("ch04")
    (answer,) = ch04.predict(trained, [few[0].text])
    print(answer["text"])
    display.bars(answer["probabilities"], "글의 범주", limit=1.0).show()
    trained, few = memorise("ch05")
    ch05 = registry.find("ch05").load()
    (answer,) = ch05.predict(trained, [few[0].texts])
    print(*few[0].texts, sep="\n")
    shares = answer["probabilities"]
    display.bars(shares, "두 문장의 관계", limit=1.0).show()

# %% [markdown]
# **개체명 인식.** 토큰마다 꼬리표의 확률이 한 벌씩 나옵니다. 한 줄이 한 벌이고, 한 번이라도 뽑힌 꼬리표만 그렸습니다.

# %%
if __name__ == "__main__":
    trained, few = memorise("ch06")
    ch06 = registry.find("ch06").load()
    preprocessor = trained.model.preprocessor
    tokenizer = preprocessor.tokenizer
    text = min((example.text for example in few), key=len)
    ids = list(map(int, tokenizer(text)))
    (shares,) = ch06.tag_probabilities(trained, [ids])
    used = sorted({0, *shares.argmax(axis=1).tolist()})
    display.heatmap(
        shares[:, used],
        [tokenizer.id_to_token(i) for i in ids],
        [preprocessor.tags[i] for i in used],
        "토큰마다 꼬리표의 확률",
    ).show()

# %% [markdown]
# **질의응답**(question answering). 이번에는 꼬리표가 아니라 **토큰들** 가운데에서 고릅니다. 답이 시작하는 토큰과 끝나는 토큰을 하나씩
# 고르므로 확률이 두 벌입니다.


# %%
def span_probabilities(trained: TrainedModel, texts: tuple[str, str]):
    """Return tokens, and two rows of shares, of a passage's first window."""
    preprocessor = trained.model.preprocessor
    rows = preprocessor.windows(*([text] for text in texts))
    x = preprocessor.pad(rows)
    with training.already_encoded(trained.model):
        logits = trained.model(x)[0]
    real = int(np.sum(x["padding_mask"][0]))
    tokens = [
        preprocessor.tokenizer.id_to_token(int(i))
        for i in x["token_ids"][0][:real]
    ]
    return tokens, np.array(keras.ops.softmax(logits))[:, :real]


# %%
if __name__ == "__main__":
    trained, few = memorise("ch07")
    question = min(few, key=lambda q: q.answers[0].start)
    tokens, shares = span_probabilities(trained, question.texts)
    print(*question.texts, sep="\n")
    for name, row in zip(("시작하는", "끝나는"), shares, strict=True):
        likeliest = row.argsort()[::-1][:5]
        values = {f"{i} {tokens[i]}": float(row[i]) for i in likeliest}
        display.bars(values, f"답이 {name} 자리", limit=1.0).show()

# %% [markdown]
# **문장 생성.** 어휘 집합의 모든 토큰 가운데에서 다음 토큰을 고르고, 그것을 뒤에 붙여 다시 고릅니다. 그 가운데 가장 그럴듯한
# 여섯만 그립니다.

# %%
if __name__ == "__main__":
    shares = lm.next_tokens(gpt, "배우들 연기가", best=6)
    display.bars(shares, "다음 토큰", limit=1.0).show()

# %% [markdown]
# 앞의 네 과제는 BERT로, 문장 생성은 GPT로 풉니다. 토큰마다 답하는 과제에서는 토큰의 뒤까지 보아야 뜻을 알 수 있을 때가 많기
# 때문입니다. `배가`는 뒤에 `아파서`가 오는지 `떠나는`이 오는지에 따라 다른 말입니다. 글 전체에 답하는 과제라면 GPT도 마지막
# 토큰에서는 글을 다 읽었습니다. 그러나 그 앞의 토큰들은 저마다 뒤를 모르는 채 읽은 것입니다.
#
# 두 모델은 토큰마다 그 뜻을 담은 벡터를 냅니다. 뒤에 오는 말을 바꾸면 `배가`의 벡터가 얼마나 달라지는지 봅니다. 코사인
# 유사도(cosine similarity)는 두 벡터의 방향이 같으면 1, 직각이면 0이므로, 1에서 빼면 달라진 정도가 됩니다.


# %%
def moved(backbone, tokenizer, word: str, ends: tuple[str, str]):
    """Return how far a word's vector turns when what follows it changes."""
    start = getattr(tokenizer, "cls_token_id", tokenizer.end_token_id)
    place = len(tokenizer(word))
    vectors = []
    for end in ends:
        ids = np.array([[start, *map(int, tokenizer(f"{word} {end}"))]])
        x = {"token_ids": ids, "padding_mask": np.ones_like(ids)}
        if "segment_ids" in backbone.input:
            x["segment_ids"] = np.zeros_like(ids)
        out = backbone(x)
        out = out["sequence_output"] if isinstance(out, dict) else out
        vectors.append(np.array(out)[0, 1 : place + 1].mean(axis=0))
    a, b = (vector / np.linalg.norm(vector) for vector in vectors)
    return max(0.0, 1 - float(a @ b))


# %%
if __name__ == "__main__":
    ends = ("아파서 병원에 갔다", "떠나는 항구에 갔다")
    bars = {
        name: moved(
            model.backbone, model.preprocessor.tokenizer, "배가", ends
        )
        for name, model in (("BERT", bert), ("GPT", gpt))
    }
    title = "'배가'의 벡터가 달라진 정도 (1 − 코사인 유사도)"
    display.bars(bars, title).show()

# %% [markdown]
# GPT에서는 조금도 움직이지 않습니다. 뒤를 보지 않기 때문입니다. 거꾸로 BERT는 늘 앞뒤를 다 보며 배웠기 때문에, 뒤가 아직 없을
# 때 토큰을 하나씩 이어 글을 지어내는 일에는 맞지 않습니다.
#
# ## 옮기는 방법들
#
# 사전학습한 모델을 다운스트림 과제로 옮기는 방법은 여럿이고, 무엇을 바꾸는지가 다릅니다.
#
# - **미세 조정**(fine-tuning): 모든 가중치를 다운스트림 데이터로 조금씩 바꿉니다.
# - **얼린 백본**(frozen backbone): 사전학습한 몸통, 곧 백본(backbone)은 그대로 두고 그 위에서
#   로짓을 내는 층들(4장의 풀러와 분류 층)만 배웁니다.
# - **LoRA**(low-rank adaptation): 백본의 큰 행렬은 그대로 두고, 작은 행렬 둘의 곱을 거기에 더하여 그 작은 행렬들만
#   배웁니다. 백본 위의 풀러와 분류 층도 함께 배웁니다.
# - **프롬프트 튜닝**(prompt tuning): 모델은 그대로 두고 글 앞에 놓을 벡터 몇 개만 배웁니다. 글로 된 프롬프트(8장) 대신 벡터를
#   쓰는 것입니다. 모델은 사전학습 때처럼 빈칸에 들어갈 말로 답합니다.
# - **인컨텍스트 러닝**(in-context learning): 가중치를 하나도 바꾸지 않습니다. 과제의 보기를 입력에 적어 주고 이어질 말을
#   묻습니다. 보기가 없으면 제로샷(zero-shot), 하나면 원샷(one-shot), 몇 개면 퓨샷(few-shot)입니다.
#
# | 방법 | 임베딩과 층 | 풀러와 분류 층 | 프롬프트의 벡터 |
# |---|---|---|---|
# | 미세 조정 | 배움 | 배움 | 없음 |
# | 얼린 백본 | 얼림 | 배움 | 없음 |
# | LoRA | 얼리고, 더할 작은 행렬을 배움 | 배움 | 없음 |
# | 프롬프트 튜닝 | 얼림 | 없음(말로 답함) | 배움 |
# | 인컨텍스트 러닝 | 얼림 | 없음(말로 답함) | 없음(보기를 글로 적음) |
#
# ### 배우지 않고 묻기
#
# 먼저 꼬리표를 하나도 쓰지 않고 물어봅니다. `한마디로 [MASK] .` 다음에 리뷰를 붙이고 빈칸에 `최고`와 `최악` 가운데 무엇이 더
# 어울리는지를 봅니다.


# %%
def gap_answers(
    bert,
    texts: Sequence[str],
    words: dict[str, str],
    template: str = "한마디로 [MASK] . {text}",
) -> list[str]:
    """Return for each text the label whose word suits the gap best."""
    answers = []
    for text in texts:
        (shares,) = lm.fill_mask(
            bert, template.replace("{text}", text), best=10**6
        )
        if missing := set(words.values()) - set(shares):
            raise InputError(f"{missing} are no tokens of the model")
        answers.append(
            max(words, key=lambda label: shares[words[label]])
        )
    return answers


def share_right(answers: list[str], examples) -> float:
    """Return how often an answer is the example's label."""
    right = [
        a == e.label for a, e in zip(answers, examples, strict=True)
    ]
    return float(np.mean(right))


# %%
if __name__ == "__main__":
    for review in ("웃다가 울다가 나왔어요", "졸려서 혼났다"):
        text = f"한마디로 [MASK] . {review}"
        (shares,) = lm.fill_mask(bert, text, best=10**6)
        bars = {word: shares[word] for word in WORDS.values()}
        display.bars(bars, review).show()
    asked = splits.test[:100]
    texts = [example.text for example in asked]
    answers = gap_answers(bert, texts, WORDS)
    share = share_right(answers, asked)
    print(f"리뷰 {len(asked)}개에서 맞힌 비율 {share:.2f}")

# %% [markdown]
# 0.5보다 높다면, 꼬리표 없이 읽은 리뷰에서 어떤 말이 `최고`와 어울리고 어떤 말이 `최악`과 어울리는지를 배운 것입니다. 다운스트림
# 과제를 업스트림 과제의 모양으로 바꾸어 물은 것이 비결입니다.
#
# ### 보기를 보여 주고 묻기
#
# GPT에게는 보기를 먼저 보여 줄 수 있습니다. 보기 뒤에 답을 물어볼 글을 이어 붙이고, 다음 말로 `최고`와 `최악` 가운데 어느 쪽이 더
# 그럴듯한지를 봅니다. 가중치는 하나도 바뀌지 않습니다. 모델이 읽는 것은 이것이 전부입니다.

# %%
if __name__ == "__main__":
    shots = [
        LabeledText("또 보고 싶은 영화", "긍정"),
        LabeledText("돈이 아깝다", "부정"),
    ]
    classify = InContextClassifier(gpt, WORDS, shots, TEMPLATE)
    print(
        classify.shown
        + classify.template.replace("{text}", "두 번 봤어요")
    )
    (shares,) = classify(["두 번 봤어요"])
    bars = dict(zip(WORDS, shares, strict=True))
    display.bars(bars, "두 번 봤어요", limit=1.0).show()

# %% [markdown]
# 모델에게는 글과 상관없이 더 좋아하는 말이 있습니다. 그래서 아무 뜻이 없는 글(빈 글, `...`, `N/A`)에 무엇이라고 답하는지를 먼저
# 재고, 답의 확률을 그 확률로 나눈 다음 합이 1이 되게 맞춥니다. 이것을 보정(calibration)이라고 하며, 위의 답에도 들어 있습니다. 보기를 무엇으로 고르고
# 어떤 순서로 놓는지에 따라서도 답이 달라지므로, 보기를 열 번 달리 골라 점수의 폭까지 봅니다. 보기가
# 넷이면 두 범주에서 둘씩 고릅니다. 하나뿐이면 모델은 한쪽 꼬리표만 보고 답하게 됩니다.


# %%
def choose_shots(pool, count: int, seed: int) -> list[LabeledText]:
    """Return short examples, of each class as many, or nearly."""
    generator = random.Random(seed)
    short = [example for example in pool if len(example.text) <= 25]
    chosen = generator.sample(short, len(short))
    if count > 1:
        sides = [[e for e in chosen if e.label == x] for x in WORDS]
        chosen = [e for both in zip(*sides, strict=False) for e in both]
    return generator.sample(chosen[:count], count)


def in_context_scores(gpt, examples, pool, count: int, times: int):
    """Return accuracies with `times` choices of `count` shots, (2, times):
    as the model answers, and calibrated.
    """
    texts = [example.text for example in examples]
    right = np.array([[*WORDS].index(e.label) for e in examples])
    scores = []
    for seed in range(times):
        shots = choose_shots(pool, count, seed)
        ask = InContextClassifier(gpt, WORDS, shots, TEMPLATE)
        shares = ask(texts)
        both = np.stack([shares * ask.prejudice, shares])
        scores.append(np.mean(both.argmax(axis=2) == right, axis=1))
    return np.transpose(scores)


# %%
if __name__ == "__main__":
    some = dataclasses.replace(splits, test=asked)
    rows = [["없음", "다수 범주", *[ch04.majority_accuracy(some)] * 3]]
    for count, times in ((0, 1), (1, 10), (4, 10)):
        both = in_context_scores(gpt, asked, splits.train, count, times)
        for name, scores in zip(("아니요", "예"), both, strict=True):
            row = [np.mean(scores), min(scores), max(scores)]
            rows.append([f"{count}개", name, *row])
    columns = ["보기", "보정", "정확도", "최솟값", "최댓값"]
    display.table(columns, rows).show()
    ratio = 175e9 / gpt.count_params()
    print(f"GPT-3의 가중치는 이 모델의 {ratio:,.0f}배")

# %% [markdown]
# 정확도를 늘 많은 쪽으로만 답할 때(첫 줄)와 견주고, 보기가 0개일 때와도 견주어 보세요. 이렇게 작은 모델은 보기를 보여 주면 도리어
# 점수가 떨어지기도 합니다. 보기를 늘릴수록 뚜렷이 나아지는 것은 주로 아주 큰 모델입니다. 가중치가 1,750억 개인 GPT-3는 상식을 묻는
# TriviaQA에서 보기가 없을 때 64.3%, 하나일 때 68.0%, 몇십 개일 때 71.2%를 맞혔습니다(Brown 외, 2020). 더 큰 모델이 있으면
# 이름만 바꾸어 물어볼 수 있습니다. `few.tsv`는 `text`와 `label` 열이 있는 표입니다.
#
# ```sh
# kerasnlp-tutorial classify-in-context kogpt2-base-v2 \
#   --labels 긍정=최고,부정=최악 --template "{text} 한마디로 {label}" \
#   --shots few.tsv "두 시간이 아깝다"
# ```
#
# ### 조금만 배우기, 많이 배우기
#
# 이제 꼬리표로 배웁니다. 견주려고, 사전학습하지 않고 난수에서 출발하는 모델도 함께 학습합니다. 층의 수와 벡터의 크기는 같고, 어휘
# 집합은 이 리뷰에서 새로 배우므로 더 작습니다. 리뷰 512개를 다섯 에포크(epoch), 곧 다섯 번씩 보는 것은 모두
# 같습니다. 한 걸음에 가중치를 얼마나 바꿀지 정하는 학습률(learning rate)은 방법마다 알맞은 값을 씁니다.

# %%
METHODS = {
    "scratch": "난수에서",
    "frozen": "얼린 백본",
    "lora": "LoRA",
    "prompt": "프롬프트 튜닝",
    "full": "미세 조정",
}


def transfer_by(method: str, splits: datasets.Splits, epochs: int = 5):
    """Return accuracies by epoch, how many numbers were learnt, seconds."""
    change = {"backbone" if method == "scratch" else "method": method}
    config = ch04.Config(**{"backbone": "bert_mini_ko"} | change)
    started = time.monotonic()
    model = ch04.build_model(config, splits)
    train_set, test_set = (
        ch04.make_dataset(
            part, model, splits.labels, config, training_set=shuffle
        )
        for part, shuffle in (
            (splits.train, True),
            (splits.test, False),
        )
    )
    steps = epochs * len(train_set)
    schedule = training.WarmupLinearDecay(
        config.learning_rate, steps, config.warmup_ratio
    )
    with training.already_encoded(model):
        history = model.fit(
            train_set,
            validation_data=test_set,
            epochs=epochs,
            callbacks=[schedule],
            verbose=0,
            shuffle=False,  # the dataset shuffles itself
        ).history
    learnt = transfer.trainable_parameters(model)
    seconds = time.monotonic() - started
    return history["val_accuracy"], learnt, seconds


# %%
if __name__ == "__main__":
    some = dataclasses.replace(splits, train=splits.train[:512])
    majority = ch04.majority_accuracy(some)
    rows, lines = [["다수 범주", majority, "0", "0", "0", "-"]], {}
    for method, name in METHODS.items():
        scores, learnt, seconds = transfer_by(method, some)
        lines[name] = scores
        above = (i for i, a in enumerate(scores, 1) if a >= 0.7)
        rows.append(
            [
                name,
                scores[-1],
                f"{learnt:,}",
                f"{4 * learnt / 1000:,.0f}",
                f"{seconds:.0f}",
                str(next(above, "-")),
            ]
        )
    columns = ["방법", "정확도", "배운 가중치", "그 크기(KB)", "초"]
    display.table([*columns, "0.7까지 에포크"], rows).show()
    print(f"평가 리뷰 {len(some.test)}개, 앞에서는 {len(asked)}개")
    display.curves(lines, "평가 정확도", "에포크", start=1).show()

# %% [markdown]
# 배운 가중치가 적을수록 따로 저장할 것도 적습니다. 프롬프트는 몇십 KB이면 되므로 모델 하나에 과제마다 프롬프트를 하나씩 두고 바꿔
# 끼울 수 있습니다(이 패키지가 따로 저장하는 것은 프롬프트뿐이고, 얼린 백본과 LoRA는 모델 전체를 저장합니다). 대신 천천히
# 배웁니다. 걸음의 수가 같으면 난수에서 출발한 모델을 앞서지 못하기도 합니다. 모델이 클수록 미세 조정에 가까워져서, 가중치가 수십억 개를
# 넘으면 미세 조정만큼 잘합니다(Lester 외, 2021).
#
# 하나도 배우지 않고 물은 앞의 점수와도 견주어 보세요. 다만 잰 리뷰의 수가 다르고 많지도 않으므로 몇 점의 차이는 우연일 수
# 있습니다. 네이버 영화 리뷰(NSMC)로 꼬리표의 수를 바꾸어 가며, 미리 학습한 모델을 미세 조정한 것과 난수에서
# 출발한 것을 평가 리뷰 2,000개 이상으로 견주면 이렇습니다. 표와 명령은 저장소의 `README`에 있습니다.

# %%
if __name__ == "__main__":
    display.measured("transfer", "NSMC 정확도").show()

# %% [markdown]
# 난수에서 출발한 모델은 꼬리표를 열 배쯤 보아야 미리 학습한 모델을 따라잡습니다. 같은 정확도까지 걸리는 걸음도 미리 학습한 쪽이
# 4분의 1에서 5분의 1쯤입니다. 전이학습을 하면 꼬리표가 적어도 더 잘하고 더 빨리 배웁니다.
#
# 그러면 업스트림 학습은 얼마나 오래 해야 할까요? 이 패키지의 BERT를 CPU에서 미리 학습한 시간을 늘려 가며, 꼬리표 1,000개로 미세
# 조정한 정확도입니다.

# %%
if __name__ == "__main__":
    display.measured("pretraining", "NSMC 정확도").show()

# %% [markdown]
# 처음 95분이 8점을 주고, 그다음 85분은 1점 남짓, 다시 80분은 0.2점쯤을 줍니다. 가중치가 육백만 개인 모델이 같은 글을 다섯 번 넘게
# 읽었으니, 더 잘하게 하려면 시간보다 더 큰 모델과 더 많은 글이 필요합니다. 큰 모델에는 빠른 기계도 필요합니다. 같은 CPU에서
# 같은 120분을 주면 6층 × 384인 모델은 0.730, 4층 × 256인 모델은 0.772입니다. 큰 모델은 그동안 글을 40%만큼밖에 읽지 못했습니다.
#
# 옮기는 방법들을 같은 데이터로 견주면 이렇습니다.

# %%
if __name__ == "__main__":
    display.measured("transfer_methods", "NSMC 정확도").show()

# %% [markdown]
# - 꼬리표가 64개까지는 배우지 않고 묻는 것이 가장 낫습니다. 다만 인컨텍스트 러닝은 짧은 리뷰 500개로 따로 쟀습니다. 예제 하나로
#   배우면 어느 방법이나 그 꼬리표만 답합니다.
# - 꼬리표가 64개면 얼린 백본도 LoRA도 미세 조정에 가깝습니다. 많아질수록 많이 배우는 쪽이 앞서고, 10,000개면 난수에서
#   출발한 모델도 얼린 백본을 앞섭니다.
# - 프롬프트 튜닝은 바꾸는 수가 가장 적습니다. 꼬리표가 1,000개부터는 배우지 않고 묻는 것보다 낫지만, 걸음을 네 배 주어도 미세
#   조정에는 미치지 못합니다. 모자라는 만큼은 1,000개에서 BERT의 프롬프트가 4.3점, GPT의 프롬프트가 1.4점입니다.
#
# 명령줄에서는 `--method`로 고릅니다.
#
# ```sh
# kerasnlp-tutorial train ch04 --method lora
# kerasnlp-tutorial train ch04 --method prompt --set prompt_length=20
# kerasnlp-tutorial train ch04 --method prompt --backbone gpt2_mini_ko
# ```
#
# ## 학습의 흐름
#
# 설정에서 시작해 학습을 마친 모델을 얻기까지의 길은 어느 과제나 같습니다. 칸의 이름을 누르면 4장에서 그 일을 하는
# 곳으로 갑니다. 다만 코드에서는 `build_model`을 `make_dataset`보다 먼저 부릅니다. 토크나이저가 모델에 들어 있기 때문입니다.
#
# | |
# |:-:|
# | [**설정** `Config`](ch04_document_classification.ipynb#설정) |
# | ↓ 무엇을 어떻게 할지 |
# | [**데이터** `load_examples`](ch04_document_classification.ipynb#말뭉치) |
# | ↓ 글과 꼬리표 |
# | [**사전학습한 모델** `load_bert`](ch04_document_classification.ipynb#모델) |
# | ↓ 백본과 그 토크나이저 |
# | [**토크나이저** `model.preprocessor`](ch04_document_classification.ipynb#토크나이저) |
# | ↓ 토큰 번호 |
# | [**데이터 로더** `make_dataset`](ch04_document_classification.ipynb#데이터-로더) |
# | ↓ 배치(batch), 곧 한 걸음에 함께 배우는 예제의 묶음 |
# | [**과제** `build_model`](ch04_document_classification.ipynb#모델) |
# | ↓ 로짓 |
# | [**학습** `train`](ch04_document_classification.ipynb#학습) |
#
# 리뷰 하나가 이 길을 지나는 것을 따라가며, 칸마다 실제로 나오는 것을 봅니다.

# %%
if __name__ == "__main__":
    config = ch04.Config()
    model = ch04.build_model(config, splits)
    review = splits.train[:1]
    dataset = ch04.make_dataset(review, model, splits.labels, config)
    ((x, y),) = dataset
    tokenizer = model.preprocessor.tokenizer
    tokens = [
        tokenizer.id_to_token(int(i))
        for i in x["token_ids"][0]
        if i != tokenizer.pad_token_id
    ]
    with training.already_encoded(model):
        before = np.array(model(x))
        loss, *_ = model.train_on_batch(x, y)
        after = np.array(model(x))
    in_backbone = model.backbone.count_params()
    shape = tuple(x["token_ids"].shape)
    logits = [
        " ".join(
            f"{label} {z:.2f}"
            for label, z in zip(splits.labels, row, strict=True)
        )
        for row in (before[0], after[0])
    ]
    settings = f"{config.backbone}, 학습률 {config.learning_rate}"
    rows = [
        ["설정 Config", settings],
        [
            "데이터 load_examples",
            f"{review[0].text} ({review[0].label})",
        ],
        ["사전학습한 모델 load_bert", f"가중치 {in_backbone:,}개"],
        ["토크나이저 model.preprocessor", " ".join(tokens)],
        [
            "데이터 로더 make_dataset",
            f"token_ids {shape}, 정답 {int(y[0])}",
        ],
        ["과제 build_model", f"로짓 {logits[0]}"],
        ["학습 train", f"로짓 {logits[1]}"],
        ["", f"배우기 전의 손실 {float(loss):.2f}"],
    ]
    display.table(["단계", "나오는 것"], rows).show()

# %% [markdown]
# `과제`는 한 걸음 배우기 전의 로짓, `학습`은 배운 뒤의 로짓입니다. 손실(loss)은 답이 정답에서 먼 정도입니다. 이 걸음을 되풀이하면 4장의 모델이 됩니다.
#
# ## 요약
#
# - 전이학습은 한 과제에서 배운 것을 다른 과제로 옮기는 일입니다. 꼬리표 없는 글로 미리 배우면 꼬리표가 적어도 됩니다.
# - 다음 단어 맞히기로 GPT를, 빈칸 채우기로 BERT를 사전학습합니다. 답이 글 안에 있으므로 꼬리표가 필요 없습니다.
# - 다운스트림 과제는 모두 정해진 후보 가운데 하나를 고르는 분류입니다.
# - 옮기는 방법은 배우는 양에 따라 미세 조정, LoRA, 얼린 백본, 프롬프트 튜닝, 인컨텍스트 러닝으로 나뉩니다.
# - 과제를 업스트림 과제의 모양으로 물으면 꼬리표가 하나도 없어도 답을 얻을 수 있습니다.
#
# ## 연습 문제
#
# **1. 다른 말로 묻기.** `한마디로 [MASK] .` 대신 다른 말로 물으면 정확도가 어떻게 되나요? 물음을 몇 가지 지어 견주어 보세요.
# 고르는 데에는 평가 데이터 대신 검증 데이터(`splits.validation`)를 씁니다. 평가 데이터로 고르면 거기에 우연히 잘 맞은 물음이
# 뽑혀 점수가 실제보다 높게 나옵니다.

# %% tags=["solution"]
if __name__ == "__main__":
    known = splits.validation[:100]
    texts = [example.text for example in known]
    rows = []
    for template in (
        "한마디로 [MASK] . {text}",
        "{text} 한마디로 [MASK]",
        "[MASK] 의 영화 . {text}",
    ):
        answers = gap_answers(bert, texts, WORDS, template)
        rows.append([template, share_right(answers, known)])
    display.table(["물음", "정확도"], rows).show()

# %% [markdown]
# **2. 읽을 것이 늘면.** 속담을 하나, 셋, 열 개 읽을 때, `태산`의 확률은 어느 때에 0.5를 먼저 넘나요?


# %% tags=["solution"]
def first_above(values: Sequence[float], limit: float) -> int | None:
    """Return the place of the first value above a limit; None if none is."""
    return next(
        (i for i, value in enumerate(values) if value > limit), None
    )


# %% tags=["solution"]
if __name__ == "__main__":
    rows = []
    for count in (1, 3, 10):
        keras.utils.set_random_seed(7)
        shares = watch_next_word(
            PROVERBS[:count], "티끌 모아", [" 태산"]
        )
        rows.append([count, str(first_above(shares[" 태산"], 0.5))])
    display.table(["속담", "0.5를 넘는 걸음"], rows).show()

# %% [markdown]
# **3. 많은 꼬리표와 옳은 꼬리표.** 넷에 하나꼴로 틀린 꼬리표 600개와 모두 옳은 꼬리표 200개 가운데 어느 쪽으로 배우는 것이
# 나은가요? 모두 옳은 꼬리표가 50개뿐이면 어떤가요?

# %% tags=["solution"]
if __name__ == "__main__":
    rows = []
    for count, share in ((600, 0.25), (200, 0.0), (50, 0.0)):
        tries = []
        for seed in range(10):
            generator = np.random.default_rng(seed)
            chosen = generator.permutation(len(train))[:count]
            marks = flipped(labels[chosen], share, seed)
            tries.append(
                linear_accuracy(train[chosen], marks, test, right)
            )
        rows.append([count, f"{share:.0%}", np.mean(tries)])
    display.table(["꼬리표", "틀린 것", "정확도"], rows).show()

# %% [markdown]
# ## 더 읽을거리
#
# - Devlin 외(2019), *BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding*. 빈칸 채우기로 사전학습하고 미세 조정하기
# - Radford 외(2018), *Improving Language Understanding by Generative Pre-Training*. 다음 단어로 사전학습하기
# - Brown 외(2020), *Language Models are Few-Shot Learners*. 인컨텍스트 러닝
# - Hu 외(2021), *LoRA: Low-Rank Adaptation of Large Language Models*
# - Lester 외(2021), *The Power of Scale for Parameter-Efficient Prompt Tuning*
# - Zhao 외(2021), *Calibrate Before Use: Improving Few-Shot Performance of Language Models*
# - Schick와 Schütze(2021), *Exploiting Cloze Questions for Few Shot Text Classification and Natural Language Inference*. 빈칸으로 바꾸어 묻기
