"""A process at rest gives back what it needs no more."""

import ctypes
import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from runtime.memory import GROWTH, IdleMemory, resident_bytes, trim_memory

PIECES = 64 * 1024  # of 1 KiB, which malloc takes from its heap
MIB = 1024 * 1024
needs_glibc = pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="glibc alone can be told to")
HASHING = """
from concurrent.futures import ThreadPoolExecutor
from argon2 import PasswordHasher
from runtime.memory import configure_memory, resident_bytes, trim_memory
configure_memory()
before = resident_bytes()
with ThreadPoolExecutor(2) as threads:
    list(threads.map(PasswordHasher(memory_cost=19456, parallelism=1).hash, ["a", "b", "c", "d"]))
    trim_memory()
    print((resident_bytes() - before) // 2**20)
"""


class Circle:
    """Garbage that only the collector frees."""

    def __init__(self) -> None:
        self.itself = self


@dataclass
class Load:
    """What a process says of the requests that it serves."""

    served: int = 0
    in_flight: int = 0

    def memory(self) -> IdleMemory:
        return IdleMemory(lambda: self.served, lambda: self.in_flight)


@pytest.fixture
def garbage() -> Iterator[weakref.ref[Circle]]:
    """A circle that nothing but itself holds, while no collection comes by chance."""
    gc.disable()
    yield weakref.ref(Circle())
    gc.enable()


def test_a_process_at_rest_collects_its_garbage(garbage: weakref.ref[Circle]) -> None:
    load = Load()
    memory = load.memory()
    load.served = 1
    assert not memory.trim_if_due()
    assert garbage() is not None
    assert memory.trim_if_due()
    assert garbage() is None


def test_a_process_with_a_request_in_flight_is_left_alone(garbage: weakref.ref[Circle]) -> None:
    load = Load(in_flight=1)
    memory = load.memory()
    load.served = 1
    assert [memory.trim_if_due(), memory.trim_if_due()] == [False, False]
    assert garbage() is not None


def test_a_process_that_never_rests_is_left_alone(garbage: weakref.ref[Circle]) -> None:
    load = Load()
    memory = load.memory()
    for _ in range(3):
        load.served += 1
        assert not memory.trim_if_due()
    assert garbage() is not None


def test_a_process_that_never_rests_is_trimmed_after_a_peak(garbage: weakref.ref[Circle]) -> None:
    load = Load()
    memory = load.memory()
    peak = b"\1" * (GROWTH + MIB)
    load.served += 1
    assert memory.trim_if_due()
    assert garbage() is None
    assert len(peak) > GROWTH


def test_a_process_that_has_served_nothing_since_is_left_alone() -> None:
    load = Load(served=1)
    memory = load.memory()
    memory.trim_if_due()
    assert memory.trim_if_due()
    assert not memory.trim_if_due()
    load.served += 1
    assert [memory.trim_if_due(), memory.trim_if_due()] == [False, True]


@needs_glibc
def test_free_pages_between_used_ones_go_back_to_the_system() -> None:
    pieces = [bytes([number % 255 + 1]) * 1024 for number in range(PIECES)]
    kept = pieces[::16]  # most pages between them are free, while the last one keeps the end of the heap
    full = resident_bytes()
    del pieces
    trim_memory()
    assert full - resident_bytes() > 20 * MIB
    assert len(kept) == PIECES // 16


@needs_glibc
def test_the_memory_of_password_hashes_goes_back_while_their_threads_wait() -> None:
    ended = subprocess.run([sys.executable, "-c", HASHING], capture_output=True, text=True, check=True)
    assert int(ended.stdout) < 10
