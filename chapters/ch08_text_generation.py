# %% [markdown]
# # 8장 문장 생성하기
#
# 앞 장들의 모델은 글을 읽고 답을 골랐습니다. 이 장의 모델은 글을 씁니다. GPT는 앞에 나온 토큰들을 보고 다음 토큰의
# 확률을 내는 모델입니다. 그 확률에서 토큰 하나를 골라 뒤에 붙이고, 다시 다음 토큰의 확률을 내는 일을 되풀이하면
# 문장이 됩니다. 그래서 문장 생성에는 문제가 둘 있습니다. 확률을 잘 내는 것과 거기에서 잘 고르는 것입니다.
#
# ## 이 장에서 배우는 것
#
# - GPT를 내 글에 맞게 미세 조정하고, 앞에 붙인 말로 내용을 조종하는 법
# - 퍼플렉시티(perplexity)와 조종 정확도로 생성 모델을 평가하는 법
# - 탐욕 탐색, 빔 탐색, 표집, 그리고 top-k, top-p, 온도: 다음 토큰을 고르는 방법들
# - 같은 말의 되풀이를 막는 방법들

# %%
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import keras
import keras_nlp
import numpy as np
import tensorflow as tf

from kerasnlp_tutorial import (
    datasets,
    display,
    generation,
    metrics,
    registry,
    runs,
    training,
)
from kerasnlp_tutorial import language_models as lm
from kerasnlp_tutorial.checkpoints import load_gpt2
from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.datasets import LabeledText, PromptedText, Splits
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.generation import DecodingOptions, TextGenerator
from kerasnlp_tutorial.runs import TrainedModel
from kerasnlp_tutorial.tokenizers import encode_texts

ch04 = registry.find("ch04").load()

# %% [markdown]
# ## 설정과 말뭉치
#
# 1장과 3장에서 본 `gpt2_mini_ko`에서 출발합니다. 한국어 글로 미리 학습한 작은 GPT-2입니다. 이것을 패키지에 든 짧고 솔직한
# 리뷰(`dataset="plain"`)로 미세 조정합니다. 리뷰 앞에 `긍정`이나 `부정`을 붙여 배우게 하면, 나중에 `긍정`만
# 주었을 때 칭찬하는 리뷰를 이어 씁니다. 앞에 붙인 말이 운전대가 되는 것입니다. 이렇게 모델에게 먼저 주는 말을
# 프롬프트(prompt)라고 합니다.

# %%
INPUT_FIELDS = ("prompt",)
METRICS = ("perplexity", "character_perplexity")
CORPORA = {c.name: c for c in (*datasets.REVIEWS, datasets.CHATBOT)}
# As the book draws: among the likeliest tokens that make up 92 %.
DRAWN = DecodingOptions(top_p=0.92)


@dataclass(frozen=True, kw_only=True)
class Config(TrainingConfig):
    """Settings of text generation."""

    dataset: str = "plain"
    """Corpus: `plain` or `sample`, inside the package, or a published one."""
    backbone: str = "gpt2_mini_ko"
    """A GPT-2: a preset by name or folder, a checkpoint of the hub, or `scratch`."""
    sequence_length: int = 64
    """Most tokens of a text, with its prompt and the token before it."""
    prompt_column: str = "prompt"
    """Header of the prompts, in a table of your own."""
    text_column: str = "text"
    """Header of the texts to write, likewise."""
    separator: str = " "
    """Between a prompt and its text."""
    response_only: bool = False
    """Learn the text alone, not the prompt before it."""
    contrast: float = 0.0
    """Weight of learning which prompt a text belongs to, 0 to 1; 0: not learnt."""
    judged: int = 500
    """Texts of each prompt that a classifier judges after the training; 0: none."""
    classifier: str | None = None
    """Folder of chapter 4's model that judges; None: one trained for it once."""

    def __post_init__(self):
        super().__post_init__()
        expected = f"one of {sorted(CORPORA)}"
        self._require("dataset", self.dataset in CORPORA, expected)
        self._require("contrast", 0 <= self.contrast <= 1, "0 to 1")
        self._require("judged", self.judged >= 0, "0 or more")

    @property
    def mark(self) -> str:
        """What a prompt ends with: a blank belongs to the word after it."""
        return self.separator.rstrip(" ")

    def mark_after(self, prompt: str) -> str:
        """Return what a prompt lacks at its end."""
        return self.mark if prompt and self.mark not in prompt else ""


# %%
def load_examples(config: Config) -> Splits:
    """Read the texts, and hold out a validation set."""
    return datasets.load_splits(
        config,
        partial(read_examples, config),
        lambda examples, where: datasets.prompt_names(examples),
    )


def read_examples(
    config: Config, split: str, labels=None
) -> list[PromptedText]:
    """Read `train` or `test` from the reader's own file or from the corpus."""
    if own_file := getattr(config, f"{split}_file"):
        return datasets.read_prompted_texts(
            own_file, config.prompt_column, config.text_column
        )
    corpus = CORPORA[config.dataset]
    path = corpus.split_path(split, config.data_dir)
    if corpus is datasets.CHATBOT:  # it has no test set of its own
        every = datasets.read_prompted_texts(path, "Q", "A")
        return datasets.hold_out(every, 0.1, seed=0)[split == "test"]
    reviews = datasets.read_nsmc(path)
    return [PromptedText(r.label, r.text) for r in reviews if r.text]


# %% [markdown]
# `Config()`를 `Config.quick(judged=0)`으로 바꾸면 아주 작은 모델로 몇 초 만에 훑어볼 수 있습니다. 글다운 글은 나오지
# 않습니다.

# %%
if __name__ == "__main__":
    config = Config()
    splits = load_examples(config)
    for example in splits.train[:4]:
        print(example.prompt + config.separator + example.text)

# %% [markdown]
# ## 다음 토큰을 맞히는 문제로
#
# 글의 앞과 뒤에 끝 토큰 `<|endoftext|>`를 붙입니다. 앞의 것은 글이 시작되었음을, 뒤의 것은 여기에서 끝내야 함을
# 가르칩니다. 뒤의 것이 없으면 모델은 멈출 줄 모릅니다. 입력은 토큰의 줄에서 마지막 하나를 뺀 것이고, 정답은 그 줄을 한 칸 앞당긴
# 것입니다. 길이가 다른 글을 묶느라 채운 빈자리는 손실에서 뺍니다.


# %%
def encode_examples(examples: list[PromptedText], tokenizer, config):
    """Return ids of prompts with their texts, and where each text begins.

    Returns:
        Ids, a list for each example, with the end token before and after, and
        the number of tokens before each text.
    """
    end = [tokenizer.end_token_id]
    blank = config.separator[len(config.mark) :]
    before = encode_texts(
        tokenizer,
        [e.prompt and e.prompt + config.mark for e in examples],
    )
    after = encode_texts(
        tokenizer, [blank * bool(e.prompt) + e.text for e in examples]
    )
    rows = [
        (end + a + b + end)[: config.sequence_length + 1]
        for a, b in zip(before, after, strict=True)
    ]
    return rows, [1 + len(a) for a in before]


def learnt_tokens(rows, starts, config: Config) -> list[np.ndarray]:
    """Return for each text 1 where a token is learnt, else 0; float32."""
    return [
        (np.arange(1, len(row)) >= start * config.response_only).astype(
            "float32"
        )
        for row, start in zip(rows, starts, strict=True)
    ]


def make_dataset(
    examples, model, labels, config: Config, *, training_set=False
) -> tf.data.Dataset:
    """Encode examples once and batch them by length."""
    tokenizer = model.preprocessor.tokenizer
    rows, starts = encode_examples(examples, tokenizer, config)
    features = {
        "token_ids": [row[:-1] for row in rows],
        "targets": [row[1:] for row in rows],
        "sample_weight": learnt_tokens(rows, starts, config),
    }
    return training.length_grouped_dataset(
        {name: tf.ragged.constant(v) for name, v in features.items()},
        None,
        config.batch_size,
        pad_token_id=tokenizer.pad_token_id,
        shuffle_seed=config.seed if training_set else None,
    )


# %% [markdown]
# ## 모델
#
# 모델은 GPT-2의 디코더 위에 출력층을 얹은 것입니다. 출력층의 가중치는 따로 두지 않고 토큰 임베딩 행렬을 전치해 다시 씁니다(weight
# tying). 출력은 자리마다 어휘 집합의 모든 토큰에 매긴 로짓입니다. 한 자리의 과제만 보면 4장의 분류와 같고, 범주가 토큰의 수만큼 많을 뿐입니다.
#
# 아래 표에서 `<ea b8>`처럼 적은 것은 글자의 조각입니다. GPT-2의 토크나이저는 글자가 아니라 바이트에서 출발합니다. 한글 한
# 글자는 UTF-8로 세 바이트이고, 자주 나오지 않는 글자는 토큰 여럿으로 쪼개집니다(2장). 손실에서의 무게가 0인 줄은 빈자리입니다.


# %%
def build_model(
    config: Config, splits: Splits
) -> keras_nlp.models.GPT2CausalLM:
    """Build the language model that the config names, and compile it."""
    keras.utils.set_random_seed(config.seed)
    texts = [f"{e.prompt} {e.text}" for e in splits.train]
    backbone, tokenizer = load_gpt2(config, texts)
    model = keras_nlp.models.GPT2CausalLM(
        backbone,
        keras_nlp.models.GPT2CausalLMPreprocessor(
            tokenizer, sequence_length=config.sequence_length
        ),
    )
    model.compile(
        optimizer=training.adamw(
            config.learning_rate, config.weight_decay
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        ),
        weighted_metrics=[
            keras_nlp.metrics.Perplexity(from_logits=True)
        ],
        jit_compile=False,  # batches have many shapes
    )
    return model


# %%
if __name__ == "__main__":
    model = build_model(config, splits)
    by_length = sorted(
        splits.train, key=lambda e: (e.prompt, len(e.text))
    )
    short = by_length[20:22]
    dataset = make_dataset(short, model, splits.labels, config)
    x, targets, weights = next(iter(dataset))
    tokenizer = model.preprocessor.tokenizer
    columns = (x["token_ids"][0], targets[0], weights[0])
    rows = [
        [
            lm.token_text(tokenizer, int(now)),
            lm.token_text(tokenizer, int(following)),
            float(weight),
        ]
        for now, following, weight in zip(*columns, strict=True)
    ]
    display.table(
        ["지금 토큰", "맞힐 토큰", "손실에서의 무게"], rows
    ).show()

# %% [markdown]
# ## 생성 모델을 평가하는 법
#
# **퍼플렉시티**(perplexity)는 정답 토큰에 준 확률의 기하 평균의 역수입니다. 10이라면 열 개 가운데 하나를 찍는 만큼
# 헷갈렸다는 뜻이고, 작을수록 좋습니다. 토큰마다의 손실(크로스 엔트로피)을 평균해 지수 함수 $\exp$에 넣으면 이 값입니다. 어휘
# 집합이 다르면 한 토큰을 맞히는 어려움도 다릅니다. 그래서 그런 모델끼리는 손실의 합을 토큰 수 대신 글자 수로 나누어 구한,
# 글자마다의 퍼플렉시티로 견줍니다.


# %%
def evaluate(
    trained: TrainedModel, examples: list[PromptedText]
) -> dict:
    """Return perplexity per token and per character."""
    model, config = trained.model, trained.config
    tokenizer = model.preprocessor.tokenizer
    rows, starts = encode_examples(examples, tokenizer, config)
    learnt = learnt_tokens(rows, starts, config)
    end = tokenizer.end_token_id  # what was cut has none: left out
    kept = [i for i, row in enumerate(rows) if row[-1] == end]
    if not kept:
        raise InputError(
            f"every text is longer than {config.sequence_length} tokens"
        )
    scores = lm.token_log_probabilities(
        model, [rows[i] for i in kept], config.batch_size
    )
    surprise = tokens = characters = 0.0
    for i, score in zip(kept, scores, strict=True):
        surprise -= float(score @ learnt[i])
        tokens += float(learnt[i].sum())
        # The end counts as a character: it has to be found as well.
        characters += len(examples[i].text) + 1
        if examples[i].prompt and not config.response_only:
            characters += len(examples[i].prompt + config.separator)
    return {
        "perplexity": float(np.exp(surprise / tokens)),
        "character_perplexity": float(np.exp(surprise / characters)),
        "n": len(kept),
    }


# %% [markdown]
# 퍼플렉시티가 낮다고 시킨 대로 쓴다는 뜻은 아닙니다. `긍정`을 주고 쓰게 한 글은 정말 긍정일까요? 4장의 분류기에게
# 물어봅니다. 분류기의 답이 우리가 준 말과 같은 비율이 **조종 정확도**(control accuracy)입니다. 분류기도 틀리므로, 평가
# 데이터의 리뷰에서 그 분류기가 얼마나 맞는지 나란히 봅니다. 분류기는 패키지에 든 리뷰로 한 번 학습해 둔 것입니다. 내려받은
# 말뭉치로 글을 배웠을 때에도 그렇습니다. 그 말뭉치로 학습한 4장의 모델이 있으면 `classifier`에 그 폴더를 줍니다.


# %%
def find_judge(config: Config, labels) -> TrainedModel | None:
    """Return a classifier of texts with these prompts; None if there is none."""
    if config.classifier:
        classifier = runs.load(config.classifier)
    elif config.dataset in ch04.CORPORA and not config.train_file:
        inside = ch04.CORPORA[config.dataset].folder is not None
        name = config.dataset if inside else datasets.PLAIN_SAMPLE.name
        classifier = runs.trained_once("ch04", name)
    else:
        return None
    if classifier.labels != labels:
        raise InputError(
            f"the classifier knows {classifier.labels}, the prompts are {labels}"
        )
    return classifier


def judge(trained: TrainedModel, classifier, examples) -> dict:
    """Let a classifier judge new texts, and real ones beside them."""
    most, written = trained.config.judged, []
    for label in trained.labels:
        texts = []
        for seed in range(-(-most // 64)):
            texts += write(trained, [label] * 64, DRAWN, seed)
        written += [LabeledText(t.strip(), label) for t in texts[:most]]
    real = [LabeledText(e.text, e.prompt) for e in examples]
    control, real = (
        ch04.evaluate(classifier, texts)["accuracy"]
        for texts in (written, real)
    )
    return {"control_accuracy": control, "classifier_accuracy": real}


def write(trained, prompts, options, seed: int) -> list[str]:
    """Return what follows prompts and the mark between prompt and text."""
    prompts = [p + trained.config.mark_after(p) for p in prompts]
    return TextGenerator.cached(trained.model, options)(prompts, seed)


# %% [markdown]
# ## 학습
#
# 학습은 4장과 같은 `fit`입니다. 가장 좋은 에포크는 검증 데이터의 손실로 고릅니다.
#
# 프롬프트를 더 잘 따르게 하려면 `contrast`를 0보다 크게 줍니다. 같은 글을 다른 프롬프트 뒤에도 놓아 보고, 제 프롬프트 뒤에서 더
# 그럴듯해야 손실이 작아집니다(Krause 외, 2021). 다음 토큰만 맞힐 때보다 프롬프트를 흘려 버리기 어렵습니다. NSMC 리뷰
# 30,000개로 가르쳐 재니 `contrast=0.1`이면 조종 정확도가 0.747에서 0.905로 오르고, 퍼플렉시티는 79.8에서 82.8로 조금
# 나빠졌습니다. 글마다 두 번 계산하므로 두 배쯤 오래 걸립니다. 표와 명령은 저장소의 `README`에 있습니다.


# %%
def train(config: Config) -> TrainedModel:
    """Read the texts, fine-tune on them, and measure before and after."""
    with runs.Run.begin("ch08", config) as run:
        started, config = time.monotonic(), run.config
        splits = load_examples(config)
        classifier = config.judged and find_judge(config, splits.labels)
        model = build_model(config, splits)
        trained = TrainedModel(model, splits.labels, config)
        old = evaluate(trained, splits.test)
        parts = [
            make_dataset(
                part, model, splits.labels, config, training_set=i == 0
            )
            for i, part in enumerate((splits.train, splits.validation))
        ]
        if config.contrast:
            prompts = [prompt + config.mark for prompt in splits.labels]
            parts = generation.contrast_prompts(
                model, parts, prompts, config.contrast, config.seed
            )
        ch04.fit(model, *parts, run, monitor="val_loss")
        scores = evaluate(trained, splits.test)
        scores["baselines"] = {f"{m}_before": old[m] for m in METRICS}
        if classifier:
            scores |= judge(trained, classifier, splits.test)
        short = [e.prompt for e in splits.test if len(e.prompt) < 40]
        prompts = splits.labels or short[:3]
        scores["samples"] = {
            f"{i + 1} {answer['prompt']}": answer["text"]
            for i, answer in enumerate(predict(trained, [*prompts] * 3))
        }
        scores["seconds"] = round(time.monotonic() - started, 1)
        return run.finish(model, splits.labels, scores)


def predict(
    trained: TrainedModel,
    prompts: list[str],
    options: DecodingOptions = DRAWN,
) -> list[dict]:
    """Continue prompts; `prompt` and `text`, what follows, of each."""
    texts = write(trained, prompts, options, trained.config.seed)
    return [
        {"prompt": prompt, "text": text}
        for prompt, text in zip(prompts, texts, strict=True)
    ]


def format_answer(answer: dict) -> str:
    """Return an answer as a line for a terminal."""
    return answer["prompt"] + answer["text"]


# %%
if __name__ == "__main__":
    trained = train(config)
    print(f"{trained.metrics['seconds']:.0f}초, {trained.path}")
    before = trained.metrics["baselines"]
    uniform = float(model.preprocessor.tokenizer.vocabulary_size())
    rows = [["아무 토큰이나 찍으면", uniform, uniform]]
    rows += [
        [title, before[f"{name}_before"], trained.metrics[name]]
        for title, name in (
            ("토큰마다", "perplexity"),
            ("글자마다", "character_perplexity"),
        )
    ]
    texts_only = replace(config, response_only=True)
    scores = [
        evaluate(
            TrainedModel(m, splits.labels, texts_only), splits.test
        )
        for m in (model, trained.model)  # before and after
    ]
    rows.append(
        ["프롬프트를 빼고 토큰마다", *(x["perplexity"] for x in scores)]
    )
    columns = ["퍼플렉시티", "학습 전", "학습 후"]
    display.table(columns, rows).show()

# %% [markdown]
# 프롬프트는 글마다 나오므로, 글이 긍정이나 부정으로 시작한다는 것만 배워도 퍼플렉시티가 크게 내려갑니다. 리뷰 자체를 얼마나 잘 맞히게 되었는지는
# 프롬프트를 빼고 잰 마지막 줄에 있습니다.
#
# 글을 몇 편 써 봅니다. 잘된 것만 추리지 않고 처음 나온 그대로 보입니다. 다음 토큰은 아래에서 설명하는 top-p 0.92로 뽑습니다.

# %%
if __name__ == "__main__":
    answers = predict(trained, [*splits.labels] * 4)
    rows = [[answer["prompt"], answer["text"]] for answer in answers]
    display.table(["프롬프트", "이어 쓴 글"], rows).show()
    if "control_accuracy" in trained.metrics:
        bars = {
            "평가 데이터의 리뷰": trained.metrics[
                "classifier_accuracy"
            ],
            "모델이 쓴 리뷰": trained.metrics["control_accuracy"],
        }
        display.bars(
            bars, "4장 분류기의 답이 프롬프트와 같은 비율", limit=1.0
        ).show()

# %% [markdown]
# 프롬프트를 따르지 않는 모델이라면 이 비율이 0.5쯤입니다. 모델이 쓴 리뷰의 비율이 평가 데이터의 리뷰보다 낮다면, 시킨 것과 반대로
# 쓴 글도 있고 앞뒤가 맞지 않아 분류기가 헷갈린 글도 있기 때문입니다. 거꾸로, 학습한 리뷰를 그대로 옮겨 적어도 이 비율은 높아집니다.
# 그런 글이 얼마나 되는지 함께 셉니다.
#
# 작은 모델이라 말이 이어지지 않는 글도 많습니다. 그래도 긍정과 부정에 따라 쓰는 말이 달라지는지, 한쪽에 훨씬 자주 나오는 어절을
# 세어 봅니다.

# %%
if __name__ == "__main__":
    counts, copied = {}, []
    known = {example.text for example in splits.train}
    for label in splits.labels:
        written = predict(trained, [label] * 200)
        copied += [a["text"].strip() in known for a in written]
        counts[label] = Counter(
            word for a in written for word in a["text"].split()
        )
    print(f"학습한 리뷰와 똑같은 글 {np.mean(copied):.1%}")
    rows = []
    for label in splits.labels:
        others = (counts[x] for x in splits.labels if x != label)
        other = sum(others, Counter())
        telling = {w: n - other[w] for w, n in counts[label].items()}
        best = sorted(telling, key=telling.get, reverse=True)[:8]
        rows.append([label, " ".join(best)])
    display.table(["프롬프트", "더 자주 쓴 어절"], rows).show()

# %% [markdown]
# ## 다음 토큰 고르기
#
# 모델이 내놓는 것은 글이 아니라, 어휘 집합의 토큰 하나하나가 다음에 올 확률입니다. 이 확률에서 토큰을 골라 글을 만드는 일을
# 디코딩(decoding)이라고 합니다. 고르는 법은 `DecodingOptions`에 적습니다.

# %%
if __name__ == "__main__":
    prompt = "긍정 배우들 연기가"
    shares = lm.next_tokens(trained.model, prompt, best=10)
    display.bars(shares, f"'{prompt}' 다음 토큰의 확률").show()

# %% [markdown]
# 이 가운데 무엇을 고를까요?
#
# - **탐욕 탐색**(greedy search): 늘 가장 그럴듯한 것을 고릅니다.
# - **빔 탐색**(beam search): 그럴듯한 글 몇 개를 함께 키우다가, 확률의 곱이 가장 큰 것을 고릅니다. 지금은 덜
#   그럴듯해도 뒤가 좋으면 살아남습니다.
# - **표집**(sampling): 확률대로 뽑습니다. 같은 말로 시작해도 뽑을 때마다 다른 글이 됩니다. 난수의 시드가 같으면 같은 글입니다.
#
# 앞의 둘은 늘 같은 글을 냅니다. 그리고 흔한 말로 흐르거나 같은 말을 되풀이하기 쉽습니다.

# %%
if __name__ == "__main__":
    ways = {
        "탐욕": DecodingOptions(max_new_tokens=30),
        "빔 3": DecodingOptions(beams=3, max_new_tokens=30),
        "표집": DecodingOptions(temperature=1.0, max_new_tokens=30),
    }
    rows = [
        [name, answer["text"]]
        for name, options in ways.items()
        for answer in predict(trained, [prompt] * 3, options)
    ]
    display.table(["고르는 법", prompt], rows).show()

# %% [markdown]
# 확률대로 뽑으면 확률이 낮은 토큰도 가끔 뽑히고, 한번 엉뚱한 말이 나오면 뒤가 줄줄이 엉뚱해집니다. 그래서 뽑기 전에
# 확률을 손봅니다.
#
# - **top-k 표집**(top-k sampling): 가장 그럴듯한 $k$개만 남깁니다.
# - **top-p**: 그럴듯한 것부터, 확률의 합이 $p$가 될 때까지만 남깁니다. 확실한 자리에서는 몇 개만, 애매한 자리에서는
#   여러 개가 남습니다. 뉴클리어스 표집(nucleus sampling)이라고도 합니다.
# - **온도**(temperature): 로짓을 온도로 나눕니다. 1보다 낮으면 확률이 그럴듯한 토큰에 더 몰리고, 높으면 여러 토큰에 고르게
#   퍼집니다.
# - **반복 벌점**(repetition penalty): 이미 나온 토큰의 로짓을 깎습니다. 로짓이 양수이면 벌점으로 나누고 음수이면
#   곱합니다.
#
# top-k와 top-p가 버린 토큰의 확률은 0이 되고, 남은 것의 확률은 합이 1이 되도록 함께 커집니다. 어떤 토큰이 나오지 못하게 아예
# 막을 때에도 그렇습니다(아래 '되풀이 막기'). 같은 자리의 확률이 어떻게 바뀌는지 직접 계산해 봅니다.


# %%
def adjusted(
    logits: np.ndarray,
    top_k: int | None = None,
    top_p: float | None = None,
    temperature: float = 1.0,
    repetition_penalty: float = 1.0,
    seen: Sequence[int] = (),
    blocked: Sequence[int] = (),
) -> np.ndarray:
    """Return the probabilities from which a token is drawn.

    Args:
        logits: of all tokens, (vocabulary,).
        top_k: as in `DecodingOptions`, like the following three.
        seen: ids of the text so far, which the penalty is for.
        blocked: ids of tokens that must not come.
    """
    logits = np.array(logits, "float64")
    for token in set(seen):
        sign = -1 if logits[token] > 0 else 1
        logits[token] *= repetition_penalty**sign
    logits[list(blocked)] = -np.inf
    shares = np.exp((logits - logits.max()) / temperature)
    shares /= shares.sum()
    order = np.argsort(-shares, kind="stable")
    if top_k:
        shares[order[top_k:]] = 0
    if top_p:
        before = np.cumsum(shares[order]) - shares[order]
        shares[order[before >= top_p]] = 0
    return shares / shares.sum()


# %%
if __name__ == "__main__":
    tokenizer = trained.model.preprocessor.tokenizer
    ids = np.array(
        [[tokenizer.end_token_id, *tokenizer(prompt)]], "int32"
    )
    inputs = {"token_ids": ids, "padding_mask": np.ones_like(ids)}
    logits = np.array(trained.model(inputs))[0, -1]
    likeliest = np.argsort(-logits)[:8]
    names = [lm.token_text(tokenizer, int(i)) for i in likeliest]
    second = [int(likeliest[1])]
    for title, options in {
        "그대로": {},
        "top-k 3": {"top_k": 3},
        "top-p 0.5": {"top_p": 0.5},
        "온도 0.5": {"temperature": 0.5},
        "온도 2": {"temperature": 2.0},
        "둘째 것이 이미 나왔고 벌점 1.5": {
            "repetition_penalty": 1.5,
            "seen": second,
        },
        "첫째 것을 막았을 때": {"blocked": [int(likeliest[0])]},
    }.items():
        changed = adjusted(logits, **options)[likeliest]
        bars = dict(zip(names, changed.tolist(), strict=True))
        display.bars(bars, title, limit=1.0).show()

# %% [markdown]
# 방법들은 서로 이어져 있습니다. 빔이 하나면 그것이 탐욕 탐색이고, $k$가 1이어도, $p$나 온도가 0에 가까워도 탐욕 탐색입니다.

# %%
if __name__ == "__main__":
    greedy = predict(trained, [prompt], DecodingOptions())[0]["text"]
    for name, options in {
        "k = 1": DecodingOptions(top_k=1),
        "p → 0": DecodingOptions(top_p=1e-6),
        "온도 → 0": DecodingOptions(temperature=1e-4),
    }.items():
        text = predict(trained, [prompt], options)[0]["text"]
        print(name, text == greedy)

# %% [markdown]
# 거꾸로, 아무것도 바꾸지 않는 값도 있습니다. $k$는 어휘 집합의 크기, $p$와 온도와 벌점은 1입니다.

# %%
if __name__ == "__main__":
    plain = adjusted(logits)
    for name, options in {
        "k = 어휘 집합의 크기": {"top_k": len(logits)},
        "p = 1": {"top_p": 1.0},
        "온도 = 1": {"temperature": 1.0},
        "벌점 = 1": {"repetition_penalty": 1.0, "seen": second},
    }.items():
        print(name, np.allclose(adjusted(logits, **options), plain))

# %% [markdown]
# ## 되풀이 막기
#
# 탐욕 탐색으로 길게 쓰게 하면 같은 말을 맴돕니다. 막는 방법은 둘입니다.
#
# - **반복 벌점**: 위에서 본 대로입니다.
# - **엔그램 막기**(no-repeat n-gram): 이어진 토큰 $n$개(엔그램)가 한 번 나왔으면 똑같은 것이 다시 나오지
#   못하게 합니다.
#
# 글의 첫머리에 끝 토큰이 있어서 벌점은 끝 토큰에도 매겨집니다. 그래서 벌점이 크면 글이 잘 끝나지 않습니다.
#
# 길이도 정합니다. `min_new_tokens`만큼 쓰기 전에는 끝 토큰을 막고, `max_new_tokens`만큼 쓰면 끝 토큰만 남기고 모두 막습니다. 다
# 쓴 글 뒤에 올 토큰의 확률로 봅니다.

# %%
if __name__ == "__main__":
    end = tokenizer.end_token_id
    done = prompt + greedy
    ids = np.array([[end, *tokenizer(done)]], "int32")
    ids = ids[:, : lm.longest(trained.model)]
    inputs = {"token_ids": ids, "padding_mask": np.ones_like(ids)}
    last = np.array(trained.model(inputs))[0, -1]
    best = [int(i) for i in np.argsort(-last)[:5]]
    print(done)
    for title, blocked in {
        "그대로": [],
        "min_new_tokens만큼 쓰기 전": [end],
        "max_new_tokens만큼 쓴 뒤": np.delete(range(len(last)), end),
    }.items():
        shares = adjusted(last, blocked=blocked)
        bars = {lm.token_text(tokenizer, i): shares[i] for i in best}
        display.bars(bars, title, limit=1.0).show()

# %% [markdown]
# 할 말이 끝났는데도 쓰게 하면 더 맴돕니다. 여러 가지를 함께 쓰면 반복 벌점, 엔그램 막기, 길이, 온도, top-k, top-p의 차례로
# 적용합니다. top-p는 top-k로 자르기 전의 확률로 셉니다. transformers는 자른 뒤의 확률로 세므로 둘을 함께 쓰면 남는 토큰이 다를 수
# 있습니다.
#
# 반복 벌점과 엔그램 막기와 `min_new_tokens`는 KerasNLP에 없습니다. 그래서 KerasNLP에서 다음 토큰을 고르는 객체(sampler)를
# 감싸, 고르기 전에 로짓을 고치는 `ControlledSampler`를 만들어 두었습니다. `DecodingOptions`가 안에서 이것을 씁니다.

# %%
if __name__ == "__main__":
    ways = {
        "탐욕": {},
        "반복 벌점 1.5": {"repetition_penalty": 1.5},
        "엔그램 막기 3": {"no_repeat_ngram": 3},
        "둘 다": {"repetition_penalty": 1.5, "no_repeat_ngram": 3},
    }
    rows = []
    for name, options in ways.items():
        options = DecodingOptions(
            **options, min_new_tokens=40, max_new_tokens=50
        )
        text = predict(trained, [prompt], options)[0]["text"]
        rows.append([name, text, metrics.repeated([text])])
    columns = ["고르는 법", prompt, "되풀이된 어절의 비율"]
    display.table(columns, rows).show()

# %% [markdown]
# ## 다양함과 온도
#
# 온도가 낮으면 글이 서로 닮고, 높으면 다양하지만 말이 안 됩니다. 이어진 두 어절(바이그램) 가운데 서로 다른 것의
# 비율(distinct-2)로 다양함을, 한 글 안에서 앞에 나온 어절이 다시 나온 비율로 되풀이를 잽니다.

# %%
if __name__ == "__main__":
    temperatures = [0.1, 0.4, 0.7, 1.0, 1.3, 1.6]
    lines, rows = {"다양함 (distinct-2)": [], "되풀이": []}, []
    for temperature in temperatures:
        lengths = {"min_new_tokens": 20, "max_new_tokens": 40}
        options = DecodingOptions(temperature=temperature, **lengths)
        answers = predict(trained, [*splits.labels] * 32, options)
        texts = [answer["text"] for answer in answers]
        lines["다양함 (distinct-2)"].append(metrics.distinct(texts, 2))
        lines["되풀이"].append(metrics.repeated(texts))
        if temperature in (0.1, 1.0, 1.6):
            rows.append([temperature, texts[0]])
    marks = [str(t) for t in temperatures]
    display.curves(lines, "온도와 다양함", "온도", names=marks).show()
    display.table(["온도", "쓴 글"], rows).show()

# %% [markdown]
# ## 한 토큰씩, 빠르게
#
# 토큰 하나를 더할 때마다 앞의 글을 모두 다시 계산할 필요는 없습니다. GPT는 뒤를 보지 않으므로, 새 토큰이 붙어도 앞 토큰들의 키와
# 밸류는 바뀌지 않습니다. 그것을 남겨 두면 새 토큰만 계산하면 됩니다. 이것을 키-밸류 캐시(key-value cache)라고 합니다. 글 하나로 두
# 가지를 견주어 봅니다. 시간은 미리 한 번 불러 둔 다음에 다섯 번 잰 것의 중앙값입니다.

# %%
if __name__ == "__main__":
    backbone = trained.model.backbone
    length, heads = config.sequence_length, backbone.num_heads
    ids = np.array([tokenizer("영화가 " * length)[:length]], "int32")
    size = backbone.hidden_dim // heads
    shape = (1, backbone.num_layers, 2, length, heads, size)
    _, _, cache = trained.model.call_with_cache(
        ids[:, :-1], np.zeros(shape, "float32"), 0
    )
    inputs = {"token_ids": ids, "padding_mask": np.ones_like(ids)}
    step = tf.function(trained.model.call_with_cache)
    whole = tf.function(trained.model)
    ways = {
        "캐시로": lambda: step(ids[:, -1:], cache, length - 1)[0],
        "처음부터": lambda: whole(inputs),
    }
    first = [way()[0, -1] for way in ways.values()]
    print(f"로짓의 차이 {np.abs(first[0] - first[1]).max():.1e}")
    for name, way in ways.items():
        seconds = []
        for _ in range(5):
            started = time.monotonic()
            way()
            seconds.append(time.monotonic() - started)
        print(f"{name} {1000 * np.median(seconds):.1f} ms")

# %% [markdown]
# 빠르게 하는 방법이 하나 더 있습니다. 처음 부를 때 계산 전체를 실행하기 좋은 모양으로 바꾸어 둡니다. 이것을 컴파일(compile)이라고
# 합니다. 다음부터는 그것을 다시 쓰므로 처음만 오래 걸립니다. 프롬프트의 길이가 조금 달라졌다고 다시 컴파일하지 않도록, 빈자리를 채워
# 길이를 64, 128, 256처럼 두 배씩 커지는 수로 맞춥니다.

# %%
if __name__ == "__main__":
    generate = TextGenerator(trained.model, DRAWN)
    for text in (prompt, prompt, "부정 내용이 너무"):
        started = time.monotonic()
        generate([text], seed=7)
        print(f"{text}: {time.monotonic() - started:.2f}초")

# %% [markdown]
# 만들어지는 대로 보여 줄 수도 있습니다. 토큰이 글자 중간에서 끊길 때가 있으므로, `stream`은 글자가 다 모였을 때만 내보냅니다.

# %%
if __name__ == "__main__":
    for piece in generate.stream(prompt, seed=7):
        print(piece, end="|", flush=True)

# %% [markdown]
# 할 수 없는 일을 시키면 무엇이 잘못인지 말합니다.

# %%
if __name__ == "__main__":
    for options in ({"top_p": 1.5}, {"beams": 3, "top_k": 5}):
        try:
            DecodingOptions(**options)
        except InputError as error:
            print(error)

# %% [markdown]
# 명령줄에서는 이렇게 씁니다.
#
# ```sh
# kerasnlp-tutorial predict runs/ch08-1 긍정 부정
# kerasnlp-tutorial generate runs/ch08-1 --prompt "긍정 배우들" \
#   --top-p 0.92 --repetition-penalty 1.2 --n 3
# kerasnlp-tutorial generate gpt2_mini_ko --prompt "티끌 모아"
# ```
#
# `generate`는 프롬프트를 적은 그대로 잇습니다. 그래서 `separator`를 `" → "`로 학습했다면 화살표까지 적어야 합니다. `predict`는
# 알아서 붙입니다.
#
# ## 나만의 데이터와 모델
#
# **데이터.** 줄마다 글이 하나씩 든 텍스트 파일이면 그 글의 말투를 배웁니다. 프롬프트가 있는 글은 열 이름이 있는
# TSV나 CSV로 줍니다. 질문과 대답의 짝이면 챗봇이 됩니다. 질문까지 흉내 낼 필요는 없으므로, 대답에서만 손실을 잽니다
# (`response_only`).

# %%
if __name__ == "__main__":
    talks = [
        ("오늘 너무 피곤해", "일찍 주무세요."),
        ("배고프다", "뭐라도 챙겨 드세요."),
        ("시험 망쳤어", "다음에는 잘 보실 거예요."),
        ("주말에 뭐 하지?", "가까운 데라도 다녀오세요."),
    ]
    with open("talks.tsv", "w", encoding="utf-8") as file:
        file.write("질문\t대답\n")
        file.writelines(f"{a}\t{b}\n" for a, b in talks)
    own = Config(
        train_file="talks.tsv",
        prompt_column="질문",
        text_column="대답",
        separator=" → ",
        response_only=True,
    )
    own_splits = load_examples(own)
    own_set = make_dataset(own_splits.train[:1], model, (), own)
    x, targets, weights = next(iter(own_set))
    rows = [
        [lm.token_text(tokenizer, int(token)), float(weight)]
        for token, weight in zip(targets[0], weights[0], strict=True)
    ]
    display.table(["맞힐 토큰", "손실에서의 무게"], rows).show()

# %% [markdown]
# `dataset="chatbot"`은 공개된 한국어 챗봇 데이터(질문과 대답 만여 쌍)를 내려받아 씁니다. 이미 받아 둔 `ChatbotData.csv`가
# 있으면 그 폴더를 `data_dir`로 줍니다.
#
# ```sh
# kerasnlp-tutorial train ch08 --dataset chatbot --set response_only=true \
#   --set "separator= → "
# kerasnlp-tutorial train ch08 --train-file diary.txt
# ```
#
# **모델.** 『Do it! BERT와 GPT로 배우는 자연어 처리』에서 쓰는 모델로 바꾸려면 `backbone="kogpt2-base-v2"`라고 적습니다. 학습률은
# `5e-5`쯤으로 낮춥니다. 가중치의 수가 `gpt2_mini_ko`의 스무 배가 넘으므로 GPU에서 학습하세요.
#
# ## 요약
#
# - 언어 모델은 다음 토큰의 확률을 내고, 글은 거기에서 하나씩 골라 이은 것입니다.
# - 앞뒤에 끝 토큰을 붙여 가르쳐야 시작하고 멈출 줄 압니다. 빈자리는 손실에서 뺍니다.
# - 프롬프트로 꼬리표를 주며 미세 조정하면 그 꼬리표로 내용을 조종할 수 있습니다.
# - 확률은 퍼플렉시티로, 시킨 대로 쓰는지는 조종 정확도로 잽니다.
# - 탐욕과 빔은 늘 같은 글을 내고, 표집은 다양합니다. top-k, top-p, 온도는 뽑기 전에 확률을 손봅니다.
# - 반복 벌점과 엔그램 막기는 같은 말을 되풀이하지 않게 합니다.
# - 키-밸류 캐시가 있으면 토큰을 더할 때 새 토큰만 계산하면 됩니다.
#
# ## 연습 문제
#
# **1. 생성 모델로 분류하기.** 리뷰 앞에 `긍정`을 붙였을 때와 `부정`을 붙였을 때, 리뷰의 확률이 어느 쪽에서 더 높은지
# 비교하면 분류가 됩니다. 정확도를 재고 4장의 분류기와 견주어 보세요.


# %% tags=["solution"]
def likelier_prompts(
    trained: TrainedModel, texts: list[str]
) -> list[str]:
    """Return for each text the prompt after which it is the likeliest."""
    config = trained.config
    tokenizer = trained.model.preprocessor.tokenizer
    columns = []
    for prompt in trained.labels:
        rows, starts = encode_examples(
            [PromptedText(prompt, text) for text in texts],
            tokenizer,
            config,
        )
        scores = lm.token_log_probabilities(trained.model, rows)
        columns.append(
            [
                float(score[start - 1 :].sum())
                for score, start in zip(scores, starts, strict=True)
            ]
        )
    best = np.argmax(columns, axis=0)
    return [trained.labels[i] for i in best]


# %% tags=["solution"]
if __name__ == "__main__":
    guesses = likelier_prompts(trained, [e.text for e in splits.test])
    right = [
        guess == e.prompt
        for guess, e in zip(guesses, splits.test, strict=True)
    ]
    scores = {"생성 모델": float(np.mean(right))}
    if "classifier_accuracy" in trained.metrics:
        scores["4장의 분류기"] = trained.metrics["classifier_accuracy"]
    display.bars(scores, "정확도", limit=1.0).show()

# %% [markdown]
# **2. 빔은 더 그럴듯한가.** 빔의 수를 늘리면 글 전체의 확률이 정말 높아지나요? 탐욕, 빔 3, 빔 8로 쓴 글의 로그 확률을
# 재 보세요. 그리고 읽어 보세요. 더 그럴듯한 글이 더 재미있는 글인가요? transformers는 로그 확률의 합을 길이로 나눈 값으로
# 고르므로 더 긴 글을 고를 수 있습니다. 그 값도 함께 재 보세요.

# %% tags=["solution"]
if __name__ == "__main__":
    rows = []
    for beams in (1, 3, 8):
        # Long enough to end: what is cut has no end token.
        options = DecodingOptions(beams=beams, max_new_tokens=48)
        text = predict(trained, [prompt], options)[0]["text"]
        end = tokenizer.end_token_id
        ids = [end, *map(int, tokenizer(prompt + text)), end]
        ids = ids[: lm.longest(trained.model) + 1]
        (score,) = lm.token_log_probabilities(trained.model, [ids])
        row = [f"빔 {beams}", text, len(score)]
        rows.append([*row, float(score.sum()), float(score.mean())])
    columns = ["고르는 법", "글", "토큰", "로그 확률", "토큰마다"]
    display.table(columns, rows).show()

# %% [markdown]
# **3. 외운 것과 배운 것.** 학습한 리뷰와 처음 보는 리뷰의 퍼플렉시티는 얼마나 다른가요? 차이가 크다면 무엇을 해 볼 수 있나요?

# %% tags=["solution"]
if __name__ == "__main__":
    bars = {
        "학습한 리뷰": evaluate(trained, splits.train[:300]),
        "처음 보는 리뷰": evaluate(trained, splits.test),
    }
    bars = {name: x["perplexity"] for name, x in bars.items()}
    display.bars(bars, "토큰마다의 퍼플렉시티").show()

# %% [markdown]
# ## 더 읽을거리
#
# - Radford 외(2019), *Language Models are Unsupervised Multitask Learners*. GPT-2
# - Fan 외(2018), *Hierarchical Neural Story Generation*. top-k
# - Holtzman 외(2020), *The Curious Case of Neural Text Degeneration*. top-p와 되풀이
# - Keskar 외(2019), *CTRL: A Conditional Transformer Language Model for Controllable Generation*. 꼬리표로 조종하기,
#   반복 벌점
# - Krause 외(2021), *GeDi: Generative Discriminator Guided Sequence Generation*. 프롬프트를 가려내는 손실
# - Paulus 외(2017), *A Deep Reinforced Model for Abstractive Summarization*. 엔그램 막기
# - Li 외(2016), *A Diversity-Promoting Objective Function for Neural Conversation Models*. distinct-n
