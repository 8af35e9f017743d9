"""GPT-2 backbones, and causal language models, by name."""

from collections.abc import Iterable
from pathlib import Path

import keras_nlp

import kerasnlp_tutorial.models  # noqa: F401  registers the classes of the presets
from kerasnlp_tutorial.checkpoints.presets import (
    load_backbone,
    new_backbone,
    open_task,
    preset_config,
    preset_folder,
)
from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.tokenizers import ByteLevelBPE


def load_gpt2(
    config: TrainingConfig, texts: Iterable[str]
) -> tuple[keras_nlp.models.GPT2Backbone, keras_nlp.tokenizers.Tokenizer]:
    """Return the backbone that `config.backbone` names, and its tokenizer.

    Args:
        config: as in `load_bert`.
        texts: training texts; iterated over only for `scratch`.

    Raises:
        InputError: there is no such preset, or it is too short for
            `config.sequence_length`.
    """
    if config.backbone == "scratch":
        bpe = ByteLevelBPE.train(texts, config.vocabulary_size)
        tokenizer = keras_nlp.tokenizers.GPT2Tokenizer(bpe.vocabulary, bpe.merges)
        backbone = new_backbone(config, keras_nlp.models.GPT2Backbone, tokenizer)
        return backbone, tokenizer
    backbone, folder = load_backbone(config, keras_nlp.models.GPT2Backbone)
    return backbone, keras_nlp.tokenizers.Tokenizer.from_preset(folder)


def load_causal_lm(name: str | Path) -> keras_nlp.models.CausalLM:
    """Return a language model that continues texts, with its preprocessor.

    Args:
        name: as in `preset_folder`, such as `gpt2_mini_ko` or `kogpt2-base-v2`, or a
            Gemma or Qwen of KerasNLP.

    Raises:
        InputError: there is no such preset, or its model does not continue texts.
    """
    folder = preset_folder(name)
    stored = preset_config(folder, "config.json")
    if stored is not None:
        task = stored["class_name"].replace("Backbone", "CausalLM")
        if not hasattr(keras_nlp.models, task):
            raise InputError(
                f"{str(name)!r} must be a causal language model, such as a GPT-2; it "
                f"has a {stored['class_name']}"
            )
    return open_task(keras_nlp.models.CausalLM, folder)
