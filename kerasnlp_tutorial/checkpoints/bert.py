"""BERT backbones by name."""

from collections.abc import Iterable
from pathlib import Path

import keras
import keras_nlp
import numpy as np

import kerasnlp_tutorial.models  # noqa: F401  registers the classes of the presets
from kerasnlp_tutorial.checkpoints.preset_files import keras_config
from kerasnlp_tutorial.checkpoints.presets import (
    check_class,
    load_backbone,
    load_tokenizer,
    new_backbone,
    open_task,
    preset_folder,
)
from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.tokenizers import (
    HuggingFaceTokenizer,
    KoreanBertTokenizer,
    check_known,
    train_wordpiece,
)


def load_bert(
    config: TrainingConfig, texts: Iterable[str], segments: int = 2
) -> tuple[keras_nlp.models.BertBackbone, KoreanBertTokenizer | HuggingFaceTokenizer]:
    """Return the backbone that `config.backbone` names, and its tokenizer.

    Args:
        config: configuration. `backbone` is `scratch` (random weights, and a WordPiece
            vocabulary trained on `texts`, of the sizes in the config) or the name of a
            preset as in `preset_folder`.
        texts: training texts.
        segments: minimum number of segments of the backbone. Embeddings of missing
            segments are that of the last one plus noise from `config.seed`, as large
            as the embeddings of tokens are.

    Raises:
        InputError: there is no such preset, it is no BERT, it cannot read
            `config.sequence_length` tokens, or most tokens of the texts are unknown to
            its tokenizer (see `check_known`).
    """
    texts = list(texts)
    if config.backbone == "scratch":
        backbone, tokenizer = _from_scratch(config, texts)
    else:
        backbone, folder = load_backbone(config, keras_nlp.models.BertBackbone)
        tokenizer = load_tokenizer(folder, keras_nlp.tokenizers.BertTokenizer, backbone)
        if not isinstance(tokenizer, HuggingFaceTokenizer):
            tokenizer = KoreanBertTokenizer(tokenizer.get_vocabulary())
    check_known(tokenizer, texts, config.allow_unknown)
    return _with_segments(backbone, segments, config.seed), tokenizer


def _with_segments(
    backbone: keras_nlp.models.BertBackbone, count: int, seed: int
) -> keras_nlp.models.BertBackbone:
    """Return the backbone, or a copy with more segments if it has too few.

    Without noise, a training needs hundreds of steps to tell new segments apart.
    """
    if backbone.num_segments >= count:
        return backbone
    config = backbone.get_config() | {"num_segments": count}
    wider = type(backbone).from_config(config)
    size = np.std(keras.ops.convert_to_numpy(backbone.token_embedding.embeddings))
    for old, new in zip(backbone.weights, wider.weights, strict=True):
        value = keras.ops.convert_to_numpy(old)
        if missing := new.shape[0] - len(value):
            noise = np.random.default_rng(seed).normal(
                0, size, (missing, *new.shape[1:])
            )
            value = np.concatenate([value, value[-1:] + noise])
        new.assign(value)
    return wider


def load_masked_lm(name: str | Path) -> keras_nlp.models.BertMaskedLM:
    """Return a masked language model with its preprocessor.

    Args:
        name: name of a preset as in `preset_folder`, such as `bert_mini_ko` or
            `kcbert-base`.

    Raises:
        InputError: there is no such preset, it is no BERT, or it has no masked language
            model head, such as a fine-tuned preset.
    """
    folder = preset_folder(name)
    check_class(folder, name, keras_nlp.models.BertBackbone)
    task = keras_config(folder, "task.json")
    if task is None or not task["class_name"].endswith("MaskedLM"):
        raise InputError(f"{str(name)!r} has no head for masked words")
    return open_task(keras_nlp.models.BertMaskedLM, folder)


def _from_scratch(
    config: TrainingConfig, texts: Iterable[str]
) -> tuple[keras_nlp.models.BertBackbone, KoreanBertTokenizer]:
    tokenizer = KoreanBertTokenizer(train_wordpiece(texts, config.vocabulary_size))
    backbone = new_backbone(config, keras_nlp.models.BertBackbone, tokenizer)
    return backbone, tokenizer
