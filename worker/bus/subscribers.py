"""Consuming: a connection and a FastStream subscriber for each queue, whose prefetch limits what runs at once."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from aio_pika import RobustConnection
from aio_pika.abc import AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import CONNECTION_EXCEPTIONS
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue
from faststream.rabbit.message import RabbitMessage

from contracts.broker_addresses import broker_addresses, with_heartbeat
from contracts.topology.declared import DELIVERY_LIMIT
from worker.bus.amqp_codec import install_lenient_codec
from worker.bus.broker_connection import RECONNECT_SECONDS, connect_seconds, connection_class
from worker.bus.prefetch import Prefetch
from worker.bus.tasks import run_in_task
from worker.bus.topology import QUERY_QUEUES
from worker.bus.undeliverable_queries import Receive, UndeliverableQueries

SETTLE_SECONDS = 0.1
PAUSE_SECONDS = 0.02  # what the broker cannot deliver holds its queue up for as many pauses as the delivery limit
QUICK_CLOSINGS = 10 * DELIVERY_LIMIT  # five such messages: aio-pika tells of most closings twice


async def _parse(message: Any) -> RabbitMessage:
    # properties and headers are read by the worker: FastStream's own parser would fail on hostile ones and not ack
    return RabbitMessage(raw_message=message, body=b"", correlation_id="-", message_id="-")


async def _decode(message: RabbitMessage) -> AbstractIncomingMessage:
    return message.raw_message


@dataclass(frozen=True, slots=True)
class ConsumedQueue:
    """A queue that exists, how many of its deliveries run at once, and what serves and acknowledges them.

    One that is read in order has `release`, which ends what is being served and does not acknowledge the rest.
    """

    name: str
    prefetch: int
    receive: Receive
    release: Callable[[], Awaitable[None]] | None = None


class QueueSubscription:
    """Consumes one queue on a connection of its own.

    Where RabbitMQ closes the connection because of a delivery, other queues do not notice.
    """

    def __init__(self, url: str, consumed: ConsumedQueue, drain_seconds: float) -> None:
        install_lenient_codec()
        self.queue = consumed.name
        self._release = consumed.release
        queries = UndeliverableQueries(url, consumed.name, consumed.receive) if consumed.name in QUERY_QUEUES else None
        self._broker = RabbitBroker(
            with_heartbeat(broker_addresses(url).current),
            timeout=connect_seconds(url),
            apply_types=False,
            ack_policy=AckPolicy.MANUAL,
            parser=_parse,
            decoder=_decode,
            graceful_timeout=drain_seconds,
            reconnect_interval=PAUSE_SECONDS,
            on_close=[self._record_closing, *([queries.record_closing] if queries else [])],
            logger=None,
        )
        # FastStream has no option for it, but passes these on to aio_pika's `connect_robust`
        self._broker._connection_kwargs["connection_class"] = connection_class(url)
        existing = RabbitQueue(consumed.name, durable=True, declare=False)
        channel = Channel(prefetch_count=consumed.prefetch)
        self._subscriber = self._broker.subscriber(existing, channel=channel, no_reply=True)
        self._subscriber(queries.receive if queries else consumed.receive)
        self._prefetch = Prefetch(self._subscriber, consumed.prefetch, consumed.release is not None)

    @property
    def is_consuming(self) -> bool:
        """Whether the queue is consumed; it is not while the connection is lost."""
        queue = self._subscriber._queue_obj
        return queue is not None and not queue.channel.is_closed

    async def restart(self) -> None:
        """Close the connection after what is in flight, and consume on another one, as `start` does."""
        with suppress(*CONNECTION_EXCEPTIONS):
            await self._broker.stop()
        await self.start()

    async def start(self) -> None:
        """Connect and consume; try again as often as a message that cannot be delivered may close the connection."""
        for _ in range(DELIVERY_LIMIT):
            try:
                return await self._start()
            except CONNECTION_EXCEPTIONS:
                with suppress(*CONNECTION_EXCEPTIONS):
                    await self._broker.stop()
            self._prefetch.limit_to_one()
            await asyncio.sleep(PAUSE_SECONDS)
        await self._start()

    async def _start(self) -> None:
        await run_in_task(self._broker.start())
        self._prefetch.raise_later()

    async def cancel(self) -> None:
        """Cancel the consumer, so that no delivery is pushed to a process that is about to leave.

        FastStream's own stop waits for running handlers first and cancels its consumer after, which holds what arrives
        meanwhile until the connection closes. FastStream has no public way to do this; the tests watch its private
        names.
        """
        await self._prefetch.stop()
        queue, tag = self._subscriber._queue_obj, self._subscriber._consumer_tag
        self._subscriber._consumer_tag = None
        if self._release:
            await self._release()
        if queue and tag and not queue.channel.is_closed:
            # a queue's next reader begins at a cancellation, before what this one has in hand is back in its place
            await (queue.channel.close() if self._release else queue.cancel(tag))
        # deliveries that had arrived before the cancellation start within a few turns of the loop; no more come after
        await asyncio.sleep(SETTLE_SECONDS)

    async def stop(self) -> None:
        """Close the connection after what is in flight."""
        await self._broker.stop()

    def _record_closing(self, connection: AbstractConnection | None, _: object) -> None:
        self._prefetch.limit_to_one()
        robust = cast(RobustConnection, connection)
        is_quick = robust.transport is not None and self._prefetch.closings <= QUICK_CLOSINGS
        robust.reconnect_interval = PAUSE_SECONDS if is_quick else RECONNECT_SECONDS
