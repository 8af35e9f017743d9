# %% [markdown]
# # 8장 문장 생성하기
#
# 앞 장들의 모델은 글을 읽고 답을 골랐습니다. 이 장의 모델은 글을 씁니다. GPT는 앞에 나온 토큰들을 보고 다음 토큰의
# 확률을 내는 모델입니다. 그 확률에서 토큰 하나를 골라 뒤에 붙이고, 다시 다음 토큰의 확률을 내는 일을 반복하면
# 문장이 됩니다.
#
# 그래서 문장 생성에는 문제가 둘 있습니다. 확률을 잘 내는 것과 거기에서 잘 고르는 것입니다. 먼저 사전학습을 마친 모델로
# **고르는 법**을 익히고, 그다음에 모델을 파인튜닝해서 **확률**을 우리 글에 맞춥니다.
#
# | | 4~7장 | 8장 |
# |---|---|---|
# | 모델 | BERT | GPT |
# | 보는 것 | 앞뒤의 토큰 모두 | 앞의 토큰만 |
# | 내는 것 | 범주나 자리의 확률 | 다음 토큰의 확률 |
# | 답을 얻는 법 | 한 번 계산해서 고르기 | 고르고 붙이기를 반복하기 |
#
# ## 이 장에서 배우는 것
#
# - 그리디 서치, 빔 서치, 샘플링을 손으로 하는 법
# - top-k, top-p, 온도: 뽑기 전에 확률을 손보는 법
# - 같은 말의 반복을 막는 방법
# - GPT를 내 글에 맞게 파인튜닝하고, 앞에 붙인 말로 내용을 제어하는 법
# - 퍼플렉시티와 제어 정확도로 생성 모델을 평가하는 법

# %% tags=["hide-input"]
# @title 불러오기
import math
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import keras
import keras_nlp
import numpy as np
import tensorflow as tf

from kerasnlp_tutorial import (
    datasets,
    display,
    generation,
    language_models as lm,
    metrics,
    runs,
    training,
)
from kerasnlp_tutorial.chapters import (
    ch04_document_classification as ch04,
)
from kerasnlp_tutorial.checkpoints import load_causal_lm, load_gpt2
from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.datasets import LabeledText, PromptedText, Splits
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.generation import (
    DecodingOptions,
    TextGenerator,
    continued,
)
from kerasnlp_tutorial.runs import TrainedModel
from kerasnlp_tutorial.tokenizers import encode_texts
from kerasnlp_tutorial.trained import load_trained, trained_once

# %% [markdown]
# ## 사전학습한 GPT
#
# 1장과 3장에서 본 `gpt2_mini_ko`입니다. 한국어 글로 사전학습한 작은 GPT-2이고, 읽은 글은 거의가 영화 리뷰라 리뷰 같은
# 글을 씁니다. 토크나이저도 함께 들어 있습니다.

# %%
if __name__ == "__main__":
    gpt = load_causal_lm("gpt2_mini_ko")
    tokenizer = gpt.preprocessor.tokenizer
    prompt = "배우들 연기가"
    ids = [int(id) for id in tokenizer(prompt)]
    print(ids)
    print([lm.token_text(tokenizer, id) for id in ids])

# %% [markdown]
# 이어 쓰게 하려고 모델에게 먼저 주는 말을 프롬프트(prompt)라고 합니다. 토큰의 앞에 붙은 공백도 토큰의 일부입니다. 아래에서
# `<ea b8>`처럼 적은 것이 보이면 글자의 조각입니다. GPT-2의 토크나이저는 바이트에서 출발하는데, 한글 한 글자는 UTF-8로
# 세 바이트라서 자주 나오지 않는 글자는 토큰 여럿으로 쪼개집니다(2장).
#
# 모델에 토큰 번호를 주면 (글, 토큰, 어휘 집합) 모양의 로짓이 나옵니다. 자리마다 그 토큰까지 읽고 다음 토큰을 맞힌
# 점수입니다. 프롬프트 다음에 올 토큰을 알고 싶으므로 마지막 자리만 봅니다. 그 로짓에 소프트맥스를 씌우면 다음 토큰의
# 확률입니다.


# %%
def next_probabilities(model, ids: Sequence[int]) -> np.ndarray:
    """다음 토큰의 확률을 어휘 집합의 모든 토큰에 대해 냅니다."""
    row = np.array([ids], "int32")
    inputs = {"token_ids": row, "padding_mask": np.ones_like(row)}
    logits = keras.ops.convert_to_numpy(model(inputs))[0, -1]
    logits = logits.astype("float64")
    probabilities = np.exp(logits - logits.max())
    return probabilities / probabilities.sum()


# %%
if __name__ == "__main__":
    end = tokenizer.end_token_id
    given = [end, *ids]  # 글의 앞에는 끝 토큰을 둡니다.
    probabilities = next_probabilities(gpt, given)
    likeliest = np.argsort(-probabilities)[:8].tolist()
    names = [lm.token_text(tokenizer, i) for i in likeliest]
    bars = dict(
        zip(names, probabilities[likeliest].tolist(), strict=True)
    )
    display.bars(bars, f"'{prompt}' 다음 토큰의 확률").show()

# %% [markdown]
# 글의 앞에 둔 끝 토큰은 `<|endoftext|>`입니다. 글과 글 사이에 놓는 토큰이라서, 글의 앞에서는 글이 시작되었음을, 뒤에서는
# 끝났음을 알립니다.
#
# ## 확률, 고르기, 붙이기
#
# 언어 모델의 확률에서 토큰을 하나씩 골라 글을 만드는 일을 디코딩(decoding)이라고 합니다. 가장 그럴듯한 토큰을 골라 뒤에 붙이고, 끝
# 토큰이 나올 때까지 반복하는 것이 **그리디 서치**(greedy search)입니다.

# %%
if __name__ == "__main__":
    path = list(given)
    for _ in range(20):
        probabilities = next_probabilities(gpt, path)  # 확률
        token = int(probabilities.argmax())  # 고르기
        if token == end:
            break
        path.append(token)  # 붙이기
        print(
            f"{probabilities[token]:.2f}",
            lm.tokens_text(tokenizer, path[1:]),
        )
    greedy = path

# %% [markdown]
# 문장 생성은 이 반복이 전부입니다. 지금부터는 가운데 줄, 고르는 법만 바꾸어 봅니다.
#
# ## 빔 서치
#
# 그리디 서치는 눈앞의 확률만 봅니다. 지금은 덜 그럴듯해도 뒤가 좋은 길을 놓칩니다. 글 전체의 확률은 토큰마다의 확률을 곱한
# 것이므로, 곱이 큰 글을 찾으려면 여러 길을 함께 살펴야 합니다. **빔 서치**(beam search)는 그럴듯한 글 몇 개를 함께
# 키웁니다. 그 수를 빔의 수라고 합니다.
#
# !['오늘은' 다음에 올 토큰의 나무이다. 비가 0.5, 눈이 0.4이고, 그다음 토큰까지의 확률을 곱하면 비가 온다 0.20, 비가 그친다 0.15, 눈이 온다 0.36, 눈이 그친다 0.04이다. 그리디 서치는 먼저 비가를 골라 비가 온다에 이르고, 빔 서치는 둘을 함께 키워 확률의 곱이 가장 큰 눈이 온다를 고른다.](../docs/images/pictures/beam_search.svg)
#
# 글마다 다음 토큰을 빔의 수만큼 붙여 보고, 그 모두에서 다시 빔의 수만큼만 남깁니다. 확률의 곱 대신 로그의 합을 셉니다. 많이
# 곱하면 컴퓨터가 적을 수 없을 만큼 작아지기 때문입니다.


# %%
def beam_search(model, ids: list[int], beams: int, steps: int) -> list:
    """글을 beams개씩 키워, (로그 확률, 토큰 번호)들을 냅니다."""
    end = model.preprocessor.tokenizer.end_token_id
    paths = [(0.0, ids)]
    for _ in range(steps):
        longer = []
        for score, path in paths:
            if len(path) > len(ids) and path[-1] == end:
                longer.append((score, path))  # 끝난 글
                continue
            logs = np.log(next_probabilities(model, path))
            for token in np.argsort(-logs)[:beams].tolist():
                longer.append((score + logs[token], [*path, token]))
        paths = sorted(longer, reverse=True)[:beams]
    return paths


# %% [markdown]
# 빔이 셋일 때 한 스텝, 두 스텝, 세 스텝 뒤에 남은 글들입니다.

# %%
if __name__ == "__main__":
    rows = []
    for steps in (1, 2, 3):
        for score, path in beam_search(gpt, given, 3, steps):
            text = lm.tokens_text(tokenizer, path[1:])
            rows.append([steps, text, float(np.exp(score))])
    display.table(["스텝", "글", "확률"], rows).show()

# %% [markdown]
# 끝까지 키워서 그리디 서치와 비교합니다.

# %%
if __name__ == "__main__":
    rows = []
    for beams in (1, 3):
        score, path = beam_search(gpt, given, beams, 20)[0]
        text = lm.tokens_text(tokenizer, path[1:])
        rows.append([beams, text, score])
    display.table(["빔", "글", "로그 확률"], rows).show()

# %% [markdown]
# 빔이 하나면 그리디 서치입니다. 빔을 늘리면 대개 로그 확률이 더 높은(0에 가까운) 글을 찾습니다. 그 대신 글마다 계산해야
# 하므로 빔의 수만큼 오래 걸립니다.
#
# ## 샘플링
#
# 그리디 서치와 빔 서치는 늘 같은 글을 냅니다. 그리고 흔한 말로 흐르거나 같은 말을 반복하기 쉽습니다.
# **샘플링**(sampling)은 확률대로 뽑습니다. 같은 말로 시작해도 뽑을 때마다 다른 글이 됩니다. 난수의 시드가 같으면 같은
# 글입니다.

# %%
if __name__ == "__main__":
    generator = np.random.default_rng(7)
    for _ in range(4):
        path = list(given)
        while len(path) < 24:
            p = next_probabilities(gpt, path)
            token = int(generator.choice(len(p), p=p))
            if token == end:
                break
            path.append(token)
        print(lm.tokens_text(tokenizer, path[1:]))

# %% [markdown]
# 확률이 낮은 토큰도 가끔 뽑히고, 한번 엉뚱한 말이 나오면 뒤가 줄줄이 엉뚱해집니다. 확률이 낮은 토큰 하나가 뽑힐 가능성은
# 작지만, 그런 토큰이 워낙 많아서 그 가운데 하나가 뽑히는 일은 드물지 않습니다. 그래서 뽑기 전에 확률을 손봅니다.
#
# ## 확률을 손보기
#
# **top-k 샘플링**(top-k sampling)은 가장 그럴듯한 $k$개만 남깁니다. 버린 토큰의 확률은 0이 되고, 남은 것의 확률은 합이
# 1이 되도록 함께 커집니다.

# %%
if __name__ == "__main__":
    probabilities = next_probabilities(gpt, given)
    order = np.argsort(-probabilities)
    kept = np.zeros_like(probabilities)
    kept[order[:3]] = probabilities[order[:3]]
    kept /= kept.sum()
    for i in order[:5]:
        name = lm.token_text(tokenizer, int(i))
        print(f"{name}: {probabilities[i]:.3f} → {kept[i]:.3f}")

# %% [markdown]
# $k$가 늘 같으면 곤란한 자리가 있습니다. 다음 말이 뻔한 자리에서는 $k$개가 너무 많고, 무엇이든 올 수 있는 자리에서는 너무
# 적습니다. **top-p 샘플링**(top-p sampling)은 그럴듯한 것부터, 확률의 합이 $p$가 될 때까지 남깁니다. 뉴클리어스
# 샘플링(nucleus sampling)이라고도 합니다. 몇 개가 남는지 자리마다 다릅니다.

# %%
if __name__ == "__main__":
    for text in (prompt, "긴장을 늦출 수", "이 영화는 정말"):
        row = next_probabilities(gpt, [end, *tokenizer(text)])
        total = np.cumsum(np.sort(row)[::-1])
        count = int((total < 0.92).sum()) + 1
        print(f"'{text}' 다음: 합이 0.92가 되려면 {count}개")

# %% [markdown]
# **온도**(temperature)는 로짓을 나누는 수입니다. 1보다 낮으면 확률이 그럴듯한 토큰에 더 몰리고, 높으면 여러 토큰에 고르게
# 퍼집니다. 토큰의 순위는 바뀌지 않습니다. 책에서는 템퍼러처 스케일링이라고 부릅니다. 확률의 로그는 로짓과 상수만큼만
# 다르고, 상수는 소프트맥스에서 사라집니다. 그래서 로짓 대신 확률의 로그를 온도로 나누어도 됩니다.

# %%
if __name__ == "__main__":
    for temperature in (0.5, 1.0, 2.0):
        logits = np.log(probabilities) / temperature
        changed = np.exp(logits) / np.exp(logits).sum()
        values = [f"{changed[i]:.3f}" for i in order[:5]]
        print(f"온도 {temperature}:", *values)

# %% [markdown]
# **반복 페널티**(repetition penalty)는 이미 나온 토큰의 로짓을 깎습니다. 로짓이 양수이면 페널티로 나누고 음수이면 곱합니다.
# 어떤 토큰이 나오지 못하게 아예 막을 수도 있습니다. 모두 모으면 이런 함수가 됩니다.


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
    """로짓을 손보아, 다음 토큰을 뽑을 확률을 냅니다."""
    logits = np.array(logits, "float64")
    for token in set(seen):  # 이미 나온 토큰
        sign = -1 if logits[token] > 0 else 1
        logits[token] *= repetition_penalty**sign
    logits[list(blocked)] = -np.inf  # 막을 토큰
    probabilities = np.exp((logits - logits.max()) / temperature)
    probabilities /= probabilities.sum()
    order = np.argsort(-probabilities, kind="stable")
    if top_p:  # top-k로 자르기 전의 확률로 셉니다.
        before = np.cumsum(probabilities[order]) - probabilities[order]
        probabilities[order[before >= top_p]] = 0
    if top_k:
        probabilities[order[top_k:]] = 0
    return probabilities / probabilities.sum()


# %% [markdown]
# 같은 자리의 확률이 어떻게 바뀌는지 나란히 봅니다.

# %%
if __name__ == "__main__":
    row = np.array([given], "int32")
    inputs = {"token_ids": row, "padding_mask": np.ones_like(row)}
    logits = np.array(gpt(inputs))[0, -1]
    likeliest = np.argsort(-logits)[:5].tolist()
    names = [lm.token_text(tokenizer, i) for i in likeliest]
    penalty = {"repetition_penalty": 1.5, "seen": likeliest[:1]}
    ways = {
        "그대로": {},
        "top-k 3": {"top_k": 3},
        "top-p 0.15": {"top_p": 0.15},
        "온도 0.5": {"temperature": 0.5},
        "온도 2": {"temperature": 2.0},
        "첫째에 페널티 1.5": penalty,
    }
    panels = {}
    for title, options in ways.items():
        values = adjusted(logits, **options)[likeliest].tolist()
        panels[title] = dict(zip(names, values, strict=True))
    display.bar_panels(panels, f"'{prompt}' 다음 토큰").show()

# %% [markdown]
# ## 생성기
#
# 패키지의 `TextGenerator`는 위의 반복을 빠르게 합니다. 고르는 법은 `DecodingOptions`에 적습니다. 프롬프트 하나를 이어 쓸
# 때에는 둘을 묶은 `continued`를 씁니다.

# %%
if __name__ == "__main__":
    text = continued(gpt, prompt, max_new_tokens=20)
    print(text)
    print(lm.tokens_text(tokenizer, greedy[1:]) == prompt + text)

# %% [markdown]
# 손으로 한 것과 같은 글입니다. 고르는 법을 바꾸어 봅니다.

# %%
if __name__ == "__main__":
    ways = {
        "그리디 서치": {},
        "빔 서치 3": {"beams": 3},
        "샘플링": {"temperature": 1.0},
        "top-k 50": {"top_k": 50},
        "top-p 0.92": {"top_p": 0.92},
        "온도 0.5": {"temperature": 0.5},
    }
    rows = []
    for name, options in ways.items():
        written = continued(gpt, prompt, max_new_tokens=20, **options)
        rows.append([name, written.strip()])
    display.table(["고르는 법", prompt], rows).show()

# %% [markdown]
# 방법들은 서로 이어져 있습니다. 빔이 하나면 그리디 서치이고, $k$가 1이어도, $p$나 온도가 0에 가까워도 그리디 서치입니다.

# %%
if __name__ == "__main__":
    for name, options in {
        "k = 1": {"top_k": 1},
        "p → 0": {"top_p": 1e-6},
        "온도 → 0": {"temperature": 1e-4},
    }.items():
        same = continued(gpt, prompt, max_new_tokens=20, **options)
        print(name, same == text)

# %% [markdown]
# 거꾸로, 아무것도 바꾸지 않는 값도 있습니다. $k$는 어휘 집합의 크기, $p$와 온도와 페널티는 1입니다.

# %%
if __name__ == "__main__":
    plain = adjusted(logits)
    for name, options in {
        "k = 어휘 집합의 크기": {"top_k": len(logits)},
        "p = 1": {"top_p": 1.0},
        "온도 = 1": {"temperature": 1.0},
        "페널티 = 1": {"repetition_penalty": 1.0, "seen": likeliest},
    }.items():
        print(name, np.allclose(adjusted(logits, **options), plain))

# %% [markdown]
# 할 수 없는 일을 시키면 무엇이 잘못인지 영어로 알려 줍니다.

# %%
if __name__ == "__main__":
    for options in ({"top_p": 1.5}, {"beams": 3, "top_k": 5}):
        try:
            DecodingOptions(**options)
        except InputError as error:
            print(error)

# %% [markdown]
# ## 반복 줄이기
#
# 그리디 서치로 길게 쓰게 하면 같은 말을 맴돕니다. 막는 방법은 둘입니다.
#
# - **반복 페널티**: 이미 나온 토큰의 로짓을 깎습니다. 1이면 그대로이고, 클수록 세게 깎습니다.
# - **n-gram 반복 방지**(no-repeat n-gram): 이어진 토큰 $n$개(n-gram)가 한 번 나왔으면 똑같은 것이 다시 나오지
#   못하게 합니다.
#
# 길이도 정합니다. `min_new_tokens`만큼 쓰기 전에는 끝 토큰을 막고, `max_new_tokens`만큼 쓰면 멈춥니다.

# %%
if __name__ == "__main__":
    ways = {
        "그리디 서치": {},
        "반복 페널티 1.1": {"repetition_penalty": 1.1},
        "반복 페널티 1.5": {"repetition_penalty": 1.5},
        "n-gram 반복 방지 3": {"no_repeat_ngram": 3},
        "둘 다": {"repetition_penalty": 1.5, "no_repeat_ngram": 3},
    }
    rows = []
    for name, options in ways.items():
        lengths = {"min_new_tokens": 40, "max_new_tokens": 50}
        text = continued(gpt, prompt, **options, **lengths)
        rows.append([name, text.strip(), metrics.repeated([text])])
    columns = ["고르는 법", prompt, "반복된 어절의 비율"]
    display.table(columns, rows).show()

# %% [markdown]
# 프롬프트의 토큰도 이미 나온 것으로 칩니다. 여기서는 `min_new_tokens`가 40토큰까지 끝 토큰을 막았습니다. 끝내지도 못하고
# 쓴 말을 또 쓰지도 못하면 기호라도 늘어놓습니다. 글의 첫머리에 끝 토큰이 있어서 페널티는 끝 토큰에도 매겨지므로, 막지 않더라도
# 페널티가 크면 글이 잘 끝나지 않기도 합니다.
#
# ## 종합 적용하기
#
# 여러 가지를 함께 쓸 수 있습니다. 로짓에 반복 페널티, n-gram 반복 방지, 길이의 순서로 적용하고 온도로 나눕니다. 그다음
# top-k와 top-p가 모두 남긴 토큰 가운데에서 하나를 뽑습니다.

# %%
if __name__ == "__main__":
    together = {
        "repetition_penalty": 1.2,
        "no_repeat_ngram": 3,
        "temperature": 0.9,
        "top_k": 50,
        "top_p": 0.92,
        "max_new_tokens": 30,
    }
    for seed in (0, 1):
        print(prompt + continued(gpt, prompt, seed, **together))

# %% [markdown]
# top-p는 top-k로 자르기 전의 확률로 셉니다. transformers는 자른 뒤의 확률로 세므로 둘을 함께 쓰면 남는 토큰이 다를 수
# 있습니다.
#
# 반복 페널티와 n-gram 반복 방지와 `min_new_tokens`는 KerasNLP에 없습니다. 그래서 KerasNLP에서 다음 토큰을 고르는
# 객체(sampler)를 감싸, 고르기 전에 로짓을 고치는 `ControlledSampler`를 만들어 두었습니다. `DecodingOptions`가 안에서
# 이것을 씁니다.
#
# ## 파인튜닝: 설정과 말뭉치
#
# 고르는 법은 여기까지입니다. 이제 확률을 우리 글에 맞춥니다. 영화 리뷰로 파인튜닝하되, 리뷰 앞에 `긍정`이나 `부정`을 붙여
# 배우게 합니다. 그러면 나중에 `긍정`만 주었을 때 칭찬하는 리뷰를 이어 씁니다. 프롬프트로 글의 방향을 정하는 것입니다.
#
# 말뭉치는 4장과 같습니다. `sample`은 패키지에 든 리뷰이고, 책처럼 NSMC로 하려면 `dataset="nsmc"`라고 합니다. 파일도
# 4장의 것을 그대로 읽습니다. 레이블을 `긍정`이나 `부정`이라는 말로 바꾸어 프롬프트로 씁니다.

# %% tags=["hide-input"]
# @title Config
INPUT_FIELDS = ("prompt",)
METRICS = ("perplexity", "character_perplexity")
MODELS = (keras_nlp.models.GPT2CausalLM,)
CORPORA = {c.name: c for c in (*datasets.REVIEWS, datasets.CHATBOT)}
# As the book draws: among the likeliest tokens that make up 92 %.
DRAWN = DecodingOptions(top_p=0.92)


@dataclass(frozen=True, kw_only=True)
class Config(TrainingConfig):
    """Settings of text generation."""

    dataset: str = "sample"
    """Corpus: `sample` or `hard`, both in the package, or a published one."""
    backbone: str = "gpt2_mini_ko"
    """A GPT-2: name or folder of a preset, a checkpoint of the hub, or `scratch`."""
    sequence_length: int = 64
    """Maximum number of tokens of a text, with its prompt and the start token."""
    prompt_column: str | None = "prompt"
    """Name of the prompt column in `train_file` and `test_file`; its number,
    from 1 on, in a table without a header; None: no prompts."""
    text_column: str = "text"
    """Name or number of the text column in `train_file` and `test_file`."""
    separator: str = " "
    """String between a prompt and its text."""
    response_only: bool = False
    """Compute the loss for the text only, not for the prompt before it."""
    contrast: float | None = None
    """Weight of the loss of telling which prompt a text belongs to, 0 to 1;
    None: 0.1 if the texts have a few prompts, such as labels, else 0."""
    judged: int = 500
    """Number of generated texts per prompt for a classifier to judge; 0: none."""
    classifier: str | None = None
    """Folder of a chapter 4 model as the classifier; None: one is trained once."""

    def __post_init__(self):
        super().__post_init__()
        expected = f"one of {sorted(CORPORA)}"
        self._require("dataset", self.dataset in CORPORA, expected)
        within = self.contrast is None or 0 <= self.contrast <= 1
        self._require("contrast", within, "0 to 1")
        self._require_range("judged", 0, 100_000)

    @property
    def mark(self) -> str:
        """The separator without its space, which belongs to the next word."""
        return self.separator.rstrip(" ")

    def mark_after(self, prompt: str) -> str:
        """Return the mark, unless the prompt is empty or contains it."""
        return self.mark if prompt and self.mark not in prompt else ""


# %% tags=["hide-input"]
# @title 말뭉치 읽기
def load_examples(config: Config) -> Splits[PromptedText]:
    """Read the texts, and hold out a validation set."""
    return datasets.load_splits(
        config,
        partial(read_examples, config),
        lambda examples, where: datasets.prompt_names(examples),
    )


def read_examples(
    config: Config, split: str, labels: Sequence[str] | None = None
) -> list[PromptedText]:
    """Read `train` or `test` from the config's file or from the corpus."""
    if own_file := getattr(config, f"{split}_file"):
        return datasets.read_prompted_texts(
            own_file, config.prompt_column, config.text_column
        )
    corpus = CORPORA[config.dataset]
    path = corpus.split_path(split, config.data_dir)
    if corpus is datasets.CHATBOT:  # has no test set
        examples = datasets.read_prompted_texts(path, "Q", "A")
        train, test = datasets.hold_out(examples, 0.1, seed=0)
        return test if split == "test" else train
    reviews = datasets.read_nsmc(path)
    return [PromptedText(r.label, r.text) for r in reviews if r.text]


# %% [markdown]
# `Config()`를 `Config.quick(judged=0)`으로 바꾸면 아주 작은 모델로 몇 초 만에 훑어볼 수 있습니다. 글다운 글은 나오지
# 않습니다.

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

# %%
if __name__ == "__main__":
    splits = load_examples(config)
    for example in splits.train[:4]:
        print(example.prompt + config.separator + example.text)

# %% [markdown]
# ## 다음 토큰을 맞히는 문제로
#
# 글의 앞과 뒤에 끝 토큰을 붙입니다. 뒤의 것이 없으면 모델은 멈출 줄 모릅니다. 입력은 토큰 시퀀스에서 마지막 하나를 뺀 것이고,
# 정답은 그 시퀀스를 한 칸 앞당긴 것입니다.

# %%
if __name__ == "__main__":
    row = [end, *tokenizer("긍정 배우들 연기가 좋다"), end]
    texts = [lm.token_text(tokenizer, int(i)) for i in row]
    for now, following in pairwise(texts):
        print(now, "→", following)

# %% [markdown]
# 모델이 무엇을 예측하든 다음 입력에는 정답 토큰이 들어갑니다. 3장에서 본 교사 강요(teacher forcing)입니다. 덕분에 모든
# 자리의 손실을 한 번에 계산합니다. 생성할 때에는 정답이 없으므로 모델이 고른 토큰을 넣습니다.
#
# 글마다 이렇게 하되, 프롬프트와 글을 따로 토큰으로 나누어 글이 어디에서 시작하는지 적어 둡니다. 글에서만 손실을 재고 싶을 때가
# 있기 때문입니다(`response_only`, 아래 '나만의 데이터와 모델').


# %%
def encode_examples(
    examples: Sequence[PromptedText], tokenizer, config: Config
) -> tuple[list[list[int]], list[int]]:
    """끝 토큰을 두른 토큰 번호와, 글 앞에 놓인 토큰의 수."""
    end, mark = [tokenizer.end_token_id], config.mark
    space = config.separator[len(mark) :]
    before = [e.prompt and e.prompt + mark for e in examples]
    before = encode_texts(tokenizer, before)
    after = [space * bool(e.prompt) + e.text for e in examples]
    after = encode_texts(tokenizer, after)
    rows = [
        (end + a + b + end)[: config.sequence_length + 1]
        for a, b in zip(before, after, strict=True)
    ]
    return rows, [1 + len(a) for a in before]


# %%
def loss_weights(rows, starts, config: Config) -> list[np.ndarray]:
    """손실을 잴 토큰은 1, 재지 않을 토큰은 0."""
    first = [start * config.response_only for start in starts]
    return [
        (np.arange(1, len(row)) >= start).astype("float32")
        for row, start in zip(rows, first, strict=True)
    ]


def make_dataset(
    examples, model, labels, config: Config, *, training_set=False
) -> tf.data.Dataset:
    """글을 입력과 정답으로 바꾸고 배치로 묶습니다."""
    tokenizer = model.preprocessor.tokenizer
    rows, starts = encode_examples(examples, tokenizer, config)
    features = {
        "token_ids": [row[:-1] for row in rows],
        "targets": [row[1:] for row in rows],
        "sample_weight": loss_weights(rows, starts, config),
    }
    return training.length_grouped_dataset(
        {name: tf.ragged.constant(v) for name, v in features.items()},
        None,
        config.batch_size,
        pad_token_id=tokenizer.pad_token_id,
        shuffle_seed=config.seed if training_set else None,
    )


# %% [markdown]
# 길이가 다른 글을 묶느라 채운 패딩은 손실에서 뺍니다.
#
# ## 모델
#
# 모델은 GPT-2의 디코더 위에 출력 레이어를 얹은 것입니다. 출력 레이어의 가중치는 따로 두지 않고 토큰 임베딩 행렬을 전치해 다시 씁니다(weight
# tying). 한 자리의 과제만 보면 4장의 분류와 같고, 범주가 토큰의 수만큼 많을 뿐입니다. 그래서 손실도 같은 크로스
# 엔트로피입니다.


# %%
def build_model(
    config: Config, splits: Splits
) -> keras_nlp.models.GPT2CausalLM:
    """설정에 적힌 언어 모델을 만듭니다."""
    keras.utils.set_random_seed(config.seed)
    texts = [f"{e.prompt} {e.text}" for e in splits.train]
    backbone, tokenizer = load_gpt2(config, texts)
    preprocessor = keras_nlp.models.GPT2CausalLMPreprocessor(
        tokenizer, sequence_length=config.sequence_length
    )
    model = keras_nlp.models.GPT2CausalLM(backbone, preprocessor)
    perplexity = keras_nlp.metrics.Perplexity(from_logits=True)
    rate, decay = config.learning_rate, config.weight_decay
    model.compile(
        optimizer=training.adamw(rate, decay),
        loss=keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        ),
        weighted_metrics=[perplexity],
        jit_compile=training.JIT_COMPILE,
    )
    return model


# %%
if __name__ == "__main__":
    model = build_model(config, splits)
    tokenizer = model.preprocessor.tokenizer
    end = tokenizer.end_token_id
    by_length = sorted(
        splits.train, key=lambda e: (e.prompt, len(e.text))
    )
    short = by_length[20:22]
    dataset = make_dataset(short, model, splits.labels, config)
    x, targets, weights = next(iter(dataset))
    rows = [
        [
            lm.token_text(tokenizer, int(now)),
            lm.token_text(tokenizer, int(following)),
            float(weight),
        ]
        for now, following, weight in zip(
            x["token_ids"][0], targets[0], weights[0], strict=True
        )
    ]
    columns = ["지금 토큰", "맞힐 토큰", "손실 가중치"]
    display.table(columns, rows).show()

# %% [markdown]
# 손실 가중치가 0인 줄은 패딩입니다.
#
# ## 생성 모델을 평가하는 법
#
# **퍼플렉시티**(perplexity)는 정답 토큰에 준 확률의 기하 평균의 역수입니다. 10이라면 열 개 가운데 하나를 찍는 만큼
# 헷갈렸다는 뜻이고, 작을수록 좋습니다. 토큰마다의 손실(크로스 엔트로피)을 평균해 지수 함수 $\exp$에 넣으면 이 값입니다.
#
# 어휘 집합이 다르면 한 토큰을 맞히는 어려움도 다릅니다. 그래서 그런 모델끼리는 손실의 합을 토큰 수 대신 글자 수로 나누어
# 구한, 글자마다의 퍼플렉시티로 비교합니다.


# %%
def evaluate(
    trained: TrainedModel, examples: Sequence[PromptedText]
) -> dict:
    """토큰마다, 글자마다의 퍼플렉시티를 셉니다."""
    config = trained.config
    tokenizer = trained.model.preprocessor.tokenizer
    rows, starts = encode_examples(examples, tokenizer, config)
    weights = loss_weights(rows, starts, config)
    # 잘려서 끝 토큰이 없는 글은 뺍니다.
    end, most = tokenizer.end_token_id, config.sequence_length
    kept = [i for i, row in enumerate(rows) if row[-1] == end]
    if not kept:
        raise InputError(f"every text is longer than {most} tokens")
    whole, size = [rows[i] for i in kept], config.batch_size
    scores = lm.token_log_probabilities(trained.model, whole, size)
    parts = zip(kept, scores, strict=True)
    loss = -sum(score @ weights[i] for i, score in parts)
    tokens = sum(weights[i].sum() for i in kept)
    length = sum(characters(examples[i], config) for i in kept)
    return {
        "perplexity": float(np.exp(loss / tokens)),
        "character_perplexity": float(np.exp(loss / length)),
        "n": len(kept),
    }


# %%
def characters(example: PromptedText, config: Config) -> int:
    """손실을 잰 글자의 수. 끝도 맞혀야 하므로 한 글자로 칩니다."""
    whole = example.prompt and not config.response_only
    before = example.prompt + config.separator if whole else ""
    return len(before + example.text) + 1


# %% [markdown]
# 퍼플렉시티가 낮다고 시킨 대로 쓴다는 뜻은 아닙니다. `긍정`을 주고 쓰게 한 글은 정말 긍정일까요? 4장의 분류기에게
# 물어봅니다. 분류기의 답이 우리가 준 말과 같은 비율이 **제어 정확도**(control accuracy)입니다. 분류기도 틀리므로, 평가
# 데이터의 리뷰에서 그 분류기가 얼마나 맞는지 나란히 봅니다.
#
# 분류기는 패키지에 든 리뷰로 한 번 학습해 둔 것입니다. 내려받은 말뭉치로 글을 배웠을 때에도 그렇습니다. 그 말뭉치로 학습한 4장의
# 모델이 있으면 `classifier`에 그 폴더를 줍니다.


# %%
def judge(trained: TrainedModel, classifier, examples) -> dict:
    """쓴 글과 진짜 글에서 분류기가 맞힌 비율을 셉니다."""
    count, written = trained.config.judged, []
    for label in trained.labels:
        texts = []
        for seed in range(math.ceil(count / 64)):
            texts += write(trained, [label] * 64, DRAWN, seed)
        texts = [text.strip() for text in texts[:count]]
        written += [LabeledText(text, label) for text in texts]
    real = [LabeledText(e.text, e.prompt) for e in examples]
    sets = {"control_accuracy": written, "classifier_accuracy": real}
    return {
        name: ch04.evaluate(classifier, texts)["accuracy"]
        for name, texts in sets.items()
    }


# %% tags=["hide-input"]
# @title 분류기 찾기, 글 쓰기, 예측
def find_judge(config: Config, labels) -> TrainedModel | None:
    """Return a classifier whose labels are the prompts; None if there is none."""
    if config.classifier:
        classifier = load_trained(config.classifier)
    elif config.dataset in ch04.CORPORA and not config.train_file:
        inside = ch04.CORPORA[config.dataset].folder is not None
        name = config.dataset if inside else datasets.SAMPLE.name
        classifier = trained_once("ch04", name)
    else:
        return None
    if classifier.labels != labels:
        raise InputError(
            f"the classifier knows {classifier.labels}, the prompts are {labels}"
        )
    return classifier


def write(trained, prompts, options, seed: int) -> list[str]:
    """Return the generated texts after prompts and the mark between them."""
    prompts = [p + trained.config.mark_after(p) for p in prompts]
    generate = TextGenerator.cached(trained.model, options)
    return list(generate(prompts, seed))


def predict(trained, prompts: list[str], options=DRAWN) -> list[dict]:
    """Continue prompts; return `prompt` and the following `text` of each."""
    texts = write(trained, prompts, options, trained.config.seed)
    return [
        {"prompt": prompt, "text": text}
        for prompt, text in zip(prompts, texts, strict=True)
    ]


def format_answer(answer: dict) -> str:
    """Return an answer as a line for a terminal."""
    return answer["prompt"] + answer["text"]


# %% [markdown]
# ## 학습
#
# 학습은 4장과 같은 `fit`입니다. 옵티마이저(AdamW)와 학습률 스케줄도 같습니다. 가장 좋은 에포크는 검증 데이터의 손실로
# 고릅니다. 퍼플렉시티는 다음 토큰의 손실로 계산하고 손실의 대부분이 그것이므로, 우리가 보려는 점수로 고르는 것과 거의 같습니다.
#
# 프롬프트를 더 잘 따르게 하는 것이 `contrast`입니다. 0보다 크면 같은 글을 다른 프롬프트 뒤에도 놓아 보고, 원래의 프롬프트
# 뒤에서 더 그럴듯해야 손실이 작아집니다(Krause 외, 2021). 다음 토큰만 맞힐 때보다 프롬프트를 무시하기 어렵습니다. 제어
# 정확도는 크게 오르고 퍼플렉시티는 조금 나빠집니다. 글마다 두 번 계산하므로 두 배쯤 오래 걸리지만, 프롬프트가 레이블처럼 몇
# 가지뿐이면 이렇게 학습합니다. NSMC로 잰 값과 명령은 사이트의 `결과` 페이지에 있습니다.
#
# ```sh
# kerasnlp-tutorial train ch08 --dataset nsmc
# ```


# %%
def choose_contrast(config: Config, labels: Sequence[str]) -> float:
    """설정에 적힌 값, 없으면 프롬프트가 몇 가지일 때 0.1."""
    usual = 0.1 if len(labels) > 1 and all(labels) else 0.0
    return usual if config.contrast is None else config.contrast


# %%
def fit(model, splits: Splits, run: runs.Run) -> None:
    """학습하고, 검증 데이터의 손실이 가장 작은 에포크를 남깁니다."""
    config = run.config
    sets = training.make_datasets(make_dataset, model, splits, config)
    if contrast := choose_contrast(config, splits.labels):
        prompts = [prompt + config.mark for prompt in splits.labels]
        sets = generation.contrast_prompts(
            model, sets, prompts, contrast, config.seed
        )
    ch04.fit(model, sets, run, monitor="val_loss")


# %%
def train(config: Config) -> TrainedModel:
    """글을 읽고, 학습하고, 앞뒤로 평가하고, 저장합니다."""
    with runs.Run.begin("ch08", config) as run:
        started, config = time.monotonic(), run.config
        splits = load_examples(config)
        classifier = config.judged and find_judge(config, splits.labels)
        model = build_model(config, splits)
        trained = TrainedModel(model, splits.labels, config)
        old = evaluate(trained, splits.test)
        fit(model, splits, run)
        scores = evaluate(trained, splits.test)
        scores["baselines"] = {f"{m}_before": old[m] for m in METRICS}
        if classifier:
            scores |= judge(trained, classifier, splits.test)
            chance = 1 / len(splits.labels)
            scores["baselines"]["chance_control_accuracy"] = chance
        scores["samples"] = samples(trained, splits)
        scores["seconds"] = round(time.monotonic() - started, 1)
        return run.finish(model, splits.labels, scores)


# %% tags=["hide-input"]
# @title 저장해 둘 글
def samples(trained: TrainedModel, splits: Splits) -> dict[str, str]:
    """Return three texts for each prompt, or for three short ones."""
    short = [e.prompt for e in splits.test if len(e.prompt) < 40]
    prompts = splits.labels or short[:3]
    return {
        f"{i + 1} {answer['prompt']}": answer["text"]
        for i, answer in enumerate(predict(trained, [*prompts] * 3))
    }


# %% tags=["remove-stdout"]
if __name__ == "__main__":
    trained = train(config)

# %% [markdown]
# 에포크마다의 손실입니다. `contrast`가 0.1이므로 다음 토큰의 손실에 0.9를, 프롬프트를 가려내는 손실에 0.1을 곱해 더한
# 값입니다. 그래서 지수 함수에 넣어도 퍼플렉시티가 되지 않습니다.

# %%
if __name__ == "__main__":
    print(f"{trained.metrics['seconds']:.0f}초, {trained.path}")
    history = runs.describe(trained.path)["history"]
    lines = {"학습": history["loss"], "검증": history["val_loss"]}
    display.curves(lines, "손실", "에포크", start=1).show()

# %% [markdown]
# 학습 손실은 에포크 동안의 평균이고 드롭아웃을 켠 채로 재므로, 검증 손실보다 높을 수 있습니다.
#
# 학습하기 전과 뒤를 평가 데이터에서 비교합니다.

# %%
if __name__ == "__main__":
    before = trained.metrics["baselines"]
    uniform = float(tokenizer.vocabulary_size())
    rows = [["아무 토큰이나 찍으면(토큰마다)", uniform, uniform]]
    for title, name in (
        ("토큰마다", "perplexity"),
        ("글자마다", "character_perplexity"),
    ):
        old = before[f"{name}_before"]
        rows.append([title, old, trained.metrics[name]])
    texts_only = replace(config, response_only=True)
    scores = []
    for m in (model, trained.model):  # 학습 전과 후
        compared = TrainedModel(m, splits.labels, texts_only)
        scores.append(evaluate(compared, splits.test)["perplexity"])
    rows.append(["프롬프트를 빼고 토큰마다", *scores])
    columns = ["퍼플렉시티", "학습 전", "학습 후"]
    display.table(columns, rows).show()

# %% [markdown]
# 프롬프트는 글마다 나오므로, 글이 긍정이나 부정으로 시작한다는 것만 배워도 퍼플렉시티가 크게 내려갑니다. 리뷰 자체를 얼마나
# 잘 맞히게 되었는지는 프롬프트를 빼고 잰 마지막 줄에 있습니다.
#
# ## 파인튜닝한 모델이 쓴 글
#
# `긍정`과 `부정`만 주고 쓰게 합니다. 잘된 글만 골라 보이면 모델을 잘못 알게 됩니다. 그래서 프롬프트마다 64편을 써서 모델이 본
# 확률(토큰마다의 로그 확률)의 차례로 세우고, **한가운데의 세 편**을 보입니다. 다음 토큰은 top-p 0.92로 뽑습니다.

# %%
if __name__ == "__main__":
    rows = []
    for label in splits.labels:
        written = [a["text"] for a in predict(trained, [label] * 64)]
        written = [text for text in written if text.strip()]
        ids = [[end, *tokenizer(label + text), end] for text in written]
        ids = [row[: lm.longest(trained.model)] for row in ids]
        scores = lm.token_log_probabilities(trained.model, ids)
        order = np.argsort([score.mean() for score in scores])
        middle = len(order) // 2
        for i in order[middle - 1 : middle + 2]:
            text, score = written[i].strip(), float(scores[i].mean())
            rows.append([label, text, score])
    columns = ["프롬프트", "이어 쓴 글", "토큰마다의 로그 확률"]
    display.table(columns, rows).show()

# %% [markdown]
# 작은 모델이라 말이 이어지지 않는 글도 많습니다. 그래도 시킨 대로 썼는지 4장의 분류기에게 물어봅니다.

# %%
if __name__ == "__main__":
    if "control_accuracy" in trained.metrics:
        bars = {
            "진짜 리뷰": trained.metrics["classifier_accuracy"],
            "모델이 쓴 리뷰": trained.metrics["control_accuracy"],
        }
        title = "분류기의 답이 프롬프트와 같은 비율"
        display.bars(bars, title, limit=1.0).show()

# %% [markdown]
# 프롬프트를 따르지 않는 모델이라면 이 비율이 0.5쯤입니다. 두 비율이 비슷하면 대체로 시킨 대로 쓴 것입니다. 낮다면 시킨 것과 반대로
# 쓴 글이나 앞뒤가 맞지 않아 분류기가 헷갈린 글이 섞인 것이고, 높다면 진짜 리뷰보다 칭찬과 불평을 뚜렷하게 쓴 것입니다. 학습한 리뷰를
# 그대로 옮겨 적어도 이 비율은 높아집니다. 그런 글이 얼마나 되는지 함께 셉니다.
#
# 긍정과 부정에 따라 쓰는 말이 달라지는지도, 한쪽에 훨씬 자주 나오는 어절을 세어 봅니다.

# %%
if __name__ == "__main__":
    counts, copied = {}, []
    known = {example.text for example in splits.train}
    for label in splits.labels:
        written = predict(trained, [label] * 200)
        copied += [a["text"].strip() in known for a in written]
        words = [a["text"].split() for a in written]
        counts[label] = Counter(word for row in words for word in row)
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
# 프롬프트에 말을 더 붙이면 그 말을 이어 씁니다.

# %%
if __name__ == "__main__":
    for label in splits.labels:
        prompt = f"{label} 배우들 연기가"
        probabilities = lm.next_tokens(trained.model, prompt, best=6)
        display.bars(probabilities, f"'{prompt}' 다음").show()
    for label in splits.labels:
        for answer in predict(trained, [f"{label} 아 정말"] * 2):
            print(format_answer(answer))

# %% [markdown]
# ## 다양함과 온도
#
# 온도가 낮으면 글이 서로 닮고, 높으면 다양하지만 말이 안 됩니다. 이어진 두 어절(바이그램) 가운데 서로 다른 것의
# 비율(distinct-2)로 다양함을, 한 글 안에서 앞에 나온 어절이 다시 나온 비율로 반복을 잽니다.

# %%
if __name__ == "__main__":
    temperatures = [0.1, 0.4, 0.7, 1.0, 1.3, 1.6]
    lines, rows = {"다양함 (distinct-2)": [], "반복": []}, []
    for temperature in temperatures:
        lengths = {"min_new_tokens": 20, "max_new_tokens": 40}
        options = DecodingOptions(temperature=temperature, **lengths)
        answers = predict(trained, [*splits.labels] * 32, options)
        texts = [answer["text"] for answer in answers]
        lines["다양함 (distinct-2)"].append(metrics.distinct(texts, 2))
        lines["반복"].append(metrics.repeated(texts))
        if temperature in (0.1, 1.0, 1.6):
            rows.append([str(temperature), texts[0].strip()])
    marks = [str(t) for t in temperatures]
    display.curves(lines, "온도와 다양함", "온도", names=marks).show()
    display.table(["온도", "쓴 글"], rows).show()

# %% [markdown]
# 표의 글은 모두 `긍정` 뒤에 쓴 것입니다. 적어도 20토큰을 쓰게 했으므로 뒤로 갈수록 처음의 방향을 잃기도 합니다. 지어낸
# 글이므로 사람 이름이 나와도 사실이 아닙니다.
#
# ## 한 토큰씩, 빠르게
#
# 손으로 쓴 반복은 토큰 하나를 더할 때마다 앞의 글을 모두 다시 계산합니다. 그럴 필요는 없습니다. GPT는 뒤를 보지 않으므로, 새
# 토큰이 붙어도 앞 토큰들의 키와 밸류(3장)는 바뀌지 않습니다. 그것을 남겨 두면 새 토큰만 계산하면 됩니다. 이것을 키-밸류
# 캐시(key-value cache)라고 합니다. 글 하나로 두 가지를 비교해 봅니다. 시간은 미리 한 번 불러 둔 다음에 다섯 번 잰 것의
# 중앙값입니다.

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
    step = training.compiled(trained.model.call_with_cache)
    whole = training.compiled(trained.model)
    ways = {
        "캐시로": lambda: step(ids[:, -1:], cache, length - 1)[0],
        "처음부터": lambda: whole(inputs),
    }
    first = [way()[0, -1] for way in ways.values()]
    print(f"로짓의 차이 {np.abs(first[0] - first[1]).max():.1e}")

# %%
if __name__ == "__main__":
    for name, way in ways.items():
        seconds = []
        for _ in range(5):
            started = time.monotonic()
            way()
            seconds.append(time.monotonic() - started)
        print(f"{name} {1000 * np.median(seconds):.1f} ms")

# %% [markdown]
# 빠르게 하는 방법이 하나 더 있습니다. 처음 부를 때 계산 전체를 실행하기 좋은 모양으로 바꾸어 둡니다. 이것을 컴파일(compile)이라고
# 합니다. 다음부터는 그것을 다시 쓰므로 처음만 오래 걸립니다. 프롬프트의 길이가 조금 달라졌다고 다시 컴파일하지 않도록, 패딩을 채워
# 길이를 64, 128, 256처럼 두 배씩 커지는 수로 맞춥니다.

# %%
if __name__ == "__main__":
    prompt = "긍정 배우들 연기가"
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
# 명령줄에서는 이렇게 씁니다. 폴더의 이름은 학습을 마쳤을 때 위에 적힌 것으로 바꿉니다.
#
# ```sh
# kerasnlp-tutorial predict runs/ch08-1 긍정 부정
# kerasnlp-tutorial generate runs/ch08-1 --prompt "긍정 배우들" \
#   --top-p 0.92 --repetition-penalty 1.2 --n 3
# kerasnlp-tutorial generate gpt2_mini_ko --prompt "배우들 연기가"
# ```
#
# `generate`는 프롬프트를 적은 그대로 잇습니다. 그래서 `separator`를 `" → "`로 학습했다면 화살표까지 적어야 합니다. `predict`는
# 알아서 붙입니다.
#
# ## 나만의 데이터와 모델
#
# **데이터.** 줄마다 글이 하나씩 든 텍스트 파일이면 그 글의 말투를 배웁니다. 프롬프트가 있는 글은 TSV나
# CSV 표, 또는 JSON으로 줍니다. 질문과 대답의 짝이면 챗봇이 됩니다. 질문까지 흉내 낼 필요는 없으므로, 대답에서만 손실을 잽니다
# (`response_only`). ChatGPT도 GPT를 대화로 파인튜닝하는 데서 시작했습니다. 그다음에는 사람이 더 낫다고 볼 대답을 내도록
# 강화 학습(reinforcement learning)으로 더 가르쳤습니다.

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
    display.table(["맞힐 토큰", "손실 가중치"], rows).show()

# %% [markdown]
# 질문과 `→`는 가중치가 0입니다. `→`도 글자의 조각 둘로 나뉘었습니다.
#
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
# ## 웹 서비스로 열기
#
# 학습한 모델을 브라우저에서 써 봅니다. 프롬프트를 적고 온도, top-p, 반복 페널티를 바꾸면 글이 만들어지는 대로 보입니다.
#
# ```sh
# pip install "kerasnlp-tutorial[demo]"
# kerasnlp-tutorial demo runs/ch08-1
# ```
#
# ![위에서 아래로 이어진다. 브라우저의 글상자에 적은 프롬프트 '오늘은'과 고르는 법 'top-p 0.9'를 kerasnlp-tutorial demo에 보내면, 확률을 구하고 고르고 붙이는 일을 반복해 '비가 와서 집에 있었다'를 한 토큰씩 브라우저로 돌려보낸다.](../docs/images/pictures/writing_service.svg)
#
# 폴더 대신 `gpt2_mini_ko`를 주면 파인튜닝하기 전의 모델이 열립니다.
#
# ## 요약
#
# - 언어 모델은 다음 토큰의 확률을 내고, 글은 거기에서 하나씩 골라 이은 것입니다.
# - 앞뒤에 끝 토큰을 붙여 가르쳐야 시작하고 멈출 줄 압니다. 패딩은 손실에서 뺍니다.
# - 프롬프트로 레이블을 주며 파인튜닝하면 그 레이블로 내용을 제어할 수 있습니다.
# - 확률은 퍼플렉시티로, 시킨 대로 쓰는지는 제어 정확도로 잽니다.
# - 그리디 서치와 빔 서치는 늘 같은 글을 내고, 샘플링은 다양합니다. top-k, top-p, 온도는 뽑기 전에 확률을 손봅니다.
# - 반복 페널티와 n-gram 반복 방지는 같은 말을 반복하지 않게 합니다.
# - 고르고 붙이기를 반복하는 것이 문장 생성의 전부이고, 고르는 법만 바꾸면 됩니다.
# - 키-밸류 캐시가 있으면 토큰을 더할 때 새 토큰만 계산하면 됩니다.
#
# ## 연습 문제
#
# **1. 생성 모델로 분류하기.** 리뷰 앞에 `긍정`을 붙였을 때와 `부정`을 붙였을 때, 리뷰의 확률이 어느 쪽에서 더 높은지
# 비교하면 분류가 됩니다. 정확도를 재고 4장의 분류기와 비교해 보세요.


# %% tags=["solution"]
def likelier_prompts(
    trained: TrainedModel, texts: list[str]
) -> list[str]:
    """Return for each text the prompt that makes it most probable."""
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
    correct = [
        guess == e.prompt
        for guess, e in zip(guesses, splits.test, strict=True)
    ]
    scores = {"생성 모델": float(np.mean(correct))}
    if "classifier_accuracy" in trained.metrics:
        scores["4장의 분류기"] = trained.metrics["classifier_accuracy"]
    display.bars(scores, "정확도", limit=1.0).show()

# %% [markdown]
# **2. 빔은 더 그럴듯한가.** 빔의 수를 늘리면 글 전체의 확률이 정말 높아지나요? 그리디 서치, 빔 3, 빔 8로 쓴 글의 로그 확률을
# 재 보세요. 그리고 읽어 보세요. 더 그럴듯한 글이 더 재미있는 글인가요? transformers는 로그 확률의 합을 길이로 나눈 값으로
# 고르므로 더 긴 글을 고를 수 있습니다. 그 값도 함께 재 보세요. 빔을 더 늘려도 같은 글일 수 있습니다.

# %% tags=["solution"]
if __name__ == "__main__":
    rows = []
    for beams in (1, 3, 8):
        # Long enough, since truncated texts have no end token.
        options = DecodingOptions(beams=beams, max_new_tokens=48)
        text = predict(trained, [prompt], options)[0]["text"]
        end = tokenizer.end_token_id
        ids = [end, *map(int, tokenizer(prompt + text)), end]
        ids = ids[: lm.longest(trained.model) + 1]
        (score,) = lm.token_log_probabilities(trained.model, [ids])
        row = [f"빔 {beams}", text.strip(), len(score)]
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
# - Holtzman 외(2020), *The Curious Case of Neural Text Degeneration*. top-p와 반복
# - Keskar 외(2019), *CTRL: A Conditional Transformer Language Model for Controllable Generation*. 레이블로 제어하기,
#   반복 페널티
# - Krause 외(2021), *GeDi: Generative Discriminator Guided Sequence Generation*. 프롬프트를 가려내는 손실
# - Paulus 외(2017), *A Deep Reinforced Model for Abstractive Summarization*. n-gram 반복 방지
# - Li 외(2016), *A Diversity-Promoting Objective Function for Neural Conversation Models*. distinct-n
