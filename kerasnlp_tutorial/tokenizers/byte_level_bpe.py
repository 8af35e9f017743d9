"""Byte-level BPE, the vocabulary of GPT-2."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import keras_nlp
from tokenizers import ByteLevelBPETokenizer
from tokenizers.pre_tokenizers import ByteLevel

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.tokenizers.vocabulary import count_words

PAD_TOKEN = "<pad>"
END_TOKEN = "<|endoftext|>"


@dataclass(frozen=True)
class ByteLevelBPE:
    """Tokens and merges, as `keras_nlp.tokenizers.GPT2Tokenizer` takes them.

    `<pad>` has the id 0, where that tokenizer expects it; with the end token there,
    `generate` would stop before its first token.
    """

    vocabulary: dict[str, int]
    """Token to id."""
    merges: list[str]
    """Pairs of tokens, `"left right"`, in the order in which they were learnt."""

    @classmethod
    def train(cls, texts: Iterable[str], vocabulary_size: int) -> "ByteLevelBPE":
        """Learn a vocabulary.

        Args:
            texts: training texts; iterated over once, not kept.
            vocabulary_size: number of tokens, of which 258 are given: all bytes and
                the two special tokens. Few texts give fewer tokens.
        """
        pre_tokenizer = ByteLevel(add_prefix_space=False)

        def split(text):
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

        Raises:
            InputError: the folder has no such files.
        """
        folder = Path(folder)
        try:
            vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
            lines = (folder / "merges.txt").read_text(encoding="utf-8").splitlines()
        except (FileNotFoundError, NotADirectoryError):
            raise InputError(
                f"{folder} must hold vocab.json and merges.txt, as "
                f"`tokenizer train --kind bpe` writes them"
            ) from None
        return cls(
            vocabulary, [line for line in lines if not line.startswith("#version")]
        )

    def save(self, folder: str | Path) -> None:
        """Write `vocab.json` and `merges.txt`."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.vocabulary, ensure_ascii=False)
        (folder / "vocab.json").write_text(text + "\n", encoding="utf-8")
        lines = ["#version: 0.2", *self.merges]
        (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def encode_batch(self, texts: list[str]) -> list[list[int]]:
        """Return the ids of each text; all cores work on it."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch(texts)]

    @cached_property
    def _tokenizer(self) -> ByteLevelBPETokenizer:
        merges = [tuple(merge.split(" ")) for merge in self.merges]
        return ByteLevelBPETokenizer(self.vocabulary, merges)


def token_bytes(token: str) -> bytes:
    """Return the bytes that a token of a byte-level BPE stands for.

    Its vocabulary writes each byte as a character: those that can be seen as
    themselves, the others as the characters from U+0100 on, in their order.
    """
    seen = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(0x100) if byte not in seen]
    order = seen + hidden
    codes = seen + [0x100 + i for i in range(len(hidden))]
    byte_of = dict(zip(map(chr, codes), order, strict=True))
    return bytes(byte_of[character] for character in token)


def encode_texts(
    tokenizer: keras_nlp.tokenizers.Tokenizer, texts: Sequence[str]
) -> list[list[int]]:
    """Return the ids of texts, as a causal language model's tokenizer gives them.

    KerasNLP's own byte-level BPE is slow; here all cores of the machine encode.
    """
    if isinstance(tokenizer, keras_nlp.tokenizers.GPT2Tokenizer):
        bpe = ByteLevelBPE(tokenizer.vocabulary, tokenizer.merges)
        return bpe.encode_batch(list(texts))
    return [list(map(int, ids)) for ids in tokenizer(list(texts))]
