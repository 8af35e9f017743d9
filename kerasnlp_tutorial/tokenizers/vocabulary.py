"""Vocabularies trained on texts."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tokenizers import BertWordPieceTokenizer
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def train_wordpiece(
    texts: Iterable[str], vocabulary_size: int, limit_alphabet: int = 1500
) -> list[str]:
    """Learn a WordPiece vocabulary for `KoreanBertTokenizer`.

    The same texts give the same vocabulary, always. (The trainer alone does not:
    it breaks ties between characters by the order of a hash table.)

    Args:
        texts: training texts; iterated over twice, not kept.
        vocabulary_size: number of tokens, special ones included. Few texts give
            fewer tokens.
        limit_alphabet: how many different characters may become tokens, the most
            frequent ones. Each can take two places of the vocabulary (가, ##가);
            a word with any other character is unknown.

    Returns:
        The tokens in the order of their ids; `[PAD]` is 0, `[UNK]` 1.
    """
    alphabet, suffixes = _alphabet(texts, limit_alphabet)
    tokenizer = BertWordPieceTokenizer(lowercase=False, strip_accents=False)
    tokenizer.train_from_iterator(
        texts,
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


def _alphabet(texts: Iterable[str], limit: int) -> tuple[list[str], list[str]]:
    """Return the most frequent characters, and those of them that continue a word."""
    normalizer = BertNormalizer(strip_accents=False, lowercase=False)
    pre_tokenizer = BertPreTokenizer()
    words = Counter()
    for text in texts:
        split = pre_tokenizer.pre_tokenize_str(normalizer.normalize_str(text))
        words.update(word for word, _ in split)
    characters, continuing = Counter(), set()
    for word, count in words.items():
        continuing.update(word[1:])
        for character in word:
            characters[character] += count
    ranked = sorted(
        characters, key=lambda character: (-characters[character], character)
    )
    kept = sorted(ranked[:limit])
    return kept, [f"##{character}" for character in kept if character in continuing]
