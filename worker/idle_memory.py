"""Memory that a worker needs no more goes back to the system while it rests."""

import ctypes
import gc

from worker.delivery.request_counts import RequestCounts

TRIM_SECONDS = 10.0


class IdleMemory:
    """Trims the memory of a process that has served requests since the last time and has none in flight now.

    Left alone, garbage in circles waits for the next requests, and glibc keeps pages that are free between used ones:
    after many large requests at once that is most of a worker's memory.
    """

    def __init__(self, counts: RequestCounts) -> None:
        self._counts = counts
        self._served = 0

    async def run_once(self) -> bool:
        """Trim if the process rests: some 20 ms, 60 after a peak. Return False, as nothing is left to do."""
        served = self._counts.outcomes.total()
        if not self._counts.in_flight and served != self._served:
            self._served = served
            trim_memory()
        return False


def trim_memory() -> None:
    """Collect all garbage, and return to the system every page that is free; on musl or macOS only collect."""
    gc.collect()
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
