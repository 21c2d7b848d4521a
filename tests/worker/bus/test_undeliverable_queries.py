"""A query is taken out because of its deliveries alone, and not because its queue could not be consumed."""

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import AMQPError

from contracts.entry import query_queue
from devstack.servers import RunningServers
from worker.bus.subscribers import ConsumedQueue, QueueSubscription
from worker.bus.topology import declare

QUEUE = query_queue("sms")


async def hold(message: AbstractIncomingMessage) -> None:
    """Neither acknowledge a message nor give it back."""


async def test_a_query_waits_while_its_queue_cannot_be_consumed(apart: RunningServers) -> None:
    await declare(apart.amqp_url, 100_000, 7)
    subscription = QueueSubscription(apart.amqp_url, ConsumedQueue(QUEUE, 10, hold), 5)
    async with await aio_pika.connect(apart.amqp_url) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=1)
        queue = await channel.get_queue(QUEUE)
        tag = await queue.consume(hold, exclusive=True)
        for body in (b"held", b"waiting"):
            await channel.default_exchange.publish(aio_pika.Message(body), QUEUE)
        with pytest.raises(AMQPError, match="exclusive"):
            await subscription.start()
        await queue.cancel(tag)
        waiting = await queue.get(no_ack=True, fail=False)
        assert waiting is not None
        assert waiting.body == b"waiting"
