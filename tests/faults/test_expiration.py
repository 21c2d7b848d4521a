"""The AMQP `expiration` of callers that know no `x-deadline`: who has gone is neither served nor dead-lettered."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from models.store.client import Store
from tests.faults.conftest import SpawnWith, wait_served
from tests.support.client import Client
from tests.support.faults.retry_probes import RetryProbe, lock_row, purge_queues, start_probe
from tests.support.faults.stage import SMS_SECRET
from tests.support.gateway import gateway
from worker.delivery.broker_dead_letters import death_reason


@pytest.fixture(autouse=True)
async def cleared(caller: Client) -> AsyncIterator[None]:
    """What a test leaves goes when its workers have gone."""
    yield
    await purge_queues(caller)


def user() -> dict[str, str]:
    return {"username": f"u_{uuid4().hex[:12]}"}


def expiring(seconds: float, sent: timedelta = timedelta(0)) -> dict[str, Any]:
    """The properties of a message that was sent so long ago and is of no use after so many seconds."""
    return {"timestamp": datetime.now(UTC).replace(microsecond=0) - sent, "expiration": seconds}


async def check_not_run(caller: Client, store: Store, probe: RetryProbe, key: str, username: str) -> None:
    """It had no effect and no entry, and is not dead-lettered: whatever was before a marker arrived before it."""
    assert (await caller.refused("user.get", {"username": username}))["code"] == "user.not_found"
    assert await store.collection("journal").find_one({"_id": key}) is None
    marker = uuid4().hex
    await caller.send("user.create", b"{{{", message_id=marker)
    assert (await probe.wait_first(marker)).headers["x-userbus-code"] == "message.undecodable"
    assert [copy for copy in probe.copies(key) if "x-userbus-reason" in copy.headers] == []
    assert (await caller.counted("userbus.dead"))[0] == 1


async def test_what_expired_on_a_queue_that_nobody_served_is_not_run_and_not_dead_lettered(
    worker_with: SpawnWith, caller: Client, store: Store
) -> None:
    first = worker_with()
    await wait_served(caller)
    probe = await start_probe(caller)
    await first.stopped()
    await purge_queues(caller)
    late, key, sound = user(), uuid4().hex, uuid4().hex
    await caller.send("user.create", late, message_id=key, expiration=0.2)
    gone = await probe.wait_first(key)  # the broker takes it from the queue by itself
    assert death_reason(gone.headers) == "expired"
    await caller.send("user.create", user(), message_id=sound, expiration=3600)
    program = worker_with()
    await program.says("worker ready")
    assert (await caller.done("user.create", user()))["revision"] == 1
    await check_not_run(caller, store, probe, key, late["username"])
    assert await store.collection("journal").find_one({"_id": sound}) is not None


async def test_what_is_taken_after_its_expiration_is_not_started(
    worker_with: SpawnWith, caller: Client, store: Store
) -> None:
    program = worker_with(USERBUS_LOG_FORMAT="json")
    await wait_served(caller)
    await (await caller.channel.get_queue("userbus.dead", ensure=False)).purge()
    probe, late, key = await start_probe(caller), user(), uuid4().hex
    await caller.send("user.create", late, message_id=key, **expiring(3600, sent=timedelta(hours=2)))
    await program.says(key)
    (line,) = [json.loads(line) for line in program.log().splitlines() if key in line]
    assert (line["event"], line["name"], line["outcome"]) == ("request", "user.create", "late")
    await check_not_run(caller, store, probe, key, late["username"])


async def test_who_waits_hears_before_its_message_expires(worker_with: SpawnWith, caller: Client, store: Store) -> None:
    worker_with(USERBUS_PATIENCE_SECONDS="60")
    await wait_served(caller)
    made = await caller.done("user.create", user())
    async with lock_row(store, made["id"]):
        body = {"id": made["id"], "company": "acme"}
        problem = await caller.refused("user.update", body, **expiring(10))
    # whoever notices first says it: the worker's timer, or MongoDB, which ends the operation at the deadline
    assert (problem["kind"], problem["code"]) in {("unavailable", "message.late"), ("throttled", "store.busy")}


async def test_what_is_tried_again_later_expires_when_it_would_have(worker_with: SpawnWith, caller: Client) -> None:
    async with gateway((400, {})) as played:
        sms = {"USERBUS_SMS_SENDER": "webhook", "USERBUS_SMS_URL": played.url, "USERBUS_SMS_SECRET": SMS_SECRET}
        program = worker_with(**sms)
        await wait_served(caller)
        probe, key, about = await start_probe(caller), uuid4().hex, expiring(3600)
        body = {"telephone": f"+86{uuid4().int % 10**11}"}
        await caller.send("sms.send_code", body, message_id=key, **about)
        copy = await probe.wait_attempt(key, 1)
        await program.stopped()
    assert copy.headers["x-deadline"] == (about["timestamp"].timestamp() + 3600 + 1) * 1000  # a second is cut off
    assert copy.expiration is None
