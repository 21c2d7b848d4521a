"""The totals of users: exact whatever changes them, read without counting, corrected where something went past them."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from models.errors.base import StoreUnavailable
from models.store.client import Store
from models.store.document import now
from models.store.journal import CommandContext
from models.store.search import SearchSpec
from models.store.totals import BASE, TotalsCheck, ensure_totals, read_total
from models.transaction import with_transaction
from models.unit_of_work import Dependencies, UnitOfWork
from models.user_fields import FIELDS
from models.users import DELETED, LIVE, User
from tests.support.patience import PATIENCE
from tests.support.stores import on_mongodb


def user(number: int) -> User:
    return User(id=number, username=f"user_{number}")


async def totals(store: Store) -> tuple[int, int]:
    """The totals of live and of soft-deleted users."""
    return await read_total(store, [LIVE]), await read_total(store, [DELETED])


async def create(dependencies: Dependencies, context: CommandContext, number: int, grouped: bool) -> None:
    async def work(unit: UnitOfWork) -> None:
        await unit.users.add(user(number))
        await unit.commit("done", [])

    one = replace(context, message_id=f"m-{number}")
    await with_transaction(dependencies, one, work, asyncio.get_running_loop().time() + PATIENCE, grouped)


async def test_every_change_of_a_status_is_added_up(
    database: Store, dependencies: Dependencies, context: CommandContext
) -> None:
    await asyncio.gather(*(create(dependencies, context, number, number % 3 > 0) for number in range(30)))
    assert await totals(database) == (30, 0)
    async with UnitOfWork(dependencies, replace(context, message_id="m-changes")) as unit:
        kept, deleted, erased = [await unit.users.get(number) for number in range(3)]
        await unit.users.save(kept)
        deleted.set_status(DELETED)
        await unit.users.save(deleted)
        await unit.users.erase(erased)
        imported = [user(number) for number in range(100, 105)]
        await unit.imports.add(imported, await unit.imports.make_rows(imported))
        await unit.commit("done", [])
    assert await totals(database) == (33, 1)
    async with UnitOfWork(dependencies, replace(context, message_id="m-restore")) as unit:
        restored = await unit.users.get_any(1)
        restored.set_status(LIVE)
        await unit.users.save(restored)
        await unit.users.erase(restored)
        await unit.commit("done", [])
    assert await totals(database) == (33, 0)


async def test_a_long_transaction_does_not_conflict_with_those_that_end_meanwhile(
    database: Store, dependencies: Dependencies, context: CommandContext
) -> None:
    async with UnitOfWork(dependencies, replace(context, message_id="m-long")) as unit:
        await unit.users.add(user(1000))
        for number in range(4):
            await create(dependencies, context, number, number % 2 > 0)
        await unit.commit("done", [])
    assert await totals(database) == (5, 0)


async def test_what_is_not_committed_is_not_added(
    database: Store, dependencies: Dependencies, context: CommandContext
) -> None:
    async with UnitOfWork(dependencies, context) as unit:
        await unit.users.add(user(1))
    assert await totals(database) == (0, 0)


async def test_the_users_of_a_database_without_totals_are_counted_once(database: Store) -> None:
    await database.collection("users").insert_many([user(number).to_row() for number in range(7)])
    await asyncio.gather(ensure_totals(database), ensure_totals(database))
    assert await totals(database) == (7, 0)
    await database.collection("users").delete_one({"_id": 1})
    await ensure_totals(database)
    assert await totals(database) == (7, 0)


async def test_a_check_beside_commits_corrects_the_totals(
    database: Store, dependencies: Dependencies, context: CommandContext
) -> None:
    rows = [user(number).to_row() for number in range(1000, 1010)]
    await database.collection("users").insert_many([*rows[1:], rows[0] | {"status": DELETED}])
    check = TotalsCheck(database)
    creations = [create(dependencies, context, number, True) for number in range(100)]
    await asyncio.gather(*creations[:50], check.run_once(), *creations[50:])
    assert await totals(database) == (109, 1)
    assert not await check.run_once()
    assert await totals(database) == (109, 1)


async def test_the_rows_of_ended_processes_are_folded_into_one(
    database: Store, dependencies: Dependencies, context: CommandContext
) -> None:
    await create(dependencies, context, 1, True)
    rows = database.collection("totals")
    await rows.update_many({}, {"$set": {"at": now() - timedelta(days=2)}})
    await TotalsCheck(database).run_once()
    assert [row["_id"] for row in await rows.find().to_list(None)] == [BASE]
    assert await totals(database) == (1, 0)
    await create(dependencies, context, 2, True)
    assert await totals(database) == (2, 0)


async def test_two_checks_at_once_correct_once(database: Store) -> None:
    await database.collection("users").insert_many([user(number).to_row() for number in range(5)])
    check = TotalsCheck(database)
    outcomes = await asyncio.gather(check.run_once(), check.run_once(), return_exceptions=True)
    assert all(outcome is False or isinstance(outcome, StoreUnavailable) for outcome in outcomes)
    assert await totals(database) == (5, 0)


@on_mongodb
async def test_a_list_without_conditions_counts_no_user(
    database: Store, dependencies: Dependencies, context: CommandContext
) -> None:
    await create(dependencies, context, 1, True)
    await database.database.command("profile", 2)
    try:
        page = await UnitOfWork(dependencies).users.search(SearchSpec(FIELDS, {"status": {"$in": [LIVE, DELETED]}}))
        assert (page.total, len(page.items)) == (1, 1)
        read = {"ns": f"{database.database.name}.users", "command.aggregate": "users"}
        assert await database.database["system.profile"].count_documents(read) == 0
    finally:
        await database.database.command("profile", 0)
        await database.database.drop_collection("system.profile")
