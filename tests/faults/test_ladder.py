"""The retry ladder to its end: attempts are counted, the first time stays, the last one is dead-lettered."""

import json
import socket
from collections.abc import AsyncIterator
from datetime import datetime
from uuid import uuid4

import aio_pika
import pytest

from devstack.ports import free_port
from devstack.servers import RunningServers
from models.store.client import Store
from models.store.document import now
from tests.faults.conftest import SpawnWith, wait_served
from tests.flows.test_delivery import Dead
from tests.support.client import Client
from tests.support.faults.metrics import read_metric
from tests.support.faults.retry_probes import STEPS, lock_row, purge_queues, start_probe
from tests.support.faults.stage import SMS_SECRET
from tests.support.gateway import gateway

FIRST = "2026-01-02T03:04:05.678000+00:00"
MANY = 40  # one in three takes the step after its own: that all do, or none, has a chance of one to ten million


@pytest.fixture(autouse=True)
async def cleared(caller: Client) -> AsyncIterator[None]:
    """What a test leaves on the ladder goes when its workers have gone."""
    yield
    await purge_queues(caller)


@pytest.fixture
async def user(worker_with: SpawnWith, caller: Client) -> int:
    """A user, and a worker that gives a locked row up after half a second."""
    worker_with(USERBUS_PATIENCE_SECONDS="0.5")
    await wait_served(caller)
    made: int = (await caller.done("user.create", {"username": uuid4().hex}))["id"]
    return made


async def test_a_command_that_nobody_waits_for_climbs_with_its_attempts_and_its_first_time(
    caller: Client, store: Store, user: int
) -> None:
    probe, key, body, began = await start_probe(caller), uuid4().hex, {"id": user, "company": "acme"}, now()
    about = {"message_id": key, "correlation_id": "c", "app_id": "billing", "headers": {"x-actor": "user:42"}}
    async with lock_row(store, user):
        await caller.send("user.update", body, **about)
        first, second = await probe.wait_attempt(key, 1), await probe.wait_attempt(key, 2)
    assert (first.exchange in STEPS[:2], second.exchange in STEPS[1:3]) == (True, True)
    assert began <= datetime.fromisoformat(str(first.headers["x-first"])) <= now()
    for copy, attempt in ((first, 1), (second, 2)):
        assert (copy.routing_key, json.loads(copy.body)) == ("user.update", body)
        assert (copy.correlation_id, copy.app_id) == ("c", "billing")
        told = {"x-attempt": attempt, "x-first": first.headers["x-first"], "x-cause": "store.unavailable"}
        assert copy.headers == {**told, "x-since": copy.headers["x-since"], "x-actor": "user:42"}
    assert first.headers["x-first"] == first.headers["x-since"]
    assert str(first.headers["x-since"]) < str(second.headers["x-since"])


async def test_the_step_belongs_to_the_attempt_or_is_the_next(
    breakable: RunningServers, worker_with: SpawnWith, caller: Client
) -> None:
    async with gateway((400, {})) as played:
        sms = {"USERBUS_SMS_SENDER": "webhook", "USERBUS_SMS_URL": played.url, "USERBUS_SMS_SECRET": SMS_SECRET}
        port = free_port()
        program = worker_with(**sms, USERBUS_SMS_SECONDS="30", USERBUS_WORKER_PORT=str(port))
        await wait_served(caller)
        probe, start = await start_probe(caller), uuid4().int % 10**8 * 1000
        sent = {uuid4().hex: attempt for attempt in range(len(STEPS)) for _ in range(MANY)}
        for number, (key, attempt) in enumerate(sent.items()):
            body, headers = {"telephone": f"+86{start + number}"}, {"x-attempt": attempt, "x-first": FIRST}
            await caller.send("sms.send_code", body, message_id=key, headers=headers)
        went: dict[int, set[str | None]] = {attempt: set() for attempt in sent.values()}
        for key, attempt in sent.items():
            copy = await probe.wait_attempt(key, attempt + 1)
            assert copy.headers["x-first"] == FIRST
            went[attempt].add(copy.exchange)
        assert await read_metric(port, "userbus_retries_total") >= len(sent)
        refused = 'userbus_sms_sends_total{outcome="not_sent",vendor="webhook"}'
        assert await read_metric(port, refused) >= len(sent)
        await program.stopped()
    assert went == {attempt: {*STEPS[attempt : attempt + 2]} for attempt in range(len(STEPS))}


async def test_after_the_last_step_it_is_dead_lettered_with_its_cause(
    breakable: RunningServers, worker_with: SpawnWith, caller: Client, store: Store
) -> None:
    program = worker_with(USERBUS_PATIENCE_SECONDS="0.5")
    await wait_served(caller)
    user = (await caller.done("user.create", {"username": uuid4().hex}))["id"]
    key, body, began = uuid4().hex, {"id": user, "company": "acme"}, now()
    async with lock_row(store, user):
        headers = {"x-attempt": len(STEPS), "x-first": FIRST}
        await caller.send("user.update", body, message_id=key, app_id="billing", headers=headers)
        async with await aio_pika.connect(breakable.amqp_url) as connection:
            letter = await Dead(await connection.channel()).find(key)
    told = {name.removeprefix("x-userbus-"): value for name, value in letter.headers.items()}
    assert (told["reason"], told["code"]) == ("dead_lettered", "store.unavailable")
    assert "the database did not take the change in time" in str(told["text"])
    assert (told["name"], told["worker"]) == ("user.update", f"{socket.gethostname()}:{program.pid}")
    assert (told["attempts"], told["deliveries"], told["first"]) == (len(STEPS) + 1, 1, FIRST)
    assert datetime.fromisoformat(FIRST) < began <= datetime.fromisoformat(str(told["at"])) <= now()
    assert (told["exception"], told["fault"], told["redacted"]) == ("", "", "")
    assert (letter.routing_key, letter.app_id, json.loads(letter.body)) == ("user.update", "billing", body)
    assert await store.collection("journal").find_one({"_id": key}) is None
