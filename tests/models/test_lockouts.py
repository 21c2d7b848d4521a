"""The counters of failed sign-ins in the database."""

from datetime import timedelta

import pytest

from models.errors.auth import AuthLocked
from models.lockouts import Lockout
from models.store.client import Store
from models.store.document import now
from models.store.journal import CommandContext
from models.unit_of_work import Dependencies, UnitOfWork
from tests.support.stores import on_mongodb


async def find_operations(store: Store) -> int:
    """How many queries of counters there were since profiling began, which ends here."""
    await store.database.command("profile", 0)
    profile = store.database["system.profile"]
    count = int(await profile.count_documents({"command.find": "lockouts"}))
    await profile.drop()
    return count


def counters_with_a_failure(dependencies: Dependencies, login: str, user_id: int) -> list[Lockout]:
    """The counters of a sign-in; without a failure their time is over, and MongoDB deletes them at any moment."""
    counters = UnitOfWork(dependencies).lockouts.new_counters("usermgmt", True, login, user_id)
    for counter in counters:
        counter.record_failure()
    return counters


@on_mongodb
@pytest.mark.parametrize("grouped", [True, False], ids=["in a group", "by itself"])
async def test_the_counters_of_a_sign_in_are_read_and_cleared_together(
    dependencies: Dependencies, database: Store, context: CommandContext, grouped: bool
) -> None:
    counters = counters_with_a_failure(dependencies, "ada", 7)
    rows = database.collection("lockouts")
    await rows.insert_many([each.to_row() for each in counters])
    async with UnitOfWork(dependencies, context, grouped=grouped) as unit:
        await database.database.command("profile", 2)
        await unit.read_only.lockouts.refuse_locked(counters)
        await unit.lockouts.clear(counters)
        queries = await find_operations(database)
        await unit.commit("{}", [])
    assert queries == 2
    assert await rows.count_documents({"_id": {"$in": [each.id for each in counters]}}) == 0


async def test_whichever_counter_is_locked_nothing_is_cleared(
    dependencies: Dependencies, database: Store, context: CommandContext
) -> None:
    counters = counters_with_a_failure(dependencies, "eve", 8)
    rows = database.collection("lockouts")
    for locked in counters:
        locked.locked_until = now() + timedelta(minutes=1)
        await rows.insert_many([each.to_row() for each in counters])
        async with UnitOfWork(dependencies, context, grouped=True) as unit:
            with pytest.raises(AuthLocked):
                await unit.read_only.lockouts.refuse_locked(counters)
            with pytest.raises(AuthLocked):
                await unit.lockouts.clear(counters)
        stored = {"_id": {"$in": [each.id for each in counters]}}
        assert await rows.count_documents(stored) == len(counters)
        await rows.delete_many(stored)
        locked.locked_until = None
