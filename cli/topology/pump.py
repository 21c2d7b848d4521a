"""Taking all messages of one queue to another, as they are: properties, headers, routing key."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aio_pika.abc import AbstractConnection
from aiormq.abc import AbstractChannel, DeliveredMessage
from aiormq.exceptions import DeliveryError

from contracts.lost_connections import name_lost_connections

BATCH = 200
QUIET_SECONDS = 0.3
FULL_SECONDS = 1.0


@dataclass(frozen=True)
class Pipe:
    """From one queue through a fanout exchange, which changes no routing key, to another."""

    source: str
    exchange: str
    target: str


async def pump(connection: AbstractConnection, pipe: Pipe, say: Callable[[str], None]) -> int:
    """Move what is in the source until nothing waits there any more; return how many messages.

    Where the target is full it says so, and waits until somebody has taken from it. A message is taken away after the
    target has confirmed it: what is interrupted stays where it was, or is in both.
    """
    async with connection.channel() as outer:
        channel = await outer.get_underlay_channel()
        await channel.exchange_declare(pipe.exchange, exchange_type="fanout", durable=True)
        await channel.queue_bind(pipe.target, pipe.exchange)
        await channel.basic_qos(prefetch_count=BATCH)
        arrived: asyncio.Queue[DeliveredMessage] = asyncio.Queue()
        await channel.basic_consume(pipe.source, arrived.put)
        moved = 0
        while True:
            batch = await _take_batch(arrived)
            if not batch and not await count_ready(channel, pipe.source):
                return moved
            with name_lost_connections():
                await _publish_all(channel, pipe, batch, say)
                for message in batch:
                    await channel.basic_ack(message.delivery_tag or 0)
            moved += len(batch)


async def count_ready(channel: AbstractChannel, queue: str) -> int:
    """Return how many messages wait; those in a consumer's hands are not counted."""
    return (await channel.queue_declare(queue, passive=True)).message_count or 0


async def _take_batch(arrived: asyncio.Queue[DeliveredMessage]) -> list[DeliveredMessage]:
    batch = list[DeliveredMessage]()
    try:
        async with asyncio.timeout(QUIET_SECONDS):
            batch.append(await arrived.get())
    except TimeoutError:
        return batch
    while len(batch) < BATCH and not arrived.empty():
        batch.append(arrived.get_nowait())
    return batch


async def _publish_all(
    channel: AbstractChannel, pipe: Pipe, batch: list[DeliveredMessage], say: Callable[[str], None]
) -> None:
    left, told = batch, False
    while left := await _publish(channel, pipe.exchange, left):
        if not told:
            say(f"{pipe.target} is full: waiting until workers have taken from it")
            told = True
        await asyncio.sleep(FULL_SECONDS)


async def _publish(channel: AbstractChannel, exchange: str, messages: list[DeliveredMessage]) -> list[DeliveredMessage]:
    """Publish messages as they are; return those that the target refuses, as it is full."""
    ends = await asyncio.gather(
        *(
            channel.basic_publish(
                message.body,
                exchange=exchange,
                routing_key=message.routing_key or "",
                properties=message.header.properties,
                mandatory=True,
            )
            for message in messages
        ),
        return_exceptions=True,
    )
    for end in ends:
        if isinstance(end, BaseException) and not isinstance(end, DeliveryError):
            raise end
    return [message for message, end in zip(messages, ends, strict=True) if isinstance(end, DeliveryError)]
