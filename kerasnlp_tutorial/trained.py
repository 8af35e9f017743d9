"""Fine-tuned models: loaded from a directory, or trained once into the cache."""

import dataclasses
import logging
from pathlib import Path
from typing import Any

from kerasnlp_tutorial import __version__, registry
from kerasnlp_tutorial.checkpoints import load_task
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.registry import trained_chapter
from kerasnlp_tutorial.runs import (
    TRAINING_FILE,
    TrainedModel,
    cached_path,
    describe,
)

logger = logging.getLogger(__name__)


def load_trained(path: str | Path) -> TrainedModel:
    """Load a model that the `train` of a chapter has saved.

    Args:
        path: directory of the model.

    Raises:
        InputError: the directory is not that of a finished training, or a file in it is
            damaged.
    """
    training = describe(path)
    config = stored_config(path, training)
    chapter = trained_chapter(path, training).load_task()
    model, labels = load_task(path)
    if not isinstance(model, chapter.MODELS):
        expected = " or a ".join(model_class.__name__ for model_class in chapter.MODELS)
        raise InputError(
            f"{Path(path) / TRAINING_FILE}: {training['chapter']} trains a {expected}; "
            f"{path} holds a {type(model).__name__}"
        )
    return TrainedModel(model, labels, config, training["metrics"], Path(path))


def stored_config(path: str | Path, training: dict[str, Any]) -> Any:
    """Return the `Config` that a model was trained with.

    Args:
        path: directory of the model, for error messages.
        training: content of `training.json`, as from `describe`.

    Raises:
        InputError: there is no such chapter, or its `Config` has no such setting or
            does not allow a value.
    """
    file = Path(path) / TRAINING_FILE
    module = trained_chapter(path, training).load_task()
    known = {field.name for field in dataclasses.fields(module.Config)}
    if unknown := sorted(training["config"].keys() - known):
        writer = (training.get("versions") or {}).get("kerasnlp-tutorial", "unknown")
        raise InputError(
            f"{file} has settings that {training['chapter']} of version "
            f"{__version__} does not know: {', '.join(unknown)}; it was written by "
            f"version {writer}"
        )
    try:
        return module.Config(**training["config"])
    except InputError as error:
        raise InputError(f"{file}: {error}") from None


def trained_once(name: str, dataset: str | None = None) -> TrainedModel:
    """Load the default model of a chapter, which the first call trains.

    A stored model that another version has written is trained again.

    Args:
        name: name of the chapter, such as `ch04`.
        dataset: name of a corpus in the package; None for the default of the chapter.
    """
    path = cached_path(f"{name}-{dataset}" if dataset else name)
    if (path / TRAINING_FILE).is_file():
        try:
            return load_trained(path)
        except InputError as error:
            if isinstance(error.__cause__, OSError | MemoryError):
                raise  # the folder may be sound
            logger.warning("%s; it is trained again", error)
    chapter = registry.find(name)
    logger.info("training the model of %s once, into %s", chapter.title, path)
    module = chapter.load_task()
    settings: dict[str, Any] = {"dataset": dataset} if dataset else {}
    module.train(module.Config(output=str(path), overwrite=True, **settings))
    return load_trained(path)
