"""The relay: how much it has under way, the order of each subject's events, and what a short lease does to it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from uuid import uuid4

import aio_pika
import pytest

from contracts.catalog import EVENTS_EXCHANGE
from devstack.servers import RunningServers
from handlers.nudge import Nudge
from handlers.outlet import Outlet
from handlers.relay import IN_FLIGHT, Relay
from handlers.topology import declare
from models.indexes import prepare
from models.outbox import Lease, Outbox
from models.store import Row, Store
from tests.client import Client, Events
from tests.stack import fresh_database


class Counting(Outlet):
    """Counts the events that are on their way, and takes its time over each where told to."""

    under_way = most = 0
    pause = 0.0

    async def publish(self, exchange: str, key: str, message: aio_pika.Message, seconds: float = 5.0) -> None:
        self.under_way += exchange == EVENTS_EXCHANGE
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(self.pause)
            await super().publish(exchange, key, message, seconds)
        finally:
            self.under_way -= exchange == EVENTS_EXCHANGE


@pytest.fixture
async def store(running: RunningServers) -> AsyncIterator[Store]:
    fresh = Store(fresh_database(running.mongo_url))
    await prepare(fresh)
    yield fresh
    await fresh.close()


@pytest.fixture
async def outlet(running: RunningServers) -> AsyncIterator[Counting]:
    async with Counting(running.amqp_url, "test", confirms=True) as up:
        await declare(up.channel, 100_000, 7)
        yield up


@pytest.fixture
async def heard(running: RunningServers) -> AsyncIterator[tuple[str, Events]]:
    """A name of event that nobody else uses, and what arrives under it."""
    name = f"test.{uuid4().hex}"
    async with Client(running.amqp_url) as client:
        yield name, await client.events(name, served=False)


async def written(store: Store, name: str, entries: int, events: int, subjects: int) -> None:
    """Entries with events to send; each subject's are numbered through."""
    counted: Counter[str] = Counter()
    rows: list[Row] = []
    for entry in range(entries):
        told: list[Row] = []
        for number in range(entry * events, (entry + 1) * events):
            subject = f"test/{number % subjects}"
            counted[subject] += 1
            body = f'{{"subject": "{subject}", "sequence": {counted[subject]}}}'
            told.append(
                {"id": uuid4().hex, "name": name, "subject": subject, "sequence": counted[subject], "body": body}
            )
        rows.append({"_id": uuid4().hex, "pending": 1, "events": told})
    await store.collection("journal").insert_many(rows)


async def drained(store: Store, outlet: Outlet, lease: Lease) -> None:
    """Run a relay until nothing waits."""
    outbox = Outbox(store)
    task = asyncio.create_task(Relay(outbox, lease, outlet, Nudge(outlet)).run())
    try:
        async with asyncio.timeout(60):
            while await outbox.backlog():
                await asyncio.sleep(0.05)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_so_many_are_under_way_that_each_finds_its_confirm_in_time(
    store: Store, outlet: Counting, heard: tuple[str, Events]
) -> None:
    name, events = heard
    await written(store, name, entries=3, events=1000, subjects=1500)
    await drained(store, outlet, Lease(store, "relay", "test", 5.0))
    assert 1 < outlet.most <= IN_FLIGHT
    arrived: dict[str, list[int]] = {}
    for _ in range(3000):
        event = await events.next()
        arrived.setdefault(event["subject"], []).append(event["sequence"])
    assert {tuple(sequence) for sequence in arrived.values()} == {(1, 2)}


async def test_an_entry_that_takes_longer_than_the_lease_is_sent_once(
    store: Store, outlet: Counting, heard: tuple[str, Events]
) -> None:
    name, events = heard
    outlet.pause = 0.02
    await written(store, name, entries=1, events=100, subjects=1)
    await drained(store, outlet, Lease(store, "relay", "test", 0.5))
    assert [(await events.next())["sequence"] for _ in range(100)] == [*range(1, 101)]
    with pytest.raises(TimeoutError):
        await events.next(0.5)
