"""From words on the command line to an exit code."""

import argparse
import contextlib
import errno
import io
import logging
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from kerasnlp_tutorial import distribution
from kerasnlp_tutorial.cli import commands
from kerasnlp_tutorial.cli.lasting_imports import let_imports_last
from kerasnlp_tutorial.cli.light_keras import import_keras_lightly
from kerasnlp_tutorial.cli.parser import make_parser
from kerasnlp_tutorial.cli.program import PROGRAM
from kerasnlp_tutorial.cli.quiet import hide_native_messages
from kerasnlp_tutorial.errors import InputError
from kerasnlp_tutorial.files import is_utf8

USAGE_ERROR = 2
_POSITIONAL = {"texts": "TEXT", "directory": "DIR", "model": "DIR_OR_PRESET"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    A mistake of the user's gets one message and exit code 2, a mistake of ours its
    traceback. With `KERASNLP_TUTORIAL_DEBUG=1` both get their traceback.

    Args:
        arguments: the words after the program's name; None for `sys.argv`.
    """
    is_program = arguments is None
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    parser = make_parser(arguments)
    options, rest = parser.parse_known_args(arguments)
    # argparse takes no more texts once an option has come: predict DIR --json TEXT.
    if hasattr(options, "texts"):
        options.texts += [word for word in rest if not word.startswith("-")]
        rest = [word for word in rest if word.startswith("-")]
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    hide_native_messages()
    if is_program:
        let_imports_last()
        # The demo's Gradio, like a notebook, may need what no other command needs.
        if options.command is not commands.demo:
            import_keras_lightly()
    # TensorFlow uses oneDNN by itself only on processors with AVX-512 or newer.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    logging.basicConfig(format="%(message)s", level=logging.INFO, stream=sys.stderr)
    logging.getLogger("jax").setLevel(logging.WARNING)  # which backends it looks for
    if isinstance(sys.stdout, io.TextIOWrapper):  # not that of a notebook
        # A terminal may have no Hangul, or no emoji: \uac00 is better than a traceback.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = _run(options)
    except Exception:
        if distribution.is_connected():
            traceback.print_exc()
            distribution.end_if_connected(1)
        raise
    distribution.end_if_connected(code)
    return code


def _run(options: argparse.Namespace) -> int:
    """Run a command and return the exit code."""
    try:
        with contextlib.redirect_stdout(_Output(sys.stdout)):
            _check_utf8(options)
            options.command(options)
            sys.stdout.flush()
    except distribution.FirstProcessError:
        return USAGE_ERROR
    except InputError as error:
        return _fail(error, str(error))
    except distribution.ProcessLostError as error:
        _fail(error, str(error))
        return 1
    except _OutputError as error:
        # Or Python would try once more when it ends, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno != errno.EPIPE:  # else `head`, say, has seen enough
            return _fail(error, f"cannot write standard output: {error.strerror}")
    except KeyboardInterrupt:
        print(f"{PROGRAM}: interrupted", file=sys.stderr)
        return 130
    return 0


class _OutputError(OSError):
    """Standard output cannot be written; the user's disk, not a mistake of ours."""


class _Output:
    """A stream that says of an error that it is its own."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, text: str) -> int:
        with self._named():
            return self._stream.write(text)

    def flush(self) -> None:
        with self._named():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextlib.contextmanager
    def _named(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise _OutputError(error.errno, error.strerror) from error


def _check_utf8(options: argparse.Namespace) -> None:
    """Refuse what the shell has passed in another encoding."""
    for name, value in vars(options).items():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and not is_utf8(text):
                shown = _POSITIONAL.get(name, f"--{name.replace('_', '-')}")
                raise InputError(
                    f"{shown} must be UTF-8; received {os.fsencode(text)!r}"
                )


def _fail(error: Exception, message: str) -> int:
    if os.environ.get("KERASNLP_TUTORIAL_DEBUG", "0") not in ("", "0"):
        # With what it was raised for, `from None` or not.
        cause = error
        while cause is not None:
            cause.__suppress_context__ = False
            cause = cause.__cause__ or cause.__context__
        traceback.print_exception(error)
    print(f"{PROGRAM}: error: {message}", file=sys.stderr)
    return USAGE_ERROR
