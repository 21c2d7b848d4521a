"""The consuming side: FastStream subscribers, one a family, with prefetch as the limit of what runs at once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aio_pika.abc import AbstractIncomingMessage
from faststream import AckPolicy
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitQueue
from faststream.rabbit.message import RabbitMessage
from faststream.rabbit.subscriber import RabbitSubscriber

from contracts.catalog import queue
from handlers.outlet import CONNECT_SECONDS, lively
from handlers.tolerance import tolerate

SETTLE_SECONDS = 0.1
Receive = Callable[[AbstractIncomingMessage], Awaitable[None]]


async def _parse(message: Any) -> RabbitMessage:
    # the envelope is ours to read: FastStream's own parser would fail on hostile properties and leave them unacked
    return RabbitMessage(raw_message=message, body=b"", correlation_id="-", message_id="-")


async def _whole(message: RabbitMessage) -> AbstractIncomingMessage:
    return message.raw_message


def consuming(url: str, families: Mapping[str, int], drain_seconds: float, receive: Receive) -> RabbitBroker:
    """A broker that serves these families, each with its prefetch.

    Queues must be there (`declare=False`), acknowledging is the receiver's.
    """
    tolerate()
    broker = RabbitBroker(
        lively(url),
        timeout=CONNECT_SECONDS,
        apply_types=False,
        ack_policy=AckPolicy.MANUAL,
        parser=_parse,
        decoder=_whole,
        graceful_timeout=drain_seconds,
        reconnect_interval=0.5,
        logger=None,
    )
    for family, prefetch in families.items():
        work = RabbitQueue(queue(family), queue_type=QueueType.QUORUM, durable=True, declare=False)
        broker.subscriber(work, channel=Channel(prefetch_count=prefetch), no_reply=True)(receive)
    return broker


def deaf(broker: RabbitBroker) -> set[str]:
    """The queues that this broker should consume and does not, because its connection to the server is lost."""
    channels = {subscriber.queue.name: subscriber._queue_obj for subscriber in _subscribers(broker)}
    return {name for name, found in channels.items() if found is None or found.channel.is_closed}


def _subscribers(broker: RabbitBroker) -> list[RabbitSubscriber]:
    return [subscriber for subscriber in broker.subscribers if isinstance(subscriber, RabbitSubscriber)]


async def stop_taking(broker: RabbitBroker) -> None:
    """Cancel every consumer, so that no delivery is pushed to a process that is about to leave.

    FastStream's own stop waits for running handlers first and cancels after, which holds what comes meanwhile until
    the connection closes; hence the reach into its private names, which the tests watch over.
    """
    for subscriber in _subscribers(broker):
        if subscriber._queue_obj and subscriber._consumer_tag:
            if not subscriber._queue_obj.channel.is_closed:
                await subscriber._queue_obj.cancel(subscriber._consumer_tag)
            subscriber._consumer_tag = None
    # what had arrived before the cancellation begins within a few turns of the loop; after that nothing new comes
    await asyncio.sleep(SETTLE_SECONDS)
