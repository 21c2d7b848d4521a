"""A fault of ours: what is kept of the message, and how repeated faults open a circuit without losing any."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import uuid4

import aio_pika
import pytest

from devstack.servers import RunningServers
from models.store.client import Store
from models.store.document import now
from tests.faults.conftest import SpawnWith, wait_served
from tests.flows.test_delivery import Dead
from tests.support.client import Client
from tests.support.faults.retry_probes import STEPS, purge_queues, start_probe
from tests.support.patience import PATIENCE
from worker.delivery.circuit_breaker import FAILURES

FIRST = "2026-01-02T03:04:05.678000+00:00"
SECRET = "correct horse battery"


@pytest.fixture(autouse=True)
async def cleared(caller: Client) -> AsyncIterator[None]:
    """What a test leaves among the dead letters goes when its workers have gone."""
    yield
    await purge_queues(caller)


@pytest.fixture
async def broken(store: Store) -> AsyncIterator[str]:
    """A tenant whose row cannot be read; the text of the error shows the wrong field, which is the secret."""
    rows, name = store.collection("tenants"), uuid4().hex
    await rows.insert_one({"_id": uuid4().int % 10**12, "name": name, "title": [SECRET], "secret": "hash"})
    yield name
    await rows.delete_one({"name": name})


async def test_a_fault_is_dead_lettered_under_the_id_that_the_caller_and_the_log_have(
    breakable: RunningServers, worker_with: SpawnWith, caller: Client, store: Store, broken: str
) -> None:
    program = worker_with(USERBUS_LOG_FORMAT="json")
    await wait_served(caller)
    key, body, began = uuid4().hex, {"id": broken, "secret": SECRET}, now()
    headers: dict[str, Any] = {"x-attempt": 2, "x-first": FIRST, "x-actor": "user:42"}
    problem = await caller.refused("tenant.update", body, message_id=key, app_id="billing", headers=headers)
    assert (problem["kind"], problem["code"]) == ("internal", "service.fault")
    fault = problem["details"]["fault"]
    async with await aio_pika.connect(breakable.amqp_url) as connection:
        letter = await Dead(await connection.channel()).find(key)
    told = {name.removeprefix("x-userbus-"): value for name, value in letter.headers.items()}
    assert (told["reason"], told["code"], told["fault"]) == ("dead_lettered", "service.fault", fault)
    assert (told["exception"], told["name"]) == ("ValidationError", "tenant.update")
    assert "1 validation error for Tenant\ntitle\n" in str(told["text"])
    assert "in from_row" in str(told["trace"])
    assert told["worker"] == f"{socket.gethostname()}:{program.pid}"
    assert (told["attempts"], told["deliveries"], told["first"]) == (3, 1, FIRST)
    assert datetime.fromisoformat(FIRST) < began <= datetime.fromisoformat(str(told["at"])) <= now()
    assert (letter.routing_key, letter.app_id, told["x-actor"]) == ("tenant.update", "billing", "user:42")
    assert (json.loads(letter.body), told["redacted"]) == ({"id": broken, "secret": "(redacted)"}, "secret")
    lines = [json.loads(line) for line in program.log().splitlines()]
    (logged,) = [line for line in lines if line["event"] == "fault"]
    assert (logged["fault"], logged["message_id"], logged["name"]) == (fault, key, "tenant.update")
    assert logged["text"] == f"ValidationError: {told['text']!s}"
    for place in (problem, letter.headers, letter.body, program.log()):
        assert SECRET not in str(place)
    assert await store.collection("journal").find_one({"_id": key}) is None


async def open_the_circuit(caller: Client, body: dict[str, Any]) -> None:
    """Cause faults without a success between, as many at once as it takes."""
    codes: set[str] = set()
    async with asyncio.timeout(PATIENCE):
        while "service.circuit_open" not in codes:
            asked = (caller.refused("tenant.update", body) for _ in range(FAILURES))
            codes = {problem["code"] for problem in await asyncio.gather(*asked)}
            assert codes <= {"service.fault", "service.circuit_open"}


async def test_what_nobody_waits_for_outlasts_an_open_circuit_without_counting_it(
    worker_with: SpawnWith, caller: Client, store: Store, broken: str
) -> None:
    worker_with()
    await wait_served(caller)
    probe, ids = await start_probe(caller), {attempt: uuid4().hex for attempt in (0, len(STEPS))}
    await open_the_circuit(caller, {"id": broken})
    for attempt, key in ids.items():
        headers = {"x-attempt": attempt, "x-first": FIRST} if attempt else {}
        await caller.send("tenant.update", {"id": broken, "title": "mended"}, message_id=key, headers=headers)
    for attempt, key in ids.items():
        copy = await probe.wait_first(key)
        assert (copy.exchange, copy.headers["x-attempt"]) == ("userbus.retry.5s", attempt)
        assert copy.headers["x-first"] == FIRST or not attempt
    await store.collection("tenants").update_one({"name": broken}, {"$set": {"title": "still as it was"}})
    journal = store.collection("journal")
    async with asyncio.timeout(PATIENCE):
        while await journal.count_documents({"_id": {"$in": [*ids.values()]}}) < len(ids):
            await asyncio.sleep(0.1)
    assert (await caller.done("tenant.get", {"id": broken}))["title"] == "mended"
    await caller.send("tenant.update", b"{{{", message_id="the last")
    last = await probe.wait_first("the last")  # whatever was dead-lettered before came before
    assert last.exchange == "userbus.dead.letters"
    assert {len(probe.copies(key)) for key in ids.values()} == {1}
