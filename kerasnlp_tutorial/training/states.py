"""Checkpoints of an unfinished training, from which it can be resumed."""

import json
import logging
import shutil
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasnlp_tutorial import distribution
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.files import write_json, writing, written_whole
from kerasnlp_tutorial.runs import STATE_FILE

logger = logging.getLogger(__name__)

_ARRAYS_FILE = "arrays.npz"
# Raised when reading a truncated or corrupted file.
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, NotImplementedError)
_UNREADABLE += (zipfile.BadZipFile,)

Arrays = dict[str, list[np.ndarray]]


class States:
    """The two newest states of a training, each a complete folder `step-…`.

    They are stored with NumPy and not with HDF5, which crashes the interpreter with a
    segmentation fault when the disk is full.

    Args:
        folder: folder of the states.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._newest: Path | None = None
        self._random: Sequence[np.ndarray] = []

    def save(
        self,
        step: int,
        model: keras.Model,
        facts: Mapping[str, Any],
        **more: Sequence[np.ndarray],
    ) -> None:
        """Write a state, and remove all but it and the previous one.

        Args:
            step: number of the state; `restore` uses the highest.
            model: compiled model; its weights, seeds and optimizer are saved.
            facts: further values to save, as JSON.
            more: further lists of arrays to save, by name.

        Raises:
            InputError: the state cannot be written; the previous ones are kept.
        """
        if not distribution.is_first_process():
            return
        folder = self.folder / f"step-{step:09d}"
        arrays: dict[str, Any] = {
            f"{group}/{number}": array
            for group, members in (_model_arrays(model) | _random() | more).items()
            for number, array in enumerate(members)
        }
        with writing(folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            if folder.exists():  # unreadable, see `restore`
                shutil.rmtree(folder)
            with written_whole(folder) as part:
                part.mkdir()
                np.savez(part / _ARRAYS_FILE, **arrays)
                write_json(part / STATE_FILE, facts)
            for other in self.folder.glob("step-*"):
                if other not in (folder, self._newest):
                    shutil.rmtree(other)
        self._newest = folder

    def restore(self, model: keras.Model) -> tuple[dict[str, Any], Arrays] | None:
        """Restore a model and its optimizer from the newest readable state.

        Args:
            model: compiled model with the same architecture as the saved one.

        Returns:
            `facts` and the further arrays of the state; None if there is no usable
            state.
        """
        if not distribution.is_first_process():
            return self._restore_what_the_first_has(model)
        for part in self.folder.glob(".step-*"):  # of a killed process
            shutil.rmtree(part)
        folders = sorted(self.folder.glob("step-*"), reverse=True)
        state = None
        for folder in folders:
            try:
                state = self._restore(model, folder)
                break
            except _UNREADABLE as error:
                logger.warning("%s cannot be used: %s", folder, error)
        distribution.agreed(self._newest.name if self._newest else None)
        if folders and not state:
            logger.warning("no state can be used: the training starts again")
        return state

    def _restore_what_the_first_has(
        self, model: keras.Model
    ) -> tuple[dict[str, Any], Arrays] | None:
        name = distribution.agreed(None)
        if name is None:
            return None
        try:
            return self._restore(model, self.folder / name)
        except _UNREADABLE as error:
            raise InputError(
                f"the first process goes on from {self.folder / name}, which cannot be "
                f"used here: {error}"
            ) from None

    def _restore(
        self, model: keras.Model, folder: Path
    ) -> tuple[dict[str, Any], Arrays]:
        facts, arrays = _read(folder)
        _assign(model, arrays.pop("model"), arrays.pop("optimizer"))
        self._random = arrays.pop("random", [])
        self._newest = folder
        return facts, arrays

    def restore_random_numbers(self) -> None:
        """Restore the state of PyTorch's random numbers; call it in `on_train_begin`.

        The dropout of the other backends has seeds, which are variables of the model.
        """
        if self._random and keras.backend.backend() == "torch":
            import torch

            torch.set_rng_state(torch.from_numpy(self._random[0]))


def _model_arrays(model: keras.Model) -> Arrays:
    groups = {
        "model": model.variables,  # seeds of dropout included
        "optimizer": model.optimizer.variables,
    }
    return {name: list(map(_as_array, members)) for name, members in groups.items()}


def _random() -> Arrays:
    """Return the state of random numbers that have no seed in the model."""
    if keras.backend.backend() != "torch":
        return {}
    import torch

    return {"random": [torch.get_rng_state().numpy()]}


def _as_array(variable: keras.Variable) -> np.ndarray:
    array = keras.ops.convert_to_numpy(variable)
    # NumPy cannot load types that it does not know, such as bfloat16.
    return array.astype("float32") if array.dtype.kind == "V" else array


def _read(folder: Path) -> tuple[dict[str, Any], Arrays]:
    facts = json.loads((folder / STATE_FILE).read_text(encoding="utf-8"))
    numbered: dict[str, dict[int, np.ndarray]] = defaultdict(dict)
    with np.load(folder / _ARRAYS_FILE) as arrays:
        for name in arrays.files:
            group, _, number = name.partition("/")
            numbered[group][int(number)] = arrays[name]
    return facts, {
        group: [members[number] for number in sorted(members)]
        for group, members in numbered.items()
    }


def _assign(
    model: keras.Model,
    model_arrays: Sequence[np.ndarray],
    optimizer_arrays: Sequence[np.ndarray],
) -> None:
    """Set all variables of a model and its optimizer, or none of them.

    Raises:
        ValueError: the arrays belong to another model.
    """
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    variables = [*model.variables, *model.optimizer.variables]
    arrays = [*model_arrays, *optimizer_arrays]
    if [tuple(v.shape) for v in variables] != [array.shape for array in arrays]:
        raise ValueError("the shapes of its arrays are not those of the model")
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def are_finite(weights: Sequence[np.ndarray]) -> bool:
    """Return whether all weights are finite."""
    return all(np.isfinite(values).all() for values in weights)


def check_finite(model: keras.Model) -> None:
    """Check that a training has not diverged.

    Raises:
        InputError: a weight is infinite or NaN.
    """
    if not are_finite(model.get_weights()):
        raise InputError(
            "the training diverged: some weights are infinite or NaN; try a lower "
            "learning_rate"
        )
