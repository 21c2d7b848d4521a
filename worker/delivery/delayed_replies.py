"""Delay failed sign-in replies without occupying the worker."""

import asyncio
import contextlib
import time
from types import TracebackType
from typing import Self

from worker.delivery.envelope import Envelope
from worker.delivery.outcome import RequestOutcome
from worker.delivery.replies import Replies


class DelayedReplies:
    """Sends replies; one with a delay goes later, when its delivery has long been acknowledged.

    At most `limit` replies wait at a time, and none beyond half of the time that its caller has left. Leaving the
    context sends those that wait at once.
    """

    def __init__(self, replies: Replies, limit: int = 1000) -> None:
        self._replies = replies
        self._limit = limit
        self._leaving = asyncio.Event()
        self._waiting: set[asyncio.Task[None]] = set()

    async def send(self, envelope: Envelope, outcome: RequestOutcome) -> None:
        """Send the reply now, or schedule it."""
        delay = _bounded_delay(outcome.delay, envelope)
        if not delay or envelope.reply_to is None or len(self._waiting) >= self._limit:
            return await self._replies.send(envelope, outcome.reply)
        task = asyncio.create_task(self._send_later(envelope, outcome.reply, delay))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _send_later(self, envelope: Envelope, reply: str, delay: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._leaving.wait()
        await self._replies.send(envelope, reply)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.set()
        await asyncio.gather(*self._waiting, return_exceptions=True)


def _bounded_delay(delay: float, envelope: Envelope) -> float:
    return delay if envelope.deadline is None else min(delay, max(0.0, (envelope.deadline - time.time()) / 2))
