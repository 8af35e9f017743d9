"""Backbones and their tokenizers, by name."""

from kerasnlp_tutorial.checkpoints.bert import copy_head, load_bert
from kerasnlp_tutorial.checkpoints.presets import preset_folder, preset_names

__all__ = ["copy_head", "load_bert", "preset_folder", "preset_names"]
