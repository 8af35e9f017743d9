"""Decoding: what KerasNLP's samplers lack, and texts continued with them."""

from kerasnlp_tutorial.generation.controlled_sampler import ControlledSampler
from kerasnlp_tutorial.generation.generator import DecodingOptions, TextGenerator

__all__ = ["ControlledSampler", "DecodingOptions", "TextGenerator"]
