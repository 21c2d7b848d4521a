"""The unit of work on a real replica set, through both drivers."""

import asyncio
import gc
import weakref
from dataclasses import replace

import pytest
from bson import Timestamp
from pydantic import BaseModel

from devstack.servers import RunningServers
from models.errors.base import MessageReused, StoreUnavailable, TryAgain
from models.errors.users import EmailTaken, UserIdTaken, UsernameTaken
from models.seeds import INTEGRATIONS, prepare
from models.store.client import Store
from models.store.journal import CommandContext, OutboxEvent
from models.store.outbox import Outbox
from models.transaction import with_transaction
from models.unit_of_work import Dependencies, UnitOfWork
from models.users import User
from tests.support.patience import PATIENCE
from tests.support.stack import fresh_database
from tests.support.stores import open_store


def until(seconds: float = PATIENCE) -> float:
    return asyncio.get_running_loop().time() + seconds


class UserId(BaseModel):
    id: int


def event(number: int, subject: str = "user/1") -> OutboxEvent:
    return OutboxEvent(f"e-{number}", "user.created", subject, number, "{}")


def add_at_commit(unit: UnitOfWork) -> None:
    async def write() -> None:
        await unit.users.add(User(id=1, username="ada"))

    unit.write_at_commit(write)


async def users(database: Store) -> int:
    return int(await database.collection("users").count_documents({}))


async def test_a_committed_unit_stores_its_rows_and_its_entry(
    dependencies: Dependencies, database: Store, context: CommandContext
) -> None:
    async with UnitOfWork(dependencies, context) as unit:
        await unit.users.add(User(id=1, username="ada"))
        await unit.commit('{"status":"done"}', [event(1)])
    assert await users(database) == 1
    assert await dependencies.journal.find_reply(context) == '{"status":"done"}'
    assert [entry.id for entry in await Outbox(database).find_pending(10)] == ["m-1"]


async def test_the_server_numbers_what_is_to_be_sent(
    dependencies: Dependencies, database: Store, context: CommandContext
) -> None:
    for number in range(3):
        async with UnitOfWork(dependencies, replace(context, message_id=f"m-{number}")) as unit:
            await unit.commit("{}", [event(number)])
    rows = await database.collection("journal").find({"pending": 1}).sort("_id", 1).to_list(None)
    orders = [row["order"] for row in rows]
    assert Timestamp(0, 0) < orders[0] < orders[1] < orders[2]


async def test_a_unit_without_commit_stores_nothing(
    dependencies: Dependencies, database: Store, context: CommandContext
) -> None:
    async with UnitOfWork(dependencies, context) as unit:
        await unit.users.add(User(id=1, username="ada"))
    assert await users(database) == 0
    assert await dependencies.journal.find_reply(context) is None


async def test_an_entry_is_written_once(dependencies: Dependencies, context: CommandContext) -> None:
    async with UnitOfWork(dependencies, context) as unit:
        await unit.commit("first", [])
    with pytest.raises(TryAgain):
        async with UnitOfWork(dependencies, context) as unit:
            await unit.commit("second", [])
    assert await dependencies.journal.find_reply(context) == "first"


async def test_a_message_id_with_another_body_is_refused(dependencies: Dependencies, context: CommandContext) -> None:
    async with UnitOfWork(dependencies, context) as unit:
        await unit.commit("first", [])
    with pytest.raises(MessageReused):
        await dependencies.journal.find_reply(replace(context, digest="d-2"))


async def test_a_minted_token_is_not_stored_but_replied_again(
    dependencies: Dependencies, database: Store, context: CommandContext
) -> None:
    async with UnitOfWork(dependencies, context) as unit:
        token = unit.mint()
        await unit.commit(f'{{"token":"{token}"}}', [])
    entry = await database.collection("journal").find_one({"_id": "m-1"})
    assert token not in str(entry)
    assert await dependencies.journal.find_reply(context) == f'{{"token":"{token}"}}'


async def test_identifiers_clash_across_fields_and_cases(dependencies: Dependencies, context: CommandContext) -> None:
    async with UnitOfWork(dependencies, context) as unit:
        await unit.users.add(User(id=1, email="Ada@Example.com"))
        await unit.commit("", [])
    for clash, refusal in (
        (User(id=2, username="ADA@example.COM"), UsernameTaken),
        (User(id=2, email="ada@example.com"), EmailTaken),
    ):
        with pytest.raises(refusal):
            async with UnitOfWork(dependencies, replace(context, message_id="m-2")) as unit:
                await unit.users.add(clash)


async def test_a_taken_id_is_refused_when_chosen_and_skipped_when_not(
    dependencies: Dependencies, context: CommandContext
) -> None:
    async with UnitOfWork(dependencies, context) as unit:
        await unit.users.add(User(id=7, username="ada"))
        await unit.commit("", [])
    with pytest.raises(UserIdTaken):
        async with UnitOfWork(dependencies, replace(context, message_id="m-2")) as unit:
            await unit.users.add(User(id=7, username="bob", explicit=True))
    with pytest.raises(TryAgain):
        async with UnitOfWork(dependencies, replace(context, message_id="m-3")) as unit:
            await unit.users.add(User(id=7, username="bob"))


async def test_write_conflicts_are_run_again(dependencies: Dependencies, context: CommandContext) -> None:
    async with UnitOfWork(dependencies, context) as unit:
        await unit.users.add(User(id=1, username="ada"))
        await unit.commit("", [])

    async def rename(unit: UnitOfWork) -> None:
        user = await unit.users.get(1)
        user.change({"sort": user.sort + 1})
        unit.emit("user.updated", user, lambda after: UserId(id=after.id))
        await unit.users.save(user)
        await unit.commit("", [])

    contexts = [replace(context, message_id=f"m-{number}") for number in range(2, 22)]
    await asyncio.gather(*(with_transaction(dependencies, one, rename, until()) for one in contexts))
    user = await UnitOfWork(dependencies).users.get(1)
    assert (user.sort, user.revision) == (99 + 20, 20)


async def test_retries_end_at_the_deadline(dependencies: Dependencies, context: CommandContext) -> None:
    async def fail(unit: UnitOfWork) -> None:
        raise TryAgain

    with pytest.raises(StoreUnavailable):
        await with_transaction(dependencies, context, fail, until(0.05))


async def test_preparing_twice_changes_nothing_and_deleted_rows_stay_deleted(running: RunningServers) -> None:
    async with open_store(fresh_database(running.mongo_url)) as fresh:
        await asyncio.gather(*(prepare(fresh) for _ in range(3)))
        integrations = fresh.collection("integrations")
        assert {row["name"] async for row in integrations.find()} == set(INTEGRATIONS)
        await integrations.delete_one({"name": "knock"})
        await prepare(fresh)
        assert {row["name"] async for row in integrations.find()} == set(INTEGRATIONS) - {"knock"}
        await fresh.client.drop_database(fresh.database.name)


async def test_in_an_empty_store_is_nobody_who_could_get_in(store: Store) -> None:
    assert await store.collection("roles").count_documents({}) == 1
    for name in ("users", "sessions", "tenants", "tokens", "webhooks"):
        assert await store.collection(name).count_documents({}) == 0, name


async def test_ids_ascend_without_gaps_and_unused_ones_are_released(dependencies: Dependencies) -> None:
    first = [await dependencies.counters.reserve_id("users") for _ in range(3)]
    await dependencies.counters.release()
    second = await dependencies.counters.reserve_id("users")
    assert [*first, second] == [1, 2, 3, 4]


async def test_two_processes_never_get_one_id(dependencies: Dependencies, database: Store) -> None:
    other = type(dependencies.counters)(database)
    taken = [await counters.reserve_id("users") for _ in range(150) for counters in (dependencies.counters, other)]
    assert len(set(taken)) == 300


async def test_entries_about_one_subject_are_relayed_in_commit_order(
    dependencies: Dependencies, database: Store
) -> None:
    for number in range(1, 30):
        async with UnitOfWork(dependencies, CommandContext("user.update", f"m-{number}", "d")) as unit:
            await unit.commit("", [event(number)])
    outbox = Outbox(database)
    pending = await outbox.find_pending(100)
    assert [entry.events[0].sequence for entry in pending] == [*range(1, 30)]
    await outbox.mark_sent([entry.id for entry in pending[:10]])
    assert await outbox.count_pending() == 19


@pytest.mark.parametrize("is_committed", [True, False])
async def test_a_unit_is_freed_without_the_garbage_collector(
    dependencies: Dependencies, context: CommandContext, is_committed: bool
) -> None:
    """The events of an import take tens of megabytes: they must not stay until the collector comes by."""
    gc.disable()
    try:
        async with UnitOfWork(dependencies, context) as unit:
            add_at_commit(unit)
            await unit.imports.find_live("roles", [1])
            if is_committed:
                await unit.commit("{}", [event(1)])
        freed = weakref.ref(unit)
        del unit
        assert freed() is None
    finally:
        gc.enable()
