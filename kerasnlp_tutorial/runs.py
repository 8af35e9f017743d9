"""The directory that a training writes: begun aside, moved into place when whole."""

import contextlib
import csv
import dataclasses
import importlib.metadata
import json
import logging
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import filelock

from kerasnlp_tutorial import __version__, registry
from kerasnlp_tutorial.datasets.source import cache_dir
from kerasnlp_tutorial.errors import InputError

logger = logging.getLogger(__name__)

RUNS = Path("runs")
TRAINING_FILE = "training.json"
HISTORY_FILE = "history.csv"
_PACKAGES = ("tensorflow", "keras", "keras-hub", "tensorflow-text", "tokenizers")


@dataclass(frozen=True)
class TrainedModel:
    """A fine-tuned model and what is needed to use it."""

    model: Any
    """The KerasNLP Task."""
    labels: tuple[str, ...]
    """Class names; a class's id is its place here."""
    config: Any
    """The chapter's `Config` that it was trained with."""
    metrics: dict[str, Any] = field(default_factory=dict)
    """Scores on the test set and of the baselines."""
    path: Path | None = None
    """Its directory, once it is saved."""


class Run:
    """A training in progress, in `<output>.partial`.

    `Run.begin` is the way to make one.
    """

    def __init__(self, chapter: str, config: Any, output: Path):
        self.chapter = chapter
        self.config = config
        self.output = output
        self.partial = _partial(output)
        self.checkpoints = self.partial / "checkpoints"

    @classmethod
    @contextlib.contextmanager
    def begin(cls, chapter: str, config: Any) -> Iterator["Run"]:
        """Open the directory that `config.output` names, or `runs/<chapter>-<next>`.

        If the block fails before anything was learnt, the directory goes again;
        otherwise it stays, to be resumed.

        Args:
            chapter: short name, such as `ch04`.
            config: the chapter's `Config`; `output`, `overwrite` and `resume` of it
                are used here. A resumed run has the config it was begun with.

        Raises:
            InputError: the directory exists, there is nothing to resume, or another
                process is at it.
        """
        output = Path(config.output) if config.output else _next_output(chapter)
        run = cls(chapter, config, output)
        with _alone(output), run._opened():
            yield run

    @contextlib.contextmanager
    def _opened(self) -> Iterator[None]:
        if self.config.resume:
            self._restore_config()
        else:
            self._claim(self.config.overwrite)
        try:
            yield
        except BaseException:
            if any(self.checkpoints.glob("**/*.weights.h5")):
                logger.warning(
                    "unfinished: continue with --resume --output %s", self.output
                )
            else:
                shutil.rmtree(self.partial, ignore_errors=True)
            raise

    def _claim(self, overwrite: bool) -> None:
        if self.output.exists() and not overwrite:
            raise InputError(
                f"{self.output} exists; add --overwrite to replace it, or choose "
                f"another --output"
            )
        if self.output.exists() and not (self.output / TRAINING_FILE).is_file():
            raise InputError(
                f"{self.output} was not written by a training (it has no "
                f"{TRAINING_FILE}), so --overwrite leaves it alone; choose another "
                f"--output"
            )
        if self.partial.exists():
            if not overwrite:
                raise InputError(
                    f"{self.partial} holds an unfinished training; add --resume to "
                    f"continue it or --overwrite to begin again"
                )
            shutil.rmtree(self.partial)
        self.checkpoints.mkdir(parents=True)
        write_json(self.partial / "config.json", dataclasses.asdict(self.config))

    def _restore_config(self) -> None:
        stored = self.partial / "config.json"
        if not self.config.output or not stored.is_file():
            unfinished = sorted(
                str(path)[: -len(".partial")] for path in RUNS.glob("*.partial")
            )
            found = ", ".join(unfinished) or f"none in {RUNS}/"
            raise InputError(
                f"--resume needs the --output of an unfinished training; received "
                f"{self.config.output!r}, unfinished: {found}"
            )
        fields = json.loads(stored.read_text(encoding="utf-8"))
        fields["resume"] = True
        if self.config.max_minutes is not None:
            fields["max_minutes"] = self.config.max_minutes
        self.config = type(self.config)(**fields)

    def finish(
        self,
        model: Any,
        labels: tuple[str, ...],
        metrics: dict[str, Any],
        initial: dict[str, Any] | None = None,
    ) -> TrainedModel:
        """Write the model and `training.json`, and move the directory into place.

        Args:
            model: a KerasNLP Task.
            labels: class names in the order of their ids.
            metrics: scores, for `training.json`.
            initial: the `training.json` of the model that this training went on from;
                it is kept in the new one.
        """
        whole = self.partial / "whole"
        shutil.rmtree(whole, ignore_errors=True)
        # A preset is to be used or fine-tuned anew; the optimizer's state would make it
        # three times as large.
        optimizer, model.optimizer = model.optimizer, None
        model.save_to_preset(str(whole))
        model.optimizer = optimizer
        if self.config.half_precision:
            for path in whole.glob("*.weights.h5"):
                _halve_matrices(path)
        write_json(
            whole / TRAINING_FILE,
            {
                "chapter": self.chapter,
                "labels": labels,
                "metrics": metrics,
                "config": dataclasses.asdict(self.config),
                "history": read_history(self.checkpoints),
                "versions": versions(),
            }
            | ({"initial": initial} if initial else {}),
        )
        if self.output.exists():  # --overwrite: the old one goes when the new is whole
            old = self.partial / "replaced"
            self.output.rename(old)
        whole.rename(self.output)
        shutil.rmtree(self.partial)
        return TrainedModel(model, tuple(labels), self.config, metrics, self.output)


def _halve_matrices(path: Path) -> None:
    """Store a weights file's matrices as float16.

    Vectors stay float32: together they are small, and those of the layer normalisations
    would do half of the harm.
    """
    import h5py

    whole = path.with_suffix(".whole")
    path.rename(whole)
    # What is deleted inside an HDF5 file leaves a hole, so it is written anew.
    with h5py.File(whole) as source, h5py.File(path, "w") as target:

        def copy(name, item):
            if isinstance(item, h5py.Group):
                copied = target.require_group(name)
            elif item.ndim > 1:
                copied = target.create_dataset(name, data=item[()].astype("float16"))
            else:
                copied = target.create_dataset(name, data=item[()])
            copied.attrs.update(item.attrs)

        target.attrs.update(source.attrs)
        source.visititems(copy)
    whole.unlink()


@contextlib.contextmanager
def _alone(output: Path) -> Iterator[None]:
    """Keep other processes from training into the same directory."""
    is_new = not output.parent.exists()
    lock = filelock.FileLock(f"{output}.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise InputError(
            f"another process is training into {output}; wait for it, or choose "
            f"another --output"
        ) from None
    try:
        yield
    finally:
        lock.release()
        Path(lock.lock_file).unlink(missing_ok=True)
        if is_new:
            with contextlib.suppress(OSError):  # something was written
                output.parent.rmdir()


def _partial(output: Path) -> Path:
    return Path(f"{output}.partial")


def _next_output(chapter: str) -> Path:
    taken = [0]
    for path in RUNS.glob(f"{chapter}-*"):
        number = path.name.removesuffix(".partial").removeprefix(f"{chapter}-")
        if number.isdecimal():
            taken.append(int(number))
    return RUNS / f"{chapter}-{max(taken) + 1}"


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON that a person can read."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8")


def read_history(folder: Path) -> dict[str, list[float]]:
    """Return the metrics of all epochs so far, those before a resumption included.

    Args:
        folder: the folder given to `training.checkpoint_callbacks`.

    Returns:
        A list a metric, one value an epoch; an unknown metric has an empty list.
    """
    history = defaultdict(list)
    if (folder / HISTORY_FILE).is_file():
        with (folder / HISTORY_FILE).open(newline="") as file:
            for row in csv.DictReader(file):
                for name, value in row.items():
                    history[name].append(float(value))
    return history


def versions() -> dict[str, str]:
    """Return the versions of this package and of those that change results."""
    found = {name: importlib.metadata.version(name) for name in _PACKAGES}
    return {"kerasnlp-tutorial": __version__, **found}


def describe(path: str | Path) -> dict[str, Any]:
    """Return the content of a trained model's `training.json`.

    Raises:
        InputError: this is not the directory of a finished training.
    """
    path = Path(path)
    try:
        return json.loads((path / TRAINING_FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        pass
    except ValueError as error:
        raise InputError(f"{path / TRAINING_FILE} is broken: {error}") from None
    if _partial(path).is_dir():
        hint = f"its training is unfinished: --resume --output {path} continues it"
    else:
        hint = f"a directory that `train` has written has a {TRAINING_FILE}"
    raise InputError(f"{path} is not a trained model; {hint}")


def load(path: str | Path) -> TrainedModel:
    """Open what a chapter's `train` has written.

    Args:
        path: the directory.

    Raises:
        InputError: this is not the directory of a finished training.
    """
    training = describe(path)
    from kerasnlp_tutorial.checkpoints import load_task

    chapter = registry.find(training["chapter"]).load()
    model, labels = load_task(path)
    config = chapter.Config(**training["config"])
    return TrainedModel(model, labels, config, training["metrics"], Path(path))


def cached_path(name: str) -> Path:
    """Return where in the user's cache a chapter's default model is kept.

    Args:
        name: of the chapter, such as `ch04`.
    """
    return cache_dir() / "models" / f"{name}-{__version__}"


def trained_once(name: str, dataset: str | None = None) -> TrainedModel:
    """Open a chapter's model with its default settings, trained at the first call.

    Args:
        name: of the chapter, such as `ch04`.
        dataset: corpus inside the package; None: the chapter's default.
    """
    path = cached_path(f"{name}-{dataset}" if dataset else name)
    if not (path / TRAINING_FILE).is_file():
        chapter = registry.find(name)
        logger.info("%s is needed; it is trained once, into %s", chapter.title, path)
        module = chapter.load()
        settings = {"dataset": dataset} if dataset else {}
        module.train(module.Config(output=str(path), overwrite=True, **settings))
    return load(path)
