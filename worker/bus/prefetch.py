"""How many deliveries a consumer has in flight: one after its connection was closed, all that it may once it holds."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast
from uuid import uuid4

from aio_pika import RobustChannel, RobustQueue
from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import CONNECTION_EXCEPTIONS
from faststream.rabbit import Channel
from faststream.rabbit.subscriber import RabbitSubscriber

from contracts.cancellation import cancel

QUIET_SECONDS = 1.0
Consume = Callable[[AbstractIncomingMessage], Awaitable[Any]]


class Prefetch:
    """Takes one delivery at a time after each closing, until the connection has held for a second.

    At a closing, all deliveries in flight return and are counted. Those before a message at whose delivery RabbitMQ
    always closes the connection would reach the delivery limit with it; one at a time they are served. A queue that is
    read in order has no such limit, and keeps its prefetch: to change that, its consumer would have to be cancelled,
    and another process be given what comes after what this one has in hand.
    """

    def __init__(self, subscriber: RabbitSubscriber, count: int, is_ordered: bool) -> None:
        self._subscriber = subscriber
        self._count = count
        self._is_ordered = is_ordered
        self._raising: asyncio.Task[None] | None = None
        self.closings = 0
        """How often the connection was closed since it last held for a while."""

    def limit_to_one(self) -> None:
        """Take one delivery at a time from the next connection on, until it has held for a while."""
        self.closings += 1
        if self._is_ordered:
            return self.raise_later()
        self._subscriber.channel = Channel(prefetch_count=1)  # where the consumer has not started yet
        if queue := self._subscriber._queue_obj:
            # aio-pika restores it, and has no other way to set it while the connection is closed
            cast(RobustChannel, queue.channel)._prefetch_count = 1
            self.raise_later()

    def raise_later(self) -> None:
        """Take all deliveries at a time again once the connection has held for a while."""
        if self._raising:
            self._raising.cancel()
        if self.closings:
            self._raising = asyncio.create_task(self._raise())

    async def stop(self) -> None:
        """Leave the prefetch as it is."""
        if self._raising:
            await cancel(self._raising)

    async def _raise(self) -> None:
        while True:
            if await self._is_raised():
                return
            await asyncio.sleep(QUIET_SECONDS)

    async def _is_raised(self) -> bool:
        queue, tag = self._subscriber._queue_obj, self._subscriber._consumer_tag
        if not queue or not tag:
            return True  # nothing is consumed, nor will be
        try:
            channel = cast(RobustChannel, queue.channel)
            await channel.ready()
            await asyncio.sleep(QUIET_SECONDS)
            if not self._is_ordered:
                await channel.set_qos(self._count)
                await self._consume_anew(queue, tag)
        except CONNECTION_EXCEPTIONS:
            return False
        self.closings = 0
        return True

    async def _consume_anew(self, queue: RobustQueue, tag: str) -> None:
        await queue.cancel(tag)  # RabbitMQ takes the prefetch of a consumer when it begins
        # by another tag: RabbitMQ tells the consumers of a quorum queue apart by channel and tag alone
        self._subscriber._consumer_tag = uuid4().hex
        consume = cast(Consume, self._subscriber.consume)
        await queue.consume(consume, consumer_tag=self._subscriber._consumer_tag)
