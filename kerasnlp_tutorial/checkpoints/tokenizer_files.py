"""Readers of the tokenizer files of Hugging Face checkpoints."""

import json
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tokenizers import (
    AddedToken,
    BertWordPieceTokenizer,
    ByteLevelBPETokenizer,
    Tokenizer,
)

from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.files import read_json
from kerasnlp_tutorial.tokenizers import HuggingFaceTokenizer, KoreanBertTokenizer
from kerasnlp_tutorial.tokenizers.byte_level_bpe import check_bytes
from kerasnlp_tutorial.tokenizers.vocabulary_kinds import (
    check_wordpiece,
    read_wordpiece,
)

logger = logging.getLogger(__name__)

# KerasNLP's name of a special token, Hugging Face's name, and the usual tokens in
# checkpoints without settings.
_SpecialTokens = Mapping[str, tuple[str, list[str]]]
_BERT: _SpecialTokens = {
    "cls_token": ("cls_token", ["[CLS]"]),
    "sep_token": ("sep_token", ["[SEP]"]),
    "start_token": ("cls_token", ["[CLS]"]),
    "end_token": ("sep_token", ["[SEP]"]),
    "pad_token": ("pad_token", ["[PAD]"]),
    "mask_token": ("mask_token", ["[MASK]"]),
    "unk_token": ("unk_token", ["[UNK]"]),
}
_GPT2: _SpecialTokens = {
    "start_token": ("bos_token", ["<s>", "<|endoftext|>", "</s>"]),
    "end_token": ("eos_token", ["</s>", "<|endoftext|>"]),
    "pad_token": ("pad_token", ["<pad>", "<|pad|>", "[PAD]"]),
}
_KOREAN_SPECIALS = ["[CLS]", "[SEP]", "[PAD]", "[MASK]", "[UNK]"]
_HANGUL = re.compile("[가-힣]")


def read_tokenizer(
    folder: Path, config: Mapping[str, Any]
) -> KoreanBertTokenizer | HuggingFaceTokenizer:
    """Return the tokenizer of a checkpoint.

    Args:
        folder: folder with `tokenizer.json`, with `vocab.txt` (BERT), or with
            `vocab.json` and `merges.txt` (GPT-2).
        config: content of the checkpoint's `config.json`.

    Returns:
        A `KoreanBertTokenizer`, which runs in a TensorFlow graph, for a cased
        WordPiece; else a `HuggingFaceTokenizer`.

    Raises:
        InputError: there is no tokenizer, it is damaged, special tokens are missing,
            or the vocabulary is not of the expected kind.
    """
    settings = _settings(folder)
    if config["model_type"] == "bert":
        tokenizer = _bert_tokenizer(folder, settings)
        _check_kind(folder, tokenizer)
        specials = _BERT
    else:
        tokenizer = _gpt2_tokenizer(folder)
        specials = _GPT2
    size = tokenizer.get_vocab_size()
    if size > config["vocab_size"]:
        raise InputError(
            f"{folder}: the tokenizer has {size} tokens, config.json says "
            f"vocab_size={config['vocab_size']}"
        )
    found = _special_tokens(folder, tokenizer, specials, settings, config)
    if _is_cased_word_piece(tokenizer) and set(found.values()) == set(_KOREAN_SPECIALS):
        vocabulary = sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])
        if [id for _, id in vocabulary] == list(range(len(vocabulary))):
            return KoreanBertTokenizer([token for token, _ in vocabulary])
    return HuggingFaceTokenizer(tokenizer.to_str(), found)


def _bert_tokenizer(folder: Path, settings: Mapping[str, Any]) -> Tokenizer:
    if (folder / "tokenizer.json").is_file():
        return _load(folder / "tokenizer.json")
    path = folder / "vocab.txt"
    if not path.is_file():
        raise InputError(
            f"{folder} has no tokenizer: expected tokenizer.json or vocab.txt"
            f"{_sentence_piece_hint(folder)}"
        )
    vocabulary = read_wordpiece(path)
    lowercase = settings.get("do_lower_case")
    if lowercase is None:
        # Lowercasing strips accents too, and decomposes Hangul syllables (NFD). So
        # a vocabulary with syllables is cased.
        lowercase = not any(_HANGUL.search(token) for token in vocabulary)
        logger.info("%s has no do_lower_case; %s is assumed", folder, lowercase)
    return Tokenizer.from_str(
        BertWordPieceTokenizer(
            str(path),
            lowercase=lowercase,
            strip_accents=settings.get("strip_accents"),
            handle_chinese_chars=settings.get("tokenize_chinese_chars", True),
        ).to_str()
    )


def _check_kind(folder: Path, tokenizer: Tokenizer) -> None:
    """Check that a WordPiece model has a WordPiece vocabulary."""
    model = json.loads(tokenizer.to_str())["model"]
    if model["type"] == "WordPiece" and model["continuing_subword_prefix"] == "##":
        normalizer = tokenizer.normalizer
        decomposes = normalizer and normalizer.normalize_str("가") != "가"
        check_wordpiece(list(model["vocab"]), str(folder), bool(decomposes))


def _sentence_piece_hint(folder: Path) -> str:
    names = sorted(path.name for path in folder.glob("*.model"))
    if not names:
        return ""
    return (
        f"; {names[0]} is a SentencePiece model: for known models, transformers "
        f"converts it to a tokenizer.json with `AutoTokenizer.from_pretrained(...)"
        f".save_pretrained(...)`"
    )


def _gpt2_tokenizer(folder: Path) -> Tokenizer:
    if (folder / "tokenizer.json").is_file():
        return _load(folder / "tokenizer.json")
    paths = [folder / "vocab.json", folder / "merges.txt"]
    if not all(path.is_file() for path in paths):
        raise InputError(
            f"{folder} has no tokenizer: expected tokenizer.json, or vocab.json and "
            f"merges.txt"
        )
    check_bytes(read_json(paths[0]), str(paths[0]))
    return Tokenizer.from_str(ByteLevelBPETokenizer(*map(str, paths)).to_str())


def _load(path: Path) -> Tokenizer:
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises this type
        raise InputError(f"{path} is damaged: {error}") from None


def _special_tokens(
    folder: Path,
    tokenizer: Tokenizer,
    specials: _SpecialTokens,
    settings: Mapping[str, Any],
    config: Mapping[str, Any],
) -> dict[str, str]:
    """Return the special tokens by KerasNLP's names, and add those of BERT."""
    found: dict[str, Any] = {}
    for name, (hugging_face_name, usual) in specials.items():
        id = config.get(f"{hugging_face_name}_id")
        by_id = tokenizer.id_to_token(id) if isinstance(id, int) else None
        candidates = [settings.get(hugging_face_name), by_id, *usual]
        for token in candidates:
            if token is not None and tokenizer.token_to_id(token) is not None:
                found[name] = token
                break
    if specials is _GPT2:
        found.setdefault("start_token", found.get("end_token"))
        # Generation stops at the end token, so the padding token must differ from it.
        # It is masked and can be any other token.
        if found.get("pad_token") in (None, found.get("end_token")):
            ids = (
                id for id in (0, 1) if tokenizer.id_to_token(id) != found["end_token"]
            )
            found["pad_token"] = tokenizer.id_to_token(next(ids))
    missing = [name for name in specials if found.get(name) is None]
    if missing:
        raise InputError(
            f"{folder}: the tokenizer has no {', '.join(missing)}; name it in "
            f"tokenizer_config.json"
        )
    if specials is _BERT:  # so that they are not split inside texts
        tokenizer.add_special_tokens(
            [AddedToken(t, special=True, normalized=False) for t in set(found.values())]
        )
    return found


def _is_cased_word_piece(tokenizer: Tokenizer) -> bool:
    """Return whether `KoreanBertTokenizer` gives the same tokens."""
    state = json.loads(tokenizer.to_str())
    model, normalizer = state["model"], state["normalizer"] or {}
    return (
        model["type"] == "WordPiece"
        and model["unk_token"] == "[UNK]"
        and model["continuing_subword_prefix"] == "##"
        and model["max_input_chars_per_word"] == 100
        and normalizer.get("type") == "BertNormalizer"
        and normalizer["clean_text"]
        and normalizer["handle_chinese_chars"]
        and not normalizer["lowercase"]
        and not normalizer["strip_accents"]
        and (state["pre_tokenizer"] or {}).get("type") == "BertPreTokenizer"
    )


def _settings(folder: Path) -> dict[str, Any]:
    """Return the settings of the tokenizer, special tokens as plain strings."""
    settings: dict[str, Any] = {}
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        path = folder / name
        if path.is_file():
            settings |= read_json(path)
    return {
        key: value["content"]
        if isinstance(value, dict) and "content" in value
        else value
        for key, value in settings.items()
    }
