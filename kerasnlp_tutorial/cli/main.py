"""From words on the command line to an exit code."""

import logging
import os
import sys
from collections.abc import Sequence

from kerasnlp_tutorial.cli.parser import PROGRAM, make_parser
from kerasnlp_tutorial.errors import InputError

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
    parser = make_parser()
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
