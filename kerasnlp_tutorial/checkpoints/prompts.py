"""Soft prompts, and the language models that they steer."""

import json
from collections.abc import Sequence
from pathlib import Path

import keras_nlp
import numpy as np
from safetensors import SafetensorError, safe_open

from kerasnlp_tutorial.checkpoints.bert import load_masked_lm
from kerasnlp_tutorial.checkpoints.gpt2 import load_causal_lm
from kerasnlp_tutorial.checkpoints.presets import preset_config, preset_folder
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.models.prompt_tuned_text_classifier import (
    PROMPT_FILE,
    PromptTunedTextClassifier,
)
from kerasnlp_tutorial.models.prompt_tuned_text_classifier_preprocessor import (
    PromptTunedTextClassifierPreprocessor,
)

_FILL_A_GAP, _GO_ON = "한마디로 [MASK] . {text}", "{text} 한마디로"


def load_language_model(name: str | Path) -> keras_nlp.models.Task:
    """Return a preset's masked or causal language model, with its preprocessor.

    Args:
        name: as in `preset_folder`.

    Raises:
        InputError: there is no such preset, or it has lost its head for words.
    """
    stored = preset_config(preset_folder(name), "config.json")
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
    """Return a classifier on a language model, its prompt not yet learnt.

    Args:
        base: name of the language model's preset.
        label_words: what the model is to say for each class; the first token counts.
        prompt_length: number of vectors to learn.
        initial_words: whose embeddings they are at first.
        sequence_length: most tokens of a text with its surroundings; the prompt comes
            on top, and if the model has no room for both the text gets less.
        template: see `PromptTunedTextClassifierPreprocessor`; None for a usual one.

    Raises:
        InputError: two words begin with the same token, or no room is left.
    """
    model = load_language_model(base)
    tokenizer = model.preprocessor.tokenizer
    causal = isinstance(model, keras_nlp.models.CausalLM)
    # After a text a word begins with a blank, where blanks are a part of tokens.
    ids = [int(tokenizer(" " * causal + word)[0]) for word in label_words]
    if len(set(ids)) < len(ids):
        first = [
            f"{word!r} ({tokenizer.id_to_token(id)})"
            for word, id in zip(label_words, ids, strict=True)
        ]
        raise InputError(
            f"the words for the classes must begin with different tokens; received "
            f"{', '.join(first)}; give others with label_words"
        )
    room = min(sequence_length, model.backbone.max_sequence_length - prompt_length)
    if room < 8:
        raise InputError(
            f"prompt_length must leave room for texts in the "
            f"{model.backbone.max_sequence_length} tokens of {base!r}; received "
            f"{prompt_length}"
        )
    return PromptTunedTextClassifier(
        model,
        PromptTunedTextClassifierPreprocessor(
            tokenizer, template or (_GO_ON if causal else _FILL_A_GAP), room
        ),
        label_ids=ids,
        prompt_length=prompt_length,
        initial_ids=[int(id) for id in tokenizer(initial_words)],
        base=str(Path(base).resolve()) if Path(base).exists() else base,
    )


def load_prompt(folder: str | Path) -> PromptTunedTextClassifier:
    """Open what a `PromptTunedTextClassifier` has saved.

    Raises:
        InputError: the file is damaged, or its language model is not to be found.
    """
    path = Path(folder) / PROMPT_FILE
    try:
        with safe_open(path, "numpy") as file:
            vectors, stored = file.get_tensor("prompt"), file.metadata()["config"]
    except (SafetensorError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no saved prompt: {error}") from None
    config = json.loads(stored)
    model = load_language_model(config["base"])
    if vectors.shape[1] != model.backbone.hidden_dim:
        raise InputError(
            f"{path} is for a model of {vectors.shape[1]} dimensions; "
            f"{config['base']!r} has {model.backbone.hidden_dim}"
        )
    classifier = PromptTunedTextClassifier(
        model,
        PromptTunedTextClassifierPreprocessor(
            model.preprocessor.tokenizer, config["template"], config["sequence_length"]
        ),
        label_ids=config["label_ids"],
        prompt_length=len(vectors),
        base=config["base"],
    )
    classifier.prompt = np.asarray(vectors, "float32")
    return classifier
