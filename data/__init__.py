"""Data that the package carries; nothing is ever downloaded into this folder."""

from pathlib import Path

_FOLDER = Path(__file__).resolve().parent

SAMPLES = _FOLDER / "samples"
"""Small corpora written for this project."""

PRESETS = _FOLDER / "presets"
"""Language models that this project has pretrained, as KerasNLP presets."""

MEASURED = _FOLDER / "measured"
"""Tables of what the programs in `benchmarks/` have measured, for chapters to draw."""
