"""Which weights a fine-tuning changes: all, a head, small additions, or a prompt."""

from collections.abc import Sequence

import keras
import keras_nlp
import numpy as np

from kerasnlp_tutorial.checkpoints import new_prompt
from kerasnlp_tutorial.config import TransferConfig, parse_label_words
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.models import PromptTunedTextClassifier

REVIEW_WORDS = {"긍정": "최고", "부정": "최악"}
"""What reviewers say for a class; other classes are called by their names."""


def choose_weights(model: keras_nlp.models.Task, config: TransferConfig) -> None:
    """Make trainable what `config.method` says, before the model is compiled.

    Head and pooler are always learnt: an upstream training leaves the pooler random.

    Args:
        model: a classifier on a BERT.
        config: `method` and `lora_rank` are used.

    Raises:
        InputError: a LoRA training cannot be resumed.
    """
    backbone = model.backbone
    if config.method == "frozen":
        backbone.trainable = False
    elif config.method == "lora":
        if config.resume:  # Keras stores the sum, and from that nothing is learnt
            raise InputError("a training with method 'lora' cannot be resumed")
        backbone.enable_lora(config.lora_rank)
        # KerasNLP leaves these free, and forgets them when it saves what was learnt.
        for layer in backbone._flatten_layers():
            if getattr(layer, "lora_enabled", False) and layer.bias is not None:
                layer.bias.trainable = False
    backbone.pooled_dense.trainable = True


def prompt_tuned_classifier(
    config: TransferConfig, labels: Sequence[str]
) -> PromptTunedTextClassifier:
    """Return a frozen language model whose prompt is to be learnt.

    Args:
        config: `backbone`, `prompt_length`, `initial_prompt`, `label_words` and
            `sequence_length` are used.
        labels: class names.

    Raises:
        InputError: there is no language model, or the words cannot serve.
    """
    if config.backbone == "scratch":
        raise InputError("method 'prompt' needs a pretrained backbone, not 'scratch'")
    words = REVIEW_WORDS | parse_label_words(config.label_words or "")
    return new_prompt(
        config.backbone,
        [words.get(label, label) for label in labels],
        config.prompt_length,
        config.initial_prompt,
        config.sequence_length,
    )


def trainable_parameters(model: keras.Model) -> int:
    """Return how many numbers a training changes."""
    return int(sum(np.prod(v.shape) for v in model.trainable_variables))
