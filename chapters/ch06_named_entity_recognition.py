# %% [markdown]
# # 6장 개체명 인식
#
# 글에서 사람, 장소, 기관, 날짜처럼 이름이나 값에 해당하는 말, 곧 개체명(named entity)을 찾아 종류를 붙이는
# 모델을 만듭니다. 이 과제를 개체명 인식(named entity recognition, NER)이라고 합니다. 4장과 5장에서는 글 한 편에
# 답이 하나였지만, 여기서는 토큰마다 답합니다.
#
# 모델을 쓰는 차례는 이렇습니다.
#
# 1. 글을 토큰으로 나눕니다.
# 2. BERT가 토큰마다 벡터를 하나씩 냅니다.
# 3. 벡터마다 분류 헤드를 씌워 태그의 확률을 얻습니다.
# 4. 확률에서 태그를 고르고, 태그를 글자의 구간으로 되돌립니다.
#
# ## 이 장에서 배우는 것
#
# - 글자의 구간을 서브워드의 태그로, 다시 구간으로 바꾸는 법
# - 조사가 붙은 이름, 나란히 붙은 이름, 토큰의 경계에 걸친 이름을 다루는 법
# - 토큰마다 분류 헤드를 얹은 BERT
# - 말이 되는 태그만 고르는 비터비 알고리즘
# - 개체 단위의 정밀도, 재현율, F1
# - 긴 글을 겹치는 창으로 나누어 읽고 합치는 법

# %% tags=["hide-input"]
# @title 불러오기
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import keras
import numpy as np
import tensorflow as tf

from kerasnlp_tutorial import (
    datasets,
    display,
    metrics,
    runs,
    training,
)
from kerasnlp_tutorial.chapters import (
    ch04_document_classification as ch04,
)
from kerasnlp_tutorial.checkpoints import load_bert
from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.datasets import Span, Splits, TaggedSentence
from kerasnlp_tutorial.hangul import counts_in_given_text
from kerasnlp_tutorial.models import (
    BertTokenClassifier,
    BertTokenClassifierPreprocessor,
)
from kerasnlp_tutorial.runs import TrainedModel
from kerasnlp_tutorial.tokenizers.alignment import (
    bio_labels,
    ragged_spans,
)
from kerasnlp_tutorial.tokenizers.windows import merge_windows, windows
from kerasnlp_tutorial.trained import load_trained

# %% [markdown]
# ## 설정
#
# 4장처럼 데이터, 모델, 학습에 관한 값을 `Config`에 모읍니다. `stride`는 긴 글을 나눌 때 씁니다(아래 '긴 글과
# 예측'). `Config()`를 `Config.quick()`으로 바꾸면 아주 작은 모델로 몇 초 만에 훑어볼 수 있습니다.
#
# | `dataset` | 말뭉치 |
# |---|---|
# | `sample` | 이 프로젝트를 위해 지어 쓴 문장. 패키지에 들어 있습니다 |
# | `klue-ner` | KLUE의 개체명 인식 말뭉치. 내려받아 씁니다(CC BY-SA 4.0) |

# %% tags=["hide-input"]
# @title Config
INPUT_FIELDS = ("text",)
METRICS = ("f1", "macro_f1", "character_macro_f1")
MODELS = (BertTokenClassifier,)
CORPORA = {
    corpus.name: corpus
    for corpus in (datasets.NER_SAMPLE, datasets.KLUE_NER)
}


@dataclass(frozen=True, kw_only=True)
class Config(TrainingConfig):
    """Settings of named entity recognition."""

    stride: int | None = None
    """Number of tokens from the start of a window to the start of the next one,
    in long texts; None: 64, or half a window if windows are shorter."""

    def __post_init__(self):
        super().__post_init__()
        expected = f"one of {sorted(CORPORA)}"
        self._require("dataset", self.dataset in CORPORA, expected)
        self._choose_stride("stride", self.sequence_length - 2)

    @classmethod
    def quick(cls, **changes) -> "Config":
        """Return settings for a run of seconds, to see that everything works."""
        return super().quick(**({"max_train_examples": 100} | changes))


# %%
if __name__ == "__main__":
    config = Config()
    names = {
        "학습 데이터": "dataset",
        "출발점": "backbone",
        "최대 토큰 수": "sequence_length",
        "창의 간격": "stride",
        "배치 크기": "batch_size",
        "학습률": "learning_rate",
        "시드": "seed",
    }
    display.settings(config, names).show()

# %% [markdown]
# ## 말뭉치
#
# 개체명에 표시를 한 문장들을 읽습니다.


# %% tags=["hide-input"]
# @title 말뭉치 읽기
def load_examples(config: Config) -> Splits[TaggedSentence]:
    """Read the training and test examples, and hold out a validation set."""
    return datasets.load_splits(
        config, partial(read_examples, config), datasets.entity_types
    )


def read_examples(
    config: Config, split: str, labels: Sequence[str] | None = None
) -> list[TaggedSentence]:
    """Read `train` or `test` from the config's file or from the corpus."""
    own_file = getattr(config, f"{split}_file")
    corpus = CORPORA[config.dataset]
    path = own_file or corpus.split_path(split, config.data_dir)
    return datasets.read_tagged_sentences(path, labels)


# %%
if __name__ == "__main__":
    splits = load_examples(config)
    sizes = [
        len(splits.train),
        len(splits.validation),
        len(splits.test),
    ]
    print("학습, 검증, 평가:", sizes)
    for sentence in splits.train[:4]:
        display.entities(
            sentence.text, sentence.spans, splits.labels
        ).show()

# %% [markdown]
# 예제 하나는 글과 그 안의 구간(span)들입니다. 구간은 (시작, 끝, 종류)이고, 시작과 끝은 0부터 센 글자의 번호입니다. 파이썬의
# 슬라이스처럼 끝 번호의 글자는 구간에 들지 않습니다.

# %%
if __name__ == "__main__":
    print(splits.train[0].text)
    for span in splits.train[0].spans:
        print(span, splits.train[0].text[span.start : span.end])

# %% [markdown]
# 표본과 책의 말뭉치에서 종류는 열 가지입니다. 사람(PER), 장소(LOC), 기관(ORG), 날짜(DAT), 시각(TIM),
# 기간(DUR), 돈(MNY), 비율(PNT), 그 밖의 수량(NOH), 그 밖의 이름(POH). KLUE-NER의 종류는 사람(PS),
# 장소(LC), 기관(OG), 날짜(DT), 시간(TI), 수량(QT) 여섯 가지입니다.

# %%
if __name__ == "__main__":
    counts = Counter(
        span.label for s in splits.train for span in s.spans
    )
    bars = {label: counts[label] for label in splits.labels}
    display.bars(bars, "학습 데이터의 개체명 수").show()

# %% [markdown]
# 말뭉치마다 적는 법은 다릅니다. 표본과 책의 말뭉치는 한 줄에 문장과, 개체명에 표시를 한 문장을 나란히 적습니다.
#
# ```text
# 이순신은 한산도에 있었다␞<이순신:PER>은 <한산도:LOC>에 있었다
# ```
#
# KLUE-NER는 글자마다 한 줄씩, 흔히 쓰는 BIO 파일은 어절마다 한 줄씩 태그를 적습니다. 어절에 태그를 달면
# 조사까지 개체명이 됩니다. 어느 쪽이든 읽고 나면 글과 구간들이 됩니다. 책의 말뭉치는 내려받은 파일을 `train_file`과
# `test_file`로 줍니다.
#
# ## 구간을 토큰의 태그로
#
# 모델은 토큰마다 답하므로, 학습하려면 글자의 구간을 토큰의 태그로 바꾸어야 합니다. 태그는 세 가지 꼴입니다.
#
# - `B-PER`: 사람 이름의 첫 토큰(begin)
# - `I-PER`: 사람 이름의 이어지는 토큰(inside)
# - `O`: 나머지(outside)
#
# 이것을 BIO 태그(BIO tags)라고 합니다. `B-`가 따로 있어서 같은 종류의 이름이 나란히 붙어 있어도 둘로 남습니다.
#
# ![문장 '이순신은 1545년 서울에서 태어났다'의 어절, 토큰, 레이블이 세 열로 놓여 있다. 어절 이순신은이 토큰 이순신과 ##은으로 나뉘어 이름인 이순신은 B-PER, 조사인 ##은은 O를 받는다. 1545와 ##년은 B-DAT와 I-DAT, 서울은 B-LOC, 조사 ##에서와 태어났다의 토큰들은 O이다.](../docs/images/pictures/bio_labels.svg)
#
# 한국어에서 까다로운 것은 조사입니다. `이순신은`은 한 어절이지만 `은`은 이름이 아닙니다. 그래서 어절이 아니라 글자를
# 따집니다. 문장 하나로 직접 해 봅니다.

# %%
if __name__ == "__main__":
    example = TaggedSentence(
        "김하늘·박도윤은 3월 5일 부산행 열차를 탔다",
        (
            Span(0, 3, "PER"),
            Span(4, 7, "PER"),
            Span(9, 14, "DAT"),
            Span(15, 17, "LOC"),
        ),
    )
    text = example.text
    display.entities(text, example.spans, splits.labels).show()

# %% [markdown]
# **1. 토큰마다 맡은 글자.** 토크나이저에게 토큰과 함께, 그 토큰이 몇 번째 글자에서 시작해 어디에서 끝나는지를
# 물어봅니다. 이것을 오프셋(offset)이라고 합니다.

# %%
if __name__ == "__main__":
    texts = [sentence.text for sentence in splits.train]
    _, tokenizer = load_bert(config, texts)
    ids, starts, ends = (
        part.to_list()[0]
        for part in tokenizer.tokenize_with_offsets([text])
    )
    tokens = [tokenizer.id_to_token(id) for id in ids]
    rows = [
        [token, start, end, text[start:end]]
        for token, start, end in zip(tokens, starts, ends, strict=True)
    ]
    columns = ["토큰", "시작", "끝", "맡은 글자"]
    display.table(columns, rows[:8]).show()

# %% [markdown]
# **2. 글자마다 주인.** 글자마다 어느 개체명에 속하는지 적습니다. 어디에도 속하지 않으면 `None`입니다.


# %%
def owners_of(sentence: TaggedSentence) -> list[Span | None]:
    """글자마다 그 글자가 속한 구간을 적습니다."""
    owners: list[Span | None] = [None] * len(sentence.text)
    for span in sentence.spans:
        for i in range(span.start, span.end):
            owners[i] = span
    return owners


# %%
if __name__ == "__main__":
    owners = owners_of(example)
    rows = [
        [character, owner.label if owner else "", str(owner or "")]
        for character, owner in zip(text, owners, strict=True)
    ]
    display.table(["글자", "종류", "구간"], rows[:9]).show()

# %% [markdown]
# **3. 토큰마다 태그.** 토큰이 맡은 글자들의 주인이 곧 토큰의 주인입니다. 앞 토큰과 주인이 같으면 `I-`, 다르면 `B-`를
# 붙입니다. 주인이 둘 이상이면, 곧 토큰이 개체명의 경계에 걸치면, 글자가 더 많은 쪽을 따릅니다. 반반이면 개체명을
# 따릅니다.


# %%
def token_tags(
    sentence: TaggedSentence, starts: list[int], ends: list[int]
) -> list[str]:
    """토큰마다 BIO 태그를 붙입니다."""
    owners, before, tags = owners_of(sentence), None, []
    for start, end in zip(starts, ends, strict=True):
        counts = Counter(owners[start:end])
        most = max(counts.values())
        owner = next(
            (s for s, n in counts.items() if n == most and s), None
        )
        if owner is None:
            tags.append("O")
        else:
            tags.append(
                f"{'I' if owner is before else 'B'}-{owner.label}"
            )
        before = owner
    return tags


# %%
if __name__ == "__main__":
    tags = token_tags(example, starts, ends)
    rows = [
        [token, text[start:end], tag]
        for token, start, end, tag in zip(
            tokens, starts, ends, tags, strict=True
        )
    ]
    display.table(["토큰", "맡은 글자", "태그"], rows).show()

# %% [markdown]
# 조사와 가운뎃점은 `O`가 되고, 두 사람은 저마다 `B-PER`로 시작합니다. 가운뎃점 없이 붙어 있어도 이 `B-` 덕분에 둘로
# 남습니다.
#
# 토큰이 경계에 걸치는 문장도 하나 봅니다. 이름의 끝 글자와 조사가 한 토큰에 들어 있으면, 어느 태그를 붙여도 조금은
# 틀립니다.

# %%
if __name__ == "__main__":
    hard = TaggedSentence(
        "이순신은 한산도에 있었다",
        (Span(0, 3, "PER"), Span(5, 8, "LOC")),
    )
    _, *offsets = (
        part.to_list()[0]
        for part in tokenizer.tokenize_with_offsets([hard.text])
    )
    rows = [
        [hard.text[start:end], tag]
        for start, end, tag in zip(
            *offsets, token_tags(hard, *offsets), strict=True
        )
    ]
    display.table(["맡은 글자", "태그"], rows).show()

# %% [markdown]
# 패키지의 `bio_labels`는 같은 일을 문장 여러 개에 한꺼번에 합니다. 태그의 이름 대신 번호를 냅니다. 번호는
# 전처리기(preprocessor)가 아는 태그 목록의 자리입니다. 목록은 `O`로 시작하고, 종류마다 `B-`와 `I-`가 있습니다.

# %%
if __name__ == "__main__":
    preprocessor = BertTokenClassifierPreprocessor(
        tokenizer, splits.labels, config.sequence_length
    )
    print(preprocessor.tags)
    _, *offsets = tokenizer.tokenize_with_offsets([text])
    spans = ragged_spans([example], splits.labels)
    numbers = bio_labels(*offsets, spans).to_list()[0]
    print(numbers)
    print([preprocessor.tags[i] for i in numbers] == tags)

# %% [markdown]
# 문장마다 구간의 수가 다릅니다. 길이가 들쭉날쭉한 이런 배열을 TensorFlow는 래기드 텐서(ragged tensor)라고
# 부릅니다. `ragged_spans`가 구간들을 그런 배열로 바꿉니다.
#
# ## 배치
#
# 글의 앞뒤에 `[CLS]`와 `[SEP]`을 붙이고, 길이가 비슷한 글끼리 묶어 배치를 만드는 것은 4장과 같습니다. 다른 점은
# 정답입니다. 글마다 하나가 아니라 토큰마다 하나씩 있습니다. `[CLS]`, `[SEP]`, 패딩에는 정답이 없으므로 그 자리의
# 가중치를 0으로 적어 손실에서 뺍니다.


# %%
def make_dataset(
    examples, model, labels, config: Config, *, training_set=False
) -> tf.data.Dataset:
    """글을 토큰 번호와 태그로 바꾸고 배치로 묶습니다."""
    features = training.encode(
        model.preprocessor,
        [example.text for example in examples],
        ragged_spans(examples, labels),
    )
    return training.length_grouped_dataset(
        features,
        None,
        config.batch_size,
        pad_token_id=model.preprocessor.tokenizer.pad_token_id,
        shuffle_seed=config.seed if training_set else None,
    )


# %% [markdown]
# ## 먼저, 사전
#
# 모델을 만들기 전에 기준선을 둡니다. 학습 데이터에 나온 개체명을 모두 외워 두었다가 같은 말이 보이면 표시하는
# 사전(dictionary)입니다. 처음 보는 이름은 하나도 찾지 못합니다. 점수는 4장에서 본 F1을 토큰이 아니라 개체명마다 센
# 것입니다. 어떻게 세는지는 아래 '점수'에서 봅니다.


# %%
def find_names(text: str, names: dict[str, str]) -> list[Span]:
    """글의 앞에서부터, 아는 이름 가운데 가장 긴 것을 찾습니다."""
    longest = max(map(len, names), default=0)
    spans, start = [], 0
    while start < len(text):
        sizes = range(min(longest, len(text) - start), 0, -1)
        size = next(
            (n for n in sizes if text[start : start + n] in names), 0
        )
        if size:
            label = names[text[start : start + size]]
            spans.append(Span(start, start + size, label))
        start += size or 1
    return spans


def dictionary_f1(splits: Splits) -> float:
    """사전으로 찾았을 때의 F1을 셉니다."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for sentence in splits.train:
        for span in sentence.spans:
            name = sentence.text[span.start : span.end]
            counts[name][span.label] += 1
    names = {name: c.most_common(1)[0][0] for name, c in counts.items()}
    predicted = [find_names(s.text, names) for s in splits.test]
    expected = [sentence.spans for sentence in splits.test]
    return metrics.entity_scores(expected, predicted)["f1"]


# %%
if __name__ == "__main__":
    print(f"사전의 F1 {dictionary_f1(splits):.3f}")

# %% [markdown]
# ## 모델
#
# 4장에서는 `[CLS]` 자리의 벡터 하나만 분류했습니다. 여기서는 모든 자리의 벡터에 같은 분류 헤드를 씌웁니다. 태그가
# 종류마다 둘에 `O`가 하나이므로, 종류가 열이면 자리마다 로짓이 스물한 개입니다.


# %%
def token_head(
    sequence_output: keras.KerasTensor, num_tags: int, dropout: float
) -> keras.KerasTensor:
    """BERT의 출력에서 로짓 (배치, 토큰, 태그)를 냅니다."""
    hidden = keras.layers.Dropout(dropout)(sequence_output)
    return keras.layers.Dense(num_tags, name="logits")(hidden)


# %% [markdown]
# KerasNLP에는 이 모델이 없어서 이 패키지가 `BertTokenClassifier`로 만들어 두었습니다. 위의 함수와 같은 레이어를
# KerasNLP의 틀에 담은 것이라 토크나이저와 함께 저장됩니다. 손실은 4장과 같은 크로스 엔트로피를 토큰마다 구해 평균한
# 것입니다.


# %%
def build_model(config: Config, splits: Splits) -> BertTokenClassifier:
    """설정에 적힌 백본 위에 분류 헤드를 얹습니다."""
    keras.utils.set_random_seed(config.seed)
    texts = [sentence.text for sentence in splits.train]
    backbone, tokenizer = load_bert(config, texts)
    backbone.pooled_dense.trainable = False  # 태그에는 쓰지 않습니다.
    preprocessor = BertTokenClassifierPreprocessor(
        tokenizer, splits.labels, config.sequence_length
    )
    model = BertTokenClassifier(
        backbone, len(preprocessor.tags), preprocessor, config.dropout
    )
    model.compile(
        optimizer=training.adamw(
            config.learning_rate, config.weight_decay
        ),
        jit_compile=training.JIT_COMPILE,
    )
    return model


# %% [markdown]
# 배치 하나를 만들어 모양을 봅니다.

# %%
if __name__ == "__main__":
    model = build_model(config, splits)
    dataset = make_dataset(
        splits.train[:32], model, splits.labels, config
    )
    x, targets, weights = next(iter(dataset))
    logits = training.predict_outputs(model, x, 32)
    rows = [
        ["token_ids", str(x["token_ids"].shape)],
        ["정답 태그", str(targets.shape)],
        ["가중치", str(weights.shape)],
        ["로짓", str(logits.shape)],
    ]
    display.table(["이름", "모양"], rows).show()

# %% [markdown]
# 로짓의 모양은 (글, 토큰, 태그)입니다.
#
# ## 확률에서 태그로: 비터비 알고리즘
#
# 모델은 토큰마다 태그의 확률을 냅니다. 토큰마다 가장 그럴듯한 것을 따로 고르면 말이 되지 않는 시퀀스가 나올 수
# 있습니다. `고종은`을 읽은 모델이 이런 확률을 냈다고 합시다.

# %%
if __name__ == "__main__":
    toy_tags = ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
    toy_tokens = ("고", "##종", "##은")
    toy = np.array(
        [
            [0.10, 0.46, 0.02, 0.40, 0.02],
            [0.05, 0.03, 0.20, 0.02, 0.70],
            [0.90, 0.02, 0.03, 0.02, 0.03],
        ]
    )
    display.heatmap(toy, toy_tokens, toy_tags, "태그의 확률").show()
    print("따로 고르면", [toy_tags[i] for i in toy.argmax(axis=1)])

# %% [markdown]
# `B-LOC` 다음에 `I-PER`가 왔습니다. 장소가 시작되었는데 사람이 이어진다는 것은 말이 되지 않습니다. `I-PER`는 `B-PER`나
# `I-PER` 다음에만 올 수 있습니다. 이 규칙을 지키는 시퀀스 가운데 확률의 곱이 가장 큰 것을 찾아야 합니다.


# %%
def can_follow(tag: str, before: str) -> bool:
    """이 태그가 그 태그 다음에 올 수 있는지 답합니다."""
    return tag[0] != "I" or tag[1:] == before[1:]


# %%
if __name__ == "__main__":
    for pair in [
        ("I-PER", "B-PER"),
        ("I-PER", "B-LOC"),
        ("O", "I-LOC"),
    ]:
        print(*pair[::-1], can_follow(*pair))

# %% [markdown]
# 시퀀스의 수는 토큰이 하나 늘 때마다 태그의 수만큼 곱으로 늘어서, 긴 문장에서는 다 따져 볼 수 없습니다. 그러나 앞에서부터
# 훑으며 **태그마다 거기에 이르는 가장 좋은 길 하나만** 기억하면 됩니다. 뒤에 무엇이 오든, 같은 태그에 이르는 더 나쁜 길이
# 이길 수는 없기 때문입니다. 이것이 비터비 알고리즘(Viterbi algorithm)입니다.
#
# 토큰마다 하는 일은 이렇습니다. 태그마다, 그 태그 앞에 올 수 있는 태그 가운데 지금까지의 점수가 가장 높은 것을 고르고, 그
# 점수에 이 태그의 확률을 곱합니다. 글의 앞은 `O`로 칩니다.

# %%
if __name__ == "__main__":
    scores, paths = {"O": 1.0}, {"O": []}  # 글의 앞
    for token, row in zip(toy_tokens, toy, strict=True):
        new_scores, new_paths = {}, {}
        for tag, p in zip(toy_tags, row, strict=True):
            befores = [t for t in scores if can_follow(tag, t)]
            if not befores:
                continue
            best = max(befores, key=scores.get)
            new_scores[tag] = scores[best] * p
            new_paths[tag] = [*paths[best], tag]
        scores, paths = new_scores, new_paths
        rows = [[t, scores[t], " → ".join(paths[t])] for t in scores]
        columns = [f"{token}까지", "점수", "가장 좋은 길"]
        display.table(columns, rows).show()
    best = max(scores, key=scores.get)
    print("답:", paths[best])

# %% [markdown]
# 첫 토큰에서는 장소가 앞섰지만, 둘째 토큰까지 보면 사람으로 이어지는 길이 이깁니다.
#
# 확률을 많이 곱하면 컴퓨터가 적을 수 없을 만큼 작아지므로, 실제로는 로그를 더합니다. 그리고 길 전체를 적는 대신 바로 앞
# 태그만 적어 두었다가, 끝에서부터 거꾸로 따라갑니다.


# %%
def best_path(
    probabilities: np.ndarray, tags: tuple[str, ...]
) -> list[int]:
    """규칙을 지키는 가장 그럴듯한 태그들의 번호. `O`가 0번입니다."""
    valid = [[can_follow(b, a) for b in tags] for a in tags]
    penalties = np.where(valid, 0.0, -np.inf)
    scores, origins = np.zeros(1), []  # 글의 앞은 O
    # float16에서는 이렇게 작은 수가 0이 됩니다.
    for row in np.log(np.asarray(probabilities, "float32") + 1e-9):
        # (앞 태그, 태그). 첫 토큰 앞에는 O뿐입니다.
        paths = scores[:, None] + penalties[: len(scores)]
        origins.append(paths.argmax(axis=0))
        scores = paths.max(axis=0) + row
    path = [int(scores.argmax())]
    for origin in reversed(origins):
        path.append(int(origin[path[-1]]))
    return path[-2::-1]


# %%
if __name__ == "__main__":
    print([toy_tags[i] for i in best_path(toy, toy_tags)])

# %% [markdown]
# ## 태그에서 구간으로
#
# 고른 태그를 글자의 구간으로 되돌립니다. `B-`에서 시작해 같은 종류의 `I-`가 이어지는 데까지가 개체명 하나입니다. 그
# 첫 토큰의 첫 글자부터 마지막 토큰의 마지막 글자까지가 구간이고, 확률은 토큰들의 확률을 평균한 것입니다.


# %%
def decode(
    probabilities: np.ndarray,
    starts: Sequence[int],
    ends: Sequence[int],
    tags: tuple[str, ...],
) -> list[tuple[Span, float]]:
    """확률 (토큰, 태그)에서 구간과 그 확률을 찾습니다."""
    path = best_path(probabilities, tags)
    chosen = probabilities[np.arange(len(path)), path]
    return [
        (
            Span(int(starts[s.start]), int(ends[s.end - 1]), s.label),
            float(chosen[s.start : s.end].mean()),
        )
        for s in datasets.tag_spans([tags[i] for i in path])
    ]


# %% [markdown]
# 바꾸었다가 되돌리면 경계에 걸친 토큰 때문에 조금 어긋납니다. 정답을 태그로 바꾸었다가 되돌린 것을 정답과 비교하면, 이
# 어휘 집합으로 얻을 수 있는 가장 높은 점수가 나옵니다. 모델이 아무리 좋아도 이보다 높을 수는 없습니다.


# %%
def vocabulary_ceiling(
    sentences: list[TaggedSentence],
    preprocessor: BertTokenClassifierPreprocessor,
) -> float:
    """모든 토큰의 태그를 맞혔을 때의 F1을 셉니다."""
    texts = [sentence.text for sentence in sentences]
    tokenizer, names = preprocessor.tokenizer, preprocessor.tags
    _, starts, ends = tokenizer.tokenize_with_offsets(texts)
    spans = ragged_spans(sentences, preprocessor.labels)
    columns = (bio_labels(starts, ends, spans), starts, ends)
    rows = (column.to_list() for column in columns)
    certain, predicted = np.eye(len(names)), []
    for tags, start, end in zip(*rows, strict=True):
        found = decode(certain[tags], start, end, names)
        predicted.append([span for span, _ in found])
    expected = [sentence.spans for sentence in sentences]
    return metrics.entity_scores(expected, predicted)["f1"]


# %%
if __name__ == "__main__":
    ceiling = vocabulary_ceiling(splits.test, preprocessor)
    print(f"이 어휘 집합으로 얻을 수 있는 F1 {ceiling:.3f}")

# %% [markdown]
# ## 긴 글과 예측
#
# 모델이 한 번에 읽는 길이는 정해져 있습니다. 더 긴 글은 겹치는 창(window)으로 나누어 읽습니다. 패키지의 `windows`가
# 창의 시작과 끝을 정합니다.

# %%
if __name__ == "__main__":
    _, window_starts, window_ends = windows([14], size=6, stride=4)
    for start, end in zip(
        window_starts.numpy(), window_ends.numpy(), strict=True
    ):
        print("·" * start + "■" * (end - start))

# %% [markdown]
# 한 토큰이 여러 창에 들어 있으면 앞뒤 문맥이 가장 넉넉한 창, 곧 그 토큰이 가장 가운데에 있는 창의 답을
# 씁니다(`merge_windows`). 모든 토큰의 답을 모은 다음에 구간으로 되돌리므로 창의 경계에서 개체명이 잘리지 않습니다.


# %%
def tag_probabilities(
    trained: TrainedModel, rows: list[list[int]]
) -> list[np.ndarray]:
    """글의 토큰 번호에서 태그의 확률 (토큰, 태그)를 냅니다."""
    preprocessor = trained.model.preprocessor
    size = preprocessor.sequence_length - 2  # [CLS]와 [SEP]의 자리
    lengths = [len(ids) for ids in rows]
    cuts = windows(lengths, size, trained.config.stride)
    positions = np.stack(cuts, axis=1).tolist()  # (글, 시작, 끝)
    cut = tf.ragged.constant(
        [rows[row][start:end] for row, start, end in positions], "int32"
    )
    logits = training.predict_outputs(
        trained.model, preprocessor.pack(cut), trained.config.batch_size
    )
    probabilities = keras.ops.convert_to_numpy(
        keras.ops.softmax(np.asarray(logits, "float32"), axis=-1)
    )
    return merge_windows(positions, probabilities[:, 1:-1], lengths)


# %% [markdown]
# 이제 예측에 필요한 것이 다 모였습니다. 글을 토큰으로 나누고, 태그의 확률을 얻고, 구간으로 되돌립니다.


# %%
@counts_in_given_text(*INPUT_FIELDS)
def predict(trained: TrainedModel, texts: list[str]) -> list[dict]:
    """글마다 개체명의 글자, 위치, 종류, 확률을 답합니다."""
    if not texts:
        return []
    preprocessor = trained.model.preprocessor
    ids, starts, ends = (
        part.to_list()
        for part in preprocessor.tokenizer.tokenize_with_offsets(texts)
    )
    columns = (texts, tag_probabilities(trained, ids), starts, ends)
    answers = []
    for text, probabilities, begin, end in zip(*columns, strict=True):
        found = decode(probabilities, begin, end, preprocessor.tags)
        entities = [entity(text, *pair) for pair in found]
        answers.append({"text": text, "entities": entities})
    return answers


# %% tags=["hide-input"]
# @title 답을 적고 읽는 함수
def entity(text: str, span: Span, probability: float) -> dict:
    """Return an entity as a part of an answer."""
    return {
        "text": text[span.start : span.end],
        "start": span.start,
        "end": span.end,
        "label": span.label,
        "probability": probability,
    }


def spans_of(answer: dict) -> list[Span]:
    """Return the entities of an answer as spans."""
    return [
        Span(e["start"], e["end"], e["label"])
        for e in answer["entities"]
    ]


def format_answer(answer: dict) -> str:
    """Return the text of an answer with marked entities, for a terminal."""
    return display.entities(answer["text"], spans_of(answer)).text


# %% [markdown]
# ## 점수
#
# 토큰의 정확도는 믿을 것이 못 됩니다. 절반이 넘는 토큰이 `O`라서, 아무것도 찾지 않아도 점수가 나옵니다. 모든 토큰에
# `O`라고 답해 봅니다.

# %%
if __name__ == "__main__":
    _, *offsets = tokenizer.tokenize_with_offsets(
        [sentence.text for sentence in splits.test]
    )
    spans = ragged_spans(splits.test, splits.labels)
    correct = bio_labels(*offsets, spans).flat_values.numpy() == 0
    expected = [sentence.spans for sentence in splits.test]
    nothing = [()] * len(splits.test)
    scores = metrics.entity_scores(expected, nothing)
    print(f"토큰의 정확도 {correct.mean():.3f}")
    print(f"개체 단위의 F1 {scores['f1']:.3f}")

# %% [markdown]
# 그래서 개체 단위로 셉니다. 시작과 끝과 종류가 모두 맞아야 하나를 맞힌 것입니다.
#
# - **정밀도**(precision): 찾았다고 한 것 가운데 맞는 비율
# - **재현율**(recall): 찾아야 할 것 가운데 찾은 비율
# - **F1**(F1 score): 둘의 조화 평균
# - **매크로 F1**: 종류마다 F1을 구해 평균한 값. 드문 종류도 흔한 종류와 똑같이 칩니다.
# - **글자 단위 F1**: 글자마다 붙은 태그를 비교해 태그마다 F1을 구해 평균한 값. 경계가 한 글자 어긋나도
#   나머지 글자는 맞은 것으로 칩니다.


# %%
def evaluate(
    trained: TrainedModel, examples: Sequence[TaggedSentence]
) -> dict:
    """개체 단위의 점수를, 종류마다도 셉니다."""
    texts = [example.text for example in examples]
    predicted = [spans_of(answer) for answer in predict(trained, texts)]
    expected = [example.spans for example in examples]
    return {
        **metrics.entity_scores(expected, predicted),
        "character_macro_f1": metrics.character_macro_f1(
            texts, expected, predicted
        ),
        "n": len(examples),
    }


# %% [markdown]
# ## 학습
#
# 학습은 4장과 같은 `fit`입니다. 옵티마이저(AdamW)와 학습률 스케줄도 같습니다. 에포크마다 검증 데이터를 `evaluate`로
# 채점해, 개체 단위의 F1이 가장 높은 에포크의 가중치를 남깁니다(`ValidationScore`). F1이 같으면 손실이 작은 쪽입니다.
# 검증 데이터의 개체명이 100개가 되지 않으면 한두 개만 맞거나 틀려도 F1이 크게 흔들리므로 손실만 봅니다.


# %%
def fit(model, splits: Splits, run: runs.Run) -> TrainedModel:
    """학습하고, 검증 데이터의 F1이 가장 높은 에포크를 남깁니다."""
    trained = TrainedModel(model, splits.labels, run.config)
    sets = training.make_datasets(
        make_dataset, model, splits, run.config
    )
    score = training.ValidationScore(
        evaluate, trained, splits.validation, "f1"
    )
    entities = sum(len(s.spans) for s in splits.validation)
    ch04.fit(
        model,
        sets,
        run,
        aim=500,  # 4장의 두 배. 태그는 스텝이 더 필요합니다.
        monitor=training.monitored_score(
            entities, "val_f1", "entities"
        ),
        callbacks=[score],
    )
    return trained


# %%
def train(config: Config) -> TrainedModel:
    """말뭉치를 읽고, 학습하고, 평가하고, 저장합니다."""
    with runs.Run.begin("ch06", config) as run:
        started = time.monotonic()
        splits = load_examples(run.config)
        model = build_model(run.config, splits)
        trained = fit(model, splits, run)
        scores = evaluate(trained, splits.test)
        scores["baselines"] = {"dictionary": dictionary_f1(splits)}
        scores["seconds"] = round(time.monotonic() - started, 1)
        return run.finish(model, splits.labels, scores)


# %% tags=["remove-stdout"]
if __name__ == "__main__":
    trained = train(config)

# %%
if __name__ == "__main__":
    print(f"{trained.metrics['seconds']:.0f}초, {trained.path}")
    history = runs.describe(trained.path)["history"]
    lines = {
        "학습 손실": history["loss"],
        "검증 손실": history["val_loss"],
        "검증 F1": history["val_f1"],
    }
    display.curves(lines, "학습 곡선", "에포크", start=1).show()
    best = int(np.argmax(history["val_f1"]))
    print(f"검증 F1이 가장 높은 에포크 {best + 1}")

# %% [markdown]
# 검증 손실이 다시 조금씩 오르기 시작해도 F1은 더 오를 때가 많습니다. 틀리는 토큰은 줄어드는데, 틀린 토큰에 준 확률이
# 점점 극단으로 가기 때문입니다. 그래서 우리가 보려는 점수로 고릅니다.
#
# 평가 데이터의 점수를 사전과, 그리고 어휘 집합의 한계와 나란히 봅니다.

# %%
if __name__ == "__main__":
    bars = {
        "사전": trained.metrics["baselines"]["dictionary"],
        "BERT": trained.metrics["f1"],
        "어휘 집합의 한계": ceiling,
    }
    display.bars(bars, "평가 데이터의 F1", limit=1.0).show()

# %%
if __name__ == "__main__":
    names = ["precision", "recall", "f1"]
    types = trained.metrics["types"]
    rows = [
        [label, scores["support"], *(scores[name] for name in names)]
        for label, scores in types.items()
    ]
    total = sum(scores["support"] for scores in types.values())
    for kind, prefix in (("모두 함께", ""), ("종류의 평균", "macro_")):
        values = [trained.metrics[prefix + name] for name in names]
        rows.append([kind, total, *values])
    columns = ["종류", "수", "정밀도", "재현율", "F1"]
    display.table(columns, rows).show()
    score = trained.metrics["character_macro_f1"]
    print(f"글자 단위 F1 {score:.3f}")

# %% [markdown]
# '모두 함께'는 종류를 가리지 않고 센 것(마이크로 평균)이고, '종류의 평균'은 위의 줄들을 평균한 것(매크로 평균)입니다.
#
# ## 무엇을 틀렸나
#
# 정답의 구간마다 예측에서 겹치는 구간을 찾아 무엇이 다른지 가립니다. 경계와 종류가 모두 다르면 '경계가 다름'으로 셉니다.


# %%
def compare(span: Span, others: Iterable[Span]) -> str:
    """구간 하나가 다른 쪽 구간들과 어떻게 다른지 답합니다."""
    kind = "짝이 없음"
    for other in others:
        if (other.start, other.end) == (span.start, span.end):
            same = other.label == span.label
            return "맞음" if same else "종류가 다름"
        if other.start < span.end and span.start < other.end:
            kind = "경계가 다름"
    return kind


# %%
if __name__ == "__main__":
    answers = predict(trained, [s.text for s in splits.test])
    found = [spans_of(answer) for answer in answers]
    kinds = defaultdict(list)
    for sentence, spans in zip(splits.test, found, strict=True):
        for span in sentence.spans:
            name = sentence.text[span.start : span.end]
            kinds[compare(span, spans)].append(f"{name}({span.label})")
    rows = [
        [kind, len(kinds[kind]), ", ".join(kinds[kind][:5])]
        for kind in ("맞음", "종류가 다름", "경계가 다름", "짝이 없음")
    ]
    display.table(["예측과 비교하면", "수", "그런 정답"], rows).show()

# %% [markdown]
# 짝이 없는 것은 놓친 것입니다. 거꾸로, 짝이 되는 정답이 없는 예측은 이름이 아닌 것을 잡은 것입니다. 틀린 문장을 정답,
# 예측의 순서로 위아래에 놓고 봅니다.

# %%
if __name__ == "__main__":
    wrong = [
        (sentence, spans)
        for sentence, spans in zip(splits.test, found, strict=True)
        if list(sentence.spans) != spans
    ]
    for sentence, spans in wrong[:5]:
        display.entities(
            sentence.text, sentence.spans, splits.labels
        ).show()
        display.entities(sentence.text, spans, splits.labels).show()

# %% [markdown]
# 틀린 이유는 이 가운데 하나일 때가 많습니다.
#
# - **경계에 걸친 토큰.** 이름의 끝 글자와 조사가 한 토큰이면 어느 쪽으로 읽어도 틀립니다. 모델이 아니라 어휘 집합의
#   한계입니다.
# - **조사와 닮은 글자.** `서`는 이름의 끝 글자이기도 하고 '에서'를 줄인 조사이기도 합니다.
# - **처음 보는 이름.** 학습 데이터에 없는 이름은 앞뒤의 말(`씨`, `장군`, `에서`)만 보고 종류를 정해야 합니다.
# - **한쪽으로 치우친 데이터.** 따옴표 안에 거의 언제나 작품 이름이 나왔다면, 따옴표 안의 단체 이름도 작품이라고
#   답합니다.
#
# 날짜나 돈은 생김새로 알아보지만, 사람과 단체와 장소는 이름을 알아야 가릴 수 있어서 작은 모델이 자주 놓칩니다. 레이어
# 12개에 벡터의 크기가 768이고 뉴스와 백과사전까지 62 GB를 읽은 `klue/bert-base`는 KLUE-NER에서 개체 F1이
# 0.848입니다(Park 외, 2021, 점수는 [KLUE](https://github.com/KLUE-benchmark/KLUE) 저장소). 종류와 문장이 달라
# 이 장의 점수와 바로 비교할 수는 없습니다.
#
# ## 새 글에서 찾기
#
# 저장한 모델을 불러와 처음 보는 글을 줍니다. 모델 폴더에는 가중치와 토크나이저, 태그의 이름, 설정이 모두 들어 있습니다.

# %%
if __name__ == "__main__":
    loaded = load_trained(trained.path)
    new_texts = [
        "정약용 선생은 1762년에 태어났다.",
        "박지민 씨는 3월 5일 부산에서 열린 회의에 갔다.",
        "표는 한 장에 만 원이고 두 시간 뒤에 시작한다.",
    ]
    for answer in predict(loaded, new_texts):
        display.entities(
            answer["text"], spans_of(answer), loaded.labels
        ).show()

# %% [markdown]
# 답에는 위치와 확률도 들어 있습니다. 확률이 낮은 답은 버려도 됩니다.

# %%
if __name__ == "__main__":
    answer = predict(loaded, new_texts[1:2])[0]
    rows = [
        [e["text"], e["start"], e["end"], e["label"], e["probability"]]
        for e in answer["entities"]
    ]
    columns = ["개체명", "시작", "끝", "종류", "확률"]
    display.table(columns, rows).show()

# %% [markdown]
# 어려운 문장도 줘 봅니다. 이 어휘 집합에서 `민수를`은 `민`, `##수를`로 나뉩니다. 이름의 끝 글자와 조사가 한 토큰이므로 `민수`만
# 짚을 수가 없습니다. `이순신은`의 `##신은`도 그렇습니다. `민수를`이라고 짚더라도 종류는 맞히는지, 때를 나타내는 말이 `오후`와
# `세 시`처럼 떨어져 있어도 한 구간으로 찾는지 보세요. 문장을 바꾸어 가며 무엇을 보고 답하는지 짐작해 보세요.

# %%
if __name__ == "__main__":
    text = "내일 오후 세 시에 서울역에서 민수를 만나 두 시간쯤 걷기로 했다."
    (answer,) = predict(loaded, [text])
    display.entities(text, spans_of(answer), loaded.labels).show()

# %% [markdown]
# 명령줄에서는 이렇게 씁니다. 폴더의 이름은 학습을 마쳤을 때 위에 적힌 것으로 바꿉니다.
#
# ```sh
# kerasnlp-tutorial predict runs/ch06-1 "지난 토요일 저녁 7시 부산에서 지훈 씨를 만났다."
# kerasnlp-tutorial predict runs/ch06-1 --json < article.txt
# ```
#
# ## 나만의 데이터와 모델
#
# **데이터.** '말뭉치'에서 본 세 가지 형식 가운데 어느 것이든 됩니다. 종류의 수와 이름도 자유라서 `PS_NAME`이나
# `사람`이라고 적어도 됩니다. 태그는 BIOES나 BILOU로 적혀 있어도 구간으로 바꾸어 읽습니다. 어절마다 한 줄인 BIO
# 파일을 읽어 봅니다.

# %%
if __name__ == "__main__":
    path = runs.RUNS / "items.bio"
    with path.open("w", encoding="utf-8") as file:
        for item in ("아이폰", "갤럭시", "노트북", "태블릿", "카메라"):
            file.write(f"{item}\tB-ITEM\n화면이\tO\n깨졌어요\tO\n\n")
    own = load_examples(Config(train_file=str(path)))
    print(own.labels, own.train[0])

# %% [markdown]
# ```sh
# kerasnlp-tutorial train ch06 --train-file runs/items.bio
# ```
#
# **모델.** `backbone`에 다른 프리셋의 이름이나 폴더를 줍니다. 책의 모델은 `kcbert-base`입니다. 큰 모델은 학습률을
# `5e-5`쯤으로 낮춥니다.
#
# ```sh
# kerasnlp-tutorial train ch06 --backbone kcbert-base \
#   --learning-rate 5e-5
# ```
#
# ## 웹 서비스로 열기
#
# 학습한 모델을 브라우저에서 써 봅니다. 글을 적으면 개체명에 색이 칠해지고, 종류와 확률이 표로 나옵니다.
# 토큰마다의 태그와 확률은 같은 주소의 `/api`가 알려 줍니다.
#
# ```sh
# pip install "kerasnlp-tutorial[demo]"
# kerasnlp-tutorial demo runs/ch06-1
# ```
#
# ![위에서 아래로 이어진다. 브라우저의 글상자에 적은 문장 '이순신은 1545년 서울에서 태어났다'를 kerasnlp-tutorial demo에 보내면, 토크나이저와 모델, 비터비 알고리즘을 지나 같은 문장이 브라우저로 돌아온다. 이순신에는 사람, 1545년에는 날짜, 서울에는 장소라고 색이 칠해져 있다.](../docs/images/pictures/entity_service.svg)
#
# ## 요약
#
# - 개체명 인식은 토큰마다 태그를 붙이는 분류입니다.
# - 글자의 구간을 BIO 태그로 바꾸어 배우고, 태그를 구간으로 되돌려 답합니다.
# - 조사와 나란히 붙은 이름 때문에 어절이 아니라 글자의 자리를 따져야 합니다.
# - 비터비 알고리즘은 말이 되는 태그의 시퀀스 가운데 가장 그럴듯한 것을 찾습니다.
# - 점수는 개체 단위의 F1으로 세고, 그것으로 에포크를 고르고, 사전 기준선과 어휘 집합의 한계 사이에서 읽습니다.
# - 긴 글은 겹치는 창으로 읽고, 토큰마다 가장 가운데에 있던 창의 답을 씁니다.
#
# ## 연습 문제
#
# **1. 느슨한 점수.** 종류가 같고 글자가 하나라도 겹치면 맞은 것으로 치면 재현율이 얼마나 오르나요? 경계가
# 틀린 것과 아예 놓친 것이 갈립니다.


# %% tags=["solution"]
def overlap_recall(
    expected: list[tuple[Span, ...]], predicted: list[list[Span]]
) -> float:
    """Return the fraction of entities that a prediction of their type overlaps."""
    overlapped = [
        any(
            span.label == other.label
            and span.start < other.end
            and other.start < span.end
            for other in predictions
        )
        for spans, predictions in zip(expected, predicted, strict=True)
        for span in spans
    ]
    return float(np.mean(overlapped))


# %% tags=["solution"]
if __name__ == "__main__":
    scores = {
        "엄격하게": trained.metrics["recall"],
        "느슨하게": overlap_recall(
            [s.spans for s in splits.test],
            [spans_of(answer) for answer in answers],
        ),
    }
    display.bars(scores, "재현율", limit=1.0).show()

# %% [markdown]
# **2. 규칙의 값.** 규칙을 지키는 시퀀스를 찾지 않고 토큰마다 가장 그럴듯한 태그를 고르면 F1이 얼마나 떨어지나요?


# %% tags=["solution"]
def decode_each(probabilities, starts, ends, tags) -> list[Span]:
    """Return the spans of the likeliest tag of each token."""
    best = [tags[i] for i in probabilities.argmax(axis=-1)]
    return [
        Span(starts[s.start], ends[s.end - 1], s.label)
        for s in datasets.tag_spans(best)
    ]


# %% tags=["solution"]
if __name__ == "__main__":
    preprocessor = trained.model.preprocessor
    ids, starts, ends = (
        part.to_list()
        for part in preprocessor.tokenizer.tokenize_with_offsets(
            [s.text for s in splits.test]
        )
    )
    probabilities = tag_probabilities(trained, ids)
    each = [
        decode_each(*columns, preprocessor.tags)
        for columns in zip(probabilities, starts, ends, strict=True)
    ]
    expected = [s.spans for s in splits.test]
    scores = {
        "따로 고르면": metrics.entity_scores(expected, each)["f1"],
        "규칙을 지키면": trained.metrics["f1"],
    }
    display.bars(scores, "F1", limit=1.0).show()

# %% [markdown]
# ## 더 읽을거리
#
# - Viterbi(1967), *Error Bounds for Convolutional Codes and an Asymptotically Optimum Decoding Algorithm*.
# - Ramshaw와 Marcus(1995), *Text Chunking using Transformation-Based Learning*. BIO 태그.
# - Tjong Kim Sang과 De Meulder(2003), *Introduction to the CoNLL-2003 Shared Task*, CoNLL. 개체 단위의 F1.
# - Devlin 외(2019), *BERT*, NAACL.
# - Park 외(2021), *KLUE: Korean Language Understanding Evaluation*, NeurIPS Datasets and Benchmarks.
