"""What the command line takes."""

import argparse
from collections.abc import Sequence
from typing import Any

import kerasnlp_tutorial
from kerasnlp_tutorial import registry
from kerasnlp_tutorial.cli import commands
from kerasnlp_tutorial.cli.options import (
    add_settings,
    chapter_settings,
    package_settings,
)
from kerasnlp_tutorial.cli.program import PROGRAM


def make_parser(arguments: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return the parser; `command` of the namespace is the function to call.

    Args:
        arguments: words that will be parsed. The settings of a chapter are options of
            `train` only if the words name that chapter.
    """
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description="Korean NLP with BERT and GPT on Keras."
    )
    version = f"%(prog)s {kerasnlp_tutorial.__version__}"
    parser.add_argument("--version", action="version", version=version)
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)

    _add_chapters(subparsers)
    _add_train(subparsers, arguments)
    _add_evaluate(subparsers)
    _add_predict(subparsers)
    _add_export(subparsers)
    _add_classify_in_context(subparsers)
    _add_generate(subparsers)
    _add_demo(subparsers)
    _add_pretrain(subparsers)
    _add_tokenizer(subparsers)
    return parser


def _add_chapters(subparsers: Any) -> None:
    chapters = subparsers.add_parser("chapters", help="list the chapters")
    chapters.set_defaults(command=commands.chapters)


def _add_train(subparsers: Any, arguments: Sequence[str]) -> None:
    train = subparsers.add_parser(
        "train",
        help="train a chapter's model and save it",
        description="Train a chapter's model, measure it on the test set, save it. "
        "Without options: on the embedded sample, offline. `train CHAPTER --help` "
        "lists all settings of a chapter.",
    )
    train.add_argument("chapter", metavar="CHAPTER", help="such as ch04")
    _add_common(train)
    tasks = [chapter for chapter in registry.CHAPTERS if chapter.has_task]
    named = [c for word in arguments[1:] for c in tasks if word.lower() in c.names]
    if arguments[:1] == ["train"] and named:
        add_settings(train, chapter_settings(named[0].name))
    else:
        add_settings(train, package_settings("config.py", "TrainingConfig"))
    train.set_defaults(command=commands.train)


def _add_evaluate(subparsers: Any) -> None:
    evaluate = subparsers.add_parser(
        "evaluate",
        help="measure a trained model",
        description="Measure a trained model. With no option: on the test set that "
        "belongs to its training data.",
    )
    evaluate.add_argument("directory", metavar="DIR", help="written by train")
    _add_data_options(evaluate)
    _add_set_and_json(evaluate)
    evaluate.set_defaults(command=commands.evaluate)


def _add_predict(subparsers: Any) -> None:
    predict = subparsers.add_parser(
        "predict",
        help="apply a trained model to texts",
        description="Apply a trained model to texts, or to standard input: a text a "
        "line, or JSON lines, or TSV with the input fields as header.",
    )
    predict.add_argument("directory", metavar="DIR", help="written by train")
    predict.add_argument("texts", metavar="TEXT", nargs="*")
    predict.add_argument("--json", action="store_true", help="one JSON object a line")
    predict.set_defaults(command=commands.predict)


def _add_export(subparsers: Any) -> None:
    export = subparsers.add_parser(
        "export",
        help="write a model as a folder that transformers opens",
        description="Write a model, with its head and its tokenizer, as a Hugging Face "
        "checkpoint.",
    )
    export.add_argument("model", metavar="DIR_OR_PRESET")
    export.add_argument("--output", metavar="DIR", required=True)
    export.set_defaults(command=commands.export)


def _add_classify_in_context(subparsers: Any) -> None:
    classify = subparsers.add_parser(
        "classify-in-context",
        help="classify texts with a language model that was not trained for it",
        description="Ask a language model, such as a GPT-2, which label it would say "
        "after each text, with a few labelled examples shown before, or none.",
    )
    classify.add_argument("preset", metavar="PRESET", help="by name or folder")
    classify.add_argument("texts", metavar="TEXT", nargs="*")
    classify.add_argument(
        "--labels",
        metavar="L=WORD,L=WORD",
        required=True,
        help="the labels, with what the model is to say for each",
    )
    classify.add_argument(
        "--shots",
        metavar="F",
        help="table with the columns text and label; all of its rows are shown",
    )
    classify.add_argument(
        "--template",
        metavar="T",
        default="{text} {label}",
        help="how an example is written (default: %(default)s)",
    )
    classify.add_argument(
        "--no-calibration",
        action="store_true",
        help="keep the model's preference for a word, whatever the text",
    )
    classify.add_argument("--json", action="store_true", help="one object a line")
    classify.set_defaults(command=commands.classify_in_context)


def _add_generate(subparsers: Any) -> None:
    generate = subparsers.add_parser(
        "generate",
        help="continue texts",
        description="Continue texts with a language model, such as a GPT-2. With no "
        "option the likeliest token is always taken; top-k, top-p and temperature "
        "draw.",
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
    generate.add_argument(
        "--half-precision",
        action="store_true",
        help="weights in float16: on a CPU, large models write single texts faster",
    )
    generate.add_argument("--json", action="store_true", help="one object a text")
    generate.set_defaults(command=commands.generate)


def _add_demo(subparsers: Any) -> None:
    demo = subparsers.add_parser(
        "demo",
        help="try a model in the browser",
        description="Serve a page, in Korean, to try a trained model on, and the same "
        "as JSON at /api. Without DIR_OR_PRESET: the presets of the package, and all "
        "chapters, each trained once, into the cache, when its page asks for it. Needs "
        "the extra [demo].",
    )
    demo.add_argument(
        "models",
        metavar="DIR_OR_PRESET",
        nargs="*",
        help="written by train, or a GPT-2 by name; two of the same chapter are "
        "compared side by side",
    )
    demo.add_argument(
        "--host",
        metavar="H",
        default="127.0.0.1",
        help="default: %(default)s, this machine only",
    )
    demo.add_argument(
        "--port", metavar="P", type=int, help="default: a free one from 7860 on"
    )
    demo.add_argument(
        "--share",
        action="store_true",
        help="open a public address as well; what is typed there passes through "
        "Gradio's server",
    )
    demo.add_argument(
        "--allow-host",
        metavar="NAME",
        action="append",
        default=[],
        help="a name that a proxy in front of the demo has; may be given several times",
    )
    demo.add_argument(
        "--allow-training",
        action="store_true",
        help="let users of other machines train the models of the chapters here",
    )
    demo.set_defaults(command=commands.demo)


def _add_pretrain(subparsers: Any) -> None:
    pretrain = subparsers.add_parser(
        "pretrain",
        help="learn a language model from texts without labels",
        description="Learn a masked (bert) or causal (gpt2) language model from text "
        "files and save it as a preset.",
    )
    pretrain.add_argument("architecture", choices=["bert", "gpt2"])
    _add_text_option(pretrain, required=False)
    _add_common(pretrain)
    add_settings(
        pretrain, package_settings("pretraining/config.py", "PretrainingConfig")
    )
    pretrain.set_defaults(command=commands.pretrain)


def _add_tokenizer(subparsers: Any) -> None:
    tokenizer = subparsers.add_parser("tokenizer", help="learn a vocabulary")
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
    learn.add_argument(
        "--alphabet",
        metavar="N",
        type=int,
        help="wordpiece: maximum number of different characters, the most frequent "
        "ones (default: 1500)",
    )
    learn.add_argument(
        "--without-particles",
        action="store_true",
        help="wordpiece: train on words without the particles (조사) at their ends, so "
        "that tokens end where names end",
    )
    learn.add_argument("--output", metavar="DIR", required=True)
    learn.set_defaults(command=commands.train_tokenizer)


def _add_text_option(parser: argparse.ArgumentParser, required: bool) -> None:
    parser.add_argument(
        "--text",
        metavar="F",
        nargs="+",
        required=required,
        help="UTF-8 files, a text a line; .xz, .gz and .bz2 are decompressed",
    )


def _add_data_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dataset", metavar="NAME", help="sample, or a corpus by name")
    parser.add_argument("--data-dir", metavar="D", help="folder with its files")
    parser.add_argument("--test-file", metavar="F", help="file of your own")
    parser.add_argument(
        "--ids",
        metavar="F",
        dest="test_ids",
        help="file with the ids of the questions to take, ch07",
    )


def _add_common(parser: argparse.ArgumentParser) -> None:
    """Add the options of `train` and `pretrain` that are no settings."""
    parser.add_argument(
        "--devices",
        metavar="N",
        type=int,
        help="train on N devices of this machine; batch_size is that of all together",
    )
    parser.add_argument(
        "--coordinator",
        metavar="HOST:PORT",
        help="train with other processes, each started by the same command on its "
        "machine: address of process 0, or `auto` on Slurm, Kubernetes or Cloud TPU; "
        "needs KERAS_BACKEND=jax",
    )
    parser.add_argument("--processes", metavar="N", type=int, help="number of them")
    parser.add_argument(
        "--process", metavar="I", type=int, help="number of this process, from 0"
    )
    parser.add_argument(
        "--config",
        metavar="F",
        help="TOML file with settings; every training writes one, settings.toml",
    )
    _add_set_and_json(parser)


def _add_set_and_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        metavar="FIELD=VALUE",
        action="append",
        default=[],
        help="any setting, repeatable",
    )
    parser.add_argument(
        "--json", action="store_true", help="the last line of output is a JSON object"
    )
