# %% [markdown]
# # 5장 문장 쌍 분류하기: 자연어 추론
#
# 문장 둘을 읽고 둘 사이의 관계를 맞히는 모델을 만듭니다. 앞 문장을 전제(premise), 뒤 문장을
# 가설(hypothesis)이라 하고, 전제가 옳다고 믿을 때 가설이 어떻게 되는지를 답합니다. 이 과제를 자연어
# 추론(natural language inference, NLI)이라고 합니다.
#
# - **참**(entailment): 전제를 믿으면 가설도 받아들여야 합니다.
# - **거짓**(contradiction): 둘이 함께 옳을 수 없습니다.
# - **중립**(neutral): 전제만으로는 알 수 없습니다.
#
# 질문과 답이 맞는지, 두 문장의 뜻이 같은지, 기사 제목이 본문과 어긋나는지를 가리는 일이 모두 문장 쌍
# 분류(sentence-pair classification)입니다.
#
# ## 이 장에서 배우는 것
#
# - 문장 둘이 `[SEP]`과 세그먼트 번호로 한 줄의 입력이 되는 과정
# - 4장의 모델을 한 글자도 고치지 않고 다시 쓰기
# - 가설만 보고도 맞히는 모델, 곧 말뭉치의 버릇을 의심하는 법
# - 어텐션으로 두 문장이 만나는 자리 들여다보기
# - 데이터의 양을 바꾸어 가며 재는 법

# %%
from dataclasses import dataclass
from functools import partial

import keras
import keras_nlp
import numpy as np

from kerasnlp_tutorial import (
    datasets,
    display,
    metrics,
    registry,
    runs,
    training,
)
from kerasnlp_tutorial.checkpoints import load_bert
from kerasnlp_tutorial.config import TransferConfig
from kerasnlp_tutorial.datasets import LabeledPair, LabeledText, Splits
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.runs import TrainedModel

ch03 = registry.find("ch03").load()
ch04 = registry.find("ch04").load()

# %% [markdown]
# ## 설정
#
# 4장과 같은 설정에 열 이름만 더합니다. `sample`은 이 프로젝트를 위해 한 쌍씩 지어 쓴 말뭉치,
# `klue-nli`는 한국어 이해 평가 KLUE의 말뭉치, `kornli`는 영어 말뭉치를 옮긴 것입니다.

# %%
INPUT_FIELDS = ("premise", "hypothesis")
METRICS = ("accuracy", "macro_f1")
CORPORA = {
    corpus.name: corpus
    for corpus in (
        datasets.NLI_SAMPLE,
        datasets.KLUE_NLI,
        datasets.KORNLI,
    )
}


@dataclass(frozen=True, kw_only=True)
class Config(TransferConfig):
    """Settings of sentence-pair classification."""

    first_column: str = "premise"
    """Header of the first text, in a file of your own."""
    second_column: str = "hypothesis"
    """Header of the second text, in a file of your own."""
    label_column: str = "label"
    """Header of the label column, in a file of your own."""

    def __post_init__(self):
        super().__post_init__()
        expected = f"one of {sorted(CORPORA)}"
        self._require("dataset", self.dataset in CORPORA, expected)
        alone = self.method != "prompt"
        self._require("method", alone, "full, frozen or lora for pairs")


# %%
if __name__ == "__main__":
    config = Config()
    print(config.dataset, config.backbone, config.seed)

# %% [markdown]
# ## 말뭉치
#
# 읽는 법은 4장과 같고, 글이 둘이라는 것만 다릅니다. 내 파일은 열 이름이 있는 TSV나 CSV, 또는 KLUE 형식의
# JSON이면 됩니다.


# %%
def load_examples(config: Config) -> Splits:
    """Read the training and test examples, and hold out a validation set."""
    return datasets.load_splits(config, partial(read_examples, config))


def read_examples(
    config: Config, split: str, labels=None
) -> list[LabeledPair]:
    """Read `train` or `test` from the reader's own file or from the corpus."""
    own_file = (
        config.train_file if split == "train" else config.test_file
    )
    if own_file and not own_file.endswith(".json"):
        return datasets.read_labeled_pairs(
            own_file,
            (config.first_column, config.second_column),
            config.label_column,
            labels and {label: label for label in labels},
        )
    path = own_file or CORPORA[config.dataset].split_path(
        split, config.data_dir
    )
    if str(path).endswith(".json"):
        examples = datasets.read_klue_nli(path)
    else:
        examples = datasets.read_kornli(path)
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
    sizes = [
        len(splits.train),
        len(splits.validation),
        len(splits.test),
    ]
    print("학습, 검증, 평가:", sizes)
    hypothesis = splits.test[0].second
    rows = [
        [pair.first, pair.second, pair.label]
        for pair in splits.test
        if pair.second == hypothesis
    ]
    display.table(["전제", "가설", "관계"], rows).show()

# %% [markdown]
# 표본에는 가설 하나에 전제가 셋씩 있어서, 같은 가설이 어떤 전제 앞에서는 참이고 어떤 전제 앞에서는 거짓입니다.
# 왜 이렇게 만들었을까요?
#
# ## 가설만 보는 분류기
#
# 말뭉치를 만드는 사람에게는 버릇이 있습니다. 거짓인 가설을 지어 달라고 하면 `않다`, `없다`를 붙이는 일이
# 많고, 중립인 가설에는 전제에 없던 까닭이나 목적을 덧붙입니다. 그러면 모델은 전제를 읽지 않고 가설의
# 낱말만 보고도 점수를 얻습니다. 점수가 높아도 추론을 배운 것이 아닙니다.
#
# 그래서 전제를 가리고 가설만 보는 분류기를 기준선으로 둡니다. 4장의 단어 주머니 분류기에 가설만 넣습니다.
# 이 장의 표본에서는 가설이 같은 쌍이 셋 있고 관계가 모두 다르므로, 가설만 보아서는 셋 가운데 하나를
# 찍는 것보다 나을 수 없습니다.
#
# 가설을 이렇게 막아도 전제에 버릇이 남을 수 있으므로 전제만 보는 분류기도 함께 둡니다.


# %%
def one_side(splits: Splits, place: int) -> Splits:
    """Keep the first text of every pair, place 0, or the second, 1."""
    parts = (
        [LabeledText(pair.texts[place], pair.label) for pair in part]
        for part in (splits.train, splits.validation, splits.test)
    )
    return Splits(*parts, splits.labels)


def baseline_accuracies(model, splits: Splits, config: Config):
    """Return the test accuracies of the baselines, by name."""
    premise, hypothesis = (
        ch04.baseline_accuracies(model, one_side(splits, place), config)
        for place in (0, 1)
    )
    return {
        "majority": hypothesis["majority"],
        "hypothesis_only": hypothesis["bag_of_words"],
        "premise_only": premise["bag_of_words"],
    }


# %% [markdown]
# ## 문장 둘을 한 줄로
#
# BERT는 한 줄만 읽습니다. 그래서 두 문장을 `[SEP]`으로 이어 한 줄로 만들고, 어느 쪽 문장의 토큰인지를
# 세그먼트 번호(segment id)로 알려 줍니다. 앞 문장과 그 뒤의 `[SEP]`까지는 0, 뒤 문장은 1입니다. 번호마다
# 벡터가 하나씩 있어서 토큰 임베딩에 더해집니다.

# %%
if __name__ == "__main__":
    model = ch04.build_model(config, splits)
    tokenizer = model.preprocessor.tokenizer
    pair = splits.test[0]
    x = model.preprocessor(([pair.first], [pair.second]), y=None)
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
# 토크나이저가 생겼으니 한쪽만 보는 분류기들의 점수를 먼저 재어 둡니다.

# %%
if __name__ == "__main__":
    names = {
        "majority": "다수 범주",
        "hypothesis_only": "가설만",
        "premise_only": "전제만",
    }
    baselines = baseline_accuracies(model, splits, config)
    scores = {names[name]: score for name, score in baselines.items()}
    display.bars(scores, "평가 데이터의 정확도", limit=1.0).show()

# %% [markdown]
# 전제만 보고도 찍는 것보다 잘 맞힌다면, 가설에서 막은 버릇이 전제로 옮아간 것입니다. 거짓이 되게 하는 전제와 아무것도
# 알려 주지 않는 전제는 짓는 말투부터 다르기 쉽습니다.
#
# ## 모델과 학습
#
# 입력이 한 줄이 되었으니 모델은 4장과 같습니다. `[CLS]` 자리의 벡터에 두 문장이 만난 결과가 모이고, 그
# 위의 분류 층이 세 관계의 로짓을 냅니다. 4장의 `build_model`과 `fine_tune`을 그대로 씁니다. 학습 코드를
# 보고 싶으면 4장을 펴세요.

# %%
make_dataset = ch04.make_dataset
build_model = ch04.build_model
evaluate = ch04.evaluate


def train(config: Config) -> TrainedModel:
    """Read the pairs and fine-tune on them, as chapter 4 does on texts."""
    with runs.Run.begin("ch05", config) as run:
        splits = load_examples(run.config)
        return ch04.fine_tune(run, splits, baseline_accuracies)


def predict(
    trained: TrainedModel, pairs: list[tuple[str, str]]
) -> list[dict]:
    """Classify pairs of premise and hypothesis.

    Returns:
        `premise`, `hypothesis`, `label` and `probabilities` of each.
    """
    if not pairs:
        return []
    columns = tuple(map(list, zip(*pairs, strict=True)))
    probabilities = ch04.predict_probabilities(trained, columns)
    return [
        {
            **dict(zip(INPUT_FIELDS, pair, strict=True)),
            "label": trained.labels[row.argmax()],
            "probabilities": dict(
                zip(trained.labels, row.tolist(), strict=True)
            ),
        }
        for pair, row in zip(pairs, probabilities, strict=True)
    ]


# %%
if __name__ == "__main__":
    trained = train(config)
    print(f"{trained.metrics['seconds']:.0f}초, {trained.path}")
    history = runs.describe(trained.path)["history"]
    lines = {
        "학습": history["accuracy"],
        "검증": history["val_accuracy"],
    }
    display.curves(lines, "정확도", "에포크", start=1).show()

# %% [markdown]
# ## 결과 읽기

# %%
if __name__ == "__main__":
    scores["전제와 가설"] = trained.metrics["accuracy"]
    display.bars(scores, "평가 데이터의 정확도", limit=1.0).show()
    print(f"매크로 F1 {trained.metrics['macro_f1']:.3f}")
    pairs = [pair.texts for pair in splits.test]
    answers = predict(trained, pairs)
    targets = [splits.labels.index(pair.label) for pair in splits.test]
    predictions = [splits.labels.index(a["label"]) for a in answers]
    counts = metrics.confusion_matrix(
        np.array(targets), np.array(predictions), len(splits.labels)
    )
    display.confusion_matrix(counts, splits.labels).show()

# %% [markdown]
# 가설만 본 점수와의 차이는 전제에서 나온 것입니다. 그런데 전제만 보고도 얼마쯤 맞힐 수 있다면 그만큼은 추론이
# 아니라 전제의 말버릇에서 나온 점수입니다. 둘을 함께 본 점수가 전제만 본 점수보다 얼마나 높은지를 보세요. 차이가
# 작다면 이 모델은 추론을 거의 배우지 못한 것입니다. 겹치지 않는 낱말 사이의 관계, 이를테면 `이틀`과 `사흘`이
# 다르고 `콘서트`가 `공연`이라는 것은 그만한 글을 읽어야 압니다.
#
# 틀린 예를 봅니다. 어디까지 읽고 무엇을 놓쳤는지 짐작해 보세요.

# %%
if __name__ == "__main__":
    wrong = [
        (max(answer["probabilities"].values()), pair, answer)
        for pair, answer in zip(splits.test, answers, strict=True)
        if answer["label"] != pair.label
    ]
    wrong.sort(key=lambda row: -row[0])
    rows = [
        [pair.first, pair.second, pair.label, answer["label"], share]
        for share, pair, answer in wrong[:5]
    ]
    display.table(["전제", "가설", "정답", "예측", "확률"], rows).show()

# %% [markdown]
# 이 글을 쓰며 학습한 모델이 자신 있게 틀린 것 가운데 다섯을 골라 까닭을 짐작해 보았습니다. 다른 기계에서 학습하면 조금
# 다를 수 있습니다.
#
# | 전제 | 가설 | 정답 | 예측 | 풀려면 알아야 하는 것 |
# |---|---|---|---|---|
# | 만두를 반으로 가르니 다진 돼지고기와 부추가 가득했다. | 이 음식에는 고기가 들어 있지 않다. | 거짓 | 중립 | 만두가 음식이고 돼지고기가 고기라는 것, 그리고 `들어 있지 않다`가 그 반대라는 것 |
# | 텃밭의 토마토가 빨갛게 무르익어 아침에 한 바구니를 따서 먹었다. | 텃밭의 토마토는 아직 익지 않았다. | 거짓 | 중립 | `무르익다`와 `익지 않다`가 반대라는 것. 부정은 낱말 하나로 뜻을 뒤집습니다. |
# | 학생들이 쏜 첫 로켓은 백 미터, 다음 것은 백팔십 미터까지 솟았다. | 두 번째 로켓은 첫 번째보다 높이 올라갔다. | 참 | 거짓 | 백팔십이 백보다 크다는 것. 수를 견주는 일은 큰 모델도 자주 틀립니다. |
# | 모퉁이의 그 가게는 하루 스물네 시간 손님을 맞아요. | 그 가게는 새벽에도 문을 열어요. | 참 | 거짓 | 하루가 스물네 시간이고 그 안에 새벽이 있다는 것 |
# | 우주 비행사 세 사람이 어제 새벽 초원에 무사히 내려 가족을 만났습니다. | 우주 비행사들은 예정보다 일찍 돌아왔습니다. | 중립 | 참 | 언제 돌아올 예정이었는지는 전제에 없다는 것 |
#
# ## 두 문장이 만나는 자리
#
# 전제와 가설의 토큰은 셀프 어텐션에서 만납니다. 3장의 블록으로 학습한 모델을 따라가며, 가설의 토큰(세로)이
# 전제의 토큰(가로)을 보는 정도를 그립니다. 모든 층과 헤드의 평균입니다.


# %%
def cross_attention(
    trained: TrainedModel, premise: str, hypothesis: str
) -> tuple[np.ndarray, list[str], list[str]]:
    """Return how much each token of the hypothesis looks at the premise.

    Returns:
        Weights, (hypothesis tokens, premise tokens), the mean over layers
        and heads, and both lists of tokens.
    """
    preprocessor = trained.model.preprocessor
    x = preprocessor(([premise], [hypothesis]), y=None)
    _, maps = ch03.encode_by_hand(trained.model.backbone, x)
    ids, segments, mask = (
        np.array(x[name][0])
        for name in ("token_ids", "segment_ids", "padding_mask")
    )
    real = mask.astype(bool) & (
        ids != preprocessor.tokenizer.sep_token_id
    )
    real[0] = False  # [CLS]
    first, second = (
        np.flatnonzero(real & (segments == s)) for s in (0, 1)
    )
    weights = maps[0].mean(axis=(0, 1))[np.ix_(second, first)]
    tokens = [
        [
            preprocessor.tokenizer.id_to_token(int(ids[i]))
            for i in places
        ]
        for places in (second, first)
    ]
    return weights, *tokens


# %%
if __name__ == "__main__":
    weights, second, first = cross_attention(
        trained,
        "어제 산 우산을 버스에 두고 내렸다.",
        "우산을 잃어버렸다.",
    )
    shares = weights / weights.max()
    display.heatmap(
        shares,
        second,
        first,
        "가설이 전제를 보는 정도 (가장 큰 값이 1)",
    ).show()

# %% [markdown]
# 양쪽에 다 있는 낱말이 만나는 칸이 진한지 보세요. 다만 어텐션이 크다고 해서 답이 그 낱말 때문에 정해졌다는 뜻은
# 아닙니다.
#
# ## 새 쌍 분류하기

# %%
if __name__ == "__main__":
    pairs = [
        ("가게는 아침 열 시에 문을 연다.", "가게는 오전에 문을 연다."),
        (
            "가게는 아침 열 시에 문을 연다.",
            "가게는 하루 종일 닫혀 있다.",
        ),
    ]
    for answer in predict(runs.load(trained.path), pairs):
        title = f"{answer['premise']} → {answer['hypothesis']}"
        display.bars(answer["probabilities"], title, limit=1.0).show()

# %% [markdown]
# 명령줄에서는 두 글을 나란히 적습니다. 쌍이 여럿이면 첫 줄에 `premise`와 `hypothesis`를 탭으로 나누어 적은 TSV나
# JSON 줄을 표준 입력으로 줍니다.
#
# ```sh
# kerasnlp-tutorial predict runs/ch05-1 "비가 온다." "땅이 젖는다."
# kerasnlp-tutorial train ch05 --dataset klue-nli
# ```
#
# ## 나만의 데이터와 모델
#
# 글 둘과 관계, 이 세 열이 있는 파일이면 됩니다. 다른 열이 더 있어도 됩니다. 관계의 수와 이름은 자유입니다. 질문과
# 답이 맞는지 가리는 작은 파일을 읽어 봅니다.

# %%
if __name__ == "__main__":
    path = runs.RUNS / "pairs.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("질문,답,관계\n")
        file.write("몇 시에 열어요?,아침 열 시에 엽니다,맞음\n" * 5)
        file.write(
            "몇 시에 열어요?,주차는 두 시간 무료입니다,틀림\n" * 2
        )
    own = Config(
        train_file=str(path),
        first_column="질문",
        second_column="답",
        label_column="관계",
    )
    print(load_examples(own).labels)

# %% [markdown]
# 다른 모델에서 출발하려면 4장과 마찬가지로 `backbone`에 프리셋의 이름이나 폴더를 줍니다.
#
# ## 데이터가 얼마나 있어야 추론을 배우는가
#
# 표본에서 학습에 쓰는 쌍은 천 개가 되지 않습니다. KLUE-NLI에서 쌍을 300개, 1,000개, 3,000개, 10,000개, 그리고
# 전부로 늘려 가며 학습해 같은 평가 데이터(2,001쌍)로 쟀습니다(시드 7). 가로축은 그 가운데 에포크를 고르는 데 쓴 10%를 뺀 수입니다.
#
# ```sh
# kerasnlp-tutorial train ch05 --dataset klue-nli --set max_train_examples=3000
# ```

# %%
if __name__ == "__main__":
    display.measured("klue_nli", "KLUE-NLI 정확도").show()

# %% [markdown]
# 이만 쌍을 넘게 배워도 0.413으로, 가설만 보는 기준선(0.415)을 앞서지 못합니다. 이 작은 모델은 KLUE-NLI에서 두 문장을 맞대어 보는
# 법이 아니라 말뭉치의 버릇을 배웠습니다. 표본에서는 쌍이 천 개가 안 되어도 기준선을 앞섰는데, 표본의 쌍은 문장이 짧고 무엇이
# 어긋나는지 뚜렷하기 때문입니다. 영화 리뷰를 주로 읽은 모델에게 뉴스와 백과사전의 문장은 낯섭니다. 백과사전과 뉴스를 많이 읽은 큰 모델은
# 같은 데이터로 열에 여덟 넘게 맞힙니다(Park 외, 2021). GPU가 있으면 `backbone="klue-bert-base"`로 확인해 보세요.
#
# ## 요약
#
# - 문장 쌍 분류는 두 문장을 `[SEP]`으로 잇고 세그먼트 번호로 나누면 문서 분류와 같은 모델로 풉니다.
# - 자연어 추론은 전제에 비추어 가설이 참, 거짓, 중립 가운데 무엇인지 답합니다.
# - 가설만, 또는 전제만 보는 기준선이 높으면 말뭉치의 버릇을 배운 것입니다. 점수는 그 기준선들과의 차이로 읽습니다.
# - 너무 길면 긴 문장부터 자릅니다.
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
# (`datasets.read_korsts`). 범주 대신 수를 맞히는 모델을 만들어 보세요. 분류 층의 출력을 하나로 줄이고
# 평균 제곱 오차(mean squared error)로 학습하며, 순위가 얼마나 맞는지를 스피어만 상관(Spearman
# correlation)으로 잽니다. 풀이는 세 쌍을 되풀이해 배우고 바로 그 쌍에서 재므로, 배운 것을 외우는지만 봅니다. KorSTS를
# 읽어서 학습하고 따로 둔 쌍에서 재어 보세요.


# %% tags=["solution"]
def build_regressor(
    config: Config, pairs: list[LabeledPair]
) -> keras_nlp.models.BertTextClassifier:
    """Build a model with one output, and compile it with squared error."""
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
        jit_compile=False,
    )
    return model


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Return the correlation of ranks; equal values share their mean rank."""
    ranks = []
    for values in (a, b):
        _, places, counts = np.unique(
            values, return_inverse=True, return_counts=True
        )
        ranks.append((np.cumsum(counts) - (counts - 1) / 2)[places])
    return float(np.corrcoef(*ranks)[0, 1])


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
# - Bowman 외(2015), *A large annotated corpus for learning natural language inference*, EMNLP. SNLI.
# - Williams 외(2018), *A Broad-Coverage Challenge Corpus for Sentence Understanding through Inference*, NAACL. MultiNLI.
# - Gururangan 외(2018), *Annotation Artifacts in Natural Language Inference Data*, NAACL. 가설만 보고 맞히기.
# - Poliak 외(2018), *Hypothesis Only Baselines in Natural Language Inference*, \*SEM.
# - Ham 외(2020), *KorNLI and KorSTS: New Benchmark Datasets for Korean Natural Language Understanding*, EMNLP Findings.
# - Park 외(2021), *KLUE: Korean Language Understanding Evaluation*, NeurIPS Datasets and Benchmarks.
