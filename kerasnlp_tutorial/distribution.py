"""Data parallel training on several devices of one host, or of several hosts.

With JAX, weights are copied to all devices by `keras.distribution.DataParallel`, and
several processes, one on each host, train one model. With TensorFlow, the devices of
one host train in a `tf.distribute.MirroredStrategy`.
"""

import contextlib
import dataclasses
import json
import logging
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kerasnlp_tutorial.errors import InputError

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

AUTO = "auto"
"""Instead of a coordinator's address: what the cluster's environment says."""
_SILENT_SECONDS = 20  # after which a process counts as dead


class FirstProcessError(InputError):
    """The first process cannot go on, and has said why."""


class ProcessLostError(RuntimeError):
    """Another process has ended in the middle of the training.

    Args:
        cause: what the operation that failed says; None if it is not known.
    """

    def __init__(self, cause: str | None = None):
        super().__init__(
            "another process of this training has ended or cannot be reached; see what "
            "it says, and start all with --resume to go on"
            + (f" ({cause})" if cause else "")
        )


@dataclasses.dataclass(frozen=True)
class _Devices:
    """The devices that JAX trains on."""

    count: int
    process: int = 0
    processes: int = 1


_devices: _Devices | None = None
# Of the errors of operations between processes; not all are of JAX's class.
_LOST_CODES = {"UNKNOWN", "INTERNAL", "UNAVAILABLE", "ABORTED", "DEADLINE_EXCEEDED"}
_replicated = False  # while `fit` runs, see `replicated`
_connected: bool | None = None  # to other processes; None: not yet
_mirrors = 1  # devices of TensorFlow


@contextlib.contextmanager
def distributed(
    devices: int | None = None,
    coordinator: str | None = None,
    processes: int | None = None,
    process: int | None = None,
) -> Iterator[None]:
    """Train on several devices inside the `with` block.

    The batch size stays that of the whole, so it must be a multiple of the number of
    devices. Enter the block before anything is computed: devices cannot be added
    later.

    Args:
        devices: number of devices of this host. Without a GPU or TPU, the CPU is
            divided in so many, to try it out.
        coordinator: `host:port` of process 0, the same for all processes; they train
            together, each with all of its devices. `auto`: as Slurm, Kubernetes or
            Cloud TPU say. With JAX only.
        processes: number of processes.
        process: number of this process, from 0.

    Raises:
        InputError: there are fewer devices, or the backend cannot do it.
    """
    _check(devices, coordinator, processes, process)
    if (devices or 1) == 1 and coordinator is None:
        yield
    elif _backend() == "tensorflow":
        with _mirrored(devices or 1):
            yield
    else:
        with _jax(devices, coordinator, processes, process):
            yield


def _check(devices, coordinator, processes, process) -> None:
    if devices is not None and devices < 1:
        raise InputError(f"devices must be at least 1; received {devices}")
    if coordinator is None:
        if processes is not None or process is not None:
            raise InputError("processes and process need the coordinator's HOST:PORT")
        if (devices or 1) > 1 and _backend() not in ("jax", "tensorflow"):
            raise InputError(
                f"devices must be 1 with backend {_backend()!r}; for more, set "
                f"KERAS_BACKEND=jax or tensorflow"
            )
        return
    if _backend() != "jax":
        raise InputError(
            f"a coordinator needs KERAS_BACKEND=jax; the backend is {_backend()!r}"
        )
    if devices is not None:
        raise InputError("devices must be left out with a coordinator: all are used")
    if coordinator == AUTO:
        return
    _, colon, port = coordinator.rpartition(":")
    if not colon or not port.isdecimal():
        raise InputError(
            f"coordinator must be HOST:PORT or {AUTO}; received {coordinator!r}"
        )
    if processes is None or process is None or not 0 <= process < processes:
        raise InputError(
            f"processes and process must be given, process from 0 and below "
            f"processes; received {processes} and {process}"
        )


def _backend() -> str:
    import keras

    return keras.backend.backend()


# === TensorFlow ===


@contextlib.contextmanager
def _mirrored(devices: int) -> Iterator[None]:
    global _mirrors
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if gpus and len(gpus) < devices:
        raise _too_few(devices, len(gpus), "GPU")
    if not gpus:
        _divide_cpu(devices)
    kind = "GPU" if gpus else "CPU"
    strategy = tf.distribute.MirroredStrategy([f"{kind}:{i}" for i in range(devices)])
    _mirrors = devices
    try:
        with strategy.scope():
            yield
    finally:
        _mirrors = 1


def _divide_cpu(devices: int) -> None:
    import tensorflow as tf

    (cpu, *_) = tf.config.list_physical_devices("CPU")
    parts = [tf.config.LogicalDeviceConfiguration()] * devices
    try:
        tf.config.set_logical_device_configuration(cpu, parts)
    except RuntimeError:  # something has been computed
        found = len(tf.config.list_logical_devices("CPU"))
        if found < devices:
            raise _too_few(devices, found, "CPU") from None


def _too_few(devices: int, found: int, kind: str) -> InputError:
    return InputError(
        f"devices must be at most {found}, the number of {kind} devices; received "
        f"{devices}"
    )


# === JAX ===


@contextlib.contextmanager
def _jax(devices, coordinator, processes, process) -> Iterator[None]:
    global _devices, _connected
    import jax

    if coordinator is None:
        with contextlib.suppress(RuntimeError):  # something has been computed
            jax.config.update("jax_num_cpu_devices", devices)
        found = jax.device_count()
        if found < devices:
            raise _too_few(devices, found, jax.default_backend().upper())
        here = _Devices(devices)
    else:
        _initialize(coordinator, processes, process)
        _connected = True
        here = _Devices(jax.device_count(), jax.process_index(), jax.process_count())
    _devices = here
    logger = logging.getLogger("kerasnlp_tutorial")
    level = logger.level
    if not is_first_process():
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    except (jax.errors.JaxRuntimeError, ValueError) as error:
        if here.processes > 1 and str(error).partition(":")[0] in _LOST_CODES:
            raise ProcessLostError(str(error).splitlines()[0]) from error
        raise
    finally:
        _devices = None
        logger.setLevel(level)
    if _connected:
        _connected = False  # whatever happens now, the training is over
        with contextlib.suppress(jax.errors.JaxRuntimeError):
            jax.distributed.shutdown()


def _initialize(coordinator, processes, process) -> None:
    import jax
    from jax.experimental import multihost_utils

    # Before anything is computed; the default has no collectives between processes.
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    # It would keep SIGTERM for itself; a terminated process is to end.
    jax.config.update("jax_enable_preemption_service", False)
    try:
        jax.distributed.initialize(
            None if coordinator == AUTO else coordinator,
            processes,
            process,
            heartbeat_timeout_seconds=_SILENT_SECONDS,
            shutdown_timeout_seconds=_SILENT_SECONDS,
        )
        with _without_native_output():  # Gloo writes there when it connects
            multihost_utils.sync_global_devices("connected")
    except (ValueError, RuntimeError) as error:
        raise InputError(
            f"the processes cannot be connected by coordinator {coordinator!r}: {error}"
        ) from None


@contextlib.contextmanager
def _without_native_output() -> Iterator[None]:
    """Hide what C++ code writes to standard output."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def is_connected() -> bool | None:
    """Return whether this process trains together with others; None: not yet."""
    return _connected


def end_if_connected(code: int) -> None:
    """End this process at once if it trains together with others.

    JAX would wait until all others end too, and they wait for this one.

    Args:
        code: exit code.
    """
    if _connected:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def device_count() -> int:
    """Return the number of devices that a batch is divided over."""
    return _devices.count if _devices else _mirrors


def is_mirrored(model: "keras.Model") -> bool:
    """Return whether TensorFlow has copies of a model on several devices.

    Args:
        model: a model of any backend.
    """
    strategy = getattr(model, "distribute_strategy", None)  # with TensorFlow only
    return strategy is not None and strategy.num_replicas_in_sync > 1


def process_share() -> tuple[int, int]:
    """Return the number of this process, from 0, and the number of processes."""
    return (_devices.process, _devices.processes) if _devices else (0, 1)


def is_first_process() -> bool:
    """Return whether this process writes and prints for all."""
    return process_share()[0] == 0


def agreed(value: Any) -> Any:
    """Return the value of the first process, in all processes.

    All processes must call it, and wait for each other.

    Args:
        value: what JSON can represent; of the other processes any.
    """
    if process_share()[1] == 1:
        return value
    import numpy as np
    from jax.experimental import multihost_utils

    first = is_first_process()
    data = json.dumps(value).encode() if first else b""
    size = int(multihost_utils.broadcast_one_to_all(np.int32(len(data))))
    array = np.zeros(size, "uint8")
    if first:
        array[:] = np.frombuffer(data, "uint8")
    return json.loads(bytes(np.asarray(multihost_utils.broadcast_one_to_all(array))))


def check_batch_size(batch_size: int) -> None:
    """Check that a batch can be divided.

    Raises:
        InputError: it cannot.
    """
    if batch_size % device_count():
        raise InputError(
            f"batch_size must be a multiple of {device_count()}, the number of "
            f"devices; received {batch_size}"
        )


def own_rows(batch_size: int) -> slice:
    """Return the rows of a batch that this process computes.

    Args:
        batch_size: a multiple of the number of processes.
    """
    process, processes = process_share()
    size = batch_size // processes
    return slice(process * size, (process + 1) * size)


@contextlib.contextmanager
def first_process_first() -> Iterator[None]:
    """Let the other processes enter the block when the first has left it.

    They find the files that it has written.
    """
    if not is_first_process():
        agreed(None)
    yield
    if is_first_process():
        agreed(None)


def share(dataset: "tf.data.Dataset") -> "tf.data.Dataset":
    """Return a dataset with this process's rows of each batch.

    Args:
        dataset: batches whose size is a multiple of the number of devices. Attributes
            of the dataset are kept.
    """
    if process_share()[1] == 1:
        return dataset
    import tensorflow as tf

    def part(*batch):
        def own(values):
            return values[own_rows(tf.shape(values)[0])]

        return tf.nest.map_structure(own, batch)

    shared = dataset.map(part).prefetch(2)
    if hasattr(dataset, "order"):
        shared.order = dataset.order
    return shared


@contextlib.contextmanager
def replicated(model: "keras.Model") -> Iterator[None]:
    """Copy the weights of a model to all devices while `fit` runs.

    Validation examples are computed on one device, in each process all of them: their
    last batch can have any size.

    Args:
        model: compiled model. Outside of the `with` block, it is on one device.
    """
    global _replicated
    if _devices is None:
        yield
        return
    from keras import distribution

    names = distribution.list_devices()[: _devices.count]
    parallel = distribution.DataParallel(devices=names, auto_shard_dataset=False)
    distribution.set_distribution(parallel)
    _place(_variables(model), parallel)
    # It is compiled for the devices that the weights are on.
    model.train_function, evaluate = None, model.evaluate

    def evaluate_on_one_device(*arguments, **keywords):
        with on_one_device(model):
            return evaluate(*arguments, **keywords)

    model.evaluate = evaluate_on_one_device
    _replicated = True
    try:
        yield
    finally:
        _replicated = False
        del model.evaluate
        distribution.set_distribution(None)
        _place(_variables(model), None)  # with those that `fit` has made
        model.train_function = None


@contextlib.contextmanager
def on_one_device(model: "keras.Model") -> Iterator[None]:
    """Compute on one device of this process inside the block, also during `fit`.

    Args:
        model: the model that predicts.
    """
    global _replicated
    if not _replicated:
        yield
        return
    from keras import distribution

    parallel = distribution.distribution()
    values = [(variable, variable._value) for variable in model.variables]
    distribution.set_distribution(None)
    _place([*model.variables, *_metrics_variables(model)], None)
    _replicated = False
    try:
        yield
    finally:
        _replicated = True
        distribution.set_distribution(parallel)
        for variable, value in values:
            variable._layout, variable._value = value.sharding, value
        _place(_metrics_variables(model), parallel)  # the block may have reset them


def on_all_devices(value: Any) -> Any:
    """Return a value for a variable of a replicated model.

    Args:
        value: what NumPy can make an array of, the same in all processes. Otherwise
            JAX would compare it between them, at each assignment.
    """
    if not _replicated:
        return value
    import numpy as np
    from keras import distribution

    array = np.asarray(value, "float32")
    parallel = distribution.distribution()
    layout = parallel.get_variable_layout(array).backend_layout
    return _on_devices(array, layout)


def _on_devices(array: Any, layout: Any) -> Any:
    import jax

    return jax.make_array_from_callback(array.shape, layout, lambda index: array[index])


def _variables(model: "keras.Model") -> list[Any]:
    variables = [*model.variables, *_metrics_variables(model)]
    return variables + (model.optimizer.variables if model.optimizer else [])


def _metrics_variables(model: "keras.Model") -> list[Any]:
    import keras

    # Keras lists the metrics that it was given only when `fit` has seen a batch.
    given = model._compile_metrics
    metrics = given and [given._user_metrics, given._user_weighted_metrics]
    found = [*model.metrics_variables]
    for metric in keras.tree.flatten(metrics):
        if isinstance(metric, keras.metrics.Metric):
            found += metric.variables
    return list({id(variable): variable for variable in found}.values())


def _place(variables: list[Any], parallel: Any) -> None:
    """Copy variables to the devices of a distribution; None: to one device."""
    import jax
    import numpy as np

    for variable in variables:
        # Keras places a variable when it is made, and has no function to move it.
        variable._layout = None
        value = np.asarray(variable._value)
        if parallel is None:
            variable._value = jax.numpy.asarray(value)
            continue
        layout = parallel.get_variable_layout(variable).backend_layout
        variable._layout = layout
        variable._value = _on_devices(value, layout)
