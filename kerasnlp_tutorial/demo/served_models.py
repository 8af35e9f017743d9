"""The models that a demo serves: one by name, or one for each chapter."""

import os
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from kerasnlp_tutorial import registry, runs
from kerasnlp_tutorial.demo.chapter_demos import CHAPTER_DEMOS, GENERATION
from kerasnlp_tutorial.demo.chapter_training import ChapterTraining
from kerasnlp_tutorial.demo.demo_model import DemoModel
from kerasnlp_tutorial.errors import InputError


def open_model(name: str) -> DemoModel:
    """Load a trained model or a GPT-2.

    Args:
        name: output directory of a chapter's `train`, or a GPT-2 as for
            `load_causal_lm`.

    Raises:
        InputError: there is no such model, or its chapter has no page in the demo.
    """
    training = _training(name)
    chapter = training.get("chapter", "")
    if chapter and not chapter.startswith("pretrain-"):
        model = _chapter_model(chapter, Path(name), training["labels"])
    else:
        title = registry.find(GENERATION).title
        load = partial(_load_language_model, name)
        model = DemoModel(GENERATION, title, load, name=name)
    model.open()
    return model


def open_models(names: Sequence[str]) -> list[DemoModel]:
    """Load one model, or two of the same chapter to compare.

    Args:
        names: for each model the name, as for `open_model`.

    Raises:
        InputError: there is no such model, its chapter has no page in the demo, or the
            models cannot be compared.
    """
    if len(names) > 2:
        raise InputError(f"the demo compares two models; received {len(names)}")
    models = [open_model(name) for name in names]
    if len({model.chapter for model in models}) > 1:
        raise InputError(
            "the demo compares two models of one chapter; received "
            + ", ".join(f"{model.name} ({model.chapter})" for model in models)
        )
    return models


def chapter_models() -> list[DemoModel]:
    """Return a model for each chapter that has a page.

    Each model has the chapter's default settings and is in the user's cache. A missing
    one is trained at the request of a user.
    """
    turn = threading.Lock()  # two trainings at a time would both take twice as long
    models = []
    for chapter in registry.CHAPTERS:
        if chapter.name not in CHAPTER_DEMOS:
            continue
        path = runs.cached_path(chapter.name)
        models.append(
            DemoModel(
                chapter.name,
                chapter.title,
                partial(_load_trained, path),
                CHAPTER_DEMOS[chapter.name].labels,
                ChapterTraining(chapter.name, path, turn),
                path,
            )
        )
    return models


def _training(name: str) -> dict[str, Any]:
    """Return the content of a model's `training.json`; empty for other models."""
    path = Path(name)
    # os.path, since the methods of Path raise for a name that is too long.
    exists = os.path.exists(path) or os.path.exists(f"{name}.partial")
    is_preset = os.path.isfile(path / "config.json") or not exists
    is_run = os.path.isfile(path / runs.TRAINING_FILE)
    return {} if is_preset and not is_run else runs.describe(path)


def _chapter_model(chapter: str, path: Path, labels: list[str]) -> DemoModel:
    if chapter not in CHAPTER_DEMOS:
        raise InputError(
            f"{path}: chapter {chapter} has no page in the demo; the chapters that "
            f"have one are: {', '.join(CHAPTER_DEMOS)}"
        )
    title = registry.find(chapter).title
    load = partial(_load_trained, path)
    return DemoModel(chapter, title, load, tuple(labels), path=path, name=str(path))


def _load_trained(path: Path) -> runs.TrainedModel:
    from kerasnlp_tutorial.trained import load_trained

    return load_trained(path)


def _load_language_model(name: str) -> runs.TrainedModel:
    from kerasnlp_tutorial.checkpoints import load_causal_lm

    try:
        return runs.TrainedModel(load_causal_lm(name), (), None)
    except InputError as error:
        raise InputError(
            f"{name} is not a trained model (it has no {runs.TRAINING_FILE}), and no "
            f"language model either: {error}"
        ) from None
