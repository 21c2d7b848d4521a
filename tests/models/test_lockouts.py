"""Counting failed sign-ins: windows, locks and delays."""

from datetime import timedelta

import pytest

from models.errors.auth import AuthLocked, BadCredentials
from models.lockouts import LOCKING, SLOWING, Lockout
from models.store.client import Store
from models.store.document import now
from models.store.journal import CommandContext
from models.unit_of_work import Dependencies, UnitOfWork


def counter(locking: bool, *ages: timedelta) -> Lockout:
    at = [now() - age for age in ages]
    return Lockout(id=1, realm="usermgmt", user_id=None, locking=locking, failures=at, expires_at=now())


def test_the_fifth_recent_failure_locks() -> None:
    lockout = counter(True, *[timedelta(minutes=1)] * 3)
    assert not lockout.record_failure()
    lockout.refuse_locked()
    assert lockout.record_failure()
    with pytest.raises(AuthLocked) as refusal:
        lockout.refuse_locked()
    assert refusal.value.details == {"retry_after": pytest.approx(300, abs=1)}


def test_failures_older_than_the_window_do_not_count() -> None:
    lockout = counter(True, *[LOCKING.window] * 4)
    assert not lockout.record_failure()
    assert len(lockout.failures) == 1


def test_delays_grow_and_are_bounded() -> None:
    delays = [counter(False, *[timedelta(minutes=1)] * failures).delay for failures in (0, 3, 4, 5, 8, 9, 99)]
    assert delays == [0.0, 0.0, 0.1, 0.2, 1.6, 3.0, 3.0]
    assert counter(True, *[timedelta()] * 4).delay == 0.0


def test_a_realm_without_locks_refuses_after_a_hundred_failures_in_an_hour() -> None:
    lockout = counter(False, *[timedelta(minutes=59)] * (SLOWING.max_failures - 1))
    lockout.refuse_locked()
    assert not lockout.record_failure()
    with pytest.raises(BadCredentials) as refusal:
        lockout.refuse_locked()
    assert refusal.value.details == {"delay": 3.0}


def test_two_counters_of_one_identifier_are_two_subjects() -> None:
    first, second = counter(True), counter(True)
    second.created_at = first.created_at + timedelta(milliseconds=1)
    assert first.subject != second.subject


async def find_operations(store: Store) -> int:
    """How many queries of counters there were since profiling began, which ends here."""
    await store.database.command("profile", 0)
    profile = store.database["system.profile"]
    count = int(await profile.count_documents({"command.find": "lockouts"}))
    await profile.drop()
    return count


@pytest.mark.parametrize("grouped", [True, False], ids=["in a group", "by itself"])
async def test_the_counters_of_a_sign_in_are_read_and_cleared_together(
    dependencies: Dependencies, database: Store, context: CommandContext, grouped: bool
) -> None:
    counters = UnitOfWork(dependencies).lockouts.new_counters("usermgmt", True, "ada", 7)
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
    counters = UnitOfWork(dependencies).lockouts.new_counters("usermgmt", True, "eve", 8)
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
