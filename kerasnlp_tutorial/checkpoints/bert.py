"""BERT backbones by name."""

from collections.abc import Iterable

import keras_nlp

import kerasnlp_tutorial.models  # noqa: F401  registers the classes of the presets
from kerasnlp_tutorial.checkpoints.presets import load_backbone, new_backbone
from kerasnlp_tutorial.config import TrainingConfig
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


def _from_scratch(config, texts):
    tokenizer = KoreanBertTokenizer(train_wordpiece(texts, config.vocabulary_size))
    backbone = new_backbone(config, keras_nlp.models.BertBackbone, tokenizer)
    return backbone, tokenizer
