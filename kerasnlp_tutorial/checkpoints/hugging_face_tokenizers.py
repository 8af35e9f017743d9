"""The tokenizer of a Hugging Face folder as one of KerasNLP."""

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
from kerasnlp_tutorial.tokenizers import HuggingFaceTokenizer, KoreanBertTokenizer

logger = logging.getLogger(__name__)

# What KerasNLP calls a special token, what Hugging Face does, and names that
# checkpoints without settings use.
_BERT = {
    "cls_token": ("cls_token", ["[CLS]"]),
    "sep_token": ("sep_token", ["[SEP]"]),
    "start_token": ("cls_token", ["[CLS]"]),
    "end_token": ("sep_token", ["[SEP]"]),
    "pad_token": ("pad_token", ["[PAD]"]),
    "mask_token": ("mask_token", ["[MASK]"]),
    "unk_token": ("unk_token", ["[UNK]"]),
}
_GPT2 = {
    "start_token": ("bos_token", ["<s>", "<|endoftext|>", "</s>"]),
    "end_token": ("eos_token", ["</s>", "<|endoftext|>"]),
    "pad_token": ("pad_token", ["<pad>", "<|pad|>", "[PAD]"]),
}
_KOREAN_SPECIALS = ["[CLS]", "[SEP]", "[PAD]", "[MASK]", "[UNK]"]
_HANGUL = re.compile("[가-힣]")


def read_tokenizer(
    folder: Path, config: Mapping[str, Any]
) -> KoreanBertTokenizer | HuggingFaceTokenizer:
    """Return the tokenizer that a checkpoint was trained with.

    Args:
        folder: with `tokenizer.json`, or `vocab.txt` of a BERT, or `vocab.json` and
            `merges.txt` of a GPT-2.
        config: content of its `config.json`.

    Returns:
        A cased WordPiece as a `KoreanBertTokenizer`, which runs without Python; any
        other as a `HuggingFaceTokenizer`.

    Raises:
        InputError: there is none, it is damaged, or it has no special tokens.
    """
    settings = _settings(folder)
    if config["model_type"] == "bert":
        tokenizer = _bert_tokenizer(folder, settings)
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
        )
    vocabulary = path.read_text(encoding="utf-8").split("\n")
    lowercase = settings.get("do_lower_case")
    if lowercase is None:
        # Lower-casing takes accents away too, and Hangul syllables apart: a
        # vocabulary that has syllables was not made so.
        lowercase = not any(_HANGUL.search(token) for token in vocabulary)
        logger.info("%s does not say do_lower_case; taken as %s", folder, lowercase)
    return Tokenizer.from_str(
        BertWordPieceTokenizer(
            str(path),
            lowercase=lowercase,
            strip_accents=settings.get("strip_accents"),
            handle_chinese_chars=settings.get("tokenize_chinese_chars", True),
        ).to_str()
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
    return Tokenizer.from_str(ByteLevelBPETokenizer(*map(str, paths)).to_str())


def _load(path: Path) -> Tokenizer:
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises no other type
        raise InputError(f"{path} is damaged: {error}") from None


def _special_tokens(folder, tokenizer, specials, settings, config) -> dict[str, str]:
    """Return the name of each special token, in KerasNLP's terms."""
    found = {}
    for name, (theirs, usual) in specials.items():
        id = config.get(f"{theirs}_id")
        by_id = tokenizer.id_to_token(id) if isinstance(id, int) else None
        candidates = [settings.get(theirs), by_id, *usual]
        for token in candidates:
            if token is not None and tokenizer.token_to_id(token) is not None:
                found[name] = token
                break
    if specials is _GPT2:
        found.setdefault("start_token", found.get("end_token"))
        # A generation stops at the end token, so padding must be another; it is never
        # looked at, and so it may be any.
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
    if specials is _BERT:  # so that one inside a text is found whole
        tokenizer.add_special_tokens(
            [AddedToken(t, special=True, normalized=False) for t in set(found.values())]
        )
    return found


def _is_cased_word_piece(tokenizer: Tokenizer) -> bool:
    """Whether a tokenizer does what `KoreanBertTokenizer` does."""
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
    """Return the tokenizer's settings; special tokens as plain strings."""
    settings = {}
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        path = folder / name
        if path.is_file():
            try:
                settings |= json.loads(path.read_text(encoding="utf-8"))
            except (ValueError, TypeError) as error:
                raise InputError(f"{path} is damaged: {error}") from None
    return {
        key: value["content"]
        if isinstance(value, dict) and "content" in value
        else value
        for key, value in settings.items()
    }
