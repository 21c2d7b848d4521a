"""The unit of work on a real replica set, through both drivers."""

import asyncio
from dataclasses import replace

import pytest
from bson import Timestamp
from pydantic import BaseModel

from devstack.servers import RunningServers
from models.attempt import attempt
from models.errors.base import MessageReused, StoreUnavailable, TryAgain
from models.errors.users import EmailTaken, UserIdTaken, UsernameTaken
from models.indexes import INTEGRATIONS, prepare
from models.journal import Caller, Outgoing
from models.outbox import Lease, Outbox
from models.store import Store
from models.unit import Shared, Unit
from models.users import User
from tests.stack import fresh_database

SOON = 5.0


def until(seconds: float = SOON) -> float:
    return asyncio.get_running_loop().time() + seconds


class Shown(BaseModel):
    id: int


def event(number: int, subject: str = "user/1") -> Outgoing:
    return Outgoing(f"e-{number}", "user.created", subject, number, "{}")


async def users(database: Store) -> int:
    return int(await database.collection("users").count_documents({}))


async def test_what_is_committed_is_there_with_its_entry(shared: Shared, database: Store, caller: Caller) -> None:
    async with Unit(shared, caller) as unit:
        await unit.users.add(User(id=1, username="ada"))
        await unit.commit('{"status":"done"}', [event(1)])
    assert await users(database) == 1
    assert await shared.journal.reply(caller) == '{"status":"done"}'
    assert [entry.id for entry in await Outbox(database).pending(10)] == ["m-1"]


async def test_the_server_numbers_what_is_to_be_sent(shared: Shared, database: Store, caller: Caller) -> None:
    for number in range(3):
        async with Unit(shared, replace(caller, message_id=f"m-{number}")) as unit:
            await unit.commit("{}", [event(number)])
    rows = await database.collection("journal").find({"pending": 1}).sort("_id", 1).to_list(None)
    orders = [row["order"] for row in rows]
    assert Timestamp(0, 0) < orders[0] < orders[1] < orders[2]


async def test_what_is_not_committed_leaves_nothing(shared: Shared, database: Store, caller: Caller) -> None:
    async with Unit(shared, caller) as unit:
        await unit.users.add(User(id=1, username="ada"))
    assert await users(database) == 0
    assert await shared.journal.reply(caller) is None


async def test_an_entry_is_written_once(shared: Shared, caller: Caller) -> None:
    async with Unit(shared, caller) as unit:
        await unit.commit("first", [])
    with pytest.raises(TryAgain):
        async with Unit(shared, caller) as unit:
            await unit.commit("second", [])
    assert await shared.journal.reply(caller) == "first"


async def test_a_message_id_with_another_body_is_refused(shared: Shared, caller: Caller) -> None:
    async with Unit(shared, caller) as unit:
        await unit.commit("first", [])
    with pytest.raises(MessageReused):
        await shared.journal.reply(replace(caller, digest="d-2"))


async def test_a_minted_token_is_never_stored_and_told_again(shared: Shared, database: Store, caller: Caller) -> None:
    async with Unit(shared, caller) as unit:
        token = unit.mint()
        await unit.commit(f'{{"token":"{token}"}}', [])
    entry = await database.collection("journal").find_one({"_id": "m-1"})
    assert token not in str(entry)
    assert await shared.journal.reply(caller) == f'{{"token":"{token}"}}'


async def test_identifiers_clash_across_fields_and_cases(shared: Shared, caller: Caller) -> None:
    async with Unit(shared, caller) as unit:
        await unit.users.add(User(id=1, email="Ada@Example.com"))
        await unit.commit("", [])
    for clash, refusal in (
        (User(id=2, username="ADA@example.COM"), UsernameTaken),
        (User(id=2, email="ada@example.com"), EmailTaken),
    ):
        with pytest.raises(refusal):
            async with Unit(shared, replace(caller, message_id="m-2")) as unit:
                await unit.users.add(clash)


async def test_a_taken_id_is_refused_when_chosen_and_skipped_when_not(shared: Shared, caller: Caller) -> None:
    async with Unit(shared, caller) as unit:
        await unit.users.add(User(id=7, username="ada"))
        await unit.commit("", [])
    with pytest.raises(UserIdTaken):
        async with Unit(shared, replace(caller, message_id="m-2")) as unit:
            await unit.users.add(User(id=7, username="bob", explicit=True))
    with pytest.raises(TryAgain):
        async with Unit(shared, replace(caller, message_id="m-3")) as unit:
            await unit.users.add(User(id=7, username="bob"))


async def test_write_conflicts_are_run_again(shared: Shared, caller: Caller) -> None:
    async with Unit(shared, caller) as unit:
        await unit.users.add(User(id=1, username="ada"))
        await unit.commit("", [])

    async def rename(unit: Unit) -> None:
        user = await unit.users.get(1)
        user.change({"sort": user.sort + 1})
        unit.emit("user.updated", user, lambda after: Shown(id=after.id))
        await unit.users.save(user)
        await unit.commit("", [])

    callers = [replace(caller, message_id=f"m-{number}") for number in range(2, 22)]
    await asyncio.gather(*(attempt(shared, one, rename, until(20)) for one in callers))
    user = await Unit(shared).users.get(1)
    assert (user.sort, user.revision) == (99 + 20, 20)


async def test_patience_ends(shared: Shared, caller: Caller) -> None:
    async def never(unit: Unit) -> None:
        raise TryAgain

    with pytest.raises(StoreUnavailable):
        await attempt(shared, caller, never, until(0.05))


async def test_preparing_twice_changes_nothing_and_deleted_rows_stay_deleted(running: RunningServers) -> None:
    fresh = Store(fresh_database(running.mongo_url))
    await asyncio.gather(*(prepare(fresh) for _ in range(3)))
    integrations = fresh.collection("integrations")
    assert {row["name"] async for row in integrations.find()} == set(INTEGRATIONS)
    await integrations.delete_one({"name": "knock"})
    await prepare(fresh)
    assert {row["name"] async for row in integrations.find()} == set(INTEGRATIONS) - {"knock"}
    await fresh.client.drop_database(fresh.database.name)
    await fresh.close()


async def test_ids_rise_without_gaps_and_unused_ones_are_given_back(shared: Shared) -> None:
    first = [await shared.counters.next("users") for _ in range(3)]
    await shared.counters.give_back()
    second = await shared.counters.next("users")
    assert [*first, second] == [1, 2, 3, 4]


async def test_two_processes_never_get_one_id(shared: Shared, database: Store) -> None:
    other = type(shared.counters)(database)
    taken = [await counters.next("users") for _ in range(150) for counters in (shared.counters, other)]
    assert len(set(taken)) == 300


async def test_entries_about_one_subject_are_relayed_in_commit_order(shared: Shared, database: Store) -> None:
    for number in range(1, 30):
        async with Unit(shared, Caller("user.update", f"m-{number}", "d")) as unit:
            await unit.commit("", [event(number)])
    outbox = Outbox(database)
    pending = await outbox.pending(100)
    assert [entry.events[0].sequence for entry in pending] == [*range(1, 30)]
    await outbox.sent([entry.id for entry in pending[:10]])
    assert await outbox.backlog() == 19


async def test_a_lease_has_one_holder_until_it_is_released_or_runs_out(database: Store) -> None:
    one, two = (Lease(database, "relay", owner, seconds=60) for owner in ("one", "two"))
    assert await one.hold()
    assert not await two.hold()
    assert await one.hold()
    await one.release()
    assert await two.hold()
    short = Lease(database, "other", "one", seconds=-1)
    assert await short.hold()
    assert await Lease(database, "other", "two", seconds=60).hold()
