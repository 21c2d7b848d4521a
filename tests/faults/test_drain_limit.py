"""SIGTERM with a command in flight that cannot be finished: the worker leaves all the same, the next one does it."""

import asyncio
from uuid import uuid4

from devstack.ports import free_port
from models.store.client import Store
from tests.faults.conftest import SpawnWith, wait_served
from tests.support.client import Client
from tests.support.faults.metrics import read_metric
from tests.support.faults.retry_probes import lock_row, start_probe
from tests.support.patience import PATIENCE

LIMIT = 12.0  # less than the drain setting unless told otherwise, and than the command's patience


async def test_what_outlasts_the_draining_is_delivered_again_and_done_once(
    worker_with: SpawnWith, caller: Client, store: Store
) -> None:
    port, key, telling = free_port(), uuid4().hex, uuid4().hex
    first = worker_with(USERBUS_DRAIN_SECONDS="1", USERBUS_PATIENCE_SECONDS="60", USERBUS_WORKER_PORT=str(port))
    await wait_served(caller)
    probe, events = await start_probe(caller), await caller.events("user.updated")
    user = (await caller.done("user.create", {"username": uuid4().hex}))["id"]
    body = {"id": user, "company": "acme"}
    answer = caller.expect(telling)
    async with lock_row(store, user):
        about = {"message_id": key, "correlation_id": telling, "reply_to": caller.replies.name}
        await caller.send("user.update", body, **about)
        async with asyncio.timeout(PATIENCE):
            while await read_metric(port, "userbus_in_flight") != 1:
                await asyncio.sleep(0.1)
        # 1 where connections close too slowly for its last deadline, as on a slow machine
        assert await asyncio.to_thread(first.stop, LIMIT) in (0, 1)
        async with asyncio.timeout(PATIENCE):
            while (await caller.counted("userbus.user"))[0] != 1:
                await asyncio.sleep(0.1)
    assert not answer.done()
    assert await store.collection("journal").find_one({"_id": key}) is None
    worker_with()
    reply = await asyncio.wait_for(answer, PATIENCE)
    assert (reply["status"], reply["data"]["company"], reply["data"]["revision"]) == ("done", "acme", 2)
    (event,) = await events.about(f"user/{user}", 1)
    assert (event["causationid"], event["sequence"]) == (key, 2)
    assert await caller.call("user.update", body, message_id=key) == reply
    assert (await caller.done("user.get", {"id": user}))["revision"] == 2
    assert probe.copies(key) == []


async def test_a_worker_that_cannot_end_is_ended(worker_with: SpawnWith, caller: Client) -> None:
    port = free_port()
    stuck = worker_with("tests.support.stubborn_worker", USERBUS_DRAIN_SECONDS="1", USERBUS_WORKER_PORT=str(port))
    await stuck.says("worker ready")
    await caller.send("user.get", {"id": 1}, message_id=uuid4().hex)
    async with asyncio.timeout(PATIENCE):
        while await read_metric(port, "userbus_in_flight") != 1:
            await asyncio.sleep(0.1)
    assert await stuck.stopped() == 1
    await stuck.says("worker does not stop")
    await stuck.says("> wait_for_ever > sleep")
