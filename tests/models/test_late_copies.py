"""A copy of a command that comes too late in a race: what the other has made stays, and the copy begins again."""

from datetime import timedelta

import pytest

from models.errors.auth import TenantTaken
from models.errors.base import TryAgain
from models.sessions import Session
from models.store.client import Store
from models.store.document import now
from models.store.journal import CommandContext
from models.tenants import Tenant
from models.tokens import Token
from models.unit_of_work import Dependencies, UnitOfWork

COPIES = 7_100_000


def token(id: int) -> Token:
    return Token(id=id, name="copies", hash="the same hash", scopes=["user.get"], expires_at=now() + timedelta(days=1))


def tenant(id: int) -> Tenant:
    return Tenant(id=id, name="copies", title="Copies", secret="")


CASES = {
    "tokens.add": (token, TryAgain),
    "tenants.add": (tenant, TenantTaken),
}


@pytest.mark.parametrize("call", CASES)
async def test_what_was_made_first_stays(
    dependencies: Dependencies, database: Store, context: CommandContext, call: str
) -> None:
    (collection, write), (make, refusal) = call.split("."), CASES[call]
    rows, first, second = database.collection(collection), make(COPIES), make(COPIES + 1)
    ids = {"_id": {"$in": [first.id, second.id]}}
    await rows.delete_many(ids)
    await rows.insert_one(first.to_row())
    with pytest.raises(refusal):
        async with UnitOfWork(dependencies, context) as unit:
            await getattr(getattr(unit, collection), write)(second)
    assert [row["_id"] async for row in rows.find(ids)] == [first.id]
    await rows.delete_many(ids)


async def test_a_session_that_is_anothers_by_now_stays(
    dependencies: Dependencies, database: Store, context: CommandContext
) -> None:
    """A worker of an earlier version signs a session out by changing whose it is."""
    rows, life = database.collection("sessions"), ((3600, False), timedelta(days=1))
    await rows.delete_many({"_id": COPIES})
    await rows.insert_one(Session.create(COPIES, "starcedu_local", *life).to_row())
    with pytest.raises(TryAgain):
        async with UnitOfWork(dependencies, context) as unit:
            await unit.sessions.upsert(Session.create(COPIES, "starcedu_local", *life, user_id=COPIES))
    assert [row["user_id"] async for row in rows.find({"_id": COPIES})] == [None]
    await rows.delete_many({"_id": COPIES})
