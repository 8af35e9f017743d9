"""Whole tasks, with the heads that they were trained with."""

from pathlib import Path

import keras
import keras_nlp

import kerasnlp_tutorial.models  # noqa: F401  registers the classes of the presets
from kerasnlp_tutorial.checkpoints.presets import (
    LABELS_FILE,
    open_task,
    preset_config,
    preset_folder,
)
from kerasnlp_tutorial.checkpoints.prompts import load_prompt
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.models.prompt_tuned_text_classifier import PROMPT_FILE
from kerasnlp_tutorial.runs import TRAINING_FILE


def load_task(name: str | Path) -> tuple[keras_nlp.models.Task, tuple[str, ...]]:
    """Open a fine-tuned model, of this project or of Hugging Face's.

    Args:
        name: as in `preset_folder`: a directory that `train` has written, or a
            checkpoint with a head, such as a `BertForSequenceClassification`.

    Returns:
        The KerasNLP task with its preprocessor, and its labels in the order of their
        ids; none if it has no classes.

    Raises:
        InputError: there is no such checkpoint, or it has no head.
    """
    if (Path(name) / PROMPT_FILE).is_file():
        return load_prompt(name), _labels(str(name))
    folder = preset_folder(name)
    task = preset_config(folder, "task.json")
    if task is None:
        raise InputError(f"{name} has no head; it can serve as a backbone")
    task_class = keras.saving.get_registered_object(task["registered_name"])
    return open_task(task_class, folder), _labels(folder)


def _labels(folder: str) -> tuple[str, ...]:
    training = preset_config(folder, TRAINING_FILE)
    if training is not None:
        return tuple(training["labels"])
    return tuple(preset_config(folder, LABELS_FILE) or ())


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
    stored = preset_config(preset_folder(name), "task.json")
    registered = keras.saving.get_registered_name(type(task))
    if stored is None or stored["registered_name"] != registered:
        return False
    source, _ = load_task(name)
    if [w.shape for w in source.weights] != [w.shape for w in task.weights]:
        return False
    # The backbone's are the same ones that the task has been built on.
    task.set_weights(source.get_weights())
    return True
