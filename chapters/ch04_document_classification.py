# %% [markdown]
# # 4장 문서에 꼬리표 달기: 문서 분류
#
# 영화 리뷰 한 줄을 읽고 **긍정**인지 **부정**인지 맞히는 모델을 만듭니다. 이렇게 글 한 편에
# 미리 정해 둔 범주 하나를 붙이는 과제를 문서 분류(document classification)라고 합니다.
# 뉴스의 분야, 메일의 스팸 여부, 고객 문의의 담당 부서를 정하는 일이 모두 같은 모양입니다.
# 범주가 감정이면 특별히 감성 분석(sentiment analysis)이라고 부릅니다.
#
# ## 이 장에서 배우는 것
#
# - 말뭉치를 학습·검증·평가용으로 나누는 법과 그 까닭
# - 글이 `[CLS]`와 `[SEP]`을 두른 토큰 번호가 되고, 배치가 되는 과정
# - BERT 위에 분류 층을 손으로 얹는 법
# - `model.fit`을 둘러싼 것들: 옵티마이저, 학습률, 드롭아웃, 가장 좋은 에포크
# - 점수를 의심하는 법: 기준선(baseline), 혼동 행렬, 틀린 예
# - 저장한 모델로 새 문장을 분류하는 법과 내 데이터로 바꾸는 법
#
# 이 파일은 글이면서 프로그램입니다. 여기에서 정의하는 함수가 명령줄 도구
# `kerasnlp-tutorial train ch04`가 실행하는 바로 그 함수입니다. 쪽마다 보이는 결과도 모두 이
# 코드를 실행한 것입니다.

# %%
import math
import random
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial

import keras
import keras_nlp
import numpy as np

from kerasnlp_tutorial import (
    datasets,
    display,
    metrics,
    runs,
    training,
    transfer,
)
from kerasnlp_tutorial.checkpoints import load_bert
from kerasnlp_tutorial.config import TransferConfig
from kerasnlp_tutorial.datasets import LabeledText, Splits
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.runs import TrainedModel

# %% [markdown]
# ## 설정
#
# 실험을 다시 할 수 있으려면 무엇을 어떻게 했는지가 한곳에 적혀 있어야 합니다. 데이터, 모델,
# 학습에 관한 값을 모두 `Config`에 모읍니다. 학습률처럼 학습하기 전에 사람이 정하는 값을
# 하이퍼파라미터(hyperparameter)라고 합니다. 어느 장에나 있는 값은 `TrainingConfig`에서
# 물려받고, 이 장에만 있는 값을 더합니다. 한번 만든 설정은 바뀌지 않으며, 학습이 끝나면 모델
# 옆에 함께 저장됩니다.

# %%
INPUT_FIELDS = ("text",)
METRICS = ("accuracy", "macro_f1")
CORPORA = {corpus.name: corpus for corpus in datasets.REVIEWS}


@dataclass(frozen=True, kw_only=True)
class Config(TransferConfig):
    """Settings of document classification."""

    text_column: str = "text"
    """Header of the text column, in a file of your own."""
    label_column: str = "label"
    """Header of the label column, in a file of your own."""

    def __post_init__(self):
        super().__post_init__()
        expected = f"one of {sorted(CORPORA)}"
        self._require("dataset", self.dataset in CORPORA, expected)


# %% [markdown]
# 빨리 훑어보고 싶으면 아래의 `Config()`를 `Config.quick()`으로 바꾸세요. 모델과 데이터가 아주
# 작아져서 몇 초면 학습이 끝납니다. 점수는 기대하지 마세요.
#
# **랜덤 시드(random seed).** 가중치의 처음 값, 드롭아웃, 데이터를 나누고 섞는 순서는 난수로
# 정합니다. 컴퓨터의 난수는 시드라는 수에서 차례로 계산해 낸 것이라, 시드가 같으면 같은 난수가
# 나옵니다. `seed`를 적어 두면 같은 기계에서 같은 결과를 다시 얻습니다. 거꾸로, 시드를 바꾸어
# 여러 번 돌려 보면 점수가 운에 얼마나 흔들리는지 알 수 있습니다.

# %%
if __name__ == "__main__":
    config = Config()
    rows = [
        ["학습 데이터", config.dataset],
        ["출발점", config.backbone],
        [
            "층 × 벡터 크기",
            f"{config.num_layers} × {config.hidden_dim}",
        ],
        ["배치 크기", config.batch_size],
        ["학습률", config.learning_rate],
        ["시드", config.seed],
    ]
    display.table(["설정", "값"], [[k, str(v)] for k, v in rows]).show()

# %% [markdown]
# ## 말뭉치
#
# 패키지에는 이 프로젝트를 위해 한 문장씩 지어 쓴 리뷰가 들어 있어서(`dataset="sample"`)
# 인터넷이 없어도 모든 것이 돌아갑니다. `dataset="nsmc"`로 바꾸면 네이버 영화 리뷰 말뭉치(NSMC)를
# 내려받아 씁니다. 두 말뭉치의 파일 형식은 같습니다. 탭으로 나뉜 세 열이 번호, 글, 꼬리표이고
# 꼬리표 `0`은 부정, `1`은 긍정입니다.
#
# 데이터는 셋으로 나눕니다. **학습 데이터**(training data)로 가중치를 바꾸고, **검증 데이터**(validation data)로
# 가장 좋은 에포크를 고르고, **평가 데이터**(test data)로는 마지막에 한 번 점수만 잽니다. 평가 데이터로 에포크를 고르면 거기에
# 우연히 잘 맞은 에포크가 뽑혀서 점수가 실제보다 좋게 나옵니다.


# %%
def load_examples(config: Config) -> Splits:
    """Read the training and test examples, and hold out a validation set."""
    return datasets.load_splits(config, partial(read_examples, config))


def read_examples(
    config: Config, split: str, labels=None
) -> list[LabeledText]:
    """Read `train` or `test` from the reader's own file or from the corpus."""
    own_file = (
        config.train_file if split == "train" else config.test_file
    )
    if own_file:
        return datasets.read_labeled_texts(
            own_file, config.text_column, config.label_column, labels
        )
    path = CORPORA[config.dataset].path(
        f"ratings_{split}.txt", config.data_dir
    )
    examples = datasets.read_nsmc(path)
    if labels and (
        unknown := {example.label for example in examples} - set(labels)
    ):
        raise InputError(
            f"{path} has the labels {unknown}, the model {labels}"
        )
    return examples


# %%
if __name__ == "__main__":
    splits = load_examples(config)
    rows = [
        [example.label, example.text] for example in splits.train[:6]
    ]
    display.table(["꼬리표", "글"], rows).show()

# %% [markdown]
# 범주가 한쪽으로 쏠려 있지 않은지도 먼저 봅니다.

# %%
if __name__ == "__main__":
    rows = []
    for name in ("train", "validation", "test"):
        counts = Counter(
            example.label for example in getattr(splits, name)
        )
        rows.append([name, *(counts[label] for label in splits.labels)])
    display.table(["", *splits.labels], rows).show()

# %% [markdown]
# ## 먼저, 아무것도 모르는 분류기
#
# 점수는 견줄 데가 있어야 뜻이 생깁니다. 가장 흔한 범주만 답하는 분류기가 얼마나 맞히는지부터
# 봅니다. 스팸이 5%인 메일함에서는 "모두 정상"이라고만 해도 정확도가 0.95이므로, 이 기준선
# (baseline)을 모르고 본 점수는 믿을 수 없습니다.


# %%
def majority_accuracy(splits: Splits) -> float:
    """Return the test accuracy of always saying the most frequent class."""
    counts = Counter(example.label for example in splits.train)
    majority = counts.most_common(1)[0][0]
    right = [example.label == majority for example in splits.test]
    return float(np.mean(right))


# %%
if __name__ == "__main__":
    print(f"{majority_accuracy(splits):.3f}")

# %% [markdown]
# ## 모델
#
# 글이 들어가서 확률이 나올 때까지 거치는 길은 이렇습니다.
#
# ```text
# 배우들 연기가 살아 있네요
#   │  토크나이저
# [CLS] 배우들 연기 ##가 살아 있네요 [SEP]
#   │  BERT: 토큰마다 벡터 하나
# [CLS]의 벡터
#   │  풀러와 드롭아웃
#   │  분류 층: 범주마다 로짓 하나
# 긍정의 로짓, 부정의 로짓
#   │  소프트맥스
# 긍정일 확률, 부정일 확률
# ```
#
# `[CLS]`(classification)는 글 맨 앞에, `[SEP]`(separator)은 글 끝에 붙이는 특수 토큰(special token)입니다. BERT의
# 셀프 어텐션은 모든 토큰이 서로를 보게 하므로, 아무 뜻이 없던 `[CLS]` 자리의 벡터에 글 전체의
# 정보가 모입니다. 그래서 글의 길이가 얼마이든 이 벡터 하나만 분류 층에 넣으면 됩니다.
#
# - **풀러**(pooler): `[CLS]` 벡터를 한 번 더 변환합니다.
# - **드롭아웃**(dropout): 학습하는 동안 값의 일부를 무작위로 0으로 만듭니다. 몇 개의 뉴런에만
#   기대어 학습 데이터를 외우는 일, 곧 과적합(overfitting)을 줄입니다. 예측할 때는 아무 일도 하지
#   않습니다.
# - **분류 층**: 범주마다 점수, 곧 로짓(logit) $z_k$를 냅니다. 소프트맥스를 씌우면 확률이 됩니다.
#
# $$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$$
#
# Keras로 쓰면 몇 줄입니다.


# %%
def classification_head(
    sequence_output: keras.KerasTensor, num_classes: int, dropout: float
) -> keras.KerasTensor:
    """Put the head on a BERT's output, (batch, tokens, hidden), by hand."""
    cls = sequence_output[:, 0]  # (batch, hidden)
    hidden_dim = cls.shape[-1]
    pooled = keras.layers.Dense(
        hidden_dim, activation="tanh", name="pooler"
    )(cls)
    pooled = keras.layers.Dropout(dropout)(pooled)
    return keras.layers.Dense(num_classes, name="logits")(pooled)


# %% [markdown]
# KerasNLP에는 이 구조가 `BertTextClassifier`로 준비되어 있습니다. 백본의 `pooled_output`이 위의
# 풀러이고, 거기에 드롭아웃과 분류 층을 얹습니다. 두 구현에 같은 가중치를 넣으면 같은 로짓이
# 나온다는 것을 테스트가 확인합니다. 학습에는 토크나이저까지 함께 저장되는 KerasNLP의 것을
# 씁니다.
#
# 함께 정하는 것이 둘 더 있습니다.
#
# - **손실 함수**(loss function): 정답 범주의 확률이 $p$일 때 크로스 엔트로피(cross entropy)는 $-\log p$입니다. 확신을
#   가지고 틀릴수록 커집니다. 모델이 확률이 아니라 로짓을 내므로 `from_logits=True`라고 알려 줍니다.
# - **옵티마이저**(optimizer): 손실이 줄어드는 쪽으로 가중치를 옮기는 방법입니다. `AdamW`는 기울기(gradient)의 최근 평균으로
#   방향을, 최근 크기로 걸음의 폭을 가중치마다 따로 정하고, 가중치가 필요 없이 커지지 않게 조금씩
#   줄입니다. 이것을 가중치 감쇠(weight decay)라고 합니다.


# %%
def build_model(
    config: Config, splits: Splits
) -> keras_nlp.models.BertTextClassifier:
    """Build the classifier on the backbone that the config names, and compile it."""
    keras.utils.set_random_seed(config.seed)
    if config.method == "prompt":
        model = transfer.prompt_tuned_classifier(config, splits.labels)
    else:
        texts = (t for example in splits.train for t in example.texts)
        backbone, tokenizer = load_bert(config, list(texts))
        model = keras_nlp.models.BertTextClassifier(
            backbone,
            num_classes=len(splits.labels),
            preprocessor=keras_nlp.models.BertTextClassifierPreprocessor(
                tokenizer, sequence_length=config.sequence_length
            ),
            dropout=config.dropout,
        )
        transfer.choose_weights(model, config)
    optimizer = training.adamw(
        config.learning_rate, config.weight_decay
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        optimizer=optimizer,
        loss=loss,
        metrics=["accuracy"],
        jit_compile=False,  # batches have many shapes, and each would be compiled
    )
    return model


# %%
if __name__ == "__main__":
    model = build_model(config, splits)
    in_backbone = model.backbone.count_params()
    in_head = model.count_params() - in_backbone
    rows = [["BERT 백본", in_backbone], ["분류 층", in_head]]
    display.table(["부분", "가중치 수"], rows).show()

# %% [markdown]
# 가중치의 거의 전부가 백본에 있습니다. 그 많은 수를 리뷰 천여 개로 정하는 것은 무리입니다. 그래서 백본은
# 꼬리표 없는 글을 많이 읽으며 미리 학습한 것, `bert_mini_ko`를 물려받습니다. 난수에서 출발하면
# (`backbone="scratch"`) 어떻게 되는지는 이 장의 끝에서 점수로 봅니다.
#
# ## 토크나이저
#
# 모델은 글자를 모릅니다. 글을 토큰으로 쪼개는 일을 토큰화(tokenization)라고 하고, 토큰화를 맡아 토큰을
# 어휘 집합(vocabulary)의 번호로 바꾸는 것이 토크나이저(tokenizer)입니다. 여기서는 워드피스(WordPiece)를
# 쓰며, 앞 토큰에 붙는 조각에는 `##`이 달립니다. 어떻게 쪼개는지는 2장에서 다룹니다.

# %%
if __name__ == "__main__":
    tokenizer = model.preprocessor.tokenizer
    x = model.preprocessor(["배우들 연기가 살아 있네요"])
    names = ["token_ids", "segment_ids", "padding_mask"]
    columns = np.stack([x[name][0] for name in names], axis=1)
    real = int(np.sum(x["padding_mask"]))
    rows = [
        [tokenizer.id_to_token(row[0]), *row]
        for row in columns[: real + 2].tolist()
    ]
    display.table(["토큰", *names], rows).show()

# %% [markdown]
# BERT에 들어가는 것은 이 세 줄입니다.
#
# - `token_ids`: 토큰의 번호. 남는 자리는 `[PAD]`로 채웁니다.
# - `segment_ids`: 문장이 둘일 때 어느 쪽인지. 문서 분류는 글이 하나이므로 모두 0입니다. 5장의 문장
#   쌍에서 1이 나옵니다.
# - `padding_mask`: 진짜 토큰이면 1, 빈자리면 0. 0인 자리는 어텐션이 보지 않습니다.
#
# ## 데이터 로더
#
# 학습은 글을 한 편씩이 아니라 배치(batch)로 묶어 합니다. 한 배치는 네모난 배열이어야 하므로 짧은
# 글에는 빈자리(padding)를 채웁니다. 글을 골라 묶고 채우는 이 부분을 데이터 로더(data loader)라고
# 부르며, Keras에서는 `tf.data.Dataset`이 그 일을 합니다.
#
# 번호로 바꾸는 일은 한 번만 하고 결과를 기억해 둡니다. 그다음 길이가 비슷한 글끼리 한 배치에 담아
# 그 배치에 필요한 만큼만 채웁니다.


# %%
def make_dataset(
    examples, model, labels, config: Config, *, training_set=False
):
    """Encode examples once and batch them by length; see `length_grouped_dataset`."""
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
        splits.train, model, splits.labels, config, training_set=True
    )
    x, y = next(iter(train_set))
    for name, value in x.items():
        print(name, value.shape, value.dtype.name)
    print("정답", y.shape, y.dtype.name)

# %% [markdown]
# 묶는 데 왜 공을 들일까요? 리뷰의 길이를 보면 압니다. 모두를 최대 길이에 맞추면 계산의 대부분이
# 빈자리에 쓰입니다.

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
    longest = config.sequence_length * len(lengths)
    print(
        f"모두 {config.sequence_length}로 채우면 빈자리 {1 - real / longest:.0%}"
    )
    print(f"비슷한 길이끼리 묶으면 빈자리 {1 - real / computed:.0%}")

# %% [markdown]
# ## 단어 주머니 분류기
#
# BERT와 견줄 두 번째 상대는 토큰의 순서를 모르는 분류기, 단어 주머니(bag of words)입니다. 토큰마다
# 범주별 점수를 하나씩 배우고, 문장에 나온 토큰의 점수를 더합니다. 층 하나짜리 선형 모델이지만
# 감성 분석에서는 만만치 않습니다.


# %%
def bag_of_words_accuracy(
    train, validation, test, vocabulary_size, num_classes
):
    """Train a linear model on token counts and return its test accuracy."""
    token_ids = keras.Input((None,), dtype="int32")
    padding_mask = keras.Input((None,), dtype="int32")
    weights = keras.layers.Embedding(
        vocabulary_size, num_classes, embeddings_initializer="zeros"
    )(token_ids)  # (batch, tokens, classes)
    mask = keras.ops.cast(padding_mask, weights.dtype)[..., None]
    logits = keras.ops.sum(weights * mask, axis=1)  # (batch, classes)
    model = keras.Model([token_ids, padding_mask], logits)
    model.compile(
        optimizer=keras.optimizers.Adam(0.005),
        loss=keras.losses.SparseCategoricalCrossentropy(
            from_logits=True
        ),
        metrics=[
            keras.metrics.SparseCategoricalAccuracy(name="accuracy")
        ],
        jit_compile=False,
    )
    best = keras.callbacks.EarlyStopping(
        patience=2, restore_best_weights=True
    )
    train, validation, test = (
        part.map(lambda x, y: ((x["token_ids"], x["padding_mask"]), y))
        for part in (train, validation, test)
    )
    model.fit(
        train,
        validation_data=validation,
        epochs=20,
        callbacks=[best],
        verbose=0,
        shuffle=False,  # the dataset shuffles itself
    )
    return float(
        model.evaluate(test, verbose=0, return_dict=True)["accuracy"]
    )


# %%
def baseline_accuracies(model, splits: Splits, config: Config):
    """Return the test accuracies of both baselines, by name."""
    sets = (
        make_dataset(
            part, model, splits.labels, config, training_set=i == 0
        )
        for i, part in enumerate(
            (splits.train, splits.validation, splits.test)
        )
    )
    tokens = model.preprocessor.tokenizer.vocabulary_size()
    return {
        "majority": majority_accuracy(splits),
        "bag_of_words": bag_of_words_accuracy(
            *sets, tokens, len(splits.labels)
        ),
    }


# %% [markdown]
# ## 학습
#
# 학습은 `model.fit` 한 줄입니다. 그 둘레에 있는 것은 다음과 같습니다.
#
# - 처음에는 분류 층이 아무것도 모르므로 기울기가 거칠고, 끝에서는 좋은 자리를 지나치지 않아야 합니다.
#   그래서 학습률을 처음 10% 동안 올렸다가 끝까지 곧게 내립니다(linear decay). 올리는 동안이 워밍업(warmup)입니다. 이렇게
#   학습률을 움직이는 것을 러닝레이트 스케줄러(learning rate scheduler)라고 합니다.
# - 에포크마다 검증 점수를 재고, 가장 좋았던 가중치를 남깁니다. Ctrl-C로 멈춰도 그때까지 가장
#   좋았던 가중치로 넘어갑니다.
# - 학습이 도중에 죽어도 마지막 에포크부터 이어서 할 수 있습니다(`resume`).


# %%
def choose_epochs(config: Config, steps: int, aim: int = 250) -> int:
    """Return `config.epochs`, or as many as make about `aim` steps.

    That is 3 at least, and at most a sixteenth of `aim`.
    """
    return config.epochs or min(
        max(math.ceil(aim / steps), 3), aim // 16
    )


def fit(
    model,
    train_set,
    validation_set,
    run: runs.Run,
    aim: int = 250,
    monitor: str = "val_accuracy",
) -> None:
    """Train as the run's settings say, and keep the best epoch."""
    config = run.config
    steps = len(train_set)
    epochs = choose_epochs(config, steps, aim)
    with training.fitting(model, run.checkpoints, config.precision):
        model.fit(
            train_set,
            validation_data=validation_set,
            epochs=epochs,
            callbacks=[
                training.WarmupLinearDecay(
                    config.learning_rate,
                    total_steps=epochs * steps,
                    warmup_ratio=config.warmup_ratio,
                    max_minutes=config.max_minutes,
                ),
                *training.checkpoint_callbacks(
                    run.checkpoints, monitor
                ),
            ],
            verbose=training.progress_verbosity(),
            shuffle=False,  # the dataset shuffles itself
        )


def fine_tune(run: runs.Run, splits: Splits, baselines) -> TrainedModel:
    """Train, evaluate on the test set, and save to the run's directory.

    Args:
        run: with the settings in `config`.
        splits: the examples.
        baselines: function of model, splits and config to what stands
            beside the score.
    """
    started, config = time.monotonic(), run.config
    model = build_model(config, splits)
    train_set, validation_set = (
        make_dataset(
            part, model, splits.labels, config, training_set=i == 0
        )
        for i, part in enumerate((splits.train, splits.validation))
    )
    measured = baselines(model, splits, config)
    fit(model, train_set, validation_set, run)
    trained = TrainedModel(model, splits.labels, config)
    scores = evaluate(trained, splits.test)
    seconds = round(time.monotonic() - started, 1)
    scores |= {"baselines": measured, "seconds": seconds}
    scores["learnt"] = transfer.trainable_parameters(model)
    return run.finish(model, splits.labels, scores)


def train(config: Config) -> TrainedModel:
    """Read the examples and fine-tune on them."""
    with runs.Run.begin("ch04", config) as run:
        splits = load_examples(run.config)
        return fine_tune(run, splits, baseline_accuracies)


# %%
if __name__ == "__main__":
    schedule = training.WarmupLinearDecay(
        config.learning_rate,
        total_steps=100,
        warmup_ratio=config.warmup_ratio,
    )
    rates = [schedule.rate(percent / 100) for percent in range(101)]
    display.curves(
        {"학습률": rates}, "학습률 스케줄", "학습 진행 (%)"
    ).show()

# %% [markdown]
# 평가에는 정확도(accuracy)와 매크로 F1(macro F1)을 씁니다. 정확도는 맞힌 비율입니다. F1은 한 범주를
# 놓치지 않은 비율과 잘못 붙이지 않은 비율의 조화 평균이고, 매크로 F1은 그것을 범주마다 구해 평균한
# 값입니다. 드문 범주를 버리고 얻은 정확도는 매크로 F1에서 들통납니다.


# %%
def evaluate(
    trained: TrainedModel, examples: list[LabeledText]
) -> dict[str, float]:
    """Return accuracy and macro F1, 0 to 1, and the number of examples."""
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
# 예측은 로짓에 소프트맥스를 씌우는 것이 전부입니다. 확률이 가장 큰 범주가 답입니다.


# %%
def predict_probabilities(
    trained: TrainedModel, columns: tuple[list[str], ...]
) -> np.ndarray:
    """Return the probability of each class, float32, (texts, classes).

    Args:
        trained: the model.
        columns: one list of texts, or two for pairs.
    """
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


def predict(trained: TrainedModel, texts: list[str]) -> list[dict]:
    """Classify texts; return `text`, `label` and `probabilities` of each."""
    if not texts:
        return []
    return [
        {
            "text": text,
            "label": trained.labels[row.argmax()],
            "probabilities": dict(
                zip(trained.labels, row.tolist(), strict=True)
            ),
        }
        for text, row in zip(
            texts, predict_probabilities(trained, (texts,)), strict=True
        )
    ]


# %% [markdown]
# 이제 학습합니다. 끝나면 `runs/` 아래에 모델과 설정, 점수가 함께 저장됩니다.

# %%
if __name__ == "__main__":
    trained = train(config)
    print(f"{trained.metrics['seconds']:.0f}초, {trained.path}")

# %% [markdown]
# 에포크가 지나면서 학습 데이터의 점수는 계속 오르는데 검증 점수가 멈춘다면, 모델이 배우기를 그치고
# 외우기 시작한 것입니다.

# %%
if __name__ == "__main__":
    history = runs.describe(trained.path)["history"]
    for name, title in (("loss", "손실"), ("accuracy", "정확도")):
        lines = {"학습": history[name], "검증": history[f"val_{name}"]}
        display.curves(lines, title, "에포크", start=1).show()

# %% [markdown]
# ## 결과 읽기
#
# 먼저 기준선과 견줍니다.

# %%
if __name__ == "__main__":
    from_scratch = train(Config(backbone="scratch"))
    scores = {
        "다수 범주": trained.metrics["baselines"]["majority"],
        "단어 주머니": trained.metrics["baselines"]["bag_of_words"],
        "BERT, 난수에서": from_scratch.metrics["accuracy"],
        "BERT, 미리 학습": trained.metrics["accuracy"],
    }
    display.bars(scores, "평가 데이터의 정확도", limit=1.0).show()

# %% [markdown]
# 두 BERT는 층의 수도 크기도 학습 데이터도 같고, 글을 먼저 읽었는지만 다릅니다. 그런데 이 평가 데이터에서는 셋 다
# 비슷합니다. 패키지에 든 리뷰에는 `캬 이맛이지`나 `콜라 흘린 거 닦는 데 씀`처럼 좋다는 말도 나쁘다는 말도 없이
# 돌려 말한 것이 많습니다. 그런 글은 글을 조금 더 읽었다고 알아듣지 못하고, 남는 것은 이 데이터에만 있는 버릇인데,
# 그것은 난수에서 출발한 모델도 외웁니다. 다른 데서 흔히 보는 리뷰도 읽혀 봅니다.

# %%
if __name__ == "__main__":
    praise = [
        *("진짜 재밌어요 강추합니다", "배우들 연기가 최고였어요"),
        *("시간 가는 줄 모르고 봤네요", "감동적이고 따뜻한 영화"),
        *("또 보고 싶은 영화입니다", "올해 본 영화 중에 제일 좋았다"),
        *("영상미도 좋고 음악도 좋다", "웃다가 울다가 나왔어요"),
        *("명작은 다시 봐도 명작", "기대 이상이었습니다"),
        *("아이들이 정말 좋아하네요", "마지막 장면이 오래 남아요"),
    ]
    blame = [
        *("돈이 아깝다", "너무 지루해서 잤어요"),
        *("스토리가 엉망이네요", "이걸 왜 만들었는지 모르겠다"),
        *("연기도 못하고 재미도 없고", "시간 낭비했습니다"),
        *("예고편이 전부인 영화", "억지 감동 그만 좀"),
        *("기대했는데 실망입니다", "최악의 영화"),
        *("보다가 중간에 나왔어요", "평점에 속았네"),
    ]
    common = [LabeledText(text, "긍정") for text in praise]
    common += [LabeledText(text, "부정") for text in blame]
    scores = {
        "BERT, 난수에서": evaluate(from_scratch, common)["accuracy"],
        "BERT, 미리 학습": evaluate(trained, common)["accuracy"],
    }
    display.bars(scores, "흔한 리뷰 24개의 정확도", limit=1.0).show()

# %% [markdown]
# 스물네 개의 차이는 우연일 수도 있습니다. 실제 리뷰 이만 개로 재면 미리 학습한 쪽이 크게 앞섭니다(저장소의
# `README`). 먼저 읽은 글에서 배운 것이 새 과제로 옮겨 갔고, 그것이 이 책의 주제인 전이학습(transfer learning)입니다.
# `Config(dataset="nsmc", max_train_examples=1000)`으로 실제 리뷰에서 배우게 하면 평가 데이터의 점수부터 크게
# 갈리고, 리뷰를 십만 개 보여 주면 차이는 줄어듭니다.
#
# 다음은 혼동 행렬(confusion matrix)입니다. 어느 범주를 어느 범주로 착각하는지 보여 줍니다.
# 대각선이 맞힌 것입니다.

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
# 점수보다 많은 것을 알려 주는 것이 틀린 예입니다. 가장 자신 있게 틀린 것부터 봅니다. 모델이 무엇을
# 모르는지, 데이터의 꼬리표가 틀리지는 않았는지가 여기에서 보입니다.

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
# 반어, "재미없을 줄 알았는데" 같은 뒤집기, 칭찬과 불평이 섞인 글이 있는지 찾아보세요. 토큰의 점수를
# 더하기만 해서는 풀 수 없는 글들입니다.
#
# ## 새 문장 분류하기
#
# 학습이 끝난 모델은 폴더 하나입니다. 다른 날 다른 프로그램에서 다시 열어 씁니다.

# %%
if __name__ == "__main__":
    loaded = runs.load(trained.path)
    answers = predict(
        loaded,
        ["배우들 연기가 살아 있네요", "두 시간이 이렇게 길 줄이야"],
    )
    for answer in answers:
        display.bars(
            answer["probabilities"], answer["text"], limit=1.0
        ).show()

# %% [markdown]
# 명령줄에서도 똑같이 씁니다.
#
# ```sh
# kerasnlp-tutorial predict runs/ch04-1 "배우들 연기가 살아 있네요"
# cat reviews.txt | kerasnlp-tutorial predict runs/ch04-1 --json
# ```
#
# ## 나만의 데이터와 모델
#
# **데이터.** 열 이름이 있는 TSV나 CSV 파일이면 됩니다. 범주의 수와 이름은 자유입니다. 작은 파일을
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
        file.write("내용\t담당\n")
        file.writelines(
            f"{text}\t{label}\n" for text, label in inquiries
        )
    own = Config(
        train_file="inquiries.tsv",
        text_column="내용",
        label_column="담당",
    )
    print(load_examples(own).labels)

# %% [markdown]
# 파일이 잘못되었으면 몇째 줄이 왜 잘못인지 알려 줍니다.

# %%
if __name__ == "__main__":
    with open("inquiries.tsv", "a", encoding="utf-8") as file:
        file.write("꼬리표를 빠뜨린 줄\n")
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
# **모델.** `backbone`에 KerasNLP 프리셋(preset) 폴더를 주면 거기에서 출발합니다. 방금 학습한 폴더도
# 프리셋입니다. 백본과 어휘 집합은 물려받고 분류 층만 새것이므로, 범주가 달라도 됩니다. 책에서 쓰는
# `backbone="kcbert-base"`도 됩니다. 허깅페이스 허브에서 받아 한 번 변환해 두고, 이미 받아 둔 폴더가
# 있으면 그 폴더를 줍니다.

# %%
if __name__ == "__main__":
    next_config = Config(backbone=str(trained.path))
    next_model = build_model(next_config, splits)
    before = trained.model.backbone.get_weights()
    after = next_model.backbone.get_weights()
    print(all(map(np.array_equal, before, after)))

# %% [markdown]
# 층의 수나 벡터 크기 같은 값은 `scratch`일 때만 쓰입니다. 백본이 크면 학습률은 작게 잡습니다. BERT-base
# 크기라면 `learning_rate=5e-5`가 흔한 출발점입니다.
#
# ## 요약
#
# - 문서 분류는 글 한 편에 범주 하나를 붙이는 과제입니다.
# - BERT의 `[CLS]` 벡터에 풀러와 분류 층을 얹으면 모델이 되고, 로짓에 소프트맥스를 씌우면 확률이 됩니다.
# - 길이가 비슷한 글끼리 묶으면 빈자리에 쓰는 계산이 크게 줄어듭니다.
# - 검증 데이터로 에포크를 고르고, 평가 데이터는 마지막에 한 번만 봅니다.
# - 점수는 기준선과 함께, 그리고 틀린 예와 함께 읽습니다.
# - 난수에서 출발한 BERT는 데이터가 적으면 단어 주머니만도 못할 수 있습니다.
#
# ## 연습 문제
#
# **1. 순서를 섞으면.** 평가 데이터의 어절 순서를 무작위로 섞고 다시 평가해 보세요. 점수가 얼마나
# 떨어지나요? 거의 그대로라면 이 모델은 순서를 얼마나 쓰고 있는 걸까요?


# %% tags=["solution"]
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
# **2. `[CLS]` 대신 평균.** `[CLS]` 벡터 하나 대신 진짜 토큰들의 벡터를 평균해서 분류하는 층을 만들어
# 보세요. 빈자리가 평균에 섞이면 안 됩니다.


# %% tags=["solution"]
def mean_pooling_head(
    sequence_output: keras.KerasTensor,
    padding_mask: keras.KerasTensor,
    num_classes: int,
    dropout: float,
) -> keras.KerasTensor:
    """Classify the mean of the real tokens' vectors; (batch, classes)."""
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

    A range without examples is left out; the last one includes its upper end.
    """
    confidence = probabilities.max(axis=-1)
    right = probabilities.argmax(axis=-1) == targets
    bins = np.digitize(confidence, edges[1:-1])
    return [
        (
            edges[i],
            edges[i + 1],
            int(np.sum(bins == i)),
            float(right[bins == i].mean()),
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
#   NAACL. `[CLS]` 위의 분류 층이 나온 논문입니다.
# - Sun 외(2019), *How to Fine-Tune BERT for Text Classification?*, CCL. 학습률, 층, 긴 글을 다루는 법.
# - Mosbach 외(2021), *On the Stability of Fine-tuning BERT*, ICLR. 시드에 따라 점수가 흔들리는 까닭.
# - Loshchilov와 Hutter(2019), *Decoupled Weight Decay Regularization*, ICLR. AdamW.
# - Srivastava 외(2014), *Dropout: A Simple Way to Prevent Neural Networks from Overfitting*, JMLR.
# - Joulin 외(2017), *Bag of Tricks for Efficient Text Classification*, EACL. 단어 주머니가 만만치 않은
#   까닭.
# - Guo 외(2017), *On Calibration of Modern Neural Networks*, ICML. 연습 문제 3의 뒷이야기.
# - 박은정(2015), *Naver sentiment movie corpus v1.0*. NSMC.
