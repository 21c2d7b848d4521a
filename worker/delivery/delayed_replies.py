"""Answers that come late on purpose: whoever guesses waits, the worker does not."""

import asyncio
import contextlib
import json
import time
from types import TracebackType
from typing import Self

from handlers.envelope import Envelope
from handlers.replies import Replies

HELD = '{"status":"failed","problem":{"kind":"unauthenticated"'


class Delay:
    """Sends replies; a refusal whose details hold a `delay` (seconds) goes later, when its delivery is long settled.

    At most `most` replies wait at a time and none beyond half of its caller's deadline; leaving sends the rest at once.
    """

    def __init__(self, replies: Replies, most: int = 1000) -> None:
        self._replies = replies
        self._most = most
        self._leaving = asyncio.Event()
        self._waiting: set[asyncio.Task[None]] = set()

    async def send(self, envelope: Envelope, body: str) -> None:
        """Answer now, or see to it that it is answered later."""
        delay = _delay(envelope, body)
        if not delay or envelope.reply_to is None or len(self._waiting) >= self._most:
            return await self._replies.send(envelope, body)
        task = asyncio.create_task(self._later(envelope, body, delay))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _later(self, envelope: Envelope, body: str, delay: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._leaving.wait(), delay)
        await self._replies.send(envelope, body)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.set()
        await asyncio.gather(*self._waiting, return_exceptions=True)


def _delay(envelope: Envelope, body: str) -> float:
    if not body.startswith(HELD):
        return 0.0
    details = json.loads(body)["problem"]["details"]
    delay = float(details.get("delay", 0.0)) if isinstance(details, dict) else 0.0
    return delay if envelope.deadline is None else min(delay, max(0.0, (envelope.deadline - time.time()) / 2))
