"""Replies: on connections of their own, to the caller's queue and nowhere else, never a reason to fail."""

import re
import time
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import aio_pika
import structlog
from aio_pika import DeliveryMode

from handlers.direct import DIRECT, Direct
from handlers.envelope import Envelope
from handlers.outlet import Outlet, Unsent

PATIENCE_SECONDS = 5.0
log = structlog.get_logger()

_OURS = re.compile(r"^userbus(\.|$)")


class Replies:
    """Sends replies; while the connection is lost it waits for the next one, as long as the caller waits."""

    def __init__(self, url: str) -> None:
        self._queues = Outlet(url, "replies", confirms=False)
        self._direct = Direct(url)
        self._exits = AsyncExitStack()

    @property
    def lost(self) -> list[str]:
        """Which of its connections are down."""
        return [] if self._queues.connected else ["replies"]

    async def send(self, envelope: Envelope, body: str) -> None:
        """Answer where the caller asked to; a reply that cannot be sent is logged and dropped."""
        address = envelope.reply_to
        if address is None:
            return
        if _OURS.match(address):
            log.warning("reply refused", reply_to=address, reason="it is a queue of userbus", name=envelope.name)
            return
        message = aio_pika.Message(
            body.encode(),
            content_type="application/json",
            type="reply",
            correlation_id=envelope.correlation_id,
            delivery_mode=DeliveryMode.NOT_PERSISTENT,
        )
        try:
            await self._publish(address, message, _patience(envelope))
        except Unsent as error:
            log.warning("reply lost", reason=str(error), message_id=envelope.message_id, name=envelope.name)

    async def _publish(self, address: str, message: aio_pika.Message, seconds: float) -> None:
        if address.startswith(DIRECT):
            return await self._direct.send(address, message)
        try:
            await self._queues.publish("", address, message)
        except Unsent:
            await self._queues.up(seconds)
            await self._queues.publish("", address, message)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._direct)
            await stack.enter_async_context(self._queues)
            self._exits = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exits.aclose()


def _patience(envelope: Envelope) -> float:
    left = PATIENCE_SECONDS if envelope.deadline is None else envelope.deadline - time.time()
    return max(0.0, min(left, PATIENCE_SECONDS))
