"""Entries that a process commits itself: kept for its relay in the order of commits, and found where they are not."""

import asyncio
from dataclasses import replace

import pytest

from models.errors.users import UsernameTaken
from models.store.client import BsonDict, Store
from models.store.fresh_entries import LIMIT, MAX_LENGTH, FreshEntries, PendingEntry
from models.store.journal import CommandContext, OutboxEvent
from models.store.outbox import Outbox
from models.transaction import with_transaction
from models.unit_of_work import Dependencies, UnitOfWork
from models.users import User
from tests.support.patience import PATIENCE


def entry(id: str, *events: tuple[str, int], body: str = "{}") -> BsonDict:
    rows = [OutboxEvent(f"{id}.{part}", "user.created", *about, body) for part, about in enumerate(events)]
    return {"_id": id, "events": [row.to_row() for row in rows]} if rows else {"_id": id}


def kept() -> FreshEntries:
    fresh = FreshEntries()
    fresh.keep(True)
    fresh.is_behind = False
    return fresh


def commit(fresh: FreshEntries, *entries: BsonDict) -> None:
    with fresh.hold(entries):
        pass


def taken(fresh: FreshEntries) -> list[str]:
    return [entry.id for entry in fresh.take()]


def lane_of(dependencies: Dependencies) -> tuple[Outbox, FreshEntries]:
    """The outbox of the one lane, with what the process commits."""
    (fresh,) = dependencies.fresh.lanes
    return Outbox(dependencies.store, fresh), fresh


async def create_user(
    dependencies: Dependencies, context: CommandContext, number: int, *, grouped: bool = True, username: str = ""
) -> None:
    async def work(unit: UnitOfWork) -> None:
        user = User(id=number, username=username or f"user{number}")
        await unit.users.add(user)
        await unit.commit("created", [OutboxEvent(f"e-{number}", "user.created", user.subject, 1, "{}")])

    until = asyncio.get_running_loop().time() + PATIENCE
    await with_transaction(dependencies, replace(context, message_id=f"m-{number}"), work, until, grouped)


def test_what_is_committed_is_taken_once_in_the_order_of_the_commits() -> None:
    fresh = kept()
    commit(fresh, entry("a", ("user/1", 1), ("user/1", 2), ("role/7", 1)), entry("b", ("user/2", 1)), entry("silent"))
    with fresh.hold([entry("c", ("user/3", 1))]):
        assert taken(fresh) == ["a", "b"]
    assert (taken(fresh), taken(fresh), fresh.is_behind) == (["c"], [], False)


@pytest.mark.parametrize(
    "other",
    [
        entry("other", ("user/9", 2)),
        entry("other", ("user/9", 1), ("role/7", 3)),
        entry("other", ("user/9", 1), body="x" * (MAX_LENGTH + 1)),
    ],
    ids=["a later event", "a later event beside a first one", "large"],
)
def test_what_may_follow_earlier_events_or_is_large_is_left_to_be_found(other: BsonDict) -> None:
    fresh = kept()
    commit(fresh, entry("a", ("user/1", 1)), other)
    assert (fresh.ids, taken(fresh), fresh.is_behind) == (["a"], ["a"], True)


def test_further_parts_of_a_large_entry_are_left_to_be_found() -> None:
    fresh = kept()
    part = entry("p", ("user/8", 1)) | {"_id": {"of": "p", "part": 1}}
    commit(fresh, entry("a", ("user/1", 1)), part)
    found = [PendingEntry(part["_id"], [])]
    assert (fresh.ids, taken(fresh), fresh.is_behind) == (["a"], ["a"], True)
    assert fresh.leave_followers(found) == found
    fresh.settle(found, [part["_id"]])
    assert fresh.take_sent() == [part["_id"]]


def test_what_fails_to_be_committed_is_left_to_be_found() -> None:
    fresh = kept()
    with pytest.raises(ConnectionError), fresh.hold([entry("a", ("user/1", 1))]):
        raise ConnectionError
    assert (fresh.ids, taken(fresh), fresh.is_behind) == ([], [], True)


def test_a_copy_of_a_held_entry_takes_nothing_from_it() -> None:
    fresh = kept()
    commit(fresh, entry("a", ("user/1", 1)))
    with pytest.raises(ConnectionError), fresh.hold([entry("a", ("user/2", 1))]):
        raise ConnectionError
    (held,) = fresh.take()
    assert (fresh.ids, held.events[0].subject) == (["a"], "user/1")


def test_a_process_that_does_not_relay_holds_nothing() -> None:
    fresh = FreshEntries()
    commit(fresh, entry("a", ("user/1", 1)))
    assert (fresh.ids, taken(fresh), fresh.is_behind) == ([], [], True)


def test_who_ceases_to_relay_forgets_what_it_held_and_what_it_is_committing() -> None:
    fresh = kept()
    commit(fresh, entry("a", ("user/1", 1)))
    with fresh.hold([entry("b", ("user/2", 1))]):
        fresh.keep(False)
        fresh.keep(True)
        fresh.is_behind = False
    assert (fresh.ids, taken(fresh), fresh.is_behind) == ([], [], True)


def test_only_so_many_are_held() -> None:
    fresh = kept()
    commit(fresh, *(entry(str(number), (f"user/{number}", 1)) for number in range(LIMIT)))
    commit(fresh, entry("beyond", ("user/0", 1)))
    assert (len(fresh.take()), fresh.is_behind) == (LIMIT, True)


async def test_entries_are_not_found_until_it_is_known_that_they_were_not_sent(
    dependencies: Dependencies, context: CommandContext
) -> None:
    outbox, fresh = lane_of(dependencies)
    fresh.keep(True)
    for number in (1, 2):
        await create_user(dependencies, context, number)
    first, second = fresh.take()
    assert await outbox.find_pending(10) == []
    fresh.settle([first, second], [first.id])
    assert await outbox.find_pending(10) == [second]
    assert fresh.is_behind
    await outbox.mark_sent(fresh.take_sent())
    assert await outbox.count_pending() == 1


async def test_what_follows_a_held_entry_is_not_found_before_it_is_sent(
    dependencies: Dependencies, database: Store, context: CommandContext
) -> None:
    """As where another process changes a user between its creation and the answer to the commit."""
    outbox, fresh = lane_of(dependencies)
    fresh.keep(True)
    row = entry("later", ("user/1", 2)) | {"pending": 1, "order": 2}
    with fresh.hold([entry("first", ("user/1", 1))]):
        await database.collection("journal").insert_one(row)
        fresh.is_behind = False
        assert (await outbox.find_pending(10), fresh.is_behind) == ([], True)
    held = fresh.take()
    assert await outbox.find_pending(10) == []
    fresh.settle(held, ["first"])
    assert [found.id for found in await outbox.find_pending(10)] == ["later"]


async def test_a_command_with_a_transaction_of_its_own_is_left_to_be_found(
    dependencies: Dependencies, context: CommandContext
) -> None:
    outbox, fresh = lane_of(dependencies)
    fresh.keep(True)
    fresh.is_behind = False
    await create_user(dependencies, context, 1, grouped=False)
    assert (fresh.take(), fresh.is_behind) == ([], True)
    assert [found.id for found in await outbox.find_pending(10)] == ["m-1"]


async def test_a_command_that_is_refused_leaves_nothing_held(
    dependencies: Dependencies, context: CommandContext
) -> None:
    _, fresh = lane_of(dependencies)
    fresh.keep(True)
    await create_user(dependencies, context, 1)
    with pytest.raises(UsernameTaken):
        await create_user(dependencies, context, 2, username="user1")
    assert (fresh.ids, taken(fresh)) == (["m-1"], ["m-1"])
