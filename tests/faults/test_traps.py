"""Known traps of the stack, each shown to be stepped around: FastStream, aio-pika and RabbitMQ, on a real broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage

from contracts.catalog import COMMANDS_EXCHANGE, DEAD, EVENTS_EXCHANGE
from devstack.servers import RunningServers
from handlers.broker import Receive, consuming, stop_taking
from handlers.outlet import Outlet, Unsent
from handlers.topology import DELIVERY_LIMIT, declare
from tests.client import Client
from tests.flows.test_delivery import Dead

KEY = "sms.send_code"
QUEUE = "userbus.sms"


@pytest.fixture
async def outlet(breakable: RunningServers) -> AsyncIterator[Outlet]:
    async with Outlet(breakable.amqp_url, "test", confirms=True) as up:
        await declare(up.channel, 100_000, 7)
        yield up


@asynccontextmanager
async def served(breakable: RunningServers, receive: Receive, prefetch: int = 64) -> AsyncIterator[None]:
    broker = consuming(breakable.amqp_url, {"sms": prefetch}, 5, receive)
    await broker.start()
    try:
        yield
    finally:
        await stop_taking(broker)
        await broker.stop()


async def send(outlet: Outlet, count: int) -> list[str]:
    ids = [uuid4().hex for _ in range(count)]
    for message_id in ids:
        await outlet.publish(COMMANDS_EXCHANGE, KEY, aio_pika.Message(b"{}", message_id=message_id))
    return ids


async def until(done: "asyncio.Event", seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        await done.wait()


async def test_prefetch_is_the_limit_of_what_runs_at_once(breakable: RunningServers, outlet: Outlet) -> None:
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
        await send(outlet, 10)
        await until(three)
        await asyncio.sleep(0.3)
        assert len(running) == 3
        assert (await caller.counted(QUEUE))[0] == 7
        gate.set()
        await until(ten)


async def test_a_message_that_is_always_put_back_reaches_the_dead_letters(
    breakable: RunningServers, outlet: Outlet
) -> None:
    seen: list[str] = []

    async def put_back(message: AbstractIncomingMessage) -> None:
        seen.append(message.message_id or "")
        await message.reject(requeue=True)  # a nack would not count on every version of RabbitMQ

    async with served(breakable, put_back), Client(breakable.amqp_url) as caller:
        (message_id,) = await send(outlet, 1)
        letter = await Dead(caller.channel).find(message_id, seconds=20)
    assert letter.headers["x-first-death-reason"] == "delivery_limit"
    assert seen == [message_id] * (DELIVERY_LIMIT + 1)


async def test_a_publish_that_nobody_takes_is_known(outlet: Outlet) -> None:
    with pytest.raises(Unsent, match="nobody takes"):
        await outlet.publish(COMMANDS_EXCHANGE, "spaceship.launch", aio_pika.Message(b"{}"))
    with pytest.raises(Unsent, match="nobody takes"):
        await outlet.publish("", f"no-such-queue-{uuid4().hex}", aio_pika.Message(b"{}"))


async def test_a_publish_to_a_full_queue_is_known(outlet: Outlet) -> None:
    arguments: dict[str, str | int] = {"x-max-length": 1, "x-overflow": "reject-publish"}
    queue = await outlet.channel.declare_queue(exclusive=True, arguments={**arguments})
    await outlet.publish("", queue.name, aio_pika.Message(b"1"))
    with pytest.raises(Unsent):
        await outlet.publish("", queue.name, aio_pika.Message(b"2"))


async def test_an_outlet_publishes_again_after_a_restart_of_the_broker(
    breakable: RunningServers, outlet: Outlet
) -> None:
    await asyncio.sleep(2)  # a quorum queue that has just been declared is not yet safe from a restart
    await asyncio.to_thread(breakable.rabbitmq.restart)
    async with asyncio.timeout(30):
        while True:
            try:
                await outlet.publish(EVENTS_EXCHANGE, "user.created", aio_pika.Message(b"{}"))
                break
            except Unsent:
                await asyncio.sleep(0.2)
    assert outlet.connected


async def test_a_reply_to_a_queue_that_has_gone_is_dropped_without_a_word(
    breakable: RunningServers, caplog: pytest.LogCaptureFixture
) -> None:
    async with Outlet(breakable.amqp_url, "replies", confirms=False) as replies:
        for _ in range(5):
            await replies.publish("", f"gone-{uuid4().hex}", aio_pika.Message(b"{}"))
        await asyncio.sleep(0.2)
        assert replies.connected
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_what_arrives_while_a_worker_leaves_is_not_held(breakable: RunningServers, outlet: Outlet) -> None:
    gate, begun = asyncio.Event(), asyncio.Event()

    async def hold(message: AbstractIncomingMessage) -> None:
        begun.set()
        await gate.wait()
        await message.ack()

    broker = consuming(breakable.amqp_url, {"sms": 10}, 5, hold)
    await broker.start()
    async with Client(breakable.amqp_url) as caller:
        await send(outlet, 1)
        await until(begun)
        await stop_taking(broker)
        await send(outlet, 5)
        assert (await caller.counted(QUEUE))[0] == 5
        gate.set()
        await broker.stop()
        queue = await caller.channel.get_queue(QUEUE)
        await queue.purge()


async def test_the_dead_letters_exchange_takes_what_is_parked_and_drops_what_expired(outlet: Outlet) -> None:
    parked = aio_pika.Message(b"{}", headers={"x-userbus-reason": "parked"}, message_id=uuid4().hex)
    await outlet.publish(DEAD, KEY, parked)
    expired = aio_pika.Message(b"{}", headers={"x-first-death-reason": "expired"}, message_id=uuid4().hex)
    await outlet.publish(DEAD, KEY, expired)
    dead = Dead(outlet.channel)
    assert (await dead.find(parked.message_id or "")).body == b"{}"
    with pytest.raises(TimeoutError):
        await dead.find(expired.message_id or "", seconds=0.5)
