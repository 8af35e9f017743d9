"""BERT backbones by name."""

import json
from collections.abc import Iterable
from pathlib import Path

import keras
import keras_nlp

from kerasnlp_tutorial.checkpoints.presets import preset_folder
from kerasnlp_tutorial.config import TrainingConfig
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.tokenizers import KoreanBertTokenizer, train_wordpiece


def load_bert(
    config: TrainingConfig, texts: Iterable[str]
) -> tuple[keras_nlp.models.BertBackbone, KoreanBertTokenizer]:
    """Return the backbone that `config.backbone` names, and its tokenizer.

    Args:
        config: `backbone` is `scratch` (random weights of the size that the config
            gives, and a vocabulary learnt from `texts`), a preset of the package
            by name, or a folder with a KerasNLP preset of a BERT, such as a
            finished training.
        texts: training texts; iterated over only for `scratch`.

    Raises:
        InputError: there is no such preset, or it is too short for
            `config.sequence_length`.
    """
    if config.backbone == "scratch":
        return _from_scratch(config, texts)
    folder = preset_folder(config.backbone)
    backbone = keras_nlp.models.BertBackbone.from_preset(folder, dropout=config.dropout)
    if config.sequence_length > backbone.max_sequence_length:
        raise InputError(
            f"sequence_length must be at most {backbone.max_sequence_length} with "
            f"backbone {config.backbone!r}; received {config.sequence_length}"
        )
    tokenizer = keras_nlp.tokenizers.BertTokenizer.from_preset(folder)
    return backbone, KoreanBertTokenizer(tokenizer.get_vocabulary())


def copy_head(name: str, task: keras_nlp.models.Task) -> bool:
    """Give a task the weights outside the backbone of a preset of the same class.

    So a training can go on from another one's head and not from a random one.

    Args:
        name: as `config.backbone` in `load_bert`.
        task: its weights are set, if the preset is of its class and as large.

    Returns:
        Whether they were.
    """
    if name == "scratch":
        return False
    folder = Path(preset_folder(name))
    registered = keras.saving.get_registered_name(type(task))
    try:
        stored = json.loads((folder / "task.json").read_text(encoding="utf-8"))
    except FileNotFoundError:  # a backbone alone
        return False
    if stored["registered_name"] != registered:
        return False
    source = type(task).from_preset(str(folder))
    if [w.shape for w in source.weights] != [w.shape for w in task.weights]:
        return False
    # The backbone's are the same ones that the task has been built on.
    task.set_weights(source.get_weights())
    return True


def _from_scratch(config, texts):
    tokenizer = KoreanBertTokenizer(train_wordpiece(texts, config.vocabulary_size))
    backbone = keras_nlp.models.BertBackbone(
        vocabulary_size=tokenizer.vocabulary_size(),
        num_layers=config.num_layers,
        num_heads=config.num_heads,
        hidden_dim=config.hidden_dim,
        intermediate_dim=config.intermediate_dim,
        dropout=config.dropout,
        max_sequence_length=config.sequence_length,
    )
    return backbone, tokenizer
