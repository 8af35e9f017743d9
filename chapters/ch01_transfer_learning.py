# %% [markdown]
# # 1장 처음 만나는 전이학습
#
# 피아노를 오래 친 사람은 오르간을 빨리 배웁니다. 악보를 읽는 법을 이미 알기 때문입니다. 글을 많이 읽은 모델도
# 처음부터 배우는 모델보다 새 일을 더 빨리, 대개 더 잘 배웁니다. 이렇게 한 과제에서 배운 것을 다른 과제로 옮기는 일을
# **전이학습**(transfer learning)이라고 합니다. 이 책의 모든 장이 여기에서 출발합니다.
#
# ## 이 장에서 배우는 것
#
# - 모델이란 무엇이고, 학습하면 모델의 무엇이 바뀌는지
# - 글만 읽고 배우는 두 과제: 다음 단어 맞히기와 빈칸 채우기
# - 이 책에서 푸는 다섯 과제
# - 배운 것을 옮기는 세 방법과, 데이터에서 예측까지의 흐름
#
# ## 모델은 함수입니다
#
# 사람의 말을 컴퓨터로 다루는 일을 자연어 처리(natural language processing)라고 합니다. 자연어 처리 모델은 글을
# 받아서 답마다 **확률**을 내는 함수이고, 확률이 가장 큰 것이 모델의 답입니다.
#
# ```text
# "정말 재미있는 영화"  ──▶  모델  ──▶  긍정 0.9, 부정 0.1
# ```
#
# 단어마다 긍정과 부정의 점수를 적어 두고, 글에 나온 단어의 점수를 더하는 가장 단순한 모델을 만들어 봅니다.

# %%
import numpy as np

from kerasnlp_tutorial import display

LABELS = ["긍정", "부정"]
TOY_REVIEWS = [
    ("정말 재미있는 영화", "긍정"),
    ("연기가 정말 좋다", "긍정"),
    ("정말 지루한 영화", "부정"),
    ("연기가 너무 어색하다", "부정"),
]


def new_weights(reviews) -> dict[str, np.ndarray]:
    """모든 단어의 점수를 0으로 둡니다."""
    words = {word for text, _ in reviews for word in text.split()}
    return {word: np.zeros(len(LABELS)) for word in sorted(words)}


def softmax(scores: np.ndarray) -> np.ndarray:
    """점수를 합이 1인 확률로 바꿉니다."""
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def classify(weights, text: str) -> np.ndarray:
    """글에 나온 단어의 점수를 더해 답마다 확률을 냅니다."""
    known = [weights[w] for w in text.split() if w in weights]
    return softmax(np.sum([np.zeros(len(LABELS)), *known], axis=0))


# %% [markdown]
# 단어마다 적어 둔 수처럼, 모델이 계산에 쓰고 학습하며 바꾸는 수를 **가중치**(weight)라고 합니다. 더한 점수를
# 로짓(logit), 로짓을 합이 1인 확률로 바꾸는 함수를 소프트맥스(softmax)라고 합니다.
#
# ## 학습은 정답의 확률을 높이는 일입니다
#
# 글마다 사람이 달아 둔 정답을 **레이블**(label)이라고 합니다. 모델의 답을 레이블과 비교해서, 정답의 확률이 조금
# 오르도록 가중치를 조금 바꿉니다. 이렇게 한 번 바꾸는 것이 한 스텝(step)이고, 한 번에 얼마나 바꿀지 정하는 수가
# 학습률(learning rate)입니다. 학습 데이터를 한 번 모두 보는 동안을 에포크(epoch)라고 합니다.
#
# 정답에서 먼 정도는 손실(loss)이라는 수 하나로 나타냅니다. 정답의 확률이 1이면 손실이 0이고, 확률이 낮을수록
# 손실이 커집니다.


# %%
def train_step(weights, text: str, label: str, rate=0.5) -> float:
    """가중치를 한 번 바꾸고, 바꾸기 전의 손실을 돌려줍니다."""
    probabilities = classify(weights, text)
    target = np.array([float(name == label) for name in LABELS])
    for word in text.split():
        weights[word] += rate * (target - probabilities)
    return -float(np.log(probabilities[LABELS.index(label)]))


def epoch_losses(weights, rate=0.5, epochs=20) -> list[float]:
    """작은 모델을 학습하고, 에포크마다 손실의 평균을 돌려줍니다."""
    losses = [
        [train_step(weights, *pair, rate) for pair in TOY_REVIEWS]
        for _ in range(epochs)
    ]
    return np.mean(losses, axis=1).tolist()


# %%
if __name__ == "__main__":
    weights = new_weights(TOY_REVIEWS)
    text, label = TOY_REVIEWS[0]
    rows = [["학습 전", *classify(weights, text)]]
    train_step(weights, text, label)
    rows.append(["1스텝 뒤", *classify(weights, text)])
    losses = epoch_losses(weights)
    rows.append(["20에포크 뒤", *classify(weights, text)])
    display.table([text, *LABELS], rows).show()
    display.curves({"손실": losses}, "손실", "에포크", 1).show()

# %% [markdown]
# 반반이던 확률이 긍정 쪽으로 기울고, 손실은 줄어듭니다. 단어의 가중치와, 처음 보는 글의 확률입니다.

# %%
if __name__ == "__main__":
    rows = [[w, *weights[w]] for w in ("재미있는", "지루한", "영화")]
    display.table(["단어", *LABELS], rows).show()
    texts = ["재미있는 연기가", "연기가 어색하다", "시간이 아깝다"]
    rows = [[text, *classify(weights, text)] for text in texts]
    display.table(["처음 보는 글", *LABELS], rows).show()

# %% [markdown]
# 아무도 `재미있는`이 좋은 말이라고 알려 주지 않았지만, 레이블에 맞추다 보니 가중치가 그렇게 정해졌습니다. 양쪽에 다
# 나온 `영화`의 가중치는 작습니다. 마지막 글은 배운 글에 없던 단어뿐이어서 반반입니다. 이 모델은 단어의 순서도 모르고,
# `좋다`와 `훌륭하다`가 비슷한 말이라는 것도 모릅니다.
#
# 그래서 요즘은 계산을 여러 겹 쌓은 **딥러닝**(deep learning) 모델을 씁니다. 그 한 겹을 레이어(layer)라고 합니다.
# 가중치가 수백만에서 수천억 개여도 배우는 법은 같습니다. 답을 내고, 손실을 재고, 가중치를 조금 바꿉니다.
#
# ## 먼저 읽고, 나중에 풉니다
#
# 가중치가 많으면 레이블도 많이 필요합니다. 그런데 레이블에는 품이 들지만, 레이블이 없는 글은 얼마든지 있습니다.
# 그래서 두 번에 나누어 배웁니다.
#
# 1. **업스트림 과제**(upstream task): 레이블 없는 많은 글로 먼저 배우는 과제입니다. 이것을 학습해 두는 일을
#    사전학습(pretraining)이라고 합니다. 한 번, 오래 합니다.
# 2. **다운스트림 과제**(downstream task): 정작 풀려는 과제입니다. 사전학습 모델에서 출발하므로 레이블이 적어도
#    됩니다. 여러 번, 조금씩 합니다.
#
# ![위에 업스트림 과제 둘, 다음 단어 맞히기(GPT)와 빈칸 채우기(BERT)가 있다. 레이블 없는 많은 글로 이것을 사전학습한 모델이 가운데 있고, 아래의 다운스트림 과제 다섯, 곧 문서 분류, 문장 쌍 분류, 개체명 인식, 질의응답, 문장 생성으로 이어진다.](../docs/images/pictures/transfer_learning.svg)
#
# ## 업스트림 과제 하나: 다음 단어 맞히기
#
# `티끌 모아` 다음에 올 단어는 무엇일까요? 한국어를 오래 쓴 사람은 `태산`이라고 답합니다. 이렇게 앞의 글을 보고
# 다음에 올 단어를 답하는 것이 다음 단어 맞히기(next word prediction)이고, 단어에 확률을 주는 모델을
# **언어 모델**(language model)이라고 합니다. 정답은 글에 적힌 다음 단어이므로, 스텝마다 그 단어의 확률을 높입니다.
# 속담 여섯 개만 읽는 아주 작은 언어 모델을 학습하면서, `티끌 모아` 다음에 `태산`과 `새우`가 올 확률을 물어봅니다.

# %%
from dataclasses import dataclass

import keras

from kerasnlp_tutorial import language_models as lm
from kerasnlp_tutorial.tiny_models import watch_next_word

PROVERBS = [
    "티끌 모아 태산",
    "가는 말이 고와야 오는 말이 곱다",
    "천 리 길도 한 걸음부터",
    "고래 싸움에 새우 등 터진다",
    "소 잃고 외양간 고친다",
    "빈 수레가 요란하다",
]


@dataclass(frozen=True)
class Config:
    """이 장에서 하는 학습의 길이."""

    next_word_steps: int = 40
    reviews: int = 400
    epochs: int = 2

    @classmethod
    def quick(cls):
        """몇 초면 끝나는 길이."""
        return cls(5, 32, 1)


# %%
if __name__ == "__main__":
    config = Config()
    keras.utils.set_random_seed(7)
    words, steps = [" 태산", " 새우"], config.next_word_steps
    probabilities = watch_next_word(PROVERBS, "티끌 모아", words, steps)
    title = "'티끌 모아' 다음에 올 확률"
    display.curves(probabilities, title, "스텝").show()

# %% [markdown]
# `태산`의 확률만 1에 가까워집니다. 속담 여섯 개를 외운 것뿐이지만, 글이 아주 많으면 다 외울 수 없어서 단어의 뜻과
# 문법을 배우는 쪽이 유리해집니다. 패키지에 든 언어 모델 `gpt2_mini_ko`는 영화 리뷰와 기술 문서를 읽으며 같은 일을 오래
# 했습니다. 모델이 글을 읽는 단위는 단어보다 작은 조각일 때가 많고, 그것을 토큰(token)이라고 합니다(2장).

# %%
if __name__ == "__main__":
    from kerasnlp_tutorial.checkpoints import load_causal_lm

    gpt = load_causal_lm("gpt2_mini_ko")
    for text in ("시간 가는 줄", "티끌 모아"):
        probabilities = lm.next_tokens(gpt, text, best=5)
        display.bars(probabilities, f"'{text}' 다음 토큰의 확률").show()

# %% [markdown]
# 리뷰에 흔한 말은 그럴듯하게 잇지만 `티끌 모아` 다음은 `태산`이라고 하지 않습니다. 읽은 글에 속담이 거의 없기
# 때문입니다. 모델은 읽은 글을 닮습니다.
#
# ## 업스트림 과제 둘: 빈칸 채우기
#
# `티끌 [MASK] 태산`의 빈칸에는 `모아`가 들어갑니다. 이렇게 글 가운데의 빈칸을 채우는 것이 빈칸 채우기(masked
# language modeling)이고, 그런 모델을 마스크 언어 모델(masked language model)이라고 합니다. 앞만 보는 다음 단어
# 맞히기와 달리 앞뒤를 다 볼 수 있습니다. 빈칸을 스텝마다 다른 자리에 뚫고, 거기에 있던 단어의 확률을 높입니다.
#
# 다음 단어 맞히기로 사전학습한 대표적인 모델이 **GPT**, 빈칸 채우기로 사전학습한 대표적인 모델이
# **BERT**입니다. 영화 리뷰와 기술 문서를 오래 읽은 `bert_mini_ko`에게 물어봅니다.

# %%
if __name__ == "__main__":
    from kerasnlp_tutorial.checkpoints import load_masked_lm

    bert = load_masked_lm("bert_mini_ko")
    for text in ("이 영화를 보고 [MASK] 흘렸다", "티끌 [MASK] 태산"):
        (probabilities,) = lm.fill_mask(bert, text, best=5)
        display.bars(probabilities, text).show()

# %% [markdown]
# 앞뒤에 어울리는 말이 나옵니다. 속담처럼 잘 모르는 글에는 엉뚱한 말을 넣습니다. 앞에 `##`이 붙은 것은 앞 단어에
# 이어 붙는 조각입니다.
#
# ## 글이 문제이자 정답입니다
#
# 두 과제는 문제도 답도 **글 자체에서** 나옵니다. `소 잃고 외양간 고친다` 한 문장이 `소 잃고` 다음은 `외양간`,
# `소 [MASK] 외양간 고친다`의 빈칸은 `잃고`와 같은 문제 여럿이 됩니다. 데이터가 스스로 정답이 되는 이런 학습을
# 자기지도 학습(self-supervised learning), 사람이 단 레이블로 배우는 것을 지도 학습(supervised learning)이라고 합니다.
#
# ## 다운스트림 과제 다섯
#
# 이 책에서 푸는 과제는 다섯이고, 다섯 모두 정해진 후보 가운데 하나를 고르는 분류입니다. 무엇을 읽고 어디에서
# 고르는지만 다릅니다.
#
# **문서 분류**(document classification)는 글 하나를 읽고 범주 하나를 고릅니다(4장). `[CLS]`와 `[SEP]`은 글의 맨
# 앞과 끝에 붙이는 특수한 토큰이고, 답은 글 전체를 대표하는 `[CLS]`에서 나옵니다.
#
# ![리뷰 '연기가 좋네'가 [CLS] 연기 ##가 좋네 [SEP]로 나뉘어 BERT에 들어가고, 맨 앞의 [CLS] 아래에서 긍정 0.90, 부정 0.10이라는 답이 나온다.](../docs/images/pictures/first_classification.svg)
#
# **문장 쌍 분류**(sentence-pair classification)는 문장 둘을 읽고 둘의 관계를 고릅니다(5장). 앞 문장을 믿을 때
# 뒤 문장이 참인지, 거짓인지, 알 수 없는지(중립)를 가리는 자연어 추론(natural language inference)이 대표입니다.
# 두 문장 사이에도 `[SEP]`을 넣습니다.
#
# ![앞 문장 '비가 온다'와 뒤 문장 '비가 그쳤다'가 [CLS] 비가 온다 [SEP] 비가 그쳤다 [SEP] 한 줄로 BERT에 들어가고, [CLS] 아래에서 참 0.05, 거짓 0.85, 중립 0.10이라는 답이 나온다.](../docs/images/pictures/first_pair.svg)
#
# 사람, 장소, 날짜처럼 이름이나 값에 해당하는 말을 개체명(named entity)이라고 합니다. **개체명 인식**(named
# entity recognition)은 그것을 찾아 종류를 가립니다(6장). 토큰마다 하나씩 답합니다.
#
# ![문장 '이순신은 서울에서 살았다'가 토큰으로 나뉘어 BERT에 들어가고, 토큰마다 답이 하나씩 나온다. 이순신은 사람, 서울은 장소이고 ##은, ##에서, 살았다는 이름이 아니므로 없음이다.](../docs/images/pictures/first_entities.svg)
#
# **질의응답**(question answering)은 질문과 지문을 읽고 지문에서 답을 찾습니다(7장). 지문의 토큰 가운데 답이
# 시작하는 것과 끝나는 것을 하나씩 고릅니다.
#
# ![질문 '언제 태어났나?'와 지문 '1545년 출생'이 [CLS] 질문 [SEP] 1545 ##년 출생 [SEP] 한 줄로 BERT에 들어간다. 지문의 토큰 가운데 1545 아래에 시작, ##년 아래에 끝이라고 적혀 있다.](../docs/images/pictures/first_answer.svg)
#
# **문장 생성**은 글을 이어 씁니다(8장). 모델이 아는 토큰 모두에 확률을 매겨 하나를 고르고, 그것을 뒤에 붙여
# 다시 고릅니다.
#
# ![글 '시간 가는 줄'이 GPT에 들어가고, 마지막 토큰 줄 아래에서 다음 토큰의 확률, 모르고 0.80, 알고 0.15, 없이 0.05가 나온다. 고른 토큰을 글 뒤에 붙여 다시 넣는다.](../docs/images/pictures/first_generation.svg)
#
# 앞의 네 과제는 앞뒤를 다 보는 BERT로 풉니다. 사전학습 때와 답이 다르므로 BERT 위에 답을 고르는 작은 레이어를
# 새로 얹습니다. 문장 생성은 GPT로 풉니다. 다음 단어를 맞히던 모델을 그대로 쓰면 됩니다.
#
# ## 배운 것을 옮기는 세 방법
#
# 사전학습 모델을 쓰는 방법은 크게 셋입니다. 그림의 동결은 가중치를 바꾸지 않고 그대로 둔다는 뜻입니다.
#
# ![파인튜닝, 프롬프트 튜닝, 인컨텍스트 러닝이 세로로 놓여 있다. 파인튜닝은 리뷰를 넣고 모델의 가중치를 학습한다. 프롬프트 튜닝은 리뷰 앞에 학습한 벡터를 놓고 모델은 동결한다. 인컨텍스트 러닝은 아무것도 학습하지 않고 입력에 예제를 적는데, 예제가 없으면 제로샷, 하나면 원샷, 여럿이면 퓨샷이다.](../docs/images/pictures/three_ways.svg)
#
# ### 파인튜닝
#
# **파인튜닝**(fine-tuning)은 사전학습 모델의 모든 가중치를 레이블이 있는 데이터로 조금씩 더 학습하는 것입니다.
# 4장부터는 과제가 달라도 늘 같은 길을 갑니다. 4장의 함수를 빌려 그 길을 한 번 따라가 봅니다.
#
# - **설정**: 모델, 학습률처럼 사람이 미리 정하는 값, 곧 하이퍼파라미터를 적습니다.
# - **데이터**: 글과 레이블을 읽어, 학습할 것과 점수를 잴 것으로 나눕니다. 학습에 쓰지 않고 점수를 재는 쪽이
#   평가 데이터(test data)입니다.

# %%
from kerasnlp_tutorial import training
from kerasnlp_tutorial.chapters import (
    ch04_document_classification as ch04,
)
from kerasnlp_tutorial.datasets import LabeledText

EXAMPLES = [
    LabeledText("또 보고 싶은 영화", "긍정"),
    LabeledText("돈이 아깝다", "부정"),
]

# %%
if __name__ == "__main__":
    settings = ch04.Config(max_train_examples=config.reviews)
    splits = ch04.load_examples(settings)
    print("모델", settings.backbone, "학습률", settings.learning_rate)
    print(f"학습할 리뷰 {len(splits.train)}개")
    majority = ch04.majority_accuracy(splits)
    print(f"한 가지로만 답하면 맞히는 비율 {majority:.2f}")
    short = [e for e in splits.train if len(e.text) < 20][:4]
    rows = [[e.text, e.label] for e in short]
    display.table(["글", "레이블"], rows).show()

# %% [markdown]
# - **모델**: 사전학습 모델에서 가져온 부분인 백본(backbone) 위에, 레이블마다 로짓을 내는 레이어인 분류
#   헤드(classification head)를 새로 얹습니다.
# - **토크나이저**(tokenizer): 글을 토큰으로 쪼개고 번호로 바꿉니다.
# - **데이터 로더**(data loader): 예제를 한 묶음, 곧 배치(batch)로 만듭니다. 한 배치는 네모난 표여야 하므로,
#   짧은 글의 남는 자리를 `[PAD]`라는 토큰으로 채웁니다. 이것이 패딩입니다. 리뷰 둘로 배치를 만들어 봅니다.

# %%
if __name__ == "__main__":
    model = ch04.build_model(settings, splits)
    (batch,) = ch04.make_dataset(
        EXAMPLES, model, splits.labels, settings
    )
    token = model.preprocessor.tokenizer.id_to_token
    ids = batch[0]["token_ids"].numpy().T.tolist()
    rows = [[token(a), a, token(b), b] for a, b in ids]
    names = ["글 1", "번호 1", "글 2", "번호 2"]
    display.table(names, rows).show()

# %% [markdown]
# 번호는 어휘 집합에서 토큰이 선 자리입니다(2장).
#
# - **학습**: 배치마다 한 스텝씩, 손실이 줄도록 가중치를 바꿉니다. Keras의 `fit`이 하는 일입니다. 에포크가 끝날
#   때마다 평가 데이터에서 맞힌 비율을 잽니다.


# %%
def accuracies(model, config, splits, epochs: int) -> list[float]:
    """모델을 학습하고, 학습 전과 에포크마다의 정확도를 냅니다."""
    given, half = (model, splits.labels, config), len(splits.train) // 2
    train = ch04.make_dataset(splits.train, *given, training_set=True)
    test = ch04.make_dataset(splits.test[:half], *given)
    with training.already_encoded(model):
        _, before = model.evaluate(test, verbose=0)
        history = model.fit(
            train,
            validation_data=test,
            epochs=epochs,
            verbose=0,
            shuffle=False,  # the dataset shuffles itself
        ).history
    return [before, *history["val_accuracy"]]


# %%
if __name__ == "__main__":
    scores = accuracies(model, settings, splits, config.epochs)
    lines = {"파인튜닝": scores}
    display.curves(lines, "맞힌 비율", "에포크").show()

# %% [markdown]
# 학습 전보다 많이 맞히나요?
#
# - **예측**: 새 글의 로짓을 확률로 바꾸고, 확률이 가장 큰 레이블을 답으로 삼습니다.

# %%
if __name__ == "__main__":
    texts = ["또 보고 싶은 영화예요", "시간이 아깝다"]
    logits = model.predict(texts, verbose=0)
    rows = [[t, *softmax(logits[i])] for i, t in enumerate(texts)]
    display.table(["처음 보는 글", *splits.labels], rows).show()

# %% [markdown]
# 리뷰 몇백 개로 잠깐 학습한 모델이라 `시간이 아깝다` 앞에서는 망설입니다. 4장에서 리뷰를 늘려 더 학습합니다.
# 지금까지의 길을 한눈에 보면 이렇습니다.
#
# ![위에서 아래로 데이터, 토크나이저, 데이터 로더, 모델, fit, 예측이 이어진다. 글과 레이블이 토큰 번호가 되고, 데이터 로더가 길이를 패딩으로 맞추어 배치로 묶으면, 모델이 로짓을 내고, fit이 스텝마다 손실을 줄이도록 가중치를 바꾼다. 학습을 마치면 새 글의 확률을 예측한다.](../docs/images/pictures/training_pipeline.svg)
#
# 전이학습이 레이블을 얼마나 아껴 줄까요? 네이버 영화 리뷰(NSMC)에서 레이블의 수를 바꾸어 가며, 사전학습 모델을
# 파인튜닝한 점수와 가중치를 무작위로 정하고 처음부터 학습(training from scratch)한 점수를 비교했습니다.

# %%
if __name__ == "__main__":
    display.measured("transfer", "NSMC에서 맞힌 비율").show()

# %% [markdown]
# 처음부터 학습한 모델이 사전학습 모델을 따라잡으려면 레이블이 열 배쯤 필요합니다. 다른 방법까지 비교한 표는 사이트의
# `결과` 페이지에 있습니다.
#
# ### 프롬프트 튜닝
#
# **프롬프트 튜닝**(prompt tuning)은 모델은 그대로 두고, 글 앞에 놓을 벡터(vector, 한 줄로 늘어놓은 수) 몇 개만
# 학습합니다. 모델은 사전학습 때처럼 이어질 말로 답하는데, 긍정은 `최고`, 부정은 `최악`으로 답하게 합니다.

# %%
if __name__ == "__main__":
    prompt = ch04.Config(backbone="gpt2_mini_ko", method="prompt")
    model = ch04.build_model(prompt, splits)
    scores = accuracies(model, prompt, splits, config.epochs)
    lines["프롬프트 튜닝"] = scores
    display.curves(lines, "맞힌 비율", "에포크").show()
    trained = sum(np.prod(v.shape) for v in model.trainable_variables)
    print(f"모델의 가중치 {model.count_params():,}개")
    print(f"학습한 가중치 {trained:,}개")

# %% [markdown]
# 프롬프트 튜닝은 사전학습 때 배운 말로 답하므로 학습 전에도 조금 압니다. 파인튜닝은 BERT로, 프롬프트 튜닝은
# GPT로 했으므로 두 선의 차이에는 모델의 차이도 있고, 리뷰가 몇백 개뿐이라 순서도 쉽게 바뀝니다. 바꾸는
# 가중치의 수로 보면 둘 사이에 백본 동결(frozen backbone)과 LoRA(low-rank adaptation)도 있습니다(4장).
#
# ### 인컨텍스트 러닝
#
# **인컨텍스트 러닝**(in-context learning)은 가중치를 하나도 바꾸지 않습니다. 예시를 글로 적어 주고 이어질 말을
# 묻습니다. 예시가 없으면 제로샷(zero-shot), 하나면 원샷(one-shot), 몇 개면 퓨샷(few-shot)입니다.

# %%
from kerasnlp_tutorial.in_context import InContextClassifier

WORDS = {"긍정": "최고", "부정": "최악"}
TEMPLATE = "{text} 한마디로 {label}"


def in_context_accuracy(gpt, examples, shots) -> float:
    """예시를 보여 주며 물어서 맞힌 비율을 돌려줍니다."""
    ask = InContextClassifier(gpt, WORDS, shots, TEMPLATE)
    best = ask([e.text for e in examples]).argmax(axis=1)
    pairs = zip(best, examples, strict=True)
    return float(np.mean([ask.labels[i] == e.label for i, e in pairs]))


# %%
if __name__ == "__main__":
    ask = InContextClassifier(gpt, WORDS, EXAMPLES, TEMPLATE)
    print(ask.shown + ask.template.replace("{text}", "두 번 봤어요"))
    answer = dict(zip(WORDS, ask(["두 번 봤어요"])[0], strict=True))
    display.bars(answer, "두 번 봤어요", limit=1.0).show()
    asked = splits.test[: config.reviews // 5]
    shots = {"제로샷": [], "원샷": EXAMPLES[:1], "퓨샷": EXAMPLES}
    scores = {
        name: in_context_accuracy(gpt, asked, shown)
        for name, shown in shots.items()
    }
    display.bars(scores, "맞힌 비율", limit=1.0).show()

# %% [markdown]
# 모델이 읽은 것은 처음의 세 줄이 전부이고, `최고`와 `최악` 가운데 어느 쪽이 더 그럴듯한지가 답입니다. 모델이 글과
# 상관없이 더 좋아하는 말이 있어서, 뜻이 없는 글(빈 글, `...`)에 대한 확률로 나누어 바로잡았습니다. 이것을
# 보정(calibration)이라고 합니다.
#
# 마지막 그림은 평가 리뷰에서 맞힌 비율입니다. 이렇게 작은 모델은 예시를 보여 주어도 별로 나아지지 않습니다. 반면
# 가중치가 1,750억 개인 GPT-3는 퀴즈 모음(TriviaQA)에서 예시가 없을 때 64.3%, 몇십 개일 때 71.2%를 맞혔습니다(Brown
# 외, 2020).
#
# | 방법 | 바꾸는 가중치 | 레이블 | 따로 저장할 것 |
# |---|---|---|---|
# | 파인튜닝 | 모두 | 많을수록 좋음 | 모델 전체 |
# | 프롬프트 튜닝 | 글 앞의 벡터 몇 개 | 어느 정도 필요 | 그 벡터 |
# | 인컨텍스트 러닝 | 없음 | 없거나 몇 개 | 예시를 적은 글 |
#
# ## 실습 환경
#
# **코랩**(Colab)은 구글의 컴퓨터에서 브라우저로 노트북을 실행하는 서비스입니다. 장의 노트북을 열고 위에서부터 한
# 셀씩 실행하세요. `런타임 → 런타임 유형 변경`에서 GPU를 고르면 빨라집니다. 창을 닫으면 만든 파일이 사라지므로
# `파일 → 드라이브에 사본 저장`을 해 두고, 끝나면 `런타임 → 런타임 연결 해제 및 삭제`를 누릅니다. 내 컴퓨터에서는
# 패키지를 설치하고 `python -m kerasnlp_tutorial.chapters.ch01_transfer_learning`을 실행합니다.
#
# ## 요약
#
# - 모델은 글을 받아 확률을 내는 함수이고, 학습은 정답의 확률이 오르도록 가중치를 바꾸는 일입니다.
# - 전이학습은 업스트림 과제에서 배운 것을 다운스트림 과제로 옮기는 일입니다. 그래서 레이블이 적어도 됩니다.
# - GPT는 다음 단어 맞히기로, BERT는 빈칸 채우기로 사전학습합니다. 정답은 글 안에 있습니다.
# - 파인튜닝은 모든 가중치를, 프롬프트 튜닝은 글 앞의 벡터만 바꾸고, 인컨텍스트 러닝은 아무것도 바꾸지 않습니다.
#
# ## 연습 문제
#
# **학습률.** 처음에 만든 작은 모델의 학습률을 0.01, 0.5, 50으로 바꾸어 20에포크를 학습해 보세요. 첫 에포크와
# 마지막 에포크의 손실은 얼마인가요? 너무 작거나 크면 어떻게 되나요?

# %% tags=["solution"]
if __name__ == "__main__":
    rows = []
    for rate in (0.01, 0.5, 50):
        losses = epoch_losses(new_weights(TOY_REVIEWS), rate)
        rows.append([str(rate), losses[0], losses[-1]])
    display.table(["학습률", "첫 에포크", "마지막"], rows).show()

# %% [markdown]
# 학습률이 작으면 느리고, 크면 처음에 손실이 치솟습니다. 이 작은 문제에서는 결국 가라앉지만, 실제로 쓰는 모델은 그대로
# 망가지기도 합니다.
#
# ## 더 읽을거리
#
# - Radford 외(2018), *Improving Language Understanding by Generative Pre-Training*. 다음 단어 맞히기로 사전학습하기
# - Devlin 외(2019), *BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding*. 빈칸 채우기로 사전학습하고 파인튜닝하기
# - Brown 외(2020), *Language Models are Few-Shot Learners*. 인컨텍스트 러닝
# - Lester 외(2021), *The Power of Scale for Parameter-Efficient Prompt Tuning*
# - Zhao 외(2021), *Calibrate Before Use: Improving Few-Shot Performance of Language Models*. 보정
