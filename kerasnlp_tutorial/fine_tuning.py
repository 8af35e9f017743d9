"""Fine-tuning methods: train all weights, the head, LoRA matrices, or a prompt."""

import keras
import keras_nlp
import numpy as np

from kerasnlp_tutorial.checkpoints import new_prompt
from kerasnlp_tutorial.config import TransferConfig, parse_label_words
from kerasnlp_tutorial.datasets import Splits
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.models import PromptTunedTextClassifier
from kerasnlp_tutorial.tokenizers import check_known

REVIEW_WORDS = {"긍정": "최고", "부정": "최악"}
"""Words that stand for the classes of reviews; the others are named by themselves."""


def choose_weights(model: keras_nlp.models.Task, config: TransferConfig) -> None:
    """Set which weights are trainable. Call it before the model is compiled.

    Head and pooler are always trained, and so are segment embeddings if there are more
    than the two of pretraining: they are random to begin with.

    Args:
        model: a classifier on a BERT backbone.
        config: configuration, of which `method` and `lora_rank` are used.

    Raises:
        InputError: `lora_rank` is larger than the dimension of the backbone.
    """
    backbone = model.backbone
    if config.method == "frozen":
        backbone.trainable = False
    elif config.method == "lora":
        if config.lora_rank > backbone.hidden_dim:
            raise InputError(
                f"lora_rank must be at most {backbone.hidden_dim}, the dimensions of "
                f"backbone {config.backbone!r}; received {config.lora_rank}"
            )
        backbone.enable_lora(config.lora_rank)
        # KerasNLP would train the biases too, but does not save them with LoRA.
        for layer in backbone._flatten_layers():
            if getattr(layer, "lora_enabled", False) and layer.bias is not None:
                layer.bias.trainable = False
    backbone.pooled_dense.trainable = True
    if backbone.num_segments > 2:
        backbone.segment_embedding.trainable = True


def prompt_tuned_classifier(
    config: TransferConfig, splits: Splits
) -> PromptTunedTextClassifier:
    """Return a classifier with an untrained prompt on a frozen language model.

    Args:
        config: configuration, of which `backbone`, `prompt_length`, `initial_prompt`,
            `label_words`, `sequence_length` and `allow_unknown` are used.
        splits: examples, of which the class names and the training texts are used.

    Raises:
        InputError: there is no such language model, the label words are invalid, or
            most tokens of the texts are unknown (see `check_known`).
    """
    given = parse_label_words(config.label_words) if config.label_words else {}
    if unknown := given.keys() - set(splits.labels):
        raise InputError(
            f"label_words has words for {', '.join(sorted(unknown))}; the labels are "
            f"{', '.join(splits.labels)}"
        )
    words = REVIEW_WORDS | given
    model = new_prompt(
        config.backbone,
        [words.get(label, label) for label in splits.labels],
        config.prompt_length,
        config.initial_prompt,
        config.sequence_length,
    )
    texts = [text for example in splits.train for text in example.texts]
    check_known(model.preprocessor.tokenizer, texts, config.allow_unknown)
    return model


def trainable_parameters(model: keras.Model) -> int:
    """Return the number of trainable parameters of a model."""
    return int(sum(np.prod(v.shape) for v in model.trainable_variables))
