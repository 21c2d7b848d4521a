"""The request client on a real broker: many calls in flight, every failure at once, recovery by itself."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import aio_pika
import pytest
from pydantic import SecretStr

from client import connect
from client.bus import Bus
from client.errors import Internal, NotFound, TimedOut
from client.options import Options
from client.wire import encode
from contracts.catalog import COMMANDS_EXCHANGE
from contracts.tokens import VerifyToken
from contracts.user_queries import GetUser
from contracts.users import CreateUser, UpdateUser
from devstack.servers import RunningServers
from tests.support.patience import PATIENCE
from tests.support.scripted_worker import USER, ScriptedWorker, done_reply, failed_reply


@pytest.fixture
async def bus(broker: RunningServers, worker: ScriptedWorker) -> AsyncIterator[Bus]:
    """A connected client; the worker is there first, so that the exchange is too."""
    async with Bus(broker.amqp_url, app_id="billing", timeout=PATIENCE, retry=False) as bus:
        yield bus


async def test_a_call_returns_the_view_of_the_reply(bus: Bus, worker: ScriptedWorker) -> None:
    worker.set_reply("user.get", done_reply(USER))
    view = await bus.ask(GetUser(id=42))
    assert (view.id, view.username) == (42, "example_user")


async def test_a_request_carries_what_the_contract_asks_for(bus: Bus, worker: ScriptedWorker) -> None:
    worker.set_reply("user.create", done_reply(USER))
    options: Options = {"message_id": "m-1", "actor": "token:billing", "traceparent": "00-1-2-01", "tracestate": "a=b"}
    before = time.time()
    await bus.ask(CreateUser(username="ada"), **options)
    (seen,) = worker.requests
    assert (seen.routing_key, seen.type, seen.content_type) == ("user.create", "user.create", "application/json")
    assert (seen.message_id, seen.app_id, seen.exchange) == ("m-1", "billing", COMMANDS_EXCHANGE)
    assert seen.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
    assert seen.headers["x-actor"] == "token:billing"
    assert (seen.headers["traceparent"], seen.headers["tracestate"]) == ("00-1-2-01", "a=b")
    deadline = seen.headers["x-deadline"]
    assert isinstance(deadline, int)
    # the loop's clock stands still during a turn, so that a deadline may come out a little earlier
    assert (before + PATIENCE - 1) * 1000 <= deadline <= (time.time() + PATIENCE) * 1000
    assert isinstance(seen.expiration, float)
    assert PATIENCE - 5 < seen.expiration <= PATIENCE
    assert seen.timestamp is not None
    assert worker.bodies() == [{"username": "ada"}]


async def test_the_actor_of_a_connection_is_that_of_requests_without_one(
    broker: RunningServers, worker: ScriptedWorker
) -> None:
    worker.set_reply("user.get", done_reply(USER))
    async with connect(broker.amqp_url, app_id="billing", timeout=PATIENCE, actor="user:7") as bus:
        await bus.ask(GetUser(id=42))
        await bus.ask(GetUser(id=42), actor="user:8")
    assert [request.headers["x-actor"] for request in worker.requests] == ["user:7", "user:8"]


async def test_a_query_is_transient_and_gets_a_message_id(bus: Bus, worker: ScriptedWorker) -> None:
    worker.set_reply("user.get", done_reply(USER))
    await bus.ask(GetUser(id=42))
    assert worker.requests[0].delivery_mode == aio_pika.DeliveryMode.NOT_PERSISTENT
    assert worker.requests[0].message_id


async def test_a_problem_is_raised_as_its_kind(bus: Bus, worker: ScriptedWorker) -> None:
    worker.set_reply("user.get", failed_reply("user.not_found", "not_found"))
    with pytest.raises(NotFound) as refused:
        await bus.ask(GetUser(id=1))
    assert (refused.value.code, refused.value.message, refused.value.details) == ("user.not_found", "no", None)


async def test_many_calls_are_in_flight_and_each_gets_its_own_answer(bus: Bus, worker: ScriptedWorker) -> None:
    worker.script["user.get"] = lambda body: done_reply(USER | {"id": body["id"]})
    views = await asyncio.gather(*(bus.ask(GetUser(id=number)) for number in range(1, 101)))
    assert [view.id for view in views] == list(range(1, 101))


async def test_silence_is_timed_out(bus: Bus, worker: ScriptedWorker) -> None:
    worker.set_reply("user.get", None)
    with pytest.raises(TimedOut):
        await bus.ask(GetUser(id=1), timeout=0.2)


@pytest.mark.parametrize(
    "garbage", [b"", b"\xff\xfe", b"[" * 100_000, b'{"status":"done","data":{"id":"x"}}', b'{"status":"odd"}', b"null"]
)
async def test_a_garbage_reply_fails_its_call_alone(bus: Bus, worker: ScriptedWorker, garbage: bytes) -> None:
    worker.set_reply("user.get", garbage)
    with pytest.raises(Internal) as refused:
        await bus.ask(GetUser(id=1))
    assert refused.value.code == "reply.undecodable"
    worker.set_reply("user.get", done_reply(USER))
    assert (await bus.ask(GetUser(id=1))).id == 42


async def test_replies_that_nobody_asked_for_are_dropped(
    bus: Bus, worker: ScriptedWorker, broker: RunningServers
) -> None:
    worker.set_reply("user.get", done_reply(USER))
    await bus.ask(GetUser(id=1))
    reply_to = worker.requests[0].reply_to or ""
    async with await aio_pika.connect(broker.amqp_url) as connection:
        channel = await connection.channel()
        for correlation_id in (None, "", "nobody", "x" * 255):
            hostile = aio_pika.Message(b"\0garbage", correlation_id=correlation_id, headers={"x": [{"y": [1]}]})
            await channel.default_exchange.publish(hostile, reply_to)
    assert (await bus.ask(GetUser(id=1))).id == 42


async def test_secrets_travel_in_clear_and_absent_fields_not_at_all() -> None:
    body = encode(UpdateUser(id=1, password=SecretStr("correct horse"), name=None))
    assert json.loads(body) == {"id": 1, "password": "correct horse", "name": None}
    assert json.loads(encode(VerifyToken(token=SecretStr("t")))) == {"token": "t"}
