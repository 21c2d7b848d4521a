"""The request client on a real broker: many calls in flight, every failure at once, recovery by itself."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aio_pika
import pytest
from pydantic import SecretStr

from bridge.bus import Bus, Call, TimedOut, Unavailable
from bridge.wire import Refused, encode
from contracts.catalog import COMMANDS_EXCHANGE
from contracts.tokens import VerifyToken
from contracts.users import CreateUser, GetUser, UpdateUser, UserView
from devstack.servers import RunningServers
from tests.bridge.responder import USER, Responder, done, eventually, failed, responding


@pytest.fixture
async def bus(broker: RunningServers, worker: Responder) -> AsyncIterator[Bus]:
    """A connected client; the worker is there first, so that the exchange is too."""
    async with Bus(broker.amqp_url, timeout=2.0) as bus:
        yield bus


async def test_a_call_returns_the_view_of_the_reply(bus: Bus, worker: Responder) -> None:
    worker.says("user.get", done(USER))
    view: UserView = await bus.call("user.get", GetUser(id=42))
    assert (view.id, view.username) == (42, "example_user")


async def test_a_request_carries_what_the_contract_asks_for(bus: Bus, worker: Responder) -> None:
    worker.says("user.create", done(USER))
    about = Call(message_id="m-1", actor="token:billing", trace={"traceparent": "00-1-2-01"})
    await bus.call("user.create", CreateUser(username="ada"), about)
    (seen,) = worker.seen
    assert (seen.routing_key, seen.type, seen.content_type) == ("user.create", "user.create", "application/json")
    assert (seen.message_id, seen.app_id, seen.exchange) == ("m-1", "userbus-bridge", COMMANDS_EXCHANGE)
    assert seen.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
    assert seen.headers["x-actor"] == "token:billing"
    assert seen.headers["traceparent"] == "00-1-2-01"
    deadline = seen.headers["x-deadline"]
    assert isinstance(deadline, int)
    assert time.time() * 1000 - 5000 < deadline < time.time() * 1000 + 2000
    assert seen.expiration == 2.0
    assert seen.timestamp is not None
    assert worker.bodies() == [{"username": "ada"}]


async def test_a_query_is_transient_and_gets_a_message_id(bus: Bus, worker: Responder) -> None:
    worker.says("user.get", done(USER))
    await bus.call("user.get", GetUser(id=42))
    assert worker.seen[0].delivery_mode == aio_pika.DeliveryMode.NOT_PERSISTENT
    assert worker.seen[0].message_id


async def test_a_problem_is_raised_as_refused(bus: Bus, worker: Responder) -> None:
    worker.says("user.get", failed("user.not_found", "not_found"))
    with pytest.raises(Refused) as refused:
        await bus.call("user.get", GetUser(id=1))
    assert refused.value.problem.code == "user.not_found"


async def test_many_calls_are_in_flight_and_each_gets_its_own_answer(bus: Bus, worker: Responder) -> None:
    worker.script["user.get"] = lambda body: done(USER | {"id": body["id"]})
    views = await asyncio.gather(*(bus.call("user.get", GetUser(id=number)) for number in range(1, 101)))
    assert [view.id for view in views] == list(range(1, 101))


async def test_no_queue_for_the_name_is_told_at_once(broker: RunningServers) -> None:
    async with responding(broker.amqp_url):
        pass
    async with Bus(broker.amqp_url, timeout=30) as bus:
        with pytest.raises(Unavailable, match=r"no queue takes user\.get"):
            await bus.call("user.get", GetUser(id=1))


async def test_a_full_queue_is_told_at_once(broker: RunningServers) -> None:
    full: dict[str, Any] = {"x-max-length": 1, "x-overflow": "reject-publish"}
    async with await aio_pika.connect(broker.amqp_url) as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange(COMMANDS_EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue(exclusive=True, arguments=full)
        await queue.bind(exchange, "user.*")
        await exchange.publish(aio_pika.Message(b"{}"), "user.get")
        async with Bus(broker.amqp_url, timeout=30) as bus:
            with pytest.raises(Unavailable):
                await bus.call("user.get", GetUser(id=1))


async def test_silence_is_timed_out(bus: Bus, worker: Responder) -> None:
    worker.says("user.get", None)
    with pytest.raises(TimedOut):
        await bus.call("user.get", GetUser(id=1), Call(timeout=0.2))


@pytest.mark.parametrize(
    "garbage", [b"", b"\xff\xfe", b"[" * 100_000, b'{"status":"done","data":{"id":"x"}}', b'{"status":"odd"}', b"null"]
)
async def test_a_garbage_reply_fails_its_call_alone(bus: Bus, worker: Responder, garbage: bytes) -> None:
    worker.says("user.get", garbage)
    with pytest.raises(Refused) as refused:
        await bus.call("user.get", GetUser(id=1))
    assert refused.value.problem.code == "reply.undecodable"
    worker.says("user.get", done(USER))
    assert (await bus.call("user.get", GetUser(id=1))).id == 42


async def test_replies_that_nobody_asked_for_are_dropped(bus: Bus, worker: Responder, broker: RunningServers) -> None:
    worker.says("user.get", done(USER))
    await bus.call("user.get", GetUser(id=1))
    reply_to = worker.seen[0].reply_to or ""
    async with await aio_pika.connect(broker.amqp_url) as connection:
        channel = await connection.channel()
        for correlation_id in (None, "", "nobody", "x" * 255):
            hostile = aio_pika.Message(b"\0garbage", correlation_id=correlation_id, headers={"x": [{"y": [1]}]})
            await channel.default_exchange.publish(hostile, reply_to)
    assert (await bus.call("user.get", GetUser(id=1))).id == 42


async def test_secrets_travel_in_clear_and_absent_fields_not_at_all() -> None:
    body = encode(UpdateUser(id=1, password=SecretStr("correct horse"), name=None))
    assert json.loads(body) == {"id": 1, "password": "correct horse", "name": None}
    assert json.loads(encode(VerifyToken(token=SecretStr("t")))) == {"token": "t"}


async def test_a_broker_that_is_down_is_told_at_once_and_found_when_it_comes_back(broker: RunningServers) -> None:
    async with responding(broker.amqp_url), Bus(broker.amqp_url, timeout=60) as bus:
        await asyncio.to_thread(broker.rabbitmq.stop)
        try:
            await eventually(lambda: bus.state == "no broker")
            with pytest.raises(Unavailable):
                await bus.call("user.get", GetUser(id=1))
        finally:
            await asyncio.to_thread(broker.rabbitmq.start)
        await eventually(lambda: bus.state == "up")
        async with responding(broker.amqp_url) as worker:
            worker.says("user.get", done(USER))
            assert (await bus.call("user.get", GetUser(id=1))).id == 42


async def test_pending_calls_fail_at_once_when_the_broker_goes(broker: RunningServers) -> None:
    async with responding(broker.amqp_url) as worker, Bus(broker.amqp_url, timeout=60) as bus:
        worker.says("user.get", None)
        calls = [asyncio.create_task(bus.call("user.get", GetUser(id=1))) for _ in range(50)]
        await eventually(lambda: len(worker.seen) == 50)
        await asyncio.to_thread(broker.rabbitmq.kill)
        async with asyncio.timeout(20):
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
        await asyncio.to_thread(broker.rabbitmq.start)
        assert {type(outcome) for outcome in outcomes} == {Unavailable}


async def test_a_missing_exchange_is_waited_for(broker: RunningServers) -> None:
    async with await aio_pika.connect(broker.amqp_url) as connection:
        await (await connection.channel()).exchange_delete(COMMANDS_EXCHANGE)
    async with Bus(broker.amqp_url, timeout=60) as bus:
        assert bus.state == "no topology"
        with pytest.raises(Unavailable, match="no topology"):
            await bus.call("user.get", GetUser(id=1))
        async with responding(broker.amqp_url) as worker:
            worker.says("user.get", done(USER))
            await eventually(lambda: bus.state == "up")
            assert (await bus.call("user.get", GetUser(id=1))).id == 42
