"""Messages that are sent together: each arrives whole, and the trouble of one is not that of the others."""

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import aio_pika
import pytest
from aio_pika.abc import AbstractQueue
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, ChannelInvalidStateError
from aiormq.channel import Channel
from pamqp.commands import Basic

from devstack.servers import RunningServers
from tests.support.proxy import PART, proxy
from worker.bus.frame_batch import FrameBatch, publish_frames

PATIENCE = 10


@pytest.fixture
async def connection(running: RunningServers) -> AsyncIterator[aio_pika.abc.AbstractConnection]:
    async with await aio_pika.connect(running.amqp_url) as connection:
        yield connection


@pytest.fixture
async def queue(connection: aio_pika.abc.AbstractConnection) -> AbstractQueue:
    return await (await connection.channel()).declare_queue(exclusive=True)


@pytest.fixture
async def batch(connection: aio_pika.abc.AbstractConnection) -> FrameBatch:
    channel = await connection.channel(publisher_confirms=False)
    return FrameBatch(cast(Channel, await channel.get_underlay_channel()))


async def send(batch: FrameBatch, key: str, body: bytes, correlation_id: str = "one") -> None:
    properties = Basic.Properties(correlation_id=correlation_id)
    await batch.send(publish_frames(batch.channel, Basic.Publish(routing_key=key), properties, body))


async def take(queue: AbstractQueue, count: int) -> list[bytes]:
    bodies: list[bytes] = []
    async with asyncio.timeout(PATIENCE):
        while len(bodies) < count:
            message = await queue.get(fail=False, no_ack=True)
            bodies += [] if message is None else [message.body]
    return bodies


async def test_bodies_of_any_length_arrive_in_order(batch: FrameBatch, queue: AbstractQueue) -> None:
    size = batch.channel.max_content_size
    bodies = [b"1", b"", b"2" * (size - 1), b"3" * size, b"4" * (size + 1), b"5" * (3 * size + 7), b"6"]
    await asyncio.gather(*(send(batch, queue.name, body) for body in bodies))
    assert await take(queue, len(bodies)) == bodies


async def test_a_sender_that_is_cancelled_leaves_the_others_alone(batch: FrameBatch, queue: AbstractQueue) -> None:
    tasks = [asyncio.create_task(send(batch, queue.name, b"%d" % number)) for number in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.gather(tasks[0], tasks[2])
    assert (await take(queue, 3))[::2] == [b"0", b"2"]


async def test_what_cannot_be_encoded_is_the_error_of_its_sender(batch: FrameBatch, queue: AbstractQueue) -> None:
    sent = [send(batch, queue.name, b"0"), send(batch, queue.name, b"1", "x" * 300), send(batch, queue.name, b"2")]
    outcome = await asyncio.gather(*sent, return_exceptions=True)
    assert [type(error) for error in outcome] == [type(None), TypeError, type(None)]
    assert await take(queue, 2) == [b"0", b"2"]


async def test_nothing_is_sent_on_a_closed_channel(batch: FrameBatch, queue: AbstractQueue) -> None:
    await batch.channel.close()
    with pytest.raises(ChannelInvalidStateError):
        await send(batch, queue.name, b"0")


async def test_senders_hear_of_a_connection_that_ends(
    batch: FrameBatch, connection: aio_pika.abc.AbstractConnection
) -> None:
    sending = [asyncio.create_task(send(batch, "nowhere", b"0" * 5_000_000)) for _ in range(4)]
    await asyncio.sleep(0)
    await connection.close()
    async with asyncio.timeout(PATIENCE):
        outcome = await asyncio.gather(*sending, return_exceptions=True)
    assert all(error is None or isinstance(error, Exception) for error in outcome)


async def test_senders_whom_the_broker_does_not_read_hear_when_it_is_lost(running: RunningServers) -> None:
    async with proxy(running.amqp_url) as (link, url), await aio_pika.connect(url) as connection:
        channel = await connection.channel(publisher_confirms=False)
        batch = FrameBatch(cast(Channel, await channel.get_underlay_channel()))
        link.hold(lambda _: True)
        senders = []
        for _ in range(100):  # each in a turn of its own
            senders.append(asyncio.create_task(send(batch, "nowhere", b"0" * 1_000_000)))
            await asyncio.sleep(0)
        await link.keeps(PART)
        link.cut()
        async with asyncio.timeout(PATIENCE):
            outcomes = await asyncio.gather(*senders, return_exceptions=True)
    assert isinstance(outcomes[-1], CONNECTION_EXCEPTIONS)
    assert all(outcome is None or isinstance(outcome, CONNECTION_EXCEPTIONS) for outcome in outcomes)
