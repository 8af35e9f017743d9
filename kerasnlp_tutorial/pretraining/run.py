"""An upstream training from text files to a preset."""

import contextlib
import csv
import json
import logging
import math
import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import keras
import keras_nlp
from tokenizers import BertWordPieceTokenizer

from kerasnlp_tutorial import runs, training
from kerasnlp_tutorial.checkpoints import (
    load_causal_lm,
    load_masked_lm,
    preset_folder,
)
from kerasnlp_tutorial.checkpoints.presets import check_class
from kerasnlp_tutorial.datasets import TextLines
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.pretraining.batches import (
    CausalLanguageModel,
    MaskedLanguageModel,
    PackedSequences,
    batches,
)
from kerasnlp_tutorial.pretraining.config import PRESET_SIZES, PretrainingConfig
from kerasnlp_tutorial.pretraining.tokens import (
    MOST_TOKENS,
    Tokens,
    read_tokens,
    write_tokens,
)
from kerasnlp_tutorial.tokenizers import (
    ByteLevelBPE,
    KoreanBertTokenizer,
    encode_texts,
    save_wordpiece,
    train_wordpiece,
)

logger = logging.getLogger(__name__)

_MEASURED_SEQUENCES = 512
_REPORT_SECONDS = 30


def pretrain(config: PretrainingConfig) -> Path:
    """Learn a language model from texts and save it as a KerasNLP preset.

    Args:
        config: what, from which texts, and for how long.

    Returns:
        The preset's directory. In its `training.json` are the settings, the
        measurements and the versions.

    Raises:
        InputError: the texts cannot be read or are too few, the output exists, or
            `initial` is no such model or of another size.
    """
    with runs.Run.begin(f"pretrain-{config.architecture}", config) as run:
        config = run.config
        upstream = (_Bert if config.architecture == "bert" else _GPT2)(
            config, run.partial
        )
        tokens = _tokens(config, upstream, run.partial / "tokens")
        model = upstream.model()
        model.compile(
            optimizer=training.adamw(config.learning_rate, config.weight_decay),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            weighted_metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
            jit_compile=False,
        )
        sequences, held_out = (
            PackedSequences(ids, upstream.length, batch_size, config.seed)
            for ids, batch_size in (
                (tokens.train, config.batch_size),
                (tokens.held_out, min(config.batch_size, 16)),
            )
        )
        for part, name in ((sequences, "to learn from"), (held_out, "held out")):
            if not part.per_epoch:
                raise InputError(
                    f"too few texts: {len(part.ids)} tokens {name} make no batch of "
                    f"{part.batch_size} sequences of {part.length} tokens"
                )
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
        finished = run.finish(model, (), metrics, half_precision=config.half_precision)
        return finished.path


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


# === What is learnt ===


class _Bert:
    """A masked language model."""

    def __init__(self, config: PretrainingConfig, folder: Path):
        self.config = config
        self.length = config.sequence_length
        self.initial = _initial(config, load_masked_lm, keras_nlp.models.BertBackbone)
        if self.initial:
            self.tokenizer = self.initial.preprocessor.tokenizer
        else:
            self.tokenizer = self._new_tokenizer(folder / "vocabulary")
        _check_size(self.tokenizer)
        vocabulary = self.tokenizer.get_vocabulary()
        self.objective = MaskedLanguageModel(
            vocabulary, config.masked_share, config.whole_words, config.seed
        )
        self.encode = self.tokenizer
        if isinstance(self.tokenizer, KoreanBertTokenizer):
            # The same ids, from all cores; TensorFlow's kernel uses one.
            ids = {token: id for id, token in enumerate(vocabulary)}
            fast = BertWordPieceTokenizer(ids, lowercase=False, strip_accents=False)
            self.encode = lambda texts: [
                row.ids for row in fast.encode_batch(texts, add_special_tokens=False)
            ]
        self.end_token_id = self.tokenizer.sep_token_id

    def _new_tokenizer(self, folder: Path) -> KoreanBertTokenizer:
        config = self.config
        if not folder.is_dir():
            if config.vocabulary:
                path = Path(config.vocabulary) / "vocab.txt"
                with _usable(config.vocabulary):
                    vocabulary = KoreanBertTokenizer(str(path)).get_vocabulary()
            else:
                logger.info(
                    "learning a vocabulary of %d tokens", config.vocabulary_size
                )
                vocabulary = train_wordpiece(
                    TextLines(config.text), config.vocabulary_size
                )
            with _whole(folder) as part:
                save_wordpiece(vocabulary, part)
        return KoreanBertTokenizer(str(folder / "vocab.txt"))

    def model(self) -> keras_nlp.models.BertMaskedLM:
        model = self.initial or self._new_model()
        model.backbone.pooled_dense.trainable = False  # not used by this objective
        return model

    def _new_model(self) -> keras_nlp.models.BertMaskedLM:
        backbone = _new_backbone(
            self.config, keras_nlp.models.BertBackbone, self.tokenizer
        )
        preprocessor = keras_nlp.models.BertMaskedLMPreprocessor(
            self.tokenizer,
            sequence_length=self.length,
            mask_selection_rate=self.config.masked_share,
            mask_selection_length=round(self.config.masked_share * self.length),
        )
        return keras_nlp.models.BertMaskedLM(backbone, preprocessor)


class _GPT2:
    """A causal language model."""

    def __init__(self, config: PretrainingConfig, folder: Path):
        self.config = config
        self.length = config.sequence_length + 1  # the last token is only asked for
        self.initial = _initial(config, load_causal_lm, keras_nlp.models.GPT2Backbone)
        if self.initial:
            self.tokenizer = self.initial.preprocessor.tokenizer
        else:
            self.tokenizer = self._new_tokenizer(folder / "vocabulary")
        _check_size(self.tokenizer)
        self.objective = CausalLanguageModel()
        self.encode = partial(encode_texts, self.tokenizer)
        self.end_token_id = self.tokenizer.end_token_id

    def _new_tokenizer(self, folder: Path) -> keras_nlp.tokenizers.GPT2Tokenizer:
        config = self.config
        if not folder.is_dir():
            if config.vocabulary:
                with _usable(config.vocabulary):
                    bpe = ByteLevelBPE.load(config.vocabulary)
                    keras_nlp.tokenizers.GPT2Tokenizer(bpe.vocabulary, bpe.merges)
            else:
                logger.info(
                    "learning a vocabulary of %d tokens", config.vocabulary_size
                )
                bpe = ByteLevelBPE.train(TextLines(config.text), config.vocabulary_size)
            with _whole(folder) as part:
                bpe.save(part)
        bpe = ByteLevelBPE.load(folder)
        return keras_nlp.tokenizers.GPT2Tokenizer(bpe.vocabulary, bpe.merges)

    def model(self) -> keras_nlp.models.GPT2CausalLM:
        if self.initial:
            return self.initial
        backbone = _new_backbone(
            self.config, keras_nlp.models.GPT2Backbone, self.tokenizer
        )
        preprocessor = keras_nlp.models.GPT2CausalLMPreprocessor(
            self.tokenizer, sequence_length=self.config.sequence_length
        )
        return keras_nlp.models.GPT2CausalLM(backbone, preprocessor)


@contextlib.contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Give a folder its name when all is in it, so that no kill leaves a part."""
    part = folder.with_suffix(".part")
    yield part
    part.rename(folder)


@contextlib.contextmanager
def _usable(vocabulary: str) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:  # no file, no special token
        raise InputError(f"vocabulary {vocabulary!r} cannot be used: {error}") from None


def _check_size(tokenizer: keras_nlp.tokenizers.Tokenizer) -> None:
    size = tokenizer.vocabulary_size()
    if size > MOST_TOKENS:
        raise InputError(
            f"a vocabulary must have at most {MOST_TOKENS} tokens; received {size}"
        )


def _initial(
    config: PretrainingConfig,
    load: Callable[[str], keras_nlp.models.Task],
    backbone_class: type,
) -> keras_nlp.models.Task | None:
    """Return the preset to go on from, in float32 and without dropout."""
    if config.initial is None:
        return None
    check_class(preset_folder(config.initial), config.initial, backbone_class)
    preset = load(config.initial)
    backbone = preset.backbone
    size = PRESET_SIZES.get(config.preset_config, {})
    found = {name: getattr(backbone, name) for name in size}
    if found != size:
        raise InputError(
            f"preset_config must be left out, or the size of {config.initial!r}; "
            f"received {config.preset_config!r}, {size}, and it has {found}"
        )
    if config.sequence_length > backbone.max_sequence_length:
        raise InputError(
            f"sequence_length must be at most {backbone.max_sequence_length} with "
            f"initial {config.initial!r}; received {config.sequence_length}"
        )
    settings = backbone.get_config() | {"dropout": 0.0, "dtype": "float32"}
    task = type(preset)(type(backbone).from_config(settings), preset.preprocessor)
    task.set_weights(preset.get_weights())
    return task


def _new_backbone(
    config: PretrainingConfig, backbone_class: type, tokenizer
) -> keras_nlp.models.Backbone:
    keras.utils.set_random_seed(config.seed)
    size = PRESET_SIZES[config.preset_config or "mini"]
    return backbone_class(
        vocabulary_size=tokenizer.vocabulary_size(),
        intermediate_dim=4 * size["hidden_dim"],
        dropout=0.0,
        max_sequence_length=config.sequence_length,
        **size,
    )


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


# === Watching it ===


class Watch(keras.callbacks.Callback):
    """Reports, measures, keeps checkpoints, and stops at the last step.

    A checkpoint is a folder that is whole once its `state.json` is there; the one
    before is deleted after that, so a kill at any moment leaves a whole one.

    Args:
        config: of the training.
        folder: for the checkpoints.
        tokens_per_step: for the reports.
        held_out: batches to measure on.
        characters_per_token: of the texts held out, for the perplexity of a character;
            None where not every token is guessed.
    """

    def __init__(
        self, config, folder, tokens_per_step, held_out, characters_per_token=None
    ):
        super().__init__()
        self.config = config
        self.folder = folder
        self.tokens_per_step = tokens_per_step
        self.held_out = held_out
        self.characters_per_token = characters_per_token
        self.step = 0
        self.seconds = 0.0
        self.history = []

    def restore(self, model) -> None:
        """Put the newest checkpoint into the model and its optimizer."""
        states = sorted(self.folder.glob("step-*/state.json"))
        if states:
            model.optimizer.build(model.trainable_variables)
            model.load_weights(states[-1].parent / "model.weights.h5")
            state = json.loads(states[-1].read_text())
            self.step, self.seconds = state["step"], state["seconds"]
            self.history = state["history"]
            logger.info("going on after step %d", self.step)

    def on_train_begin(self, logs=None):
        if self.config.initial and not self.step:
            self._measure(None)
        self._clock = time.monotonic() - self.seconds
        self._saved = self._reported = time.monotonic()
        self._reported_step = self.step

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        now = time.monotonic()
        self.seconds = now - self._clock
        if now - self._reported >= _REPORT_SECONDS:
            self._report(now, logs["loss"])
        done = self.step == self.config.steps or self.model.stop_training
        if done or self.step % self.config.measure_every == 0:
            self._measure(logs["loss"])
        if done or now - self._saved >= 60 * self.config.checkpoint_minutes:
            self._save()
        if done:
            self.model.stop_training = True

    def _report(self, now, loss):
        steps = self.step - self._reported_step
        seconds_a_step = (now - self._reported) / steps
        left = []
        if self.config.steps:
            left.append((self.config.steps - self.step) * seconds_a_step / 60)
        if self.config.max_minutes:
            left.append(self.config.max_minutes - self.seconds / 60)
        logger.info(
            "step %d, %.2f M tokens, %.0f tokens/s, loss %.3f, %.0f min left",
            self.step,
            self.step * self.tokens_per_step / 1e6,
            self.tokens_per_step / seconds_a_step,
            loss,
            min(left),
        )
        self._reported, self._reported_step = now, self.step

    def _measure(self, loss):
        self.model.reset_metrics()
        for x, y, weights in self.held_out:
            measured = self.model.test_on_batch(x, y, weights, return_dict=True)
        self.model.reset_metrics()  # the next mean begins here
        row = {
            "step": self.step,
            "tokens": self.step * self.tokens_per_step,
            "minutes": round(self.seconds / 60, 2),
            # At step 0 no text has been learnt from, held out or not.
            "loss": float(measured["loss"] if loss is None else loss),
            "val_loss": float(measured["loss"]),
            "val_accuracy": float(measured["accuracy"]),
        }
        self.history.append(row)
        logger.info(
            "step %d, held out: loss %.3f, perplexity %.1f, accuracy %.3f",
            self.step,
            row["val_loss"],
            math.exp(row["val_loss"]),
            row["val_accuracy"],
        )

    def _save(self):
        training.check_finite(self.model)  # or it would replace the last good one
        folder = self.folder / f"step-{self.step:09d}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.model.save_weights(folder / "model.weights.h5")
        state = {"step": self.step, "seconds": self.seconds, "history": self.history}
        part = folder / "state.part"
        part.write_text(json.dumps(state))
        part.rename(folder / "state.json")
        for old in self.folder.glob("step-*"):
            if old != folder:
                shutil.rmtree(old)
        self._saved = time.monotonic()

    def rows(self) -> list[dict[str, float]]:
        """Return the measurements so far, with perplexities."""
        rows = []
        for row in self.history:
            loss = row["val_loss"]
            row = row | {"val_perplexity": math.exp(loss)}
            if self.characters_per_token:
                a_character = math.exp(loss / self.characters_per_token)
                row["val_character_perplexity"] = a_character
            rows.append(row)
        return rows

    def write_history(self) -> None:
        """Write the measurements where `runs` looks for a training's history."""
        rows = self.rows()
        with (self.folder / runs.HISTORY_FILE).open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
