"""A queue whose consumer has been lost, while its connection has not, is consumed again; others are left alone."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from devstack.servers import RunningServers
from tests.support.patience import PATIENCE
from worker.bus.lost_consumers import resume_lost_consumers
from worker.bus.publisher import Publisher
from worker.bus.subscribers import ConsumedQueue, QueueSubscription
from worker.bus.tasks import cancel


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
