import re
import unicodedata

import pytest

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.tokenizers import KoreanBertTokenizer, save_wordpiece
from kerasnlp_tutorial.tokenizers.vocabulary_kinds import (
    check_wordpiece,
    read_wordpiece,
)

SPECIALS = ["[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]"]
PIECES = [*SPECIALS, "▁배우", "▁연기", "▁영화", "들", "가", "살아", "네요"]
KOREAN = [*SPECIALS, "배우", "영화", "##들", "##는"]


@pytest.mark.parametrize(
    ("vocabulary", "kind"),
    [
        (PIECES, "SentencePiece"),
        (["<s>", "</s>", "<unk>", "▁the", "▁배우", "##"], "SentencePiece"),
        ([*SPECIALS, "Ġthe", "ĠìĺģíĻĶ", "ë"], "a byte-level BPE"),
        ([*SPECIALS, "영화</w>", "배", "우</w>"], "marks the ends of words"),
        ([*SPECIALS, "배@@", "우"], "marks tokens inside words"),
        ([unicodedata.normalize("NFD", token) for token in KOREAN], "decomposed"),
    ],
)
def test_other_kinds_are_refused_by_name(vocabulary, kind):
    with pytest.raises(InputError, match=rf"vocab\.txt: .*{kind}.*kcbert-base"):
        check_wordpiece(vocabulary, "vocab.txt")


@pytest.mark.parametrize(
    "vocabulary",
    [
        KOREAN,
        SPECIALS,
        [*SPECIALS, "가", "나"],
        [*KOREAN, "▁", "▁▁", "Ġ", "@@", "\u1112"],  # what web pages leave
        [*SPECIALS, "the", "##s"],  # no Korean: the share of [UNK] tells
    ],
)
def test_wordpiece_is_wordpiece(vocabulary):
    check_wordpiece(vocabulary, "vocab.txt")


def test_hangul_taken_apart_may_be_what_the_tokenizer_looks_for():
    apart = [unicodedata.normalize("NFD", token) for token in KOREAN]
    check_wordpiece(apart, "vocab.txt", decomposes=True)


def test_a_tokenizer_is_not_made_of_another_kind(tmp_path):
    save_wordpiece(PIECES, tmp_path)
    path = str(tmp_path / "vocab.txt")
    for vocabulary in (path, PIECES):
        with pytest.raises(InputError, match="SentencePiece"):
            KoreanBertTokenizer(vocabulary)


def test_files_are_read_as_keras_nlp_reads_them(tmp_path):
    (tmp_path / "vocab.txt").write_bytes("\r\n".join(KOREAN).encode() + b"\r\n")
    assert read_wordpiece(tmp_path / "vocab.txt") == KOREAN
    assert KoreanBertTokenizer(str(tmp_path / "vocab.txt")).get_vocabulary() == KOREAN
    with pytest.raises(InputError, match=re.escape(f"{tmp_path} is a folder")):
        KoreanBertTokenizer(str(tmp_path))
