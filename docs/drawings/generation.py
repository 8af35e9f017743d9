"""Text as tokens: how BPE merges them, how decoding chooses them."""

from collections import Counter
from itertools import pairwise

from drawings.canvas import MARGIN, SMALL, Canvas, Picture

TOY_WORDS = {"hug": 10, "pug": 5, "pun": 12, "bun": 4, "hugs": 5}


def bpe_steps(word_counts, steps) -> list[tuple[tuple[str, str], int, list]]:
    """Return the pair, its number of occurrences and the words after each merge.

    Args:
        word_counts: number of occurrences of each word.
        steps: number of merges.
    """
    words = {word: list(word) for word in word_counts}
    merges = []
    for _ in range(steps):
        pairs: Counter[tuple[str, str]] = Counter()
        for word, tokens in words.items():
            for pair in pairwise(tokens):
                pairs[pair] += word_counts[word]
        ((best, count),) = pairs.most_common(1)
        for tokens in words.values():
            for i in range(len(tokens) - 2, -1, -1):
                if tuple(tokens[i : i + 2]) == best:
                    tokens[i : i + 2] = ["".join(best)]
        merges.append((best, count, [list(tokens) for tokens in words.values()]))
    return merges


def bpe() -> Picture:
    """Merges of a toy corpus, step by step."""
    steps = bpe_steps(TOY_WORDS, 3)
    told = ", ".join(f"{a}와 {b}({count}번)" for (a, b), count, _ in steps)
    canvas = Canvas(
        "bpe",
        "BPE: 가장 잦은 쌍을 합치기",
        f"단어 {', '.join(TOY_WORDS)}가 글자로 나뉘어 있다가, 스텝마다 가장 자주 "
        f"이웃하는 쌍이 한 토큰으로 합쳐진다. 합친 쌍은 차례로 {told}이다.",
    )
    words = [list(word) for word in TOY_WORDS]
    left = 66
    for i, (word, count) in enumerate(TOY_WORDS.items()):
        x = 92 + i * 56
        canvas.text(x, 70, word, bold=True)
        canvas.text(x, 88, f"{count}번", size=SMALL, tone="muted")
    canvas.text(MARGIN, 70, "단어", anchor="start", size=SMALL, bold=True)
    top = _words(canvas, 102, "처음", words, "")
    for number, (pair, count, words) in enumerate(steps, 1):
        canvas.down(42, top - 4, top + 40)
        text = f"{pair[0]} + {pair[1]} → {''.join(pair)}"
        canvas.text(left, top + 23, text, anchor="start", bold=True, tone="orange")
        canvas.note(top + 23, f"가장 잦은 쌍: {count}번", x=190)
        top = _words(canvas, top + 44, f"스텝 {number}", words, "".join(pair))
    y = canvas.note(
        top + 24,
        "합친 차례가 곧 배운 것입니다. 새 단어도",
        "이 차례대로 합쳐 나눕니다: bug → b + ug",
    )
    return canvas.picture(y + 2)


def _words(canvas, top, name, words, new) -> float:
    """Draw each word as a column of tokens; return the y below them."""
    canvas.text(MARGIN, top + 20, name, anchor="start", size=SMALL, bold=True)
    tallest = max(map(len, words))
    for i, tokens in enumerate(words):
        for j, token in enumerate(tokens):
            tone = "orange" if token == new else "plain"
            canvas.box(70 + i * 56, top + 31 * j, 44, 28, token, tone=tone, radius=4)
    return top + 31 * tallest


def beam() -> Picture:
    """Greedy search against beam search, as a tree of probabilities."""
    first = {"비가": 0.5, "눈이": 0.4}
    then = {"비가": {"온다": 0.4, "그친다": 0.3}, "눈이": {"온다": 0.9, "그친다": 0.1}}
    leaves = {
        (a, b): first[a] * p for a, after in then.items() for b, p in after.items()
    }
    start = max(first, key=first.get)
    greedy = (start, max(then[start], key=then[start].get))
    best = max(leaves, key=leaves.get)
    products = ", ".join(f"{a} {b} {p:.2f}" for (a, b), p in leaves.items())
    canvas = Canvas(
        "beam_search",
        "그리디 서치와 빔 서치",
        f"'오늘은' 다음에 올 토큰의 나무이다. 비가 {first['비가']}, 눈이 "
        f"{first['눈이']}이고, 그다음 토큰까지의 확률을 곱하면 {products}이다. 그리디 "
        f"서치는 먼저 비가를 골라 {' '.join(greedy)}에 이르고, 빔 서치는 둘을 함께 "
        f"키워 확률의 곱이 가장 큰 {' '.join(best)}를 고른다.",
    )
    canvas.box(120, 54, 120, 36, "오늘은", tone="plain", bold=True)
    tones = {greedy: "orange", best: "blue"}
    for i, (word, share) in enumerate(first.items()):
        center = 95 + 170 * i
        tone = "orange" if word == greedy[0] else "blue"
        canvas.path((180, 91), (center, 137), tone=tone)
        canvas.text(
            center + (8 if i else -8),
            118,
            f"{share}",
            anchor="start" if i else "end",
            bold=True,
        )
        canvas.box(center - 44, 138, 88, 36, word, tone=tone)
        for j, (after, chance) in enumerate(then[word].items()):
            leaf = 55 + 170 * i + 80 * j
            path = (word, after)
            tone = tones.get(path, "")
            canvas.path((center, 175), (leaf, 237), tone=tone, dashed=not tone)
            side = "start" if j else "end"
            canvas.text(
                leaf + (2 if j else -2), 212, f"{chance}", anchor=side, bold=bool(tone)
            )
            canvas.box(
                leaf - 36, 238, 72, 36, after, tone=tone or "empty", dashed=not tone
            )
            product = f"{leaves[path]:.2f}"
            canvas.text(leaf, 294, product, bold=bool(tone), tone=tone or "muted")
    canvas.note(322, "맨 아래는 지나온 확률의 곱입니다.")
    for top, name, path, lines in (
        (342, "그리디 서치", greedy, "늘 가장 그럴듯한 토큰 하나"),
        (414, "빔 서치 (빔 2)", best, "둘을 함께 키우고 곱으로 고름"),
    ):
        tone = tones[path]
        canvas.box(MARGIN, top, 328, 60, tone=tone)
        canvas.text(28, top + 24, name, anchor="start", bold=True, tone=tone)
        canvas.text(28, top + 46, lines, anchor="start", size=SMALL)
        product = f"{first[path[0]]} × {then[path[0]][path[1]]} = {leaves[path]:.2f}"
        canvas.text(332, top + 24, f"오늘은 {' '.join(path)}", anchor="end", size=13)
        canvas.text(332, top + 46, product, anchor="end", size=SMALL)
    return canvas.picture(490)
