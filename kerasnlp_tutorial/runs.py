"""Output directories of training runs: written aside, and moved when complete."""

import contextlib
import csv
import dataclasses
import itertools
import json
import logging
import os
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kerasnlp_tutorial import __version__, distribution
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.files import (
    cache_dir,
    check_space,
    locked,
    read_json,
    write_json,
    writing,
    written_whole,
)
from kerasnlp_tutorial.settings import SETTINGS_FILE, write_settings_file

logger = logging.getLogger(__name__)

RUNS = Path("runs")
TRAINING_FILE = "training.json"
HISTORY_FILE = "history.csv"
STATE_FILE = "state.json"
_CONFIG_FILE = "config.json"
_PROGRESS_FILE = "progress.json"
_PACKAGES = ("tensorflow", "keras", "keras-hub", "tensorflow-text", "tokenizers")


@dataclass(frozen=True)
class TrainedModel:
    """A fine-tuned model with its labels and configuration."""

    model: Any
    """The KerasNLP task."""
    labels: tuple[str, ...]
    """Class names in the order of their ids."""
    config: Any
    """The `Config` of the chapter that trained the model."""
    metrics: dict[str, Any] = field(default_factory=dict)
    """Scores of the model and of baselines on the test set."""
    path: Path | None = None
    """Directory of the saved model; None if it is not saved."""


class Run:
    """A running training, in the directory `<output>.partial`.

    Use `Run.begin` to make one.

    Args:
        chapter: short name of the chapter, such as `ch04`.
        config: `Config` of the chapter.
        output: directory of the finished training.
    """

    def __init__(self, chapter: str, config: Any, output: Path):
        self.chapter = chapter
        self.config = config
        self.output = output
        self.partial = _partial(output)
        self.checkpoints = self.partial / "checkpoints"
        self._finished = self.partial.with_name(f".{self.partial.name}.part")

    @classmethod
    @contextlib.contextmanager
    def begin(cls, chapter: str, config: Any) -> Iterator["Run"]:
        """Begin or resume a training in `config.output`, or `runs/<chapter>-<next>`.

        If the block fails before the first checkpoint, the directory is removed.
        Otherwise it stays, and the training can be resumed.

        Args:
            chapter: short name of the chapter, such as `ch04`.
            config: `Config` of the chapter, of which `output`, `overwrite`, `resume`
                and `max_minutes` are used. A resumed run has the config that it was
                started with.

        Raises:
            InputError: the directory exists, there is nothing to resume, or another
                process is training into the directory.
        """
        if not distribution.is_first_process():
            yield cls._joined(chapter, config)
            return
        with contextlib.ExitStack() as stack:
            try:
                output = stack.enter_context(
                    _locked(Path(config.output))
                    if config.output
                    else _next_locked(chapter)
                )
                run = cls(chapter, config, output)
                stack.enter_context(run._opened())
            except BaseException as error:
                distribution.agreed({"error": str(error)})
                raise
            settings = dataclasses.asdict(run.config)
            distribution.agreed(settings | {"output": str(output.absolute())})
            yield run

    @classmethod
    def _joined(cls, chapter: str, config: Any) -> "Run":
        """Return the run that the first process has begun and writes for all."""
        said = distribution.agreed(None)
        if "error" in said:
            raise distribution.FirstProcessError(said["error"])
        run = cls(chapter, config, Path(said["output"]))
        if not run.partial.is_dir():
            raise InputError(
                f"{run.partial} of the first process is not seen here: the output must "
                f"be on a file system of all processes"
            )
        if config.resume:
            run._restore_config()
        own = json.loads(json.dumps(dataclasses.asdict(run.config)))
        for name in own.keys() - {"output", "overwrite"}:
            if own[name] != said[name]:
                raise InputError(
                    f"{name} must be the same in all processes; received "
                    f"{own[name]!r}, and the first process has {said[name]!r}"
                )
        return run

    @contextlib.contextmanager
    def _opened(self) -> Iterator[None]:
        shutil.rmtree(self._finished, ignore_errors=True)  # of a killed process
        if self.config.resume:
            self._restore_config()
        else:
            self._claim(self.config.overwrite)
        try:
            yield
        except BaseException:
            if is_resumable(self.output):
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
                f"{TRAINING_FILE}), so --overwrite does not replace it; choose another "
                f"--output"
            )
        if self.partial.exists():
            if not overwrite:
                raise InputError(f"{self.partial} {self._partial_content()}")
            shutil.rmtree(self.partial)
        # Written at once with its settings, so that it can always be resumed.
        with writing(self.partial), written_whole(self.partial) as part:
            (part / self.checkpoints.name).mkdir(parents=True)
            write_json(part / _CONFIG_FILE, dataclasses.asdict(self.config))

    def _partial_content(self) -> str:
        """Return what the partial directory contains, for an error message."""
        if (self.partial / _CONFIG_FILE).is_file():
            return (
                "holds an unfinished training; add --resume to continue it or "
                "--overwrite to start again"
            )
        return f"lacks {_CONFIG_FILE}, so it cannot be resumed; --overwrite replaces it"

    def _restore_config(self) -> None:
        if not self.config.output or not self.partial.is_dir():
            unfinished = sorted(
                str(path)[: -len(".partial")] for path in RUNS.glob("*.partial")
            )
            found = ", ".join(unfinished) or f"none in {RUNS}/"
            raise InputError(
                f"--resume needs the --output of an unfinished training; received "
                f"{self.config.output!r}, unfinished: {found}"
            )
        stored = self.partial / _CONFIG_FILE
        if not stored.is_file():
            raise InputError(f"{self.partial} {self._partial_content()}")
        try:
            fields = read_json(stored) | {"resume": True}
            if self.config.max_minutes is not None:
                fields["max_minutes"] = self.config.max_minutes
            self.config = type(self.config)(**fields)
        except (ValueError, TypeError) as error:
            raise InputError(
                f"{stored} cannot be used ({error}); --overwrite starts again"
            ) from None
        if not is_resumable(self.output):
            logger.info("%s has no checkpoint: starting again", self.partial)

    def finish(
        self,
        model: Any,
        labels: tuple[str, ...],
        metrics: dict[str, Any],
        initial: dict[str, Any] | None = None,
        untrained: tuple[str, ...] = (),
    ) -> TrainedModel:
        """Write the model and `training.json`, and move the directory into place.

        Args:
            model: a KerasNLP task.
            labels: class names in the order of their ids.
            metrics: scores for `training.json`.
            initial: content of the `training.json` of the model that the training
                started from; stored in the new `training.json`.
            untrained: names of files of the preset with untrained weights; they are
                left out.

        Returns:
            The saved model.
        """
        if distribution.is_first_process():
            with writing(self.output):
                self._write(model, labels, metrics, initial, untrained)
        distribution.agreed(None)  # it is there now
        return TrainedModel(model, tuple(labels), self.config, metrics, self.output)

    def _write(
        self,
        model: Any,
        labels: tuple[str, ...],
        metrics: dict[str, Any],
        initial: dict[str, Any] | None,
        untrained: tuple[str, ...],
    ) -> None:
        whole = self.partial / "whole"
        shutil.rmtree(whole, ignore_errors=True)
        # HDF5 crashes with a segmentation fault if the disk is full.
        check_space(self.partial, 2 * sum(w.nbytes for w in model.get_weights()))
        # Without the state of the optimizer, which would triple the size of the preset.
        optimizer, model.optimizer = model.optimizer, None
        model.save_to_preset(str(whole))
        model.optimizer = optimizer
        for name in untrained:
            (whole / name).unlink()
        if self.config.half_precision:
            from kerasnlp_tutorial.checkpoints.half_precision import halve_matrices

            for path in whole.glob("*.weights.h5"):
                halve_matrices(path)
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
        write_settings_file(whole / SETTINGS_FILE, dataclasses.asdict(self.config))
        if self.output.exists():  # --overwrite: replaced only by a complete one
            old = self.partial / "replaced"
            self.output.rename(old)
        whole.rename(self.output)
        # Renamed first, so that after a kill the rest does not look resumable.
        self.partial.rename(self._finished)
        shutil.rmtree(self._finished)


class _InUseError(InputError):
    pass


@contextlib.contextmanager
def _locked(output: Path) -> Iterator[Path]:
    """Prevent other processes from training into the same directory."""
    is_new = not output.parent.exists()
    try:
        with contextlib.ExitStack() as stack:
            with writing(output):
                output.parent.mkdir(parents=True, exist_ok=True)
                try:
                    stack.enter_context(locked(Path(f"{output}.lock"), wait=False))
                except BlockingIOError:
                    raise _InUseError(
                        f"another process is training into {output}; wait for it, or "
                        f"choose another --output"
                    ) from None
            yield output
    finally:
        if is_new:
            with contextlib.suppress(OSError):  # not empty
                output.parent.rmdir()


def _partial(output: Path) -> Path:
    return Path(f"{output}.partial")


@contextlib.contextmanager
def _next_locked(chapter: str) -> Iterator[Path]:
    """Hold the first number above all that are taken, also by other processes."""
    taken = [0]
    for path in RUNS.glob(f"{chapter}-*"):
        number = path.name.removesuffix(".partial").removeprefix(f"{chapter}-")
        if number.isdecimal():
            taken.append(int(number))
    for number in itertools.count(max(taken) + 1):
        output = RUNS / f"{chapter}-{number}"
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(_locked(output))
            except _InUseError:
                continue
            if not output.exists() and not _partial(output).exists():
                yield output
                return


def is_resumable(output: str | Path) -> bool:
    """Return whether an unfinished training has a checkpoint.

    Args:
        output: directory that the training was to write.
    """
    return any(_partial(Path(output)).glob(f"checkpoints/step-*/{STATE_FILE}"))


def write_history(folder: Path, rows: Sequence[Mapping[str, float]]) -> None:
    """Write the metrics of a training for `read_history`.

    Args:
        folder: folder with the checkpoints of the training.
        rows: metrics of each epoch or measurement, at least one.
    """
    if not distribution.is_first_process():
        return
    with (
        writing(folder),
        written_whole(folder / HISTORY_FILE) as part,
        part.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def read_history(folder: Path) -> dict[str, list[float]]:
    """Return the metrics of all epochs, including those before the run was resumed.

    Args:
        folder: folder with the checkpoints of the training.

    Returns:
        For each metric a list with one value per epoch; empty for unknown metrics.
    """
    history: defaultdict[str, list[float]] = defaultdict(list)
    if (folder / HISTORY_FILE).is_file():
        with (folder / HISTORY_FILE).open(newline="") as file:
            for row in csv.DictReader(file):
                for name, value in row.items():
                    history[name].append(float(value))
    return history


def write_progress(folder: Path, fraction: float, seconds_left: float) -> None:
    """Write the progress of a training for `read_progress`.

    Args:
        folder: folder with the checkpoints of the training.
        fraction: completed fraction of the training steps, 0 to 1.
        seconds_left: estimated duration of the remaining steps.

    Raises:
        OSError: the file cannot be written.
    """
    if not distribution.is_first_process():
        return
    folder.mkdir(parents=True, exist_ok=True)
    progress = {"fraction": fraction, "seconds_left": seconds_left}
    write_json(folder / _PROGRESS_FILE, progress)


def read_progress(folder: Path, since: float = 0.0) -> tuple[float, float] | None:
    """Return the completed fraction of a training and the seconds left, if known.

    Args:
        folder: folder with the checkpoints of the training.
        since: time in seconds since the epoch; an older progress is of a process that
            has ended.
    """
    path = folder / _PROGRESS_FILE
    try:
        if path.stat().st_mtime < since:
            return None
        progress = read_json(path)
        return float(progress["fraction"]), float(progress["seconds_left"])
    except (OSError, InputError, KeyError, TypeError, ValueError):
        return None


def versions() -> dict[str, str]:
    """Return the versions of this package and of packages that affect results."""
    import importlib.metadata  # would be a tenth of the start of the command line

    dependencies: dict[str, str] = {}
    for name in _PACKAGES:
        # TensorFlow has builds of other names, such as `tensorflow-cpu`.
        for installed in (name, f"{name}-cpu"):
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                dependencies.setdefault(name, importlib.metadata.version(installed))
    return {"kerasnlp-tutorial": __version__, **dependencies}


def describe(path: str | Path) -> dict[str, Any]:
    """Return the content of the `training.json` of a trained model.

    Args:
        path: directory of the model.

    Raises:
        InputError: the directory is not that of a finished training, or the file is
            damaged.
    """
    path = Path(path)
    file = path / TRAINING_FILE
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{path} is not a trained model; {_hint(path)}") from None
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}") from error
    training = read_json(file)
    _check_training(training, file)
    return training


def _hint(path: Path) -> str:
    if os.path.isdir(_partial(path)):
        return f"its training is unfinished: --resume --output {path} continues it"
    return f"a directory that `train` has written has a {TRAINING_FILE}"


_FIELDS = {"chapter": str, "labels": list, "metrics": dict, "config": dict}


def _check_training(training: dict[str, Any], file: Path) -> None:
    for name, kind in _FIELDS.items():
        if not isinstance(training.get(name), kind):
            received = repr(training[name])[:80] if name in training else "no value"
            raise InputError(
                f"{file}: {name!r} must be a {kind.__name__}; received {received}"
            )
    labels = training["labels"]
    if not all(isinstance(label, str) for label in labels) or (
        len(set(labels)) < len(labels)
    ):
        raise InputError(
            f"{file}: 'labels' must be different strings; received {str(labels)[:80]}"
        )


def cached_path(name: str) -> Path:
    """Return the directory of a chapter's default model in the user's cache.

    Args:
        name: name of the chapter, such as `ch04`.
    """
    return cache_dir() / "models" / f"{name}-{__version__}"
