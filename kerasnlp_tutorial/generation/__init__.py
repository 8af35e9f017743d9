"""Decoding: what KerasNLP's samplers lack; and a loss that makes prompts steer."""

from kerasnlp_tutorial.generation.contrast import (
    PromptContrast,
    contrast_prompts,
    with_other_prompts,
)
from kerasnlp_tutorial.generation.controlled_sampler import ControlledSampler
from kerasnlp_tutorial.generation.generator import DecodingOptions, TextGenerator

__all__ = [
    "ControlledSampler",
    "DecodingOptions",
    "PromptContrast",
    "TextGenerator",
    "contrast_prompts",
    "with_other_prompts",
]
