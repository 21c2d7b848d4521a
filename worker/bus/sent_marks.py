"""Marking journal entries whose events were sent, while the next ones are sent."""

import asyncio

import structlog

from models.errors.base import StoreUnavailable
from models.store.outbox import Outbox

GATHER_SECONDS = 0.05
log = structlog.get_logger()


class SentMarks:
    """Marks batches one after the other, and fresh entries those of a moment together.

    A crash before the mark sends the events again, under the same ids.
    """

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._batch: asyncio.Task[None] | None = None
        self._fresh: asyncio.Task[None] | None = None

    async def mark_batch(self, ids: list[str]) -> None:
        """Begin to mark a batch, once the one before is marked. Raises `StoreUnavailable` if that has failed."""
        try:
            await self._wait_batch()
        finally:
            self._batch = asyncio.create_task(self._outbox.mark_sent(ids))

    def mark_fresh_soon(self) -> None:
        """Have the fresh entries that were sent marked, together with those of the next 50 ms."""
        if self._fresh is None or self._fresh.done():
            self._fresh = asyncio.create_task(self._mark_fresh())

    async def wait(self) -> None:
        """Wait until everything that was sent is marked. Raises `StoreUnavailable` if a batch could not be."""
        if self._fresh is not None:
            await asyncio.wait({self._fresh})
        await self._wait_batch()

    async def _wait_batch(self) -> None:
        if self._batch is not None:
            await asyncio.wait({self._batch})  # goes on if the relay is cancelled
            marking, self._batch = self._batch, None
            marking.result()

    async def _mark_fresh(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        while ids := self._outbox.fresh.take_sent():
            try:
                await self._outbox.mark_sent(ids)
            except StoreUnavailable as error:  # they are found, and sent again
                self._outbox.fresh.is_behind = True
                log.warning("events not marked as sent", reason=str(error), entries=len(ids))
