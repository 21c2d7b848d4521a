"""The memory of a process that serves: kept while it works, and given back to the system while it rests."""

import asyncio
import ctypes
import gc
from collections.abc import Callable
from pathlib import Path

LOOK_SECONDS = 1.0
APART_SECONDS = 10.0  # between two trims: each holds up a request that comes meanwhile
GROWTH = 64 * 1024 * 1024  # bytes since the last trim: from then on a process that never rests is trimmed too
PAGE = 4096

# numbers and limits of glibc's mallopt
_ARENA_MAX, _MMAP_THRESHOLD, _TRIM_THRESHOLD = -8, -3, -1
_LARGEST_THRESHOLD = 32 * 1024 * 1024
_NEVER = 2**31 - 1


def configure_memory(young: int = 10_000) -> None:
    """Set up garbage collection and malloc, once everything is imported and before the first thread starts.

    Argon2 takes 19 MiB for each hash. Each thread that hashes would keep an arena of that size, which nothing but the
    thread itself can give back; in the one arena that all threads share, free pages stay for the next hash until
    `trim_memory` gives them back. `young` is how many new containers the garbage collector waits for: each time
    it looks at all of those that live.
    """
    # modules and contracts are never garbage, and a request makes some hundred objects of which few are in circles
    gc.collect()
    gc.freeze()
    gc.set_threshold(young, 20, 20)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, _LARGEST_THRESHOLD)  # to map it anew for each hash takes as long as the hash
        mallopt(_TRIM_THRESHOLD, _NEVER)


def trim_memory() -> None:
    """Collect all garbage, and return to the system every page that is free; on musl or macOS only collect."""
    gc.collect()
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)


class IdleMemory:
    """Trims the memory of a process that has served requests since the last time, and rests now.

    Left alone, garbage in circles waits for the next requests, and glibc keeps pages that are free between used ones:
    after many large requests at once that is most of a process's memory. A trim takes some 20 ms, 60 after a peak, in
    which nothing is served: it waits for a second without requests, unless much memory has come together since the
    last one. `served` tells how many requests were served so far, `in_flight` how many are being served.
    """

    def __init__(self, served: Callable[[], int], in_flight: Callable[[], int]) -> None:
        self._served = served
        self._in_flight = in_flight
        self._seen = self._trimmed = 0
        self._kept = resident_bytes()

    async def run(self) -> None:
        """Look every second until cancelled; after a trim only ten seconds later."""
        while True:
            is_trimmed = self.trim_if_due()
            await asyncio.sleep(APART_SECONDS if is_trimmed else LOOK_SECONDS)

    def trim_if_due(self) -> bool:
        """Trim if the process rests, and has served something since the last time; return whether it did."""
        served, seen = self._served(), self._seen
        self._seen = served
        if self._in_flight() or served == self._trimmed:
            return False
        if served != seen and resident_bytes() < self._kept + GROWTH:
            return False
        trim_memory()
        self._trimmed, self._kept = served, resident_bytes()
        return True


def resident_bytes() -> int:
    """The resident memory of this process; 0 where there is no /proc."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * PAGE if statm.exists() else 0
