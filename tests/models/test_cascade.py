"""Links to deleted rows: removed in steps where they are many, and never count_links behind."""

from models.cascade import CLEANUP_PERIOD, LINKS_PER_STEP, Cascade, LinkCleanup
from models.roles import Role
from models.store.client import Store
from models.store.document import now
from models.store.scope import TransactionScope, provide

MANY = LINKS_PER_STEP + 500


async def add_linked_role(store: Store, count: int) -> Role:
    role = Role(id=500, app_id=1, code="MANY", name="Many")
    await store.collection("roles").insert_one(role.to_row())
    await store.collection("users").insert_many([{"uuid": str(n), "_id": n, "role_ids": [500]} for n in range(count)])
    return role


async def erase(store: Store, role: Role) -> None:
    async with store.transaction() as session:
        await Cascade(store, TransactionScope(store, provide(session))).erase([role])
        await session.commit_transaction()


async def count_links(store: Store) -> int:
    return int(await store.collection("users").count_documents({"role_ids": 500}))


async def test_few_links_are_removed_with_the_row(store: Store) -> None:
    await erase(store, await add_linked_role(store, 10))
    assert await count_links(store) == 0
    assert await store.collection("roles").find_one({"_id": 500}) is None


async def test_many_links_are_removed_in_steps_and_late_ones_too(store: Store) -> None:
    await erase(store, await add_linked_role(store, LINKS_PER_STEP + MANY))
    assert await count_links(store) == MANY
    assert [await LinkCleanup(store).run_once(), await count_links(store)] == [True, MANY - LINKS_PER_STEP]
    assert [await LinkCleanup(store).run_once(), await count_links(store)] == [True, 0]
    assert not await LinkCleanup(store).run_once()

    await store.collection("users").insert_one({"uuid": "late", "_id": -1, "role_ids": [500]})
    sweeps = store.collection("sweeps")
    await sweeps.update_many({}, {"$set": {"due": now() - CLEANUP_PERIOD, "until": now() - CLEANUP_PERIOD}})
    assert [await LinkCleanup(store).run_once(), await count_links(store)] == [True, 0]
    assert await sweeps.count_documents({}) == 0


async def test_an_id_is_not_free_while_many_links_to_it_are_left(store: Store) -> None:
    await erase(store, await add_linked_role(store, LINKS_PER_STEP + MANY))
    async with store.transaction() as session:
        assert not await Cascade(store, TransactionScope(store, provide(session))).release_id("role", 500)
    await LinkCleanup(store).run_once()
    async with store.transaction() as session:
        assert await Cascade(store, TransactionScope(store, provide(session))).release_id("role", 500)
        await session.commit_transaction()
    assert await count_links(store) == 0
    assert await store.collection("sweeps").count_documents({"ids": 500}) == 0
