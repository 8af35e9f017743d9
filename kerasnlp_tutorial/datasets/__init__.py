"""Raw files to frozen dataclass examples. Nothing here imports Keras to read a file."""

from kerasnlp_tutorial.datasets.examples import (
    LabeledText,
    Splits,
    class_names,
    hold_out,
)
from kerasnlp_tutorial.datasets.hangul_numbers import hangul_number
from kerasnlp_tutorial.datasets.nsmc import NSMC, SAMPLE, read_nsmc
from kerasnlp_tutorial.datasets.plain_text import TextLines
from kerasnlp_tutorial.datasets.source import Corpus, RemoteFile
from kerasnlp_tutorial.datasets.table import read_labeled_texts

__all__ = [
    "NSMC",
    "SAMPLE",
    "Corpus",
    "LabeledText",
    "RemoteFile",
    "Splits",
    "TextLines",
    "class_names",
    "hangul_number",
    "hold_out",
    "read_labeled_texts",
    "read_nsmc",
]
