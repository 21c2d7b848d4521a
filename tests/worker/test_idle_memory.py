"""A worker at rest gives back what it needs no more."""

import ctypes
import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from worker.delivery.request_counts import RequestCounts
from worker.idle_memory import IdleMemory, trim_memory

PIECES = 64 * 1024  # of 1 KiB, which malloc takes from its heap
MIB = 1024 * 1024


class Circle:
    """Garbage that only the collector frees."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def garbage() -> Iterator[weakref.ref[Circle]]:
    """A circle that nothing but itself holds, while no collection comes by chance."""
    gc.disable()
    yield weakref.ref(Circle())
    gc.enable()


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def count_request(counts: RequestCounts) -> None:
    counts.outcomes["user.get", "done"] += 1


async def test_a_worker_at_rest_collects_its_garbage(garbage: weakref.ref[Circle]) -> None:
    counts = RequestCounts()
    count_request(counts)
    assert await IdleMemory(counts).run_once() is False
    assert garbage() is None


async def test_a_worker_with_a_request_in_hand_is_left_alone(garbage: weakref.ref[Circle]) -> None:
    counts = RequestCounts()
    count_request(counts)
    counts.in_flight = 1
    await IdleMemory(counts).run_once()
    assert garbage() is not None


async def test_a_worker_that_has_served_nothing_since_is_left_alone(garbage: weakref.ref[Circle]) -> None:
    counts = RequestCounts()
    memory = IdleMemory(counts)
    count_request(counts)
    await memory.run_once()
    later = weakref.ref(Circle())
    await memory.run_once()
    assert later() is not None
    count_request(counts)
    await memory.run_once()
    assert later() is None


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="glibc alone can be told to")
def test_free_pages_between_used_ones_go_back_to_the_system() -> None:
    pieces = [bytes([number % 255 + 1]) * 1024 for number in range(PIECES)]
    kept = pieces[::16]  # most pages between them are free, while the last one keeps the end of the heap
    full = resident_bytes()
    del pieces
    trim_memory()
    assert full - resident_bytes() > 20 * MIB
    assert len(kept) == PIECES // 16
