"""Backbones and their tokenizers, by name."""

from kerasnlp_tutorial.checkpoints.bert import copy_head, load_bert
from kerasnlp_tutorial.checkpoints.gpt2 import load_causal_lm, load_gpt2
from kerasnlp_tutorial.checkpoints.presets import preset_folder, preset_names

__all__ = [
    "copy_head",
    "load_bert",
    "load_causal_lm",
    "load_gpt2",
    "preset_folder",
    "preset_names",
]
