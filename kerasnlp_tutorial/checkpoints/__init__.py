"""Backbones and their tokenizers, by name."""

from kerasnlp_tutorial.checkpoints.bert import load_bert, load_masked_lm
from kerasnlp_tutorial.checkpoints.export import export_to_huggingface
from kerasnlp_tutorial.checkpoints.gpt2 import load_causal_lm, load_gpt2
from kerasnlp_tutorial.checkpoints.presets import preset_folder, preset_names
from kerasnlp_tutorial.checkpoints.prompts import (
    load_language_model,
    load_prompt,
    new_prompt,
)
from kerasnlp_tutorial.checkpoints.tasks import copy_head, has_head, load_task

__all__ = [
    "copy_head",
    "export_to_huggingface",
    "has_head",
    "load_bert",
    "load_causal_lm",
    "load_gpt2",
    "load_language_model",
    "load_masked_lm",
    "load_prompt",
    "load_task",
    "new_prompt",
    "preset_folder",
    "preset_names",
]
