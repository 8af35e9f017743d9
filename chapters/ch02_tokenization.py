# %% [markdown]
# # 2장 문장을 작은 단위로 쪼개기: 토큰화
#
# 모델은 수만 압니다. 그래서 글을 수로 바꾸어 넣어야 하는데, 그 첫 단계가 글을 토큰(token)이라는 작은
# 단위로 쪼개는 토큰화(tokenization)입니다. 글을 받아 토큰으로 쪼개고 토큰마다 정해진 번호를 내는 것이
# 토크나이저(tokenizer)입니다. 무엇을 한 토큰으로 볼지에 따라 모델이 아는 단어의 수도, 문장의 길이도, 처음
# 보는 단어를 대하는 법도 달라집니다.
#
# ## 이 장에서 배우는 것
#
# - 어절, 형태소, 문자, 서브워드로 쪼갤 때의 득과 실
# - 형태소 분석기가 하는 일
# - 바이트 페어 인코딩(BPE)이 어휘 집합을 만들고 쓰는 법
# - 워드피스(WordPiece)가 그와 다른 점
# - 한국어 글로 BERT와 GPT의 어휘 집합 만들기
# - 같은 문장이 BERT의 입력과 GPT의 입력이 되는 모습
# - 어휘 집합의 크기를 고르는 법
#
# ## 단어, 문자, 서브워드
#
# ### 단어로 쪼개기
#
# 가장 쉬운 토큰은 띄어쓰기로 나눈 어절입니다. 그런데 한국어는 조사와 어미가 붙으므로 `영화`, `영화가`,
# `영화를`, `영화는`이 모두 다른 어절이 됩니다. 모은 글, 곧 말뭉치(corpus)가 커지면 토큰의 목록인 어휘
# 집합(vocabulary)이 끝없이 커지고, 그래도 처음 보는 어절은 계속 나옵니다. 어휘 집합에 없는 것은 미등록
# 토큰(unknown token)이 되어 뜻을 잃습니다.
#
# ### 문자로 쪼개기
#
# 문자로 나누면 어휘 집합이 작고 모르는 것이 거의 없습니다. 대신 문장이 길어지고, 글자 하나에는 뜻이 거의
# 없어서 모델이 글자를 모아 단어를 알아내는 일까지 떠맡습니다.

# %%
import numpy as np


def words(text: str) -> list[str]:
    """띄어쓰기로 나눕니다."""
    return text.split()


def characters(text: str) -> list[str]:
    """공백을 뺀 글자로 나눕니다."""
    return list("".join(text.split()))


def coverage(train, test, split) -> dict[str, float]:
    """학습용 글의 토큰을 어휘 집합으로 삼아, 평가용 글을 나눠 봅니다."""
    vocabulary = {token for text in train for token in split(text)}
    tokens = [token for text in test for token in split(text)]
    unknown = [token not in vocabulary for token in tokens]
    return {
        "vocabulary": len(vocabulary),
        "length": len(tokens) / len(test),
        "unknown": float(np.mean(unknown)),
    }


# %%
if __name__ == "__main__":
    from kerasnlp_tutorial import datasets, display

    train, test = (
        [
            example.text
            for example in datasets.read_nsmc(
                datasets.SAMPLE.path(f"ratings_{split}.txt")
            )
        ]
        for split in ("train", "test")
    )
    ways = [
        [name, *coverage(train, test, split).values()]
        for name, split in (("어절", words), ("문자", characters))
    ]
    columns = ["단위", "어휘 수", "리뷰의 길이", "미등록 비율"]
    display.table(columns, ways).show()

# %% [markdown]
# ### 형태소로 쪼개기
#
# 어절보다 나은 단위가 있습니다. 뜻을 가진 가장 작은 말의 단위를 형태소(morpheme)라고 합니다. 글을 형태소로
# 나누고 형태소마다 품사를 붙이는 일이 형태소 분석(morphological analysis)입니다. `영화가`와 `영화를`은 둘 다
# `영화`라는 명사에 조사가 붙은 것이므로, 형태소로 나누면 `영화`가 한 토큰이 됩니다.
#
# 한국어 형태소 분석기 키위(Kiwi)를 써 봅니다. 설치는 `pip install "kerasnlp-tutorial[morphemes]"`로 합니다.

# %%
from kerasnlp_tutorial.tokenizers.morphemes import (
    MISSING,
    morphological_analyzer,
)

# %%
if __name__ == "__main__":
    analyze = morphological_analyzer()
    examples = [
        "배우들 연기가 살아 있네요",
        "어제 카페에 갔었어",
        "하늘을 나는 새",
        "나는 새를 보았다",
    ]
    if analyze is None:
        print(MISSING)
    else:
        rows = [
            [text, " ".join("/".join(m) for m in analyze(text))]
            for text in examples
        ]
        display.table(["글", "형태소/품사"], rows).show()

# %% [markdown]
# 품사는 짧은 이름으로 적습니다. 대개 `N`으로 시작하면 명사나 대명사, `V`는 동사나 형용사, `J`는 조사, `E`는 어미,
# `M`은 관형사나 부사, `X`는 접사나 어근입니다. 이를테면 `NP`는 대명사, `VV`는 동사, `JKS`는 주격 조사, `EP`는 `었`처럼
# 다른 어미 앞에 오는 선어말 어미, `EF`는 문장을 끝내는 어미입니다. 눈여겨볼 것이 둘 있습니다.
#
# - 줄어든 말을 되살립니다. `갔었어`는 `가`, `었었`, `어`가 됩니다. 그래서 이어 붙여도 원래의 글자가 되지는
#   않습니다.
# - 같은 글자도 문맥을 보고 다르게 읽습니다. 두 `나는`의 `나`는 하나가 `날다`에서 ㄹ이 빠진 동사, 하나가
#   대명사입니다.
#
# 같은 리뷰로 재어 앞의 표에 더합니다.

# %%
if __name__ == "__main__":
    if analyze is None:
        print(MISSING)
    else:

        def forms(text):
            return [form for form, _ in analyze(text)]

        scores = coverage(train, test, forms).values()
        ways.append(["형태소", *scores])
        display.table(columns, ways).show()

# %% [markdown]
# 어절보다 어휘 집합이 작고 모르는 것도 적습니다. 그러나 공짜는 아닙니다. 분석기는 사람이 만든 사전과 규칙,
# 품사를 단 말뭉치로 만들므로, 새로 생긴 말이나 띄어쓰기가 엉킨 글에서는 틀리기 쉽습니다. 다른 언어에는 쓸 수 없고,
# 글이 많으면 오래 걸립니다. 지금도 단어의 수를 세거나 검색어를 뽑을 때에는 형태소 분석을 많이 쓰지만, BERT나
# GPT에 넣을 글은 대개 서브워드로 나눕니다.
#
# ### 서브워드로 쪼개기
#
# 서브워드(subword)는 단어와 문자의 사이입니다. 자주 나오는 것은 통째로, 드문 것은 조각으로 나눕니다. 무엇이
# 자주 나오는지는 사람이 정하지 않고 말뭉치에서 셉니다. 그래서 어느 언어에나 같은 방법을 쓸 수 있습니다.
#
# ## 바이트 페어 인코딩
#
# 바이트 페어 인코딩(byte pair encoding, BPE)은 본디 자료를 압축하는 방법입니다. 가장 자주 나오는 이웃
# 한 쌍을 새 기호 하나로 바꾸는 일을 반복합니다. `aaabdaaabac`에서는 `aa`가 가장 잦으므로 새 기호로
# 바꾸고, 다음에는 그 결과에서 또 가장 잦은 쌍을 찾습니다(연습 문제 1).
#
# 어휘 집합을 만들 때도 같습니다. 먼저 글을 어절로 나누고, 어절마다 몇 번 나왔는지 셉니다. 이렇게 먼저 나누는
# 것을 프리토크나이즈(pre-tokenize)라고 하며, 그 경계를 넘어서는 합치지 않습니다. 처음의 어휘 집합은 글자뿐입니다.
# 가장 자주 이웃하는 두 토큰을 합쳐 새 토큰으로 더하는 일을, 어휘 집합이 원하는 크기가 될 때까지 반복합니다.
#
# ![단어 hug, pug, pun, bun, hugs가 글자로 나뉘어 있다가, 스텝마다 가장 자주 이웃하는 쌍이 한 토큰으로 합쳐진다. 합친 쌍은 차례로 u와 g(20번), u와 n(16번), h와 ug(15번)이다.](../docs/images/pictures/bpe.svg)

# %%
from collections import Counter
from itertools import pairwise

Word = tuple[str, ...]
Pair = tuple[str, str]


def count_pairs(counts: dict[Word, int]) -> Counter[Pair]:
    """이웃한 두 토큰의 쌍을 셉니다."""
    pairs: Counter[Pair] = Counter()
    for word, count in counts.items():
        for pair in pairwise(word):
            pairs[pair] += count
    return pairs


def merge(word: Word, pair: Pair) -> Word:
    """단어에서 그 쌍을 앞에서부터 모두 합칩니다."""
    merged, i = [], 0
    while i < len(word):
        if word[i : i + 2] == pair:
            merged.append(word[i] + word[i + 1])
            i += 2
        else:
            merged.append(word[i])
            i += 1
    return tuple(merged)


# %% [markdown]
# 책에 나오는 다섯 단어로 셉니다. `hug`가 열 번, `pug`가 다섯 번 나왔다는 식입니다.

# %%
if __name__ == "__main__":
    toy = {"hug": 10, "pug": 5, "pun": 12, "bun": 4, "hugs": 5}
    counts = {tuple(word): n for word, n in toy.items()}
    rows = [
        [" ".join(p), n] for p, n in count_pairs(counts).most_common()
    ]
    display.table(["쌍", "나온 수"], rows).show()

# %% [markdown]
# 이어진 두 토큰을 바이그램(bigram)이라고도 합니다. 가장 잦은 쌍을 합치고 다시 세는 일을 반복합니다. 합친
# 순서(merges)가 곧 배운 것입니다.


# %%
def learn_bpe(word_counts: dict[str, int], num_merges: int):
    """가장 잦은 쌍을 반복해 합칩니다. 같으면 먼저 나온 쌍입니다."""
    counts = {tuple(word): n for word, n in word_counts.items()}
    merges: list[Pair] = []
    while len(merges) < num_merges and (pairs := count_pairs(counts)):
        ((best, _),) = pairs.most_common(1)
        counts = {merge(word, best): n for word, n in counts.items()}
        merges.append(best)
    return merges


# %%
if __name__ == "__main__":
    merges = learn_bpe(toy, num_merges=3)
    letters = sorted({letter for word in toy for letter in word})
    print("합친 순서", merges)
    print("어휘 집합", [*letters, *("".join(pair) for pair in merges)])

# %% [markdown]
# 새 단어는 글자로 나눈 다음, 배운 순서대로 합칩니다. 말뭉치에 없던 글자는 미등록 토큰이 됩니다.


# %%
def apply_bpe(word: str, merges, alphabet: set[str]) -> list[str]:
    """배운 순서대로 합쳐 새 단어를 나눕니다."""
    tokens = tuple(c if c in alphabet else "<unk>" for c in word)
    for pair in merges:
        tokens = merge(tokens, pair)
    return list(tokens)


# %%
if __name__ == "__main__":
    for word in ("pug", "bug", "mug"):
        print(word, apply_bpe(word, merges, set(letters)))

# %% [markdown]
# `m`은 말뭉치에 없던 글자라 미등록 토큰이 되었습니다. GPT-2는 글자 대신 바이트(byte)에서 출발합니다.
# 컴퓨터는 글자를 바이트 몇 개로 적고(UTF-8), 바이트는 256가지뿐입니다. 256개를 처음부터 어휘 집합에 넣어 두면
# 어떤 글자가 나와도 미등록 토큰이 없습니다. 한글 한 글자는 세 바이트입니다.
#
# ## 워드피스
#
# 워드피스(WordPiece)도 이웃한 두 토큰을 합쳐 나가지만 고르는 기준이 다릅니다. 합쳤을 때 말뭉치의 확률, 곧
# 우도(likelihood)가 높아지는 쌍을 고릅니다. 그저 잦은 쌍이 아니라, 따로따로 나올 때에 비해 함께 자주 나오는
# 쌍입니다. 토큰 $a$, $b$의 수 $\#a$, $\#b$와 쌍의 수 $\#ab$, 토큰 전체의 수 $n$으로 적으면 이렇습니다.
#
# $$\text{점수}(a, b) = \frac{\#ab / n}{(\#a / n)(\#b / n)}$$


# %%
def wordpiece_scores(counts: dict[Word, int]) -> dict[Pair, float]:
    """이웃한 쌍마다 점수를 냅니다."""
    tokens: Counter[str] = Counter()
    for word, count in counts.items():
        for token in word:
            tokens[token] += count
    total = tokens.total()
    return {
        (a, b): (n / total) / (tokens[a] / total * tokens[b] / total)
        for (a, b), n in count_pairs(counts).items()
    }


# %%
if __name__ == "__main__":
    pairs, scores = count_pairs(counts), wordpiece_scores(counts)
    rows = [
        [" ".join(pair), pairs[pair], scores[pair]]
        for pair in sorted(pairs, key=pairs.get, reverse=True)
    ]
    display.table(["쌍", "BPE: 나온 수", "워드피스: 점수"], rows).show()

# %% [markdown]
# 가장 잦은 쌍과 점수가 가장 높은 쌍이 다릅니다. 드문 글자끼리 늘 붙어 다니는 쌍을 워드피스가 더 높이
# 칩니다. 다만 뒤에서 쓸 `tokenizers` 라이브러리는 워드피스의 어휘 집합도 가장 잦은 쌍을 합쳐서 만듭니다.
# 널리 쓰이는 어휘 집합에서 워드피스답게 다른 것은 쪼개는 법입니다.
#
# 합친 순서를 따르지 않고, 어휘 집합에 있는 가장 긴 토큰을 앞에서부터 떼어 냅니다. 어절의 처음이 아닌
# 토큰에는 `##`을 붙여 구별합니다. 끝까지 떼어 내지 못하면 어절 전체가 미등록 토큰 `[UNK]`가 됩니다.


# %%
def longest_match(word: str, vocabulary: set[str]) -> list[str]:
    """가장 긴 토큰을 앞에서부터 떼어 냅니다."""
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
    pieces = {"b", "##ug", "##s"}
    for word in ("bugs", "mug"):
        print(word, longest_match(word, pieces))

# %% [markdown]
# BPE는 모르는 글자 `m`만 미등록으로 두지만, 워드피스는 `mug` 전체를 잃습니다.
#
# 서브워드를 얻는 길은 더 있습니다. 유니그램(unigram)은 후보를 많이 모아 놓고, 빼도 우도가 덜 떨어지는 것부터
# 덜어 냅니다. 센텐스피스(SentencePiece)는 띄어쓰기로 먼저 나누지 않고 공백도 글자 `▁`로 다루는 라이브러리로,
# BPE와 유니그램을 모두 만듭니다(Kudo와 Richardson, 2018).
#
# ## 한국어 어휘 집합 만들기
#
# 이제 진짜 글로 만듭니다. 손으로 쓴 위의 함수는 원리를 보여 줄 뿐 느리므로, 여기서부터는 `tokenizers`
# 라이브러리를 씁니다. BERT에는 워드피스, GPT에는 바이트 수준 BPE를 만듭니다.
#
# 토크나이저는 쪼개기 전에 글을 다듬기도 합니다(정규화, normalization). 대소문자를 가리지 않는(uncased) 영어
# BERT의 설정은 강세 기호를 떼려고 글자를 분해하는데, 그러면 `가`가 자음과 모음으로 풀립니다.
# `KoreanBertTokenizer`는 이런 다듬기를 켤 수 없게 한 KerasNLP의 `BertTokenizer`로, 허깅페이스의 토크나이저와
# 같은 번호를 냅니다.

# %%
from kerasnlp_tutorial.tokenizers import (
    ByteLevelBPE,
    KoreanBertTokenizer,
    token_bytes,
    train_wordpiece,
)

VOCABULARY_SIZE = 10_000
"""Maximum number of tokens of the vocabularies in this chapter."""

# %%
if __name__ == "__main__":
    vocabulary = train_wordpiece(train, VOCABULARY_SIZE)
    bpe = ByteLevelBPE.train(train, VOCABULARY_SIZE)
    rows = [
        [name, len(tokens), " ".join(tokens[-8:])]
        for name, tokens in (
            ("워드피스", vocabulary),
            ("바이트 수준 BPE", list(bpe.vocabulary)),
        )
    ]
    display.table(["방법", "토큰 수", "마지막 토큰들"], rows).show()

# %% [markdown]
# 두 번 이상 나온 쌍만 합치므로, 글이 적으면 10,000개를 다 채우지 못하기도 합니다. 바이트 수준 BPE의 토큰은
# 알아볼 수 없습니다. 바이트 하나하나를 눈에 보이는 글자로 바꾸어 적기 때문입니다. `Ġ`는 단어 앞의
# 공백입니다. 토큰을 바이트로 되돌려 이어 붙이면 다시 글이 됩니다(연습 문제 2).
#
# BPE에는 토큰의 목록 말고도 합친 순서가 필요합니다. 한글 한 글자가 세 바이트이므로 글자 하나를 만드는 데도
# 두 번 합칩니다. 합쳐서 글자가 된 것 가운데 처음 다섯입니다.

# %%
if __name__ == "__main__":
    names = [pair.replace(" ", "") for pair in bpe.merges]
    texts = [token_bytes(n).decode("utf-8", "replace") for n in names]
    whole = [i for i, text in enumerate(texts) if "\ufffd" not in text]
    rows = [[i + 1, bpe.merges[i], texts[i]] for i in whole[:5]]
    display.table(["순서", "합친 쌍", "글로"], rows).show()

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
# ### 형태소와 워드피스
#
# 사전 없이 수만 세어 얻은 조각은 형태소와 얼마나 비슷할까요? 같은 문장을 나란히 놓아 봅니다. 글을 훨씬 많이
# 읽고 만든 `bert_mini_ko`의 어휘 집합도 곁에 둡니다.

# %%
if __name__ == "__main__":
    import keras_nlp

    from kerasnlp_tutorial.checkpoints import preset_folder

    folder = preset_folder("bert_mini_ko")
    mini = keras_nlp.tokenizers.BertTokenizer.from_preset(folder)
    for text in examples:
        rows = [["어절", " · ".join(words(text))]]
        if analyze is not None:
            rows.append(["형태소", " · ".join(forms(text))])
        rows.append(["워드피스 (리뷰)", " · ".join(subwords(text))])
        tokens = [mini.id_to_token(int(id)) for id in mini(text)]
        rows.append(["워드피스 (bert_mini_ko)", " · ".join(tokens)])
        display.table([text, ""], rows).show()

# %% [markdown]
# 닮은 데도 있고 다른 데도 있습니다. 워드피스는 자주 나온 `연기가`를 통째로 알기도 하고, 뜻과 상관없이 어중간한
# 데를 자르기도 합니다. 두 `나는`을 구별하지 못합니다. 대신 줄어든 말을 되살리지 않으므로, 미등록 토큰만 없으면
# 조각을 이어 원래의 어절을 얻습니다. 뜻의 구별은 토큰을 읽는 모델이 문맥을 보고 합니다(3장).
#
# 두 방법을 이어 쓰기도 합니다. 글을 먼저 형태소로 나누고 그 안에서만 BPE로 합치면, 조각이 형태소의 경계를 넘지
# 않습니다(Park 외, 2020).
#
# 큰 말뭉치로는 명령줄에서 만듭니다. 파일을 한 줄씩 읽으므로 말뭉치를 통째로 메모리에 올리지 않습니다.
#
# ```sh
# kerasnlp-tutorial tokenizer train --kind wordpiece \
#   --text corpus.txt --size 10000 --output my-vocabulary
# ```
#
# 워드피스는 토큰을 번호 순서로 적은 `vocab.txt` 하나로, `--kind bpe`는 토큰의 번호를 적은 `vocab.json`과 합친
# 순서를 적은 `merges.txt`로 저장됩니다. 허깅페이스의 BERT와 GPT-2가 쓰는 파일과 형식이 같습니다.
#
# ## BERT의 입력과 GPT의 입력
#
# 같은 문장이 두 모델에 어떻게 들어가는지 나란히 봅니다.
#
# - BERT는 앞에 글 전체를 대표하는 `[CLS]`, 뒤에 글의 끝을 알리는 `[SEP]`을 붙입니다. GPT의 글 앞뒤에는 끝
#   토큰 `<|endoftext|>`를 두기도 하지만(8장) 여기서는 뺍니다. 이렇게 글자가 아니라 자리를 나타내는 토큰을
#   특수 토큰(special token)이라고 하며, 이것도 어휘 집합에 들어 있습니다.
# - 여러 글을 한 배치(batch), 곧 네모난 배열에 담으려고 모자라는 자리를 채우는 것이 패딩(padding)입니다.
#   `[PAD]`와 `<pad>`라는 토큰을 쓰며, 이 장의 어휘 집합에서는 둘 다 번호가 0입니다.
#
# 그래서 BERT는 글을 수 세 줄로, GPT는 앞의 두 줄로 받습니다. 책과 허깅페이스에서는 이름이 다릅니다.
#
# | KerasNLP | 책과 허깅페이스 | 뜻 |
# |---|---|---|
# | `token_ids` | `input_ids` | 토큰의 번호 |
# | `padding_mask` | `attention_mask` | 진짜 토큰이면 1, 패딩이면 0 |
# | `segment_ids` | `token_type_ids` | 문장이 둘일 때 어느 쪽인지. 하나면 모두 0 |


# %%
def padded(ids: list[int], vocabulary, length: int) -> dict[str, list]:
    """두 어휘 집합에서 모두 번호가 0인 패딩을 채웁니다."""
    filled = ids + [0] * (length - len(ids))
    return {
        "tokens": [vocabulary[id] for id in filled],
        "token_ids": filled,
        "padding_mask": [1] * len(ids) + [0] * (length - len(ids)),
    }


def bert_input(text: str, tokenizer, length: int) -> dict[str, list]:
    """앞뒤에 [CLS]와 [SEP]을 붙이고, 길면 뒤를 자릅니다."""
    ids = [int(id) for id in tokenizer(text)[: length - 2]]
    ids = [tokenizer.cls_token_id, *ids, tokenizer.sep_token_id]
    x = padded(ids, tokenizer.get_vocabulary(), length)
    return x | {"segment_ids": [0] * length}


def gpt_input(text: str, bpe, length: int) -> dict[str, list]:
    """토큰의 번호와 마스크를 만듭니다."""
    ids = bpe.encode_batch([text])[0][:length]
    return padded(ids, list(bpe.vocabulary), length)


# %%
if __name__ == "__main__":
    text = "어제 카페에 갔었어"
    bert = bert_input(text, tokenizer, 12)
    rows = list(zip(*bert.values(), strict=True))
    display.table(["BERT", "ids", "mask", "segment"], rows).show()
    gpt = gpt_input(text, bpe, 12)
    gpt["tokens"] = [
        token_bytes(token).decode("utf-8", "replace")
        for token in gpt["tokens"]
    ]
    rows = list(zip(*gpt.values(), strict=True))
    display.table(["GPT", "ids", "mask"], rows).show()

# %% [markdown]
# GPT의 토큰은 바이트를 글로 되돌려 적었습니다. 단어 앞의 공백도 토큰에 들어 있고, 글자 하나가 여러 토큰에
# 걸치면 �로 보입니다. 여러 문장을 한 배치로 묶으면 짧은 문장에는 패딩이 생기고, 12개보다 긴 문장은 뒤가
# 잘립니다(truncation).

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
# 크면 문장이 짧아져 계산이 줄지만, 토큰마다 하나씩 있는 벡터의 표가 커지고 드문 토큰은 배울 기회가 적습니다.
# 작으면 그 반대입니다. 크기를 바꾸어 가며 평가용 리뷰의 길이와 미등록 토큰의 비율을 재 봅니다. 가장 잦은 어절을
# 같은 수만큼 아는 어휘 집합이 모르는 어절의 비율도 곁에 둡니다.


# %%
def by_vocabulary_size(train, test, sizes: list[int]) -> list[dict]:
    """크기마다 서브워드와 어절의 어휘 집합을 만들어 재 봅니다."""
    frequent = Counter(w for text in train for w in words(text))
    tested = [w for text in test for w in words(text)]
    results = []
    for size in sizes:
        vocabulary = train_wordpiece(train, size)
        tokenizer = KoreanBertTokenizer(vocabulary)
        ids = np.array([id for row in tokenizer(test) for id in row])
        unknown = ids == tokenizer.token_to_id("[UNK]")
        known = dict(frequent.most_common(len(vocabulary)))
        unknown_words = [w not in known for w in tested]
        results.append(
            {
                "size": len(vocabulary),
                "length": len(ids) / len(test),
                "unknown": float(np.mean(unknown)),
                "unknown_words": float(np.mean(unknown_words)),
            }
        )
    return results


# %%
if __name__ == "__main__":
    sizes = [2000, 3000, 4000, 6000, 8000]
    results = by_vocabulary_size(train, test, sizes)
    names = ["어휘 수", "길이", "미등록 비율", "어절의 미등록 비율"]
    rows = [list(result.values()) for result in results]
    display.table(names, rows).show()
    lengths = {str(r["size"]): r["length"] for r in results}
    display.bars(lengths, "어휘 수에 따른 리뷰의 길이 (토큰)").show()

# %% [markdown]
# 어휘 집합이 커질수록 리뷰가 짧아지지만 줄어드는 폭은 작아집니다. 서브워드의 미등록 비율은 크기가 달라져도
# 거의 그대로입니다. 모르는 것은 말뭉치에 없던 글자뿐이기 때문입니다. 같은 크기의 어절 어휘 집합은 훨씬 많이
# 모릅니다.
#
# ## 나만의 어휘 집합
#
# 다루는 글이 다르면 어휘 집합도 달라야 합니다. 리뷰로 만든 어휘 집합은 법률 문서를 잘게 부숩니다.

# %%
if __name__ == "__main__":
    law = "모든 국민은 법 앞에 평등하다"
    rows = [
        [t, len(words(t)), len(subwords(t))] for t in (examples[0], law)
    ]
    display.table(["문장", "어절", "토큰"], rows).show()
    print(" ".join(subwords(law)))

# %% [markdown]
# 그러나 사전학습 모델을 쓸 때는 반드시 그 모델의 어휘 집합을 써야 합니다. 토큰의 번호마다 모델이 배운 벡터가
# 정해져 있어서(3장), 번호가 어긋나면 모델이 아는 것이 모두 쓸모없어집니다.
#
# ## 요약
#
# - 어절로 쪼개면 모르는 것이 많고, 문자로 쪼개면 문장이 길어집니다. 서브워드는 그 사이입니다.
# - 형태소 분석은 글을 뜻의 단위로 나누고 품사를 붙입니다. 사전이 필요하고, 이어 붙여도 원래 글이 되지 않습니다.
# - BPE는 가장 잦은 쌍을 합칩니다. 본디 워드피스는 함께 나올 때가 유난히 많은 쌍을 합치지만, 흔히 쓰는
#   라이브러리는 여기서도 가장 잦은 쌍을 합칩니다.
# - BPE는 합친 순서대로, 워드피스는 가장 긴 토큰부터 찾아 쪼갭니다.
# - 바이트에서 출발하면 미등록 토큰이 없습니다.
# - 사전학습 모델은 그 모델의 어휘 집합과 함께 씁니다.
#
# ## 연습 문제
#
# **1. 압축.** BPE의 처음 쓰임대로, 가장 잦은 쌍을 새 글자로 바꾸는 일을 더 바꿀 것이 없을 때까지 반복해
# `aaabdaaabac`를 줄여 보세요. 새 글자는 `Z`, `Y`, `X` 차례로 씁니다.


# %% tags=["solution"]
def compress(text: str, new_characters: str) -> str:
    """가장 잦은 쌍을 새 글자로 바꾸는 일을 반복합니다."""
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
    """바이트 수준 BPE의 토큰을 글로 되돌립니다."""
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
# - Kudo와 Richardson(2018), *SentencePiece: A Simple and Language Independent Subword Tokenizer and
#   Detokenizer for Neural Text Processing*, EMNLP. 센텐스피스.
# - Radford 외(2019), *Language Models are Unsupervised Multitask Learners*. 바이트 수준 BPE.
# - Song 외(2021), *Fast WordPiece Tokenization*, EMNLP.
# - Park 외(2020), *An Empirical Study of Tokenization Strategies for Various Korean NLP Tasks*, AACL.
