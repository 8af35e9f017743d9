import platform

import pytest
from helpers import printed_by

FAULTS = """
import resource
import numpy as np
from kerasnlp_tutorial.training.allocator import keeping_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        np.ones(2**21)  # 16 MB
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

faults()
print(faults())
with keeping_freed_memory():
    with keeping_freed_memory():
        faults()
    print(faults())
    kept = [np.ones(2**18) for _ in range(50)]  # 100 MB
    before = resident()
    del kept
print(before - resident())
faults()
print(faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="for glibc")
def test_freed_memory_is_kept_inside_and_given_back_after():
    before, inside, given_back, after = map(int, printed_by(FAULTS))
    assert inside < 1_000  # 80,000 if each array took new pages
    assert given_back > 40e6
    assert after < before + 1_000  # as fast as it was


def test_nothing_happens_without_glibc(monkeypatch):
    from kerasnlp_tutorial.training import allocator

    monkeypatch.setattr(allocator.platform, "libc_ver", lambda: ("", ""))
    monkeypatch.setattr(allocator.ctypes, "CDLL", None)
    with allocator.keeping_freed_memory():
        pass
