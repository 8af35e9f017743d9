"""Vocabularies trained on texts."""

from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from tokenizers import BertWordPieceTokenizer
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

_MOST_WORDS = 2_000_000
_AT_ONCE = 1_000


def count_words(
    texts: Iterable[str], split: Callable[[str], Iterable[str]]
) -> Counter[str]:
    """Count words in memory that does not grow with the texts.

    Beyond two million different words the rarer half is forgotten, which learns from
    what is frequent and nothing from what is not.

    Args:
        texts: iterated over once, not kept.
        split: turns a text into its words.
    """
    counts = Counter()
    for text in texts:
        counts.update(split(text))
        if len(counts) > _MOST_WORDS:
            counts = Counter(dict(counts.most_common(_MOST_WORDS // 2)))
    return counts


def train_wordpiece(
    texts: Iterable[str], vocabulary_size: int, limit_alphabet: int = 1500
) -> list[str]:
    """Learn a WordPiece vocabulary for `KoreanBertTokenizer`.

    The same texts give the same vocabulary, always. (The trainer alone does not:
    it breaks ties between characters by the order of a hash table.)

    Args:
        texts: training texts; iterated over once, not kept.
        vocabulary_size: number of tokens, special ones included. Few texts give
            fewer tokens.
        limit_alphabet: how many different characters may become tokens, the most
            frequent ones. Each can take two places of the vocabulary (가, ##가);
            a word with any other character is unknown.

    Returns:
        The tokens in the order of their ids; `[PAD]` is 0, `[UNK]` 1.
    """
    normalizer = BertNormalizer(strip_accents=False, lowercase=False)
    pre_tokenizer = BertPreTokenizer()

    def split(text):
        pieces = pre_tokenizer.pre_tokenize_str(normalizer.normalize_str(text))
        return [word for word, _ in pieces]

    counts = count_words(texts, split)
    alphabet, suffixes = _alphabet(counts, limit_alphabet)
    tokenizer = BertWordPieceTokenizer(lowercase=False, strip_accents=False)
    tokenizer.train_from_iterator(
        (
            " ".join([word] * min(_AT_ONCE, count - i))
            for word, count in counts.items()
            for i in range(0, count, _AT_ONCE)
        ),
        vocab_size=vocabulary_size,
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
        # The trainer numbers these first, in this order, which settles all ties.
        special_tokens=SPECIAL_TOKENS + alphabet + suffixes,
        show_progress=False,
    )
    ids = tokenizer.get_vocab()
    return sorted(ids, key=ids.get)


def save_wordpiece(vocabulary: list[str], folder: str | Path) -> None:
    """Write `vocab.txt`, a token a line, as BERT's checkpoints have it."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = "\n".join(vocabulary) + "\n"
    (folder / "vocab.txt").write_text(text, encoding="utf-8")


def _alphabet(counts: Counter[str], limit: int) -> tuple[list[str], list[str]]:
    """Return the most frequent characters, and those of them that continue a word."""
    characters, continuing = Counter(), set()
    for word, count in counts.items():
        continuing.update(word[1:])
        for character in word:
            characters[character] += count
    ranked = sorted(
        characters, key=lambda character: (-characters[character], character)
    )
    kept = sorted(ranked[:limit])
    return kept, [f"##{character}" for character in kept if character in continuing]
