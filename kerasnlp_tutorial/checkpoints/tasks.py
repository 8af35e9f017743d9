"""Fine-tuned models with their heads."""

import os
from collections.abc import Sequence
from pathlib import Path

import keras
import keras_nlp

import kerasnlp_tutorial.models  # noqa: F401  registers the classes of the presets
from kerasnlp_tutorial.checkpoints.preset_files import (
    LABELS_FILE,
    keras_config,
    preset_config,
)
from kerasnlp_tutorial.checkpoints.presets import (
    open_task,
    preset_folder,
)
from kerasnlp_tutorial.checkpoints.prompts import load_prompt
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.models import BertTokenClassifier
from kerasnlp_tutorial.models.prompt_tuned_text_classifier import PROMPT_FILE
from kerasnlp_tutorial.runs import TRAINING_FILE, describe


def load_task(name: str | Path) -> tuple[keras_nlp.models.Task, tuple[str, ...]]:
    """Load a fine-tuned model of this project or of Hugging Face.

    Args:
        name: directory that `train` has written, or name of a preset with a head as in
            `preset_folder`, such as a `BertForSequenceClassification` checkpoint.

    Returns:
        The KerasNLP task with its preprocessor, and its labels in the order of their
        ids; no labels if it has no classes.

    Raises:
        InputError: there is no such checkpoint, or it has no head.
    """
    if os.path.isfile(Path(name) / PROMPT_FILE):
        task, labels = load_prompt(name), _labels(str(name))
        _check_labels(labels, len(task.label_ids), name)
        return task, labels
    folder = preset_folder(name)
    stored = keras_config(folder, "task.json")
    if stored is None:
        raise InputError(f"{name} has no head; it can serve as a backbone")
    task_class = keras.saving.get_registered_object(stored["registered_name"])
    if task_class is None:
        raise InputError(
            f"{Path(folder) / 'task.json'}: this version knows no "
            f"{stored['registered_name']!r}"
        )
    task, labels = open_task(task_class, folder), _labels(folder)
    if isinstance(task, keras_nlp.models.BertTextClassifier):
        _check_labels(labels, task.num_classes, name)
    elif isinstance(task, BertTokenClassifier):
        _check_labels(labels, (task.num_classes - 1) // 2, name)
    return task, labels


def _labels(folder: str) -> tuple[str, ...]:
    if os.path.isfile(Path(folder) / TRAINING_FILE):
        return tuple(describe(folder)["labels"])
    return tuple(preset_config(folder, LABELS_FILE, list) or ())


def _check_labels(labels: Sequence[str], classes: int, name: str | Path) -> None:
    if labels and len(labels) != classes:
        raise InputError(
            f"{name}: {len(labels)} labels for a model of {classes} classes: "
            f"{', '.join(labels)[:80]}"
        )


def has_head(name: str, task_class: type[keras_nlp.models.Task]) -> bool:
    """Return whether a preset has a head that `copy_head` can copy.

    Args:
        name: `config.backbone` as in `load_bert`.
        task_class: class of the task.
    """
    if name == "scratch":
        return False
    stored = keras_config(preset_folder(name), "task.json")
    registered = keras.saving.get_registered_name(task_class)
    return stored is not None and stored["registered_name"] == registered


def copy_head(name: str, task: keras_nlp.models.Task) -> bool:
    """Copy the head of a preset to a task of the same class.

    Training then continues from a trained head and not from random weights.

    Args:
        name: `config.backbone` as in `load_bert`.
        task: task on the backbone of the same preset. It does not change if the preset
            is of another class or its weights have other shapes.

    Returns:
        Whether the head was copied.
    """
    if not has_head(name, type(task)):
        return False
    source, _ = load_task(name)
    if [w.shape for w in source.weights] != [w.shape for w in task.weights]:
        return False
    # The task was built on the same backbone, so this changes the head only.
    task.set_weights(source.get_weights())
    return True
