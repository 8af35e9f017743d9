# %% [markdown]
# # 4장 문서에 꼬리표 달기: 문서 분류
#
# 영화 리뷰 한 줄을 읽고 **긍정**인지 **부정**인지 맞히는 모델을 만듭니다. 이렇게 글 한 편에 미리 정해 둔
# 범주 하나를 붙이는 과제를 문서 분류(document classification)라고 합니다. 범주가 글쓴이의 느낌이면
# 감성 분석(sentiment analysis)이라고 부릅니다.
#
# | 글 | 범주 |
# |---|---|
# | 영화 리뷰 | 긍정, 부정 |
# | 뉴스 기사 | 정치, 경제, 스포츠, … |
# | 메일 | 정상, 스팸 |
# | 고객 문의 | 배송, 교환, 환불 |
#
# 범주의 이름과 수가 다를 뿐, 모델을 만들고 학습하는 방법은 모두 같습니다.
#
# ## 이 장에서 배우는 것
#
# - 글이 토큰 번호가 되고, 배치로 묶여 모델에 들어가는 과정
# - BERT 위에 분류 헤드를 얹는 법
# - 학습을 이루는 것들: 손실 함수, 옵티마이저, 학습률, 과적합
# - 점수를 읽는 법: 기준선, F1, 혼동 행렬, 틀린 예
# - 저장한 모델로 새 글을 분류하고 웹에서 써 보는 법
# - 내 데이터와 다른 모델로 바꾸는 법
#
# 이 파일은 글이면서 프로그램입니다. 여기에서 정의하는 함수가 명령줄 도구
# `kerasnlp-tutorial train ch04`가 실행하는 바로 그 함수이고, 보이는 결과는 모두 이 코드를 실행한 것입니다.
#
# ## 열 줄로 끝까지
#
# 먼저 처음부터 끝까지 한 번 가 봅니다. 사전학습 모델을 불러와(`from_preset`) 리뷰 천 개로 한 에포크만 학습하고(`fit`),
# 처음 보는 글을 분류합니다(`predict`).

# %%
import keras
import keras_nlp
import numpy as np

from kerasnlp_tutorial import datasets, display
from kerasnlp_tutorial.checkpoints import preset_folder

# %%
if __name__ == "__main__":
    file = datasets.SAMPLE.path("ratings_train.txt")
    reviews = datasets.read_nsmc(file)[:1000]
    texts = [review.text for review in reviews]
    targets = np.array([review.label == "긍정" for review in reviews])

    preset = preset_folder("bert_mini_ko")
    preprocessor = (
        keras_nlp.models.BertTextClassifierPreprocessor.from_preset(
            preset, sequence_length=48
        )
    )
    classifier = keras_nlp.models.BertTextClassifier.from_preset(
        preset, preprocessor=preprocessor, num_classes=2
    )
    classifier.compile(optimizer=keras.optimizers.AdamW(3e-4))
    history = classifier.fit(
        texts, targets.astype("int32"), batch_size=16, verbose=2
    )

# %%
if __name__ == "__main__":
    new_texts = [
        "배우들 연기가 살아 있네요",
        "지루해서 중간에 나왔어요",
    ]
    logits = classifier.predict(new_texts, verbose=0)
    probabilities = keras.ops.softmax(logits, axis=-1)
    rows = {
        text: {"긍정": float(row[1]), "부정": float(row[0])}
        for text, row in zip(new_texts, probabilities, strict=True)
    }
    display.stacked_bars(rows, "처음 보는 글의 확률").show()

# %% [markdown]
# 이것이 전부입니다. 그런데 몇 줄 안 되는 코드 안에 많은 것이 숨어 있습니다. 이제부터 상자를 하나씩 엽니다.
#
# | 코드 | 숨어 있는 것 | 여는 곳 |
# |---|---|---|
# | `read_nsmc` | 말뭉치의 형식, 데이터를 셋으로 나누기 | [말뭉치](#말뭉치) |
# | `preprocessor` | 글을 번호로 바꾸기 | [토크나이저](#토크나이저) |
# | `fit(texts, …)` | 배치로 묶고 길이 맞추기 | [데이터 로더](#데이터-로더) |
# | `from_preset`, `compile` | 모델의 구조, 손실 함수, 옵티마이저 | [모델](#모델) |
# | `predict` | 로짓을 확률로, 확률을 답으로 | [예측](#예측) |
# | `fit` | 학습률, 가장 좋은 에포크 | [학습](#학습) |
# | 없음 | 이 모델을 믿어도 되는가 | [결과 읽기](#결과-읽기) |
#
# ## 설정
#
# 상자를 열기 전에 이 장에서 쓸 값들을 정합니다. 학습률처럼 학습하기 전에 사람이 정하는 값을
# 하이퍼파라미터(hyperparameter)라고 합니다. 데이터, 모델, 학습에 관한 값을 모두 `Config` 하나에 적고, 학습이
# 끝나면 모델 옆에 함께 저장합니다. 그래야 무엇을 어떻게 했는지 나중에도 알 수 있습니다.

# %% tags=["hide-input"]
# @title `Config`: 이 장의 설정
from dataclasses import dataclass

from kerasnlp_tutorial.config import TransferConfig, parse_label_words
from kerasnlp_tutorial.models import PromptTunedTextClassifier

INPUT_FIELDS = ("text",)
METRICS = ("accuracy", "macro_f1")
MODELS = (
    keras_nlp.models.BertTextClassifier,
    PromptTunedTextClassifier,
)
CORPORA = {corpus.name: corpus for corpus in datasets.REVIEWS}


@dataclass(frozen=True, kw_only=True)
class Config(TransferConfig):
    """Settings of document classification."""

    text_column: str = "text"
    """Name of the text column in `train_file` and `test_file`; its number,
    from 1 on, in a table without a header."""
    label_column: str = "label"
    """Name or number of the label column in `train_file` and `test_file`."""
    label_names: str | None = None
    """Names of the labels in `train_file` and `test_file`, such as
    `0=부정,1=긍정`; None: the labels as they are."""

    def __post_init__(self):
        super().__post_init__()
        expected = f"one of {sorted(CORPORA)}"
        self._require("dataset", self.dataset in CORPORA, expected)


# %%
if __name__ == "__main__":
    config = Config()
    names = {
        "학습 데이터": "dataset",
        "출발점": "backbone",
        "최대 토큰 수": "sequence_length",
        "배치 크기": "batch_size",
        "에포크": "epochs",
        "학습률": "learning_rate",
        "워밍업 비율": "warmup_ratio",
        "가중치 감쇠": "weight_decay",
        "드롭아웃": "dropout",
        "시드": "seed",
    }
    display.settings(config, names).show()

# %% [markdown]
# 값을 바꾸려면 `Config(epochs=5)`처럼 이름을 적습니다. 빨리 훑어보고 싶으면 `Config()`를 `Config.quick()`으로
# 바꾸세요. 모델과 데이터가 아주 작아져서 몇 초면 학습이 끝납니다. 점수는 기대하지 마세요. 에포크의 `None`은 데이터의
# 양에 맞추어 정한다는 뜻이고, 워밍업과 가중치 감쇠, 드롭아웃은 쓰는 곳에서 설명합니다.
#
# 먼저 바꾸어 볼 것은 학습률입니다. 크면 학습이 흔들리거나 망가지고, 작으면 더딥니다. 배치가 크면 기울기가 고르고 GPU를
# 잘 쓰지만 메모리가 많이 듭니다. 메모리가 모자라면 배치 크기나 최대 토큰 수를 줄이세요. 다만 최대 토큰 수보다 긴 글은
# 뒤가 잘립니다.
#
# **랜덤 시드(random seed).** 분류 헤드의 처음 가중치, 드롭아웃, 데이터를 나누고 섞는 순서는 난수로 정합니다. 컴퓨터의
# 난수는 시드라는 수에서 차례로 계산해 낸 것이라, 시드가 같으면 같은 난수가 나옵니다. `seed`를 적어 두면 같은 기계에서
# 같은 결과를 다시 얻습니다. 거꾸로 시드를 바꾸어 가며 여러 번 학습해 보면 점수가 운에 얼마나 흔들리는지 알 수 있습니다.
#
# ## 말뭉치
#
# 패키지에는 이 프로젝트를 위해 지어 쓴 리뷰가 들어 있어서(`dataset="sample"`) 인터넷이 없어도 모든 것이
# 돌아갑니다. `dataset="nsmc"`라고 하면 네이버 영화 리뷰 말뭉치(NSMC)를 내려받아 씁니다. 학습용이 15만 개, 평가용이 5만
# 개입니다. 두 말뭉치의 파일은 형식이 같습니다. 탭으로 나뉜 세 열이 번호, 글, 레이블이고 레이블 `0`은 부정, `1`은
# 긍정입니다.

# %%
if __name__ == "__main__":
    lines = file.read_text(encoding="utf-8").splitlines()
    print(*lines[:4], sep="\n")

# %% [markdown]
# 데이터는 셋으로 나누어 씁니다.
#
# - **학습 데이터**(training data): 가중치를 바꾸는 데 씁니다.
# - **검증 데이터**(validation data): 어느 에포크의 모델이 가장 좋은지 고르는 데 씁니다.
# - **평가 데이터**(test data): 마지막에 한 번 점수를 재는 데만 씁니다.
#
# 에포크를 평가 데이터로 고르면 안 됩니다. 거기에 우연히 잘 맞은 에포크가 뽑혀서 점수가 실제보다 좋게 나옵니다.

# %% tags=["hide-input"]
# @title `load_examples`: 말뭉치를 읽고 나누는 함수
from collections.abc import Sequence
from functools import partial

from kerasnlp_tutorial.datasets import LabeledText, Splits


def load_examples(config: Config) -> Splits[LabeledText]:
    """학습 데이터와 평가 데이터를 읽고, 검증 데이터를 떼어 둡니다."""
    return datasets.load_splits(config, partial(read_examples, config))


def read_examples(
    config: Config, split: str, labels: Sequence[str] | None = None
) -> list[LabeledText]:
    """설정에 적힌 파일이나 말뭉치에서 `train` 또는 `test`를 읽습니다."""
    if own_file := getattr(config, f"{split}_file"):
        return datasets.read_labeled_texts(
            own_file,
            config.text_column,
            config.label_column,
            labels,
            parse_label_words(config.label_names or ""),
        )
    corpus = CORPORA[config.dataset]
    path = corpus.split_path(split, config.data_dir)
    examples = datasets.read_nsmc(path)
    if labels:
        found = {example.label for example in examples}
        datasets.check_labels(found, labels, str(path))
    return examples


# %% [markdown]
# 나눈 결과입니다. 범주가 한쪽으로 쏠려 있지 않은지도 함께 봅니다.

# %%
if __name__ == "__main__":
    splits = load_examples(config)
    names = {"train": "학습", "validation": "검증", "test": "평가"}
    rows = []
    for name, shown in names.items():
        found = [example.label for example in getattr(splits, name)]
        rows.append([shown, *map(found.count, splits.labels)])
    display.table(["", *splits.labels], rows).show()

# %%
if __name__ == "__main__":
    rows = [[review.label, review.text] for review in splits.train[:6]]
    display.table(["레이블", "글"], rows).show()

# %% [markdown]
# 뜻이 드러난 리뷰가 많고, 돌려 말하거나 비꼬는 리뷰가 섞여 있습니다. 돌려 말한 것만 모은 말뭉치도
# 있습니다(`dataset="hard"`). 이 장의 방법이 어디까지 통하는지 보고 싶을 때 써 보세요.
#
# ## 먼저, 아무것도 모르는 분류기
#
# 점수는 비교할 대상이 있어야 뜻이 생깁니다. 가장 흔한 범주만 답하는 분류기가 얼마나 맞히는지부터 봅니다.


# %%
def majority_accuracy(splits: Splits) -> float:
    """가장 흔한 범주만 답할 때 평가 데이터의 정확도."""
    labels = [example.label for example in splits.train]
    majority = max(splits.labels, key=labels.count)
    correct = [example.label == majority for example in splits.test]
    return float(np.mean(correct))


# %%
if __name__ == "__main__":
    print(f"{majority_accuracy(splits):.3f}")

# %% [markdown]
# 이렇게 비교하려고 두는 단순한 방법을 기준선(baseline)이라고 합니다. 스팸이 5%인 메일함에서는 "모두 정상"이라고만 해도
# 정확도가 0.95입니다. 기준선을 모르고 본 점수는 믿을 수 없습니다.
#
# ## 토크나이저
#
# 모델은 글자를 모릅니다. 글을 토큰으로 쪼개는 일을 토큰화(tokenization)라고 하고, 글을 쪼개어 토큰을 어휘
# 집합(vocabulary)의 번호로 바꾸는 것이 토크나이저(tokenizer)입니다. 여기서는 워드피스(WordPiece)를 씁니다. 앞
# 토큰에 붙는 조각에는 `##`이 달립니다. 어떻게 쪼개는지는 2장에서 다룹니다.
#
# 앞에서 만든 `classifier`의 전처리기(preprocessor)에 글을 넣어 봅니다.

# %%
if __name__ == "__main__":
    tokenizer = classifier.preprocessor.tokenizer
    x = classifier.preprocessor(["배우들 연기가 살아 있네요"])
    names = ["token_ids", "segment_ids", "padding_mask"]
    columns = np.stack([x[name][0] for name in names], axis=1)
    real = int(np.sum(x["padding_mask"]))
    rows = [
        [tokenizer.id_to_token(row[0]), *row]
        for row in columns[: real + 2].tolist()
    ]
    display.table(["토큰", *names], rows).show()

# %% [markdown]
# 맨 앞에 `[CLS]`(classification)가, 글 끝에 `[SEP]`(separator)이 붙었습니다. 글자가 아니라 자리를 나타내는
# 특수 토큰(special token)입니다. 모델에 들어가는 것은 오른쪽의 세 열입니다.
#
# - `token_ids`: 토큰의 번호. 남는 자리는 `[PAD]`로 채웁니다. 글이 `sequence_length`보다 길면 뒤를 자릅니다.
# - `segment_ids`: 글이 둘일 때 어느 쪽인지. 문서 분류는 글이 하나이므로 모두 0입니다. 5장에서 1이 나옵니다.
# - `padding_mask`: 진짜 토큰이면 1, 채운 자리이면 0. 0인 자리는 어텐션이 보지 않습니다.
#
# ## 데이터 로더
#
# 학습은 글을 한 편씩이 아니라 배치(batch)로 묶어 합니다. 한 배치는 네모난 배열이어야 하므로 짧은 글의 남는 자리를
# 채웁니다. 이것이 패딩(padding)입니다. 글을 골라 묶고 채우는 부분을 데이터 로더(data loader)라고 부르며,
# Keras에서는 `tf.data.Dataset`이 그 일을 합니다.
#
# 번호로 바꾸는 일은 한 번만 하고 결과를 기억해 둡니다. 그다음 길이가 비슷한 글끼리 묶어 그 배치에서 가장 긴 글만큼만
# 채웁니다. 학습 데이터는 에포크마다 다르게 섞습니다. 검증 데이터와 평가 데이터는 섞지 않습니다. 순서가 달라도 점수는
# 같기 때문입니다.

# %%
import tensorflow as tf

from kerasnlp_tutorial import training


def make_dataset(
    examples, model, labels, config, *, training_set=False
) -> tf.data.Dataset:
    """글을 번호로 바꾸고, 비슷한 길이끼리 배치로 묶습니다."""
    features = training.encode(
        model.preprocessor, datasets.text_columns(examples)
    )
    return training.length_grouped_dataset(
        features,
        [labels.index(example.label) for example in examples],
        config.batch_size,
        pad_token_id=model.preprocessor.tokenizer.pad_token_id,
        shuffle_seed=config.seed if training_set else None,
    )


# %%
if __name__ == "__main__":
    train_set = make_dataset(
        splits.train,
        classifier,
        splits.labels,
        config,
        training_set=True,
    )
    x, y = next(iter(train_set))
    for name, value in x.items():
        print(name, value.shape, value.dtype.name)
    print("정답", y.shape, y.dtype.name)

# %% [markdown]
# 배치 하나에는 글 `batch_size`개의 토큰 번호가 (글, 토큰) 모양의 배열로 들어 있고, 정답은 글마다 범주의 번호
# 하나입니다. 길이가 비슷한 글끼리 묶는 이유는 리뷰의 길이를 보면 알 수 있습니다.

# %%
if __name__ == "__main__":
    lengths = np.concatenate(
        [np.sum(x["padding_mask"], axis=1) for x, _ in train_set]
    )
    display.histogram(lengths, 4, "학습 리뷰의 길이", "토큰").show()
    real = lengths.sum()
    computed = sum(
        int(np.prod(x["token_ids"].shape)) for x, _ in train_set
    )
    longest = lengths.max() * len(lengths)
    print(f"가장 긴 글에 맞추면 패딩이 {1 - real / longest:.0%}")
    print(f"비슷한 길이끼리 묶으면 {1 - real / computed:.0%}")

# %% [markdown]
# 모두를 가장 긴 글에 맞추면 계산의 절반 이상이 패딩에 쓰입니다.
#
# ## 단어 주머니 분류기
#
# BERT와 비교할 두 번째 기준선은 순서를 모르는 분류기, 단어 주머니(bag of words)입니다. 토큰마다 범주별 점수를
# 하나씩 배우고, 글에 나온 토큰의 점수를 더합니다. 레이어 하나짜리 모델이지만 감성 분석에서는 만만치 않습니다.


# %%
def bag_of_words(num_tokens: int, num_classes: int) -> keras.Model:
    """토큰마다 배운 점수를 더하는 분류기."""
    token_ids = keras.Input((None,), dtype="int32")
    padding_mask = keras.Input((None,), dtype="int32")
    scores = keras.layers.Embedding(
        num_tokens, num_classes, embeddings_initializer="zeros"
    )(token_ids)  # (batch, tokens, classes)
    mask = keras.ops.cast(padding_mask, scores.dtype)[..., None]
    logits = keras.ops.sum(scores * mask, axis=1)  # (batch, classes)
    return keras.Model([token_ids, padding_mask], logits)


# %% tags=["hide-input"]
# @title `baseline_accuracies`: 기준선의 점수를 재는 함수
def bag_of_words_accuracy(bert, splits: Splits, config) -> float:
    """단어 주머니를 학습하고 평가 데이터의 정확도를 잽니다."""
    model = bag_of_words(
        bert.preprocessor.tokenizer.vocabulary_size(),
        len(splits.labels),
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.005),
        loss=keras.losses.SparseCategoricalCrossentropy(
            from_logits=True
        ),
        metrics=["accuracy"],
        jit_compile=training.JIT_COMPILE,
    )
    best = keras.callbacks.EarlyStopping(
        patience=2, restore_best_weights=True
    )
    train, validation, test = (
        part.map(lambda x, y: ((x["token_ids"], x["padding_mask"]), y))
        for part in (
            *training.make_datasets(make_dataset, bert, splits, config),
            make_dataset(splits.test, bert, splits.labels, config),
        )
    )
    model.fit(
        train,
        validation_data=validation,
        epochs=20,
        callbacks=[best],
        verbose=0,
        shuffle=False,  # the dataset shuffles itself
    )
    scores = model.evaluate(test, verbose=0, return_dict=True)
    return float(scores["accuracy"])


def baseline_accuracies(model, splits: Splits, config):
    """두 기준선의 점수를 이름으로."""
    return {
        "majority": majority_accuracy(splits),
        "bag_of_words": bag_of_words_accuracy(model, splits, config),
    }


# %% [markdown]
# 점수는 [결과 읽기](#결과-읽기)에서 BERT의 점수와 나란히 봅니다.
#
# ## 모델
#
# ![리뷰 '연기가 좋네'가 [CLS] 연기 ##가 좋네 [SEP]로 나뉘어 BERT에 들어가고, 토큰마다 벡터가 하나씩 나온다. 그 가운데 [CLS]의 벡터만 풀러와 드롭아웃, 분류 레이어를 지나 범주마다 로짓 하나가 되고, softmax를 지나 긍정과 부정의 확률이 된다.](../docs/images/pictures/document_classification.svg)
#
# BERT는 토큰마다 벡터를 하나씩 냅니다. 셀프 어텐션은 모든 토큰이 서로를 보게 하므로 어느 자리의 벡터에나 글 전체의
# 정보를 모을 수 있습니다. 그 가운데 제 뜻이 따로 없는 `[CLS]`의 자리를 골라, 분류에 필요한 정보가 거기에 모이도록
# 파인튜닝합니다. 그래서 글의 길이가 얼마이든 이 벡터 하나만 쓰면 됩니다. 그 뒤에 셋이 이어집니다.
#
# - **풀러**(pooler): `[CLS]` 벡터를 한 번 더 변환합니다.
# - **드롭아웃**(dropout): 학습하는 동안 값의 일부를 무작위로 0으로 만듭니다. 몇 개의 뉴런에만 기대지 못하게 하여 학습
#   데이터를 외우는 일을 줄입니다. 예측할 때는 아무 일도 하지 않습니다.
# - **분류 헤드**(classification head): 범주마다 점수 $z_k$를 냅니다. 이 점수를 로짓(logit)이라고 합니다.
#
# 로짓은 아무 수나 될 수 있습니다. 소프트맥스(softmax)를 씌우면 더해서 1인 확률이 됩니다.
#
# $$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$$
#
# 백본이 낸 벡터에서 로짓까지를 Keras로 쓰면 몇 줄입니다.


# %%
def classification_head(
    sequence_output: keras.KerasTensor, num_classes: int, dropout: float
) -> keras.KerasTensor:
    """BERT의 출력 (batch, tokens, hidden)에서 로짓을 냅니다."""
    cls = sequence_output[:, 0]  # (batch, hidden)
    hidden_dim = cls.shape[-1]
    pooled = keras.layers.Dense(
        hidden_dim, activation="tanh", name="pooler"
    )(cls)
    pooled = keras.layers.Dropout(dropout)(pooled)
    return keras.layers.Dense(num_classes, name="logits")(pooled)


# %% [markdown]
# KerasNLP의 `BertTextClassifier`가 바로 이 구조입니다. 두 구현에 같은 가중치를 넣으면 같은 로짓이 나온다는 것을
# 저장소의 테스트가 확인합니다. 학습에는 토크나이저까지 함께 저장되는 KerasNLP의 것을 씁니다.
#
# **손실 함수**(loss function)는 모델의 답이 정답에서 얼마나 먼지를 수 하나로 나타냅니다. 정답 범주의 확률이 $p$일 때
# 크로스 엔트로피(cross entropy)는 $-\log p$입니다. 확신을 가지고 틀릴수록 커집니다. 모델이 확률이 아니라 로짓을
# 내므로 `from_logits=True`라고 알려 줍니다.

# %%
if __name__ == "__main__":
    rows = [[p, float(-np.log(p))] for p in (0.99, 0.5, 0.1, 0.01)]
    display.table(["정답의 확률", "손실"], rows).show()

# %% [markdown]
# **옵티마이저**(optimizer)는 손실이 줄어드는 쪽으로 가중치를 옮깁니다. `AdamW`는 기울기(gradient)의 최근 평균으로 방향을,
# 최근 크기로 스텝의 크기를 가중치마다 따로 정합니다. 또 가중치가 필요 없이 커지지 않게 조금씩 줄입니다. 이것을 가중치
# 감쇠(weight decay)라고 합니다.


# %%
def compile_classifier(model, config) -> None:
    """손실 함수와 옵티마이저를 정합니다."""
    model.compile(
        optimizer=training.adamw(
            config.learning_rate, config.weight_decay
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(
            from_logits=True
        ),
        metrics=["accuracy"],
        jit_compile=training.JIT_COMPILE,
    )


# %% [markdown]
# 이제 설정에 적힌 대로 모델을 만듭니다. `load_bert`는 `backbone`이라는 이름의 사전학습 모델과 그 토크나이저를 불러옵니다.

# %%
from kerasnlp_tutorial import fine_tuning
from kerasnlp_tutorial.checkpoints import load_bert


def build_model(
    config: TransferConfig,
    splits: Splits,
    make_preprocessor=keras_nlp.models.BertTextClassifierPreprocessor,
    segments: int = 2,
) -> keras_nlp.models.BertTextClassifier:
    """백본에 새 분류 헤드를 얹습니다."""
    keras.utils.set_random_seed(config.seed)
    if config.method == "prompt":
        model = fine_tuning.prompt_tuned_classifier(config, splits)
    else:
        texts = (t for example in splits.train for t in example.texts)
        backbone, tokenizer = load_bert(config, texts, segments)
        preprocessor = make_preprocessor(
            tokenizer, sequence_length=config.sequence_length
        )
        model = keras_nlp.models.BertTextClassifier(
            backbone,
            num_classes=len(splits.labels),
            preprocessor=preprocessor,
            dropout=config.dropout,
        )
        fine_tuning.choose_weights(model, config)
    compile_classifier(model, config)
    return model


# %%
if __name__ == "__main__":
    model = build_model(config, splits)
    in_backbone = model.backbone.count_params()
    in_head = model.count_params() - in_backbone
    rows = [["BERT 백본", in_backbone], ["분류 헤드", in_head]]
    display.table(["부분", "가중치 수"], rows).show()

# %% [markdown]
# 가중치의 거의 전부가 백본에 있습니다. 그 많은 가중치를 리뷰 몇천 개로 정하는 것은 무리입니다. 그래서 백본은 레이블 없는
# 글을 많이 읽으며 사전학습한 `bert_mini_ko`에서 물려받고, 헤드만 무작위 초기화(random initialization)한 다음 둘을
# 함께 학습합니다. 이것이 파인튜닝입니다.
#
# ## 예측
#
# 모델이 내는 것은 로짓입니다. 소프트맥스를 씌워 확률로 바꾸고, 확률이 가장 큰 범주를 답으로 삼습니다. `predict`는
# 드롭아웃을 끄고 계산하므로 같은 글에는 늘 같은 답이 나옵니다.

# %%
from kerasnlp_tutorial.runs import TrainedModel


def predict_probabilities(
    trained: TrainedModel, columns: tuple[list[str], ...]
) -> np.ndarray:
    """글마다 범주의 확률: float32, (글, 범주)."""
    preprocessor = trained.model.preprocessor
    logits = training.predict_logits(
        trained.model,
        training.encode(preprocessor, columns),
        trained.config.batch_size,
        pad_token_id=preprocessor.tokenizer.pad_token_id,
    )
    return keras.ops.convert_to_numpy(
        keras.ops.softmax(logits, axis=-1)
    )


# %%
def classify(
    trained: TrainedModel, columns: tuple[list[str], ...]
) -> list[dict]:
    """글마다 답 `label`과 범주별 확률 `probabilities`."""
    labels = trained.labels
    return [
        {
            "label": labels[row.argmax()],
            "probabilities": dict(
                zip(labels, row.tolist(), strict=True)
            ),
        }
        for row in predict_probabilities(trained, columns)
    ]


def predict(trained: TrainedModel, texts: list[str]) -> list[dict]:
    """글을 분류합니다: `text`, `label`, `probabilities`."""
    answers = classify(trained, (texts,)) if texts else []
    return [
        {"text": text} | answer
        for text, answer in zip(texts, answers, strict=True)
    ]


# %% [markdown]
# ## 점수
#
# 정확도(accuracy)는 맞힌 비율입니다. 알기 쉽지만, 드문 범주를 모두 놓쳐도 높을 수 있습니다. 그래서 범주마다 두 가지를 더
# 봅니다. 긍정을 예로 들면 이렇습니다.
#
# - **정밀도**(precision): 긍정이라고 답한 글 가운데 정말 긍정인 것의 비율
# - **재현율**(recall): 정말 긍정인 글 가운데 긍정이라고 답한 것의 비율
#
# 아무 글에나 긍정이라고 답하면 재현율은 1이 되지만 정밀도가 떨어지고, 아주 확실한 글에만 긍정이라고 답하면 그 반대가
# 됩니다. 둘의 조화 평균이 F1입니다. 하나만 높아서는 높아지지 않습니다.
#
# $$F_1 = \frac{2 \times \text{정밀도} \times \text{재현율}}{\text{정밀도} + \text{재현율}}$$
#
# 범주마다 F1을 구해 평균한 것이 매크로 F1(macro F1)입니다. 드문 범주를 버리고 얻은 정확도는 매크로 F1에서 들통납니다.

# %%
from kerasnlp_tutorial import metrics


def evaluate(
    trained: TrainedModel, examples: Sequence[LabeledText]
) -> dict[str, float]:
    """정확도와 매크로 F1(0에서 1까지), 예제의 수."""
    probabilities = predict_probabilities(
        trained, datasets.text_columns(examples)
    )
    predictions = probabilities.argmax(axis=-1)
    targets = np.array(
        [trained.labels.index(example.label) for example in examples]
    )
    return {
        "accuracy": metrics.accuracy(targets, predictions),
        "macro_f1": metrics.macro_f1(
            targets, predictions, len(trained.labels)
        ),
        "n": len(examples),
    }


# %% [markdown]
# ## 학습
#
# 학습은 `model.fit` 한 줄이고, 그 둘레에 두 가지가 더 있습니다.
#
# **러닝레이트 스케줄러**(learning rate scheduler)는 학습이 나아감에 따라 학습률을 움직입니다. 처음에는 분류 헤드가
# 아무것도 모르므로 기울기가 거칩니다. 그래서 학습률을 0에서 조금씩 올립니다. 이것이 워밍업(warmup)입니다. 그다음에는 좋은
# 자리를 지나치지 않도록 끝까지 곧게 내립니다.


# %%
def warmup_and_decay(config, total_steps: int):
    """스텝마다 학습률을 정하는 콜백."""
    return training.WarmupLinearDecay(
        config.learning_rate,
        total_steps=total_steps,
        warmup_ratio=config.warmup_ratio,
        max_minutes=config.max_minutes,
    )


# %%
if __name__ == "__main__":
    schedule = warmup_and_decay(config, total_steps=100)
    rates = [schedule.rate(percent / 100) for percent in range(101)]
    display.curves(
        {"학습률": rates}, "학습률 스케줄", "학습 진행 (%)"
    ).show()

# %% [markdown]
# **가장 좋은 에포크.** 에포크마다 검증 점수를 재고, 가장 좋았던 때의 가중치를 남깁니다(`BestEpoch`). 점수가 같으면 손실이
# 작은 쪽을 남깁니다. 에포크의 수를 정하지 않으면 데이터의 양에 맞추어 고릅니다. `training.fitting` 안에서는 모델이 글
# 대신 이미 바꾸어 둔 번호를 받습니다.

# %%
import math

from kerasnlp_tutorial import runs


def choose_epochs(config: Config, steps: int, aim: int = 250) -> int:
    """정해 두지 않았으면 `aim` 스텝쯤 되는 에포크 수(3에서 `aim // 16`)."""
    return config.epochs or min(
        max(math.ceil(aim / steps), 3), aim // 16
    )


# %%
from kerasnlp_tutorial import distribution


def fit(
    model, sets, run, aim=250, monitor="val_accuracy", callbacks=()
) -> None:
    """설정대로 학습하고 가장 좋은 에포크의 가중치를 남깁니다."""
    train_set, validation_set = sets
    config, steps = run.config, len(train_set)
    epochs = choose_epochs(config, steps, aim)
    best_epoch = training.BestEpoch(run.checkpoints, monitor, train_set)
    options = config.precision, config.fast
    with training.fitting(model, train_set, best_epoch, *options):
        model.fit(
            distribution.share(train_set),
            validation_data=validation_set,
            initial_epoch=best_epoch.epoch,
            epochs=epochs,
            callbacks=[
                warmup_and_decay(config, epochs * steps),
                *callbacks,
                best_epoch,
                training.EpochLines(config.max_minutes),
            ],
            verbose=training.progress_verbosity(),
            shuffle=False,  # the dataset shuffles itself
        )


# %% tags=["hide-input"]
# @title `train`: 읽기, 학습, 평가, 저장을 잇는 함수
import time


def fine_tune(
    run: runs.Run, splits: Splits, baselines, build=build_model, aim=250
) -> TrainedModel:
    """학습하고, 평가 데이터로 점수를 재고, 폴더에 저장합니다."""
    started, config = time.monotonic(), run.config
    model = build(config, splits)
    sets = training.make_datasets(make_dataset, model, splits, config)
    monitor = training.monitored_score(len(splits.validation))
    fit(model, sets, run, aim, monitor)
    trained = TrainedModel(model, splits.labels, config)
    scores = evaluate(trained, splits.test)
    scores["baselines"] = baselines(model, splits, config)
    scores["seconds"] = round(time.monotonic() - started, 1)
    scores["learnt"] = fine_tuning.trainable_parameters(model)
    return run.finish(model, splits.labels, scores)


def train(config: Config) -> TrainedModel:
    """말뭉치를 읽고 파인튜닝합니다."""
    with runs.Run.begin("ch04", config) as run:
        splits = load_examples(run.config)
        return fine_tune(run, splits, baseline_accuracies)


# %% [markdown]
# 이제 학습합니다. GPU가 있으면 Keras가 알아서 씁니다. Colab에서 GPU를 고르는 법은 1장에 있습니다.

# %% tags=["remove-stdout"]
if __name__ == "__main__":
    trained = train(config)

# %%
if __name__ == "__main__":
    print(f"{trained.metrics['seconds']:.0f}초, {trained.path}")

# %% [markdown]
# 끝나면 위에 적힌 폴더에 가중치, 어휘 집합, 설정, 점수, 에포크마다의 기록이 함께 저장됩니다. 학습이 도중에 죽으면 마지막
# 에포크부터 이어서 할 수 있습니다(`resume=True`). 에포크마다의 기록을 그려 봅니다. 점선이 고른 에포크입니다.

# %%
CURVES = {"loss": "손실", "accuracy": "정확도"}

# %%
if __name__ == "__main__":
    history = runs.describe(trained.path)["history"]
    monitor = training.monitored_score(len(splits.validation))
    display.training_curves(history, CURVES, monitor).show()

# %% [markdown]
# **과적합.** 파란 선은 학습 데이터, 주황 선은 검증 데이터의 점수입니다. 두 선이 함께 좋아지는 동안에는 모델이 쓸모 있는
# 것을 배우는 중입니다. 학습 데이터의 점수는 계속 좋아지는데 검증 데이터의 점수가 멈추거나 나빠지면, 배우기를 그치고
# 학습 데이터를 외우기 시작한 것입니다. 이것을 과적합(overfitting)이라고 합니다.
#
# 리뷰 백 개만 가지고 여러 에포크를 학습하면 과적합이 뚜렷하게 보입니다.

# %%
if __name__ == "__main__":
    model = build_model(config, splits)
    few_set, validation_set = (
        make_dataset(part, model, splits.labels, config)
        for part in (splits.train[:100], splits.validation)
    )
    with training.already_encoded(model):
        overfit = model.fit(
            few_set,
            validation_data=validation_set,
            epochs=12,
            verbose=0,
            shuffle=False,
        )
    display.training_curves(overfit.history, CURVES).show()

# %% [markdown]
# 학습 손실은 0에 다가가는데 검증 손실은 어느 에포크부터 다시 커집니다. 백 개를 다 외운 모델은 틀릴 때에도 자신 있게
# 틀리기 때문입니다. 과적합을 줄이려면 데이터를 늘리고, 사전학습 모델에서 출발하고, 드롭아웃과 가중치 감쇠를 쓰고,
# 검증 점수가 가장 좋은 에포크에서 멈춥니다.
#
# ## 결과 읽기
#
# 먼저 기준선과 비교합니다. 사전학습이 얼마나 도움이 되었는지도 보려고, 같은 구조의 BERT를 무작위로 초기화한 가중치에서
# 처음부터 학습해(`backbone="scratch"`) 나란히 놓습니다.

# %%
if __name__ == "__main__":
    from_scratch = train(Config(backbone="scratch"))
    baselines = trained.metrics["baselines"]
    scores = {
        "다수 범주": baselines["majority"],
        "단어 주머니": baselines["bag_of_words"],
        "BERT, 처음부터": from_scratch.metrics["accuracy"],
        "BERT, 사전학습": trained.metrics["accuracy"],
    }
    display.bars(scores, "평가 데이터의 정확도", limit=1.0).show()

# %% [markdown]
# 두 BERT는 레이어 수도 크기도 학습 데이터도 같고, 레이블 없는 글을 먼저 읽었는지만 다릅니다. 그러니 둘의 차이는 먼저 읽은
# 글에서 옮겨 온 것입니다. 이것이 이 책의 주제인 전이학습(transfer learning)입니다. 처음부터 학습한 BERT는 가중치가
# 수백만 개여도 리뷰 몇천 개로는 단어 주머니와 비슷한 것을 배우기 쉽습니다.
#
# 차이는 레이블이 적을수록 큽니다. NSMC에서 학습에 쓰는 리뷰의 수를 바꾸어 가며 잰 것입니다.

# %%
if __name__ == "__main__":
    display.measured("transfer", "NSMC 정확도").show()

# %% [markdown]
# 레이블을 십만 개까지 늘려도 `bert_mini_ko`의 정확도는 0.87쯤입니다. 구조는 같고 훨씬 큰 모델은 어디까지 갈까요? 책에서
# 쓰는 `kcbert-base`는 NSMC 전체로 학습해 0.896을 얻었습니다([KcBERT](https://github.com/Beomi/KcBERT)).
# 레이어 12개에 벡터의 크기가 768이고, 뉴스 댓글 12 GB로 사전학습한 모델입니다. 데이터를 나눈 방법이 위의 그림과 달라
# 바로 비교할 수는 없지만, 더 큰 모델이 더 많은 글을 읽으면 어디까지 가는지 보여 줍니다.
#
# 다음은 혼동 행렬(confusion matrix)입니다. 어느 범주를 어느 범주로 착각하는지 보여 줍니다. 대각선이 맞힌 것입니다.

# %%
if __name__ == "__main__":
    probabilities = predict_probabilities(
        trained, datasets.text_columns(splits.test)
    )
    predictions = probabilities.argmax(axis=-1)
    targets = np.array(
        [splits.labels.index(x.label) for x in splits.test]
    )
    counts = metrics.confusion_matrix(
        targets, predictions, len(splits.labels)
    )
    display.confusion_matrix(counts, splits.labels).show()

# %% [markdown]
# 정밀도와 재현율은 이 표에서 셉니다. 정밀도는 대각선의 수를 그 열의 합으로, 재현율은 그 행의 합으로 나눈 것입니다.


# %%
def class_scores(counts: np.ndarray) -> np.ndarray:
    """범주마다 정밀도, 재현율, F1: (범주, 3)."""
    correct = np.diag(counts)
    predicted, actual = counts.sum(axis=0), counts.sum(axis=1)
    return np.stack(
        [
            correct / np.maximum(predicted, 1),
            correct / np.maximum(actual, 1),
            2 * correct / np.maximum(predicted + actual, 1),
        ],
        axis=1,
    )


# %%
if __name__ == "__main__":
    rows = [
        [label, *map(float, scores)]
        for label, scores in zip(
            splits.labels, class_scores(counts), strict=True
        )
    ]
    display.table(["범주", "정밀도", "재현율", "F1"], rows).show()
    print(f"정확도 {trained.metrics['accuracy']:.3f}")
    print(f"매크로 F1 {trained.metrics['macro_f1']:.3f}")

# %% [markdown]
# 점수보다 많은 것을 알려 주는 것이 틀린 예입니다. 가장 자신 있게 틀린 것부터 봅니다. 모델이 무엇을 모르는지, 데이터의
# 레이블이 틀리지는 않았는지가 여기에서 보입니다.

# %%
if __name__ == "__main__":
    wrong = np.flatnonzero(predictions != targets)
    wrong = wrong[np.argsort(-probabilities.max(axis=-1)[wrong])]
    rows = [
        [
            splits.test[i].text,
            splits.test[i].label,
            splits.labels[predictions[i]],
            probabilities[i].max(),
        ]
        for i in wrong[:8]
    ]
    display.table(["글", "정답", "예측", "확률"], rows).show()

# %% [markdown]
# 반어, "재미없을 줄 알았는데" 같은 뒤집기, 칭찬과 불평이 섞인 글이 있는지 찾아보세요. 단어만 보아서는 풀 수 없는
# 글들입니다. 확률이 1에 가까운데도 틀린 것이 있다면, 모델이 내는 확률을 그대로 믿어서는 안 된다는 뜻이기도
# 합니다(연습 문제 3).
#
# ## 새 문장 분류하기
#
# 학습이 끝난 모델은 폴더 하나입니다. 다른 날 다른 프로그램에서 다시 열어 씁니다.

# %%
from kerasnlp_tutorial.trained import load_trained

# %%
if __name__ == "__main__":
    loaded = load_trained(trained.path)
    new_texts = [
        "배우들 연기가 살아 있네요",
        "지루해서 중간에 나왔어요",
        "두 시간이 이렇게 길 줄이야",
        "두 시간이 이렇게 길 줄이야.. 졸다 나옴",
    ]
    answers = predict(loaded, new_texts)
    rows = {a["text"]: a["probabilities"] for a in answers}
    display.stacked_bars(rows, "새 리뷰의 확률").show()

# %% [markdown]
# 앞의 두 글은 `연기가 살아 있다`, `지루하다`처럼 평가하는 말이 드러나 있습니다. 셋째 글은 지루했다는 뜻이지만 그런 말이 하나도
# 없습니다. 이런 글 앞에서 작은 모델은 망설이거나 틀립니다. 넷째 글처럼 `졸다 나옴`이라는 말이 붙으면 쉬워집니다.
#
# 명령줄에서도 똑같이 씁니다.
#
# ```sh
# kerasnlp-tutorial predict runs/ch04-1 "배우들 연기가 살아 있네요"
# cat reviews.txt | kerasnlp-tutorial predict runs/ch04-1 --json
# ```


# %% tags=["hide-input"]
# @title `format_answer`: 명령줄에 보일 한 줄
def format_answer(answer: dict) -> str:
    """답, 확률, 글을 탭으로 이은 줄."""
    *texts, label, probabilities = answer.values()
    return "\t".join([label, f"{probabilities[label]:.3f}", *texts])


# %% [markdown]
# ## 나만의 데이터와 모델
#
# **데이터.** TSV나 CSV 표, 또는 JSON 파일이면 됩니다. 범주의 수와 이름은 자유입니다. 작은 파일을
# 만들어 읽어 봅니다.

# %%
if __name__ == "__main__":
    inquiries = [
        ("주문한 지 일주일인데 아직 출발도 안 했네요", "배송"),
        ("문 앞에 두고 가신다더니 경비실에 있어요", "배송"),
        ("제주도도 내일 도착하나요?", "배송"),
        ("한 치수 큰 걸로 바꾸고 싶습니다", "교환"),
        ("단추가 떨어져 왔는데 새것으로 받을 수 있나요", "교환"),
        ("색이 화면과 달라서 다른 색으로 부탁드려요", "교환"),
        ("카드 취소는 며칠 뒤에 되나요", "환불"),
        ("반품 보냈는데 돈이 아직 안 들어왔어요", "환불"),
        ("쿠폰으로 산 것도 돌려받을 수 있나요?", "환불"),
    ]
    with open("inquiries.tsv", "w", encoding="utf-8") as file:
        print("내용\t담당", file=file)
        for text, label in inquiries:
            print(f"{text}\t{label}", file=file)

# %%
if __name__ == "__main__":
    own = Config(
        train_file="inquiries.tsv",
        text_column="내용",
        label_column="담당",
    )
    print(load_examples(own).labels)

# %% [markdown]
# 분류 헤드가 낼 로짓의 수는 파일에 있는 레이블의 수로 정해집니다. 파일이 잘못되었으면 몇째 줄이 왜 잘못인지 알려 줍니다.

# %%
from kerasnlp_tutorial.errors import InputError

# %%
if __name__ == "__main__":
    with open("inquiries.tsv", "a", encoding="utf-8") as file:
        file.write("레이블을 빠뜨린 줄\n")
    try:
        load_examples(own)
    except InputError as error:
        print(error)

# %% [markdown]
# 읽히는 파일이 되었으면 `train(own)`으로 학습합니다. 명령줄에서는 이렇게 합니다. 아홉 줄로는 아무것도
# 배울 수 없으니, 범주마다 적어도 수백 줄을 모으세요.
#
# ```sh
# kerasnlp-tutorial train ch04 --train-file inquiries.tsv \
#   --set text_column=내용 --set label_column=담당
# ```
#
# **모델.** `backbone`에 KerasNLP 프리셋(preset)의 이름이나 폴더를 주면 거기에서 출발합니다. 책에서 쓰는
# `backbone="kcbert-base"`도 됩니다. 허깅페이스 허브에서 받아 한 번 변환해 둡니다. 백본이 크면 학습률은 작게 잡습니다.
# BERT-base 크기라면 `learning_rate=5e-5`가 흔한 출발점입니다.
#
# ```sh
# kerasnlp-tutorial train ch04 --dataset nsmc \
#   --backbone kcbert-base --learning-rate 5e-5
# ```
#
# 방금 학습한 폴더도 프리셋입니다. 백본과 어휘 집합은 물려받고 분류 헤드만 새것이므로, 범주가 달라도 됩니다.

# %%
if __name__ == "__main__":
    next_config = Config(backbone=str(trained.path))
    next_model = build_model(next_config, splits)
    before = trained.model.backbone.get_weights()
    after = next_model.backbone.get_weights()
    print(all(map(np.array_equal, before, after)))

# %% [markdown]
# **얼마나 학습할까.** 가중치를 모두 바꾸지 않아도 됩니다. 무엇을 학습할지 `method`로 고릅니다.
#
# ![네 방법이 세로로 놓여 있다. 파인튜닝은 백본과 헤드를 모두 학습한다. 백본 동결은 백본을 그대로 두고 헤드만 학습한다. LoRA는 백본을 동결하고 거기에 더하는 작은 행렬 둘과 헤드를 학습한다. 프롬프트 튜닝은 모델 전체를 동결하고 입력 앞에 놓는 프롬프트 벡터만 학습한다.](../docs/images/pictures/trained_parts.svg)
#
# | `method` | 학습하는 것 |
# |---|---|
# | `full` | 모두 |
# | `frozen` | 백본 동결: 분류 헤드와 풀러. 백본의 나머지는 그대로 둡니다 |
# | `lora` | LoRA(low-rank adaptation): 분류 헤드와 풀러, 어텐션의 행렬에 더하는 작은 행렬들 |
# | `prompt` | 글 앞에 놓는 벡터 몇 개. 답은 언어 모델이 단어로 합니다 |
#
# 풀러까지 학습하는 것은, 빈칸 채우기로 사전학습할 때에는 쓰지 않아서 풀러가 무작위로 초기화한 그대로이기 때문입니다.
#
# ## 웹 서비스로 열기
#
# 학습한 모델을 브라우저에서 써 봅니다. 글을 넣으면 답과 범주별 확률을 막대로 보여 줍니다.
#
# ```sh
# pip install "kerasnlp-tutorial[demo]"
# kerasnlp-tutorial demo runs/ch04-1
# ```
#
# ![위에서 아래로 이어진다. 브라우저의 글상자에 적은 리뷰 '연기가 좋네'를 kerasnlp-tutorial demo에 보내면, 토크나이저와 모델, softmax를 지나 긍정과 부정의 확률이 브라우저로 돌아와 막대로 보인다.](../docs/images/pictures/document_service.svg)
#
# 폴더를 둘 주면 두 모델의 답을 나란히 보여 줍니다. `demo runs/ch04-1 runs/ch04-2`라고 하면 앞에서 학습한 두 모델, 사전학습
# 모델에서 출발한 것과 처음부터 학습한 것을 비교할 수 있습니다. Colab에서는 끝에 `--share`를 더하면 밖에서 열 수 있는 주소가
# 나옵니다. 같은 주소의 `/api`는 프로그램이 부르는 자리입니다. 요청과 응답의 형식은
# [브라우저에서 써 보기](../howto/demo.md)에 있습니다.
#
# ## 요약
#
# - 문서 분류는 글 한 편에 범주 하나를 붙이는 과제입니다.
# - 글은 `[CLS]`와 `[SEP]`을 두른 토큰 번호가 되고, 비슷한 길이끼리 배치로 묶여 모델에 들어갑니다.
# - `[CLS]` 자리의 벡터가 풀러와 드롭아웃, 분류 헤드를 지나면 범주마다 로짓이 되고, 소프트맥스를 씌우면 확률이 됩니다.
# - 학습은 크로스 엔트로피 손실을 줄이는 일입니다. 학습률은 올렸다가 내리고, 검증 점수가 가장 좋은 에포크를 남깁니다.
# - 학습 점수만 좋아지고 검증 점수가 멈추면 과적합입니다.
# - 점수는 기준선과 함께, 그리고 정밀도와 재현율, 틀린 예와 함께 읽습니다.
# - 사전학습 모델에서 출발하면 같은 데이터로 더 잘 배웁니다. 레이블이 적을수록 차이가 큽니다.
#
# ## 연습 문제
#
# **1. 순서를 섞으면.** 평가 데이터의 어절 순서를 무작위로 섞고 다시 평가해 보세요. 점수가 얼마나
# 떨어지나요? 거의 그대로라면 이 모델은 순서를 얼마나 쓰고 있는 걸까요?


# %% tags=["solution"]
import random


def shuffle_words(
    examples: list[LabeledText], seed: int
) -> list[LabeledText]:
    """Return the examples with the words of each text in random order."""
    generator = random.Random(seed)
    shuffled = []
    for example in examples:
        words = example.text.split()
        generator.shuffle(words)
        shuffled.append(LabeledText(" ".join(words), example.label))
    return shuffled


# %% tags=["solution"]
if __name__ == "__main__":
    shuffled_scores = evaluate(
        trained, shuffle_words(splits.test, seed=7)
    )
    scores = {
        "그대로": trained.metrics["accuracy"],
        "섞은 뒤": shuffled_scores["accuracy"],
    }
    display.bars(
        scores, "어절을 섞기 전과 뒤의 정확도", limit=1.0
    ).show()

# %% [markdown]
# **2. `[CLS]` 대신 평균.** `[CLS]` 벡터 하나 대신 진짜 토큰들의 벡터를 평균해서 분류하는 레이어를 만들어
# 보세요. 패딩이 평균에 섞이면 안 됩니다.


# %% tags=["solution"]
def mean_pooling_head(
    sequence_output: keras.KerasTensor,
    padding_mask: keras.KerasTensor,
    num_classes: int,
    dropout: float,
) -> keras.KerasTensor:
    """Return the logits, (batch, classes), of the mean of the real tokens."""
    mask = keras.ops.cast(padding_mask, sequence_output.dtype)[
        ..., None
    ]
    total = keras.ops.sum(
        sequence_output * mask, axis=1
    )  # (batch, hidden)
    mean = total / keras.ops.maximum(keras.ops.sum(mask, axis=1), 1.0)
    mean = keras.layers.Dropout(dropout)(mean)
    return keras.layers.Dense(num_classes, name="logits")(mean)


# %% tags=["solution"]
if __name__ == "__main__":
    backbone = next_model.backbone
    mean_logits = mean_pooling_head(
        backbone.output["sequence_output"],
        backbone.input["padding_mask"],
        len(splits.labels),
        config.dropout,
    )
    mean_model = keras.Model(backbone.input, mean_logits)
    print(
        mean_model.predict_on_batch(model.preprocessor(["볼 만해요"]))
    )

# %% [markdown]
# **3. 확신과 정답률.** 확률이 0.9 이상인 예측은 정말로 열에 아홉 번 맞을까요? 예측을 확률의 구간으로
# 나누어 구간마다 정답률을 재 보세요. 확률이 정답률보다 크다면 모델이 지나치게 자신하는 것입니다.


# %% tags=["solution"]
def accuracy_by_confidence(
    probabilities: np.ndarray, targets: np.ndarray, edges: list[float]
) -> list[tuple[float, float, int, float]]:
    """Return (from, to, examples, accuracy) of each range of confidence.

    Ranges without examples are omitted; the last range includes its end.
    """
    confidence = probabilities.max(axis=-1)
    correct = probabilities.argmax(axis=-1) == targets
    bins = np.digitize(confidence, edges[1:-1])
    return [
        (
            edges[i],
            edges[i + 1],
            int(np.sum(bins == i)),
            float(correct[bins == i].mean()),
        )
        for i in range(len(edges) - 1)
        if np.any(bins == i)
    ]


# %% tags=["solution"]
if __name__ == "__main__":
    edges = [0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    rows = accuracy_by_confidence(probabilities, targets, edges)
    display.table(
        ["확률 이상", "미만", "리뷰 수", "정답률"], rows
    ).show()

# %% [markdown]
# ## 더 읽을거리
#
# - Devlin 외(2019), *BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding*,
#   NAACL. `[CLS]` 위의 분류 헤드가 나온 논문입니다.
# - Sun 외(2019), *How to Fine-Tune BERT for Text Classification?*, CCL. 학습률, 레이어, 긴 글을 다루는 법.
# - Mosbach 외(2021), *On the Stability of Fine-tuning BERT*, ICLR. 시드에 따라 점수가 흔들리는 이유.
# - Hu 외(2021), *LoRA: Low-Rank Adaptation of Large Language Models*. 작은 행렬만 학습하기.
# - Loshchilov와 Hutter(2019), *Decoupled Weight Decay Regularization*, ICLR. AdamW.
# - Srivastava 외(2014), *Dropout: A Simple Way to Prevent Neural Networks from Overfitting*, JMLR.
# - Joulin 외(2017), *Bag of Tricks for Efficient Text Classification*, EACL. 단어 주머니가 만만치 않은
#   이유.
# - Guo 외(2017), *On Calibration of Modern Neural Networks*, ICML. 연습 문제 3의 뒷이야기.
# - 박은정(2015), *Naver sentiment movie corpus v1.0*. NSMC.
