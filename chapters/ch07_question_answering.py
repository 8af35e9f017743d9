# %% [markdown]
# # 7장 질의응답
#
# 글과 질문을 받아 글에서 답이 적힌 자리를 짚는 모델을 만듭니다. 답을 지어내지 않고 글에서 뽑아내므로 추출식
# 질의응답(extractive question answering)이라 하고, 글을 읽고 푸는 문제라서 기계 독해(machine reading
# comprehension)라고도 합니다. 토큰마다 두 가지를 묻는 분류입니다. 답이 여기서 시작하는가, 여기서 끝나는가.
#
# ## 이 장에서 배우는 것
#
# - 긴 글을 질문과 함께 겹치는 창으로 나누는 법
# - 글자로 적힌 정답을 토큰의 자리로, 토큰의 자리를 글자로 바꾸는 법
# - 시작과 끝의 점수에서 가장 그럴듯한 구간 고르기
# - 완전 일치(exact match)와 글자 단위의 F1
# - 정답 없이 글만으로 답 찾기를 연습시키는 업스트림 과제

# %%
import re
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from kerasnlp_tutorial import (
    checkpoints,
    datasets,
    display,
    metrics,
    registry,
    runs,
    training,
)
from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.datasets import Question, Splits
from kerasnlp_tutorial.models import (
    BertQuestionAnswering,
    BertQuestionAnsweringPreprocessor,
)
from kerasnlp_tutorial.runs import TrainedModel

ch04 = registry.find("ch04").load()

# %% [markdown]
# ## 설정

# %%
INPUT_FIELDS = ("question", "context")
METRICS = ("exact_match", "f1")
CORPORA = {c.name: c for c in (datasets.QA_SAMPLE, datasets.KORQUAD)}


@dataclass(frozen=True, kw_only=True)
class Config(TrainingConfig):
    """Settings of question answering."""

    backbone: str = "bert_mini_ko_spans"
    """As for any fine-tuning; here the preset that has practised on texts."""
    doc_stride: int | None = None
    """Tokens of the passage from the start of a window to the next; None: 64, or half
    of what a window holds that has no room for it."""
    max_query_length: int = 32
    """Tokens of a question; the rest is cut off."""
    max_answer_length: int = 30
    """Tokens of an answer, at most."""
    ids: str | None = None
    """File with the ids of the questions to learn from; None: all."""
    test_ids: str | None = None
    """File with the ids of the questions to be tested on; None: all."""
    mark_matches: bool = True
    """Tell the model which tokens of the passage are in the question as well."""
    drop_misplaced: bool = False
    """Leave out answers that are not where the file says, with a warning."""
    passage_length: int = 110
    """Characters of a passage, at least, where texts become questions."""

    def __post_init__(self):
        super().__post_init__()
        expected = f"one of {sorted(CORPORA)}"
        self._require("dataset", self.dataset in CORPORA, expected)
        for name in (
            "max_query_length",
            "max_answer_length",
            "passage_length",
        ):
            self._require(name, getattr(self, name) > 0, "above 0")
        room = self.sequence_length - 3 - self.max_query_length
        least = f"above {self.max_query_length + 3}, a question's room"
        self._require("sequence_length", room > 0, least)
        self._choose_stride("doc_stride", room)

    @classmethod
    def quick(cls, **changes) -> "Config":
        """Return settings for a run of seconds, to see that everything works."""
        return super().quick(**({"max_train_examples": 60} | changes))


# %%
if __name__ == "__main__":
    config = Config()
    print(config.dataset, config.backbone, config.seed)

# %% [markdown]
# ## 말뭉치
#
# `sample`은 이 프로젝트를 위해 지어 쓴 글과 질문, `korquad`는 위키백과의 글에 사람이 질문을 단 KorQuAD
# 1.0입니다. 정답에는 글의 몇 번째 글자에서 시작하는지가 함께 적혀 있습니다. 적힌 자리에 정답이 없는 파일은
# 그대로 쓰지 않고 어느 질문이 틀렸는지 알립니다. 한 글에 딸린 질문들은 학습과 평가로 갈라지지 않습니다.


# %%
def load_examples(config: Config) -> Splits:
    """Read the training and test examples, and hold out a validation set."""
    return datasets.load_splits(
        config,
        partial(read_examples, config),
        lambda examples, where: datasets.answerability(examples),
    )


def read_examples(
    config: Config, split: str, labels=None
) -> list[Question]:
    """Read `train` or `test` from the reader's own file or from the corpus."""
    own_file = getattr(config, f"{split}_file")
    ids = config.ids if split == "train" else config.test_ids
    corpus = CORPORA[config.dataset]
    path = own_file or corpus.split_path(split, config.data_dir)
    if Path(path).suffix in (".txt", ".xz", ".gz", ".bz2"):
        lines = datasets.TextLines([path])
        return datasets.cloze_questions(
            lines, config.passage_length, seed=config.seed
        )
    return datasets.read_questions(
        path, ids, config.drop_misplaced, labels
    )


# %%
if __name__ == "__main__":
    splits = load_examples(config)
    sizes = [
        len(splits.train),
        len(splits.validation),
        len(splits.test),
    ]
    print("학습, 검증, 평가:", sizes)
    example = splits.test[0]
    print(example.context)
    rows = [
        [q.question, q.answers[0].text, q.answers[0].start, q.kind]
        for q in splits.test
        if q.context == example.context
    ]
    display.table(["질문", "답", "시작", "종류"], rows).show()

# %% [markdown]
# ## 먼저, 질문과 가장 비슷한 문장
#
# 질문과 가장 비슷한 문장을 통째로 답으로 내놓는 기준선을 둡니다. 이어진 두 글자의 짝이 얼마나 겹치는지를 재되,
# 글의 여러 문장에 나오는 짝일수록 가볍게 칩니다. 답이 든 문장을 고르더라도 답만 떼어 내지는 못합니다.


# %%
def most_similar_sentence(question: str, context: str) -> str:
    """Return the sentence that shares the most telling pairs of characters."""
    sentences = re.split(r"(?<=[.!?])\s+", context.strip())
    pieces = [
        {sentence[i : i + 2] for i in range(len(sentence) - 1)}
        for sentence in sentences
    ]
    counts = Counter(pair for pairs in pieces for pair in pairs)
    asked = {question[i : i + 2] for i in range(len(question) - 1)}
    scores = [
        sum(1 / counts[pair] for pair in pairs & asked)
        / np.sqrt(len(pairs) or 1)
        for pairs in pieces
    ]
    return sentences[int(np.argmax(scores))]


def sentence_baseline(questions: list[Question]) -> dict[str, float]:
    """Return the scores of answering with the most similar sentence."""
    return metrics.answer_scores(
        [most_similar_sentence(*q.texts) for q in questions],
        answer_texts(questions),
    )


def answer_texts(questions: list[Question]) -> list[list[str]]:
    """Return the right answers of each question."""
    return [[answer.text for answer in q.answers] for q in questions]


# %%
if __name__ == "__main__":
    print(most_similar_sentence(*example.texts))
    print(sentence_baseline(splits.test))

# %% [markdown]
# 점수는 KorQuAD의 공식 채점을 따릅니다. 문장 부호를 지우고 이어진 빈칸을 하나로 줄인 다음, 완전 일치는 정답과
# 똑같은 답의 비율이고, F1은 정답과 겹치는 글자의 정밀도와 재현율의 조화 평균입니다. F1을 셀 때는 빈칸을 빼지만,
# 완전 일치에서는 띄어쓰기가 다르면 틀린 것입니다. 낱말이 아니라 글자로 세는 것은 조사 때문입니다. 낱말로 세면
# `한산도`와 `한산도에`가 하나도 겹치지 않습니다.

# %%
if __name__ == "__main__":
    given = ["한산도", "〈한산도〉", "한산 도", "한산도에", "이순신"]
    rows = [
        [
            answer,
            metrics.exact_match(answer, ["한산도"]),
            metrics.answer_f1(answer, ["한산도"]),
        ]
        for answer in given
    ]
    display.table(["답", "완전 일치", "F1"], rows).show()

# %% [markdown]
# ## 질문과 글을 창으로
#
# 5장의 문장 쌍처럼 질문과 글을 `[SEP]`으로 잇습니다. 그런데 글은 모델이 한 번에 읽는 길이보다 길 때가 많습니다.
# 잘라 버리면 뒤쪽의 답을 찾을 길이 없으므로, 글을 겹치는 창(window)으로 나누고 창마다 질문을 앞에 붙입니다. 이웃한
# 창은 `doc_stride` 토큰만큼 떨어져 있습니다.
#
# 정답이 온전히 들어 있는 창에서는 정답의 첫 토큰과 마지막 토큰의 자리를, 그렇지 않은 창에서는 `[CLS]`의 자리를
# 맞히게 합니다. 답이 없다는 것도 배워야 엉뚱한 창에서 답을 우기지 않습니다.
#
# 세그먼트 번호는 5장처럼 앞의 질문이 0, 뒤의 글이 1입니다. 여기에 하나를 더해, 글의 토큰 가운데 질문에도 나온 것은 2로 적습니다
# (`mark_matches`). 답은 질문과 같은 말 가까이에 있을 때가 많은데, 작은 모델은 질문 몇백 개로 그것을 스스로 알아내지 못하기
# 때문입니다(Chen 외, 2017). 미리 학습할 때에는 세그먼트가 둘뿐이었으므로, 2의 임베딩은 1의 것에서 출발합니다.


# %%
def answer_spans(questions: list[Question]) -> tf.Tensor:
    """Return the first answers' places, int32, (questions, 2); -1 if none."""
    spans = [q.span for q in questions]
    return tf.reshape(tf.constant(spans, "int32"), (-1, 2))


def make_dataset(
    examples, model, labels, config: Config, *, training_set=False
) -> tf.data.Dataset:
    """Cut examples into windows once and batch these by length."""
    features = training.encode(
        model.preprocessor,
        datasets.text_columns(examples),
        answer_spans(examples),
    )
    return training.length_grouped_dataset(
        features,
        features.pop("targets"),
        config.batch_size,
        pad_token_id=model.preprocessor.tokenizer.pad_token_id,
        shuffle_seed=config.seed if training_set else None,
    )


# %%
if __name__ == "__main__":
    texts = [text for q in splits.train for text in q.texts]
    _, tokenizer = checkpoints.load_bert(config, texts)
    preprocessor = BertQuestionAnsweringPreprocessor(
        tokenizer,
        48,
        doc_stride=24,
        max_query_length=16,
        mark_matches=True,
    )
    rows = preprocessor.windows(
        [example.question], [example.context], answer_spans([example])
    )
    table = []
    for ids, segments, starts, ends, (first, last) in zip(
        rows["token_ids"],
        rows["segment_ids"],
        rows["starts"].to_list(),
        rows["ends"].to_list(),
        rows["targets"].numpy(),
        strict=True,
    ):
        part = example.context[starts[0] : ends[-1]]
        answer = tokenizer.detokenize(ids[first : last + 1])
        marked = tokenizer.detokenize(ids[segments == 2])
        table.append([part, marked, first, last, answer])
    columns = [
        "창",
        "질문에도 나온 토큰",
        "시작",
        "끝",
        "그 자리의 토큰",
    ]
    display.table(columns, table).show()

# %% [markdown]
# 정답이 토큰의 가운데에서 끝나기도 합니다. 어휘 집합에 `한산도에`가 통째로 있으면 `한산도`만 짚을 수 없어서, 정답에
# 닿는 토큰을 모두 짚습니다. 어휘 집합이 점수의 한계를 정하는 것은 6장과 같습니다.
#
# ## 모델
#
# 모든 자리의 벡터에 출력이 둘인 층을 씌웁니다. 하나는 시작의 로짓, 하나는 끝의 로짓입니다. 4장의 소프트맥스는 범주
# 사이에서 확률을 나누었고, 여기서는 창의 자리들 사이에서 나눕니다. 빈자리에는 −10,000을 더해 확률이 0이 되게
# 하므로, 빈자리는 답이 되지 못합니다.


# %%
def span_head(
    sequence_output: keras.KerasTensor, padding_mask: keras.KerasTensor
) -> keras.KerasTensor:
    """Put the head on a BERT's output by hand; (batch, 2, tokens)."""
    logits = keras.layers.Dense(2, name="logits")(sequence_output)
    logits = keras.ops.transpose(logits, (0, 2, 1))
    mask = keras.ops.cast(padding_mask, logits.dtype)
    return logits + 1e4 * (keras.ops.expand_dims(mask, 1) - 1)


# %% [markdown]
# 같은 것을 KerasNLP의 틀에 담은 `BertQuestionAnswering`을 씁니다. 손실은 시작의 크로스 엔트로피와 끝의 크로스
# 엔트로피의 평균입니다.


# %%
def build_model(
    config: Config, splits: Splits
) -> BertQuestionAnswering:
    """Build the model on the backbone that the config names, and compile it."""
    keras.utils.set_random_seed(config.seed)
    texts = (text for q in splits.train for text in q.texts)
    segments = 2 + config.mark_matches
    backbone, tokenizer = checkpoints.load_bert(config, texts, segments)
    backbone.pooled_dense.trainable = False  # only [CLS] would use it
    preprocessor = BertQuestionAnsweringPreprocessor(
        tokenizer,
        config.sequence_length,
        config.doc_stride,
        config.max_query_length,
        config.mark_matches,
    )
    model = BertQuestionAnswering(
        backbone, preprocessor, config.dropout
    )
    checkpoints.copy_head(config.backbone, model)
    rate, decay = config.learning_rate, config.weight_decay
    model.compile(training.adamw(rate, decay), jit_compile=False)
    return model


def train(config: Config) -> TrainedModel:
    """Read the examples and fine-tune on them, as chapter 4 does on texts."""
    with runs.Run.begin("ch07", config) as run:
        started, config = time.monotonic(), run.config
        splits = load_examples(config)
        model = build_model(config, splits)
        train_set, validation_set = (
            make_dataset(
                part, model, splits.labels, config, training_set=i == 0
            )
            for i, part in enumerate((splits.train, splits.validation))
        )
        ch04.fit(model, train_set, validation_set, run)
        trained = TrainedModel(model, splits.labels, config)
        scores = evaluate(trained, splits.test)
        baseline = sentence_baseline(splits.test).items()
        scores["baselines"] = {f"sentence_{k}": v for k, v in baseline}
        scores["seconds"] = round(time.monotonic() - started, 1)
        return run.finish(model, splits.labels, scores)


# %% [markdown]
# ## 가장 그럴듯한 구간
#
# 시작과 끝을 따로 고르면 끝이 시작보다 앞설 수도 있고, 질문에서 답을 고를 수도 있습니다. 그래서 글 안에서 시작이 끝보다
# 늦지 않고 길이가 `max_answer_length` 이하인 구간을 모두 후보로 놓고, 두 로짓의 합이 가장 큰 것을 고릅니다.
# 여러 창에 들어 있는 구간은 점수가 가장 높은 창을 따릅니다. 확률은 모든 창의 모든 후보, 그리고 '답이 없다'는 후보
# 사이의 소프트맥스입니다. '답이 없다'의 점수는 창마다 `[CLS]`를 짚은 점수인데, 어느 한 창에라도 답이 있으면 답이
# 있는 것이므로 창들 가운데 가장 낮은 것을 씁니다.


# %%
def span_scores(
    logits: np.ndarray, places: list[tuple[int, int, int]], longest: int
) -> tuple[np.ndarray, float]:
    """Score every span of a passage.

    Args:
        logits: float32, (windows, 2, tokens).
        places: of each window: where in the passage its first token
            stands, the tokens before that one, and those of the passage.
        longest: tokens of a span, at most.

    Returns:
        Scores, (tokens of the passage, longest), by the span's first token
        and its other tokens' number; and the score of no answer.
    """
    length = max(first + count for first, _, count in places)
    scores = np.full((length, longest), -np.inf, "float32")
    for (start, end), (first, before, count) in zip(
        logits, places, strict=True
    ):
        start, end = (x[before : before + count] for x in (start, end))
        for more in range(min(longest, count)):
            cell = scores[first : first + count - more, more]
            np.maximum(
                cell, start[: count - more] + end[more:], out=cell
            )
    return scores, float(logits[:, :, 0].sum(axis=1).min())


# %% [markdown]
# 답은 고른 토큰들의 첫 글자부터 마지막 글자까지, 원문 그대로입니다. 토큰을 이어 붙여 글로 되돌리면 띄어쓰기가 달라질 수
# 있습니다.


# %%
def predict(
    trained: TrainedModel, pairs: list[tuple[str, str]], best: int = 5
) -> list[dict]:
    """Answer questions on passages.

    Args:
        trained: the model.
        pairs: question and passage of each.
        best: number of candidates.

    Returns:
        `question`, `answer` with its `start`, `end` and `probability`, the
        probability of `no_answer`, and `candidates`, the best first. The
        answer is empty if the passage is, or if none is likelier and the
        model was shown questions without an answer.
    """
    answers = []
    for at in range(0, len(pairs), 64):  # bounds the memory
        answers += predict_batch(trained, pairs[at : at + 64], best)
    return answers


def predict_batch(trained: TrainedModel, pairs, best: int):
    """Answer a few questions; see `predict`."""
    preprocessor = trained.model.preprocessor
    questions, contexts = map(list, zip(*pairs, strict=True))
    rows = preprocessor.windows(questions, contexts)
    _, *offsets = preprocessor.tokenizer.tokenize_with_offsets(contexts)
    with training.already_encoded(trained.model):
        logits = trained.model.predict(
            preprocessor.pad(rows), trained.config.batch_size, verbose=0
        )
    counts = rows["starts"].row_lengths()
    places = np.stack([rows["first"], rows["before"], counts], axis=1)
    for number, (question, context) in enumerate(pairs):
        mine = np.flatnonzero(rows["example"] == number)
        scores, nothing = span_scores(
            logits[mine],
            places[mine].tolist(),
            trained.config.max_answer_length,
        )
        flat = np.append(scores, nothing).astype("float64")
        shares = np.exp(flat - flat.max())
        shares /= shares.sum()
        order = np.argsort(-shares[:-1], kind="stable")[:best]
        firsts, more = np.divmod(
            order, trained.config.max_answer_length
        )
        starts, ends = (of[number].numpy().tolist() for of in offsets)
        candidates = [
            {
                "text": context[starts[i] : ends[i + n]],
                "start": starts[i],
                "end": ends[i + n],
                "probability": float(shares[j]),
            }
            for i, n, j in zip(firsts, more, order, strict=True)
            if shares[j] > 0
        ]
        answer = {"text": "", "start": 0, "end": 0, "probability": 0.0}
        bar = shares[-1] if len(trained.labels) > 1 else 0.0
        if candidates and candidates[0]["probability"] >= bar:
            answer = dict(candidates[0])
        yield {
            "question": question,
            "answer": answer.pop("text"),
            **answer,
            "no_answer": float(shares[-1]),
            "candidates": candidates,
        }


def format_answer(answer: dict) -> str:
    """Return an answer as a line for a terminal."""
    share = f"{answer['probability']:.3f}"
    return "\t".join([answer["answer"], share, answer["question"]])


# %% [markdown]
# ## 학습과 평가


# %%
def evaluate(trained: TrainedModel, examples: list[Question]) -> dict:
    """Return exact match and F1, 0 to 1, and `n`; also by kind of answer."""
    pairs = [q.texts for q in examples]
    answers = [answer["answer"] for answer in predict(trained, pairs)]
    right = answer_texts(examples)
    kinds = defaultdict(list)
    for question, *pair in zip(examples, answers, right, strict=True):
        if question.kind:
            kinds[question.kind].append(pair)
    return {
        **metrics.answer_scores(answers, right),
        "kinds": {
            kind: metrics.answer_scores(*zip(*of_kind, strict=True))
            | {"n": len(of_kind)}
            for kind, of_kind in sorted(kinds.items())
        },
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
    title = "시작과 끝의 자리를 맞힌 비율"
    display.curves(lines, title, "에포크", start=1).show()

# %% [markdown]
# 답이 없는 창에서 `[CLS]`를 짚어도 맞힌 것으로 친 비율이라, 답을 맞힌 비율은 아닙니다. 답은 평가 데이터에서 기준선과
# 나란히 채점합니다.

# %%
if __name__ == "__main__":
    baseline = trained.metrics["baselines"]
    scores = {
        "가장 비슷한 문장": baseline["sentence_f1"],
        "BERT": trained.metrics["f1"],
    }
    display.bars(scores, "평가 데이터의 F1", limit=1.0).show()
    scores = {
        "가장 비슷한 문장": baseline["sentence_exact_match"],
        "BERT": trained.metrics["exact_match"],
    }
    display.bars(scores, "평가 데이터의 완전 일치", limit=1.0).show()
    rows = [
        [kind, of["n"], of["exact_match"], of["f1"]]
        for kind, of in trained.metrics["kinds"].items()
    ]
    columns = ["답의 종류", "질문", "완전 일치", "F1"]
    display.table(columns, rows).show()

# %% [markdown]
# 수량과 때는 생김새로 자리를 좁힐 수 있고 이유는 길고 끝이 흐릿합니다. 점수의 차례가 그대로인지 표에서 보세요.
#
# 답을 어떻게 골랐는지 들여다봅니다. 모든 창을 합쳐 글의 토큰마다 시작의 확률과 끝의 확률을 그립니다. 여러 창에 들어 있는
# 토큰은 큰 쪽을 그립니다.


# %%
if __name__ == "__main__":
    preprocessor = trained.model.preprocessor
    tokenizer = preprocessor.tokenizer
    rows = preprocessor.windows([example.question], [example.context])
    with training.already_encoded(trained.model):
        logits = trained.model.predict_on_batch(preprocessor.pad(rows))
    shares = keras.ops.convert_to_numpy(
        keras.ops.softmax(logits, axis=-1)
    )
    ids, _, _ = tokenizer.tokenize_with_offsets([example.context])
    tokens = [tokenizer.id_to_token(id) for id in ids.to_list()[0]]
    passage = np.zeros((2, len(tokens)))
    counts = rows["starts"].row_lengths()
    places = np.stack([rows["first"], rows["before"], counts], axis=1)
    for window, (first, before, count) in zip(
        shares, places.tolist(), strict=True
    ):
        part = passage[:, first : first + count]
        np.maximum(part, window[:, before : before + count], out=part)
    lines = {"시작": passage[0], "끝": passage[1]}
    display.curves(lines, example.question, "글의 토큰").show()

# %% [markdown]
# 가장 높은 자리 둘레를 가까이에서 보고, 이렇게 고른 후보들을 정답과 견줍니다.

# %%
if __name__ == "__main__":
    peak = int(passage.sum(axis=0).argmax())
    part = slice(max(peak - 6, 0), peak + 7)
    display.heatmap(
        passage[:, part], ["시작", "끝"], tokens[part], example.question
    ).show()
    answer = predict(trained, [example.texts])[0]
    rows = [[c["text"], c["probability"]] for c in answer["candidates"]]
    display.table(["후보", "확률"], rows).show()
    print("정답:", example.answers[0].text)

# %% [markdown]
# ## 정답 없이 연습하기
#
# 질문 몇백 개로는 작은 모델이 답 찾기를 배우지 못합니다. 빈칸 맞히기로 미리 학습한 모델도 글에서 자리를 짚는 일은
# 처음이기 때문입니다. 그런데 자리를 짚는 연습은 정답 없이도 할 수 있습니다. 한 글의 두 문장에 같은 말이 나오면, 한
# 문장에서 그 말을 `무엇`으로 가리고 다른 문장에 나온 그 말을 찾게 합니다. 되풀이되는 구간
# 고르기(recurring span selection)라는 업스트림 과제입니다. 램(Ram) 외가 2021년에 내놓은 방법을, 한 번에
# 하나씩 묻는 질문의 꼴로 바꾼 것입니다. 숫자가 든 말은 `얼마`로 가립니다.

# %%
if __name__ == "__main__":
    lines = [
        "이순신은 한산도 앞바다에서 왜군을 크게 이겼다.",
        "왜군은 남해를 지나려 했다.",
        "한산도 앞바다는 물길이 좁지 않았다.",
    ]
    rows = [
        [q.question, q.answers[0].text, q.context]
        for q in datasets.cloze_questions(lines)
    ]
    display.table(["질문", "답", "글"], rows).show()

# %% [markdown]
# 이 장이 출발한 `bert_mini_ko_spans`는 `bert_mini_ko`에게 그런 질문 35,270개를 두 번씩 풀게 한 것입니다. 글은 파이썬,
# 텐서플로, 리액트, 러스트의 설명서와 헌법입니다. 사람이 쓴 질문은 하나도 보지 않았습니다. 그래도 답을 찾는지, 이
# 장에서 배우기 전의 것과 배운 것을 견주어 봅니다.

# %%
if __name__ == "__main__":
    practised, _ = checkpoints.load_task("bert_mini_ko_spans")
    before = TrainedModel(practised, splits.labels, config)
    scores = {
        "가장 비슷한 문장": baseline["sentence_f1"],
        "연습만 한 모델": evaluate(before, splits.test)["f1"],
        "질문으로 배운 모델": trained.metrics["f1"],
    }
    display.bars(scores, "평가 데이터의 F1", limit=1.0).show()

# %% [markdown]
# 미세 조정까지 마친 점수를 출발에 따라 견주면 이렇습니다. 표본은 이 장의 데이터이고, KorQuAD는 질문 3,344개로 배워 다른 글의
# 909개로 잰 것입니다. 시드 셋의 평균이고 괄호 안은 가장 낮은 것과 높은 것입니다. 명령은 저장소의 `README`에 있습니다.
#
# | 출발 | 표본 F1 | 표본 완전 일치 | KorQuAD F1 | KorQuAD 완전 일치 |
# |---|---|---|---|---|
# | 가장 비슷한 문장 | 0.162 | 0.000 | 0.143 | 0.000 |
# | 난수에서 | 0.048 (0.018~0.074) | 0.000 (0.000~0.000) | 0.124 (0.113~0.130) | 0.023 (0.022~0.024) |
# | `bert_mini_ko`에서 | 0.088 (0.052~0.138) | 0.021 (0.000~0.053) | 0.462 (0.448~0.485) | 0.267 (0.255~0.288) |
# | `bert_mini_ko_spans`에서 | **0.289** (0.279~0.304) | **0.124** (0.096~0.149) | **0.504** (0.475~0.525) | **0.305** (0.276~0.325) |
#
# 질문이 삼백 개뿐일 때 연습은 F1을 0.09에서 0.29로, 삼천 개일 때는 0.46에서 0.50으로 올립니다. 질문이 많으면 연습이 하던 일을
# 질문이 대신합니다. 난수에서 출발하면 삼천 개로도 되지 않습니다.
#
# `--train-file`에 글만 있는 `.txt` 파일(압축한 `.xz`, `.gz`, `.bz2`도 됩니다)을 주면 이렇게 만든 질문으로
# 학습합니다. 그 결과를 `--backbone`으로 주면 몸통뿐 아니라 시작과 끝을 고르는 층까지 이어받아 미세 조정을 시작합니다. 글을 짧게
# 잘라야 작은 모델이 빨리 배웁니다(`passage_length`).
#
# ```sh
# kerasnlp-tutorial train ch07 --backbone bert_mini_ko --train-file text.txt \
#   --set dropout=0 --set learning_rate=5e-4 --output runs/spans
# kerasnlp-tutorial train ch07 --backbone runs/spans
# ```
#
# ## 새 글에서 찾기

# %%
if __name__ == "__main__":
    loaded = runs.load(trained.path)
    context = "도서관은 아침 아홉 시에 열고, 어린이실은 이 층에 있다."
    questions = [
        "도서관은 언제 문을 여나요?",
        "어린이실은 어디에 있나요?",
    ]
    for answer in predict(loaded, [(q, context) for q in questions]):
        print(format_answer(answer))

# %% [markdown]
# ```sh
# kerasnlp-tutorial predict runs/ch07-1 "언제 쉬나요?" "월요일은 쉬고 화요일에 엽니다."
# kerasnlp-tutorial train ch07 --dataset korquad
# ```
#
# ## 나만의 데이터와 모델
#
# 파일은 SQuAD 형식의 JSON이거나, `question`, `context`, `answer` 열이 있는 TSV나 CSV입니다. 답이 글에 한 번만
# 나오면 자리를 적지 않아도 됩니다. 답을 비워 두면 답이 없는 질문이 되고, 그런 질문이 하나라도 있으면 모델은 답이 없다고
# 말할 수도 있게 됩니다.

# %%
if __name__ == "__main__":
    path = runs.RUNS / "answers.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("question,context,answer\n")
        for day in "월화수목금토일":
            file.write(f"언제 쉬나요?,{day}요일에 쉽니다,{day}요일\n")
            file.write(f"언제 여나요?,{day}요일에 쉽니다,\n")
    own = load_examples(Config(train_file=str(path)))
    print(own.labels, own.train[0].answers, own.train[1].answers)

# %% [markdown]
# ## 요약
#
# - 추출식 질의응답은 토큰마다 시작과 끝의 점수를 매기는 분류입니다.
# - 긴 글은 겹치는 창으로 읽고, 정답이 없는 창에서는 `[CLS]`를 짚게 가르칩니다.
# - 답은 모든 창의 올바른 구간 가운데 점수가 가장 높은 것이고, 원문의 글자를 그대로 잘라 냅니다.
# - 완전 일치와 글자 단위의 F1으로 채점합니다.
# - 되풀이되는 말을 찾게 하면 정답 없이도 자리 짚기를 연습시킬 수 있습니다.
#
# ## 연습 문제
#
# **1. 창이 하나뿐이라면.** 첫 창만 읽고 답하면 점수가 얼마나 떨어지나요? 정답이 첫 창 밖에 있는 질문의 비율과 견주어
# 보세요.


# %% tags=["solution"]
def outside_first_window(
    preprocessor: BertQuestionAnsweringPreprocessor,
    questions: list[Question],
) -> float:
    """Return the share of questions whose answer the first window lacks."""
    columns = datasets.text_columns(questions)
    rows = preprocessor.windows(*columns, answer_spans(questions))
    first = rows["targets"].numpy()[rows["first"].numpy() == 0]
    return float(np.mean(first[:, 0] == 0))


def first_windows(
    preprocessor: BertQuestionAnsweringPreprocessor,
    questions: list[Question],
) -> list[tuple[str, str]]:
    """Return the questions with what the first window holds of a passage."""
    rows = preprocessor.windows(*datasets.text_columns(questions))
    ends = tf.ragged.boolean_mask(rows["ends"], rows["first"] == 0)
    return [
        (q.question, q.context[: max(of_tokens, default=0)])
        for q, of_tokens in zip(questions, ends.to_list(), strict=True)
    ]


# %% tags=["solution"]
if __name__ == "__main__":
    preprocessor = trained.model.preprocessor
    cut = first_windows(preprocessor, splits.test)
    answers = [answer["answer"] for answer in predict(trained, cut)]
    scores = metrics.answer_scores(answers, answer_texts(splits.test))
    names = ["exact_match", "f1"]
    rows = [
        ["모든 창", *(trained.metrics[name] for name in names)],
        ["첫 창만", *(scores[name] for name in names)],
    ]
    display.table(["읽은 것", "완전 일치", "F1"], rows).show()
    share = outside_first_window(preprocessor, splits.test)
    print(f"정답이 첫 창 밖에 있는 질문 {share:.0%}")

# %% [markdown]
# **2. 길이의 한계.** `max_answer_length`를 3, 10, 30으로 바꾸어 평가해 보세요. 이유를 묻는 질문의 점수는 어떻게
# 달라지나요? (`dataclasses.replace(trained, config=...)`를 쓰면 다시 학습하지 않아도 됩니다.)

# %% tags=["solution"]
if __name__ == "__main__":
    reasons = [q for q in splits.test if q.kind == "이유"]
    rows = []
    for longest in (3, 10, 30):
        changed = replace(trained.config, max_answer_length=longest)
        short = replace(trained, config=changed)
        scores = [
            evaluate(short, part)["f1"]
            for part in (splits.test, reasons)
        ]
        rows.append([longest, *scores])
    display.table(["길이", "모든 질문의 F1", "이유의 F1"], rows).show()

# %% [markdown]
# ## 더 읽을거리
#
# - Chen 외(2017), *Reading Wikipedia to Answer Open-Domain Questions*, ACL. 질문에도 나온 토큰
# - Rajpurkar 외(2016), *SQuAD: 100,000+ Questions for Machine Comprehension of Text*, EMNLP.
# - Rajpurkar 외(2018), *Know What You Don't Know: Unanswerable Questions for SQuAD*, ACL.
# - 임승영 외(2018), *KorQuAD: 기계독해를 위한 한국어 질의응답 데이터셋*, 한국정보과학회 학술발표논문집.
# - Devlin 외(2019), *BERT*, NAACL.
# - Ram 외(2021), *Few-Shot Question Answering by Pretraining Span Selection*, ACL.
