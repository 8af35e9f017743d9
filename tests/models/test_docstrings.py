"""The examples in the docstrings of `models/` run as they are."""

import importlib
import inspect
import pkgutil
import re
import textwrap

import pytest
import tensorflow as tf

from kerasnlp_tutorial import models

FENCE = re.compile(r"(?ms)^ *```python\n(.*?)^ *```$")


def public_classes():
    """Return the public classes that the modules of `models/` define."""
    modules = [
        importlib.import_module(f"{models.__name__}.{info.name}")
        for info in pkgutil.iter_modules(models.__path__)
    ]
    return [
        value
        for module in modules
        for name, value in inspect.getmembers(module, inspect.isclass)
        if value.__module__ == module.__name__ and not name.startswith("_")
    ]


CLASSES = public_classes()


@pytest.fixture
def eager():
    """Run without tracing, which takes most of the time of a one-step `fit`."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_examples_run(cls, eager):
    blocks = [textwrap.dedent(code) for code in FENCE.findall(cls.__doc__)]
    assert blocks, f"{cls.__name__} has no example"
    namespace = {}  # the blocks of a docstring belong together
    for block in blocks:
        exec(compile(block, f"<example of {cls.__name__}>", "exec"), namespace)


def test_all_public_classes_are_found():
    expected = {name for name in models.__all__ if not name.endswith("Tokenizer")}
    assert {cls.__name__ for cls in CLASSES} >= expected
