"""The relay: how much it has under way, the order of each subject's events, and what a short lease does to it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

import aio_pika
import pytest

from contracts.cancellation import cancel
from contracts.topology.declared import RELAY_EXCHANGE, RELAY_LANES_EXCHANGE
from devstack.servers import RunningServers
from models.seeds import prepare
from models.store.client import BsonDict, Store
from models.store.lane_leases import LaneLease, LaneLeases
from models.store.lanes import WHOLE, Lane
from models.store.outbox import Outbox
from tests.support.client import Client, Events
from tests.support.patience import PATIENCE
from tests.support.proxy import proxy
from tests.support.stack import fresh_database
from tests.support.stores import open_store
from worker.bus.publications import Publication
from worker.bus.publisher import Outcome, Publisher, PublishFailed
from worker.bus.relay import IN_FLIGHT, PART, Relay
from worker.bus.relay_signal import RelaySignal
from worker.bus.tasks import keep_running
from worker.bus.topology import declare


class CountingPublisher(Publisher):
    """Counts the events that are on their way; where told to, takes its time over each, or loses one body once."""

    under_way = most = 0
    pause = 0.0
    lost: bytes | None = None

    async def publish_all(self, publications: Sequence[Publication], seconds: float = 5.0) -> list[Outcome]:
        self.under_way += len(publications)
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(self.pause)
            kept = [each for each in publications if each.body != self.lost]
            outcomes = iter(await super().publish_all(kept, seconds))
            lost = self.lost
            self.lost = self.lost if len(kept) == len(publications) else None
            return [PublishFailed("lost") if each.body == lost else next(outcomes) for each in publications]
        finally:
            self.under_way -= len(publications)


@pytest.fixture
async def store(apart: RunningServers) -> AsyncIterator[Store]:
    async with open_store(fresh_database(apart.mongo_url)) as fresh:
        await prepare(fresh)
        yield fresh


@pytest.fixture
async def publisher(apart: RunningServers) -> AsyncIterator[CountingPublisher]:
    async with CountingPublisher(apart.amqp_url, "test", confirms=True) as up:
        await declare(apart.amqp_url, 100_000, 7)
        yield up


@pytest.fixture
async def heard(apart: RunningServers) -> AsyncIterator[tuple[str, Events]]:
    """A name of event that nobody else uses, and what arrives under it."""
    name = f"test.{uuid4().hex}"
    async with Client(apart.amqp_url, documented=False) as client:
        yield name, await client.events(name, served=False)


async def write_entries(store: Store, name: str, entries: int, events: int, subjects: int) -> None:
    """Entries with events to send; each subject's are numbered through."""
    counted: Counter[str] = Counter()
    rows: list[BsonDict] = []
    for entry in range(entries):
        told: list[BsonDict] = []
        for number in range(entry * events, (entry + 1) * events):
            subject = f"test/{number % subjects}"
            counted[subject] += 1
            body = f'{{"subject": "{subject}", "sequence": {counted[subject]}}}'
            told.append(
                {"id": uuid4().hex, "name": name, "subject": subject, "sequence": counted[subject], "body": body}
            )
        rows.append({"_id": uuid4().hex, "pending": 1, "events": told})
    await store.collection("journal").insert_many(rows)


async def drain(store: Store, publisher: Publisher, lease: LaneLease) -> None:
    """Run a relay until nothing waits."""
    outbox = Outbox(store)
    task = asyncio.create_task(Relay(outbox, lease, publisher, RelaySignal(publisher)).run())
    try:
        async with asyncio.timeout(PATIENCE):
            while await outbox.count_pending():
                await asyncio.sleep(0.05)
    finally:
        await cancel(task)


async def test_so_many_are_under_way_that_each_finds_its_confirm_in_time(
    store: Store, publisher: CountingPublisher, heard: tuple[str, Events]
) -> None:
    name, events = heard
    await write_entries(store, name, entries=3, events=1000, subjects=1500)
    await drain(store, publisher, LaneLeases(store, "test", 5.0).lease())
    assert 1 < publisher.most <= IN_FLIGHT
    arrived: dict[str, list[int]] = {}
    for _ in range(3000):
        event = await events.next()
        arrived.setdefault(event["subject"], []).append(event["sequence"])
    assert {tuple(sequence) for sequence in arrived.values()} == {(1, 2)}


async def test_an_event_that_was_not_sent_keeps_those_of_later_parts_back(
    store: Store, publisher: CountingPublisher, heard: tuple[str, Events]
) -> None:
    name, events = heard
    publisher.lost = b'{"subject": "test/0", "sequence": 1}'
    await write_entries(store, name, entries=PART + 1, events=1, subjects=PART)
    await drain(store, publisher, LaneLeases(store, "test", 5.0).lease())
    arrived = [await events.next() for _ in range(PART + 1)]
    assert [event["sequence"] for event in arrived if event["subject"] == "test/0"] == [1, 2]
    assert publisher.lost is None


async def test_a_relay_that_cannot_publish_gives_its_lease_up(
    apart: RunningServers, store: Store, publisher: CountingPublisher, heard: tuple[str, Events]
) -> None:
    name, events = heard
    async with proxy(apart.amqp_url) as (between, url), Publisher(url, "test", confirms=True) as cut_off:
        signals = [RelaySignal(one) for one in (cut_off, publisher)]
        stuck, other = (
            Relay(Outbox(store), LaneLeases(store, "test", 5.0).lease(), one, signal)
            for one, signal in zip((cut_off, publisher), signals, strict=True)
        )
        async with running_relay(stuck), running_relay(other):
            between.hold(lambda _: True)
            await write_entries(store, name, entries=400, events=1, subjects=200)
            arrived = [await events.next() for _ in range(400)]
            assert not stuck.is_leader
        by_subject: dict[str, list[int]] = {}
        for event in arrived:
            by_subject.setdefault(event["subject"], []).append(event["sequence"])
        assert {tuple(sequence) for sequence in by_subject.values()} == {(1, 2)}
        repeats = sum(link.kept.count(name.encode()) for link in between.links)
        assert repeats <= 3 * IN_FLIGHT  # an event names itself in its key, its type and its body


@asynccontextmanager
async def running_relay(relay: Relay) -> AsyncIterator[None]:
    """Run a relay beside the block, which begins when some relay has the lease."""
    task = asyncio.create_task(relay.run())
    try:
        await asyncio.sleep(0.5)
        yield
    finally:
        await cancel(task)


async def test_an_entry_that_takes_longer_than_the_lease_is_sent_once(
    store: Store, publisher: CountingPublisher, heard: tuple[str, Events]
) -> None:
    name, events = heard
    publisher.pause = 0.035
    await write_entries(store, name, entries=1, events=100, subjects=1)
    await drain(store, publisher, LaneLeases(store, "test", 3.0).lease())
    assert [(await events.next())["sequence"] for _ in range(100)] == [*range(1, 101)]
    with pytest.raises(TimeoutError):
        await events.next(0.5)


@pytest.mark.parametrize(
    ("lane", "exchange", "key"), [(WHOLE, RELAY_EXCHANGE, ""), (Lane(2, 4), RELAY_LANES_EXCHANGE, "2")], ids=["1", "4"]
)
async def test_signals_go_to_the_process_that_leads_the_lane_alone(
    apart: RunningServers, lane: Lane, exchange: str, key: str
) -> None:
    await declare(apart.amqp_url, 100_000, 7)
    async with Publisher(apart.amqp_url, "test", confirms=True) as ours, AsyncExitStack() as stack:
        leader, other, beside = (RelaySignal(ours, each) for each in (lane, lane, Lane(1, 4)))
        for signal in (leader, other, beside):
            keep_running(stack, signal.run, signal.follow)
        beside.set_addressed(True)
        with pytest.raises(PublishFailed):  # nobody leads
            await ours.publish(exchange, key, aio_pika.Message(b""))
        leader.set_addressed(True)
        async with asyncio.timeout(PATIENCE):
            while not await leader.wait(0.1):
                other.send()
        leader.set_addressed(False)
        other.set_addressed(True)
        async with asyncio.timeout(PATIENCE):
            while not await other.wait(0.1):
                leader.send()
        while await leader.wait(0.2):  # those that were under way
            pass
        leader.send()
        assert await other.wait(PATIENCE)
        assert not await leader.wait(0.2)
        assert not await beside.wait(0.0)
