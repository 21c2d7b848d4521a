"""Look-ups that share a query: each caller gets its own answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pymongo.errors import OperationFailure, ServerSelectionTimeoutError

from models.login_identifiers import LoginKeys
from models.store.client import Store
from models.store.lookups import Lookups
from models.users import User
from testing.store.unsupported import NotInMemory
from tests.support.stores import on_mongodb


@asynccontextmanager
async def counted_finds(store: Store) -> AsyncIterator[list[int]]:
    """Count the finds of users of this store alone: others use the same server. The count is there after the block."""
    count: list[int] = []
    await store.database.command("profile", 2)
    yield count
    await store.database.command("profile", 0)
    profile = store.database["system.profile"]
    count.append(await profile.count_documents({"command.find": "users"}))
    await profile.drop()


async def store_users(store: Store) -> None:
    rows = [User(id=number, username=f"user{number}", email=f"{number}@example.com") for number in range(1, 21)]
    keys = LoginKeys("86")
    logins = [keys.row_fields(user.identifiers, is_live=True, is_clashing=False) for user in rows]
    await store.collection("users").insert_many([user.to_row() | each for user, each in zip(rows, logins, strict=True)])


@on_mongodb
async def test_look_ups_of_one_moment_are_one_query(database: Store) -> None:
    await store_users(database)
    wanted = [1, 2, 2, 3, 99, *range(4, 21)]
    async with counted_finds(database) as count:
        found = await asyncio.gather(*(database.lookups.find_one("users", {"_id": id, "status": 1}) for id in wanted))
    assert [row["_id"] if row else None for row in found] == [1, 2, 2, 3, None, *range(4, 21)]
    assert count == [1]


async def test_look_ups_by_any_identifier_share_a_query(database: Store) -> None:
    await store_users(database)
    wanted = ["user1", "2@example.com", "2@example.com", "nobody", "user3"]
    found = await asyncio.gather(*(database.lookups.find_one("users", {"logins": login}) for login in wanted))
    assert [row["_id"] if row else None for row in found] == [1, 2, 2, None, 3]


async def test_other_conditions_are_not_mixed_up(database: Store) -> None:
    await store_users(database)
    await database.collection("postings").insert_one({"_id": 1})
    found = await asyncio.gather(
        database.lookups.find_one("users", {"_id": 1, "status": 1}),
        database.lookups.find_one("users", {"_id": 1, "status": -1}),
        database.lookups.find_one("postings", {"_id": 1}),
    )
    assert [row and row["_id"] for row in found] == [1, None, 1]


async def test_a_caller_that_gives_up_leaves_the_others_their_answers(database: Store) -> None:
    await store_users(database)
    tasks = [asyncio.create_task(database.lookups.find_one("users", {"_id": id})) for id in (1, 2)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    row = await tasks[1]
    assert row is not None
    assert row["_id"] == 2
    assert tasks[0].cancelled() or tasks[0].done()


async def test_trouble_reaches_everyone_who_asked() -> None:
    silent = Store("mongodb://127.0.0.1:1/nowhere?replicaSet=rs0", timeout=0.5)
    lookups = Lookups(silent.collection)
    found = await asyncio.gather(*(lookups.find_one("users", {"_id": id}) for id in (1, 2)), return_exceptions=True)
    await silent.close()
    assert [type(error) for error in found] == [ServerSelectionTimeoutError] * 2


@on_mongodb
async def test_look_ups_that_come_while_a_query_is_under_way_share_the_next(database: Store) -> None:
    await store_users(database)
    async with counted_finds(database) as count:
        first = asyncio.create_task(database.lookups.find_one("users", {"_id": 1}))
        await asyncio.sleep(0)  # the look-up begins
        await asyncio.sleep(0)  # its query is sent; the answer can be read only after those that come now
        later = [asyncio.create_task(database.lookups.find_one("users", {"_id": id})) for id in range(2, 12)]
        found = await asyncio.gather(first, *later)
    assert [row["_id"] if row else None for row in found] == [*range(1, 12)]
    assert count == [2]


async def test_a_look_up_sees_what_was_written_before_it(database: Store) -> None:
    await store_users(database)
    others = [asyncio.create_task(database.lookups.find_one("users", {"_id": id})) for id in range(2, 12)]
    for name in map(str, range(20)):
        await database.collection("users").update_one({"_id": 1}, {"$set": {"name": name}})
        others.append(asyncio.create_task(database.lookups.find_one("users", {"_id": 2})))
        row = await database.lookups.find_one("users", {"_id": 1})
        assert row is not None
        assert row["name"] == name
    await asyncio.gather(*others)


async def test_a_query_that_fails_does_not_stop_the_next(database: Store) -> None:
    await store_users(database)
    failed = database.lookups.find_one("users", {"_id": 1, "$no_operator": 1})
    again = database.lookups.find_one("users", {"_id": 2, "$no_operator": 1})
    errors = await asyncio.gather(failed, again, return_exceptions=True)
    assert [isinstance(error, (OperationFailure, NotInMemory)) for error in errors] == [True] * 2
    row = await database.lookups.find_one("users", {"_id": 3})
    assert row is not None
    assert row["_id"] == 3
