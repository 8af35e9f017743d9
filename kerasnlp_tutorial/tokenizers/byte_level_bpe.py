"""Byte-level BPE, the tokenization of GPT-2."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import keras_nlp
from tokenizers import ByteLevelBPETokenizer
from tokenizers.pre_tokenizers import ByteLevel

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.files import read_json, read_text
from kerasnlp_tutorial.tokenizers.vocabulary import count_words

PAD_TOKEN = "<pad>"
END_TOKEN = "<|endoftext|>"
_MIN_VOCABULARY_SIZE = 256 + 2  # bytes and special tokens


@dataclass(frozen=True)
class ByteLevelBPE:
    """Vocabulary and merges for `keras_nlp.tokenizers.GPT2Tokenizer`.

    `<pad>` has the id 0, as that tokenizer expects. If the end token had it, `generate`
    would stop before the first token.
    """

    vocabulary: dict[str, int]
    """Dictionary of tokens and ids."""
    merges: list[str]
    """Pairs of tokens, `"left right"`, in the order of training."""

    @classmethod
    def train(cls, texts: Iterable[str], vocabulary_size: int) -> "ByteLevelBPE":
        """Train a vocabulary.

        Args:
            texts: training texts; iterated over once, not kept in memory.
            vocabulary_size: maximum number of tokens, including all bytes and two
                special tokens, 258 in total.

        Raises:
            InputError: the vocabulary size is below 258.
        """
        if vocabulary_size < _MIN_VOCABULARY_SIZE:
            raise InputError(
                f"a byte-level BPE must have {_MIN_VOCABULARY_SIZE} tokens or more: "
                f"all bytes and two special tokens; received {vocabulary_size}"
            )
        pre_tokenizer = ByteLevel(add_prefix_space=False)

        def split(text: str) -> list[str]:
            pieces = pre_tokenizer.pre_tokenize_str(text)
            return [text[start:end] for _, (start, end) in pieces]

        counts = count_words(texts, split)
        tokenizer = ByteLevelBPETokenizer()
        tokenizer.train_from_iterator(
            (word for word, count in counts.items() for _ in range(count)),
            vocab_size=vocabulary_size,
            special_tokens=[PAD_TOKEN, END_TOKEN],
            show_progress=False,
        )
        saved = json.loads(tokenizer.to_str())["model"]
        merges = [m if isinstance(m, str) else " ".join(m) for m in saved["merges"]]
        return cls(saved["vocab"], merges)

    @classmethod
    def load(cls, folder: str | Path) -> "ByteLevelBPE":
        """Read `vocab.json` and `merges.txt`.

        Args:
            folder: folder with the two files.

        Raises:
            InputError: a file is missing or damaged, or the BPE is not byte-level.
        """
        folder = Path(folder)
        paths = [folder / "vocab.json", folder / "merges.txt"]
        if not all(path.is_file() for path in paths):
            raise InputError(
                f"{folder} must hold vocab.json and merges.txt, as "
                f"`tokenizer train --kind bpe` writes them"
            )
        vocabulary, lines = read_json(paths[0]), read_text(paths[1]).splitlines()
        check_bytes(vocabulary, str(paths[0]))
        return cls(
            vocabulary, [line for line in lines if not line.startswith("#version")]
        )

    def save(self, folder: str | Path) -> None:
        """Write `vocab.json` and `merges.txt`.

        Args:
            folder: folder to write to; it is made if it does not exist.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.vocabulary, ensure_ascii=False)
        (folder / "vocab.json").write_text(text + "\n", encoding="utf-8")
        lines = ["#version: 0.2", *self.merges]
        (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def encode_batch(self, texts: list[str]) -> list[list[int]]:
        """Return the ids of each text, computed in parallel."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]

    @cached_property
    def _tokenizer(self) -> ByteLevelBPETokenizer:
        merges = [tuple(merge.split(" ")) for merge in self.merges]
        return ByteLevelBPETokenizer(self.vocabulary, merges)


def check_bytes(vocabulary: Iterable[str], where: str) -> None:
    """Check that a vocabulary contains all bytes, as in byte-level BPE.

    With any other vocabulary, words would be dropped silently.

    Args:
        vocabulary: the tokens.
        where: file name for the error message.

    Raises:
        InputError: a byte is missing.
    """
    if missing := set(ByteLevel.alphabet()) - set(vocabulary):
        raise InputError(
            f"{where} is not the vocabulary of a byte-level BPE such as GPT-2's: it "
            f"lacks {len(missing)} of the 256 bytes; other tokenizers need a "
            f"tokenizer.json"
        )


def token_bytes(token: str) -> bytes:
    """Return the bytes of a token of a byte-level BPE.

    In the vocabulary, each byte is a character: printable bytes stand for themselves,
    the others are numbered from U+0100.

    Args:
        token: a token of the vocabulary.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in printable]
    codes = printable + [0x100 + i for i in range(len(others))]
    to_byte = dict(zip(map(chr, codes), printable + others, strict=True))
    return bytes(to_byte[character] for character in token)


def encode_texts(
    tokenizer: keras_nlp.tokenizers.Tokenizer, texts: Sequence[str]
) -> list[list[int]]:
    """Return the ids of texts.

    The byte-level BPE of KerasNLP is slow, so a parallel one is used in its place.

    Args:
        tokenizer: any tokenizer of KerasNLP.
        texts: texts to tokenize.
    """
    if isinstance(tokenizer, keras_nlp.tokenizers.GPT2Tokenizer):
        bpe = ByteLevelBPE(tokenizer.vocabulary, tokenizer.merges)
        return bpe.encode_batch(list(texts))
    return [list(map(int, ids)) for ids in tokenizer(list(texts))]
