"""The command `kerasnlp-tutorial`. Keras is imported by the commands that need it."""

import argparse
import dataclasses
import json
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import kerasnlp_tutorial
from kerasnlp_tutorial import registry, runs
from kerasnlp_tutorial.config import parse_fields
from kerasnlp_tutorial.datasets.table import decode_utf8
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.inputs import parse_inputs

PROGRAM = "kerasnlp-tutorial"
USAGE_ERROR = 2

# Where a user's input goes wrong without our noticing it first.
_INPUT_ERRORS = (
    InputError,
    FileNotFoundError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
    ConnectionError,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    Args:
        arguments: the words after the program's name; None for `sys.argv`.
    """
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    # argparse takes no more texts once an option has come: predict DIR --json TEXT.
    if hasattr(options, "texts"):
        options.texts += [word for word in rest if not word.startswith("-")]
        rest = [word for word in rest if word.startswith("-")]
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stderr)
    try:
        options.command(options)
        sys.stdout.flush()
    except _INPUT_ERRORS as error:
        print(f"{PROGRAM}: error: {error}", file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        print(f"{PROGRAM}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description="Korean NLP with BERT and GPT on Keras."
    )
    version = f"%(prog)s {kerasnlp_tutorial.__version__}"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    chapters = commands.add_parser("chapters", help="list the chapters")
    chapters.set_defaults(command=_chapters)

    train = commands.add_parser(
        "train",
        help="train a chapter's model and save it",
        description="Train a chapter's model, measure it on the test set, save it. "
        "With no option: on the embedded sample, offline.",
    )
    train.add_argument("chapter", help="such as ch04")
    _add_data_options(train)
    train.add_argument(
        "--backbone",
        metavar="B",
        help="preset by name or folder, a checkpoint of the Hugging Face hub "
        "(hf://owner/name, kcbert-base, klue-bert-base) or its folder, or scratch",
    )
    _add_run_options(train)
    _add_set_and_json(train)
    train.set_defaults(command=_train)

    evaluate = commands.add_parser(
        "evaluate",
        help="measure a trained model",
        description="Measure a trained model. With no option: on the test set that "
        "belongs to its training data.",
    )
    evaluate.add_argument("directory", metavar="DIR", help="written by train")
    _add_data_options(evaluate)
    _add_set_and_json(evaluate)
    evaluate.set_defaults(command=_evaluate)

    predict = commands.add_parser(
        "predict",
        help="apply a trained model to texts",
        description="Apply a trained model to texts, or to standard input: a text a "
        "line, or JSON lines, or TSV with the input fields as header.",
    )
    predict.add_argument("directory", metavar="DIR", help="written by train")
    predict.add_argument("texts", metavar="TEXT", nargs="*")
    predict.add_argument("--json", action="store_true", help="one JSON object a line")
    predict.set_defaults(command=_predict)

    export = commands.add_parser(
        "export",
        help="write a model as a folder that transformers opens",
        description="Write a model, with its head and its tokenizer, as a Hugging Face "
        "checkpoint.",
    )
    export.add_argument("model", metavar="DIR_OR_PRESET")
    export.add_argument("--output", metavar="DIR", required=True)
    export.set_defaults(command=_export)

    _add_generate(commands)
    _add_pretrain(commands)
    _add_tokenizer(commands)
    return parser


def _add_generate(commands: Any) -> None:
    generate = commands.add_parser(
        "generate",
        help="continue texts",
        description="Continue texts with a GPT-2. With no option the likeliest token "
        "is always taken; top-k, top-p and temperature draw.",
    )
    generate.add_argument("model", metavar="DIR_OR_PRESET")
    generate.add_argument("--prompt", metavar="TEXT", action="append", required=True)
    for name, metavar, text in (
        ("top-k", "K", "draw among the K likeliest tokens"),
        ("top-p", "P", "draw among the likeliest tokens that make up P, 0 to 1"),
        ("temperature", "T", "below 1 more predictable, above 1 less"),
        ("beams", "N", "follow N texts and take the likeliest"),
        ("repetition-penalty", "X", "above 1: against tokens that occurred"),
        ("no-repeat-ngram", "N", "no N tokens in a row occur twice"),
        ("min-new-tokens", "N", "do not end before"),
        ("max-new-tokens", "N", "end then at the latest (default 64)"),
    ):
        generate.add_argument(f"--{name}", metavar=metavar, help=text)
    generate.add_argument("--seed", metavar="S", type=int, default=0)
    generate.add_argument("--n", type=int, default=1, help="texts of each prompt")
    generate.add_argument("--json", action="store_true", help="one object a text")
    generate.set_defaults(command=_generate)


def _add_pretrain(commands: Any) -> None:
    pretrain = commands.add_parser(
        "pretrain",
        help="learn a language model from texts without labels",
        description="Learn a masked (bert) or causal (gpt2) language model from text "
        "files and save it as a preset.",
    )
    pretrain.add_argument("architecture", choices=["bert", "gpt2"])
    _add_text_option(pretrain, required=False)
    pretrain.add_argument("--preset-config", metavar="SIZE", help="mini or small")
    _add_run_options(pretrain)
    _add_set_and_json(pretrain)
    pretrain.set_defaults(command=_pretrain)


def _add_tokenizer(commands: Any) -> None:
    tokenizer = commands.add_parser("tokenizer", help="learn a vocabulary")
    actions = tokenizer.add_subparsers(metavar="ACTION", required=True)
    learn = actions.add_parser(
        "train",
        help="learn a vocabulary from texts",
        description="Learn a vocabulary from text files: vocab.txt for BERT, "
        "vocab.json and merges.txt for GPT-2.",
    )
    learn.add_argument("--kind", choices=["wordpiece", "bpe"], required=True)
    _add_text_option(learn, required=True)
    learn.add_argument("--size", metavar="N", type=int, default=10_000)
    learn.add_argument("--output", metavar="DIR", required=True)
    learn.set_defaults(command=_train_tokenizer)


def _add_text_option(parser: argparse.ArgumentParser, required: bool) -> None:
    parser.add_argument(
        "--text",
        metavar="F",
        nargs="+",
        required=required,
        help="UTF-8 files, a text a line; .xz, .gz and .bz2 are decompressed",
    )


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", metavar="DIR", help="default: runs/NAME-NUMBER")
    parser.add_argument("--overwrite", action="store_true", help="replace DIR")
    parser.add_argument("--resume", action="store_true", help="continue DIR's training")
    parser.add_argument("--max-minutes", metavar="M", help="time to train, at most")


def _add_data_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dataset", metavar="NAME", help="sample, or a corpus by name")
    parser.add_argument("--data-dir", metavar="D", help="folder with its files")
    own, ids = "file of your own", "file with the ids of the questions to take"
    if parser.prog.endswith("train"):
        parser.add_argument("--train-file", metavar="F", help=own)
        parser.add_argument("--ids", metavar="F", help=f"{ids}, ch07")
        parser.add_argument("--test-ids", metavar="F", help="likewise, to be tested on")
    else:
        parser.add_argument("--ids", metavar="F", dest="test_ids", help=f"{ids}, ch07")
    parser.add_argument("--test-file", metavar="F", help=own)


def _add_set_and_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        metavar="FIELD=VALUE",
        action="append",
        default=[],
        help="any other setting of the chapter's Config, repeatable",
    )
    parser.add_argument(
        "--json", action="store_true", help="the last line of output is a JSON object"
    )


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
_TRAIN_FIELDS = (*_DATA_FIELDS, "train_file", "ids", "backbone", *_RUN_FIELDS)


def _chapters(options: argparse.Namespace) -> None:
    for chapter in registry.CHAPTERS:
        print(f"{chapter.name}  {chapter.title}  ({chapter.module_name})")


def _train(options: argparse.Namespace) -> None:
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


def _pretrain(options: argparse.Namespace) -> None:
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


def _generate(options: argparse.Namespace) -> None:
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
            if options.json:
                answer = {"prompt": prompt, "text": text}
                print(json.dumps(answer, ensure_ascii=False))
            else:
                print(prompt + text)


def _export(options: argparse.Namespace) -> None:
    from kerasnlp_tutorial.checkpoints import export_to_huggingface

    output = export_to_huggingface(options.model, options.output)
    print(f"saved to {output}", file=sys.stderr)


def _train_tokenizer(options: argparse.Namespace) -> None:
    output = Path(options.output)
    if output.exists():
        raise InputError(f"{output} exists; choose another --output")
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


def _evaluate(options: argparse.Namespace) -> None:
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
    for name, value in scores.items():
        nested = value.items() if isinstance(value, dict) else [(None, value)]
        for inner, number in nested:
            label = f"{name}.{inner}" if inner else name
            print(
                f"{label:24} {number:.4f}"
                if isinstance(number, float)
                else f"{label:24} {number}"
            )
    if footer:
        print(footer)


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


def _predict(options: argparse.Namespace) -> None:
    training = runs.describe(options.directory)
    for text in options.texts:
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise InputError(f"TEXT must be UTF-8; received {os.fsencode(text)!r}")
    module = registry.find(training["chapter"]).load()
    fields = module.INPUT_FIELDS
    inputs = _inputs(options.texts, fields)
    if len(fields) == 1:
        inputs = [text for (text,) in inputs]
    trained = runs.load(options.directory)
    format_answer = getattr(module, "format_answer", _format_answer)
    for answer in module.predict(trained, inputs):
        if options.json:
            print(json.dumps(answer, ensure_ascii=False))
        else:
            print(format_answer(answer))


def _format_answer(answer: dict[str, Any]) -> str:
    """Return a classifier's answer as one line: label, its share, the texts."""
    answer = dict(answer)
    label = answer.pop("label")
    share = answer.pop("probabilities")[label]
    return "\t".join([label, f"{share:.3f}", *answer.values()])


if __name__ == "__main__":
    sys.exit(main())
