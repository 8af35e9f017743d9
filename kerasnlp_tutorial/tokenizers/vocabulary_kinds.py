"""Detection of vocabularies that are not WordPiece.

The `vocab.txt` of a BERT has one token a line, for any kind of tokenizer. If another
kind is read as WordPiece, most words are unknown, without an error.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.files import read_text

# Pattern of tokens with the mark that other tokenizers use in place of ##.
_OTHER_KINDS = {
    "^▁.": "SentencePiece (KoBERT, ALBERT, XLM-R)",
    "^Ġ.": "a byte-level BPE (GPT-2, RoBERTa)",
    ".</w>$": "a BPE that marks the ends of words",
    ".@@$": "a BPE that marks tokens inside words (subword-nmt, fastBPE)",
}
_ADVICE = (
    "use kcbert-base or klue-bert-base, which have WordPiece vocabularies, a "
    "checkpoint with a tokenizer.json of any kind, or a vocabulary trained with "
    "`tokenizer train --kind wordpiece`"
)


def read_wordpiece(path: str | Path) -> list[str]:
    """Return the tokens of a `vocab.txt` in the order of their ids.

    Args:
        path: file with one token a line.

    Raises:
        InputError: the file cannot be read.
    """
    lines = read_text(Path(path)).removesuffix("\n").split("\n")
    return [line.rstrip() for line in lines]


def check_wordpiece(
    vocabulary: Sequence[str], where: str, decomposes: bool = False
) -> None:
    """Check that a vocabulary is a WordPiece vocabulary.

    Args:
        vocabulary: the tokens.
        where: file name or the like, for the error message.
        decomposes: whether the tokenizer decomposes Hangul syllables (NFD).

    Raises:
        InputError: the vocabulary is of another kind.
    """
    continuing = _marked("^##.", vocabulary)
    for mark, kind in _OTHER_KINDS.items():
        found = _marked(mark, vocabulary)
        if len(found) > len(continuing):
            raise InputError(
                f"{where}: the vocabulary is not WordPiece but {kind}: "
                f"{len(found)} tokens such as {found[0]!r}, {len(continuing)} that "
                f"start with ##; {_ADVICE}"
            )
    jamo = _marked("[\u1100-\u11ff]", vocabulary)
    if not decomposes and len(jamo) > len(_marked("[가-힣]", vocabulary)):
        raise InputError(
            f"{where}: Hangul in the vocabulary is decomposed (NFD): {len(jamo)} "
            f"tokens such as {jamo[0]!r}; the tokenizer does not decompose texts; "
            f"{_ADVICE}"
        )


def _marked(mark: str, vocabulary: Sequence[str]) -> list[str]:
    return [token for token in vocabulary if re.search(mark, token)]
