"""Workers that die or leave in the middle of things: every command has one effect, one entry, its events, a reply."""

import asyncio
import json
from typing import Any
from uuid import uuid4

from devstack.servers import RunningServers
from models.store.client import Store
from tests.faults.conftest import Spawn, wait_served
from tests.support.client import Client
from tests.support.patience import PATIENCE

Bodies = dict[str, dict[str, Any]]


def creation_bodies(count: int) -> Bodies:
    batch = uuid4().hex[:8]
    return {f"{batch}-{number}": {"username": f"u_{batch}_{number}"} for number in range(count)}


async def publish(caller: Client, bodies: Bodies) -> list["asyncio.Task[dict[str, Any]]"]:
    """Send every command and wait for the confirms; the tasks wait for the replies."""
    answers = {key: caller.expect(key) for key in bodies}
    tasks = [asyncio.create_task(asyncio.wait_for(answer, 2 * PATIENCE)) for answer in answers.values()]
    about = {"reply_to": caller.replies.name}
    sends = (
        caller.send("user.create", body, message_id=key, correlation_id=key, **about) for key, body in bodies.items()
    )
    await asyncio.gather(*sends)
    return tasks


async def settle(caller: Client, key: str, body: dict[str, Any]) -> dict[str, Any]:
    """The user that a command made."""
    reply = await caller.settle("user.create", body, message_id=key)
    assert reply["status"] == "done", reply
    user: dict[str, Any] = reply["data"]
    return user


async def check_effects(store: Store, caller: Client, bodies: Bodies) -> None:
    """Each command sent again is answered with its first effect; there is one user and one entry each."""
    users = await asyncio.gather(*(settle(caller, key, body) for key, body in bodies.items()))
    ids = {user["id"] for user in users}
    assert len(ids) == len(bodies)
    names = [body["username"] for body in bodies.values()]
    assert await store.collection("users").count_documents({"username": {"$in": names}}) == len(bodies)
    assert await store.collection("journal").count_documents({"_id": {"$in": [*bodies]}}) == len(bodies)


async def check_events(store: Store, bodies: Bodies, seconds: float = 120.0, entries: int = 0) -> None:
    """The entries are there, and nothing of them waits in the outbox any more."""
    journal = store.collection("journal")
    async with asyncio.timeout(seconds):
        while await journal.count_documents({"_id": {"$in": [*bodies]}}) < entries:
            await asyncio.sleep(0.1)
        while await journal.count_documents({"_id": {"$in": [*bodies]}, "pending": 1}):
            await asyncio.sleep(0.1)


async def test_a_redelivered_command_is_answered_from_the_journal(worker: Spawn, caller: Client, store: Store) -> None:
    first = worker()
    await wait_served(caller)
    bodies = creation_bodies(100)
    tasks = await publish(caller, bodies)
    while sum(task.done() for task in tasks) < 10:
        await asyncio.sleep(0.005)
    first.kill()
    committed = await store.collection("journal").distinct("_id", {"_id": {"$in": [*bodies]}})
    stored = {key: await store.collection("journal").find_one({"_id": key}) for key in committed}
    worker()
    replies = dict(zip(bodies, await asyncio.gather(*tasks), strict=True))
    assert committed
    for key, entry in stored.items():
        assert json.loads(entry["reply"]) == replies[key]


async def test_sigterm_finishes_what_is_in_hand_and_leaves_the_rest(
    worker: Spawn, caller: Client, store: Store
) -> None:
    first = worker()
    await wait_served(caller)
    bodies = creation_bodies(400)
    tasks = await publish(caller, bodies)
    while sum(task.done() for task in tasks) < 20:
        await asyncio.sleep(0.005)
    assert await asyncio.to_thread(first.stop, PATIENCE) == 0
    answered = {key for key, task in zip(bodies, tasks, strict=True) if task.done()}
    entries = store.collection("journal").find({"_id": {"$in": [*bodies]}}, {"_id": 1})
    assert {row["_id"] async for row in entries} == answered
    assert (await caller.counted("userbus.user"))[0] == len(bodies) - len(answered)
    worker()
    replies = await asyncio.gather(*tasks)
    assert {reply["status"] for reply in replies} == {"done"}


async def test_another_process_relays_what_a_killed_one_committed(
    worker: Spawn, caller: Client, store: Store, breakable: RunningServers
) -> None:
    first = worker()
    await wait_served(caller)
    first.kill()
    entry = {"name": "user.created", "subject": "user/999999", "sequence": 1, "id": uuid4().hex}
    row = {"_id": uuid4().hex, "pending": 1, "events": [{**entry, "body": '{"subject": "user/999999"}'}]}
    await store.collection("journal").insert_one(row)
    async with Client(breakable.amqp_url, documented=False) as listener:
        events = await listener.events("user.created", served=False)
        worker()
        (event,) = await events.about("user/999999", 1)
    assert event == {"subject": "user/999999"}
