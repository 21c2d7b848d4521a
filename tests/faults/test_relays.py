"""Two relays: one that stood still for longer than its lease comes back, and consumers see all, in order."""

import asyncio
import json
from collections import Counter, defaultdict
from typing import Any
from uuid import uuid4

from aio_pika.abc import AbstractIncomingMessage

from devstack.servers import RunningServers
from models.store.client import Store
from tests.faults.conftest import SpawnWith, wait_served
from tests.support.client import Client
from tests.support.faults.damages import is_sending_events
from tests.support.faults.stage import Stage, open_stage
from tests.support.patience import PATIENCE
from worker.bus.relay import IN_FLIGHT

USERS = 300
SOME = 20
CHANGES = 3


class EventRecorder:
    """Every event about users as it comes, repeats and all."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    async def take(self, message: AbstractIncomingMessage) -> None:
        self.events.append(json.loads(message.body))

    @property
    def repeats(self) -> Counter[str]:
        """How often an event came again, by its id."""
        count = Counter(event["id"] for event in self.events)
        return Counter({each: times - 1 for each, times in count.items() if times > 1})

    @property
    def sequences(self) -> dict[str, list[int]]:
        """What a consumer makes of them that drops repeats by their ids."""
        seen: dict[str, list[int]] = defaultdict(list)
        for event in {event["id"]: event for event in self.events}.values():  # a repeat leaves an id in its place
            seen[event["subject"]].append(event["sequence"])
        return seen

    async def wait_for(self, count: int, seconds: float = PATIENCE) -> None:
        """Wait until so many different events have come."""
        async with asyncio.timeout(seconds):
            while len({event["id"] for event in self.events}) < count:
                await asyncio.sleep(0.1)


async def create_users(caller: Client, count: int) -> list[int]:
    """So many users, made by one command."""
    batch = uuid4().hex[:10]
    rows = [{"username": f"r_{batch}_{number}"} for number in range(count)]
    assert (await caller.done("user.import", {"users": rows}))["created"] == count
    found = [await caller.done("user.get", {"username": row["username"]}) for row in rows[:: count // SOME]]
    return [user["id"] for user in found]


async def change_users(caller: Client, ids: list[int]) -> None:
    """Each of them changed, one change after the other."""

    async def change(user: int) -> None:
        for number in range(CHANGES):
            await caller.done("user.update", {"id": user, "company": f"company {number}"})

    await asyncio.gather(*(change(user) for user in ids))


async def find_unsent(store: Store) -> set[str]:
    """The ids of the events that are not marked as sent."""
    rows = store.collection("journal").find({"pending": 1}, {"events.id": 1})
    return {event["id"] async for row in rows for event in row["events"]}


async def listen(caller: Client) -> EventRecorder:
    heard = EventRecorder()
    queue = await caller.channel.declare_queue(exclusive=True)
    await queue.bind("userbus.events", "user.*")
    await queue.consume(heard.take, no_ack=True)
    return heard


async def wait_taken_over(stage: Stage, store: Store) -> None:
    """Wait until the other worker relays, and has sent what there was."""
    before = await stage.find_leader()
    async with asyncio.timeout(PATIENCE):
        while await stage.find_leader() is before or await find_unsent(store):
            await asyncio.sleep(0.1)


async def test_a_leader_that_stood_still_loses_nothing_and_repeats_only_what_it_had_in_flight(
    breakable: RunningServers, worker_with: SpawnWith, caller: Client, store: Store
) -> None:
    async with open_stage(breakable, worker_with, store, 2) as stage:
        await wait_served(caller)
        heard = await listen(caller)

        for post in stage.posts:
            post.broker.hold(is_sending_events)  # what is sent from now on is under way, and never confirmed
        ids = await create_users(caller, USERS)
        await change_users(caller, ids)
        first = await stage.find_leader()
        second = next(post for post in stage.posts if post is not first)
        await first.broker.keeps(1_000)
        first.freeze()
        unmarked = await find_unsent(store)
        assert len(unmarked) == USERS + len(ids) * CHANGES
        for post in stage.posts:
            post.broker.heal()  # and now it arrives
        changes = asyncio.create_task(change_users(caller, ids))  # some reach the one that stands still
        await wait_taken_over(stage, store)
        first.thaw()
        await changes
        await heard.wait_for(USERS + 2 * len(ids) * CHANGES)

        assert await second.worker.stopped() == 0
        assert await stage.find_leader() is first
        await change_users(caller, ids)  # whatever the first had still to send comes before these
        await heard.wait_for(USERS + 3 * len(ids) * CHANGES)

        assert set(heard.repeats) <= unmarked
        assert 0 < heard.repeats.total() <= 2 * IN_FLIGHT  # one that was not confirmed had given up its lease by then
        orders = Counter(tuple(sequences) for sequences in heard.sequences.values())
        whole = tuple(range(1, 3 * CHANGES + 2))
        assert orders == {whole: len(ids), (1,): USERS - len(ids)}
