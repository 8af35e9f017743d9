"""The models of this package on another backend than TensorFlow."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="needs PyTorch")
def test_taggers_and_question_answering_on_pytorch():
    folder = Path(__file__).parent
    names = ["test_bert_token_classifier.py", "test_bert_question_answering.py"]
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *(str(folder / name) for name in names)],
        cwd=folder.parent.parent,
        env=os.environ | {"KERAS_BACKEND": "torch"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout
    assert " passed" in result.stdout and "skipped" not in result.stdout
