"""What the commands do. Keras is imported by those that need it."""

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from kerasnlp_tutorial import registry, runs
from kerasnlp_tutorial.config import parse_fields, parse_label_words
from kerasnlp_tutorial.datasets.table import decode_utf8, read_labeled_texts
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.inputs import parse_inputs


def _given_fields(options: argparse.Namespace, names: Sequence[str]) -> dict[str, str]:
    """Return the Config fields that the user has given, as text."""
    fields = {}
    for name in names:
        value = getattr(options, name)
        if value not in (None, False):
            fields[name] = str(value)
    for setting in options.set:
        name, equals, value = setting.partition("=")
        if not equals:
            raise InputError(f"--set takes FIELD=VALUE; received {setting!r}")
        if name in fields:
            raise InputError(f"{name} is given twice: {fields[name]!r} and {value!r}")
        fields[name] = value
    return fields


def _one_of(fields: dict[str, str], name: str, other: str) -> None:
    if name in fields and other in fields:
        raise InputError(
            f"give either --{name} or --{other.replace('_', '-')}, not both"
        )


_DATA_FIELDS = ("dataset", "data_dir", "test_file", "test_ids")
_RUN_FIELDS = ("output", "overwrite", "resume", "max_minutes")
_TRAIN_FIELDS = (*_DATA_FIELDS, "train_file", "ids", "backbone", "method", *_RUN_FIELDS)


def chapters(options: argparse.Namespace) -> None:
    """List the chapters."""
    for chapter in registry.CHAPTERS:
        print(f"{chapter.name}  {chapter.title}  ({chapter.module_name})")


def train(options: argparse.Namespace) -> None:
    """Train a chapter's model and save it."""
    chapter = registry.find(options.chapter)
    fields = _given_fields(options, _TRAIN_FIELDS)
    _one_of(fields, "dataset", "train_file")
    _nothing_new_on_resume(options, fields)
    module = chapter.load()
    if not hasattr(module, "train"):
        raise InputError(f"{chapter.name} has nothing to train; read or run it instead")
    config = module.Config(**parse_fields(module.Config, fields))
    trained = module.train(config)
    output = {**trained.metrics, "output": str(trained.path)}
    _report(output, options.json, f"saved to {trained.path}")


def _nothing_new_on_resume(options: argparse.Namespace, fields: dict[str, str]) -> None:
    extra = fields.keys() - {"resume", "output", "max_minutes"}
    if options.resume and extra:
        raise InputError(
            f"--resume goes on with the settings it began with; leave out: "
            f"{', '.join(sorted(extra))}"
        )


def pretrain(options: argparse.Namespace) -> None:
    """Learn a language model from text files."""
    fields = _given_fields(options, ("preset_config", *_RUN_FIELDS))
    _nothing_new_on_resume(options, fields | ({"text": ""} if options.text else {}))
    if fields.keys() & {"text", "architecture"}:
        raise InputError("texts are given by --text, the architecture without --set")
    from kerasnlp_tutorial.pretraining import PretrainingConfig, pretrain

    config = PretrainingConfig(
        architecture=options.architecture,
        text=tuple(options.text or ()),
        **parse_fields(PretrainingConfig, fields),
    )
    path = pretrain(config)
    scores = {**runs.describe(path)["metrics"], "output": str(path)}
    _report(scores, options.json, f"saved to {path}")


def classify_in_context(options: argparse.Namespace) -> None:
    """Ask a language model for the labels of texts."""
    _check_utf8([options.labels], "--labels")
    _check_utf8([options.template], "--template")
    words = parse_label_words(options.labels)
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
        shares = dict(zip(classify.labels, row, strict=True))
        label = max(shares, key=shares.get)
        answer = {"text": text, "label": label, "probabilities": shares}
        _print_answer(answer, options.json, _format_answer)


def generate(options: argparse.Namespace) -> None:
    """Continue texts."""
    _check_utf8(options.prompt, "--prompt")
    from kerasnlp_tutorial.generation import DecodingOptions, TextGenerator

    names = [field.name for field in dataclasses.fields(DecodingOptions)]
    given = {name: getattr(options, name) for name in names}
    given = {name: value for name, value in given.items() if value is not None}
    decoding = DecodingOptions(**parse_fields(DecodingOptions, given))
    if options.n < 1:
        raise InputError(f"n must be 1 or more; received {options.n}")
    from kerasnlp_tutorial.checkpoints import load_causal_lm

    generate = TextGenerator(load_causal_lm(options.model), decoding)
    for prompt in options.prompt:
        if options.n == 1 and decoding.beams == 1 and not options.json:
            print(prompt, end="", flush=True)
            for piece in generate.stream(prompt, options.seed):
                print(piece, end="", flush=True)
            print()
            continue
        for text in generate([prompt] * options.n, options.seed):
            answer = {"prompt": prompt, "text": text}
            _print_answer(answer, options.json, lambda a: a["prompt"] + a["text"])


def demo(options: argparse.Namespace) -> None:
    """Serve the page to try models on."""
    from kerasnlp_tutorial.demo.server import serve

    serve(options.model, options.host, options.port, options.share)


def export(options: argparse.Namespace) -> None:
    """Write a model as a Hugging Face checkpoint."""
    from kerasnlp_tutorial.checkpoints import export_to_huggingface

    output = export_to_huggingface(options.model, options.output)
    print(f"saved to {output}", file=sys.stderr)


def train_tokenizer(options: argparse.Namespace) -> None:
    """Learn a vocabulary."""
    output = Path(options.output)
    if output.exists():
        raise InputError(f"{output} exists; choose another --output")
    if options.size < 300:  # all bytes and the special tokens are 258
        raise InputError(f"--size must be 300 or more; received {options.size}")
    from kerasnlp_tutorial.datasets import TextLines
    from kerasnlp_tutorial.tokenizers import (
        ByteLevelBPE,
        save_wordpiece,
        train_wordpiece,
    )

    texts = TextLines(options.text)
    if options.kind == "bpe":
        vocabulary = ByteLevelBPE.train(texts, options.size)
        vocabulary.save(output)
    else:
        save_wordpiece(train_wordpiece(texts, options.size), output)
    print(f"saved to {output}")


def evaluate(options: argparse.Namespace) -> None:
    """Measure a trained model."""
    fields = _given_fields(options, _DATA_FIELDS)
    _one_of(fields, "dataset", "test_file")
    training = runs.describe(options.directory)
    module = registry.find(training["chapter"]).load()
    values = parse_fields(module.Config, fields)
    trained = runs.load(options.directory)
    if "dataset" in values:
        values = {"data_dir": None, "train_file": None, "test_file": None} | values
    if values and hasattr(trained.config, "test_ids"):
        values = {"test_ids": None} | values  # those of another file
    config = dataclasses.replace(trained.config, **values)
    if config.train_file and not config.test_file:
        examples = module.load_examples(config).test
    else:
        examples = module.read_examples(config, "test", trained.labels)
    _report(module.evaluate(trained, examples), options.json)


def _report(scores: dict[str, Any], as_json: bool, footer: str = "") -> None:
    if as_json:
        print(json.dumps(scores, ensure_ascii=False))
        return
    _print_scores(scores)
    if footer:
        print(footer)


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
    _check_utf8(texts, "TEXT")
    if len(texts) % len(fields):
        raise InputError(
            f"each input has {len(fields)} texts, {' and '.join(fields)}; "
            f"received {len(texts)} texts"
        )
    return list(zip(*[iter(texts)] * len(fields), strict=True))


def _check_utf8(texts: Sequence[str], name: str) -> None:
    """Refuse what the shell has passed in another encoding."""
    for text in texts:
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise InputError(f"{name} must be UTF-8; received {os.fsencode(text)!r}")


def predict(options: argparse.Namespace) -> None:
    """Apply a trained model to texts."""
    training = runs.describe(options.directory)
    module = registry.find(training["chapter"]).load()
    fields = module.INPUT_FIELDS
    inputs = _inputs(options.texts, fields)
    if len(fields) == 1:
        inputs = [text for (text,) in inputs]
    trained = runs.load(options.directory)
    format_answer = getattr(module, "format_answer", _format_answer)
    for answer in module.predict(trained, inputs):
        _print_answer(answer, options.json, format_answer)


def _print_answer(
    answer: dict[str, Any], as_json: bool, format_answer: Callable[[dict], str]
) -> None:
    print(json.dumps(answer, ensure_ascii=False) if as_json else format_answer(answer))


def _format_answer(answer: dict[str, Any]) -> str:
    """Return a classifier's answer as one line: label, its share, the texts."""
    answer = dict(answer)
    label = answer.pop("label")
    share = answer.pop("probabilities")[label]
    return "\t".join([label, f"{share:.3f}", *answer.values()])
