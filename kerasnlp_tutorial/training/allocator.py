"""What TensorFlow frees after an operation stays with the process during training."""

import contextlib
import ctypes
import platform
from collections.abc import Iterator

# Parameters of glibc's `mallopt`: while a model is trained, and by default.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
_TRAINING = {_TRIM_THRESHOLD: 2**31 - 1, _TOP_PAD: 2**26, _MMAP_MAX: 0}
_DEFAULT = {_TRIM_THRESHOLD: 2**17, _TOP_PAD: 2**17, _MMAP_MAX: 2**16}


@contextlib.contextmanager
def keeping_freed_memory() -> Iterator[None]:
    """Keep freed memory inside the `with` block, and give it back at its end.

    An operation of TensorFlow on a CPU allocates its results. glibc takes large ones
    from the system and gives them back when they are freed, a few milliseconds later.
    In a step of a small BERT, the system hands out 2,000 pages that way, and fills them
    with zeros, which takes a tenth of the time. Nothing is done without glibc.
    """
    if platform.libc_ver()[0] != "glibc":
        yield
        return
    libc = ctypes.CDLL(None)
    _set(libc, _TRAINING)
    try:
        yield
    finally:
        _set(libc, _DEFAULT)
        libc.malloc_trim(0)


def _set(libc: ctypes.CDLL, parameters: dict[int, int]) -> None:
    for parameter, value in parameters.items():
        libc.mallopt(parameter, value)
