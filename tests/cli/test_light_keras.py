"""Keras is imported without the packages that no command needs from it."""

import importlib
import sys

import pytest
from helpers import printed_by

from kerasnlp_tutorial.cli.light_keras import hidden


def test_keras_does_not_bring_matplotlib_and_data_frames():
    code = (
        "import sys\n"
        "from kerasnlp_tutorial.cli.light_keras import import_keras_lightly\n"
        "import_keras_lightly()\n"
        "assert 'keras' not in sys.modules\n"
        "import keras\n"
        "print(sorted({'matplotlib', 'pandas', 'sklearn'} & sys.modules.keys()))\n"
        "print(keras.ops.convert_to_numpy(keras.ops.ones(2)))\n"
        "import matplotlib.pyplot\n"
        "print(matplotlib.pyplot.figure())\n"
    )
    assert printed_by(code) == ["[]", "[1. 1.]", "Figure(640x480)"]


def test_a_hidden_package_comes_back():
    sys.modules.pop("this", None)
    with hidden("this", "json"):
        with pytest.raises(ImportError):
            importlib.import_module("this")
        assert importlib.import_module("json") is sys.modules["json"]
    assert "this" not in sys.modules
    assert importlib.util.find_spec("this")
