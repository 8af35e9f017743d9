"""Training of WordPiece vocabularies."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import accumulate, takewhile
from pathlib import Path

from tokenizers import BertWordPieceTokenizer
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.tokenizers.particles import PARTICLES, split_particles

logger = logging.getLogger(__name__)

SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

_MAX_WORDS = 2_000_000
_MAX_REPETITIONS = 1_000  # of a word in a string for the trainer
_WARNING_FRACTION = 0.01  # of characters; about 3 % of the words contain one of them


def count_words(
    texts: Iterable[str], split: Callable[[str], Iterable[str]]
) -> Counter[str]:
    """Count words in bounded memory.

    If there are more than two million different words, all but the more frequent half
    of that number are dropped.

    Args:
        texts: texts; iterated over once, not kept in memory.
        split: function that splits a text into words.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(split(text))
        if len(counts) > _MAX_WORDS:
            counts = Counter(dict(counts.most_common(_MAX_WORDS // 2)))
    return counts


def train_wordpiece(
    texts: Iterable[str],
    vocabulary_size: int,
    limit_alphabet: int = 1500,
    without_particles: bool = False,
) -> list[str]:
    """Train a WordPiece vocabulary for `KoreanBertTokenizer`.

    Training is deterministic. (The trainer of `tokenizers` alone is not: it breaks
    ties between characters by the order of a hash table.)

    Args:
        texts: training texts; iterated over once, not kept in memory.
        vocabulary_size: maximum number of tokens, including special tokens.
        limit_alphabet: maximum number of different characters, the most frequent ones.
            A character needs up to two tokens (가, ##가). Words with any other
            character are unknown; if there are many, a warning is logged.
        without_particles: whether to train on words without the particles at their
            ends, so that few tokens reach across the end of a name; see
            `split_particles`. The particles are added as tokens.

    Returns:
        The tokens in the order of their ids; `[PAD]` has the id 0, `[UNK]` 1.

    Raises:
        InputError: the vocabulary size is too small for a single character.
    """
    # Particles of one character are in the alphabet.
    particles = [
        f"##{particle}"
        for particle in sorted(PARTICLES)
        if without_particles and len(particle) > 1
    ]
    _check_size(vocabulary_size, len(particles))
    normalizer = BertNormalizer(strip_accents=False, lowercase=False)
    pre_tokenizer = BertPreTokenizer()

    def split(text: str) -> list[str]:
        pieces = pre_tokenizer.pre_tokenize_str(normalizer.normalize_str(text))
        return [word for word, _ in pieces]

    counts = count_words(texts, split)
    max_tokens = vocabulary_size - len(SPECIAL_TOKENS) - len(particles)
    alphabet, suffixes = _alphabet(counts, limit_alphabet, max_tokens)
    if without_particles:
        counts = split_particles(counts)
    tokenizer = BertWordPieceTokenizer(lowercase=False, strip_accents=False)
    tokenizer.train_from_iterator(
        (
            " ".join([word] * min(_MAX_REPETITIONS, count - i))
            for word, count in counts.items()
            for i in range(0, count, _MAX_REPETITIONS)
        ),
        vocab_size=vocabulary_size,
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
        # The trainer numbers these first, in this order, so that there are no ties.
        special_tokens=SPECIAL_TOKENS + alphabet + suffixes + particles,
        show_progress=False,
    )
    ids = tokenizer.get_vocab()
    return sorted(ids, key=ids.__getitem__)


def _check_size(vocabulary_size: int, particles: int) -> None:
    """Check that there is room for a character beside the tokens always included."""
    minimum = len(SPECIAL_TOKENS) + particles + 2
    if vocabulary_size < minimum:
        named = f"{len(SPECIAL_TOKENS)} special tokens"
        if particles:
            named += f", {particles} particles"
        raise InputError(
            f"a WordPiece vocabulary must have {minimum} tokens or more: {named} and "
            f"a character at the start of words and inside them; received "
            f"{vocabulary_size}"
        )


def save_wordpiece(vocabulary: list[str], folder: str | Path) -> None:
    """Write `vocab.txt`, one token a line, as in BERT checkpoints.

    Args:
        vocabulary: tokens in the order of their ids.
        folder: folder to write to; it is made if it does not exist.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(vocabulary) + "\n"
    (folder / "vocab.txt").write_text(text, encoding="utf-8")


def _alphabet(
    counts: Counter[str], limit: int, max_tokens: int
) -> tuple[list[str], list[str]]:
    """Return the most frequent characters, and suffix tokens for those inside words.

    Both lists together have at most `max_tokens` tokens.
    """
    characters: Counter[str] = Counter()
    continuing: set[str] = set()
    for word, count in counts.items():
        continuing.update(word[1:])
        for character in word:
            characters[character] += count
    ranked = sorted(
        characters, key=lambda character: (-characters[character], character)
    )
    sizes = accumulate(1 + (character in continuing) for character in ranked[:limit])
    number = sum(1 for _ in takewhile(lambda size: size <= max_tokens, sizes))
    _report_unknown(characters, ranked[number:])
    kept = sorted(ranked[:number])
    return kept, [f"##{character}" for character in kept if character in continuing]


def _report_unknown(characters: Counter[str], unknown: list[str]) -> None:
    occurrences = sum(characters[character] for character in unknown)
    if occurrences > _WARNING_FRACTION * characters.total():
        logger.warning(
            "the vocabulary has no room for %d of %d different characters, which are "
            "%.1f %% of all characters in the texts (such as %s); words with one of "
            "them are unknown",
            len(unknown),
            len(characters),
            100 * occurrences / characters.total(),
            " ".join(unknown[:3]),
        )
