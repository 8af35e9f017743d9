"""BERT backbones by name."""

from collections.abc import Iterable
from pathlib import Path

import keras_nlp

import kerasnlp_tutorial.models  # noqa: F401  registers the classes of the presets
from kerasnlp_tutorial.checkpoints.presets import (
    check_class,
    load_backbone,
    new_backbone,
    open_task,
    preset_config,
    preset_folder,
)
from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.tokenizers import (
    HuggingFaceTokenizer,
    KoreanBertTokenizer,
    train_wordpiece,
)


def load_bert(
    config: TrainingConfig, texts: Iterable[str]
) -> tuple[keras_nlp.models.BertBackbone, KoreanBertTokenizer | HuggingFaceTokenizer]:
    """Return the backbone that `config.backbone` names, and its tokenizer.

    Args:
        config: `backbone` is `scratch` (random weights of the size that the config
            gives, and a vocabulary learnt from `texts`), or a name as in
            `preset_folder`.
        texts: training texts; iterated over only for `scratch`.

    Raises:
        InputError: there is no such preset, it is no BERT, or it is too short for
            `config.sequence_length`.
    """
    if config.backbone == "scratch":
        return _from_scratch(config, texts)
    backbone, folder = load_backbone(config, keras_nlp.models.BertBackbone)
    tokenizer = keras_nlp.tokenizers.BertTokenizer.from_preset(folder)
    if not isinstance(tokenizer, HuggingFaceTokenizer):
        tokenizer = KoreanBertTokenizer(tokenizer.get_vocabulary())
    return backbone, tokenizer


def load_masked_lm(name: str | Path) -> keras_nlp.models.BertMaskedLM:
    """Return a language model that fills gaps, with its preprocessor.

    Args:
        name: as in `preset_folder`, such as `bert_mini_ko` or `kcbert-base`.

    Raises:
        InputError: there is no such preset, it is no BERT, or it has lost the head that
            fills gaps, as one that was fine-tuned has.
    """
    folder = preset_folder(name)
    check_class(folder, name, keras_nlp.models.BertBackbone)
    task = preset_config(folder, "task.json")
    if task is None or not task["class_name"].endswith("MaskedLM"):
        raise InputError(f"{str(name)!r} has no head for masked words")
    return open_task(keras_nlp.models.BertMaskedLM, folder)


def _from_scratch(config, texts):
    tokenizer = KoreanBertTokenizer(train_wordpiece(texts, config.vocabulary_size))
    backbone = new_backbone(config, keras_nlp.models.BertBackbone, tokenizer)
    return backbone, tokenizer
