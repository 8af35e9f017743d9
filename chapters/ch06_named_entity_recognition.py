# %% [markdown]
# # 6장 개체명 인식
#
# 글에서 사람, 장소, 기관, 날짜처럼 이름이나 값에 해당하는 말, 곧 개체명(named entity)을 찾아 종류를 붙이는
# 모델을 만듭니다. 이 과제를 개체명 인식(named entity recognition, NER)이라고 합니다. 글 한 편에 답이
# 하나이던 4장, 5장과 달리 토큰마다 답합니다.
#
# ## 이 장에서 배우는 것
#
# - 글자의 구간(span)을 토큰의 꼬리표로, 다시 구간으로 바꾸는 법
# - 조사가 붙은 이름, 나란히 붙은 이름, 토큰의 경계에 걸친 이름을 다루는 법
# - 토큰마다 분류 층을 얹은 BERT
# - 개체 단위의 정밀도, 재현율, F1
# - 긴 글을 겹치는 창으로 나누어 읽고 합치는 법

# %%
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import partial

import keras
import numpy as np
import tensorflow as tf

from kerasnlp_tutorial import (
    datasets,
    display,
    metrics,
    registry,
    runs,
    training,
)
from kerasnlp_tutorial.checkpoints import load_bert
from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.datasets import Span, Splits, TaggedSentence
from kerasnlp_tutorial.models import (
    BertTokenClassifier,
    BertTokenClassifierPreprocessor,
)
from kerasnlp_tutorial.runs import TrainedModel
from kerasnlp_tutorial.tokenizers.alignment import (
    bio_labels,
    ragged_spans,
)
from kerasnlp_tutorial.windows import merge_windows, windows

ch04 = registry.find("ch04").load()

# %% [markdown]
# ## 설정

# %%
INPUT_FIELDS = ("text",)
METRICS = ("f1", "macro_f1", "character_macro_f1")
CORPORA = {
    corpus.name: corpus
    for corpus in (datasets.NER_SAMPLE, datasets.KLUE_NER)
}


@dataclass(frozen=True, kw_only=True)
class Config(TrainingConfig):
    """Settings of named entity recognition."""

    stride: int | None = None
    """Tokens from the start of a window to the next, in long texts; None: 64, or half
    of a window that has no room for it."""

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
    print(config.dataset, config.backbone, config.seed)

# %% [markdown]
# ## 말뭉치
#
# 책의 말뭉치는 한 줄에 문장과, 개체명에 표시를 한 문장을 나란히 적습니다.
#
# ```text
# 이순신은 한산도에 있었다␞<이순신:PER>은 <한산도:LOC>에 있었다
# ```
#
# KLUE-NER는 글자마다 한 줄씩, 흔히 쓰는 BIO 파일은 어절마다 한 줄씩 꼬리표를 적습니다. 어절에 꼬리표를 달면
# 조사까지 개체명이 됩니다. 어느 쪽이든 읽고 나면 글과 글자의 구간이 됩니다.
#
# 표본과 책의 말뭉치에서 종류는 열 가지입니다. 사람(PER), 장소(LOC), 기관(ORG), 날짜(DAT), 시각(TIM),
# 기간(DUR), 돈(MNY), 비율(PNT), 그 밖의 수량(NOH), 그 밖의 이름(POH). KLUE-NER의 종류는 사람(PS),
# 장소(LC), 기관(OG), 날짜(DT), 시간(TI), 수량(QT) 여섯 가지입니다.


# %%
def load_examples(config: Config) -> Splits:
    """Read the training and test examples, and hold out a validation set."""
    return datasets.load_splits(
        config, partial(read_examples, config), datasets.entity_types
    )


def read_examples(
    config: Config, split: str, labels=None
) -> list[TaggedSentence]:
    """Read `train` or `test` from the reader's own file or from the corpus."""
    own_file = (
        config.train_file if split == "train" else config.test_file
    )
    path = own_file or CORPORA[config.dataset].split_path(
        split, config.data_dir
    )
    return datasets.read_tagged_sentences(path, labels)


# %%
if __name__ == "__main__":
    splits = load_examples(config)
    for sentence in splits.train[:4]:
        display.entities(
            sentence.text, sentence.spans, splits.labels
        ).show()
    counts = Counter(
        span.label for s in splits.train for span in s.spans
    )
    bars = {label: counts[label] for label in splits.labels}
    display.bars(bars, "학습 데이터의 개체명 수").show()

# %% [markdown]
# ## 구간을 토큰의 꼬리표로
#
# 모델은 토큰마다 답하므로 구간을 토큰의 꼬리표로 바꾸어야 합니다. 개체명의 첫 토큰은 `B-`(begin), 이어지는
# 토큰은 `I-`(inside), 나머지는 `O`(outside)이고, 이것을 BIO 꼬리표(BIO tags)라고 합니다. `B-`가 따로 있어서 같은 종류의 이름이 나란히 붙어 있어도
# 둘로 남습니다.
#
# 한국어에서 까다로운 것은 조사입니다. `이순신은`은 한 어절이지만 `은`은 이름이 아닙니다. 그래서 어절이 아니라
# 토큰이 어느 글자를 맡는지, 곧 오프셋(offset)을 따집니다. 토큰이 개체명의 경계에 걸치면 더 많은 글자가 속한 쪽의
# 꼬리표를 붙이고, 반반이면 개체명의 꼬리표를 붙입니다.

# %% [markdown]
# 구간은 (시작, 끝, 종류)의 목록인데 문장마다 수가 다릅니다. 길이가 들쭉날쭉한 이런 배열을 TensorFlow는
# 래기드 텐서(ragged tensor)라고 부릅니다.


# %%
def make_dataset(
    examples, model, labels, config: Config, *, training_set=False
) -> tf.data.Dataset:
    """Encode examples once and batch them by length; see `length_grouped_dataset`."""
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
# 문장 하나의 토큰과 꼬리표를 봅니다.

# %%
if __name__ == "__main__":
    texts = [sentence.text for sentence in splits.train]
    _, tokenizer = load_bert(config, texts)
    example = TaggedSentence(
        "김하늘·박도윤은 3월 5일 부산행 열차를 탔다",
        (
            Span(0, 3, "PER"),
            Span(4, 7, "PER"),
            Span(9, 14, "DAT"),
            Span(15, 17, "LOC"),
        ),
    )
    preprocessor = BertTokenClassifierPreprocessor(
        tokenizer, splits.labels, config.sequence_length
    )
    ids, starts, ends = tokenizer.tokenize_with_offsets([example.text])
    rows = []
    spans = ragged_spans([example], splits.labels)
    for id, start, end, tag in zip(
        *(part.to_list()[0] for part in (ids, starts, ends)),
        bio_labels(starts, ends, spans).to_list()[0],
        strict=True,
    ):
        surface = example.text[start:end]
        token = tokenizer.id_to_token(id)
        rows.append([token, surface, preprocessor.tags[tag]])
    display.table(["토큰", "맡은 글자", "꼬리표"], rows).show()


# %% [markdown]
# 되돌리는 길도 필요합니다. 모델은 토큰마다 꼬리표의 확률을 냅니다. 토큰마다 가장 그럴듯한 것을 따로 고르면 `B-LOC`
# 다음에 `I-PER`가 오는 식으로 말이 되지 않는 열이 나옵니다. `I-PER`는 `B-PER`나 `I-PER` 다음에만 올 수 있습니다. 이
# 규칙을 지키는 열 가운데 확률의 곱이 가장 큰 것을 찾습니다.
#
# 열의 수는 토큰이 하나 늘 때마다 꼬리표의 수만큼 곱으로 늘어서 다 따져 볼 수 없습니다. 그러나 앞에서부터 훑으며 꼬리표마다
# 거기에 이르는 가장 좋은 길 하나만 기억하면 됩니다. 이것이 비터비 알고리즘(Viterbi algorithm)입니다.


# %%
def best_path(shares: np.ndarray, tags: tuple[str, ...]) -> list[int]:
    """Return the likeliest tags in which each `I-X` continues an entity X."""
    # shares: (tokens, tags); the first of `tags` is `O`.
    ok = [[b[0] != "I" or a[1:] == b[1:] for b in tags] for a in tags]
    barrier = np.where(ok, 0.0, -np.inf)
    scores, origins = np.zeros(1), []  # as if an `O` stood before
    for row in np.log(shares + 1e-9):
        # (tag before, tag); only `O` before the first
        paths = scores[:, None] + barrier[: len(scores)]
        origins.append(paths.argmax(axis=0))
        scores = paths.max(axis=0) + row
    path = [scores.argmax()]
    for origin in reversed(origins):
        path.append(origin[path[-1]])
    return path[-2::-1]


def decode(
    probabilities: np.ndarray,
    starts: np.ndarray,
    ends: np.ndarray,
    tags: tuple[str, ...],
) -> list[tuple[Span, float]]:
    """Turn probabilities, (tokens, tags), into spans of characters.

    Args:
        probabilities: what `tag_probabilities` returns of a text.
        starts: first character of each token.
        ends: the character after the last one.
        tags: their names.
    """
    path = best_path(probabilities, tags)
    share = probabilities[np.arange(len(path)), path]
    return [
        (
            Span(int(starts[s.start]), int(ends[s.end - 1]), s.label),
            float(share[s.start : s.end].mean()),
        )
        for s in datasets.tag_spans([tags[i] for i in path])
    ]


# %% [markdown]
# 첫 토큰의 첫 글자부터 마지막 토큰의 마지막 글자까지가 개체명이고, 그 확률은 토큰들의 확률을 평균한 것입니다.
#
# 바꾸었다가 되돌리면 경계에 걸친 토큰 때문에 조금 어긋날 수 있습니다. 정답을 꼬리표로 바꾸었다가 되돌린 것을
# 정답과 견주면, 이 어휘 집합으로 얻을 수 있는 가장 높은 점수가 나옵니다. 경계에 토큰이 걸친 개체명은 모델이
# 아무리 좋아도 맞힐 수 없으므로 그 수도 세어 둡니다.


# %%
def vocabulary_ceiling(
    sentences: list[TaggedSentence],
    preprocessor: BertTokenClassifierPreprocessor,
) -> float:
    """Return the F1 of labels that are right for every token."""
    texts = [sentence.text for sentence in sentences]
    _, starts, ends = preprocessor.tokenizer.tokenize_with_offsets(
        texts
    )
    spans = ragged_spans(sentences, preprocessor.labels)
    tags = bio_labels(starts, ends, spans)
    certain = np.eye(len(preprocessor.tags))
    columns = (part.to_list() for part in (tags, starts, ends))
    found = [
        [
            span
            for span, _ in decode(certain[t], s, e, preprocessor.tags)
        ]
        for t, s, e in zip(*columns, strict=True)
    ]
    wanted = [sentence.spans for sentence in sentences]
    return metrics.entity_scores(wanted, found)["f1"]


# %%
if __name__ == "__main__":
    ceiling = vocabulary_ceiling(splits.test, preprocessor)
    print(f"이 어휘 집합으로 얻을 수 있는 F1 {ceiling:.3f}")
    _, starts, ends = tokenizer.tokenize_with_offsets(
        [sentence.text for sentence in splits.test]
    )
    straddled = [
        any(
            start < edge < end
            for start, end in zip(*tokens, strict=True)
            for edge in (span.start, span.end)
        )
        for sentence, *tokens in zip(
            splits.test, starts.to_list(), ends.to_list(), strict=True
        )
        for span in sentence.spans
    ]
    share = f"{sum(straddled)}/{len(straddled)}"
    print(f"경계에 토큰이 걸친 개체명 {share}개")

# %% [markdown]
# ## 먼저, 사전
#
# 학습 데이터에 나온 개체명을 모두 외워 두었다가 같은 말이 보이면 표시하는 사전(dictionary)이 기준선입니다.
# 처음 보는 이름은 하나도 찾지 못합니다.


# %%
def dictionary_f1(splits: Splits) -> float:
    """Return the F1 of marking what the training examples have marked."""
    counts = defaultdict(Counter)
    for sentence in splits.train:
        for span in sentence.spans:
            name = sentence.text[span.start : span.end]
            counts[name][span.label] += 1
    names = {name: c.most_common(1)[0][0] for name, c in counts.items()}
    longest = max(map(len, names), default=0)
    found = []
    for sentence in splits.test:
        spans, start, text = [], 0, sentence.text
        while start < len(text):
            sizes = range(min(longest, len(text) - start), 0, -1)
            size = next(
                (n for n in sizes if text[start : start + n] in names),
                0,
            )
            if size:
                name = text[start : start + size]
                spans.append(Span(start, start + size, names[name]))
            start += size or 1
        found.append(spans)
    wanted = [sentence.spans for sentence in splits.test]
    return metrics.entity_scores(wanted, found)["f1"]


# %%
if __name__ == "__main__":
    print(f"사전의 F1 {dictionary_f1(splits):.3f}")

# %% [markdown]
# ## 모델
#
# 4장에서는 `[CLS]` 자리의 벡터 하나만 분류했습니다. 여기서는 모든 자리의 벡터에 같은 분류 층을 씌웁니다. 꼬리표가
# 종류마다 둘에 `O`가 하나이므로, 종류가 열이면 자리마다 로짓이 스물한 개입니다.


# %%
def token_head(
    sequence_output: keras.KerasTensor, num_tags: int, dropout: float
) -> keras.KerasTensor:
    """Put the head on a BERT's output by hand; (batch, tokens, num_tags)."""
    hidden = keras.layers.Dropout(dropout)(sequence_output)
    return keras.layers.Dense(num_tags, name="logits")(hidden)


# %% [markdown]
# KerasNLP에는 이 모델이 없어서 이 패키지가 `BertTokenClassifier`로 만들어 두었습니다. 위의 함수와 같은 층을
# KerasNLP의 틀에 담은 것이라 토크나이저와 함께 저장됩니다. 손실은 글의 토큰에서만 셉니다. `[CLS]`, `[SEP]`,
# 빈자리에서는 손실에 0을 곱합니다.


# %%
def build_model(config: Config, splits: Splits) -> BertTokenClassifier:
    """Build the tagger on the backbone that the config names, and compile it."""
    keras.utils.set_random_seed(config.seed)
    texts = [sentence.text for sentence in splits.train]
    backbone, tokenizer = load_bert(config, texts)
    backbone.pooled_dense.trainable = False  # only [CLS] would use it
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
        jit_compile=False,
    )
    return model


def train(config: Config) -> TrainedModel:
    """Read the examples and fine-tune on them, as chapter 4 does on texts."""
    with runs.Run.begin("ch06", config) as run:
        started, config = time.monotonic(), run.config
        splits = load_examples(config)
        model = build_model(config, splits)
        train_set, validation_set = (
            make_dataset(
                part, model, splits.labels, config, training_set=i == 0
            )
            for i, part in enumerate((splits.train, splits.validation))
        )
        # Tags are learnt more slowly than the class of a whole text.
        ch04.fit(model, train_set, validation_set, run, aim=500)
        trained = TrainedModel(model, splits.labels, config)
        scores = evaluate(trained, splits.test)
        scores["baselines"] = {"dictionary": dictionary_f1(splits)}
        scores["seconds"] = round(time.monotonic() - started, 1)
        return run.finish(model, splits.labels, scores)


# %% [markdown]
# ## 긴 글
#
# 모델이 한 번에 읽는 길이는 정해져 있습니다. 더 긴 글은 겹치는 창(window)으로 나누어 읽습니다. 한 토큰이 여러
# 창에 들어 있으면 앞뒤 문맥이 가장 넉넉한 창, 곧 그 토큰이 가장 가운데에 있는 창의 답을 씁니다. 모든 토큰의 답을
# 모은 다음에 구간으로 되돌리므로 창의 경계에서 개체명이 잘리지 않습니다.


# %%
def tag_probabilities(
    trained: TrainedModel, rows: list[list[int]]
) -> list[np.ndarray]:
    """Return the probabilities of tags, (tokens, tags), for rows of ids."""
    preprocessor = trained.model.preprocessor
    size = preprocessor.sequence_length - 2
    lengths = [len(ids) for ids in rows]
    cuts = windows(lengths, size, trained.config.stride)
    places = np.stack(cuts, axis=1).tolist()
    cut = tf.ragged.constant(
        [rows[row][start:end] for row, start, end in places], "int32"
    )
    with training.already_encoded(trained.model):
        logits = trained.model.predict(
            preprocessor.pack(cut), trained.config.batch_size, verbose=0
        )
    shares = keras.ops.convert_to_numpy(
        keras.ops.softmax(logits, axis=-1)
    )
    return merge_windows(places, shares[:, 1:-1], lengths)


def predict(trained: TrainedModel, texts: list[str]) -> list[dict]:
    """Return each text with its entities: text, place, label, probability."""
    if not texts:
        return []
    preprocessor = trained.model.preprocessor
    ids, starts, ends = (
        part.to_list()
        for part in preprocessor.tokenizer.tokenize_with_offsets(texts)
    )
    answers = []
    for text, shares, start, end in zip(
        texts,
        tag_probabilities(trained, ids),
        starts,
        ends,
        strict=True,
    ):
        found = decode(shares, start, end, preprocessor.tags)
        answers.append(
            {
                "text": text,
                "entities": [
                    {
                        "text": text[span.start : span.end],
                        "start": span.start,
                        "end": span.end,
                        "label": span.label,
                        "probability": share,
                    }
                    for span, share in found
                ],
            }
        )
    return answers


def spans_of(answer: dict) -> list[Span]:
    """Return the entities of an answer as spans."""
    return [
        Span(e["start"], e["end"], e["label"])
        for e in answer["entities"]
    ]


def format_answer(answer: dict) -> str:
    """Return an answer as a line for a terminal: the text with marks."""
    return display.entities(answer["text"], spans_of(answer)).text


# %% [markdown]
# ## 점수
#
# 토큰의 정확도는 믿을 것이 못 됩니다. 대부분이 `O`라서 아무것도 찾지 않아도 높게 나옵니다. 그래서 개체 단위로
# 셉니다. 시작과 끝과 종류가 모두 맞아야 하나를 맞힌 것입니다.
#
# - **정밀도**(precision): 찾았다고 한 것 가운데 맞는 비율
# - **재현율**(recall): 찾아야 할 것 가운데 찾은 비율
# - **F1**(F1 score): 둘의 조화 평균
# - **매크로 F1**: 종류마다 F1을 구해 평균한 값. 드문 종류도 흔한 종류와 똑같이 칩니다.
# - **글자 단위 F1**: 글자마다 붙은 꼬리표를 견주어 꼬리표마다 F1을 구해 평균한 값. 경계가 한 글자 어긋나도
#   나머지 글자는 맞은 것으로 칩니다.


# %%
def evaluate(
    trained: TrainedModel, examples: list[TaggedSentence]
) -> dict:
    """Return entity scores, 0 to 1, also by type, and the number of examples."""
    texts = [example.text for example in examples]
    found = [spans_of(answer) for answer in predict(trained, texts)]
    wanted = [example.spans for example in examples]
    return {
        **metrics.entity_scores(wanted, found),
        "character_macro_f1": metrics.character_macro_f1(
            texts, wanted, found
        ),
        "n": len(examples),
    }


# %%
if __name__ == "__main__":
    trained = train(config)
    print(f"{trained.metrics['seconds']:.0f}초, {trained.path}")
    history = runs.describe(trained.path)["history"]
    lines = {
        "학습": history["accuracy"],
        "검증": history["val_accuracy"],
    }
    display.curves(lines, "토큰의 정확도", "에포크", start=1).show()

# %% [markdown]
# 학습하는 동안에는 토큰의 정확도로 가장 좋은 에포크를 고르고, 평가 데이터에서는 개체 단위로 셉니다.

# %%
if __name__ == "__main__":
    scores = {
        "사전": trained.metrics["baselines"]["dictionary"],
        "BERT": trained.metrics["f1"],
        "어휘 집합의 한계": ceiling,
    }
    display.bars(scores, "평가 데이터의 F1", limit=1.0).show()
    names = ["precision", "recall", "f1"]
    types = trained.metrics["types"]
    rows = [
        [label, of["support"], *(of[name] for name in names)]
        for label, of in types.items()
    ]
    total = sum(of["support"] for of in types.values())
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
# 무엇을 놓치는지는 문장을 보아야 압니다. 틀린 문장을 정답, 예측 차례로 나란히 봅니다.

# %%
if __name__ == "__main__":
    answers = predict(trained, [s.text for s in splits.test])
    wrong = [
        (sentence, spans_of(answer))
        for sentence, answer in zip(splits.test, answers, strict=True)
        if list(sentence.spans) != spans_of(answer)
    ]
    for sentence, found in wrong[:5]:
        display.entities(
            sentence.text, sentence.spans, splits.labels
        ).show()
        display.entities(sentence.text, found, splits.labels).show()

# %% [markdown]
# 종류는 맞았는데 경계가 한 글자 어긋난 것, 처음 보는 이름을 놓친 것, 이름이 아닌 낱말을 잡은 것을 찾아보세요. 엄격한
# 점수에서는 모두 틀린 것입니다. 이 글을 쓰며 학습한 모델이 틀린 것 가운데 다섯을 골라 까닭을 적어 봅니다. 다른 기계에서
# 학습하면 틀리는 문장이 조금 다를 수 있습니다.
#
# | 정답 | 예측 | 까닭 |
# |---|---|---|
# | `<김정희:PER>`가 귀양살이하던 | `<김정희가:PER>` 귀양살이하던 | 토큰이 `김 ##정 ##희가`입니다. 마지막 토큰의 반은 이름이고 반은 조사라서 어느 쪽으로 읽어도 틀립니다. 어휘 집합의 한계입니다. |
# | `<예준서:PER>` 사장도 | `<예준:PER>`서 사장도 | 이름의 끝 글자 `서`는 '에서'를 줄인 조사로도 쓰입니다. 이름이 두 글자인지 세 글자인지는 글자만 보고 알 수 없습니다. |
# | `<고종:PER>`은 `<덕수궁:LOC>`의 | `<고종:LOC>`은 `<덕수궁:PER>`의 | 자리는 모두 찾고 종류를 바꾸어 붙였습니다. 두 이름 다 학습 데이터에 없고, 궁이 장소라는 것을 알려면 그만한 글을 읽었어야 합니다. |
# | 밴드 ‘`<낮달과 고양이:ORG>`’의 | 밴드 ‘`<낮달과 고양이:POH>`’의 | 학습 데이터의 따옴표 안에는 거의 언제나 작품이나 행사(POH)가 나오고 단체(ORG)는 드뭅니다. `밴드`라는 말보다 따옴표를 보고 정했습니다. |
# | `<7 대 6:NOH>`으로 | `<7 대 6으로:NOH>` | 조사까지 삼켰습니다. `##으로`는 따로 나뉜 토큰인데도, 숫자 뒤에 오는 조사를 단위와 가리지 못했습니다. |
#
# 따옴표 이야기는 세어 보면 압니다. 학습 데이터에서 따옴표 바로 뒤에서 시작하는 개체명의 종류입니다.

# %%
if __name__ == "__main__":
    quoted = Counter(
        span.label
        for sentence in splits.train
        for span in sentence.spans
        if sentence.text[max(span.start - 1, 0)] in "‘'“\""
    )
    display.table(["종류", "수"], quoted.most_common()).show()

# %% [markdown]
# ## 새 글에서 찾기

# %%
if __name__ == "__main__":
    loaded = runs.load(trained.path)
    text = "내일 오후 세 시에 서울역에서 민수를 만나 두 시간쯤 걷기로 했다."
    for answer in predict(loaded, [text]):
        display.entities(text, spans_of(answer), loaded.labels).show()

# %% [markdown]
# ```sh
# kerasnlp-tutorial predict runs/ch06-1 "이순신은 한산도에 있었다"
# kerasnlp-tutorial predict runs/ch06-1 --json < article.txt
# ```
#
# ## 나만의 데이터와 모델
#
# 위의 세 가지 형식 가운데 어느 것이든 됩니다. 종류의 수와 이름도 자유입니다. 어절마다 한 줄인 BIO 파일을
# 읽어 봅니다.

# %%
if __name__ == "__main__":
    rows = ["아이폰\tB-ITEM", "화면이\tO", "깨졌어요\tO", ""] * 10
    path = runs.RUNS / "items.bio"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{row}\n" for row in rows)
    own = load_examples(Config(train_file=str(path)))
    print(own.labels, own.train[0])

# %% [markdown]
# ```sh
# kerasnlp-tutorial train ch06 --train-file runs/items.bio
# ```
#
# ## 요약
#
# - 개체명 인식은 토큰마다 꼬리표를 붙이는 분류입니다.
# - 글자의 구간을 BIO 꼬리표로 바꾸어 배우고, 꼬리표를 구간으로 되돌려 답합니다.
# - 조사와 나란히 붙은 이름 때문에 어절이 아니라 글자의 자리를 따져야 합니다.
# - 점수는 개체 단위의 F1으로, 사전 기준선과 어휘 집합의 한계 사이에서 읽습니다.
# - 긴 글은 겹치는 창으로 읽고, 토큰마다 가장 가운데에 있던 창의 답을 씁니다.
#
# ## 연습 문제
#
# **1. 느슨한 점수.** 종류가 같고 글자가 하나라도 겹치면 맞은 것으로 치면 재현율이 얼마나 오르나요? 경계가
# 틀린 것과 아예 놓친 것이 갈립니다.


# %% tags=["solution"]
def overlap_recall(
    wanted: list[tuple[Span, ...]], found: list[list[Span]]
) -> float:
    """Return the share of entities that some answer of their type touches."""
    touched = [
        any(
            span.label == other.label
            and span.start < other.end
            and other.start < span.end
            for other in answers
        )
        for spans, answers in zip(wanted, found, strict=True)
        for span in spans
    ]
    return float(np.mean(touched))


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
# **2. 규칙의 값.** 규칙을 지키는 열을 찾지 않고 토큰마다 가장 그럴듯한 꼬리표를 고르면 F1이 얼마나 떨어지나요?


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
    shares = tag_probabilities(trained, ids)
    each = [
        decode_each(*columns, preprocessor.tags)
        for columns in zip(shares, starts, ends, strict=True)
    ]
    wanted = [s.spans for s in splits.test]
    scores = {
        "따로 고르면": metrics.entity_scores(wanted, each)["f1"],
        "규칙을 지키면": trained.metrics["f1"],
    }
    display.bars(scores, "F1", limit=1.0).show()

# %% [markdown]
# ## 더 읽을거리
#
# - Viterbi(1967), *Error Bounds for Convolutional Codes and an Asymptotically Optimum Decoding Algorithm*.
# - Ramshaw와 Marcus(1995), *Text Chunking using Transformation-Based Learning*. BIO 꼬리표.
# - Tjong Kim Sang과 De Meulder(2003), *Introduction to the CoNLL-2003 Shared Task*, CoNLL. 개체 단위의 F1.
# - Devlin 외(2019), *BERT*, NAACL.
# - Park 외(2021), *KLUE: Korean Language Understanding Evaluation*, NeurIPS Datasets and Benchmarks.
