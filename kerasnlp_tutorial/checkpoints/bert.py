"""BERT backbones by name."""

from collections.abc import Iterable
from pathlib import Path

import keras
import keras_nlp
import numpy as np

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
    config: TrainingConfig, texts: Iterable[str], segments: int = 2
) -> tuple[keras_nlp.models.BertBackbone, KoreanBertTokenizer | HuggingFaceTokenizer]:
    """Return the backbone that `config.backbone` names, and its tokenizer.

    Args:
        config: `backbone` is `scratch` (random weights of the size that the config
            gives, and a vocabulary learnt from `texts`), or a name as in
            `preset_folder`.
        texts: training texts; iterated over only for `scratch`.
        segments: that the backbone knows at least; one that its preset does not know
            begins with the vector of the last one that it does.

    Raises:
        InputError: there is no such preset, it is no BERT, or it is too short for
            `config.sequence_length`.
    """
    if config.backbone == "scratch":
        backbone, tokenizer = _from_scratch(config, texts)
        return _with_segments(backbone, segments), tokenizer
    backbone, folder = load_backbone(config, keras_nlp.models.BertBackbone)
    tokenizer = keras_nlp.tokenizers.BertTokenizer.from_preset(folder)
    if not isinstance(tokenizer, HuggingFaceTokenizer):
        tokenizer = KoreanBertTokenizer(tokenizer.get_vocabulary())
    return _with_segments(backbone, segments), tokenizer


def _with_segments(backbone, count: int):
    """Return the backbone, or a copy of it that has as many segments."""
    if backbone.num_segments >= count:
        return backbone
    config = backbone.get_config() | {"num_segments": count}
    wider = type(backbone).from_config(config)
    for old, new in zip(backbone.weights, wider.weights, strict=True):
        value = keras.ops.convert_to_numpy(old)
        if value.shape != new.shape:
            value = np.pad(value, [(0, count - len(value)), (0, 0)], mode="edge")
        new.assign(value)
    return wider


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
