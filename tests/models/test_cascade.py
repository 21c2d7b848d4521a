"""Links to deleted rows: removed in steps where they are many, and never left behind."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from devstack.servers import RunningServers
from models.document import now
from models.erasure import BATCH, LINGER, Erasure, Sweeps
from models.indexes import prepare
from models.roles import Role
from models.store import Store
from tests.stack import fresh_database

MANY = BATCH + 500


@pytest.fixture
async def store(running: RunningServers) -> AsyncIterator[Store]:
    store = Store(fresh_database(running.mongo_url))
    await prepare(store)
    yield store
    await store.client.drop_database(store.database.name)
    await store.close()


async def linked(store: Store, count: int) -> Role:
    role = Role(id=500, app_id=1, code="MANY", name="Many")
    await store.collection("roles").insert_one(role.to_row())
    await store.collection("users").insert_many([{"uuid": str(n), "_id": n, "role_ids": [500]} for n in range(count)])
    return role


async def erased(store: Store, role: Role) -> None:
    async with store.session() as session:
        await Erasure(store, lambda: _is(session)).erase([role])
        await session.commit_transaction()


async def left(store: Store) -> int:
    return int(await store.collection("users").count_documents({"role_ids": 500}))


async def _is(session: Any) -> Any:
    return session


async def test_few_links_go_with_the_row(store: Store) -> None:
    await erased(store, await linked(store, 10))
    assert await left(store) == 0
    assert await store.collection("roles").find_one({"_id": 500}) is None


async def test_many_links_go_in_steps_and_the_sweep_waits_for_stragglers(store: Store) -> None:
    await erased(store, await linked(store, BATCH + MANY))
    assert await left(store) == MANY
    assert [await Sweeps(store).step(), await left(store)] == [True, MANY - BATCH]
    assert [await Sweeps(store).step(), await left(store)] == [True, 0]
    assert not await Sweeps(store).step()

    await store.collection("users").insert_one({"uuid": "late", "_id": -1, "role_ids": [500]})
    sweeps = store.collection("sweeps")
    await sweeps.update_many({}, {"$set": {"due": now() - LINGER, "until": now() - LINGER}})
    assert [await Sweeps(store).step(), await left(store)] == [True, 0]
    assert await sweeps.count_documents({}) == 0


async def test_an_id_is_not_free_while_many_links_to_it_are_left(store: Store) -> None:
    await erased(store, await linked(store, BATCH + MANY))
    async with store.session() as session:
        assert not await Erasure(store, lambda: _is(session)).release("role", 500)
    await Sweeps(store).step()
    async with store.session() as session:
        assert await Erasure(store, lambda: _is(session)).release("role", 500)
        await session.commit_transaction()
    assert await left(store) == 0
    assert await store.collection("sweeps").count_documents({"ids": 500}) == 0
