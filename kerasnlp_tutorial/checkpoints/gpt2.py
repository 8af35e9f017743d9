"""GPT-2 backbones by name."""

import json
from collections.abc import Iterable
from pathlib import Path

import keras_nlp

from kerasnlp_tutorial.checkpoints.presets import preset_folder
from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.tokenizers import ByteLevelBPE


def load_gpt2(
    config: TrainingConfig, texts: Iterable[str]
) -> tuple[keras_nlp.models.GPT2Backbone, keras_nlp.tokenizers.GPT2Tokenizer]:
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
        backbone = keras_nlp.models.GPT2Backbone(
            vocabulary_size=tokenizer.vocabulary_size(),
            num_layers=config.num_layers,
            num_heads=config.num_heads,
            hidden_dim=config.hidden_dim,
            intermediate_dim=config.intermediate_dim,
            dropout=config.dropout,
            max_sequence_length=config.sequence_length,
        )
        return backbone, tokenizer
    folder = preset_folder(config.backbone)
    backbone = keras_nlp.models.GPT2Backbone.from_preset(folder, dropout=config.dropout)
    if config.sequence_length > backbone.max_sequence_length:
        raise InputError(
            f"sequence_length must be at most {backbone.max_sequence_length} with "
            f"backbone {config.backbone!r}; received {config.sequence_length}"
        )
    return backbone, keras_nlp.tokenizers.GPT2Tokenizer.from_preset(folder)


def load_causal_lm(name: str | Path) -> keras_nlp.models.GPT2CausalLM:
    """Return a language model that continues texts, with its preprocessor.

    Args:
        name: of a preset inside the package, such as `gpt2_mini_ko`, or the folder of
            one, such as a finished training of chapter 8.

    Raises:
        InputError: there is no such preset, or it is of another model.
    """
    folder = Path(preset_folder(name))
    kind = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if kind.get("class_name") != "GPT2Backbone":
        raise InputError(
            f"{str(name)!r} must be a GPT-2 to continue texts; it is a "
            f"{kind.get('class_name')}"
        )
    return keras_nlp.models.GPT2CausalLM.from_preset(str(folder))
