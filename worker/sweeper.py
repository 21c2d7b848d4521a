"""The sweeper: does what the database needs done from time to time, a batch at a time."""

import asyncio
from typing import Protocol

import structlog

from models.errors.base import StoreUnavailable

POLL_SECONDS = 5.0
log = structlog.get_logger()


class Steps(Protocol):
    """Work that is done in steps; any process may take the next."""

    async def step(self) -> bool:
        """Take a step; whether there may be more to do at once."""


class Sweeper:
    """Takes step after step while there is work; every process has one, and whoever comes first takes the next step."""

    def __init__(self, work: Steps) -> None:
        self._work = work

    async def run(self) -> None:
        """Sweep until cancelled."""
        while True:
            if not await self._step():
                await asyncio.sleep(POLL_SECONDS)

    async def _step(self) -> bool:
        try:
            return await self._work.step()
        except StoreUnavailable as error:  # also where another process, or a command, was faster
            log.debug("sweeper waits", reason=str(error))
            return False
