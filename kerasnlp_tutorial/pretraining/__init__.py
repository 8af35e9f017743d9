"""Upstream tasks: what BERT and GPT learn from text without labels."""

from kerasnlp_tutorial.pretraining.config import PRESET_SIZES, PretrainingConfig
from kerasnlp_tutorial.pretraining.run import pretrain

__all__ = ["PRESET_SIZES", "PretrainingConfig", "pretrain"]
