"""Migrations: who runs them, what the store records, and what it keeps from starting."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from models.errors.base import StoreUnavailable
from models.errors.migrations import MigrationNotFound
from models.migrations import COLLECTION, Migrations, all_migrations, require_known
from models.store.client import BsonDict, Store
from models.store.document import now


@dataclass
class Steps:
    """A migration of so many batches of two rows."""

    left: int
    is_automatic: bool = True
    number: int = 7
    name: str = "steps"
    summary: str = "steps"
    done: list[int] = field(default_factory=list)

    async def run_batch(self) -> int:
        rows = min(2, self.left)
        self.left -= rows
        return rows

    async def count_left(self) -> int:
        return self.left

    async def count_stuck(self) -> int:
        return 0


@pytest.fixture
async def store(database: Store) -> Store:
    await database.collection(COLLECTION).delete_many({})
    return database


async def record(store: Store) -> BsonDict:
    row: BsonDict = await store.collection(COLLECTION).find_one({"_id": 7})
    return row


async def test_workers_run_what_is_safe_beside_earlier_versions_alone(store: Store) -> None:
    safe, unsafe = Steps(3), Steps(3, is_automatic=False, number=8)
    migrations = Migrations(store, [unsafe, safe])
    assert [await migrations.run_once() for _ in range(3)] == [True, True, False]
    assert [(state.left, state.migrated) for state in await migrations.read_states()] == [(0, 3), (3, 0)]
    assert await store.collection(COLLECTION).count_documents({}) == 1


async def test_a_migration_goes_on_where_it_stopped_and_ends_once(store: Store) -> None:
    steps = Steps(5)
    first = await Migrations(store, [steps]).run(7, seconds=0)
    assert (first.left, first.migrated, first.ended_at) == (3, 2, None)
    done = await Migrations(store, [steps]).run(7, seconds=60)
    assert (done.left, done.migrated, done.began_at) == (0, 5, first.began_at)
    ended = now() - timedelta(days=1)
    await store.collection(COLLECTION).update_one({"_id": 7}, {"$set": {"ended_at": ended}})
    again = await Migrations(store, [steps]).run(7, seconds=60)
    assert (again.migrated, again.ended_at) == (5, ended)


async def test_rows_that_an_earlier_worker_writes_open_it_again(store: Store) -> None:
    steps = Steps(1)
    migrations = Migrations(store, [steps])
    assert (await migrations.run(7, seconds=60)).ended_at is not None
    steps.left = 4
    state = await migrations.read_state(steps)
    assert (state.left, state.ended_at) == (4, None)
    await migrations.run(7, seconds=60)
    assert (await record(store))["rows"] == 5


async def test_nothing_is_written_while_nothing_is_left(store: Store) -> None:
    migrations = Migrations(store, [Steps(0)])
    await migrations.run_once()
    await store.collection(COLLECTION).delete_many({})
    await migrations.run_once()
    assert await record(store) is None


async def test_an_unknown_number_is_refused(store: Store) -> None:
    with pytest.raises(MigrationNotFound):
        await all_migrations(store, "86").run(7, seconds=0)


@pytest.mark.parametrize("is_automatic", [True, False])
async def test_an_earlier_version_does_not_start_after_what_it_cannot_read(store: Store, is_automatic: bool) -> None:
    await Migrations(store, [Steps(1, is_automatic)]).run(7, seconds=60)
    await require_known(store, Migrations(store, [Steps(0, is_automatic)]))
    if is_automatic:
        await require_known(store, all_migrations(store, "86"))
    else:
        with pytest.raises(StoreUnavailable, match=r"migration 7 \(steps\) of a later version"):
            await require_known(store, all_migrations(store, "86"))


async def test_numbers_are_not_used_twice(store: Store) -> None:
    numbers = [migration.number for migration in all_migrations(store, "86").migrations]
    assert sorted(set(numbers)) == [*range(1, len(numbers) + 1)]
