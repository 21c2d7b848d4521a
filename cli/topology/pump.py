"""Taking all messages of one queue to another, as they are: properties, headers, routing key."""

import asyncio
from dataclasses import dataclass

import aiormq.abc
from aio_pika.abc import AbstractConnection
from aiormq.abc import AbstractChannel, DeliveredMessage
from aiormq.exceptions import DeliveryError

BATCH = 200
QUIET_SECONDS = 0.3
FULL_SECONDS = 1.0


@dataclass(frozen=True)
class Pipe:
    """From one queue through a fanout exchange, which changes no routing key, to another."""

    source: str
    exchange: str
    target: str


async def pump(connection: AbstractConnection, pipe: Pipe) -> int:
    """Move what is in the source until nothing waits there any more; return how many messages.

    A message is taken away after the target has confirmed it: what is interrupted stays where it was, or is in both.
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
            await asyncio.gather(*(_publish(channel, pipe.exchange, message) for message in batch))
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


async def _publish(channel: aiormq.abc.AbstractChannel, exchange: str, message: DeliveredMessage) -> None:
    while True:
        try:
            await channel.basic_publish(
                message.body,
                exchange=exchange,
                routing_key=message.routing_key or "",
                properties=message.header.properties,
                mandatory=True,
            )
        except DeliveryError:  # the target is full
            await asyncio.sleep(FULL_SECONDS)
        else:
            return
