"""Commands that are committed together: fewer transactions, and no fate that depends on a neighbour's."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from models.errors.base import TooLarge
from models.errors.users import EmailTaken, UsernameTaken
from models.store.client import Store
from models.store.group_commit import MAX_COMMAND_LENGTH
from models.store.journal import CommandContext, OutboxEvent
from models.store.outbox import Outbox
from models.store.scope import NotGroupable
from models.transaction import with_transaction
from models.unit_of_work import Dependencies, UnitOfWork
from models.users import User
from tests.support.patience import PATIENCE
from tests.support.stores import on_mongodb

Work = Callable[[UnitOfWork], Awaitable[str]]


def until() -> float:
    return asyncio.get_running_loop().time() + PATIENCE


@asynccontextmanager
async def counted_transactions(store: Store) -> AsyncIterator[list[int]]:
    """Count the transactions of this store alone: others use the same server. The count is there after the block."""
    count: list[int] = []
    await store.database.command("profile", 2)
    yield count
    await store.database.command("profile", 0)
    transaction = {"session": "$command.lsid.id", "number": "$command.txnNumber"}
    stages: list[dict[str, Any]] = [{"$match": {"command.autocommit": False}}, {"$group": {"_id": transaction}}]
    count.append(len(await store.aggregate("system.profile", stages)))
    await store.database["system.profile"].drop()


def creation(user: User) -> Work:
    async def work(unit: UnitOfWork) -> str:
        await unit.users.add(user)
        reply = f"created {user.id}"
        await unit.commit(reply, [OutboxEvent(f"e-{user.id}", "user.created", user.subject, 1, "{}")])
        return reply

    return work


def renaming(id: int, name: str) -> Work:
    async def work(unit: UnitOfWork) -> str:
        user = await unit.users.get(id)
        seen = user.name or ""
        user.name = seen + name
        user.revision += 1
        await unit.users.save(user)
        await unit.commit(user.name, [])
        return user.name

    return work


async def run_together(dependencies: Dependencies, context: CommandContext, works: list[Work]) -> list[object]:
    """Run each as a command of its own, `m-0` and so on, all ready at the same moment."""
    runs = (
        with_transaction(dependencies, replace(context, message_id=f"m-{number}"), work, until(), grouped=True)
        for number, work in enumerate(works)
    )
    return await asyncio.gather(*runs, return_exceptions=True)


@on_mongodb
async def test_commands_that_are_ready_together_share_transactions(
    dependencies: Dependencies, database: Store, context: CommandContext
) -> None:
    works = [creation(User(id=number, username=f"user{number}")) for number in range(1, 41)]
    async with counted_transactions(database) as count:
        outcomes = await run_together(dependencies, context, works)
    assert outcomes == [f"created {number}" for number in range(1, 41)]
    assert 0 < count[0] <= 10
    assert await database.collection("users").count_documents({}) == 40
    pending = await Outbox(database).find_pending(100)
    assert {entry.id for entry in pending} == {f"m-{number}" for number in range(40)}
    assert await dependencies.journal.find_reply(replace(context, message_id="m-7")) == "created 8"


async def test_a_refused_command_takes_no_neighbour_along(
    dependencies: Dependencies, database: Store, context: CommandContext
) -> None:
    users = [User(id=number, username=f"user{number}", email=f"{number}@example.com") for number in range(1, 11)]
    users[4].email = "1@example.com"
    users[7].username = "USER2"
    results = await run_together(dependencies, context, [creation(user) for user in users])
    assert [type(result) for result in results].count(str) == 8
    assert {type(result) for result in results} == {str, EmailTaken, UsernameTaken}
    assert await database.collection("users").count_documents({}) == 8
    assert await database.collection("journal").count_documents({}) == 8


async def test_one_address_in_many_commands_of_a_group_is_given_once(
    dependencies: Dependencies, database: Store, context: CommandContext
) -> None:
    works = [creation(User(id=number, email="ada@example.com")) for number in range(1, 21)]
    results = await run_together(dependencies, context, works)
    assert sum(isinstance(result, str) for result in results) == 1
    assert sum(isinstance(result, EmailTaken) for result in results) == 19
    assert await database.collection("users").count_documents({}) == 1


async def test_changes_of_one_document_are_made_one_after_the_other(
    dependencies: Dependencies, database: Store, context: CommandContext
) -> None:
    await database.collection("users").insert_one(User(id=1, username="ada").to_row())
    results = await run_together(dependencies, context, [renaming(1, letter) for letter in "abcdefghij"])
    assert sorted(len(str(result)) for result in results) == list(range(1, 11))
    row = await database.collection("users").find_one({"_id": 1})
    assert (sorted(row["name"]), row["revision"]) == (list("abcdefghij"), 10)


@pytest.mark.parametrize("field", ["password", "role_ids", "updated_at"])
async def test_what_has_changed_since_it_was_read_is_read_again(
    dependencies: Dependencies, database: Store, context: CommandContext, field: str
) -> None:
    """Also where the other writer did not move the revision."""
    users = database.collection("users")
    user = User(id=1, username="ada", password="old")
    await users.insert_one(user.to_row())
    changed = {"password": "new", "role_ids": [7], "updated_at": user.updated_at.replace(year=2001)}[field]
    interfere = [True]

    async def work(unit: UnitOfWork) -> str:
        user = await unit.users.get(1)
        if interfere:
            interfere.clear()
            await users.update_one({"_id": 1}, {"$set": {field: changed}})
        user.name = "Ada"
        await unit.users.save(user)
        await unit.commit("saved", [])
        return "saved"

    assert await run_together(dependencies, context, [work]) == ["saved"]
    row = await users.find_one({"_id": 1})
    assert (row[field], row["name"]) == (changed, "Ada")


async def test_a_command_sent_twice_in_one_group_is_carried_out_once(
    dependencies: Dependencies, database: Store, context: CommandContext
) -> None:
    async def work(unit: UnitOfWork) -> str:
        if (stored := await dependencies.journal.find_reply(context)) is not None:
            return stored
        id = await dependencies.counters.reserve_id("users")  # each run makes another user: only the entry can collide
        return await creation(User(id=id, username=f"ada{id}"))(unit)

    runs = [with_transaction(dependencies, context, work, until(), grouped=True) for _ in range(10)]
    assert len({*await asyncio.gather(*runs)}) == 1
    assert await database.collection("users").count_documents({}) == 1


async def test_a_large_command_is_committed_by_itself_and_holds_nobody_up(
    dependencies: Dependencies, database: Store, context: CommandContext
) -> None:
    async def work(unit: UnitOfWork) -> str:
        await unit.users.add(User(id=99, username="large"))
        await unit.commit("x" * (MAX_COMMAND_LENGTH + 1), [])
        return "large"

    works = [work, *(creation(User(id=number, username=f"user{number}")) for number in range(1, 6))]
    assert "large" in await run_together(dependencies, context, works)
    assert await database.collection("users").count_documents({}) == 6


@pytest.mark.parametrize(
    ("name", "refusal"), [("x" * 16_800_000, TooLarge), ("\ud800", UnicodeEncodeError)], ids=["16 MB", "no text"]
)
async def test_what_cannot_be_stored_fails_alone(
    dependencies: Dependencies, database: Store, context: CommandContext, name: str, refusal: type[Exception]
) -> None:
    works = [creation(User(id=number, username=f"user{number}")) for number in range(1, 6)]
    odd = User.model_construct(**dict(User(id=99, username="odd")) | {"company": name})
    results = await asyncio.wait_for(run_together(dependencies, context, [*works, creation(odd)]), PATIENCE)
    assert results[:5] == [f"created {number}" for number in range(1, 6)]
    assert isinstance(results[5], refusal)
    assert await database.collection("users").count_documents({}) == 5
    assert await database.collection("journal").count_documents({}) == 5


async def test_a_command_that_gives_up_leaves_its_neighbours_alone(
    dependencies: Dependencies, database: Store, context: CommandContext
) -> None:
    works = [creation(User(id=number, username=f"user{number}")) for number in range(1, 6)]
    tasks = [
        asyncio.create_task(
            with_transaction(dependencies, replace(context, message_id=f"m-{number}"), work, until(), True)
        )
        for number, work in enumerate(works)
    ]
    while not dependencies.committer.is_busy:
        await asyncio.sleep(0)
    tasks[0].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert results[1:] == [f"created {number}" for number in range(2, 6)]


async def test_what_needs_a_snapshot_is_run_in_a_transaction_of_its_own(
    dependencies: Dependencies, database: Store, context: CommandContext
) -> None:
    attempts: list[bool] = []

    async def work(unit: UnitOfWork) -> str:
        attempts.append(True)
        await unit.sessions.end_all(1)
        await unit.commit("ended", [])
        return "ended"

    assert await run_together(dependencies, context, [work]) == ["ended"]
    assert len(attempts) == 2


async def test_a_read_that_would_miss_an_own_write_is_refused(
    dependencies: Dependencies, context: CommandContext
) -> None:
    async with UnitOfWork(dependencies, context, grouped=True) as unit:
        await unit.users.add(User(id=1, username="ada"))
        with pytest.raises(NotGroupable):
            await unit.users.find(id=1)
