"""SIGTERM with a command in hand that cannot be finished: the worker leaves all the same, the next one does it."""

import asyncio
from uuid import uuid4

from devstack.ports import free_port
from models.store import Store
from tests.client import Client
from tests.faults.conftest import SpawnWith, until_served
from tests.faults.metrics import figure
from tests.faults.taps import locked, tapped

LIMIT = 12.0  # less than the drain setting unless told otherwise, and than the command's patience


async def test_what_outlasts_the_draining_is_delivered_again_and_done_once(
    worker_with: SpawnWith, caller: Client, store: Store
) -> None:
    port, key, telling = free_port(), uuid4().hex, uuid4().hex
    first = worker_with(USERBUS_DRAIN_SECONDS="1", USERBUS_PATIENCE_SECONDS="60", USERBUS_WORKER_PORT=str(port))
    await until_served(caller)
    tap, events = await tapped(caller), await caller.events("user.updated")
    user = (await caller.done("user.create", {"username": uuid4().hex}, seconds=60))["id"]
    body = {"id": user, "company": "acme"}
    answer = caller.expect(telling)
    async with locked(store, user):
        about = {"message_id": key, "correlation_id": telling, "reply_to": caller.replies.name}
        await caller.send("user.update", body, **about)
        async with asyncio.timeout(60):
            while await figure(port, "userbus_in_flight") != 1:
                await asyncio.sleep(0.1)
        assert await asyncio.to_thread(first.stop, LIMIT) == 0
        async with asyncio.timeout(60):
            while (await caller.counted("userbus.user"))[0] != 1:
                await asyncio.sleep(0.1)
    assert not answer.done()
    assert await store.collection("journal").find_one({"_id": key}) is None
    worker_with()
    reply = await asyncio.wait_for(answer, 90)
    assert (reply["status"], reply["data"]["company"], reply["data"]["revision"]) == ("done", "acme", 2)
    (event,) = await events.about(f"user/{user}", 1, seconds=60)
    assert (event["causationid"], event["sequence"]) == (key, 2)
    assert await caller.call("user.update", body, message_id=key, seconds=60) == reply
    assert (await caller.done("user.get", {"id": user}, seconds=60))["revision"] == 2
    assert tap.seen(key) == []
