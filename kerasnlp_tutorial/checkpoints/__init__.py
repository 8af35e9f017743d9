"""Backbones and their tokenizers, by name."""

from kerasnlp_tutorial.checkpoints.bert import load_bert
from kerasnlp_tutorial.checkpoints.presets import preset_folder, preset_names

__all__ = ["load_bert", "preset_folder", "preset_names"]
