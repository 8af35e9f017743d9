"""What TensorFlow frees after an operation stays with the process during training."""

import contextlib
import ctypes
import platform
import threading
from collections.abc import Iterator

# Parameters of glibc's `mallopt`.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -2, -3, -4
_TRAINING = {_TRIM_THRESHOLD: 2**31 - 1, _TOP_PAD: 2**26, _MMAP_MAX: 0}
# Where glibc arrives by itself in a process that frees large arrays.
_AFTER = {
    _TRIM_THRESHOLD: 2**26,
    _TOP_PAD: 2**17,
    _MMAP_THRESHOLD: 2**25,
    _MMAP_MAX: 2**16,
}
_lock = threading.Lock()
_inside = 0  # `with` blocks, of all threads


@contextlib.contextmanager
def keeping_freed_memory() -> Iterator[None]:
    """Keep freed memory in `with` blocks, and give it back at the end of the last one.

    An operation of TensorFlow on a CPU allocates its results. glibc takes large ones
    from the system and gives them back when they are freed, a few milliseconds later.
    In a step of a small BERT, the system hands out 2,000 pages that way, and fills them
    with zeros, which takes a tenth of the time. Nothing is done without glibc.
    """
    if platform.libc_ver()[0] != "glibc":
        yield
        return
    libc = ctypes.CDLL(None)
    _enter(libc, 1)
    try:
        yield
    finally:
        _enter(libc, -1)


def _enter(libc: ctypes.CDLL, change: int) -> None:
    global _inside
    with _lock:
        _inside += change
        for parameter, value in (_TRAINING if _inside else _AFTER).items():
            libc.mallopt(parameter, value)
        if not _inside:
            libc.malloc_trim(0)
