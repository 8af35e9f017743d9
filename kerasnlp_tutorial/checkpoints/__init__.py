"""Backbones and their tokenizers, by name."""

from kerasnlp_tutorial.checkpoints.bert import load_bert

__all__ = ["load_bert"]
