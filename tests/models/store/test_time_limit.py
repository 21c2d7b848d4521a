"""Operations of the database end when their request does, on the server too."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

import pytest
from pymongo.errors import ExecutionTimeout, NetworkTimeout

from models.cascade import LinkCleanup
from models.errors.base import StoreBusy, StoreUnavailable
from models.login_identifiers import LoginKeys
from models.login_migration import LoginMigration
from models.store.client import BsonDict, Store
from models.store.journal import CommandContext
from models.store.lane_leases import LaneLeases
from models.store.outbox import Outbox
from models.store.reply_retention import ReplyRetention
from models.store.search import SearchSpec, Where
from models.store.time_limit import limit_operations
from models.store.totals import TotalsCheck
from models.transaction import with_transaction
from models.unit_of_work import Dependencies, UnitOfWork
from models.user_fields import FIELDS
from models.users import User
from tests.support.patience import PATIENCE
from tests.support.stores import on_mongodb

UNWIND: list[BsonDict] = [{"$project": {"n": {"$range": [0, 3000]}}}, {"$unwind": "$n"}]
SLOW: list[BsonDict] = [{"$match": {"_id": 1}}, *UNWIND, *UNWIND, *UNWIND, {"$count": "rows"}]
ENDED = (ExecutionTimeout, NetworkTimeout)  # on a busy machine the server's own answer comes after the socket's end
SEARCH = SearchSpec(FIELDS, {"status": 1}, [Where("name", "like", "a")], page=2, size=1)


@asynccontextmanager
async def profiled(store: Store) -> AsyncIterator[list[BsonDict]]:
    """The commands that the server has seen of this store; they are there after the block."""
    commands: list[BsonDict] = []
    await store.database.command("profile", 2)
    yield commands
    await store.database.command("profile", 0)
    profile = store.database["system.profile"]
    async for entry in profile.find({"op": {"$in": ["query", "command", "insert", "update"]}}):
        commands.append(entry["command"])
    await profile.drop()


async def running_operations(store: Store) -> list[BsonDict]:
    running = await store.client.admin.command({"currentOp": 1, "ns": f"{store.database.name}.users"})
    found: list[BsonDict] = running["inprog"]
    return found


async def read_everything(unit: UnitOfWork) -> None:
    await unit.users.find(id=1)
    await unit.users.find_taken(["user1"])
    await unit.users.search(SEARCH)
    await unit.dependencies.store.aggregate("users", [{"$match": {"_id": 1}}])
    await unit.dependencies.store.find_ids("users", {"_id": 1})


@on_mongodb
async def test_each_read_tells_the_server_what_is_left(dependencies: Dependencies, context: CommandContext) -> None:
    store = dependencies.store
    await store.collection("users").insert_many([User(id=id, username=f"user{id}", name="a").to_row() for id in (1, 2)])
    async with profiled(store) as commands:
        with limit_operations(monotonic() + 3):
            async with UnitOfWork(dependencies) as unit:
                await read_everything(unit)
            async with UnitOfWork(dependencies, context) as unit:
                await read_everything(unit)
                await unit.commit("{}", [])
    reads = [command for command in commands if {"find", "aggregate", "count"} & command.keys()]
    assert len(reads) >= 12
    assert [command for command in reads if not 0 < command.get("maxTimeMS", 0) <= 3000] == []


@on_mongodb
async def test_so_does_each_read_outside_of_requests(database: Store) -> None:
    outbox = Outbox(database)
    works = (ReplyRetention(database, 7), LinkCleanup(database), TotalsCheck(database))
    async with profiled(database) as commands:
        await outbox.find_pending(10)
        await outbox.count_pending()
        await outbox.find_oldest()
        await LaneLeases(database, "owner", 5).lease().acquire()
        for work in works:
            await work.run_once()
        await LoginMigration(database, LoginKeys("86")).run_batch()
    reads = [command for command in commands if {"find", "aggregate", "count"} & command.keys()]
    assert {command.get("find") or command.get("aggregate") for command in reads} >= {
        *("journal", "sweeps", "totals", "users"),
    }
    assert [command for command in reads if not 0 < command.get("maxTimeMS", 0) <= 5000] == []


@on_mongodb
async def test_a_shared_look_up_has_the_time_of_its_most_patient_caller(database: Store) -> None:
    await database.collection("users").insert_one(User(id=1, username="user1").to_row())

    async def look_up(seconds: float) -> Any:
        with limit_operations(monotonic() + seconds):
            return await database.lookups.find_one("users", {"_id": 1})

    async with profiled(database) as commands:
        found = await asyncio.gather(look_up(0.001), look_up(4))
    assert [row["_id"] for row in found] == [1, 1]
    (limit,) = [command["maxTimeMS"] for command in commands if command.get("find") == "users"]
    assert 1 < limit <= 4000


@on_mongodb
async def test_the_server_ends_what_takes_too_long_and_is_busy_not_down(dependencies: Dependencies) -> None:
    store = dependencies.store
    await store.collection("users").insert_one(User(id=1, username="user1").to_row())

    async def work(unit: UnitOfWork) -> Any:
        return await unit.dependencies.store.aggregate("users", SLOW)

    until = monotonic() + 0.3
    with limit_operations(until), pytest.raises(StoreUnavailable) as raised:
        await with_transaction(dependencies, None, work, asyncio.get_running_loop().time() + 0.3)
    assert isinstance(raised.value.__cause__, StoreBusy)
    await store.check_availability()
    assert store.availability.answer == "primary"
    async with asyncio.timeout(PATIENCE):
        while await running_operations(store):  # the operation itself would run for hours
            await asyncio.sleep(0.05)


@on_mongodb
async def test_a_limit_inside_another_cannot_be_longer(database: Store) -> None:
    await database.collection("users").insert_one(User(id=1, username="user1").to_row())
    with limit_operations(monotonic() + 0.2), limit_operations(monotonic() + 60), pytest.raises(ENDED):
        await database.aggregate("users", SLOW)


@on_mongodb
async def test_a_transaction_whose_time_is_up_is_aborted_at_once(
    dependencies: Dependencies, context: CommandContext
) -> None:
    async def overstay() -> None:
        async with UnitOfWork(dependencies, context) as unit:
            await unit.users.add(User(id=1, username="user1"))
            await dependencies.store.aggregate("users", SLOW, await unit.scope.session())

    with limit_operations(monotonic() + 0.3), pytest.raises(ENDED):
        await overstay()
    async with UnitOfWork(dependencies, context) as unit:  # would wait for the row of an open transaction
        await unit.users.add(User(id=1, username="user1"))
        await unit.commit("{}", [])
