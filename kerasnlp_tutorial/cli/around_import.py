"""Something to do around the import of a package, whenever that is."""

import functools
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from types import ModuleType


class AroundImport(importlib.abc.MetaPathFinder):
    """Finds a package as usual, and imports it in a context.

    Args:
        name: name of the package.
        context: makes the context manager.
    """

    def __init__(self, name: str, context: Callable[[], AbstractContextManager]):
        self.name = name
        self.context = context

    def install(self) -> None:
        """Wait for the import; do nothing if the package is imported already."""
        if self.name not in sys.modules:
            sys.meta_path.insert(0, self)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        """Return where the package lies; None if it is another one."""
        if fullname != self.name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            @functools.wraps(execute)
            def execute_in_context(module: ModuleType) -> None:
                with self.context():
                    execute(module)

            spec.loader.exec_module = execute_in_context  # type: ignore[method-assign]
        return spec
