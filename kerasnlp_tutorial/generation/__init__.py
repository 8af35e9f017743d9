"""Decoding: what KerasNLP's samplers lack."""

from kerasnlp_tutorial.generation.controlled_sampler import ControlledSampler

__all__ = ["ControlledSampler"]
