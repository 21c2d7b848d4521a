"""A queue whose consumer has been lost, while its connection has not, is consumed again."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from contracts.cancellation import cancel
from devstack.servers import RunningServers
from tests.support.patience import PATIENCE
from tests.support.proxy import proxy
from worker.bus.lost_consumers import resume_lost_consumers
from worker.bus.publisher import Publisher
from worker.bus.subscribers import ConsumedQueue, QueueSubscription


@pytest.fixture
async def channel(running: RunningServers) -> AsyncIterator[AbstractChannel]:
    async with await aio_pika.connect(running.amqp_url) as connection:
        yield await connection.channel()


async def lose_consumer(subscription: QueueSubscription) -> None:
    """Cancel the consumer so that aio-pika does not know of it."""
    queue, tag = subscription._subscriber._queue_obj, subscription._subscriber._consumer_tag
    assert queue is not None
    assert tag is not None
    await (await queue.channel.get_underlay_channel()).basic_cancel(tag)


async def close_channel(subscription: QueueSubscription) -> None:
    """Close the channel of the consumer in the way in which aio-pika does not open it again."""
    queue = subscription._subscriber._queue_obj
    assert queue is not None
    await queue.channel.close()


async def receive_nothing(message: AbstractIncomingMessage) -> None:
    await message.reject()


async def wait_consumers(channel: AbstractChannel, queue: str, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await channel.declare_queue(queue, passive=True)).declaration_result.consumer_count != count:
            await asyncio.sleep(0.05)


async def test_what_comes_after_the_loss_is_received(running: RunningServers, channel: AbstractChannel) -> None:
    received: asyncio.Queue[bytes] = asyncio.Queue()

    async def receive(message: AbstractIncomingMessage) -> None:
        await message.ack()
        await received.put(message.body)

    name = f"lost_{uuid4().hex}"
    queue = await channel.declare_queue(name, durable=True)
    subscription = QueueSubscription(running.amqp_url, ConsumedQueue(name, 10, receive), 5)
    await subscription.start()
    async with Publisher(running.amqp_url, "publisher", confirms=True) as publisher:
        resuming = asyncio.create_task(resume_lost_consumers(publisher, [subscription], 0.1))
        try:
            await lose_consumer(subscription)
            for number in range(3):
                await channel.default_exchange.publish(aio_pika.Message(b"%d" % number), name)
            async with asyncio.timeout(PATIENCE):
                assert {await received.get() for _ in range(3)} == {b"0", b"1", b"2"}
        finally:
            await cancel(resuming)
            await subscription.stop()
            await queue.delete(if_empty=False)


async def test_a_worker_that_could_not_consume_does_so_later_though_another_one_does(
    running: RunningServers, channel: AbstractChannel
) -> None:
    name = f"lost_{uuid4().hex}"
    queue = await channel.declare_queue(name, durable=True)
    consumed = ConsumedQueue(name, 10, receive_nothing)
    async with (
        proxy(running.amqp_url) as (between, url),
        Publisher(running.amqp_url, "publisher", confirms=True) as publisher,
    ):
        ours, other = QueueSubscription(url, consumed, 5), QueueSubscription(running.amqp_url, consumed, 5)
        await ours.start()
        resuming = asyncio.create_task(resume_lost_consumers(publisher, [ours], 0.1))
        try:
            between.cut()
            await wait_consumers(channel, name, 0)
            await asyncio.sleep(1)  # in which a new connection is tried, and fails
            await other.start()
            between.heal()
            await wait_consumers(channel, name, 2)
        finally:
            await cancel(resuming)
            await ours.stop()
            await other.stop()
            await queue.delete(if_empty=False)


async def test_a_closed_channel_is_replaced_though_another_worker_consumes(
    running: RunningServers, channel: AbstractChannel
) -> None:
    name = f"lost_{uuid4().hex}"
    queue = await channel.declare_queue(name, durable=True)
    ours, other = [QueueSubscription(running.amqp_url, ConsumedQueue(name, 10, receive_nothing), 5) for _ in range(2)]
    await ours.start()
    await other.start()
    await close_channel(ours)
    await wait_consumers(channel, name, 1)
    async with Publisher(running.amqp_url, "publisher", confirms=True) as publisher:
        resuming = asyncio.create_task(resume_lost_consumers(publisher, [ours], 0.1))
        try:
            await wait_consumers(channel, name, 2)
        finally:
            await cancel(resuming)
            await ours.stop()
            await other.stop()
            await queue.delete(if_unused=False, if_empty=False)
