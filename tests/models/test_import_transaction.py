"""What the transaction of an import holds, as MongoDB's profiler saw it on a database that nobody else uses."""

import asyncio
from typing import Any

import pytest

from contracts.catalog import CATALOG
from contracts.imports import ImportUsers
from handlers.imports import import_users
from handlers.registry import HANDLERS
from models.store.client import BsonDict, Store
from models.store.journal import CommandContext
from models.transaction import with_transaction
from models.unit_of_work import Dependencies, UnitOfWork
from models.users import User
from tests.support.patience import PATIENCE
from tests.support.stores import on_mongodb
from worker.delivery.envelope import Envelope
from worker.delivery.pipeline import Pipeline

COUNT = 300  # more than one write takes


def row(number: int, **fields: Any) -> dict[str, Any]:
    return {"username": f"row_{number}", "email": f"{number}@row.example", **fields}


async def use_and_erase(dependencies: Dependencies, id: int, message_id: str) -> None:
    """Create a user with this id and erase it again: two events, of which the store keeps the last one's number."""
    user = User(id=id, username=f"used_{message_id}", explicit=True)
    async with UnitOfWork(dependencies, CommandContext("user.create", f"{message_id}-1", "d")) as unit:
        await unit.last_revisions.restore([user])
        user.revision += 1
        await unit.users.add(user)
        await unit.commit("{}", [])
    async with UnitOfWork(dependencies, CommandContext("user.delete", f"{message_id}-2", "d")) as unit:
        user = await unit.users.get(id)
        user.revision += 1
        await unit.users.erase(user)
        await unit.commit("{}", [])


async def profiled(database: Store) -> list[BsonDict]:
    """What was done in transactions since profiling began, which ends here."""
    await database.database.command("profile", 0)
    profile = database.database.get_collection("system.profile")
    done: list[BsonDict] = await profile.find({"command.autocommit": False}).sort("ts", 1).to_list(None)
    await profile.drop()
    return done


@on_mongodb
@pytest.mark.parametrize("chosen", [False, True], ids=["new ids", "chosen ids"])
async def test_the_transaction_of_an_import_has_nothing_but_its_writes(
    dependencies: Dependencies, database: Store, chosen: bool
) -> None:
    first = 400_000
    await use_and_erase(dependencies, first, "erased")
    users = [row(number, **({"id": first + number} if chosen else {})) for number in range(COUNT)]
    envelope = Envelope("user.import", CATALOG["user.import"], b"{}", "m-1", reply_to="replies")
    await database.database.command("profile", 2)
    outcome = await Pipeline(dependencies, HANDLERS, PATIENCE).carry_out(ImportUsers(users=users), envelope)
    done = await profiled(database)
    assert outcome.code == "done"
    assert await database.collection("users").count_documents({"status": 1}) == COUNT
    assert sum(row["ninserted"] for row in done if row["command"].get("insert") == "users") == COUNT
    assert {row["op"] for row in done} <= {"insert", "update", "remove"}


@pytest.mark.parametrize("uses", [0, 1], ids=["never used", "used before"])
async def test_an_id_that_was_used_and_erased_meanwhile_keeps_its_sequence(
    dependencies: Dependencies, database: Store, context: CommandContext, uses: int
) -> None:
    id = 410_000 + uses
    await database.collection("erased").delete_one({"_id": f"user/{id}"})
    for number in range(uses):
        await use_and_erase(dependencies, id, f"before-{number}")
    runs: list[UnitOfWork] = []

    async def work(unit: UnitOfWork) -> int:
        await import_users(ImportUsers(users=[row(1, id=id)]), unit)
        if not runs:
            await use_and_erase(dependencies, id, "meanwhile")
        runs.append(unit)
        await unit.commit("{}", [])
        return unit.emitted[0].sequence

    until = asyncio.get_running_loop().time() + PATIENCE
    assert await with_transaction(dependencies, context, work, until) == 2 * (uses + 1) + 1
    assert len(runs) == 2
