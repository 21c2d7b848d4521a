"""A unit of work that is given up: sessions and counters are as they were, and within it it sees what it has done."""

from datetime import timedelta

import pytest

from models.sessions import Session
from models.store.client import Store
from models.store.journal import CommandContext
from models.unit_of_work import Dependencies, UnitOfWork

USER = 7_000_001


def new_session(id: int) -> Session:
    session = Session.create(id, "standard", (3600, False), timedelta(days=1), USER)
    session.hashes, session.tenant_id = [f"hash {id}"], "given up"
    return session


async def end_sessions(unit: UnitOfWork, which: str) -> None:
    if which == "all":
        await unit.sessions.end_all(USER)
    elif which == "realm":
        await unit.sessions.end_realm(USER, "standard")
    else:
        await unit.sessions.end_tenant("given up")


@pytest.mark.parametrize("ended", ["all", "realm", "tenant"])
async def test_sessions_that_were_ended_are_there_again(
    dependencies: Dependencies, database: Store, context: CommandContext, ended: str
) -> None:
    rows = database.collection("sessions")
    await rows.delete_many({"user_id": USER})
    await rows.insert_one(new_session(USER).to_row())
    async with UnitOfWork(dependencies, context) as unit:
        await unit.sessions.upsert(new_session(USER + 1))
        assert [each.id for each in await unit.sessions.find_live(USER, 0)] == [USER + 1, USER]
        assert len(await unit.sessions.find_stored(USER, None)) == 2
        await end_sessions(unit, ended)
        assert await unit.sessions.find_live(USER, 0) == []
        assert await unit.sessions.find_stored(USER, None) == []
    assert [row["_id"] async for row in rows.find({"user_id": USER})] == [USER]


async def test_counters_that_were_forgotten_still_count(
    dependencies: Dependencies, database: Store, context: CommandContext
) -> None:
    counters = UnitOfWork(dependencies).lockouts.new_counters("usermgmt", True, "given up", USER)
    for counter in counters:
        counter.record_failure()
    rows = database.collection("lockouts")
    await rows.delete_many({"user_id": USER})
    await rows.insert_many([each.to_row() for each in counters])
    async with UnitOfWork(dependencies, context) as unit:
        await unit.lockouts.forget(USER, ["given up"])
        assert await unit.lockouts.find_counting(USER, {"username": "given up"}) == []
    assert await rows.count_documents({"_id": {"$in": [each.id for each in counters]}}) == 2


async def test_a_failure_that_was_counted_in_vain_does_not_count(
    dependencies: Dependencies, database: Store, context: CommandContext
) -> None:
    rows = database.collection("lockouts")
    await rows.delete_many({"user_id": USER})
    async with UnitOfWork(dependencies, context) as unit:
        counter = unit.lockouts.new_counter("usermgmt", True, "given up", USER)
        counter.record_failure()
        await unit.lockouts.save(counter)
        assert len((await unit.lockouts.load(counter)).failures) == 1
    assert await rows.count_documents({"user_id": USER}) == 0
