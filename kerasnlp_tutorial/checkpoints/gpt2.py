"""GPT-2 backbones and causal language models by name."""

from collections.abc import Iterable
from pathlib import Path

import keras_nlp

import kerasnlp_tutorial.models  # noqa: F401  registers the classes of the presets
from kerasnlp_tutorial.checkpoints.preset_files import keras_config
from kerasnlp_tutorial.checkpoints.presets import (
    load_backbone,
    load_tokenizer,
    new_backbone,
    open_task,
    preset_folder,
)
from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.tokenizers import ByteLevelBPE, check_known


def load_gpt2(
    config: TrainingConfig, texts: Iterable[str]
) -> tuple[keras_nlp.models.GPT2Backbone, keras_nlp.tokenizers.Tokenizer]:
    """Return the backbone that `config.backbone` names, and its tokenizer.

    Args:
        config: configuration. `backbone` is `scratch` (random weights, and a byte-level
            BPE trained on `texts`, of the sizes in the config) or the name of a preset
            as in `preset_folder`.
        texts: training texts.

    Raises:
        InputError: there is no such preset, it cannot read `config.sequence_length`
            tokens, or most tokens of the texts are unknown to its tokenizer (see
            `check_known`).
    """
    if config.backbone == "scratch":
        bpe = ByteLevelBPE.train(texts, config.vocabulary_size)
        tokenizer = keras_nlp.tokenizers.GPT2Tokenizer(bpe.vocabulary, bpe.merges)
        backbone = new_backbone(config, keras_nlp.models.GPT2Backbone, tokenizer)
        return backbone, tokenizer
    backbone, folder = load_backbone(config, keras_nlp.models.GPT2Backbone)
    tokenizer = load_tokenizer(folder, keras_nlp.tokenizers.Tokenizer, backbone)
    check_known(tokenizer, list(texts), config.allow_unknown)
    return backbone, tokenizer


def load_causal_lm(name: str | Path) -> keras_nlp.models.CausalLM:
    """Return a causal language model with its preprocessor.

    Args:
        name: name of a preset as in `preset_folder`, such as `gpt2_mini_ko` or
            `kogpt2-base-v2`, or of a Gemma or Qwen preset of KerasNLP.

    Raises:
        InputError: there is no such preset, or it is no causal language model.
    """
    folder = preset_folder(name)
    stored = keras_config(folder, "config.json")
    if stored is not None:
        task = stored["class_name"].replace("Backbone", "CausalLM")
        if not hasattr(keras_nlp.models, task):
            raise InputError(
                f"{str(name)!r} must be a causal language model, such as a GPT-2; it "
                f"has a {stored['class_name']}"
            )
    return open_task(keras_nlp.models.CausalLM, folder)
