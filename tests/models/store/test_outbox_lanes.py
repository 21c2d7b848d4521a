"""The outbox in lanes: each subject in one, entries of several lanes, entries that earlier versions have written."""

from collections import Counter

import pytest

from models.store.client import BsonDict, Store
from models.store.fresh_entries import FreshEntries, FreshLanes
from models.store.journal import CommandContext, OutboxEvent
from models.store.lanes import MOST_LANES, SLOTS, all_lanes, subject_slot
from models.store.outbox import Outbox
from models.unit_of_work import Dependencies, UnitOfWork
from tests.models.conftest import build_dependencies
from tests.support.stores import on_mongodb

LANES = 4
SUBJECTS = {lane.number: next(f"user/{id}" for id in range(100) if lane.has(f"user/{id}")) for lane in all_lanes(LANES)}
Told = list[tuple[str, int]]


def outboxes(store: Store, count: int = LANES) -> list[Outbox]:
    return [Outbox(store, FreshEntries(lane)) for lane in all_lanes(count)]


async def write(dependencies: Dependencies, context: CommandContext, *events: tuple[int, int]) -> None:
    """An entry with an event in each of these lanes, of this sequence."""
    told = [OutboxEvent(f"e-{lane}-{number}", "user.updated", SUBJECTS[lane], number, "{}") for lane, number in events]
    await dependencies.journal.write(context, "{}", told)


async def found(outbox: Outbox) -> Told:
    return [(event.subject, event.sequence) for entry in await outbox.find_pending(100) for event in entry.events]


async def mark(outbox: Outbox) -> None:
    await outbox.mark_sent([entry.id for entry in await outbox.find_pending(100)])


async def read_entry(store: Store) -> BsonDict:
    return await store.collection("journal").find_one({"_id": "m-1"}) or {}


def test_every_slot_is_in_one_lane_whatever_their_number() -> None:
    for count in range(1, MOST_LANES + 1):
        assert sorted(slot for lane in all_lanes(count) for slot in lane.slots) == [*range(SLOTS)]


@pytest.mark.parametrize("noun", ["user", "session", "command"])
def test_subjects_are_spread_evenly(noun: str) -> None:
    slots = Counter(subject_slot(f"{noun}/{id}") for id in range(1, 10_001))
    assert len(slots) == SLOTS
    assert max(slots.values()) < 2 * min(slots.values())


def test_a_subject_has_the_same_slot_in_every_version() -> None:
    assert [subject_slot(subject) for subject in ("user/1", "user/42", "role/7", "user/é")] == [22, 29, 39, 43]


@on_mongodb
async def test_an_entry_of_several_lanes_waits_for_each_of_them(
    database: Store, dependencies: Dependencies, context: CommandContext
) -> None:
    await write(dependencies, context, (0, 1), (2, 1), (0, 2))
    first, second, third, fourth = outboxes(database)
    told: list[Told] = [[(SUBJECTS[0], 1), (SUBJECTS[0], 2)], [], [(SUBJECTS[2], 1)], []]
    assert [await found(each) for each in (first, second, third, fourth)] == told
    await mark(first)
    assert [await found(each) for each in (first, second, third, fourth)] == [[], [], told[2], []]
    entry = await read_entry(database)
    assert ([event["subject"] for event in entry["events"]], "kept_until" in entry) == ([SUBJECTS[2]], True)
    await mark(third)
    entry = await read_entry(database)
    assert {"pending", "order", "slots", "events", "kept_until"} & entry.keys() == set()
    assert entry["expires_at"] > entry["at"]
    assert await first.count_pending() == 0


@on_mongodb
async def test_lanes_that_mark_an_entry_at_once_leave_nothing(
    database: Store, dependencies: Dependencies, context: CommandContext
) -> None:
    await write(dependencies, context, *((lane, 1) for lane in range(LANES)))
    marks = [each.mark_sent([entry.id for entry in await each.find_pending(9)]) for each in outboxes(database)]
    for marking in marks:
        await marking
    assert "pending" not in await read_entry(database)


@on_mongodb
async def test_what_a_lane_has_sent_is_not_in_it_when_the_number_changes(
    database: Store, dependencies: Dependencies, context: CommandContext
) -> None:
    await write(dependencies, context, (0, 1), (1, 1))
    await mark(outboxes(database)[0])
    (whole,) = outboxes(database, 1)
    assert await found(whole) == [(SUBJECTS[1], 1)]
    await mark(whole)
    assert "pending" not in await read_entry(database)


@on_mongodb
async def test_entries_of_earlier_versions_are_sorted_into_their_slots(
    database: Store, dependencies: Dependencies, context: CommandContext
) -> None:
    await write(dependencies, context, (0, 1), (2, 1))
    await write(dependencies, CommandContext("user.update", "m-2", "d-2"), (0, 2))
    stored = (await read_entry(database))["slots"]
    await database.collection("journal").update_many({}, {"$unset": {"slots": ""}})
    first, second, third, _ = outboxes(database)
    assert await found(second) == []
    assert (await read_entry(database))["slots"] == stored
    assert await found(first) == [(SUBJECTS[0], 1), (SUBJECTS[0], 2)]
    await mark(first)
    assert await found(third) == [(SUBJECTS[2], 1)]


@on_mongodb
async def test_others_in_front_keep_no_lane_from_its_own(database: Store) -> None:
    """More entries of an earlier version than a look may find, all of another lane."""
    event = {"name": "user.updated", "sequence": 1, "body": "{}"}
    subjects = [*[SUBJECTS[1]] * 30, SUBJECTS[3]]
    rows = [
        {"_id": str(number), "pending": 1, "events": [{"id": str(number), "subject": subject, **event}]}
        for number, subject in enumerate(subjects)
    ]
    await database.collection("journal").insert_many(rows)
    last = outboxes(database)[3]
    assert [entry.id for entry in await last.find_pending(10)] == ["30"]


def test_fresh_entries_are_held_where_one_lane_has_all_their_events() -> None:
    def entry(id: str, *lanes: int) -> BsonDict:
        rows = [OutboxEvent(f"{id}{lane}", "user.created", SUBJECTS[lane], 1, "{}").to_row() for lane in lanes]
        return {"_id": id, "events": rows}

    fresh = FreshLanes()
    lanes = fresh.split(LANES)
    for lane in lanes[:3]:
        lane.keep(True)
        lane.is_behind = False
    lanes[3].is_behind = False
    with fresh.hold([entry("a", 0), entry("b", 1, 2), entry("c", 3)]):
        pass
    assert [[held.id for held in lane.take()] for lane in lanes] == [["a"], [], [], []]
    assert [lane.is_behind for lane in lanes] == [False, True, True, True]
    assert [lane.take_touched() for lane in lanes] == [True] * 4
    fresh.record({SUBJECTS[2]})
    assert [lane.take_touched() for lane in lanes] == [False, False, True, False]


@on_mongodb
async def test_a_commit_of_its_own_transaction_is_noted_in_its_lane(database: Store, context: CommandContext) -> None:
    dependencies = build_dependencies(database)
    lanes = dependencies.fresh.split(LANES)
    async with UnitOfWork(dependencies, context) as unit:
        await unit.commit("{}", [OutboxEvent("e", "user.updated", SUBJECTS[1], 7, "{}")])
    assert [lane.take_touched() for lane in lanes] == [False, True, False, False]
