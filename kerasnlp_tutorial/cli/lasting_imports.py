"""Imports that Python's garbage collector does not look through.

TensorFlow and Keras are half a million objects that live as long as the program. Python
looks for garbage among them several times while they are imported, and once more when
the program ends.
"""

import atexit
import contextlib
import gc
from collections.abc import Iterator

from kerasnlp_tutorial.cli.around_import import AroundImport

_LARGE = ("keras", "keras_nlp")  # the first imports its backend


def let_imports_last() -> None:
    """Leave the large packages out of every garbage collection of the process."""
    for name in _LARGE:
        AroundImport(name, lasting).install()
    atexit.register(gc.freeze)  # or all that is left would be collected at the end


@contextlib.contextmanager
def lasting() -> Iterator[None]:
    """Look for no garbage inside the `with` block, and never in what is there then."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()
