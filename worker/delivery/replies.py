"""Send replies: on connections of their own, to the caller's queue and nowhere else, never a reason to fail."""

import re
import time
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import structlog
from aio_pika import DeliveryMode
from pamqp.commands import Basic

from tracing.messages import SYSTEM
from tracing.spans import begin_step
from worker.bus.cut_off_node import CutOffNode
from worker.bus.publications import RawMessage
from worker.bus.publisher import Publisher, PublishFailed
from worker.bus.returned_messages import log_returned_messages
from worker.delivery.direct_replies import DIRECT, DirectReplies
from worker.delivery.envelope import CORRELATION_ID, Envelope

RECONNECT_SECONDS = 5.0
SPAN = {**SYSTEM, "messaging.operation.type": "send", "messaging.operation.name": "reply"}
OWN_QUEUES = re.compile(r"^userbus(\.|$)")
log = structlog.get_logger()


class Replies:
    """Sends replies; while the connection is down they wait for it, as long as their callers do."""

    def __init__(self, url: str) -> None:
        self._queues = Publisher(url, "replies", confirms=False)
        self._direct = DirectReplies(url)
        self._cut_off = CutOffNode(url, self._queues)
        self._exits = AsyncExitStack()

    @property
    def lost_connections(self) -> list[str]:
        """The names of its connections that are down."""
        return [] if self._queues.is_connected else ["replies"]

    async def send(self, envelope: Envelope, reply: str) -> None:
        """Send to the address that the caller named, if any; a reply that cannot be sent is logged and dropped."""
        address = envelope.reply_to
        if address is None:
            return
        if OWN_QUEUES.match(address):
            log.warning("reply refused", reply_to=address, reason="it is a queue of userbus", name=envelope.name)
            return
        message = RawMessage(_properties(envelope), reply.encode())
        try:
            with begin_step("send reply", "producer", SPAN):
                await self._publish(address, message, _seconds_left(envelope))
        except PublishFailed as error:
            log.warning("reply lost", reason=str(error), message_id=envelope.message_id, name=envelope.name)

    async def _publish(self, address: str, message: RawMessage, seconds: float) -> None:
        if address.startswith(DIRECT):
            return await self._direct.send(address, message)
        try:
            await self._queues.publish("", address, message)
        except PublishFailed:
            await self._queues.wait_connected(seconds)
            await self._queues.publish("", address, message)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            stack.enter_context(log_returned_messages(self._cut_off.record_returned))
            await stack.enter_async_context(self._direct)
            await stack.enter_async_context(self._queues)
            self._exits = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exits.aclose()


def _properties(envelope: Envelope) -> Basic.Properties:
    return Basic.Properties(
        content_type="application/json",
        message_type="reply",
        correlation_id=envelope.correlation_id,
        headers={CORRELATION_ID: envelope.correlation_header} if envelope.correlation_header else None,
        delivery_mode=DeliveryMode.NOT_PERSISTENT.value,
    )


def _seconds_left(envelope: Envelope) -> float:
    left = RECONNECT_SECONDS if envelope.deadline is None else envelope.deadline - time.time()
    return max(0.0, min(left, RECONNECT_SECONDS))
