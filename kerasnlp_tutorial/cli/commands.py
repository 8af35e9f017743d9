"""What the commands do. Keras is imported by those that need it."""

import argparse
import contextlib
import dataclasses
import json
import os
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasnlp_tutorial import distribution, registry, runs
from kerasnlp_tutorial.cli.inputs import parse_inputs
from kerasnlp_tutorial.cli.lost_process import end_with_message
from kerasnlp_tutorial.cli.summary import summary
from kerasnlp_tutorial.config import check_question, parse_label_words
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.files import decode_utf8, writing, written_whole
from kerasnlp_tutorial.hangul import compose
from kerasnlp_tutorial.settings import SEEDS, parse_fields, read_settings_file

if TYPE_CHECKING:  # it imports the readers of all corpora
    from kerasnlp_tutorial.task_chapter import TaskChapter

_DEVICES = ("devices", "coordinator", "processes", "process")
_NO_SETTINGS = {"command", "chapter", "directory", "architecture", "text"}
_NO_SETTINGS |= {"set", "config", "json", *_DEVICES}


def _given_settings(options: argparse.Namespace) -> dict[str, str]:
    """Return the settings that are given as options or by --set, as text."""
    given = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in vars(options).items()
        if name not in _NO_SETTINGS and value is not None
    }
    for setting in options.set:
        name, equals, value = setting.partition("=")
        if not equals:
            raise InputError(f"--set takes FIELD=VALUE; received {setting!r}")
        if name in given:
            raise InputError(f"{name} is given twice: {given[name]!r} and {value!r}")
        given[name] = value
    return given


def _check_sources(given: Mapping[str, str], file: str) -> None:
    if "dataset" in given and file in given:
        option = file.replace("_", "-")
        raise InputError(f"give either --dataset or --{option}, not both")


def _with_file(
    path: str | None, given: dict[str, str], overridden: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Return the settings of a file, overridden by those that are given.

    Args:
        path: settings file; None: there is none.
        given: settings from the command line.
        overridden: for a given setting, other settings of the file to ignore.
    """
    stored = read_settings_file(path) if path else {}
    ignored = {name for key in given.keys() & overridden for name in overridden[key]}
    return {name: stored[name] for name in stored.keys() - ignored} | given


def chapters(options: argparse.Namespace) -> None:
    """List the chapters."""
    for chapter in registry.CHAPTERS:
        print(f"{chapter.name}  {chapter.title}  ({chapter.module_name})")


_SOURCES = {
    "dataset": ("train_file", "test_file", "data_dir"),
    "train_file": ("dataset", "test_file"),
}


def train(options: argparse.Namespace) -> None:
    """Train a chapter's model and save it."""
    chapter = registry.find(options.chapter)
    given = _given_settings(options)
    _check_sources(given, "train_file")
    _check_resume(options, given)
    fields = _with_file(options.config, given, _SOURCES)
    with _distributed(options):
        module = chapter.load_task()
        config = module.Config(**parse_fields(module.Config, fields))
        trained = module.train(config)
        if not distribution.is_first_process():
            return
        if options.json:
            print(_json({**trained.metrics, "output": str(trained.path)}))
        else:
            print(summary(chapter.name, module, trained))


def _distributed(options: argparse.Namespace) -> contextlib.AbstractContextManager:
    """Return the block in which the devices of the options train."""
    if options.coordinator:
        end_with_message()
    return distribution.distributed(*(getattr(options, name) for name in _DEVICES))


def _check_resume(options: argparse.Namespace, given: Mapping[str, str]) -> None:
    extra = given.keys() - {"resume", "output", "max_minutes"}
    extra |= {name for name in ("config", "text") if getattr(options, name, None)}
    if given.get("resume", "").lower() == "true" and extra:
        raise InputError(
            f"--resume goes on with the settings it began with; leave out: "
            f"{', '.join(sorted(extra))}"
        )


def pretrain(options: argparse.Namespace) -> None:
    """Pretrain a language model on text files."""
    given = _given_settings(options)
    _check_resume(options, given)
    if given.keys() & {"text", "architecture"}:
        raise InputError("texts are given by --text, the architecture without --set")
    fields = _with_file(options.config, given, {})
    texts = options.text or fields.pop("text", ())
    stored = fields.pop("architecture", options.architecture)
    if stored != options.architecture:
        raise InputError(
            f"{options.config} has the settings of a {stored}; received "
            f"{options.architecture}"
        )
    with _distributed(options):
        from kerasnlp_tutorial.pretraining import PretrainingConfig, pretrain

        config = PretrainingConfig(
            architecture=options.architecture,
            text=tuple(texts),
            **parse_fields(PretrainingConfig, fields),
        )
        path = pretrain(config)
        if distribution.is_first_process():
            scores = {**runs.describe(path)["metrics"], "output": str(path)}
            _report(scores, options.json, f"saved to {path}")


def classify_in_context(options: argparse.Namespace) -> None:
    """Ask a language model for the labels of texts."""
    from kerasnlp_tutorial.datasets.table import read_labeled_texts

    words = parse_label_words(options.labels)
    check_question(words, options.template)
    shots = []
    if options.shots:
        shots = read_labeled_texts(options.shots, known_labels=list(words))
    texts = [text for (text,) in _inputs(options.texts, ("text",))]
    from kerasnlp_tutorial.checkpoints import load_causal_lm
    from kerasnlp_tutorial.in_context import InContextClassifier

    classify = InContextClassifier(
        load_causal_lm(options.preset),
        words,
        shots,
        options.template,
        calibrate=not options.no_calibration,
    )
    for text, row in zip(texts, classify(texts).tolist(), strict=True):
        probabilities = dict(zip(classify.labels, row, strict=True))
        label = max(probabilities, key=probabilities.__getitem__)
        answer = {"text": text, "label": label, "probabilities": probabilities}
        line = f"{label}\t{probabilities[label]:.3f}\t{text}"
        _print_answer(answer, line, options.json)


_MAX_TEXTS = 1000  # in one batch


def generate(options: argparse.Namespace) -> None:
    """Continue texts."""
    from kerasnlp_tutorial.generation import DecodingOptions, TextGenerator

    names = [field.name for field in dataclasses.fields(DecodingOptions)]
    given = {name: getattr(options, name) for name in names}
    given = {name: value for name, value in given.items() if value is not None}
    decoding = DecodingOptions(**parse_fields(DecodingOptions, given))
    if not 1 <= options.n <= _MAX_TEXTS:
        least = f"n must be 1 or more, at most {_MAX_TEXTS}"
        raise InputError(f"{least}; received {options.n}")
    if options.seed not in SEEDS:
        raise InputError(f"seed must be 0 to {SEEDS[-1]}; received {options.seed}")
    from kerasnlp_tutorial.checkpoints import load_causal_lm

    model = load_causal_lm(options.model)
    generate = TextGenerator(model, decoding, half_precision=options.half_precision)
    for prompt in options.prompt:
        if options.n == 1 and decoding.beams == 1 and not options.json:
            print(prompt, end="", flush=True)
            for piece in generate.stream(prompt, options.seed):
                print(piece, end="", flush=True)
            print()
            continue
        for text in generate([prompt] * options.n, options.seed):
            answer = {"prompt": prompt, "text": text}
            _print_answer(answer, prompt + text, options.json)


def demo(options: argparse.Namespace) -> None:
    """Serve the page to try models on."""
    from kerasnlp_tutorial.demo.addresses import Access
    from kerasnlp_tutorial.demo.server import serve

    access = Access(
        host=options.host,
        port=options.port,
        share=options.share,
        allowed_hosts=tuple(options.allow_host),
        allow_training=options.allow_training,
    )
    serve(options.models, access)


def export(options: argparse.Namespace) -> None:
    """Write a model as a Hugging Face checkpoint."""
    from kerasnlp_tutorial.checkpoints import export_to_huggingface

    output = export_to_huggingface(options.model, options.output)
    print(f"saved to {output}", file=sys.stderr)


def _wordpiece_options(options: argparse.Namespace) -> dict[str, Any]:
    """Return the given options of `train_wordpiece`."""
    if options.alphabet is not None and options.alphabet < 1:
        raise InputError(f"--alphabet must be 1 or more; received {options.alphabet}")
    given = {}
    if options.alphabet is not None:
        given["limit_alphabet"] = options.alphabet
    if options.without_particles:
        given["without_particles"] = True
    if options.kind == "bpe" and given:
        raise InputError("--alphabet and --without-particles are for wordpiece")
    return given


def train_tokenizer(options: argparse.Namespace) -> None:
    """Learn a vocabulary."""
    output = Path(options.output)
    if os.path.lexists(output):
        raise InputError(f"{output} exists; choose another --output")
    if options.size < 300:  # all bytes and the special tokens are 258
        raise InputError(f"--size must be 300 or more; received {options.size}")
    if options.size > 1_000_000:
        raise InputError(f"--size must be at most 1000000; received {options.size}")
    wordpiece = _wordpiece_options(options)
    from kerasnlp_tutorial.datasets import TextLines
    from kerasnlp_tutorial.tokenizers import (
        ByteLevelBPE,
        save_wordpiece,
        train_wordpiece,
    )

    texts = TextLines(options.text)
    if options.kind == "bpe":
        save = ByteLevelBPE.train(texts, options.size).save
    else:
        vocabulary = train_wordpiece(texts, options.size, **wordpiece)
        save = partial(save_wordpiece, vocabulary)
    with writing(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(output) as part:
            save(part)
    print(f"saved to {output}")


def evaluate(options: argparse.Namespace) -> None:
    """Measure a trained model."""
    fields = _given_settings(options)
    _check_sources(fields, "test_file")
    training, module = _trained_by(options.directory)
    values = parse_fields(module.Config, fields)
    from kerasnlp_tutorial.trained import load_trained, stored_config

    config = stored_config(options.directory, training)
    if "dataset" in values:
        values = {"data_dir": None, "train_file": None, "test_file": None} | values
    if values and hasattr(config, "test_ids"):
        values = {"test_ids": None} | values  # those of another file
    config = dataclasses.replace(config, **values)
    _check_stored_paths(options.directory, config, values)
    trained = load_trained(options.directory)
    if config.train_file and not config.test_file:
        examples = module.load_examples(config).test
    else:
        examples = module.read_examples(config, "test", trained.labels)
    _report(module.evaluate(trained, examples), options.json)


def _trained_by(directory: str) -> tuple[dict[str, Any], "TaskChapter"]:
    """Return a model's `training.json`, and the chapter that has trained it."""
    training = runs.describe(directory)
    return training, registry.trained_chapter(directory, training).load_task()


def _check_stored_paths(directory: str, config: Any, given: dict[str, Any]) -> None:
    """Check that the stored test data still exist."""
    own = "test_file" if config.test_file else "train_file"
    instead = "--test-file or --dataset"
    if not getattr(config, own):
        own, instead = "data_dir", f"--data-dir, {instead}"
    for name in (own, "test_ids"):
        path = getattr(config, name, None)
        if path and name not in given and not os.path.exists(path):
            raise InputError(
                f"{Path(directory) / runs.TRAINING_FILE} has {name} {path}, which does "
                f"not exist (any more); name other data with {instead}"
            )


def _report(scores: dict[str, Any], as_json: bool, footer: str = "") -> None:
    if as_json:
        print(_json(scores))
        return
    _print_scores(scores)
    if footer:
        print(footer)


def _json(value: dict[str, Any]) -> str:
    """Return a value as JSON that standard output can write as it is."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # an escape of the terminal's would be none of JSON's
        return json.dumps(value)
    return text


def _print_scores(scores: dict[str, Any], prefix: str = "") -> None:
    for name, value in scores.items():
        if isinstance(value, dict):
            _print_scores(value, f"{prefix}{name}.")
        else:
            shown = f"{value:.4f}" if isinstance(value, float) else value
            print(f"{prefix + name:24} {shown}")


def _inputs(texts: Sequence[str], fields: Sequence[str]) -> list[tuple[str, ...]]:
    """Group the texts of the command line, or read standard input."""
    if not texts:
        where = "standard input"
        text = decode_utf8(sys.stdin.buffer.read(), where)
        return parse_inputs(text, fields, where)
    if len(texts) % len(fields):
        raise InputError(
            f"each input has {len(fields)} texts, {' and '.join(fields)}; "
            f"received {len(texts)} texts"
        )
    return list(zip(*[iter(texts)] * len(fields), strict=True))


def predict(options: argparse.Namespace) -> None:
    """Apply a trained model to texts."""
    _, module = _trained_by(options.directory)
    fields = module.INPUT_FIELDS
    inputs = _inputs(options.texts, fields)
    texts = [compose(text) for values in inputs for text in values]
    if len(fields) == 1:
        inputs = [text for (text,) in inputs]
    from kerasnlp_tutorial.tokenizers import warn_of_unknown
    from kerasnlp_tutorial.trained import load_trained

    trained = load_trained(options.directory)
    if trained.model.preprocessor is not None:
        warn_of_unknown(trained.model.preprocessor.tokenizer, texts)
    for answer in module.predict(trained, inputs):
        _print_answer(answer, module.format_answer(answer), options.json)


def _print_answer(answer: dict[str, Any], line: str, as_json: bool) -> None:
    print(_json(answer) if as_json else line)
