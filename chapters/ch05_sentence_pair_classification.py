# %% [markdown]
# # 5장 문장 쌍 분류하기: 자연어 추론
#
# 문장 둘을 읽고 둘 사이의 관계를 맞히는 모델을 만듭니다. 앞 문장을 전제(premise), 뒤 문장을
# 가설(hypothesis)이라 하고, 전제가 옳다고 믿을 때 가설이 어떻게 되는지를 답합니다. 이 과제를 자연어
# 추론(natural language inference, NLI)이라고 합니다. 답은 셋 가운데 하나입니다.
#
# | 전제 | 가설 | 관계 | 뜻 |
# |---|---|---|---|
# | 가게는 아침 열 시에 문을 연다. | 가게는 오전에 문을 연다. | **참**(entailment) | 전제를 믿으면 가설도 믿어야 합니다 |
# | 가게는 아침 열 시에 문을 연다. | 가게는 하루 종일 닫혀 있다. | **거짓**(contradiction) | 둘이 함께 옳을 수 없습니다 |
# | 가게는 아침 열 시에 문을 연다. | 가게에는 손님이 많다. | **중립**(neutral) | 전제만으로는 알 수 없습니다 |
#
# 질문과 답이 맞는지, 두 문장의 뜻이 같은지, 기사 제목이 본문과 어긋나는지를 가리는 일이 모두 같은 모양입니다. 문장
# 둘을 받아 범주 하나를 답하는 과제를 통틀어 문장 쌍 분류(sentence-pair classification)라고 합니다.
#
# ## 이 장에서 배우는 것
#
# - 문장 둘이 `[SEP]`과 세그먼트 번호로 한 줄의 입력이 되는 과정
# - 4장의 모델과 학습 코드를 그대로 다시 쓰기
# - 두 문장에 모두 나오는 토큰을 표시하는 법
# - 데이터 편향: 한쪽 문장만 보고도 맞히는 모델을 의심하는 법
# - 셀프 어텐션에서 두 문장이 만나는 자리 들여다보기
# - 작은 모델이 못하는 것과 큰 모델이 하는 것
#
# ## 열 줄로 끝까지
#
# 4장의 열 줄에서 바뀌는 것은 둘입니다. 글이 둘씩 들어가고, 범주가 셋입니다. 600쌍으로 한 에포크만 학습합니다.

# %%
import keras
import keras_nlp
import numpy as np

from kerasnlp_tutorial import datasets, display
from kerasnlp_tutorial.checkpoints import preset_folder

# %%
if __name__ == "__main__":
    file = datasets.NLI_SAMPLE.path("train.json")
    pairs = datasets.read_klue_nli(file)[:600]
    relations = ["거짓", "중립", "참"]
    targets = np.array([relations.index(p.label) for p in pairs])

    preset = preset_folder("bert_mini_ko")
    preprocessor = (
        keras_nlp.models.BertTextClassifierPreprocessor.from_preset(
            preset, sequence_length=48
        )
    )
    classifier = keras_nlp.models.BertTextClassifier.from_preset(
        preset, preprocessor=preprocessor, num_classes=3
    )
    classifier.compile(optimizer=keras.optimizers.AdamW(3e-4))
    columns = datasets.text_columns(pairs)
    history = classifier.fit(columns, targets, verbose=2)

# %%
if __name__ == "__main__":
    premise = "가게는 아침 열 시에 문을 연다."
    hypothesis = "가게는 오전에 문을 연다."
    logits = classifier.predict(([premise], [hypothesis]), verbose=0)
    probabilities = keras.ops.softmax(logits, axis=-1)[0]
    row = dict(zip(relations, map(float, probabilities), strict=True))
    pair = f"{premise}\n→ {hypothesis}"
    display.stacked_bars({pair: row}, "한 에포크 뒤의 확률").show()

# %% [markdown]
# 코드는 돌아가지만 정확도는 세 관계 가운데 하나를 찍는 것과 별로 다르지 않습니다. 이만큼으로는 거의 배우지 못하기
# 때문입니다. 추론은 감성 분석보다 훨씬 어려운 과제입니다. 왜 어려운지, 그리고 점수가 올랐을 때 정말 추론을 배운 것인지를
# 아는 것이 이 장의 주제입니다.
#
# ## 설정
#
# 4장의 설정에 열 이름과, 뒤에서 설명할 `mark_matches`를 더합니다. 말뭉치는 넷 가운데 고릅니다.
#
# | `dataset` | 말뭉치 |
# |---|---|
# | `sample` | 이 프로젝트를 위해 지어 쓴 쌍. 패키지에 들어 있습니다 |
# | `hard` | 역시 지어 쓴 쌍. 세상에 관한 지식이 있어야 풀립니다. 패키지에 들어 있습니다 |
# | `klue-nli` | KLUE의 자연어 추론 말뭉치. 내려받아 씁니다(CC BY-SA 4.0) |
# | `kornli` | 영어 말뭉치 MultiNLI와 XNLI를 한국어로 옮긴 KorNLI. 내려받아 씁니다(CC BY-SA 4.0) |
#
# `sequence_length`는 두 문장과 특수 토큰을 합친 길이입니다. 길게 잡으면 잘리는 쌍이 줄지만, 어텐션의 계산은 길이의
# 제곱으로 늘어납니다.

# %% tags=["hide-input"]
# @title `Config`: 이 장의 설정
from dataclasses import dataclass

from kerasnlp_tutorial.config import TransferConfig, parse_label_words

INPUT_FIELDS = ("premise", "hypothesis")
METRICS = ("accuracy", "macro_f1")
MODELS = (keras_nlp.models.BertTextClassifier,)
CORPORA = {
    corpus.name: corpus
    for corpus in (
        datasets.NLI_SAMPLE,
        datasets.HARD_NLI_SAMPLE,
        datasets.KLUE_NLI,
        datasets.KORNLI,
    )
}


@dataclass(frozen=True, kw_only=True)
class Config(TransferConfig):
    """Settings of sentence-pair classification."""

    first_column: str = "premise"
    """Name of the first text's column in `train_file` and `test_file`; its
    number, from 1 on, in a table without a header."""
    second_column: str = "hypothesis"
    """Name or number of the second text's column in these files."""
    label_column: str = "label"
    """Name or number of the label column in these files."""
    label_names: str | None = None
    """Names of the labels in these files, such as `0=참,1=중립,2=거짓`; None:
    the labels as they are."""
    mark_matches: bool = True
    """Mark the tokens of the second text that also occur in the first one."""

    def __post_init__(self):
        super().__post_init__()
        expected = f"one of {sorted(CORPORA)}"
        self._require("dataset", self.dataset in CORPORA, expected)
        alone = self.method != "prompt"
        self._require("method", alone, "full, frozen or lora for pairs")
        self._require_length(12)  # three special tokens, two texts


# %%
if __name__ == "__main__":
    config = Config()
    names = {
        "학습 데이터": "dataset",
        "출발점": "backbone",
        "최대 토큰 수": "sequence_length",
        "배치 크기": "batch_size",
        "학습률": "learning_rate",
        "시드": "seed",
    }
    display.settings(config, names).show()

# %% [markdown]
# ## 말뭉치
#
# 표본의 파일은 KLUE-NLI와 형식이 같은 JSON입니다. 쌍마다 전제, 가설, 사람이 단 레이블(`gold_label`)이 있습니다. 읽을 때
# `entailment`를 참, `contradiction`을 거짓, `neutral`을 중립으로 바꿉니다.

# %%
if __name__ == "__main__":
    print(*file.read_text(encoding="utf-8").splitlines()[1:7], sep="\n")

# %% tags=["hide-input"]
# @title `load_examples`: 말뭉치를 읽고 나누는 함수
from collections.abc import Sequence
from functools import partial

from kerasnlp_tutorial.datasets import LabeledPair, LabeledText, Splits


def load_examples(config: Config) -> Splits[LabeledPair]:
    """학습 데이터와 평가 데이터를 읽고, 검증 데이터를 떼어 둡니다."""
    return datasets.load_splits(config, partial(read_examples, config))


def read_examples(
    config: Config, split: str, labels: Sequence[str] | None = None
) -> list[LabeledPair]:
    """설정에 적힌 파일이나 말뭉치에서 `train` 또는 `test`를 읽습니다."""
    if own_file := getattr(config, f"{split}_file"):
        return datasets.read_pairs(
            own_file,
            (config.first_column, config.second_column),
            config.label_column,
            labels,
            parse_label_words(config.label_names or ""),
        )
    path = CORPORA[config.dataset].split_path(split, config.data_dir)
    if str(path).endswith(".json"):
        examples = datasets.read_klue_nli(path)
    else:
        examples = datasets.read_kornli(path)
    if labels:
        found = {example.label for example in examples}
        datasets.check_labels(found, labels, str(path))
    return examples


# %%
if __name__ == "__main__":
    splits = load_examples(config)
    names = {"train": "학습", "validation": "검증", "test": "평가"}
    rows = []
    for name, shown in names.items():
        found = [pair.label for pair in getattr(splits, name)]
        rows.append([shown, *map(found.count, splits.labels)])
    display.table(["", *splits.labels], rows).show()

# %% [markdown]
# 평가 데이터에서 가설이 같은 쌍을 모아 봅니다.

# %%
if __name__ == "__main__":
    hypothesis = splits.test[0].second
    rows = [
        [pair.first, pair.second, pair.label]
        for pair in splits.test
        if pair.second == hypothesis
    ]
    display.table(["전제", "가설", "관계"], rows).show()

# %% [markdown]
# 표본에는 가설 하나에 전제가 셋씩 있습니다. 같은 가설이 어떤 전제 앞에서는 참이고, 어떤 전제 앞에서는 거짓이고, 어떤
# 전제 앞에서는 알 수 없습니다. 왜 이렇게 만들었는지는 [데이터 편향](#데이터-편향)에서 설명합니다.
#
# ## 문장 둘을 한 줄로
#
# ![전제 '비가 온다'와 가설 '땅이 젖는다'가 [CLS] 비가 온다 [SEP] 땅이 젖는다 [SEP] 한 줄이 된다. 세그먼트 번호는 전제와 그 [SEP]까지 0, 가설과 그 [SEP]은 1이다. BERT를 지난 [CLS]의 벡터로 참, 거짓, 중립의 확률을 낸다.](../docs/images/pictures/sentence_pair.svg)
#
# BERT는 한 줄만 읽습니다. 그래서 두 문장을 `[SEP]`으로 이어 한 줄로 만들고, 어느 쪽 문장의 토큰인지를 세그먼트
# 번호(segment id)로 알려 줍니다. 앞 문장과 그 뒤의 `[SEP]`까지는 0, 뒤 문장과 그 뒤의 `[SEP]`은 1입니다. 번호마다
# 벡터가 하나씩 있어서 토큰 임베딩에 더해집니다.

# %%
if __name__ == "__main__":
    tokenizer = preprocessor.tokenizer
    x = preprocessor((["비가 온다."], ["땅이 젖는다."]), y=None)
    real = int(np.sum(x["padding_mask"]))
    names = ["token_ids", "segment_ids", "padding_mask"]
    columns = np.stack([x[name][0] for name in names], axis=1)
    rows = [
        [tokenizer.id_to_token(row[0]), *row]
        for row in columns[: real + 1].tolist()
    ]
    display.table(["토큰", *names], rows).show()

# %% [markdown]
# 둘을 합친 길이가 `sequence_length`를 넘으면 긴 쪽부터 한 토큰씩 잘라 냅니다(longest first). 짧은 쪽은 긴
# 쪽이 자기만큼 짧아질 때까지 그대로입니다.

# %%
if __name__ == "__main__":
    short = keras_nlp.models.BertTextClassifierPreprocessor(
        tokenizer, sequence_length=12
    )
    x = short((["아주 " * 20], ["짧은 문장"]), y=None)
    print(tokenizer.detokenize(x["token_ids"]))
    print("세그먼트", np.array(x["segment_ids"][0]).tolist())

# %% [markdown]
# ## 두 문장에 모두 나오는 토큰
#
# 두 문장의 관계는 무엇이 같고 무엇이 다른지에서 시작합니다. 사람은 전제의 `열 시`와 가설의 `아홉 시`에서 `시`는 같고
# 시각은 다르다는 것을 한눈에 압니다. 셀프 어텐션도 같은 토큰끼리 짝을 지을 수 있지만, 그러는 법을 레이블만 보고 배우려면
# 쌍이 아주 많아야 합니다. 작은 모델은 수천 쌍으로 그것을 배우지 못합니다.
#
# 그래서 어느 토큰이 같은지 미리 표시해 줍니다. 가설의 토큰 가운데 전제에도 있는 것은 세그먼트 번호를 1이 아니라 2로
# 적습니다(`mark_matches`). 기계 독해 모델에 쓰이던 일치 자질(exact match feature)입니다(Chen 외, 2017). 7장의
# 모델도 씁니다. 사전학습할 때에는 세그먼트가 둘뿐이었으므로, 2번 임베딩은 1번 임베딩에 잡음을 더한 값에서 출발합니다. 잡음의
# 표준편차는 토큰 임베딩의 것과 같습니다. 1번을 그대로 복사하면 모델이 둘을 구별하기까지 수백 스텝이 걸립니다.

# %%
from kerasnlp_tutorial.models import BertPairClassifierPreprocessor

# %%
if __name__ == "__main__":
    marking = BertPairClassifierPreprocessor(
        tokenizer, sequence_length=48
    )
    pair = (
        ["가게는 아침 열 시에 문을 연다."],
        ["가게는 아홉 시에 연다."],
    )
    x = marking(pair, y=None)
    real = int(np.sum(x["padding_mask"]))
    ids, segments = (
        np.array(x[name][0])[:real]
        for name in ("token_ids", "segment_ids")
    )
    rows = []
    for n, name in enumerate(
        ["전제", "가설에만 있음", "전제에도 있음"]
    ):
        tokens = map(tokenizer.id_to_token, ids[segments == n])
        shown = " ".join(
            t for t in tokens if t not in ("[CLS]", "[SEP]")
        )
        rows.append([n, name, shown])
    display.table(["세그먼트", "뜻", "토큰"], rows).show()

# %% [markdown]
# 조사나 마침표처럼 뜻과 상관없는 토큰도 표시됩니다. 무엇이 중요한지는 모델이 학습합니다.
#
# ## 모델
#
# 입력이 한 줄이 되었으니 모델은 4장과 같습니다. `[CLS]` 자리의 벡터에 두 문장이 만난 결과가 모이고, 풀러와 드롭아웃,
# 분류 헤드를 지나 세 관계의 로짓이 되고, 소프트맥스를 씌우면 확률이 됩니다. 로짓의 순서는 `splits.labels`의
# 순서입니다. 배치를 만드는 법도, 손실 함수(크로스 엔트로피)와 옵티마이저(AdamW)도 같습니다. 4장의 함수를 그대로
# 가져옵니다.

# %%
from kerasnlp_tutorial.chapters import (
    ch04_document_classification as ch04,
)

make_dataset = ch04.make_dataset
evaluate = ch04.evaluate
format_answer = ch04.format_answer


def build_model(
    config: Config, splits: Splits
) -> keras_nlp.models.BertTextClassifier:
    """4장의 모델에, 두 문장에 모두 나오는 토큰의 세그먼트를 더합니다."""
    if not config.mark_matches:
        return ch04.build_model(config, splits)
    return ch04.build_model(
        config, splits, BertPairClassifierPreprocessor, segments=3
    )


# %%
if __name__ == "__main__":
    model = build_model(config, splits)
    train_set = make_dataset(
        splits.train, model, splits.labels, config, training_set=True
    )
    x, y = next(iter(train_set))
    print("토큰 번호", x["token_ids"].shape, "정답", y.shape)
    logits = keras.Model(model.input, model.output)(x)
    print("로짓", logits.shape, splits.labels)

# %% [markdown]
# ## 데이터 편향
#
# 학습하기 전에 기준선부터 정합니다. 말뭉치에는 그것을 쓴 사람의 습관이 남습니다. 거짓인 가설을 지어 달라고 하면 `않다`,
# `없다`를 붙이는 일이 많고, 중립인 가설에는 전제에 없던 이유나 목적을 덧붙입니다. 그러면 모델은 전제를 읽지 않고
# 가설의 단어만 보고도 점수를 얻습니다. 이렇게 과제를 이해하지 않고도 답을 맞힐 수 있게 하는 단서를 데이터
# 편향(annotation artifact)이라고 합니다. 이런 모델은 점수가 높아도 추론을 배운 것이 아닙니다.
#
# 얼마나 그런지는 한쪽 문장을 가리고 재어 보면 압니다. 4장의 단어 주머니 분류기에 한쪽 문장만 넣습니다.
#
# - **가설만**(hypothesis only): 표본에서는 가설이 같은 쌍 셋의 관계가 모두 다릅니다. 그러니 가설만 보아서는 셋 가운데
#   하나를 찍는 것보다 나을 수 없습니다. 그러라고 이렇게 만들었습니다.
# - **전제만**(premise only): 가설을 막으면 습관이 전제로 옮아갈 수 있습니다. 참이 되게 하는 전제와 아무것도 알려 주지
#   않는 전제는 길이나 말투가 다르기 쉽습니다. 그래서 이것도 잽니다.


# %%
def one_side(splits: Splits, index: int) -> Splits:
    """쌍에서 전제(0)나 가설(1)만 남깁니다."""
    train, validation, test = (
        [LabeledText(pair.texts[index], pair.label) for pair in part]
        for part in (splits.train, splits.validation, splits.test)
    )
    return Splits(train, validation, test, splits.labels)


def baseline_accuracies(model, splits: Splits, config: Config):
    """기준선의 점수를 이름으로."""
    premise, hypothesis = (
        ch04.baseline_accuracies(model, one_side(splits, index), config)
        for index in (0, 1)
    )
    return {
        "majority": hypothesis["majority"],
        "hypothesis_only": hypothesis["bag_of_words"],
        "premise_only": premise["bag_of_words"],
    }


# %%
BASELINES = {
    "majority": "다수 범주",
    "hypothesis_only": "가설만",
    "premise_only": "전제만",
}

# %%
if __name__ == "__main__":
    baselines = baseline_accuracies(model, splits, config)
    scores = {BASELINES[name]: x for name, x in baselines.items()}
    display.bars(scores, "평가 데이터의 정확도", limit=1.0).show()

# %% [markdown]
# 이 셋이 이 장에서 넘어야 할 점수입니다. 두 문장을 함께 읽는 모델의 점수는 늘 이것들과 나란히 보아야 합니다. 한쪽만 본
# 점수가 찍은 점수보다 높다면, 그 차이만큼은 추론이 아닙니다.
#
# ## 학습
#
# 4장의 `fine_tune`이 하는 일은 이렇습니다. 학습률을 0에서 올렸다가 끝까지 내리고, 검증 데이터의 점수가 가장 좋은
# 에포크의 가중치를 남겨, 평가 데이터로 점수를 재고 폴더에 저장합니다. `aim`은 에포크 수를 정할 때 목표로 삼는 스텝
# 수입니다. 4장에서는 250이었습니다.

# %%
from kerasnlp_tutorial import runs
from kerasnlp_tutorial.runs import TrainedModel


def train(config: Config) -> TrainedModel:
    """쌍을 읽고 4장의 함수로 파인튜닝합니다."""
    with runs.Run.begin("ch05", config) as run:
        splits = load_examples(run.config)
        # 두 문장을 비교하려면 4장보다 스텝이 더 필요합니다.
        return ch04.fine_tune(
            run, splits, baseline_accuracies, build_model, aim=400
        )


def predict(
    trained: TrainedModel, pairs: list[tuple[str, str]]
) -> list[dict]:
    """쌍마다 `premise`, `hypothesis`, `label`, `probabilities`."""
    if not pairs:
        return []
    columns = tuple(map(list, zip(*pairs, strict=True)))
    answers = ch04.classify(trained, columns)
    return [
        dict(zip(INPUT_FIELDS, pair, strict=True)) | answer
        for pair, answer in zip(pairs, answers, strict=True)
    ]


# %% tags=["remove-stdout"]
if __name__ == "__main__":
    trained = train(config)

# %%
from kerasnlp_tutorial import training

# %%
if __name__ == "__main__":
    print(f"{trained.metrics['seconds']:.0f}초, {trained.path}")
    history = runs.describe(trained.path)["history"]
    monitor = training.monitored_score(len(splits.validation))
    display.training_curves(history, ch04.CURVES, monitor).show()

# %% [markdown]
# 학습 데이터의 정확도는 계속 오르는데, 검증 데이터의 정확도는 도중에 멈추고 검증 손실은 다시 오르지 않나요? 그렇다면 4장에서
# 본 과적합이 시작된 것입니다. 작은 모델은 학습한 쌍을 외울 수는 있어도, 거기에서 추론의 규칙을 찾아내기는 어렵습니다.
#
# ## 결과 읽기

# %%
if __name__ == "__main__":
    scores["전제와 가설"] = trained.metrics["accuracy"]
    display.bars(scores, "평가 데이터의 정확도", limit=1.0).show()
    print(f"매크로 F1 {trained.metrics['macro_f1']:.3f}")

# %% [markdown]
# 둘을 함께 본 점수가 한쪽만 본 점수보다 얼마나 높은지를 보세요. 그만큼이 두 문장을 비교해서 얻은 점수입니다. 사전학습
# 덕에 얼마나 올랐는지는 사전학습 없이 처음부터 학습해 보면(`--backbone scratch`), 표시 덕에 얼마나 올랐는지는 표시 없이
# 학습해 보면(`--set mark_matches=false`) 알 수 있습니다.
#
# 어느 관계를 어느 관계로 착각하는지도 봅니다.

# %%
from kerasnlp_tutorial import metrics

# %%
if __name__ == "__main__":
    answers = predict(trained, [pair.texts for pair in splits.test])
    targets = [splits.labels.index(pair.label) for pair in splits.test]
    predictions = [splits.labels.index(a["label"]) for a in answers]
    counts = metrics.confusion_matrix(
        np.array(targets), np.array(predictions), len(splits.labels)
    )
    display.confusion_matrix(counts, splits.labels).show()

# %% [markdown]
# 자신 있게 틀린 예입니다. 같은 말이 많은데 뜻은 다른 쌍이나, 같은 말이 없는데 뜻은 같은 쌍이 많지 않나요?

# %%
if __name__ == "__main__":
    wrong = [
        (max(answer["probabilities"].values()), pair, answer)
        for pair, answer in zip(splits.test, answers, strict=True)
        if answer["label"] != pair.label
    ]
    wrong.sort(key=lambda row: -row[0])
    rows = [
        [pair.first, pair.second, pair.label, answer["label"], p]
        for p, pair, answer in wrong[:5]
    ]
    display.table(["전제", "가설", "정답", "예측", "확률"], rows).show()

# %% [markdown]
# 추론에는 단어를 비교하는 것 말고도 여러 가지 지식이 필요합니다. `dataset="hard"`에는 이런 쌍이 모여
# 있습니다(줄여 적었습니다).
#
# | 전제 | 가설 | 정답 | 알아야 하는 것 |
# |---|---|---|---|
# | 만두를 반으로 가르니 다진 돼지고기와 부추가 가득했다. | 이 음식에는 고기가 들어 있지 않다. | 거짓 | 만두가 음식이고 돼지고기가 고기라는 것 |
# | 텃밭의 토마토가 빨갛게 무르익었다. | 텃밭의 토마토는 아직 익지 않았다. | 거짓 | 부정은 단어 하나로 뜻을 뒤집는다는 것 |
# | 첫 로켓은 백 미터, 다음 것은 백팔십 미터까지 솟았다. | 두 번째 로켓이 더 높이 올라갔다. | 참 | 백팔십이 백보다 크다는 것 |
# | 모퉁이의 가게는 하루 스물네 시간 손님을 맞아요. | 그 가게는 새벽에도 문을 열어요. | 참 | 하루가 스물네 시간이고 그 안에 새벽이 있다는 것 |
# | 우주 비행사 셋이 어제 초원에 무사히 내렸습니다. | 우주 비행사들은 예정보다 일찍 돌아왔습니다. | 중립 | 언제 돌아올 예정이었는지는 적혀 있지 않다는 것 |
#
# 이런 지식은 몇천 쌍으로는 배울 수 없고, 사전학습에서 많은 글을 읽으며 미리 얻어 두어야 합니다.
#
# ## 두 문장이 만나는 자리
#
# 전제와 가설의 토큰은 **셀프 어텐션** 안에서 만납니다. 두 문장이 한 줄이 되었으므로, 가설의 토큰도 전제의 토큰도 같은
# 줄에 있는 서로를 봅니다. 3장에서 본 크로스 어텐션(cross-attention)과는 다릅니다. 그것은 디코더가 따로 계산된 인코더의
# 출력을 보는 것이고, BERT에는 디코더가 없습니다.
#
# 셀프 어텐션의 어텐션 맵에서 가설의 행과 전제의 열만 오려 내면, 가설이 전제를 보는 정도가 됩니다. 3장의 블록으로
# 학습한 모델을 따라가며 계산하고, 모든 레이어와 헤드에서 평균합니다.

# %%
from kerasnlp_tutorial.chapters import ch03_language_models as ch03


def attention_to_premise(
    trained: TrainedModel, premise: str, hypothesis: str
) -> tuple[np.ndarray, list[str], list[str]]:
    """셀프 어텐션에서 가설이 전제를 보는 정도와, 가설과 전제의 토큰."""
    preprocessor = trained.model.preprocessor
    tokenizer = preprocessor.tokenizer
    x = preprocessor(([premise], [hypothesis]), y=None)
    _, maps = ch03.encode_by_hand(trained.model.backbone, x)
    ids, segments, mask = (
        np.array(x[name][0])
        for name in ("token_ids", "segment_ids", "padding_mask")
    )
    words = mask.astype(bool) & (ids != tokenizer.sep_token_id)
    words[0] = False  # [CLS]
    rows, columns = (
        np.flatnonzero(words & side)
        for side in (segments > 0, segments == 0)
    )
    weights = maps[0].mean(axis=(0, 1))[np.ix_(rows, columns)]
    tokens = [tokenizer.id_to_token(int(i)) for i in ids]
    return (
        weights,
        [tokens[i] for i in rows],
        [tokens[i] for i in columns],
    )


# %%
if __name__ == "__main__":
    weights, rows, columns = attention_to_premise(
        trained,
        "어제 산 우산을 버스에 두고 내렸다.",
        "우산을 잃어버렸다.",
    )
    display.heatmap(
        weights / weights.max(),
        rows,
        columns,
        "가설(세로)이 전제(가로)를 보는 정도",
    ).show()
    print(f"전제에 주는 가중치는 모두 합쳐 {weights.sum(1).mean():.0%}")

# %% [markdown]
# 칸의 값은 가장 큰 것이 1이 되도록 나누었습니다. 양쪽에 다 있는 단어가 만나는 칸이 진한가요? 뜻이 이어지지 않는 칸은
# 어떤가요? 가설의 토큰이 전제에 주는 어텐션 가중치는 더해서 1이 되지 않습니다. 나머지는 가설 안의 토큰과 `[CLS]`,
# `[SEP]`에 줍니다. 그리고 어텐션 가중치가 크다고 해서 답이 그 단어 때문에 정해졌다는 뜻은 아닙니다.
#
# ## 새 쌍 분류하기
#
# 저장한 폴더를 `load_trained`로 다시 열어, 가설 하나를 세 전제와 함께 물어봅니다. 정답은 위에서부터 참, 거짓,
# 중립입니다.

# %%
from kerasnlp_tutorial.trained import load_trained


def answer_bars(answers: list[dict], title: str) -> display.Display:
    """쌍마다 세 관계의 확률을 막대로."""
    rows = {
        f"{a['premise']}\n→ {a['hypothesis']}": a["probabilities"]
        for a in answers
    }
    return display.stacked_bars(rows, title)


# %%
if __name__ == "__main__":
    loaded = load_trained(trained.path)
    hypothesis = "가게는 열 시에 문을 닫는다."
    premises = [
        "가게는 밤 열 시에 문을 닫는다.",
        "가게는 아침 열 시에 문을 연다.",
        "가게에는 오늘도 손님이 북적인다.",
    ]
    new_pairs = [(premise, hypothesis) for premise in premises]
    answers = predict(loaded, new_pairs)
    answer_bars(answers, "새 쌍의 확률").show()
    right = [a["label"] for a in answers] == ["참", "거짓", "중립"]
    print("셋 다 맞혔습니다." if right else "틀린 것이 있습니다.")

# %% [markdown]
# 가설은 하나인데 전제에 따라 답이 달라졌다면, 모델이 두 문장을 비교한 것입니다. 이번에는 이 장의 첫머리에서 본 쌍입니다.
# 정답은 차례로 참과 거짓입니다.

# %%
if __name__ == "__main__":
    premise = "가게는 아침 열 시에 문을 연다."
    hypotheses = [
        "가게는 오전에 문을 연다.",
        "가게는 하루 종일 닫혀 있다.",
    ]
    new_pairs = [(premise, hypothesis) for hypothesis in hypotheses]
    answers = predict(loaded, new_pairs)
    answer_bars(answers, "지식이 있어야 풀리는 쌍").show()

# %% [markdown]
# `아침 열 시`가 `오전`이라는 것, `하루 종일 닫혀 있다`가 `문을 연다`와 함께 옳을 수 없다는 것을 이 작은 모델은 알지
# 못합니다. 그런 지식은 사전학습에서 옵니다. 이 모델은 대체로 두 문장에 같은 말이 얼마나 있는지를 봅니다. 거의 다 같으면
# 참, 한두 곳만 다르면 거짓, 겹치는 말이 적으면 중립이라고 하기 쉽습니다.
#
# 명령줄에서는 두 글을 나란히 적습니다. 폴더의 이름은 학습을 마쳤을 때 위에 적힌 것으로 바꿉니다. 쌍이 여럿이면 첫 줄에
# `premise`와 `hypothesis`를 탭으로 나누어 적은 TSV나 JSON 줄을 표준 입력으로 줍니다.
#
# ```sh
# kerasnlp-tutorial predict runs/ch05-1 "비가 온다." "땅이 젖는다."
# ```
#
# ## 큰 모델은 무엇이 다른가
#
# 데이터가 더 많으면 될까요? 사람이 쓴 2만여 쌍이 있는 KLUE-NLI에서 쌍의 수를 늘려 가며 학습해, 공개된 평가 데이터
# 3,000쌍 가운데 2,001쌍으로 쟀습니다(시드 7). 가로축은 에포크를 고르는 데 쓴 10%를 뺀 수입니다.
#
# ```sh
# kerasnlp-tutorial train ch05 --dataset klue-nli \
#   --set max_train_examples=3000
# ```

# %%
if __name__ == "__main__":
    display.measured("klue_nli", "KLUE-NLI 정확도").show()

# %% [markdown]
# 사전학습 모델은 쌍이 천 개쯤일 때부터 가설만 본 점수를 넘고, 처음부터 학습한 모델을 앞섭니다. KLUE-NLI는 전제 하나에
# 가설을 관계마다 하나씩 지어 만들었습니다. 그래서 전제만 보면 찍는 것과 같고, 데이터 편향은 가설에 남아 있습니다. 두
# 문장에 모두 나오는 토큰을 표시하지 않았을 때에는 이만여 쌍을 모두 학습한 사전학습 모델도 가설만 본 점수를 넘지
# 못했습니다(0.413과 0.415). 두 문장을 비교하지 못하고 데이터 편향만 배웠던 것입니다.
#
# 같은 데이터로 학습한 큰 모델은 훨씬 잘합니다. KLUE 논문(Park 외, 2021)에서 `klue/bert-base`는 80%를 넘고,
# `klue/roberta-large`는 90%에 가깝습니다. 모델의 구조와 학습하는 코드는 이 장과 같습니다. 다른 것은 두 가지입니다.
#
# - **크기**: `bert-base`는 12레이어에 벡터의 크기가 768로, 가중치가 1억 개쯤입니다. `bert_mini_ko`는 4레이어에
#   256입니다.
# - **먼저 읽은 글**: 뉴스, 백과사전, 게시판의 글 수십 기가바이트를 읽었습니다. 그러는 동안 `아침 열 시`와 `오전`이 같은
#   자리에 나오고, `열다`와 `닫다`가 맞선다는 것을 배웠습니다. 파인튜닝은 그것을 세 관계로 꺼내 쓰는 법만 가르치면 됩니다.
#
# GPU가 있으면 직접 확인해 보세요. 허깅페이스 허브에서 받아 한 번 변환해 둡니다. 이때에도 한쪽만 본 기준선이 점수와 함께
# 저장됩니다.
#
# ```sh
# kerasnlp-tutorial train ch05 --dataset klue-nli \
#   --backbone klue-bert-base --learning-rate 5e-5
# ```
#
# ## 나만의 데이터와 모델
#
# 글 둘과 관계, 이 세 열이 있는 TSV나 CSV 표, 또는 JSON 파일이면 됩니다. 다른 열이 더 있어도 됩니다. 관계의 수와 이름은
# 자유입니다. 질문과 답이 맞는지 가리는 작은 파일을 읽어 봅니다.

# %%
if __name__ == "__main__":
    path = runs.RUNS / "pairs.csv"
    with path.open("w", encoding="utf-8") as file:
        print("질문,답,관계", file=file)
        for n in ("두", "세", "네", "다섯"):
            print(f"몇 시에 열어요?,오후 {n} 시요,맞음", file=file)
            print(f"몇 시에 열어요?,주차는 {n} 대요,틀림", file=file)
    own = Config(
        train_file=str(path),
        first_column="질문",
        second_column="답",
        label_column="관계",
    )
    print(load_examples(own).labels)

# %% [markdown]
# 레이블이 번호로 적혀 있으면 `label_names="0=참,1=중립,2=거짓"`처럼 이름을 알려 줍니다. 번호의 순서는 말뭉치마다 다릅니다.
# 다른 모델에서 출발하려면 4장과 마찬가지로 `backbone`에 프리셋의 이름이나 폴더를 줍니다.
#
# ## 웹 서비스로 열기
#
# 전제와 가설을 적어 넣으면 세 관계의 확률을 막대로 보여 주는 페이지가 열립니다.
#
# ```sh
# pip install "kerasnlp-tutorial[demo]"
# kerasnlp-tutorial demo runs/ch05-1
# ```
#
# ![위에서 아래로 이어진다. 브라우저의 두 글상자에 적은 전제 '비가 온다'와 가설 '땅이 젖는다'를 kerasnlp-tutorial demo에 보내면, 토크나이저와 모델, softmax를 지나 참, 거짓, 중립의 확률이 브라우저로 돌아와 막대로 보인다.](../docs/images/pictures/pair_service.svg)
#
# ## 요약
#
# - 자연어 추론은 전제에 비추어 가설이 참, 거짓, 중립 가운데 무엇인지 답하는 문장 쌍 분류입니다.
# - 두 문장을 `[SEP]`으로 잇고 세그먼트 번호로 나누면, 4장의 모델과 학습 코드를 그대로 씁니다. 너무 길면 긴 쪽부터 자릅니다.
# - 두 문장은 셀프 어텐션 안에서 만납니다. 두 문장에 모두 나오는 토큰을 표시해 주면 작은 모델도 비교하는 법을 배웁니다.
# - 한쪽 문장만 보는 기준선이 높으면 데이터에 편향이 있는 것입니다. 점수는 가설만, 전제만 본 점수와 나란히 놓고 읽습니다.
# - 추론에 필요한 지식은 사전학습에서 옵니다. 작은 모델은 확신을 가지고 틀리고, 큰 모델은 같은 데이터로 훨씬 잘합니다.
#
# ## 연습 문제
#
# **1. 자리를 바꾸면.** 전제와 가설의 자리를 바꾸어 평가해 보세요. 참인 쌍은 자리를 바꾸면 참이 아닐 때가
# 많습니다. 모델의 점수도 그만큼 떨어지나요?


# %% tags=["solution"]
def swap(pairs: list[LabeledPair]) -> list[LabeledPair]:
    """Exchange premise and hypothesis."""
    return [LabeledPair(p.second, p.first, p.label) for p in pairs]


# %% tags=["solution"]
if __name__ == "__main__":
    scores = {
        "그대로": trained.metrics["accuracy"],
        "바꾼 뒤": evaluate(trained, swap(splits.test))["accuracy"],
    }
    display.bars(scores, "자리를 바꾸기 전과 뒤의 정확도", 1.0).show()

# %% [markdown]
# **2. 얼마나 비슷한가.** KorSTS는 두 문장이 얼마나 비슷한지를 0에서 5까지의 수로 매긴 말뭉치입니다
# (`datasets.read_korsts`). 범주 대신 수를 맞히는 모델을 만들어 보세요. 분류 헤드의 출력을 하나로 줄이고
# 평균 제곱 오차(mean squared error)로 학습하며, 순위가 얼마나 맞는지를 스피어만 상관(Spearman
# correlation)으로 잽니다. 풀이는 아주 작은 모델을 세 쌍으로 잠깐 학습하고 바로 그 쌍에서 재므로, 코드가 돌아가는지만
# 보여 줍니다. 상관은 시드에 따라 −1도 되고 1도 됩니다. KorSTS를 읽어서 학습하고 따로 둔 쌍에서 재어 보세요.


# %% tags=["solution"]
from kerasnlp_tutorial.checkpoints import load_bert


def build_regressor(
    config: Config, pairs: list[LabeledPair]
) -> keras_nlp.models.BertTextClassifier:
    """Build and compile a model with one output and the mean squared error."""
    keras.utils.set_random_seed(config.seed)
    texts = [text for pair in pairs for text in pair.texts]
    backbone, tokenizer = load_bert(config, texts)
    model = keras_nlp.models.BertTextClassifier(
        backbone,
        num_classes=1,
        preprocessor=keras_nlp.models.BertTextClassifierPreprocessor(
            tokenizer, sequence_length=config.sequence_length
        ),
        dropout=config.dropout,
    )
    model.compile(
        optimizer=training.adamw(
            config.learning_rate, config.weight_decay
        ),
        loss=keras.losses.MeanSquaredError(),
        jit_compile=training.JIT_COMPILE,
    )
    return model


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Return the correlation of ranks; equal values get their mean rank."""
    ranks = []
    for values in (a, b):
        _, indices, counts = np.unique(
            values, return_inverse=True, return_counts=True
        )
        ranks.append((np.cumsum(counts) - (counts - 1) / 2)[indices])
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


# %% tags=["solution"]
if __name__ == "__main__":
    scored = [
        LabeledPair("아이가 웃는다.", "아이가 웃고 있다.", "5.0"),
        LabeledPair("아이가 웃는다.", "여자아이가 크게 웃는다.", "3.4"),
        LabeledPair("아이가 웃는다.", "개가 짖는다.", "0.4"),
    ] * 8
    regressor = build_regressor(Config.quick(), scored)
    first, second = datasets.text_columns(scored)
    values = np.array([float(pair.label) for pair in scored])
    regressor.fit(
        x=(first, second), y=values, epochs=4, batch_size=8, verbose=0
    )
    guesses = regressor.predict((first, second), verbose=0)[:, 0]
    print(f"학습한 쌍의 스피어만 상관 {spearman(values, guesses):.2f}")

# %% [markdown]
# ## 더 읽을거리
#
# - Chen 외(2017), *Reading Wikipedia to Answer Open-Domain Questions*, ACL. 일치 자질.
# - Bowman 외(2015), *A large annotated corpus for learning natural language inference*, EMNLP. SNLI.
# - Williams 외(2018), *A Broad-Coverage Challenge Corpus for Sentence Understanding through Inference*, NAACL. MultiNLI.
# - Gururangan 외(2018), *Annotation Artifacts in Natural Language Inference Data*, NAACL. 가설만 보고 맞히기.
# - Poliak 외(2018), *Hypothesis Only Baselines in Natural Language Inference*, \*SEM.
# - Ham 외(2020), *KorNLI and KorSTS: New Benchmark Datasets for Korean Natural Language Understanding*, EMNLP Findings.
# - Park 외(2021), *KLUE: Korean Language Understanding Evaluation*, NeurIPS Datasets and Benchmarks.
