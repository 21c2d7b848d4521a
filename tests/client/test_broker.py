"""The request client without a broker, without an exchange and without a queue: told at once, found again by itself."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import aio_pika
import pytest

from client.bus import Bus
from client.errors import Unavailable
from contracts.catalog import COMMANDS_EXCHANGE, EVENTS_EXCHANGE
from contracts.user_queries import GetUser
from devstack.servers import RunningServers
from tests.support.patience import PATIENCE
from tests.support.scripted_worker import USER, done_reply, forget_workers, run_scripted_worker, wait_until


@pytest.fixture(autouse=True)
async def events_exchange(restartable: RunningServers) -> None:
    await forget_workers(restartable.amqp_url)
    async with await aio_pika.connect(restartable.amqp_url) as connection:
        channel = await connection.channel()
        await channel.declare_exchange(EVENTS_EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)


def impatient(broker: RunningServers) -> Bus:
    """A client that tells an outage at once."""
    return Bus(broker.amqp_url, app_id="billing", timeout=PATIENCE, retry=False)


async def test_no_queue_for_the_name_is_told_at_once(restartable: RunningServers) -> None:
    async with run_scripted_worker(restartable.amqp_url):
        pass
    async with impatient(restartable) as bus:
        with pytest.raises(Unavailable, match=r"no queue takes user\.get"):
            await bus.ask(GetUser(id=1))


async def test_a_full_queue_is_told_at_once(restartable: RunningServers) -> None:
    full: dict[str, Any] = {"x-max-length": 1, "x-overflow": "reject-publish"}
    async with await aio_pika.connect(restartable.amqp_url) as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(COMMANDS_EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue(exclusive=True, arguments=full)
        await queue.bind(exchange, "user.*")
        await exchange.publish(aio_pika.Message(b"{}"), "user.get")
        async with impatient(restartable) as bus:
            with pytest.raises(Unavailable):
                await bus.ask(GetUser(id=1))


async def test_a_broker_that_is_down_is_told_at_once_and_found_when_it_comes_back(restartable: RunningServers) -> None:
    async with run_scripted_worker(restartable.amqp_url), impatient(restartable) as bus:
        await asyncio.to_thread(restartable.rabbitmq.stop)
        try:
            await wait_until(lambda: bus.state == "no broker")
            with pytest.raises(Unavailable):
                await bus.ask(GetUser(id=1))
        finally:
            await asyncio.to_thread(restartable.rabbitmq.start)
        await wait_until(lambda: bus.state == "up")
        async with run_scripted_worker(restartable.amqp_url) as worker:
            worker.set_reply("user.get", done_reply(USER))
            assert (await bus.ask(GetUser(id=1))).id == 42


async def test_pending_calls_fail_at_once_when_the_broker_goes(restartable: RunningServers) -> None:
    async with run_scripted_worker(restartable.amqp_url) as worker, impatient(restartable) as bus:
        worker.set_reply("user.get", None)
        calls = [asyncio.create_task(bus.ask(GetUser(id=1))) for _ in range(50)]
        await wait_until(lambda: len(worker.requests) == 50)
        await asyncio.to_thread(restartable.rabbitmq.kill)
        async with asyncio.timeout(PATIENCE):
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
        await asyncio.to_thread(restartable.rabbitmq.start)
        assert {type(outcome) for outcome in outcomes} == {Unavailable}


async def test_a_missing_exchange_is_waited_for(restartable: RunningServers) -> None:
    async with await aio_pika.connect(restartable.amqp_url) as connection:
        await (await connection.channel()).exchange_delete(COMMANDS_EXCHANGE)
    async with impatient(restartable) as bus:
        assert bus.state == "no topology"
        with pytest.raises(Unavailable, match="no topology"):
            await bus.ask(GetUser(id=1))
        async with run_scripted_worker(restartable.amqp_url) as worker:
            worker.set_reply("user.get", done_reply(USER))
            await wait_until(lambda: bus.state == "up")
            assert (await bus.ask(GetUser(id=1))).id == 42


async def test_a_subscription_outlives_the_broker(restartable: RunningServers) -> None:
    async with impatient(restartable) as bus, bus.events("billing", "user.*") as events:
        await tell(restartable, 1)
        first = await anext(events)
        await asyncio.to_thread(restartable.rabbitmq.stop)
        await asyncio.to_thread(restartable.rabbitmq.start)
        await tell(restartable, 2)
        second = await asyncio.wait_for(anext(events), PATIENCE)
    assert [(event.sequence, event.gap, event.late) for event in (first, second)] == [(1, 0, False), (2, 0, False)]


async def tell(broker: RunningServers, sequence: int) -> None:
    """Publish an event of a subject as a worker does."""
    event = {
        "id": f"{uuid4()}", "type": "userbus.user.erased.v1", "subject": "user/1", "sequence": sequence,
        "time": "2026-11-20T12:00:00.000Z", "data": {"id": 1},
    }  # fmt: skip
    async with await aio_pika.connect(broker.amqp_url) as connection:
        events = await (await connection.channel()).get_exchange(EVENTS_EXCHANGE, ensure=False)
        await events.publish(aio_pika.Message(json.dumps(event).encode()), "user.erased")
