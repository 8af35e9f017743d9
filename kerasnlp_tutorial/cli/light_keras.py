"""Keras without what it imports only because it is installed.

Keras can plot images, wrap models for scikit-learn and read data frames, and imports
the packages for these at its start. No command needs them from Keras.
"""

import contextlib
import sys
from collections.abc import Iterator
from types import ModuleType

from kerasnlp_tutorial.cli.around_import import AroundImport

_NOT_NEEDED = ("matplotlib", "pandas", "sklearn")


def import_keras_lightly() -> None:
    """Let the import of Keras take a fifth less, whenever it comes."""
    AroundImport("keras", lambda: hidden(*_NOT_NEEDED)).install()


@contextlib.contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Let packages seem not to be installed, unless they are imported already.

    All threads of the process see them so.

    Args:
        *names: names of packages.
    """
    missing: dict[str, ModuleType | None] = {
        name: None for name in names if name not in sys.modules
    }
    sys.modules.update(missing)  # type: ignore[arg-type]  # None: it cannot be imported
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]
