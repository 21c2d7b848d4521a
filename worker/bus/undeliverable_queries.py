"""Queries that the broker cannot deliver: their queues have no delivery limit, so a worker takes them out."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import structlog
from aio_pika.abc import AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, ChannelClosed

from contracts.topology.declared import DELIVERY_LIMIT
from worker.bus.broker_connection import CONNECT_SECONDS, connect_once
from worker.bus.tasks import run_in_task

WINDOW_SECONDS = 60.0
Receive = Callable[[AbstractIncomingMessage], Awaitable[None]]
log = structlog.get_logger()


class UndeliverableQueries:
    """Takes out the first query of a queue once the connection was closed ten times in a minute without a delivery.

    RabbitMQ closes the connection of whoever consumes a message of AMQP 1.0 that it cannot convert, at each redelivery.
    """

    def __init__(self, url: str, queue: str, receive: Receive) -> None:
        self._url = url
        self._queue = queue
        self._receive = receive
        self._closings: deque[float] = deque(maxlen=DELIVERY_LIMIT)

    async def receive(self, message: AbstractIncomingMessage) -> None:
        """Serve a delivery, which shows that the queue can be read."""
        self._closings.clear()
        await self._receive(message)

    async def record_closing(self, connection: AbstractConnection | None, error: object) -> None:
        """Record that the connection was closed; take the first query out where that has become usual."""
        if connection is None or connection.transport is None or isinstance(error, ChannelClosed):
            return  # an attempt that did not come to consume the queue, as while its node is down
        moment = asyncio.get_running_loop().time()
        self._closings.append(moment)
        if len(self._closings) == DELIVERY_LIMIT and moment - self._closings[0] < WINDOW_SECONDS:
            self._closings.clear()
            log.error("query removed", queue=self._queue, reason="the broker closed the connection at each delivery")
            try:
                await run_in_task(self._take())
            except (*CONNECTION_EXCEPTIONS, TimeoutError):  # taken nevertheless: the broker removes it before it fails
                return

    async def _take(self) -> None:
        async with asyncio.timeout(CONNECT_SECONDS), await connect_once(self._url) as connection:
            channel = await connection.channel()
            queue = await channel.get_queue(self._queue, ensure=False)
            await queue.get(no_ack=True, fail=False)
