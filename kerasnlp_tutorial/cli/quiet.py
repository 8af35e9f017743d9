"""TensorFlow without the messages of its C++ libraries.

They are written while its libraries are loaded, before their log level is read: about
CUDA on machines without a GPU, and about instructions of the processor.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator

from kerasnlp_tutorial.cli.around_import import AroundImport

LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
"""Environment variable; with a level of the user's own, nothing is hidden here."""


def hide_native_messages() -> None:
    """Let TensorFlow's C++ libraries write fatal errors only, from their import on.

    It must be called before TensorFlow is imported, and imports nothing itself.
    """
    if LOG_LEVEL in os.environ:
        return
    os.environ[LOG_LEVEL] = "3"
    AroundImport("tensorflow", without_native_messages).install()


@contextlib.contextmanager
def without_native_messages() -> Iterator[None]:
    """Hide what is written to the file descriptor of standard error.

    If the block fails, it is written after all.
    """
    try:
        kept = os.dup(2)
    except OSError:  # standard error is closed
        yield
        return
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, kept)
        hidden = stack.enter_context(tempfile.TemporaryFile())
        os.dup2(hidden.fileno(), 2)
        try:
            yield
        except BaseException:
            hidden.seek(0)
            os.write(kept, hidden.read())
            raise
        finally:
            os.dup2(kept, 2)
