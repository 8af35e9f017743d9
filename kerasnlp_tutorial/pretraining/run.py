"""Pretraining from text files to a preset."""

import logging
import math
import time
from pathlib import Path

import keras

from kerasnlp_tutorial import distribution, runs, training
from kerasnlp_tutorial.checkpoints import preset_folder
from kerasnlp_tutorial.checkpoints.preset_files import preset_config
from kerasnlp_tutorial.datasets import TextLines
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.pretraining.architectures import BertPretraining, GPT2Pretraining
from kerasnlp_tutorial.pretraining.batches import PackedSequences, batches
from kerasnlp_tutorial.pretraining.bert_model import losses
from kerasnlp_tutorial.pretraining.config import PretrainingConfig
from kerasnlp_tutorial.pretraining.monitor import PretrainingMonitor
from kerasnlp_tutorial.pretraining.tokens import (
    Tokenization,
    Tokens,
    fingerprint,
    read_tokens,
    write_tokens,
)
from kerasnlp_tutorial.tokenizers import report_unknown, unknown_token_id

logger = logging.getLogger(__name__)

Pretraining = BertPretraining | GPT2Pretraining
ARCHITECTURES: dict[str, type[Pretraining]] = {
    "bert": BertPretraining,
    "gpt2": GPT2Pretraining,
}
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
    distribution.check_batch_size(config.batch_size)
    with runs.Run.begin(f"pretrain-{config.architecture}", config) as run:
        config = run.config
        with distribution.first_process_first():  # it learns the vocabulary
            pretraining = ARCHITECTURES[config.architecture](config, run.partial)
        tokens = _tokens(config, pretraining, run.partial / "tokens")
        keras.utils.set_random_seed(config.seed)
        task = pretraining.task()
        model = pretraining.trained(task)
        model.compile(
            optimizer=training.adamw(
                config.learning_rate, config.weight_decay, config.average
            ),
            jit_compile=training.JIT_COMPILE,
            **losses(model),
        )
        sequences, held_out = _sequences(config, tokens, pretraining.length)
        count = min(
            held_out.per_epoch, math.ceil(_MEASURED_SEQUENCES / held_out.batch_size)
        )
        monitor = PretrainingMonitor(
            config,
            run.checkpoints,
            tokens_per_step=config.batch_size * pretraining.length,
            held_out=[
                pretraining.objective.batch(held_out.batch(i), i) for i in range(count)
            ],
            characters_per_token=(
                tokens.held_out_characters / len(tokens.held_out)
                if config.architecture == "gpt2"
                else None
            ),
        )
        monitor.restore(model)
        last = config.steps or 10**9
        if monitor.step < last:
            dataset = batches(
                sequences,
                pretraining.objective,
                range(monitor.step, last),
                short_steps=config.short_steps,
                short_length=config.short_length,
            )
            with training.already_encoded(task):
                _fit(model, config, monitor, dataset)
        monitor.write_history()
        metrics = monitor.rows()[-1] | {"texts": tokens.texts}
        initial = config.initial and preset_config(
            preset_folder(config.initial), runs.TRAINING_FILE
        )
        run.finish(task, (), metrics, initial, pretraining.untrained)
        return run.output


def _sequences(
    config: PretrainingConfig, tokens: Tokens, length: int
) -> list[PackedSequences]:
    """Return the tokens to train on and the held-out tokens."""
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


def _fit(model, config, monitor, dataset):
    schedule = training.WarmupLinearDecay(
        config.learning_rate,
        config.steps or math.inf,
        config.warmup_ratio,
        config.max_minutes,
        spent_seconds=monitor.seconds,
        decay_ratio=config.decay_ratio,
    )
    with (
        training.matrix_products(config.precision),
        training.fast_steps(model, config.fast),
        distribution.replicated(model),
    ):
        model.fit(dataset, verbose=0, shuffle=False, callbacks=[schedule, monitor])


def _tokens(config: PretrainingConfig, pretraining, folder: Path) -> Tokens:
    unknown = unknown_token_id(pretraining.tokenizer)
    # A resumed training no longer needs its texts, unless others share the tokens.
    tokens = None if config.tokens else read_tokens(folder)
    if tokens is None:
        started = time.monotonic()
        tokenization = Tokenization(
            pretraining.encode,
            pretraining.end_token_id,
            config.held_out,
            fingerprint(pretraining.tokenizer),
            unknown,
        )
        folder = Path(config.tokens) if config.tokens else folder
        share = distribution.process_share()
        tokens = write_tokens(folder, config.text, tokenization, share)
        logger.info(
            "%d texts, %d tokens, tokenised in %.0f s",
            tokens.texts,
            len(tokens.train) + len(tokens.held_out),
            time.monotonic() - started,
        )
    if unknown is not None:
        share = tokens.unknown / len(tokens.train)
        texts = TextLines(config.text)
        report_unknown(share, pretraining.tokenizer, texts, config.allow_unknown)
    return tokens
