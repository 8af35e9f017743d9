# %% [markdown]
# # 4장 문서에 꼬리표 달기
#
# 영화 리뷰 한 줄을 읽고 **긍정**인지 **부정**인지 맞히는 모델을 만듭니다. 이렇게 글 한 편에
# 미리 정해 둔 범주 하나를 붙이는 과제를 문서 분류(document classification)라고 합니다.
# 뉴스의 분야, 메일의 스팸 여부, 고객 문의의 담당 부서를 정하는 일이 모두 같은 모양입니다.
#
# 이 장은 그 전 과정을 한 번에 훑습니다.
#
# 1. 리뷰를 읽고 학습·검증·평가용으로 나눕니다.
# 2. 글을 토큰 번호로 바꾸고 길이가 비슷한 것끼리 묶습니다.
# 3. BERT 위에 분류 층을 하나 얹습니다.
# 4. `model.fit`으로 학습하고, 손대지 않은 평가 데이터로 점수를 냅니다.
# 5. 저장한 모델로 새 문장을 분류합니다.
#
# 이 파일은 글이면서 프로그램입니다. 여기에서 정의하는 함수가 명령줄 도구
# `kerasnlp-tutorial train ch04`가 실행하는 바로 그 함수입니다.

# %%
import math
import random
import time
from collections import Counter
from dataclasses import dataclass

import keras
import keras_nlp
import numpy as np

from kerasnlp_tutorial import datasets, metrics, runs, training
from kerasnlp_tutorial.checkpoints import load_bert
from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.datasets import LabeledText, Splits
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.runs import TrainedModel

# %% [markdown]
# ## 설정
#
# 실험을 다시 할 수 있으려면 무엇을 어떻게 했는지가 한곳에 적혀 있어야 합니다. 데이터, 모델,
# 학습에 관한 값을 모두 `Config`에 모읍니다. 어느 장에나 있는 값은 `TrainingConfig`에서
# 물려받고, 이 장에만 있는 값을 더합니다. 한번 만든 설정은 바뀌지 않으며, 학습이 끝나면 모델
# 옆에 함께 저장됩니다.

# %%
INPUT_FIELDS = ("text",)
METRICS = ("accuracy", "macro_f1")
CORPORA = {corpus.name: corpus for corpus in (datasets.SAMPLE, datasets.NSMC)}


@dataclass(frozen=True, kw_only=True)
class Config(TrainingConfig):
    """Settings of document classification."""

    text_column: str = "text"
    """Header of the text column, in a file of your own."""
    label_column: str = "label"
    """Header of the label column, in a file of your own."""

    def __post_init__(self):
        super().__post_init__()
        expected = f"one of {sorted(CORPORA)}"
        self._require("dataset", self.dataset in CORPORA, expected)

    @classmethod
    def quick(cls, **changes) -> "Config":
        """Return settings for a run of seconds, to see that everything works."""
        small = {
            "num_layers": 1,
            "num_heads": 2,
            "hidden_dim": 32,
            "intermediate_dim": 64,
            "vocabulary_size": 3000,
            "max_train_examples": 200,
            "epochs": 1,
        }
        return cls(**(small | changes))


# %% [markdown]
# ## 말뭉치
#
# 패키지에는 이 프로젝트를 위해 한 문장씩 지어 쓴 리뷰가 들어 있어서(`dataset="sample"`)
# 인터넷이 없어도 모든 것이 돌아갑니다. `dataset="nsmc"`로 바꾸면 네이버 영화 리뷰 말뭉치를
# 내려받아 씁니다. 두 말뭉치의 파일 형식은 같습니다.
#
# 데이터는 셋으로 나눕니다. **학습용**으로 가중치를 바꾸고, **검증용**으로 가장 좋은 에포크를
# 고르고, **평가용**으로는 마지막에 한 번 점수만 잽니다. 평가용으로 에포크를 고르면 점수가
# 실제보다 좋게 나오기 때문입니다.


# %%
def load_examples(config: Config) -> Splits:
    """Read the training and test examples, and hold out a validation set."""
    examples = read_examples(config, "train")
    labels = datasets.class_names(examples, config.train_file or config.dataset)
    if config.train_file and not config.test_file:
        examples, test = datasets.hold_out(examples, 0.1, config.seed)
    else:
        test = read_examples(config, "test", labels)
    if config.max_train_examples and config.max_train_examples < len(examples):
        generator = random.Random(config.seed)
        examples = generator.sample(examples, config.max_train_examples)
    train, validation = datasets.hold_out(
        examples, config.validation_ratio, config.seed
    )
    return Splits(train, validation, test, labels)


def read_examples(config: Config, split: str, labels=None) -> list[LabeledText]:
    """Read `train` or `test` from the reader's own file or from the corpus."""
    own_file = config.train_file if split == "train" else config.test_file
    if own_file:
        return datasets.read_labeled_texts(
            own_file, config.text_column, config.label_column, labels
        )
    path = CORPORA[config.dataset].path(f"ratings_{split}.txt", config.data_dir)
    examples = datasets.read_nsmc(path)
    if labels and (unknown := {example.label for example in examples} - set(labels)):
        raise InputError(f"{path} has the labels {unknown}, the model {labels}")
    return examples


# %%
if __name__ == "__main__":
    config = Config()
    splits = load_examples(config)
    for example in splits.train[:5]:
        print(example.label, example.text)

# %% [markdown]
# ## 먼저, 아무것도 모르는 분류기
#
# 점수는 견줄 데가 있어야 뜻이 생깁니다. 가장 흔한 범주만 답하는 분류기가 얼마나 맞히는지부터
# 봅니다. 긍정과 부정이 반반이므로 0.5 언저리입니다.


# %%
def majority_accuracy(splits: Splits) -> float:
    """Return the test accuracy of always saying the most frequent class."""
    counts = Counter(example.label for example in splits.train)
    majority = counts.most_common(1)[0][0]
    return float(np.mean([example.label == majority for example in splits.test]))


# %%
if __name__ == "__main__":
    print(f"{majority_accuracy(splits):.3f}")

# %% [markdown]
# ## 모델
#
# BERT는 문장 앞에 `[CLS]`, 뒤에 `[SEP]`라는 특수 토큰을 붙인 토큰 열을 받아 토큰마다 벡터를
# 하나씩 내놓습니다. `[CLS]`의 벡터는 셀프 어텐션을 거치며 문장 전체의 정보를 모으므로, 문서
# 분류에서는 이 벡터 하나만 씁니다. 여기에 층 두 개를 얹으면 끝입니다.
#
# - **풀러**(pooler): `[CLS]` 벡터를 한 번 더 변환합니다.
# - **분류 층**: 범주 수만큼 점수, 곧 로짓(logit)을 냅니다. 로짓에 소프트맥스를 씌우면 확률입니다.


# %%
def classification_head(
    sequence_output: keras.KerasTensor, num_classes: int, dropout: float
) -> keras.KerasTensor:
    """Put the head on a BERT's output, (batch, tokens, hidden), by hand."""
    cls = sequence_output[:, 0]  # (batch, hidden)
    hidden_dim = cls.shape[-1]
    pooled = keras.layers.Dense(hidden_dim, activation="tanh", name="pooler")(cls)
    pooled = keras.layers.Dropout(dropout)(pooled)
    return keras.layers.Dense(num_classes, name="logits")(pooled)


# %% [markdown]
# KerasNLP에는 이 구조가 `BertTextClassifier`로 준비되어 있습니다. 백본의 `pooled_output`이 위의
# 풀러이고, 거기에 드롭아웃과 분류 층을 얹습니다. 두 구현에 같은 가중치를 넣으면 같은 로짓이
# 나온다는 것을 테스트가 확인합니다. 학습에는 토크나이저까지 함께 저장되는 KerasNLP의 것을
# 씁니다.


# %%
def build_model(config: Config, splits: Splits) -> keras_nlp.models.BertTextClassifier:
    """Build the classifier on the backbone that the config names, and compile it."""
    keras.utils.set_random_seed(config.seed)
    texts = [example.text for example in splits.train]
    backbone, tokenizer = load_bert(config, texts)
    preprocessor = keras_nlp.models.BertTextClassifierPreprocessor(
        tokenizer, sequence_length=config.sequence_length
    )
    model = keras_nlp.models.BertTextClassifier(
        backbone,
        num_classes=len(splits.labels),
        preprocessor=preprocessor,
        dropout=config.dropout,
    )
    model.compile(
        optimizer=training.adamw(config.learning_rate, config.weight_decay),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        jit_compile=False,  # batches have many shapes, and each would be compiled
    )
    return model


# %%
if __name__ == "__main__":
    model = build_model(config, splits)
    tokenizer = model.preprocessor.tokenizer
    ids = tokenizer(splits.train[0].text)
    print([tokenizer.id_to_token(int(id)) for id in ids])

# %% [markdown]
# ## 토큰화와 배치
#
# 글을 토큰 번호로 바꾸는 일은 한 번만 하고 결과를 기억해 둡니다. 그다음 길이가 비슷한 리뷰끼리
# 한 배치(batch)에 담고, 그 배치에 필요한 만큼만 빈자리(padding)를 채웁니다. 리뷰는 대부분
# 짧아서, 모두를 최대 길이 128에 맞추면 계산의 대부분이 빈자리에 쓰입니다.


# %%
def make_dataset(examples, model, labels, config: Config, *, training_set=False):
    """Encode examples once and batch them by length; see `bucketed_dataset`."""
    features = training.encode(
        model.preprocessor, [example.text for example in examples]
    )
    return training.bucketed_dataset(
        features,
        [labels.index(example.label) for example in examples],
        config.batch_size,
        pad_token_id=model.preprocessor.tokenizer.pad_token_id,
        shuffle_seed=config.seed if training_set else None,
    )


# %%
if __name__ == "__main__":
    dataset = make_dataset(splits.train, model, splits.labels, config)
    x, y = next(iter(dataset))
    print({name: value.shape for name, value in x.items()}, y.shape)
    print(x["token_ids"][0].numpy(), splits.labels[int(y[0])])

# %% [markdown]
# ## 단어 주머니 분류기
#
# BERT와 견줄 두 번째 상대는 토큰의 순서를 모르는 분류기, 단어 주머니(bag of words)입니다. 토큰마다
# 범주별 점수를 하나씩 배우고, 문장에 나온 토큰의 점수를 더합니다. 층 하나짜리 선형 모델이지만
# 감성 분석에서는 만만치 않습니다.


# %%
def bag_of_words_accuracy(train, validation, test, vocabulary_size, num_classes):
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
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
        jit_compile=False,
    )
    best = keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True)
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
    return float(model.evaluate(test, verbose=0, return_dict=True)["accuracy"])


# %% [markdown]
# ## 학습과 평가
#
# 학습은 `model.fit` 한 줄입니다. 그 둘레에 있는 것은 다음과 같습니다.
#
# - 학습률은 처음 10% 동안 올랐다가 끝까지 곧게 내려갑니다(warm-up, linear decay).
# - 에포크마다 검증 점수를 재고, 가장 좋았던 가중치를 남깁니다. Ctrl-C로 멈춰도 그때까지 가장
#   좋았던 가중치로 넘어갑니다.
# - 학습이 도중에 죽어도 마지막 에포크부터 이어서 할 수 있습니다(`resume`).


# %%
def choose_epochs(config: Config, num_examples: int) -> int:
    """Return `config.epochs`, or as many as make about 250 steps, 3 to 15."""
    steps = math.ceil(num_examples / config.batch_size)
    return config.epochs or min(max(math.ceil(250 / steps), 3), 15)


def train(config: Config) -> TrainedModel:
    """Train, evaluate on the test set, and save to the run's directory."""
    with runs.Run.begin("ch04", config) as run:
        started = time.monotonic()
        config = run.config
        splits = load_examples(config)
        labels = splits.labels
        model = build_model(config, splits)
        train_set, validation_set, test_set = (
            make_dataset(part, model, labels, config, training_set=part is splits.train)
            for part in (splits.train, splits.validation, splits.test)
        )
        baselines = {
            "majority": majority_accuracy(splits),
            "bag_of_words": bag_of_words_accuracy(
                train_set,
                validation_set,
                test_set,
                model.preprocessor.tokenizer.vocabulary_size(),
                len(labels),
            ),
        }
        epochs = choose_epochs(config, len(splits.train))
        with training.fitting(model, run.checkpoints):
            model.fit(
                train_set,
                validation_data=validation_set,
                epochs=epochs,
                callbacks=[
                    training.WarmupLinearDecay(
                        config.learning_rate,
                        total_steps=epochs * len(train_set),
                        warmup_ratio=config.warmup_ratio,
                        max_minutes=config.max_minutes,
                    ),
                    *training.checkpoint_callbacks(run.checkpoints, "val_accuracy"),
                ],
                verbose=training.progress_verbosity(),
                shuffle=False,  # the dataset shuffles itself
            )
        scores = evaluate(TrainedModel(model, labels, config), splits.test)
        seconds = time.monotonic() - started
        scores |= {"baselines": baselines, "seconds": round(seconds, 1)}
        return run.finish(model, labels, scores)


def evaluate(trained: TrainedModel, examples: list[LabeledText]) -> dict[str, float]:
    """Return accuracy and macro F1, 0 to 1, and the number of examples."""
    probabilities = predict_probabilities(trained, [x.text for x in examples])
    predictions = probabilities.argmax(axis=-1)
    targets = np.array([trained.labels.index(example.label) for example in examples])
    return {
        "accuracy": metrics.accuracy(targets, predictions),
        "macro_f1": metrics.macro_f1(targets, predictions, len(trained.labels)),
        "n": len(examples),
    }


# %% [markdown]
# ## 새 문장 분류하기
#
# 로짓에 소프트맥스를 씌우면 범주마다 확률이 나옵니다. 확률이 가장 큰 범주가 답입니다.


# %%
def predict_probabilities(trained: TrainedModel, texts: list[str]) -> np.ndarray:
    """Return the probability of each class, float32, (texts, classes)."""
    preprocessor = trained.model.preprocessor
    logits = training.predict_logits(
        trained.model,
        training.encode(preprocessor, texts),
        trained.config.batch_size,
        pad_token_id=preprocessor.tokenizer.pad_token_id,
    )
    return keras.ops.convert_to_numpy(keras.ops.softmax(logits, axis=-1))


def predict(trained: TrainedModel, texts: list[str]) -> list[dict]:
    """Classify texts; return `text`, `label` and `probabilities` of each."""
    if not texts:
        return []
    return [
        {
            "text": text,
            "label": trained.labels[row.argmax()],
            "probabilities": dict(zip(trained.labels, row.tolist(), strict=True)),
        }
        for text, row in zip(texts, predict_probabilities(trained, texts), strict=True)
    ]


# %%
if __name__ == "__main__":
    trained = train(config)
    for name, accuracy in trained.metrics["baselines"].items():
        print(f"{name:12} {accuracy:.3f}")
    print(f"{'BERT':12} {trained.metrics['accuracy']:.3f}")

# %% [markdown]
# 이 모델은 아무것도 모르는 상태(`scratch`)에서 리뷰 천여 개만 보고 배웠습니다. 그래서 층이 네 개나
# 있어도 단어 주머니를 쉽게 넘지 못합니다. `Config(dataset="nsmc")`로 리뷰 십만 개를 보여 주면 순서가
# 바뀝니다. 적은 데이터로도 잘하려면 많은 글을 먼저 읽은 모델에서 출발해야 하는데, 그것이 이 책의
# 주제인 전이학습(transfer learning)입니다.
#
# ## 예측
#
# 모델이 한 번도 본 적 없는 문장을 넣어 봅니다.

# %%
if __name__ == "__main__":
    texts = ["배우들 연기가 살아 있네요", "두 시간이 이렇게 길 줄이야"]
    for answer in predict(trained, texts):
        print(answer["label"], answer["text"], answer["probabilities"])
