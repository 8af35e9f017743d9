"""GPT-2 backbones by name."""

from collections.abc import Iterable
from pathlib import Path

import keras_nlp

import kerasnlp_tutorial.models  # noqa: F401  registers the classes of the presets
from kerasnlp_tutorial.checkpoints.presets import (
    check_class,
    load_backbone,
    new_backbone,
    open_task,
    preset_folder,
)
from kerasnlp_tutorial.config import TrainingConfig
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


def load_causal_lm(name: str | Path) -> keras_nlp.models.GPT2CausalLM:
    """Return a language model that continues texts, with its preprocessor.

    Args:
        name: as in `preset_folder`, such as `gpt2_mini_ko` or `kogpt2-base-v2`.

    Raises:
        InputError: there is no such preset, or it is of another model.
    """
    folder = preset_folder(name)
    check_class(folder, name, keras_nlp.models.GPT2Backbone)
    return open_task(keras_nlp.models.GPT2CausalLM, folder)
