"""Removal of particles (조사) from the ends of words, for training vocabularies.

A vocabulary with tokens such as `영화를` and `##스는` cannot mark the end of a name. A
vocabulary that is trained on words without particles has no such tokens. The tokenizer
that uses it is the same.
"""

from collections import Counter, defaultdict

# After a consonant, and after a vowel.
_PAIRS = [
    ("은", "는"),
    ("이", "가"),
    ("을", "를"),
    ("과", "와"),
    ("으로", "로"),
    ("이나", "나"),
    ("이랑", "랑"),
    ("이라는", "라는"),
    ("으로서", "로서"),
    ("으로부터", "로부터"),
    ("으로는", "로는"),
    ("으로의", "로의"),
]
_OTHERS = (
    "의 에 에서 에게 에는 에서는 에서의 에도 도 만 까지 부터 보다 처럼 마다 밖에 "
    "들 들이 들은 들을 들의 인 이다 입니다 한테 께서"
)
_AFTER_CONSONANT = {a for a, _ in _PAIRS}
_AFTER_VOWEL = {b for _, b in _PAIRS}
PARTICLES = sorted(
    {*_OTHERS.split(), *_AFTER_CONSONANT, *_AFTER_VOWEL},
    key=lambda particle: (-len(particle), particle),
)
"""Particles, the plural and the copula; the longer ones first."""

# Particles that follow nouns and rarely verbs. A stem that occurs with the object
# particle and three other kinds is a noun.
_NOUN_PARTICLES = {
    "을": "object",
    "를": "object",
    "은": "topic",
    "는": "topic",
    "이": "subject",
    "가": "subject",
    "의": "possessive",
    "에": "place",
    "에서": "source",
    "으로": "direction",
    "로": "direction",
    "과": "with",
    "와": "with",
    "도": "too",
}
_MIN_KINDS = 4
_RIEUL = 8  # index of ㄹ among the final consonants of a syllable
_RARE = 100  # occurrences; rarer words have too few particles to tell nouns by


def split_particles(counts: Counter[str]) -> Counter[str]:
    """Remove the particles at the ends of words.

    A particle is removed if the stem before it is a noun, a number or part of a rare
    word, as names are. A stem is a noun if it occurs with several kinds of particles.
    A word that is a noun itself, such as 고양이, is kept.

    Args:
        counts: number of occurrences of each word.

    Returns:
        Number of occurrences of each stem; the particles are not counted.
    """
    nouns = _nouns(counts)
    stems: Counter[str] = Counter()
    for word, count in counts.items():
        stem = word if word in nouns else _stem(word, nouns, rare=count < _RARE)
        stems[stem] += count
    return stems


def _nouns(counts: Counter[str]) -> set[str]:
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    for word, count in counts.items():
        for particle, kind in _NOUN_PARTICLES.items():
            stem = word.removesuffix(particle)
            if count > 1 and 1 < len(stem) < len(word) and _fits(stem, particle):
                kinds[stem].add(kind)
    return {
        stem
        for stem, observed in kinds.items()
        if "object" in observed and len(observed) >= _MIN_KINDS
    }


def _stem(word: str, nouns: set[str], rare: bool) -> str:
    for particle in PARTICLES:
        stem = word.removesuffix(particle)
        if not stem or stem == word or not _fits(stem, particle):
            continue
        if stem in nouns or stem.isdigit() or (rare and len(stem) > 1):
            return stem
    return word


def _fits(stem: str, particle: str) -> bool:
    """Return whether the form of a particle agrees with the last sound of a stem."""
    syllable = ord(stem[-1]) - ord("가")
    if not 0 <= syllable < 11172:  # not Hangul: its pronunciation is unknown
        return True
    closed = syllable % 28 != 0
    if syllable % 28 == _RIEUL and particle.removeprefix("으").startswith("로"):
        closed = False  # 서울로
    if particle in _AFTER_CONSONANT:
        return closed
    return particle not in _AFTER_VOWEL or not closed
