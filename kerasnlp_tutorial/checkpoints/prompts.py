"""Soft prompts on language models: new ones and saved ones."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras_nlp
import numpy as np
from safetensors import SafetensorError, safe_open

from kerasnlp_tutorial.checkpoints.bert import load_masked_lm
from kerasnlp_tutorial.checkpoints.gpt2 import load_causal_lm
from kerasnlp_tutorial.checkpoints.hub import PREFIX, SHORT_NAMES, cached_folder
from kerasnlp_tutorial.checkpoints.preset_checks import opening
from kerasnlp_tutorial.checkpoints.preset_files import keras_config
from kerasnlp_tutorial.checkpoints.presets import preset_folder
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.models.prompt_tuned_text_classifier import (
    PROMPT_FILE,
    PromptTunedTextClassifier,
)
from kerasnlp_tutorial.models.prompt_tuned_text_classifier_preprocessor import (
    PromptTunedTextClassifierPreprocessor,
)

_MAX_PROMPT_LENGTH = 100_000
_MIN_SEQUENCE_LENGTH = 8
_MASKED_TEMPLATE, _CAUSAL_TEMPLATE = "한마디로 [MASK] . {text}", "{text} 한마디로"


def load_language_model(name: str | Path) -> keras_nlp.models.Task:
    """Return a preset's masked or causal language model, with its preprocessor.

    Args:
        name: name of a preset as in `preset_folder`.

    Raises:
        InputError: there is no such preset, or it has no language model head.
    """
    stored = keras_config(preset_folder(name), "config.json")
    if stored is not None and stored["class_name"].endswith("GPT2Backbone"):
        return load_causal_lm(name)
    return load_masked_lm(name)


def new_prompt(
    base: str,
    label_words: Sequence[str],
    prompt_length: int,
    initial_words: str,
    sequence_length: int,
    template: str | None = None,
) -> PromptTunedTextClassifier:
    """Return a classifier with an untrained soft prompt on a language model.

    Args:
        base: name of the language model's preset.
        label_words: word that the model predicts for each class; only its first token
            is used.
        prompt_length: number of prompt vectors.
        initial_words: text whose token embeddings initialize the prompt.
        sequence_length: maximum number of tokens of a text in its template, without
            the prompt. It is reduced if the model cannot read both.
        template: template as in `PromptTunedTextClassifierPreprocessor`; None for the
            default.

    Raises:
        InputError: two words start with the same token, or the prompt leaves too few
            tokens for a text.
    """
    model = load_language_model(base)
    tokenizer = model.preprocessor.tokenizer
    causal = isinstance(model, keras_nlp.models.CausalLM)
    # The words follow a space, which is part of a token in byte-level BPE.
    ids = [int(tokenizer(f" {word}")[0]) for word in label_words]
    if len(set(ids)) < len(ids):
        first_tokens = [
            f"{word!r} ({tokenizer.id_to_token(id)})"
            for word, id in zip(label_words, ids, strict=True)
        ]
        raise InputError(
            f"the words for the classes must start with different tokens; received "
            f"{', '.join(first_tokens)}; set other words with label_words"
        )
    limit = model.backbone.max_sequence_length - prompt_length
    if min(sequence_length, limit) < _MIN_SEQUENCE_LENGTH:
        raise InputError(
            f"prompt_length must leave room for texts in the "
            f"{model.backbone.max_sequence_length} tokens of {base!r}; received "
            f"{prompt_length}"
        )
    if template is None:
        template = _CAUSAL_TEMPLATE if causal else _MASKED_TEMPLATE
    return PromptTunedTextClassifier(
        model,
        PromptTunedTextClassifierPreprocessor(
            tokenizer, template, min(sequence_length, limit)
        ),
        label_ids=ids,
        prompt_length=prompt_length,
        initial_ids=[int(id) for id in tokenizer(initial_words)],
        base=str(Path(base).resolve()) if Path(base).exists() else base,
    )


def load_prompt(folder: str | Path) -> PromptTunedTextClassifier:
    """Load a saved `PromptTunedTextClassifier`.

    Args:
        folder: folder that it was saved to.

    Raises:
        InputError: the file is damaged, or its language model is not available.
    """
    path = Path(folder) / PROMPT_FILE
    vectors, stored = _read_prompt(path)
    base = stored["base"]
    _check_available(base, path)
    try:
        model = load_language_model(base)
    except InputError as error:
        raise InputError(f"the language model of {path}: {error}") from None
    room = model.backbone.max_sequence_length - len(vectors)
    vocabulary = model.backbone.vocabulary_size
    if vectors.shape[1] != model.backbone.hidden_dim:
        raise InputError(
            f"{path} is for a model of {vectors.shape[1]} dimensions; "
            f"{base!r} has {model.backbone.hidden_dim}"
        )
    if stored["sequence_length"] > room or max(stored["label_ids"]) >= vocabulary:
        raise InputError(
            f"{path} is for another model than {base!r}, which has {vocabulary} tokens "
            f"and room for {room} beside the prompt"
        )
    tokenizer = model.preprocessor.tokenizer
    if isinstance(model, keras_nlp.models.BertMaskedLM) and (
        stored["template"].count(tokenizer.mask_token) != 1
    ):
        raise InputError(
            f"{path}: the template of a BERT must have one {tokenizer.mask_token}; "
            f"received {stored['template']!r}"
        )
    with opening(str(folder)):
        classifier = PromptTunedTextClassifier(
            model,
            PromptTunedTextClassifierPreprocessor(
                tokenizer, stored["template"], stored["sequence_length"]
            ),
            label_ids=stored["label_ids"],
            prompt_length=len(vectors),
            base=base,
        )
    classifier.prompt = vectors
    return classifier


def _read_prompt(path: Path) -> tuple[np.ndarray, dict[str, Any]]:
    """Return the vectors of a saved prompt, (vectors, hidden_dim), and its config."""
    try:
        with safe_open(path, "numpy") as file:
            shape = file.get_slice("prompt").get_shape()
            if len(shape) != 2 or not 0 < shape[0] <= _MAX_PROMPT_LENGTH:
                raise InputError(f"{path} is no saved prompt: its shape is {shape}")
            vectors = file.get_tensor("prompt").astype("float32")
            stored = json.loads(file.metadata()["config"])
    except (SafetensorError, KeyError, TypeError, ValueError, OSError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is no saved prompt: {error}") from None
    if not np.isfinite(vectors).all():
        raise InputError(f"{path} holds values that are not finite")
    if not _is_prompt_config(stored):
        raise InputError(f"{path} is no saved prompt: its config is {stored!r:.200}")
    return vectors, stored


def _is_prompt_config(stored: Any) -> bool:
    if not isinstance(stored, dict):
        return False
    ids, length = stored.get("label_ids"), stored.get("sequence_length")
    return (
        all(isinstance(stored.get(name), str) for name in ("base", "template"))
        and isinstance(ids, list)
        and len(ids) > 1
        and all(type(id) is int and id >= 0 for id in ids)
        and type(length) is int
        and length > 0
    )


def _check_available(base: str, path: Path) -> None:
    """Make sure that loading a prompt does not download its language model.

    The folder may come from anyone, and its user did not ask for a download.
    """
    address = SHORT_NAMES.get(base, base)
    if not address.startswith(PREFIX):
        if "://" in address:
            raise InputError(f"{path}: the language model {base!r} is not downloaded")
        return
    if not cached_folder(address):
        repository = address.removeprefix(PREFIX)
        raise InputError(
            f"{path} needs the language model {base!r}, which is not on this machine; "
            f"if you trust it, download it first with `hf download {repository}`"
        )
