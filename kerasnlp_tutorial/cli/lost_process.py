"""One message when another process of a training is lost."""

import io
import logging
import os
import signal
import sys
from typing import Any

from kerasnlp_tutorial import distribution
from kerasnlp_tutorial.cli.program import PROGRAM

_kept: list[Any] = []  # C code has only the address of a function


def end_with_message() -> None:
    """Let this process end with exit code 1 and a message when JAX finds another lost.

    JAX finds it although this process waits for the other one. It then writes the state
    of its C++ code and aborts, in a thread where Python cannot catch it.
    """
    import ctypes  # would be a part of the start of every command

    errors = os.dup(2)
    stream = io.TextIOWrapper(
        io.FileIO(errors, "w"),
        encoding="utf-8",
        errors="replace",
        line_buffering=True,
        write_through=True,
    )
    for handler in logging.getLogger().handlers:
        if getattr(handler, "stream", None) is sys.stderr:
            handler.setStream(stream)  # type: ignore[attr-defined]
    sys.stderr = stream
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # for all that is not Python

    @ctypes.CFUNCTYPE(None, ctypes.c_int)
    def end(number):
        if distribution.is_connected() is False:
            os._exit(0)  # the training is over, and this process has said so
        if distribution.is_connected():
            message = str(distribution.ProcessLostError())
        else:
            message = (
                "the processes cannot be connected: is the coordinator's port free, "
                "and does each have a number of its own?"
            )
        os.write(errors, f"{PROGRAM}: error: {message}\n".encode())
        os._exit(1)

    _kept.append(end)
    ctypes.CDLL(None).signal(signal.SIGABRT, end)
