"""Text generation, and training of language models that follow a prompt."""

from kerasnlp_tutorial.generation.contrast import (
    PromptContrast,
    contrast_prompts,
    with_other_prompts,
)
from kerasnlp_tutorial.generation.controlled_sampler import ControlledSampler
from kerasnlp_tutorial.generation.generator import (
    DecodingOptions,
    TextGenerator,
    continued,
)

__all__ = [
    "ControlledSampler",
    "DecodingOptions",
    "PromptContrast",
    "TextGenerator",
    "continued",
    "contrast_prompts",
    "with_other_prompts",
]
