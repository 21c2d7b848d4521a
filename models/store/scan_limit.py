"""A limit on the searches that read a collection without an index."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from models.errors.base import SearchBusy

RUNNING = 4
WAITING = 32  # half of a worker's prefetch limit: the other half is left to others


class ScanLimit:
    """Lets `running` scans of a process run at once and `waiting` more wait; the rest are refused."""

    def __init__(self, running: int = RUNNING, waiting: int = WAITING) -> None:
        self._free = running + waiting
        self._running = asyncio.Semaphore(running)

    @asynccontextmanager
    async def admit(self) -> AsyncIterator[None]:
        """Run the block when its turn comes. Raises `SearchBusy`."""
        if not self._free:
            raise SearchBusy
        self._free -= 1
        try:
            async with self._running:
                yield
        finally:
            self._free += 1
