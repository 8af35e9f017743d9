"""The exception for wrong input, as opposed to bugs."""

import reprlib
from typing import Any


class InputError(ValueError):
    """A file, an option or a value given by the user cannot be used.

    The message says what was received, where (file and line where there is one)
    and what is expected. The command line prints it without a traceback and
    exits with code 2.
    """


def shown(value: Any, max_length: int = 120) -> str:
    """Return the `repr` of a value for a message, shortened if it is long.

    Args:
        value: any value, of any length and depth.
        max_length: maximum number of characters in the result.
    """
    short = reprlib.Repr()
    short.maxstring = short.maxlong = short.maxother = max_length
    short.maxlist = short.maxtuple = short.maxdict = 20
    text = short.repr(value)
    return text if len(text) <= max_length else f"{text[: max_length - 3]}..."
