"""Data files that are part of the package. Nothing is downloaded into this folder."""

from pathlib import Path

_FOLDER = Path(__file__).resolve().parent

SAMPLES = _FOLDER / "samples"
"""Folder of the small corpora written for this project."""

PRESETS = _FOLDER / "presets"
"""Folder of the language models pretrained by this project, as KerasNLP presets."""

MEASURED = _FOLDER / "measured"
"""Folder of the results of `benchmarks/`, as tables that chapters plot."""
