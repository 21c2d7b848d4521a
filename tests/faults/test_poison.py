"""A message that kills one worker after the other: it alone is dead-lettered, its neighbours are carried out."""

import asyncio
from uuid import uuid4

from aio_pika.abc import AbstractIncomingMessage

from contracts.topology.declared import DELIVERY_LIMIT
from models.store.client import Store
from tests.faults.conftest import Program, Spawn, SpawnWith, wait_served
from tests.faults.test_workers import Bodies, check_effects, check_events, creation_bodies
from tests.support.client import Client
from tests.support.faults.poison import POISON, STATUS

GOOD = 50
DIES = "tests.support.faults.poison"


async def keep_a_worker_alive(start: SpawnWith, caller: Client, store: Store, bodies: Bodies) -> list[Program]:
    """The workers that it took until each command is carried out or dead-lettered; only the last one lives."""
    journal = store.collection("journal")
    workers = [start(DIES)]
    settled = 0
    async with asyncio.timeout(400):
        while settled < len(bodies):
            if workers[-1].exit_code is not None:
                workers.append(start(DIES))
            await asyncio.sleep(0.2)
            entries = await journal.count_documents({"_id": {"$in": [*bodies]}})
            settled = entries + (await caller.counted("userbus.dead"))[0]
    return workers


async def take_letters(caller: Client) -> list[AbstractIncomingMessage]:
    queue = await caller.channel.get_queue("userbus.dead", ensure=False)
    found = []
    while letter := await queue.get(no_ack=True, fail=False):
        found.append(letter)
    return found


async def test_a_message_that_kills_its_workers_is_dead_lettered_without_its_neighbours(
    worker: Spawn, worker_with: SpawnWith, caller: Client, store: Store
) -> None:
    first = worker()
    await wait_served(caller)
    await first.stopped()
    await take_letters(caller)
    good, killer = creation_bodies(GOOD), uuid4().hex
    bodies = {**good, killer: {"username": f"{POISON}{killer[:12]}"}}
    events = await caller.events("user.created", served=False)
    keys = [*good]
    keys.insert(GOOD // 2, killer)
    for key in keys:
        await caller.send("user.create", bodies[key], message_id=key)

    *dead, last = await keep_a_worker_alive(worker_with, caller, store, bodies)
    await wait_served(caller)
    found = await take_letters(caller)
    assert [(letter.message_id, letter.headers["x-userbus-code"]) for letter in found] == [(killer, "message.poison")]
    assert found[0].headers["x-userbus-deliveries"] == DELIVERY_LIMIT + 1
    assert [program.exit_code for program in dead] == [STATUS] * DELIVERY_LIMIT
    await check_events(store, good, entries=GOOD)
    told: dict[str, str] = {}
    while len(told) < GOOD:
        event = await events.next()
        told[event["id"]] = event["causationid"]
    assert sorted(told.values()) == sorted(good)
    await check_effects(store, caller, good)
    assert await store.collection("users").count_documents({"username": bodies[killer]["username"]}) == 0
    assert await last.stopped() == 0
    assert (await caller.counted("userbus.user"))[0] == 0
