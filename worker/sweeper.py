"""The sweeper: periodic work in the database and in the process, a batch at a time."""

import asyncio
from typing import Protocol

import structlog

from models.errors.base import StoreUnavailable

POLL_SECONDS = 5.0
log = structlog.get_logger()


class BatchWork(Protocol):
    """Work that is done in batches; any process may do the next of those in the database."""

    async def run_once(self) -> bool:
        """Do a batch; return whether there may be more to do at once."""


class Sweeper:
    """Does batch after batch while there is work, and looks for more every `seconds`.

    Every process has one; whichever comes first does the next batch.
    """

    def __init__(self, work: BatchWork, seconds: float = POLL_SECONDS) -> None:
        self._work = work
        self._seconds = seconds

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            if not await self._run_once():
                await asyncio.sleep(self._seconds)

    async def _run_once(self) -> bool:
        try:
            return await self._work.run_once()
        except StoreUnavailable as error:  # also where another process, or a command, was faster
            log.debug("sweeper waits", reason=str(error))
            return False
