"""An upstream training from text files to a preset."""

import logging
import math
import time
from pathlib import Path

import keras

from kerasnlp_tutorial import runs, training
from kerasnlp_tutorial.checkpoints import preset_folder
from kerasnlp_tutorial.checkpoints.presets import preset_config
from kerasnlp_tutorial.datasets import TextLines
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.pretraining.batches import PackedSequences, batches
from kerasnlp_tutorial.pretraining.config import PretrainingConfig
from kerasnlp_tutorial.pretraining.tokens import Tokens, read_tokens, write_tokens
from kerasnlp_tutorial.pretraining.upstream import BertUpstream, GPT2Upstream
from kerasnlp_tutorial.pretraining.watch import Watch

logger = logging.getLogger(__name__)

UPSTREAMS = {"bert": BertUpstream, "gpt2": GPT2Upstream}
_MEASURED_SEQUENCES = 512


def pretrain(config: PretrainingConfig) -> Path:
    """Learn a language model from texts and save it as a KerasNLP preset.

    Args:
        config: what, from which texts, and for how long.

    Returns:
        The preset's directory. In its `training.json` are the settings, the
        measurements and the versions, and those of `initial`, if it has them.

    Raises:
        InputError: the texts cannot be read or are too few, the output exists, or
            `initial` is no such model or of another size.
    """
    with runs.Run.begin(f"pretrain-{config.architecture}", config) as run:
        config = run.config
        upstream = UPSTREAMS[config.architecture](config, run.partial)
        tokens = _tokens(config, upstream, run.partial / "tokens")
        model = upstream.model()
        model.compile(
            optimizer=training.adamw(config.learning_rate, config.weight_decay),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            weighted_metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
            jit_compile=False,
        )
        sequences, held_out = _sequences(config, tokens, upstream.length)
        count = min(
            held_out.per_epoch, math.ceil(_MEASURED_SEQUENCES / held_out.batch_size)
        )
        watch = Watch(
            config,
            run.checkpoints,
            tokens_per_step=config.batch_size * upstream.length,
            held_out=[
                upstream.objective.batch(held_out.batch(i), i) for i in range(count)
            ],
            characters_per_token=(
                tokens.held_out_characters / len(tokens.held_out)
                if config.architecture == "gpt2"
                else None
            ),
        )
        watch.restore(model)
        last = config.steps or 10**9
        if watch.step < last:
            _fit(
                model,
                config,
                watch,
                batches(
                    sequences,
                    upstream.objective,
                    range(watch.step, last),
                    short_steps=config.short_steps,
                    short_length=config.short_length,
                ),
            )
        watch.write_history()
        metrics = watch.rows()[-1] | {"texts": tokens.texts}
        initial = config.initial and preset_config(
            preset_folder(config.initial), runs.TRAINING_FILE
        )
        return run.finish(model, (), metrics, initial).path


def _sequences(
    config: PretrainingConfig, tokens: Tokens, length: int
) -> list[PackedSequences]:
    """Return what is learnt from, and what is held out."""
    parts = []
    for name, ids, batch_size in (
        ("to learn from", tokens.train, config.batch_size),
        ("held out", tokens.held_out, min(config.batch_size, 16)),
    ):
        part = PackedSequences(ids, length, batch_size, config.seed)
        if not part.per_epoch:
            raise InputError(
                f"too few texts: {len(ids)} tokens {name} make no batch of "
                f"{batch_size} sequences of {length} tokens"
            )
        parts.append(part)
    return parts


def _fit(model, config, watch, dataset):
    schedule = training.WarmupLinearDecay(
        config.learning_rate,
        config.steps or math.inf,
        config.warmup_ratio,
        config.max_minutes,
        spent_seconds=watch.seconds,
        decay_ratio=config.decay_ratio,
    )
    with training.already_encoded(model), training.matrix_products(config.precision):
        model.fit(dataset, verbose=0, shuffle=False, callbacks=[schedule, watch])


def _tokens(config: PretrainingConfig, upstream, folder: Path) -> Tokens:
    tokens = read_tokens(folder)
    if tokens is None:
        started = time.monotonic()
        write_tokens(
            folder,
            TextLines(config.text),
            upstream.encode,
            upstream.end_token_id,
            config.held_out,
        )
        tokens = read_tokens(folder)
        logger.info(
            "%d texts, %d tokens, tokenised in %.0f s",
            tokens.texts,
            len(tokens.train) + len(tokens.held_out),
            time.monotonic() - started,
        )
    return tokens
