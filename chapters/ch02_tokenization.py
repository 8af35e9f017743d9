# %% [markdown]
# # 2장 문장을 작은 단위로 쪼개기: 토큰화
#
# 모델은 수만 압니다. 그래서 글을 수로 바꾸어 넣어야 하는데, 그 첫걸음이 글을 토큰(token)이라는 작은
# 단위로 쪼개는 토큰화(tokenization)입니다. 무엇을 한 토큰으로 볼지에 따라 모델이 아는 낱말의 수도,
# 문장의 길이도, 처음 보는 낱말을 대하는 법도 달라집니다.
#
# ## 이 장에서 배우는 것
#
# - 단어, 문자, 서브워드로 쪼갤 때의 득과 실
# - 바이트 페어 인코딩(BPE)이 어휘 집합을 만들고 쓰는 법
# - 워드피스(WordPiece)가 그와 다른 점
# - 한국어 글로 BERT와 GPT의 어휘 집합 만들기
# - 같은 문장이 BERT의 입력과 GPT의 입력이 되는 모습
# - 어휘 집합의 크기를 고르는 법

# %%
from collections import Counter
from itertools import pairwise

import keras_nlp
import numpy as np

from kerasnlp_tutorial import datasets, display
from kerasnlp_tutorial.checkpoints import preset_folder
from kerasnlp_tutorial.tokenizers import (
    ByteLevelBPE,
    KoreanBertTokenizer,
    token_bytes,
    train_wordpiece,
)

# %% [markdown]
# ## 단어, 문자, 서브워드
#
# 가장 쉬운 토큰은 띄어쓰기로 나눈 어절입니다. 그런데 한국어는 조사와 어미가 붙으므로 `영화`, `영화가`,
# `영화를`, `영화는`이 모두 다른 어절이 됩니다. 말뭉치(corpus)가 커지면 어휘 집합(vocabulary)이 끝없이 커지고,
# 그래도 처음 보는 어절은 계속 나옵니다. 어휘 집합에 없는 토큰은 미등록 토큰(unknown token)이 되어 뜻을
# 잃습니다.
#
# 문자로 나누면 모르는 것이 거의 없습니다. 대신 문장이 길어지고, 글자 하나는 뜻이 없어서 모델이 글자를
# 모아 낱말을 알아내는 일까지 떠맡습니다.


# %%
def words(text: str) -> list[str]:
    """Split a text at white space."""
    return text.split()


def characters(text: str) -> list[str]:
    """Split a text into its characters, without white space."""
    return list("".join(text.split()))


def coverage(
    train: list[str], test: list[str], split
) -> dict[str, float]:
    """Describe a way to split: vocabulary, length, and what stays unknown.

    Args:
        train: texts whose tokens make the vocabulary.
        test: texts to split.
        split: a function from a text to its tokens.

    Returns:
        `vocabulary`: number of tokens; `length`: mean tokens of a test
        text; `unknown`: share of its tokens that are not in the vocabulary.
    """
    vocabulary = {token for text in train for token in split(text)}
    tokens = [token for text in test for token in split(text)]
    return {
        "vocabulary": len(vocabulary),
        "length": len(tokens) / len(test),
        "unknown": float(
            np.mean([t not in vocabulary for t in tokens])
        ),
    }


# %%
if __name__ == "__main__":
    train, test = (
        [
            example.text
            for example in datasets.read_nsmc(
                datasets.SAMPLE.path(f"ratings_{split}.txt")
            )
        ]
        for split in ("train", "test")
    )
    ways = []
    for name, split in (("어절", words), ("문자", characters)):
        ways.append([name, *coverage(train, test, split).values()])
    columns = ["단위", "어휘 수", "리뷰의 길이", "미등록 비율"]
    display.table(columns, ways).show()

# %% [markdown]
# 서브워드(subword)는 그 사이입니다. 자주 나오는 것은 통째로, 드문 것은 조각으로 나눕니다. 무엇이 자주
# 나오는지는 사람이 정하지 않고 말뭉치에서 셉니다.
#
# ## 바이트 페어 인코딩
#
# 바이트 페어 인코딩(byte pair encoding, BPE)은 본디 자료를 압축하는 방법입니다. 가장 자주 나오는 이웃
# 한 쌍을 새 기호 하나로 바꾸는 일을 되풀이합니다. `aaabdaaabac`에서는 `aa`가 가장 잦으므로 새 기호로
# 바꾸고, 다음에는 그 결과에서 또 가장 잦은 쌍을 찾습니다.
#
# 어휘 집합을 만들 때도 같습니다. 처음에는 글자만 알고 있다가, 말뭉치에서 가장 자주 이웃하는 두 토큰을
# 합쳐 새 토큰으로 삼습니다. 원하는 크기가 될 때까지 합칩니다. 합친 순서(merges)가 곧 배운 것입니다.

# %%
Word = tuple[str, ...]
Pair = tuple[str, str]


def count_pairs(counts: dict[Word, int]) -> Counter[Pair]:
    """Count neighbouring tokens in words that occur `counts` times."""
    pairs = Counter()
    for word, count in counts.items():
        for pair in pairwise(word):
            pairs[pair] += count
    return pairs


def merge(word: Word, pair: Pair) -> Word:
    """Join every occurrence of the pair in a word, from left to right."""
    merged, i = [], 0
    while i < len(word):
        if word[i : i + 2] == pair:
            merged.append(word[i] + word[i + 1])
            i += 2
        else:
            merged.append(word[i])
            i += 1
    return tuple(merged)


def learn_bpe(
    word_counts: dict[str, int], num_merges: int
) -> list[Pair]:
    """Learn merges: each time the most frequent pair, the first if equal.

    Args:
        word_counts: how often each word occurs.
        num_merges: how many pairs to merge, at most.
    """
    counts = {tuple(word): n for word, n in word_counts.items()}
    merges = []
    while len(merges) < num_merges and (pairs := count_pairs(counts)):
        best = max(pairs, key=pairs.get)
        counts = {merge(word, best): n for word, n in counts.items()}
        merges.append(best)
    return merges


def apply_bpe(
    word: str, merges: list[Pair], alphabet: set[str]
) -> list[str]:
    """Split a new word: merge in the order in which it was learnt.

    A character outside the alphabet becomes `<unk>`.
    """
    tokens = tuple(c if c in alphabet else "<unk>" for c in word)
    for pair in merges:
        tokens = merge(tokens, pair)
    return list(tokens)


# %%
if __name__ == "__main__":
    toy = {"hug": 10, "pug": 5, "pun": 12, "bun": 4, "hugs": 5}
    merges = learn_bpe(toy, num_merges=3)
    alphabet = {character for word in toy for character in word}
    print("합친 순서", merges)
    for word in ("pug", "bug", "mug"):
        print(word, apply_bpe(word, merges, alphabet))

# %% [markdown]
# `m`은 말뭉치에 없던 글자라 미등록 토큰이 되었습니다. GPT-2는 글자 대신 바이트(byte)에서 출발합니다.
# 어떤 글자든 UTF-8로 적으면 256가지 바이트의 열이므로 미등록 토큰이 아예 없습니다. 한글 한 글자는
# 세 바이트입니다.
#
# ## 워드피스
#
# 워드피스(WordPiece)도 이웃한 두 토큰을 합쳐 나가지만 고르는 잣대가 다릅니다. 그저 잦은 쌍이 아니라,
# 따로따로 나올 때에 견주어 함께 나오는 일이 잦은 쌍을 고릅니다. 토큰 $a$, $b$의 수와 쌍의 수, 토큰 전체의
# 수 $n$으로 적으면 이렇습니다.
#
# $$\text{점수}(a, b) = \frac{\#ab / n}{(\#a / n)(\#b / n)}$$
#
# 쓸 때도 다릅니다. 합친 순서를 따르지 않고, 어휘 집합에 있는 가장 긴 토큰을 앞에서부터 떼어 냅니다.
# 어절의 처음이 아닌 토큰에는 `##`을 붙여 구별합니다. 끝까지 떼어 내지 못하면 어절 전체가 미등록 토큰
# `[UNK]`가 됩니다.


# %%
def wordpiece_scores(counts: dict[Word, int]) -> dict[Pair, float]:
    """Return the score of every pair of neighbours."""
    tokens = Counter()
    for word, count in counts.items():
        for token in word:
            tokens[token] += count
    total = tokens.total()
    return {
        (a, b): (n / total) / (tokens[a] / total * tokens[b] / total)
        for (a, b), n in count_pairs(counts).items()
    }


def longest_match(word: str, vocabulary: set[str]) -> list[str]:
    """Split a word as WordPiece does; `##` marks what continues it."""
    tokens, start = [], 0
    while start < len(word):
        prefix = "##" if start else ""
        for end in range(len(word), start, -1):
            if prefix + word[start:end] in vocabulary:
                tokens.append(prefix + word[start:end])
                start = end
                break
        else:
            return ["[UNK]"]
    return tokens


# %%
if __name__ == "__main__":
    counts = {tuple(word): n for word, n in toy.items()}
    pairs, scores = count_pairs(counts), wordpiece_scores(counts)
    rows = [
        [" ".join(pair), pairs[pair], scores[pair]]
        for pair in sorted(pairs, key=pairs.get, reverse=True)
    ]
    display.table(["쌍", "BPE: 나온 수", "워드피스: 점수"], rows).show()

# %% [markdown]
# 가장 잦은 쌍과 점수가 가장 높은 쌍이 다릅니다. 드문 글자끼리 늘 붙어 다니는 쌍을 워드피스가 더 높이
# 칩니다. 다만 다음에 쓸 `tokenizers` 라이브러리는 워드피스의 어휘 집합도 가장 잦은 쌍을 합쳐서 만듭니다.
# 널리 쓰이는 어휘 집합에서 워드피스답게 다른 것은 쪼개는 법입니다.

# %%
if __name__ == "__main__":
    pieces = {"b", "##ug", "##s"}
    for word in ("bugs", "mug"):
        print(word, longest_match(word, pieces))

# %% [markdown]
# BPE는 모르는 글자 `m`만 미등록으로 두지만, 워드피스는 `mug` 전체를 잃습니다.
#
# ## 한국어 어휘 집합 만들기
#
# 이제 진짜 글로 만듭니다. 손으로 쓴 위의 함수는 원리를 보여 줄 뿐 느리므로, 여기서부터는 `tokenizers`
# 라이브러리를 씁니다. BERT에는 워드피스, GPT에는 바이트 수준 BPE를 만듭니다.

# %%
VOCABULARY_SIZE = 10_000
"""Most tokens of the vocabularies of this chapter."""

# %%
if __name__ == "__main__":
    vocabulary = train_wordpiece(train, VOCABULARY_SIZE)
    bpe = ByteLevelBPE.train(train, VOCABULARY_SIZE)
    rows = [
        ["워드피스", len(vocabulary), " ".join(vocabulary[-8:])],
        [
            "바이트 수준 BPE",
            len(bpe.vocabulary),
            " ".join(list(bpe.vocabulary)[-8:]),
        ],
    ]
    display.table(["방법", "토큰 수", "마지막 토큰들"], rows).show()

# %% [markdown]
# 10,000개까지 만들라고 했지만 그만큼 나오지 않았습니다. 두 번 이상 나온 쌍만 합치는데, 리뷰가 적어 그런
# 쌍이 먼저 떨어졌습니다. 글이 많은 `bert_mini_ko`와 `gpt2_mini_ko`(3장)의 어휘 집합은 10,000개를 다
# 채웠습니다.
#
# 바이트 수준 BPE의 토큰은 알아볼 수 없습니다. 바이트 하나하나를 눈에 보이는 글자로 바꾸어 적기 때문입니다.
# `Ġ`는 낱말 앞의 빈칸입니다. 토큰을 바이트로 되돌려 이어 붙이면 다시 글이 됩니다(연습 문제 2).

# %%
if __name__ == "__main__":
    rows = []
    for name, kind in (
        ("bert_mini_ko", keras_nlp.tokenizers.BertTokenizer),
        ("gpt2_mini_ko", keras_nlp.tokenizers.GPT2Tokenizer),
    ):
        model = kind.from_preset(preset_folder(name))
        full = list(model.get_vocabulary())
        rows.append([name, len(full), " ".join(full[-8:])])
    display.table(["모델", "토큰 수", "마지막 토큰들"], rows).show()

# %% [markdown]
# 처음의 표에 서브워드를 더해 봅니다.

# %%
if __name__ == "__main__":
    tokenizer = KoreanBertTokenizer(vocabulary)

    def subwords(text):
        return [tokenizer.id_to_token(id) for id in tokenizer(text)]

    tokens = [token for text in test for token in subwords(text)]
    length = len(tokens) / len(test)
    unknown = tokens.count("[UNK]") / len(tokens)
    row = ["서브워드", len(vocabulary), length, unknown]
    display.table(columns, [*ways, row]).show()

# %% [markdown]
# 어절보다 적은 어휘로도 모르는 것이 거의 없고, 길이는 문자보다 짧습니다.
#
# 큰 말뭉치로는 명령줄에서 만듭니다. 파일을 한 줄씩 읽으므로 말뭉치를 통째로 메모리에 올리지 않습니다.
#
# ```sh
# kerasnlp-tutorial tokenizer train --kind wordpiece \
#   --text corpus.txt --size 10000 --output my-vocabulary
# ```
#
# ## BERT의 입력과 GPT의 입력
#
# 같은 문장이 두 모델에 어떻게 들어가는지 나란히 봅니다. BERT는 앞에 글 전체를 대표하는 `[CLS]`, 뒤에 글의
# 끝을 알리는 `[SEP]`을 붙입니다. GPT의 글 앞뒤에는 끝 토큰 `<|endoftext|>`를 두기도 하지만(8장) 여기서는
# 뺍니다. 배치(batch)를 네모나게 만들려고 모자라는 자리, 곧 빈자리(padding)를 채우는 토큰이 `[PAD]`와
# `<pad>`이고, 둘 다 번호가 0입니다. `padding_mask`는 진짜 토큰이 1, 빈자리가 0입니다. `segment_ids`는
# 문장이 둘일 때 어느 쪽인지 알려 주는 수로, 하나면 모두 0입니다.


# %%
def bert_input(
    text: str, tokenizer: KoreanBertTokenizer, length: int
) -> dict[str, list]:
    """Return tokens, ids, mask and segments of a text as BERT takes it.

    Args:
        text: cut off after `length - 2` tokens.
        tokenizer: of the model.
        length: tokens, with `[CLS]`, `[SEP]` and padding.
    """
    ids = [int(id) for id in tokenizer(text)[: length - 2]]
    ids = [tokenizer.cls_token_id, *ids, tokenizer.sep_token_id]
    x = padded(ids, tokenizer.get_vocabulary(), length)
    return x | {"segment_ids": [0] * length}


def gpt_input(
    text: str, bpe: ByteLevelBPE, length: int
) -> dict[str, list]:
    """Return tokens, ids and mask of a text as GPT takes it."""
    ids = bpe.encode_batch([text])[0][:length]
    return padded(ids, list(bpe.vocabulary), length)


def padded(
    ids: list[int], vocabulary: list[str], length: int
) -> dict[str, list]:
    """Fill up with padding, which has the id 0 in both vocabularies."""
    filled = ids + [0] * (length - len(ids))
    return {
        "tokens": [vocabulary[id] for id in filled],
        "token_ids": filled,
        "padding_mask": [1] * len(ids) + [0] * (length - len(ids)),
    }


# %%
if __name__ == "__main__":
    text = "배우들 연기가 살아 있네요"
    bert = bert_input(text, tokenizer, 12)
    gpt = gpt_input(text, bpe, 12)
    gpt["tokens"] = [
        token_bytes(token).decode("utf-8", "replace")
        for token in gpt["tokens"]
    ]
    names = ["BERT", "ids", "mask", "segment", "GPT", "ids", "mask"]
    rows = zip(*bert.values(), *gpt.values(), strict=True)
    display.table(names, list(rows)).show()

# %% [markdown]
# GPT의 토큰은 바이트를 글로 되돌려 적었습니다. 낱말 앞의 빈칸도 토큰에 들어 있습니다. 여러 문장을 한 배치로
# 묶으면 짧은 문장에는 빈자리가 생기고, 12개보다 긴 문장은 뒤가 잘립니다.

# %%
if __name__ == "__main__":
    texts = [
        text,
        "두 시간이 이렇게 길 줄이야",
        "처음부터 끝까지 눈을 뗄 수 없을 만큼 재미있는 영화였다",
    ]
    for name, rows in (
        ("BERT", [bert_input(t, tokenizer, 12) for t in texts]),
        ("GPT", [gpt_input(t, bpe, 12) for t in texts]),
    ):
        print(name, "token_ids, 모양 (문장, 토큰)")
        print(np.array([row["token_ids"] for row in rows]))

# %% [markdown]
# ## 어휘 집합은 얼마나 커야 할까
#
# 크면 문장이 짧아져 계산이 줄지만, 임베딩(embedding)이 커지고 드문 토큰은 배울 기회가 적습니다. 작으면 그 반대입니다.
# 크기를 바꾸어 가며 평가용 리뷰의 길이와 미등록 토큰의 비율을 재 봅니다. 가장 잦은 어절을 같은 수만큼 아는
# 어휘 집합이 모르는 어절의 비율도 곁에 둡니다.


# %%
def by_vocabulary_size(
    train: list[str], test: list[str], sizes: list[int]
) -> list[dict[str, float]]:
    """Measure subword vocabularies, and as large ones of whole words.

    Returns:
        For each `size` the mean `length` and share of `unknown` tokens, and
        `unknown_words`, the share of words that are not among the `size`
        most frequent ones.
    """
    frequent = Counter(w for text in train for w in words(text))
    tested = [w for text in test for w in words(text)]
    results = []
    for size in sizes:
        vocabulary = train_wordpiece(train, size)
        tokenizer = KoreanBertTokenizer(vocabulary)
        ids = [id for row in tokenizer(test) for id in row]
        unknown = np.mean(
            np.array(ids) == tokenizer.token_to_id("[UNK]")
        )
        known = dict(frequent.most_common(len(vocabulary)))
        results.append(
            {
                "size": len(vocabulary),
                "length": len(ids) / len(test),
                "unknown": float(unknown),
                "unknown_words": float(
                    np.mean([w not in known for w in tested])
                ),
            }
        )
    return results


# %%
if __name__ == "__main__":
    sizes = [2000, 2500, 3000, 4000, 5000]
    results = by_vocabulary_size(train, test, sizes)
    rows = [list(result.values()) for result in results]
    display.table(
        ["어휘 수", "길이", "미등록 비율", "어절의 미등록 비율"], rows
    ).show()
    lengths = {str(r["size"]): r["length"] for r in results}
    display.bars(lengths, "어휘 수에 따른 리뷰의 길이 (토큰)").show()
    shares = {
        "어절": [r["unknown_words"] for r in results],
        "서브워드": [r["unknown"] for r in results],
    }
    display.curves(
        shares, "미등록 비율", "어휘 수", names=list(lengths)
    ).show()

# %% [markdown]
# 어휘 집합이 커질수록 리뷰가 짧아지지만 줄어드는 폭은 작아집니다. 미등록 토큰의 비율은 오히려 조금 오릅니다.
# 모르는 글자가 든 어절의 수는 거의 그대로인데 토큰 전체의 수가 줄기 때문입니다. 같은 크기의 어절 어휘 집합은
# 절반 넘게 모릅니다.
#
# ## 나만의 어휘 집합
#
# 다루는 글이 다르면 어휘 집합도 달라야 합니다. 리뷰로 만든 어휘 집합은 법률 문서를 잘게 부숩니다.

# %%
if __name__ == "__main__":
    law = "모든 국민은 법 앞에 평등하다"
    rows = [[t, len(words(t)), len(subwords(t))] for t in (text, law)]
    display.table(["문장", "어절", "토큰"], rows).show()
    print(" ".join(subwords(law)))

# %% [markdown]
# 그러나 미리 학습한 모델을 쓸 때는 반드시 그 모델의 어휘 집합을 써야 합니다. 토큰의 번호가 곧 임베딩의 자리라서,
# 번호가 어긋나면 모델이 아는 것이 모두 쓸모없어집니다.
#
# ## 요약
#
# - 어절로 쪼개면 모르는 것이 많고, 문자로 쪼개면 문장이 길어집니다. 서브워드는 그 사이입니다.
# - BPE는 가장 잦은 쌍을 합칩니다. 본디 워드피스는 함께 나올 때가 유난히 많은 쌍을 합치지만, 흔히 쓰는
#   라이브러리는 여기서도 가장 잦은 쌍을 합칩니다.
# - BPE는 합친 순서대로, 워드피스는 가장 긴 토큰부터 찾아 쪼갭니다.
# - 바이트에서 출발하면 미등록 토큰이 없습니다.
# - 미리 학습한 모델은 그 모델의 어휘 집합과 함께 씁니다.
#
# ## 연습 문제
#
# **1. 압축.** BPE의 처음 쓰임대로, 가장 잦은 쌍을 새 글자로 바꾸는 일을 더 바꿀 것이 없을 때까지 되풀이해
# `aaabdaaabac`를 줄여 보세요. 새 글자는 `Z`, `Y`, `X` 차례로 씁니다.


# %% tags=["solution"]
def compress(text: str, new_characters: str) -> str:
    """Replace the most frequent pair by a new character, again and again."""
    for new in new_characters:
        pairs = map("".join, pairwise(text))
        best = max(pairs, key=text.count, default=None)
        if best is None or text.count(best) < 2:
            break
        text = text.replace(best, new)
    return text


# %% tags=["solution"]
if __name__ == "__main__":
    print(compress("aaabdaaabac", "ZYX"))

# %% [markdown]
# **2. 바이트를 글로.** 바이트 수준 BPE의 토큰을 다시 글로 바꾸는 함수를 써 보세요. 눈에 보이는 글자는
# 그대로 그 바이트를, 그 밖의 바이트는 256번부터 차례로 붙인 글자를 씁니다. 토큰 하나만으로는 글자가 되지
# 않을 수도 있습니다. 왜일까요?


# %% tags=["solution"]
def to_text(tokens: list[str]) -> str:
    """Turn tokens of a byte-level BPE back into text."""
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in visible]
    byte_of = {chr(byte): byte for byte in visible}
    byte_of |= {chr(256 + i): byte for i, byte in enumerate(hidden)}
    data = bytes(byte_of[c] for token in tokens for c in token)
    return data.decode("utf-8", errors="replace")


# %% tags=["solution"]
if __name__ == "__main__":
    names = list(bpe.vocabulary)
    tokens = [names[id] for id in bpe.encode_batch([text])[0]]
    print(to_text(tokens), [to_text([token]) for token in tokens])

# %% [markdown]
# ## 더 읽을거리
#
# - Gage(1994), *A New Algorithm for Data Compression*, The C Users Journal. BPE의 시작.
# - Schuster와 Nakajima(2012), *Japanese and Korean Voice Search*, ICASSP. 워드피스가 한국어와 일본어
#   음성 검색을 위해 처음 쓰인 논문입니다.
# - Sennrich 외(2016), *Neural Machine Translation of Rare Words with Subword Units*, ACL. BPE를 토큰화에 쓴
#   논문.
# - Radford 외(2019), *Language Models are Unsupervised Multitask Learners*. 바이트 수준 BPE.
# - Song 외(2021), *Fast WordPiece Tokenization*, EMNLP.
# - Park 외(2020), *An Empirical Study of Tokenization Strategies for Various Korean NLP Tasks*, AACL.
