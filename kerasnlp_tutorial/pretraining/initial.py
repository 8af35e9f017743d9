"""The preset that pretraining starts from."""

import re
from collections.abc import Callable

import keras_nlp
import numpy as np
from tokenizers import models

from kerasnlp_tutorial.checkpoints import preset_folder
from kerasnlp_tutorial.checkpoints.presets import check_class
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.pretraining.config import PRESET_SIZES, PretrainingConfig


def load_initial(
    config: PretrainingConfig,
    load: Callable[[str], keras_nlp.models.Task],
    backbone_class: type,
) -> keras_nlp.models.Task | None:
    """Return the preset to start from, in float32 and without dropout.

    If `config.num_layers` is larger than its number of layers, some layers are copied;
    see `layer_origins`.

    Args:
        config: settings of the pretraining.
        load: function that loads a preset by name or folder.
        backbone_class: class that the backbone of the preset must have.

    Returns:
        The task; None if `config.initial` is None.

    Raises:
        InputError: there is no such preset, or its size is not that of the settings.
    """
    if config.initial is None:
        return None
    check_class(preset_folder(config.initial), config.initial, backbone_class)
    preset = load(config.initial)
    backbone = preset.backbone
    size = PRESET_SIZES.get(config.preset_config or "", {})
    found = {name: getattr(backbone, name) for name in size}
    if found != size:
        raise InputError(
            f"preset_config must be left out, or the size of {config.initial!r}; "
            f"received {config.preset_config!r}, {size}, and it has {found}"
        )
    if config.sequence_length > backbone.max_sequence_length:
        raise InputError(
            f"sequence_length must be at most {backbone.max_sequence_length} with "
            f"initial {config.initial!r}; received {config.sequence_length}"
        )
    layers = config.num_layers or backbone.num_layers
    if not backbone.num_layers <= layers <= 2 * backbone.num_layers:
        raise InputError(
            f"num_layers must be {backbone.num_layers} to {2 * backbone.num_layers} "
            f"with initial {config.initial!r}; received {layers}"
        )
    changes = {"dropout": 0.0, "dtype": "float32", "num_layers": layers}
    grown = type(backbone).from_config(backbone.get_config() | changes)
    task = type(preset)(grown, preset.preprocessor)
    _copy_weights(preset, task, layer_origins(backbone.num_layers, layers))
    return task


def layer_origins(old: int, new: int) -> list[int]:
    """Return the index of the old layer that each new layer is a copy of.

    The lower half of the new layers are copies of the lowest old layers, and the upper
    half of the highest. So the first layer still reads the embeddings, and the output
    of the last layer still fits the head.

    Args:
        old: number of old layers.
        new: number of new layers, `old` to 2 * `old`.
    """
    lower = -(-new // 2)
    return [i if i < lower else i - (new - old) for i in range(new)]


def _copy_weights(
    source: keras_nlp.models.Task, target: keras_nlp.models.Task, layers: list[int]
) -> None:
    def origin(path: str) -> str:
        return re.sub(
            r"(?<=transformer_layer_)\d+", lambda i: str(layers[int(i[0])]), path
        )

    values = {weight.path: weight for weight in source.weights}
    for weight in target.weights:
        weight.assign(values[origin(weight.path)])


def with_vocabulary(
    task: keras_nlp.models.Task,
    tokenizer: keras_nlp.tokenizers.Tokenizer,
    new_task: Callable[[keras_nlp.models.Backbone], keras_nlp.models.Task],
) -> keras_nlp.models.Task:
    """Return a task with the weights of `task` and another vocabulary.

    The embedding of a token that both vocabularies have is kept. That of any other
    token is the mean of the embeddings of the tokens that the old vocabulary splits it
    into; if it cannot split it, the mean of all embeddings. The same holds for the bias
    of the tokens in the head of a masked language model.

    Args:
        task: BERT or GPT-2.
        tokenizer: tokenizer with the new vocabulary, of the kind that `task` has.
        new_task: function that makes a task with `tokenizer` from a backbone.

    Reference:
        [Gee et al., 2022](https://aclanthology.org/2022.emnlp-industry.41/)
    """
    backbone = task.backbone
    size = {"vocabulary_size": tokenizer.vocabulary_size()}
    target = new_task(type(backbone).from_config(backbone.get_config() | size))
    pieces = _old_pieces(task.preprocessor.tokenizer, tokenizer.get_vocabulary())
    values = {weight.path: weight for weight in task.weights}
    for weight in target.weights:
        old = np.asarray(values[weight.path])
        if old.shape != weight.shape:
            mean = old.mean(0)
            old = np.stack([old[ids].mean(0) if ids else mean for ids in pieces])
        weight.assign(old)
    return target


def _old_pieces(
    old: keras_nlp.tokenizers.Tokenizer, vocabulary: list[str]
) -> list[list[int]]:
    """Return the ids that the old vocabulary splits each new token into, or none."""
    ids = {token: id for id, token in enumerate(old.get_vocabulary())}
    if isinstance(old, keras_nlp.tokenizers.BytePairTokenizer):
        merges = [tuple(merge.split(" ")) for merge in old.merges]
        bpe = models.BPE(ids, merges)
        split = {token: bpe.tokenize(token) for token in vocabulary}
    else:
        unknown = {"[UNK]": ids["[UNK]"]}
        inside = {token[2:]: id for token, id in ids.items() if token.startswith("##")}
        first = models.WordPiece(ids, unk_token="[UNK]")
        later = models.WordPiece(
            inside | unknown, unk_token="[UNK]", continuing_subword_prefix=""
        )
        split = {
            token: later.tokenize(token[2:])
            if token.startswith("##")
            else first.tokenize(token)
            for token in vocabulary
        }
    return [
        [ids[token]]
        if token in ids
        else [piece.id for piece in split[token] if piece.value != "[UNK]"]
        for token in vocabulary
    ]
