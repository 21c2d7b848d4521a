"""Known traps of the stack, each shown to be stepped around: FastStream, aio-pika and RabbitMQ, on a real broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage
from structlog.testing import capture_logs

from contracts.catalog import (
    COMMANDS_EXCHANGE,
    DEAD,
    DEAD_INCOMING,
    DEAD_LETTERS,
    DEAD_UNDELIVERABLE,
    EVENTS_EXCHANGE,
)
from contracts.topology.declared import DELIVERY_LIMIT
from devstack.servers import RunningServers
from tests.flows.test_delivery import Dead
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.proxy import proxy
from worker.bus.publisher import Publisher, PublishFailed
from worker.bus.returned_messages import log_returned_messages
from worker.bus.subscribers import ConsumedQueue, QueueSubscription
from worker.bus.topology import declare
from worker.bus.undeliverable_queries import Receive
from worker.delivery.broker_dead_letters import death_reason

KEY = "sms.send_code"
QUEUE = "userbus.sms"


@pytest.fixture
async def publisher(breakable: RunningServers) -> AsyncIterator[Publisher]:
    async with Publisher(breakable.amqp_url, "test", confirms=True) as up:
        await declare(breakable.amqp_url, 100_000, 7)
        await (await up.channel.get_queue(QUEUE)).purge()
        yield up


@asynccontextmanager
async def served(breakable: RunningServers, receive: Receive, prefetch: int = 64) -> AsyncIterator[None]:
    subscription = QueueSubscription(breakable.amqp_url, ConsumedQueue(QUEUE, prefetch, receive), 5)
    await subscription.start()
    try:
        yield
    finally:
        await subscription.cancel()
        await subscription.stop()


async def send(publisher: Publisher, count: int) -> list[str]:
    ids = [uuid4().hex for _ in range(count)]
    for message_id in ids:
        await publisher.publish(COMMANDS_EXCHANGE, KEY, aio_pika.Message(b"{}", message_id=message_id))
    return ids


async def until(done: "asyncio.Event", seconds: float = PATIENCE) -> None:
    async with asyncio.timeout(seconds):
        await done.wait()


async def test_prefetch_is_the_limit_of_what_runs_at_once(breakable: RunningServers, publisher: Publisher) -> None:
    running: list[str] = []
    three, ten, gate = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def hold(message: AbstractIncomingMessage) -> None:
        running.append(message.message_id or "")
        if len(running) == 3:
            three.set()
        await gate.wait()
        await message.ack()
        if len(running) == 10:
            ten.set()

    async with served(breakable, hold, prefetch=3), Client(breakable.amqp_url) as caller:
        await send(publisher, 10)
        await until(three)
        await asyncio.sleep(0.3)
        assert len(running) == 3
        assert (await caller.counted(QUEUE))[0] == 7
        gate.set()
        await until(ten)


async def test_a_message_that_is_always_put_back_reaches_the_dead_letters(
    breakable: RunningServers, publisher: Publisher
) -> None:
    seen: list[str] = []

    async def put_back(message: AbstractIncomingMessage) -> None:
        seen.append(message.message_id or "")
        await message.reject(requeue=True)  # a nack would not count on every version of RabbitMQ

    async with served(breakable, put_back), Client(breakable.amqp_url) as caller:
        (message_id,) = await send(publisher, 1)
        letter = await Dead(caller.channel, DEAD_INCOMING).find(message_id)
    assert death_reason(letter.headers) == "delivery_limit"
    assert seen == [message_id] * (DELIVERY_LIMIT + 1)


async def test_a_publish_that_nobody_takes_is_known(publisher: Publisher) -> None:
    with pytest.raises(PublishFailed, match="no queue takes"):
        await publisher.publish("amq.direct", "spaceship.launch", aio_pika.Message(b"{}"))
    with pytest.raises(PublishFailed, match="no queue takes"):
        await publisher.publish("", f"no-such-queue-{uuid4().hex}", aio_pika.Message(b"{}"))


async def test_a_publish_to_a_full_queue_is_known(publisher: Publisher) -> None:
    arguments: dict[str, str | int] = {"x-max-length": 1, "x-overflow": "reject-publish"}
    queue = await publisher.channel.declare_queue(exclusive=True, arguments={**arguments})
    await publisher.publish("", queue.name, aio_pika.Message(b"1"))
    with pytest.raises(PublishFailed):
        await publisher.publish("", queue.name, aio_pika.Message(b"2"))


async def test_an_outlet_publishes_again_after_a_restart_of_the_broker(
    breakable: RunningServers, publisher: Publisher
) -> None:
    await asyncio.sleep(2)  # a quorum queue that has just been declared is not yet safe from a restart
    await asyncio.to_thread(breakable.rabbitmq.restart)
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await publisher.publish(EVENTS_EXCHANGE, "user.created", aio_pika.Message(b"{}"))
                break
            except PublishFailed:
                await asyncio.sleep(0.2)
    assert publisher.is_connected


async def test_a_reply_to_a_queue_that_has_gone_leaves_a_line_without_its_body(
    breakable: RunningServers, caplog: pytest.LogCaptureFixture
) -> None:
    addresses = [f"gone-{uuid4().hex}" for _ in range(5)]
    with log_returned_messages(), capture_logs() as lines:
        async with Publisher(breakable.amqp_url, "replies", confirms=False) as replies, asyncio.timeout(PATIENCE):
            for address in addresses:
                await replies.publish("", address, aio_pika.Message(b"a-token", message_id=uuid4().hex))
            while not {*addresses} <= {line.get("reply_to") for line in lines if line["event"] == "reply lost"}:
                await asyncio.sleep(0.05)
            assert replies.is_connected
    assert "a-token" not in caplog.text + str(lines)


async def test_what_arrives_while_a_worker_leaves_is_not_held(breakable: RunningServers, publisher: Publisher) -> None:
    gate, begun = asyncio.Event(), asyncio.Event()

    async def hold(message: AbstractIncomingMessage) -> None:
        begun.set()
        await gate.wait()
        await message.ack()

    subscription = QueueSubscription(breakable.amqp_url, ConsumedQueue(QUEUE, 10, hold), 5)
    await subscription.start()
    async with Client(breakable.amqp_url) as caller:
        await send(publisher, 1)
        await until(begun)
        await subscription.cancel()
        await send(publisher, 5)
        assert (await caller.counted(QUEUE))[0] == 5
        gate.set()
        await subscription.stop()
        queue = await caller.channel.get_queue(QUEUE)
        await queue.purge()


async def test_what_the_broker_gives_up_is_kept_apart_from_dead_letters(publisher: Publisher) -> None:
    for exchange, queue in {DEAD: DEAD_INCOMING, DEAD_LETTERS: DEAD, DEAD_UNDELIVERABLE: DEAD_UNDELIVERABLE}.items():
        message = aio_pika.Message(b"{}", message_id=uuid4().hex)
        await publisher.publish(exchange, KEY, message)
        assert (await Dead(publisher.channel, queue).find(message.message_id or "")).body == b"{}"


async def test_after_a_lost_connection_all_is_taken_and_acknowledged_again(
    breakable: RunningServers, publisher: Publisher
) -> None:
    gate, in_hand, done = asyncio.Event(), asyncio.Semaphore(0), asyncio.Semaphore(0)

    async def hold(message: AbstractIncomingMessage) -> None:
        in_hand.release()
        await gate.wait()
        await message.ack()
        done.release()

    async with proxy(breakable.amqp_url) as (broker, url), asyncio.timeout(PATIENCE):
        subscription = QueueSubscription(url, ConsumedQueue(QUEUE, 10, hold), 5)
        await subscription.start()
        for link in [*broker.links]:
            link.abort()
        await send(publisher, 10)
        for _ in range(10):
            await in_hand.acquire()
        gate.set()
        for _ in range(10):
            await done.acquire()
        await subscription.cancel()
        await subscription.stop()
    async with Client(breakable.amqp_url) as caller:
        assert (await caller.counted(QUEUE))[0] == 0
