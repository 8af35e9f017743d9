"""Data that the package carries; nothing is ever downloaded into this folder."""

from pathlib import Path

SAMPLES = Path(__file__).resolve().parent / "samples"
"""Small corpora written for this project."""
