"""Batches, optimizer, fast steps and checkpoints, for every chapter."""

from kerasnlp_tutorial.training.batches import (
    Features,
    ShuffledOrder,
    encode,
    length_grouped_dataset,
    make_datasets,
    untuned,
)
from kerasnlp_tutorial.training.best_epoch import BestEpoch, monitored_score
from kerasnlp_tutorial.training.compilation import (
    JIT_COMPILE,
    compiled,
    width_of,
)
from kerasnlp_tutorial.training.contexts import (
    already_encoded,
    fitting,
    matrix_products,
)
from kerasnlp_tutorial.training.fast_layers import fast_steps
from kerasnlp_tutorial.training.optimizer import SummedAdamW, adamw
from kerasnlp_tutorial.training.predictions import predict_logits, predict_outputs
from kerasnlp_tutorial.training.progress import EpochLines, progress_verbosity
from kerasnlp_tutorial.training.schedule import WarmupLinearDecay
from kerasnlp_tutorial.training.states import States, check_finite
from kerasnlp_tutorial.training.validation_score import ValidationScore

__all__ = [
    "JIT_COMPILE",
    "BestEpoch",
    "EpochLines",
    "Features",
    "ShuffledOrder",
    "States",
    "SummedAdamW",
    "ValidationScore",
    "WarmupLinearDecay",
    "adamw",
    "already_encoded",
    "check_finite",
    "compiled",
    "encode",
    "fast_steps",
    "fitting",
    "length_grouped_dataset",
    "make_datasets",
    "matrix_products",
    "monitored_score",
    "predict_logits",
    "predict_outputs",
    "progress_verbosity",
    "untuned",
    "width_of",
]
