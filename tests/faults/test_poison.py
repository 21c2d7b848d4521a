"""A message that kills one worker after the other: it alone is given up, its neighbours are carried out."""

import asyncio
from uuid import uuid4

from aio_pika.abc import AbstractIncomingMessage

from handlers.topology import DELIVERY_LIMIT
from models.store import Store
from tests.client import Client
from tests.faults.conftest import Program, Spawn, SpawnWith, until_served
from tests.faults.deadly import DEADLY, STATUS
from tests.faults.test_workers import Bodies, check_effects, check_events, creates

GOOD = 50
DIES = "tests.faults.deadly"


async def kept_alive(start: SpawnWith, caller: Client, store: Store, bodies: Bodies) -> list[Program]:
    """The workers that it took until each command is carried out or given up; only the last one lives."""
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


async def letters(caller: Client) -> list[AbstractIncomingMessage]:
    queue = await caller.channel.get_queue("userbus.dead", ensure=False)
    found = []
    while letter := await queue.get(no_ack=True, fail=False):
        found.append(letter)
    return found


async def test_a_message_that_kills_its_workers_is_given_up_without_its_neighbours(
    worker: Spawn, worker_with: SpawnWith, caller: Client, store: Store
) -> None:
    first = worker()
    await until_served(caller)
    await first.stopped()
    await letters(caller)
    good, killer = creates(GOOD), uuid4().hex
    bodies = {**good, killer: {"username": f"{DEADLY}{killer[:12]}"}}
    events = await caller.events("user.created", served=False)
    keys = [*good]
    keys.insert(GOOD // 2, killer)
    for key in keys:
        await caller.send("user.create", bodies[key], message_id=key)

    *dead, last = await kept_alive(worker_with, caller, store, bodies)
    await until_served(caller)
    parked = await letters(caller)
    assert [(letter.message_id, letter.headers["x-userbus-code"]) for letter in parked] == [(killer, "message.deadly")]
    assert parked[0].headers["x-userbus-deliveries"] == DELIVERY_LIMIT + 1
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
