"""Consumers of events in partitions: several processes share the subjects, on a real broker."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest

from client import Conflict, Event, Unavailable, connect
from tests.support.partition_readers import Readers, running_readers
from tests.support.rabbitmq_alone import publish_events, rabbitmq_alone
from tests.support.stack import without_heartbeat

USERS = range(200)
ROUNDS = range(1, 11)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with rabbitmq_alone(tmp_path_factory.mktemp("partitions")) as url:
        yield url


def name() -> str:
    return f"c_{uuid4().hex[:12]}"


async def spread(url: str, readers: Readers) -> None:
    """Publish events of other users until each process has been given one."""
    given = readers.given
    for number in count(1000, 20):
        await publish_events(url, users := range(number, number + 20), [1])
        await readers.wait_until(lambda: {f"user/{user}" for user in users} <= {event.subject for event in given})
        if len({event.reader for event in given}) == len(readers.processes):
            return


def has_all(readers: Readers) -> bool:
    given = {(event.subject, event.sequence) for event in readers.given}
    return all((f"user/{user}", ROUNDS[-1]) in given for user in USERS)


async def test_processes_share_the_subjects_and_keep_the_order_of_each(url: str) -> None:
    await publish_events(url, (), ())
    async with running_readers(url, name(), processes=3, partitions=4) as readers:
        await spread(url, readers)
        before = len(readers.given)
        await publish_events(url, USERS, ROUNDS)
        await readers.wait_until(lambda: has_all(readers))
        given = readers.given[before:]
    sequences = readers.sequences()
    assert [sequences[f"user/{user}"] for user in USERS] == [[*ROUNDS]] * len(USERS)
    assert {event.reader for event in given} == {0, 1, 2}
    assert not any(event.gap for event in given)


async def test_the_others_go_on_when_a_process_is_killed(url: str) -> None:
    await publish_events(url, (), ())
    async with running_readers(url, name(), processes=3, partitions=4) as readers:
        await spread(url, readers)
        before = len(readers.given)
        await publish_events(url, USERS, ROUNDS)
        await readers.wait_until(lambda: len(readers.given) > before)
        readers.processes[0].kill()
        await readers.wait_until(lambda: has_all(readers))
    sequences = readers.sequences()
    for user in USERS:
        first_given = [*dict.fromkeys(sequences[f"user/{user}"])]  # what was in hand may come twice
        assert first_given == [*ROUNDS]


async def test_a_process_that_stops_leaves_its_partitions_to_the_others(url: str) -> None:
    consumer, seen = name(), list[Event]()
    await publish_events(url, (), ())
    async with (
        connect(without_heartbeat(url), app_id="first") as bus,
        connect(without_heartbeat(url), app_id="second") as other,
        bus.events(consumer, partitions=4) as first,
    ):
        async with other.events(consumer, partitions=4):
            await publish_events(url, users := range(20), [1, 2])
        seen = [await anext(first) for _ in range(2 * len(users))]
    assert sorted((event.subject, event.sequence) for event in seen) == sorted(
        (f"user/{user}", sequence) for user in users for sequence in (1, 2)
    )


@pytest.mark.parametrize(("before", "after"), [(4, 8), (4, 2), (1, 4), (4, 1)])
async def test_another_number_of_partitions_is_refused(url: str, before: int, after: int) -> None:
    consumer = name()
    await publish_events(url, (), ())
    async with connect(without_heartbeat(url), app_id="billing") as bus:
        async with bus.events(consumer, partitions=before):
            pass
        with pytest.raises(Conflict, match="another consumer name") as refused:
            async with bus.events(consumer, partitions=after):
                pass
        for number in (0, 65):
            with pytest.raises(ValueError, match="partitions"):
                bus.events(consumer, partitions=number)
    assert refused.value.code == "bus.queue_differs"


async def test_a_broker_without_the_plugin_is_told(tmp_path: Path) -> None:
    with rabbitmq_alone(tmp_path, plugins="[].\n") as url:
        async with connect(without_heartbeat(url), app_id="billing") as bus:
            with pytest.raises(Unavailable, match="rabbitmq-plugins enable") as refused:
                async with bus.events(name(), partitions=2):
                    pass
    assert refused.value.code == "bus.plugin_missing"
