"""Soft-deleted users are found by the login identifiers that they had, without reading the others."""

from collections.abc import AsyncIterator

import pytest

from models.login_identifiers import LOGINS
from models.store.client import BsonDict, Store
from models.unit_of_work import Dependencies, UnitOfWork
from models.users import DELETED, User
from tests.support.stores import on_one_driver

ALL = 120


@pytest.fixture
async def unit(database: Store, dependencies: Dependencies) -> AsyncIterator[UnitOfWork]:
    """A unit of work on as many soft-deleted users, on a store that records how it carries out each query."""
    unit = UnitOfWork(dependencies)
    users = (User(id=id, status=DELETED, **identifiers(id)) for id in range(1, ALL + 1))
    await database.collection("users").insert_many([unit.users.row(user) for user in users])
    await database.database.command("profile", 2)
    yield unit
    await database.database.command("profile", 0)
    await database.database.drop_collection("system.profile")


def identifiers(id: int) -> dict[str, str]:
    """The login identifiers of a user."""
    return {"username": f"ada_{id}", "email": f"ada_{id}@example.com", "telephone": f"138{id:08}"}


async def finds(store: Store) -> list[BsonDict]:
    """The recorded finds of users."""
    where = {"ns": f"{store.database.name}.users", "command.find": "users"}
    recorded: list[BsonDict] = await store.database["system.profile"].find(where).to_list(None)
    return recorded


@on_one_driver
@pytest.mark.parametrize("id", [1, ALL, ALL + 1])
@pytest.mark.parametrize("field", LOGINS)
@pytest.mark.parametrize("is_named", [True, False])
async def test_a_look_up_reads_the_one_soft_deleted_user(
    unit: UnitOfWork, database: Store, field: str, id: int, is_named: bool
) -> None:
    found = await unit.users.find_any(**{field if is_named else "login": identifiers(id)[field]})
    assert (found.id if found else ALL + 1) == id
    recorded = await finds(database)
    assert recorded
    for each in recorded:
        assert "IXSCAN" in each["planSummary"]
        assert each["docsExamined"] <= 1, each["planSummary"]
