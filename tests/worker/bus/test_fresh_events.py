"""A relay and the commits of its own process: their events are sent once, in order, and without being read back."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import uuid4

import pytest

from contracts.cancellation import cancel
from devstack.servers import RunningServers
from models.seeds import prepare
from models.store.client import Store
from models.store.journal import CommandContext, OutboxEvent
from models.store.lane_leases import LaneLeases
from models.store.outbox import Outbox
from models.transaction import with_transaction
from models.unit_of_work import Dependencies, UnitOfWork
from tests.models.conftest import build_dependencies
from tests.support.client import Client, Events
from tests.support.patience import PATIENCE
from tests.support.profiler import profiled
from tests.support.stack import fresh_database
from tests.support.stores import open_store
from worker.bus.publications import Publication
from worker.bus.publisher import Outcome, Publisher, PublishFailed
from worker.bus.relay import Relay
from worker.bus.relay_signal import RelaySignal
from worker.bus.topology import declare

JOURNAL = {"ns": {"$regex": "journal$"}}


class RefusingPublisher(Publisher):
    """Fails to publish some messages where told to, as a broker that refuses them does."""

    refuses = 0

    async def publish_all(self, publications: Sequence[Publication], seconds: float = 5.0) -> list[Outcome]:
        if self.refuses:
            self.refuses -= 1
            return [PublishFailed("refused") for _ in publications]
        return await super().publish_all(publications, seconds)


@pytest.fixture
async def dependencies(running: RunningServers) -> AsyncIterator[Dependencies]:
    async with open_store(fresh_database(running.mongo_url)) as store:
        await prepare(store)
        yield build_dependencies(store)


@pytest.fixture
def context() -> CommandContext:
    return CommandContext(name="test.happen", message_id="m-1", digest="d-1")


@pytest.fixture
async def publisher(running: RunningServers) -> AsyncIterator[RefusingPublisher]:
    async with RefusingPublisher(running.amqp_url, "test", confirms=True) as up:
        await declare(running.amqp_url, 100_000, 7)
        yield up


@pytest.fixture
async def heard(running: RunningServers) -> AsyncIterator[tuple[str, Events]]:
    """A name of event that nobody else uses, and what arrives under it."""
    name = f"test.{uuid4().hex}"
    async with Client(running.amqp_url, documented=False) as client:
        yield name, await client.events(name, served=False)


@asynccontextmanager
async def leading_relay(dependencies: Dependencies, publisher: Publisher) -> AsyncIterator[Relay]:
    """Run a relay beside the block, which begins when it has the lease and has looked for what there was."""
    (fresh,) = dependencies.fresh.lanes
    lease = LaneLeases(dependencies.store, "test", 5.0).lease()
    relay = Relay(Outbox(dependencies.store, fresh), lease, publisher, RelaySignal(publisher))
    task = asyncio.create_task(relay.run())
    try:
        async with asyncio.timeout(PATIENCE):
            while not relay.is_leader or fresh.is_behind:
                await asyncio.sleep(0.01)
        yield relay
    finally:
        await cancel(task)


async def emit(dependencies: Dependencies, context: CommandContext, relay: Relay, event: OutboxEvent) -> None:
    """Commit a command with one event as a worker does, and wake the relay."""

    async def work(unit: UnitOfWork) -> None:
        await unit.commit("done", [event])

    until = asyncio.get_running_loop().time() + PATIENCE
    await with_transaction(dependencies, replace(context, message_id=event.id), work, until, grouped=True)
    relay.wake()


def event(name: str, subject: int, sequence: int) -> OutboxEvent:
    body = json.dumps({"subject": subject, "sequence": sequence})
    return OutboxEvent(uuid4().hex, name, f"test/{subject}", sequence, body)


async def wait_marked(store: Store) -> None:
    async with asyncio.timeout(PATIENCE):
        while await Outbox(store).count_pending():
            await asyncio.sleep(0.02)


async def test_the_events_of_own_commits_are_not_read_back(
    dependencies: Dependencies, context: CommandContext, publisher: RefusingPublisher, heard: tuple[str, Events]
) -> None:
    (name, events), database = heard, dependencies.store.database
    async with leading_relay(dependencies, publisher) as relay, profiled(database, JOURNAL) as done:
        for subject in range(30):
            await emit(dependencies, context, relay, event(name, subject, 1))
            assert (await events.next())["subject"] == subject
        await wait_marked(dependencies.store)
    finds = [row for row in done if row["op"] == "query" and "events" in row["command"].get("projection", {})]
    assert len(finds) < 15  # once a second, however many there are
    assert sum(row.get("nModified", 0) for row in done if row["op"] == "update") == 30


async def test_those_that_are_committed_together_are_marked_together(
    dependencies: Dependencies, context: CommandContext, publisher: RefusingPublisher, heard: tuple[str, Events]
) -> None:
    name, events = heard
    async with leading_relay(dependencies, publisher) as relay:
        async with profiled(dependencies.store.database, JOURNAL) as done:
            await asyncio.gather(
                *(emit(dependencies, context, relay, event(name, subject, 1)) for subject in range(30))
            )
            assert [(await events.next())["subject"] for _ in range(30)] == [*range(30)]
            await wait_marked(dependencies.store)
        marks = [row for row in done if row["op"] == "update"]
    assert 0 < len(marks) < 15
    assert sum(row["nModified"] for row in marks) == 30


async def test_each_subject_is_told_of_in_order_and_once(
    dependencies: Dependencies, context: CommandContext, publisher: RefusingPublisher, heard: tuple[str, Events]
) -> None:
    """First events are sent from memory, later ones are found."""
    name, events = heard
    async with leading_relay(dependencies, publisher) as relay:

        async def live(subject: int) -> None:
            for sequence in range(1, 6):
                await emit(dependencies, context, relay, event(name, subject, sequence))

        await asyncio.gather(*map(live, range(20)))
        told: dict[int, list[int]] = {}
        for _ in range(100):
            arrived = await events.next()
            told.setdefault(arrived["subject"], []).append(arrived["sequence"])
        await wait_marked(dependencies.store)
    assert told == {subject: [1, 2, 3, 4, 5] for subject in range(20)}
    with pytest.raises(TimeoutError):
        await events.next(0.3)


async def test_what_the_broker_refuses_is_found_and_sent_again(
    dependencies: Dependencies, context: CommandContext, publisher: RefusingPublisher, heard: tuple[str, Events]
) -> None:
    name, events = heard
    async with leading_relay(dependencies, publisher) as relay:
        publisher.refuses = 1
        await emit(dependencies, context, relay, event(name, 1, 1))
        await emit(dependencies, context, relay, event(name, 1, 2))
        assert [(await events.next())["sequence"] for _ in range(2)] == [1, 2]
        await wait_marked(dependencies.store)
    with pytest.raises(TimeoutError):
        await events.next(0.3)


async def test_a_relay_that_ends_marks_what_it_has_sent(
    dependencies: Dependencies, context: CommandContext, publisher: RefusingPublisher, heard: tuple[str, Events]
) -> None:
    name, _ = heard
    async with leading_relay(dependencies, publisher) as relay:
        await emit(dependencies, context, relay, event(name, 1, 1))
        async with asyncio.timeout(PATIENCE):
            while not relay.sent[name]:
                await asyncio.sleep(0.001)
    assert await Outbox(dependencies.store).count_pending() == 0


async def test_what_another_process_commits_is_found_beside_own_commits(
    dependencies: Dependencies, context: CommandContext, publisher: RefusingPublisher, heard: tuple[str, Events]
) -> None:
    name, events = heard
    other = replace(dependencies)  # its commits are nobody's fresh entries: it does not relay
    async with leading_relay(dependencies, publisher) as relay:
        await emit(other, context, relay, event(name, 2, 1))
        async with asyncio.timeout(PATIENCE):
            while True:
                await emit(dependencies, context, relay, event(name, 1, 1))
                if (await events.next())["subject"] == 2:
                    return
