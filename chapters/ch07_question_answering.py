# %% [markdown]
# # 7장 질의응답
#
# 글(지문, context)과 질문을 받아 글에서 답이 적힌 자리를 짚는 모델을 만듭니다. 답을 지어내지 않고 글에서 뽑아내므로 추출식
# 질의응답(extractive question answering)이라 하고, 글을 읽고 푸는 문제라서 기계 독해(machine reading
# comprehension)라고도 합니다.
#
# 모델은 답을 쓰지 않습니다. 글의 토큰들 가운데 **답이 시작하는 자리 하나와 끝나는 자리 하나를 고릅니다.** 그 사이의
# 글자를 원문에서 잘라 내면 답입니다.
#
# ## 이 장에서 배우는 것
#
# - 긴 글을 질문과 함께 겹치는 창으로 나누는 법
# - 글자로 적힌 정답을 토큰의 자리로, 토큰의 자리를 글자로 바꾸는 법
# - 시작과 끝의 점수에서 가장 그럴듯한 구간 고르기
# - 완전 일치(exact match)와 글자 단위의 F1
# - 정답 없이 글만으로 답 찾기를 연습시키는 업스트림 과제

# %% tags=["hide-input"]
# @title 불러오기
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import keras
import numpy as np
import tensorflow as tf

from kerasnlp_tutorial import (
    checkpoints,
    datasets,
    display,
    metrics,
    runs,
    training,
)
from kerasnlp_tutorial.baselines import most_similar_sentence
from kerasnlp_tutorial.chapters import (
    ch04_document_classification as ch04,
)
from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.datasets import Question, Splits
from kerasnlp_tutorial.hangul import counts_in_given_text
from kerasnlp_tutorial.models import (
    BertQuestionAnswering,
    BertQuestionAnsweringPreprocessor,
)
from kerasnlp_tutorial.runs import TrainedModel
from kerasnlp_tutorial.trained import load_trained

# %% [markdown]
# ## 설정
#
# 4장의 설정에 길이를 정하는 값 셋이 더 있습니다. 긴 글을 나누는 창이 무엇인지는 아래 '질문과 글을 창으로'에서 봅니다.
# `Config()`를 `Config.quick()`으로 바꾸면 아주 작은 모델로 몇 초 만에 훑어볼 수 있습니다.
#
# | 이름 | 뜻 |
# |---|---|
# | `sequence_length` | 창 하나의 토큰 수. 질문, 글의 일부, 특수 토큰을 모두 합친 것(책의 `max_seq_length`) |
# | `doc_stride` | 이웃한 두 창의 시작이 떨어진 토큰 수 |
# | `max_query_length` | 질문의 최대 토큰 수. 더 긴 질문은 뒤를 자릅니다 |
# | `max_answer_length` | 답의 최대 토큰 수. 더 긴 구간은 답의 후보가 되지 못합니다 |

# %% tags=["hide-input"]
# @title Config
INPUT_FIELDS = ("question", "context")
METRICS = ("exact_match", "f1")
MODELS = (BertQuestionAnswering,)
CORPORA = {c.name: c for c in (datasets.QA_SAMPLE, datasets.KORQUAD)}


@dataclass(frozen=True, kw_only=True)
class Config(TrainingConfig):
    """Settings of question answering."""

    backbone: str = "bert_mini_ko_spans"
    """The model to start from; the default has been trained on questions made
    from plain text."""
    learning_rate: float = 4e-4
    """Peak of the learning rate."""
    doc_stride: int | None = None
    """Number of passage tokens from the start of a window to the start of the
    next one; None: 90, or half of them if a window has fewer."""
    max_query_length: int = 32
    """Maximum number of tokens of a question; the rest is cut off."""
    max_answer_length: int = 10
    """Maximum number of tokens of an answer."""
    ids: str | None = None
    """File with the ids of the training questions; None: all questions."""
    test_ids: str | None = None
    """File with the ids of the test questions; None: all questions."""
    mark_matches: bool = True
    """Mark the tokens of the passage that also occur in the question."""
    drop_misplaced: bool = False
    """Drop answers that are not at their position in the passage, with a
    warning, instead of an error."""
    passage_length: int = 110
    """Minimum number of characters of a passage, if plain text is turned into
    questions."""

    def __post_init__(self):
        super().__post_init__()
        expected = f"one of {sorted(CORPORA)}"
        self._require("dataset", self.dataset in CORPORA, expected)
        for name in (
            "max_query_length",
            "max_answer_length",
            "passage_length",
        ):
            self._require_range(name, 1, 2**20)
        # The special tokens, a question, and a bit of a passage.
        self._require_length(3 + self.max_query_length + 8)
        room = self.sequence_length - 3 - self.max_query_length
        self._choose_stride("doc_stride", room, usual=90)

    @classmethod
    def quick(cls, **changes) -> "Config":
        """Return settings for a run of seconds, to see that everything works."""
        return super().quick(**({"max_train_examples": 60} | changes))


# %%
if __name__ == "__main__":
    config = Config()
    names = {
        "학습 데이터": "dataset",
        "출발점": "backbone",
        "창의 토큰 수": "sequence_length",
        "창의 간격": "doc_stride",
        "질문의 길이": "max_query_length",
        "답의 길이": "max_answer_length",
        "배치 크기": "batch_size",
        "학습률": "learning_rate",
        "시드": "seed",
    }
    display.settings(config, names).show()

# %% [markdown]
# ## 말뭉치
#
# `sample`은 이 프로젝트를 위해 지어 쓴 글과 질문, `korquad`는 위키백과의 글에 사람이 질문을 단 KorQuAD
# 1.0입니다(CC BY-ND 2.0 KR). 두 파일의 형식은 같은 JSON입니다. 글(`context`)마다 질문(`question`)이 여럿 있고,
# 질문마다 답의 글자(`text`)와 답이 시작하는 위치(`answer_start`)가 적혀 있습니다. 위치는 글의 첫 글자를 0으로 셉니다.
#
# ```json
# {"data": [{"title": "이순신", "paragraphs": [{
#   "context": "이순신은 한산도에서 왜군을 이겼다.",
#   "qas": [{
#     "id": "1", "question": "왜군을 어디에서 이겼나?",
#     "answers": [{"text": "한산도", "answer_start": 5}]
#   }]
# }]}]}
# ```
#
# 한 글에 딸린 질문들은 학습과 평가로 갈라지지 않습니다. 갈라지면 읽어 본 글로 시험을 치는 셈입니다.


# %% tags=["hide-input"]
# @title 말뭉치 읽기
def load_examples(config: Config) -> Splits[Question]:
    """Read the training and test examples, and hold out a validation set."""
    return datasets.load_splits(
        config,
        partial(read_examples, config),
        lambda examples, where: datasets.answerability(examples),
    )


def read_examples(
    config: Config, split: str, labels: Sequence[str] | None = None
) -> list[Question]:
    """Read `train` or `test` from the config's file or from the corpus."""
    own_file = getattr(config, f"{split}_file")
    ids = config.ids if split == "train" else config.test_ids
    corpus = CORPORA[config.dataset]
    path = own_file or corpus.split_path(split, config.data_dir)
    if datasets.is_plain_text(path):
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

# %% [markdown]
# 이 글에 딸린 질문과 답입니다. 적힌 위치에 정답이 없는 파일은 그대로 쓰지 않고 어느 질문이 틀렸는지 알립니다. 답의 종류는
# 표본에만 적혀 있습니다.

# %%
if __name__ == "__main__":
    rows = [
        [q.question, q.answers[0].text, q.answers[0].start, q.kind]
        for q in splits.test
        if q.context == example.context
    ]
    display.table(["질문", "답", "시작", "종류"], rows).show()

# %% [markdown]
# ## 점수
#
# 답을 어떻게 채점할까요? KorQuAD의 공식 채점을 따릅니다. 로마자를 소문자로 바꾸고, 문장 부호를 지우고, 이어진 공백을 하나로
# 줄인 다음, 두 가지를 셉니다.
#
# - **완전 일치**(exact match): 정답과 똑같은 답의 비율. 띄어쓰기가 다르면 틀린 것입니다.
# - **F1**: 정답과 겹치는 글자의 정밀도와 재현율의 조화 평균. 공백은 빼고 셉니다.
#
# 단어가 아니라 글자로 세는 것은 조사 때문입니다. 단어로 세면 `한산도`와 `한산도에`가 하나도 겹치지 않습니다.

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
# ## 먼저, 질문과 가장 비슷한 문장
#
# 질문과 가장 비슷한 문장을 통째로 답으로 내놓는 기준선을 둡니다. 이어진 두 글자의 짝이 얼마나 겹치는지를 재되,
# 글의 여러 문장에 나오는 짝일수록 가볍게 칩니다. 답이 든 문장을 고르더라도 답만 떼어 내지는 못합니다.

# %%
if __name__ == "__main__":
    print(example.question)
    print(most_similar_sentence(*example.texts))

# %% [markdown]
# 여기서는 답이 없는 문장을 골랐습니다. 평가 데이터의 모든 질문에 이렇게 답하고 점수를 셉니다.


# %%
def answer_texts(questions: Sequence[Question]) -> list[list[str]]:
    """질문마다 정답들을 모읍니다."""
    return [[answer.text for answer in q.answers] for q in questions]


def sentence_baseline(
    questions: Sequence[Question],
) -> dict[str, float]:
    """가장 비슷한 문장을 답으로 낸 점수를 셉니다."""
    return metrics.answer_scores(
        [most_similar_sentence(*q.texts) for q in questions],
        answer_texts(questions),
    )


# %%
if __name__ == "__main__":
    scores = sentence_baseline(splits.test)
    print(f"완전 일치 {scores['exact_match']:.3f}")
    print(f"F1 {scores['f1']:.3f}")

# %% [markdown]
# ## 질문과 글을 창으로
#
# 5장의 문장 쌍처럼 질문과 글을 `[SEP]`으로 이어 한 줄로 만듭니다. 그런데 글은 모델이 한 번에 읽는 길이보다 길 때가
# 많습니다. 잘라 버리면 뒤쪽의 답을 찾을 길이 없으므로, 글을 겹치는 창(window)으로 나누고 창마다 질문을 앞에 붙입니다.
#
# ![토큰 14개인 지문을 6개씩 보는 창 셋으로 나눈다. 이웃한 창은 스트라이드 4만큼 떨어져 두 토큰씩 겹친다. 창마다 앞에 질문을 붙인다. 정답인 토큰 셋은 첫째 창에는 일부만 있고 둘째 창에는 온전히 들어 있다. 둘째 창에서만 시작과 끝을 맞히고, 나머지 창에서는 [CLS]를 맞힌다.](../docs/images/pictures/windows.svg)
#
# 짧은 글로 직접 해 봅니다. 정답은 글자로 적혀 있습니다.

# %%
if __name__ == "__main__":
    question = "왜군은 어디에서 졌나?"
    context = (
        "왜군은 남쪽 바다로 왔다. 이순신은 한산도에서 왜군을 이겼다."
    )
    answer_start = context.index("한산도")
    answer_end = answer_start + len("한산도")
    print(answer_start, answer_end, context[answer_start:answer_end])

# %% [markdown]
# **1. 정답을 토큰의 자리로.** 6장처럼 토큰마다 맡은 글자를 알아내어, 정답의 글자에 닿는 토큰을 모두 짚습니다.

# %%
if __name__ == "__main__":
    texts = [text for q in splits.train for text in q.texts]
    segments = 2 + config.mark_matches
    _, tokenizer = checkpoints.load_bert(config, texts, segments)
    ids, starts, ends = (
        part.to_list()[0]
        for part in tokenizer.tokenize_with_offsets([context])
    )
    tokens = [tokenizer.id_to_token(id) for id in ids]
    touched = [
        i
        for i, (a, b) in enumerate(zip(starts, ends, strict=True))
        if a < answer_end and answer_start < b
    ]
    rows = [
        [i, token, context[a:b], "●" if i in touched else ""]
        for i, (token, a, b) in enumerate(
            zip(tokens, starts, ends, strict=True)
        )
    ]
    columns = ["번호", "토큰", "맡은 글자", "정답"]
    display.table(columns, rows).show()

# %% [markdown]
# 마지막 토큰이 조사까지 맡고 있을 수도 있습니다. 어휘 집합이 점수의 한계를 정하는 것은 6장과 같습니다.
#
# **2. 글을 창으로.** 창 하나에 글의 토큰이 `size`개 들어가고, 다음 창은 `stride`개 뒤에서 시작합니다. 이 간격이
# 스트라이드(stride)이고, 설정의 `doc_stride`입니다. 마지막 창은 글의 끝에 맞춥니다. 허깅페이스 토크나이저의
# `stride`는 뜻이 달라서, 이웃한 두 창이 겹치는 토큰의 수입니다.


# %%
def cut_windows(length: int, size: int, stride: int) -> list:
    """토큰 length개를 창으로 나누어, 창마다 시작과 끝을 적습니다."""
    last = max(length - size, 0)
    starts = [*range(0, last, stride), last]
    return [(start, min(start + size, length)) for start in starts]


# %%
if __name__ == "__main__":
    size, stride = 12, 6
    cuts = cut_windows(len(tokens), size, stride)
    for start, end in cuts:
        print(start, end, " ".join(tokens[start:end]))

# %% [markdown]
# 창이 `stride`보다 넓어서 이웃한 창이 겹칩니다. 겹치지 않게 자르면 창의 경계에 걸친 답은 어느 창에도 온전히 들어 있지
# 않습니다.
#
# **3. 질문을 앞에 붙이고, 정답의 자리를 창 안의 자리로.** 정답이 온전히 들어 있는 창에서는 정답의 첫 토큰과 마지막 토큰의
# 자리를, 그렇지 않은 창에서는 `[CLS]`의 자리인 0을 맞히게 합니다. 답이 없다는 것도 배워야 엉뚱한 창에서 답을
# 우기지 않습니다.

# %%
if __name__ == "__main__":
    asked, *_ = tokenizer.tokenize_with_offsets([question])
    asked = [tokenizer.id_to_token(id) for id in asked.to_list()[0]]
    left = ["[CLS]", *asked, "[SEP]"]
    for start, end in cuts:
        window = [*left, *tokens[start:end], "[SEP]"]
        first, last = 0, 0  # [CLS]
        if start <= touched[0] and touched[-1] < end:
            shift = len(left) - start
            first, last = touched[0] + shift, touched[-1] + shift
        print(" ".join(window))
        print("시작", first, "끝", last, window[first : last + 1])

# %% [markdown]
# 이것이 질의응답 모델의 입력과 정답 전부입니다. 세그먼트 번호는 5장처럼 앞의 질문이 0, 뒤의 글이 1입니다.
#
# **질문에도 나온 토큰.** 여기에 하나를 더해, 글의 토큰 가운데 질문에도 나온 것은 세그먼트 번호를 2로 적습니다
# (`mark_matches`). 답은 질문과 같은 말 가까이에 있을 때가 많은데, 작은 모델은 질문 몇백 개로 그것을 스스로 알아내지 못하기
# 때문입니다(Chen 외, 2017). 세그먼트가 둘뿐인 모델에서 출발하면 2번 임베딩은 1번 임베딩에 잡음을 더한 값에서
# 시작합니다. 기본값인 `bert_mini_ko_spans`에는 2번이 이미 있습니다.
#
# 패키지의 `BertQuestionAnsweringPreprocessor`가 이 일들을 한꺼번에 합니다. 앞에서 본 글을, 거기에 딸린 질문 하나와
# 함께 작은 창으로 나누어 봅니다.


# %%
def answer_spans(questions: Sequence[Question]) -> tf.Tensor:
    """질문마다 첫 정답의 시작과 끝 글자. 답이 없으면 -1입니다."""
    spans = [q.span for q in questions]
    return tf.reshape(tf.constant(spans, "int32"), (-1, 2))


# %%
if __name__ == "__main__":
    preprocessor = BertQuestionAnsweringPreprocessor(
        tokenizer,
        80,
        doc_stride=40,
        max_query_length=16,
        mark_matches=True,
    )
    asked = splits.test[4]
    windows = preprocessor.windows(
        [asked.question], [asked.context], answer_spans([asked])
    )
    print(asked.question, "→", asked.answers[0].text)
    rows = []
    for ids, segments, (first, last) in zip(
        windows["token_ids"],
        windows["segment_ids"],
        windows["targets"].numpy(),
        strict=True,
    ):
        text = tokenizer.detokenize(ids[segments > 0][:-1])
        matches = map(tokenizer.id_to_token, ids[segments == 2].numpy())
        answer = tokenizer.detokenize(ids[first : last + 1])
        rows.append([text, " ".join(matches) or "없음", answer])
    columns = ["창에 든 글", "질문에도 나온 토큰", "맞힐 답"]
    display.table(columns, rows).show()

# %% [markdown]
# 질문에도 나온 토큰은 답이 든 창에 가장 많습니다. `##혈`이나 `##은`처럼 단어의 조각이나 조사만 겹치기도 합니다. `##`으로
# 시작하는 창은 단어 중간에서 시작한 것이고, `[UNK]`는 어휘 집합의 토큰으로 나타내지 못하는 말입니다.
#
# 학습에 쓸 배치는 창들을 길이가 비슷한 것끼리 묶은 것입니다. 질문 하나가 창 여럿이 되므로, 배치의 줄 수는 질문의 수보다
# 많습니다.


# %%
def make_dataset(
    examples, model, labels, config: Config, *, training_set=False
) -> tf.data.Dataset:
    """질문과 글을 창으로 나누고 배치로 묶습니다."""
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


# %% [markdown]
# ## 모델
#
# 모든 자리의 벡터에 출력이 둘인 레이어를 씌웁니다. 하나는 시작의 로짓, 하나는 끝의 로짓입니다. 4장의 소프트맥스는 범주
# 사이에서 확률을 나누었고, 여기서는 **창의 자리들 사이에서** 나눕니다. 그러니까 자리의 수만큼 많은 범주 가운데 하나를
# 고르는 분류를 두 번, 시작에서 한 번 끝에서 한 번 합니다. 패딩에는 −10,000을 더해 확률이 0이 되게 하므로, 패딩은 답이
# 되지 못합니다.


# %%
def span_head(
    sequence_output: keras.KerasTensor, padding_mask: keras.KerasTensor
) -> keras.KerasTensor:
    """BERT의 출력에서 로짓 (배치, 시작과 끝, 토큰)을 냅니다."""
    logits = keras.layers.Dense(2, name="logits")(sequence_output)
    logits = keras.ops.transpose(logits, (0, 2, 1))
    mask = keras.ops.cast(padding_mask, logits.dtype)
    return logits + 1e4 * (keras.ops.expand_dims(mask, 1) - 1)


# %% [markdown]
# 같은 것을 KerasNLP의 틀에 담은 `BertQuestionAnswering`을 씁니다. 손실은 시작의 크로스 엔트로피와 끝의 크로스
# 엔트로피의 평균입니다. `copy_head`는 출발하는 모델에 시작과 끝을 고르는 헤드가 있으면 그것까지 이어받습니다(아래
# '정답 없이 연습하기').


# %%
def build_model(
    config: Config, splits: Splits
) -> BertQuestionAnswering:
    """설정에 적힌 백본 위에 헤드를 얹습니다."""
    keras.utils.set_random_seed(config.seed)
    texts = (text for q in splits.train for text in q.texts)
    segments = 2 + config.mark_matches
    backbone, tokenizer = checkpoints.load_bert(config, texts, segments)
    backbone.pooled_dense.trainable = False  # 헤드에는 쓰지 않습니다.
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
    optimizer = training.adamw(rate, decay)
    model.compile(optimizer, jit_compile=training.JIT_COMPILE)
    return model


# %% [markdown]
# ## 가장 그럴듯한 구간
#
# 모델이 로짓을 내면 답을 골라야 합니다. 창 하나에서 이런 로짓이 나왔다고 합시다.

# %%
if __name__ == "__main__":
    names = ["[CLS]", "언제", "여나", "[SEP]"]
    names += ["아침", "아홉", "시", "에", "연다", "[SEP]"]
    start_logits = np.array([0, 3, -1, -2, 5, 2, 1, -1, -2, -2])
    end_logits = np.array([0, -1, 6, -2, 1, 3, 4, 2, -1, -2])
    rows = [
        [i, name, int(start), int(end)]
        for i, (name, start, end) in enumerate(
            zip(names, start_logits, end_logits, strict=True)
        )
    ]
    display.table(["자리", "토큰", "시작", "끝"], rows).show()
    start, end = start_logits.argmax(), end_logits.argmax()
    print("따로 고르면", "시작", names[start], "끝", names[end])

# %% [markdown]
# 시작과 끝을 따로 고르니 끝이 시작보다 앞섭니다. 더구나 끝은 글이 아니라 질문에 있습니다. 그래서 **시작과 끝의 짝**을
# 고릅니다. 짝의 점수는 두 로짓의 합입니다. 다음 조건을 지키는 짝만 후보입니다.
#
# - 시작과 끝이 모두 글 안에 있습니다. 질문이나 `[SEP]`은 답이 아닙니다.
# - 끝이 시작보다 앞서지 않습니다.
# - 길이가 `max_answer_length` 이하입니다.

# %%
if __name__ == "__main__":
    passage, longest = range(4, 9), 3
    pairs = {
        (i, j): start_logits[i] + end_logits[j]
        for i in passage
        for j in passage
        if i <= j < i + longest
    }
    grid = np.zeros((5, 5))
    for (i, j), score in pairs.items():
        grid[i - 4, j - 4] = np.exp(score)
    grid /= grid.sum()
    title = "시작(행)과 끝(열)이 답일 확률"
    display.heatmap(grid, names[4:9], names[4:9], title).show()
    i, j = max(pairs, key=pairs.get)
    print("가장 점수가 높은 짝:", names[i : j + 1], pairs[i, j])

# %% [markdown]
# 왼쪽 아래는 끝이 시작보다 앞서서, 오른쪽 위는 너무 길어서 후보가 아니므로 0입니다. 후보인데도 확률이 작아 0.00으로 적힌
# 칸도 있습니다.
#
# 창이 여럿이면 모든 창의 후보를 함께 놓고 고릅니다. 여러 창에 들어 있는 구간은 점수가 가장 높은 창을 따릅니다. 여기에 '답이
# 없다'는 후보를 더합니다. 그 점수는 창마다 `[CLS]`를 짚은 점수인데, 어느 한 창에라도 답이 있으면 답이 있는 것이므로
# 창들 가운데 가장 낮은 것을 씁니다. 확률은 이 모든 후보 사이의 소프트맥스입니다.
#
# 같은 일을 배열로 빠르게 하는 함수입니다. `windows`에는 창마다 글의 몇째 토큰에서 시작하는지, 그 앞에 토큰이 몇 개
# 있는지, 글의 토큰이 몇 개인지가 들어 있습니다. 점수는 시작의 자리와, 거기에서 더 이어지는 토큰의 수로 찾습니다.


# %%
def span_scores(
    logits: np.ndarray,
    windows: list[tuple[int, int, int]],
    max_length: int,
) -> tuple[np.ndarray, float]:
    """글의 모든 구간의 점수와, 답이 없다는 점수를 냅니다."""
    length = max(first + count for first, _, count in windows)
    scores = np.full((length, max_length), -np.inf, "float32")
    for (start, end), (first, before, count) in zip(
        logits, windows, strict=True
    ):
        start, end = (x[before : before + count] for x in (start, end))
        for more in range(min(max_length, count)):
            cell = scores[first : first + count - more, more]
            np.maximum(
                cell, start[: count - more] + end[more:], out=cell
            )
    return scores, float(logits[:, :, 0].sum(axis=1).min())


# %%
if __name__ == "__main__":
    logits = np.stack([start_logits, end_logits])[None]
    scores, no_answer = span_scores(logits, [(0, 4, 5)], 3)
    first, more = np.unravel_index(scores.argmax(), scores.shape)
    print(names[4 + first : 4 + first + more + 1], scores.max())

# %% [markdown]
# 직접 고른 것과 같습니다.
#
# ## 답하기
#
# 답은 고른 토큰들의 첫 글자부터 마지막 글자까지, 원문 그대로입니다. 토큰을 이어 붙여 글로 되돌리면 띄어쓰기가 달라질 수
# 있습니다.


# %%
def best_answers(
    logits, windows, offsets, context: str, longest: int, best: int
) -> tuple[list[dict], float]:
    """질문 하나의 후보들을 확률이 큰 순서로, 답이 없을 확률과 함께 냅니다."""
    scores, no_answer = span_scores(logits, windows, longest)
    flat = np.append(scores, no_answer).astype("float64")
    probabilities = np.exp(flat - flat.max())
    probabilities /= probabilities.sum()
    candidates = []
    order = np.argsort(-probabilities[:-1], kind="stable")
    for i in order[:best].tolist():
        first, more = divmod(i, longest)
        if probabilities[i] > 0:
            start, end = offsets[0][first], offsets[1][first + more]
            span = {"start": start, "end": end}
            probability = {"probability": float(probabilities[i])}
            text = {"text": context[start:end]}
            candidates.append(text | span | probability)
    return candidates, float(probabilities[-1])


# %% [markdown]
# 질문 여러 개를 창으로 나누어 모델에 한꺼번에 주고, 질문마다 자기 창들의 로짓을 모아 답을 고릅니다. 학습 데이터에 답이 없는
# 질문이 있었다면(`trained.labels`가 둘입니다), '답이 없다'가 더 그럴듯할 때 빈 답을 냅니다.


# %%
def predict_batch(
    trained: TrainedModel, pairs: list[tuple[str, str]], best: int
) -> Iterator[dict]:
    """질문 몇 개에 답합니다."""
    longest = trained.config.max_answer_length
    contexts = [context for _, context in pairs]
    tokenizer = trained.model.preprocessor.tokenizer
    _, *offsets = tokenizer.tokenize_with_offsets(contexts)
    examples, windows, logits = window_logits(trained, pairs)
    for number, (question, context) in enumerate(pairs):
        own = np.flatnonzero(examples == number)
        own_offsets = [x[number].numpy().tolist() for x in offsets]
        cuts = windows[own].tolist()
        candidates, no_answer = best_answers(
            logits[own], cuts, own_offsets, context, longest, best
        )
        threshold = no_answer if len(trained.labels) > 1 else 0.0
        yield answer_of(question, candidates, no_answer, threshold)


# %% tags=["hide-input"]
# @title 창의 로짓, 여러 묶음, 명령줄의 한 줄
def window_logits(
    trained: TrainedModel, pairs: list[tuple[str, str]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each window's question index, position and logits."""
    preprocessor = trained.model.preprocessor
    rows = preprocessor.windows(*map(list, zip(*pairs, strict=True)))
    logits = training.predict_outputs(
        trained.model, preprocessor.pad(rows), trained.config.batch_size
    )
    counts = rows["starts"].row_lengths()
    windows = np.stack([rows["first"], rows["before"], counts], axis=1)
    return rows["example"].numpy(), windows, logits.astype("float32")


def answer_of(
    question: str,
    candidates: list[dict],
    no_answer: float,
    threshold: float,
) -> dict:
    """Return the first candidate as the answer, if it is probable enough."""
    answer = {"text": "", "start": 0, "end": 0, "probability": 0.0}
    if candidates and candidates[0]["probability"] >= threshold:
        answer = dict(candidates[0])
    first = {"question": question, "answer": answer.pop("text")}
    rest = {"no_answer": no_answer, "candidates": candidates}
    return first | answer | rest


@counts_in_given_text(*INPUT_FIELDS)
def predict(
    trained: TrainedModel, pairs: list[tuple[str, str]], best: int = 5
) -> list[dict]:
    """Answer questions about passages, with up to `best` candidates each."""
    answers: list[dict] = []
    for i in range(0, len(pairs), 64):  # limits the memory
        answers += predict_batch(trained, pairs[i : i + 64], best)
    return answers


def format_answer(answer: dict) -> str:
    """Return an answer as a line for a terminal."""
    probability = f"{answer['probability']:.3f}"
    return "\t".join(
        [answer["answer"], probability, answer["question"]]
    )


# %% [markdown]
# ## 학습과 평가
#
# 학습 코드는 4장의 `fit`을 그대로 씁니다. 옵티마이저(AdamW)와 학습률 스케줄도 같습니다. 먼저 채점하는 함수입니다.


# %%
def evaluate(
    trained: TrainedModel, examples: Sequence[Question]
) -> dict:
    """완전 일치와 F1을, 답의 종류마다도 셉니다."""
    pairs = [q.texts for q in examples]
    answers = [answer["answer"] for answer in predict(trained, pairs)]
    expected = answer_texts(examples)
    kinds = defaultdict(list)
    columns = (examples, answers, expected)
    for question, *pair in zip(*columns, strict=True):
        if question.kind:
            kinds[question.kind].append(pair)
    by_kind = {}
    for kind, group in sorted(kinds.items()):
        part = metrics.answer_scores(*zip(*group, strict=True))
        by_kind[kind] = part | {"n": len(group)}
    scores = metrics.answer_scores(answers, expected)
    return {**scores, "kinds": by_kind, "n": len(examples)}


# %% [markdown]
# 학습하는 동안 Keras가 보여 주는 정확도는 창에서 시작과 끝의 자리를 맞힌 비율입니다. 그런데 답이 없는 창에서 `[CLS]`를
# 짚어도 맞힌 것이라, 답을 찾지 못해도 높게 나옵니다. 그래서 에포크마다 검증 데이터의 질문에 답하게 하고, 그 답의 F1이 가장
# 높은 에포크의 가중치를 남깁니다(`ValidationScore`). F1이 같으면 손실이 작은 쪽입니다. 질문이 50개가 되지 않으면
# 손실만 봅니다.


# %%
def fit(model, splits: Splits, run: runs.Run) -> TrainedModel:
    """학습하고, 검증 데이터의 F1이 가장 높은 에포크를 남깁니다."""
    config = run.config
    trained = TrainedModel(model, splits.labels, config)
    sets = training.make_datasets(make_dataset, model, splits, config)
    score = training.ValidationScore(
        evaluate, trained, splits.validation
    )
    # 질문마다 맞힐 자리가 둘, 시작과 끝입니다.
    targets = 2 * len(splits.validation)
    monitor = training.monitored_score(targets, "val_f1", "targets")
    ch04.fit(model, sets, run, monitor=monitor, callbacks=[score])
    return trained


# %% tags=["hide-input"]
# @title `baseline_scores`: 학습 앞에 재어 두는 점수
def baseline_scores(
    untrained: TrainedModel, questions: Sequence[Question]
) -> dict[str, float]:
    """가장 비슷한 문장과, 글에서 만든 질문으로만 연습한 모델의 점수."""
    scores = {"sentence": sentence_baseline(questions)}
    backbone = untrained.config.backbone
    if checkpoints.has_head(backbone, type(untrained.model)):
        scores["pretrained_only"] = evaluate(untrained, questions)
    return {
        f"{name}_{metric}": values[metric]
        for name, values in scores.items()
        for metric in METRICS
    }


# %%
def train(config: Config) -> TrainedModel:
    """말뭉치를 읽고, 학습하고, 평가하고, 저장합니다."""
    with runs.Run.begin("ch07", config) as run:
        started = time.monotonic()
        splits = load_examples(run.config)
        model = build_model(run.config, splits)
        untrained = TrainedModel(model, splits.labels, run.config)
        baselines = baseline_scores(untrained, splits.test)
        trained = fit(model, splits, run)
        scores = evaluate(trained, splits.test)
        scores["baselines"] = baselines
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
        "검증: 창의 자리를 맞힌 비율": history["val_accuracy"],
        "검증: 답의 F1": history["val_f1"],
    }
    display.curves(lines, "학습 곡선", "에포크", start=1).show()

# %% [markdown]
# 창의 자리를 맞힌 비율에는 답이 없는 창에서 `[CLS]`를 짚은 것도 들어 있습니다. 학습 초기에 어느 쪽이 더 높은지, 그 뒤에
# 어느 쪽이 더 많이 오르는지 보세요.
#
# 평가 데이터의 답을 기준선과 나란히 채점합니다.

# %%
if __name__ == "__main__":
    baseline = trained.metrics["baselines"]
    names = {"exact_match": "완전 일치", "f1": "F1"}
    panels = {
        title: {
            "가장 비슷한 문장": baseline[f"sentence_{name}"],
            "BERT": trained.metrics[name],
        }
        for name, title in names.items()
    }
    display.bar_panels(panels, "평가 데이터의 점수").show()
    rows = [
        [kind, scores["n"], scores["exact_match"], scores["f1"]]
        for kind, scores in trained.metrics["kinds"].items()
    ]
    columns = ["답의 종류", "질문", "완전 일치", "F1"]
    display.table(columns, rows).show()

# %% [markdown]
# 수량이나 때는 생김새만으로도 후보를 좁힐 수 있지만, 이유는 길고 어디에서 끝나는지가 뚜렷하지 않습니다. F1도 그런 순서인지
# 표에서 보세요.
#
# ## 무엇을 맞히고 무엇을 틀렸나
#
# 평가 데이터에서 맞힌 것과 틀린 것을, 모델이 가장 확신한 것부터 봅니다.

# %%
if __name__ == "__main__":
    answers = predict(trained, [q.texts for q in splits.test])
    order = np.argsort([-a["probability"] for a in answers])
    rows = {1.0: [], 0.0: []}
    for i in order:
        given, right = answers[i], answer_texts([splits.test[i]])[0]
        match = metrics.exact_match(given["answer"], right)
        row = [given["question"], given["answer"], right[0]]
        rows[match].append([*row, given["probability"]])
    columns = ["질문", "모델의 답", "정답", "확률"]
    display.table(columns, rows[1.0][:4]).show()
    display.table(columns, rows[0.0][:4]).show()

# %% [markdown]
# 위의 표가 맞힌 것, 아래가 틀린 것입니다. 틀린 답에서 두 가지를 가려 보세요. 조사까지 짚어 경계만 어긋난 답도 완전
# 일치에서는 틀린 것입니다. 자리가 아예 다른 답이라면 질문이 묻는 종류의 말인지 보세요. 종류가 맞아도, 같은 종류의 말이
# 글에 여럿 있을 때 어느 것인지 가리려면 문장을 이해해야 합니다.
#
# 답을 어떻게 골랐는지, 모델이 가장 확신한 질문에서 들여다봅니다. 모든 창을 합쳐 글의 토큰마다 시작의 확률과 끝의 확률을
# 그립니다. 여러 창에 들어 있는 토큰은 큰 쪽을 그립니다.

# %%
if __name__ == "__main__":
    surest = splits.test[order[0]]
    _, windows, logits = window_logits(trained, [surest.texts])
    probabilities = keras.ops.convert_to_numpy(
        keras.ops.softmax(logits, axis=-1)
    )
    length = max(first + count for first, _, count in windows)
    passage = np.zeros((2, length))
    for window, (first, before, count) in zip(
        probabilities, windows, strict=True
    ):
        part = passage[:, first : first + count]
        np.maximum(part, window[:, before : before + count], out=part)
    lines = {"시작": passage[0], "끝": passage[1]}
    display.curves(lines, surest.question, "글의 토큰").show()

# %% [markdown]
# 가장 높은 자리 둘레를 가까이에서 보고, 이렇게 고른 후보들을 정답과 비교합니다. '답이 없다'는 후보의 확률도 함께 적습니다.

# %%
if __name__ == "__main__":
    tokenizer = trained.model.preprocessor.tokenizer
    tokens = [
        tokenizer.id_to_token(id) for id in tokenizer(surest.context)
    ]
    peak = int(passage.sum(axis=0).argmax())
    part = slice(max(peak - 4, 0), peak + 5)
    display.heatmap(
        passage[:, part], ["시작", "끝"], tokens[part], surest.question
    ).show()
    answer = answers[order[0]]
    rows = [[c["text"], c["probability"]] for c in answer["candidates"]]
    rows.append(["(답이 없다)", answer["no_answer"]])
    display.table(["후보", "확률"], rows).show()
    print("정답:", surest.answers[0].text)

# %% [markdown]
# 덜 확신한 질문에서 글의 후보들의 확률을 더해도 1에 훨씬 못 미친다면, 나머지는 대개 '답이 없다'는 후보의 몫입니다.
#
# ## 정답 없이 연습하기
#
# 질문 몇백 개로는 작은 모델이 답 찾기를 배우지 못합니다. 빈칸 채우기로 사전학습한 모델도 글에서 자리를 짚는 일은
# 처음이기 때문입니다. 그런데 자리를 짚는 연습은 사람이 단 정답 없이도 할 수 있습니다. 한 글의 두 문장에 같은 말이 나오면, 한
# 문장에서 그 말을 `무엇`으로 가리고 다른 문장에 나온 그 말을 찾게 합니다. 반복되는 구간
# 고르기(recurring span selection)라는 업스트림 과제입니다. 램(Ram) 외가 2021년에 내놓은 방법을, 한 번에
# 하나씩 묻는 질문의 꼴로 바꾼 것입니다. 숫자가 든 말은 `얼마`로 가립니다.

# %%
if __name__ == "__main__":
    lines = [
        "이순신은 한산도 앞바다에서 배 73척과 싸웠다.",
        "왜군은 73척 가운데 59척을 잃었다.",
        "한산도 앞바다는 물길이 좁지 않았다.",
    ]
    rows = [
        [q.question, q.answers[0].text, q.context]
        for q in datasets.cloze_questions(lines)
    ]
    display.table(["질문", "답", "글"], rows).show()

# %% [markdown]
# 이 장이 출발한 `bert_mini_ko_spans`는 `bert_mini_ko`를 그런 질문들로 이어서 사전학습한 것입니다. 글은 파이썬,
# 텐서플로, 리액트, 러스트의 설명서와 헌법입니다. 사람이 쓴 질문은 하나도 보지 않았습니다. 그래도 답을 찾는지, 이
# 장에서 배우기 전의 것과 배운 것을 비교해 봅니다.

# %%
if __name__ == "__main__":
    bars = {"가장 비슷한 문장": baseline["sentence_f1"]}
    if "pretrained_only_f1" in baseline:
        bars["연습만 한 모델"] = baseline["pretrained_only_f1"]
    bars["질문으로 배운 모델"] = trained.metrics["f1"]
    display.bars(bars, "평가 데이터의 F1", limit=1.0).show()

# %% [markdown]
# 연습만 한 모델의 점수는 낮습니다. 자리를 짚는 법은 익혔어도 사람이 묻는 방식은 처음 보기 때문입니다. 연습의 효과는
# 파인튜닝한 뒤에 드러납니다.
#
# 처음부터 학습했을 때, `bert_mini_ko`에서 출발했을 때, 연습한 모델에서 출발했을 때의 점수는 사이트의 `결과` 페이지에 있습니다.
# 표본과 KorQuAD에서 시드를 바꾸어 가며 잰 것입니다. 질문이 많을수록 연습의 효과는 줄어들고, 처음부터 학습하면 질문이
# 삼천 개여도 답을 거의 찾지 못합니다. 큰 모델은 훨씬 잘합니다. `kcbert-base`는 KorQuAD 1.0의 질문 6만 개로 학습해 F1
# 0.844, 완전 일치 0.603을 얻었습니다([KcBERT](https://github.com/Beomi/KcBERT)). 평가한 질문이 달라 바로 비교할
# 수는 없습니다.
#
# `--train-file`에 글만 있는 `.txt` 파일(압축한 `.xz`, `.gz`, `.bz2`도 됩니다)을 주면 이렇게 만든 질문으로
# 학습합니다. 그 결과를 `--backbone`으로 주면 백본뿐 아니라 시작과 끝을 고르는 헤드까지 이어받아 파인튜닝을 시작합니다. 글을 짧게
# 잘라야 작은 모델이 빨리 배웁니다(`passage_length`).
#
# ```sh
# kerasnlp-tutorial train ch07 --backbone bert_mini_ko --train-file text.txt \
#   --set dropout=0 --set learning_rate=5e-4 --output runs/spans
# kerasnlp-tutorial train ch07 --backbone runs/spans
# ```
#
# ## 새 글에서 찾기
#
# 저장한 모델을 불러와 처음 보는 글을 주고 묻습니다.

# %%
if __name__ == "__main__":
    loaded = load_trained(trained.path)
    context = "이순신은 1545년 서울에서 태어났다. "
    context += "1592년 한산도 앞바다에서 왜군을 크게 이겼고, "
    context += "1598년 노량에서 숨졌다."
    questions = [
        "이순신은 언제 태어났나?",
        "왜군을 크게 이긴 곳은 어디인가?",
        "이순신이 숨진 곳은 어디인가?",
    ]
    answers = predict(loaded, [(q, context) for q in questions])
    rows = [
        [a["question"], a["answer"], a["probability"]] for a in answers
    ]
    display.table(["질문", "답", "확률"], rows).show()

# %% [markdown]
# 틀린 답이 있다면 후보들을 보세요. 둘째나 셋째 후보에 맞는 답이 있을 때가 많습니다.

# %%
if __name__ == "__main__":
    rows = []
    for answer in answers:
        texts = [c["text"] for c in answer["candidates"]]
        rows.append([answer["question"], " / ".join(texts[:3])])
    display.table(["질문", "후보 셋"], rows).show()

# %% [markdown]
# 다음은 더 어려운 글입니다. 어린이실이 어디에 있는지 물으면 작은 모델은 `도서관`이라고 답하기 쉽습니다. `도서관`이 장소처럼 생겼고 글의 맨
# 앞에 있기 때문입니다. 건물의 어디라는 답은 학습한 질문에 드뭅니다. 여는 때를 물으면 `아침`까지만 짚기도 합니다.

# %%
if __name__ == "__main__":
    hard = "도서관은 아침 아홉 시에 열고, 어린이실은 이 층에 있다."
    pairs = [
        ("도서관은 언제 문을 여나요?", hard),
        ("어린이실은 어디에 있나요?", hard),
    ]
    answers = predict(loaded, pairs)
    rows = [
        [a["question"], a["answer"], a["probability"]] for a in answers
    ]
    display.table(["질문", "답", "확률"], rows).show()

# %% [markdown]
# 명령줄에서는 질문과 글을 차례로 적습니다. 폴더의 이름은 학습을 마쳤을 때 위에 적힌 것으로 바꿉니다. 답, 확률, 질문이 한
# 줄로 나옵니다.
#
# ```sh
# kerasnlp-tutorial predict runs/ch07-1 "언제 쉬나요?" "월요일은 쉬고 화요일에 엽니다."
# ```
#
# ## 나만의 데이터와 모델
#
# **데이터.** 파일은 SQuAD 형식의 JSON이거나, `question`, `context`, `answer` 열이 있는 TSV나 CSV입니다. 답이 글에 한
# 번만 나오면 자리를 적지 않아도 됩니다. 답을 비워 두면 답이 없는 질문이 되고, 그런 질문이 하나라도 있으면 모델은 답이
# 없다고 말할 수도 있게 됩니다.

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
# **모델.** `backbone`에 다른 프리셋의 이름이나 폴더를 줍니다. 책의 모델은 `kcbert-base`입니다. 큰 모델은 학습률을
# `5e-5`쯤으로 낮춥니다.
#
# ```sh
# kerasnlp-tutorial train ch07 --dataset korquad \
#   --backbone kcbert-base --learning-rate 5e-5
# ```
#
# ## 웹 서비스로 열기
#
# 학습한 모델을 브라우저에서 써 봅니다. 글을 붙여 넣고 물으면 답이 있는 자리에 색이 칠해지고, 후보들이 확률과 함께
# 표로 나옵니다.
#
# ```sh
# pip install "kerasnlp-tutorial[demo]"
# kerasnlp-tutorial demo runs/ch07-1
# ```
#
# ![위에서 아래로 이어진다. 브라우저의 두 글상자에 적은 글 '이순신은 1545년 서울에서 태어났다'와 질문 '언제 태어났나?'를 kerasnlp-tutorial demo에 보내면, 토크나이저와 모델을 지나 시작과 끝을 고른 뒤 글이 브라우저로 돌아온다. 1545년에 색이 칠해져 있다.](../docs/images/pictures/question_service.svg)
#
# ## 요약
#
# - 추출식 질의응답은 글의 자리들 가운데 시작 하나와 끝 하나를 고르는 문제입니다.
# - 긴 글은 겹치는 창으로 읽고, 정답이 없는 창에서는 `[CLS]`를 짚게 가르칩니다.
# - 답은 모든 창의 올바른 구간 가운데 점수가 가장 높은 것이고, 원문의 글자를 그대로 잘라 냅니다.
# - 완전 일치와 글자 단위의 F1으로 채점하고, 검증 데이터의 F1으로 에포크를 고릅니다.
# - 반복되는 말을 찾게 하면 정답 없이도 자리 짚기를 연습시킬 수 있습니다.
#
# ## 연습 문제
#
# **1. 창이 하나뿐이라면.** 첫 창만 읽고 답하면 점수가 얼마나 떨어지나요? 정답이 첫 창 밖에 있는 질문의 비율과 비교해
# 보세요.


# %% tags=["solution"]
def outside_first_window(
    preprocessor: BertQuestionAnsweringPreprocessor,
    questions: list[Question],
) -> float:
    """Return the fraction of answers that are not in the first window."""
    texts, contexts = datasets.text_columns(questions)
    spans = answer_spans(questions)
    rows = preprocessor.windows(texts, contexts, spans)
    first = rows["targets"].numpy()[rows["first"].numpy() == 0]
    return float(np.mean(first[:, 0] == 0))


def first_windows(
    preprocessor: BertQuestionAnsweringPreprocessor,
    questions: list[Question],
) -> list[tuple[str, str]]:
    """Return the questions with the part of the passage in the first window."""
    texts, contexts = datasets.text_columns(questions)
    rows = preprocessor.windows(texts, contexts)
    ends = tf.ragged.boolean_mask(rows["ends"], rows["first"] == 0)
    return [
        (q.question, q.context[: max(token_ends, default=0)])
        for q, token_ends in zip(questions, ends.to_list(), strict=True)
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
    outside = outside_first_window(preprocessor, splits.test)
    print(f"정답이 첫 창 밖에 있는 질문 {outside:.0%}")

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
