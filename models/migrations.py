"""Migrations of what is stored: numbered, in batches that may be repeated, with a record of each in the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any, Protocol

import structlog

from models.errors.base import StoreUnavailable
from models.errors.migrations import MigrationNotFound
from models.login_identifiers import LoginKeys
from models.login_migration import LoginMigration
from models.store.client import BsonDict, Store
from models.store.document import now
from models.store.driver_errors import translate_errors

COLLECTION = "migrations"
log = structlog.get_logger()


class Migration(Protocol):
    """A change of what is stored, a batch at a time; a batch that is done again changes nothing.

    `is_automatic`: workers of earlier versions may run beside it and after it, so that workers do it by themselves.
    The others are left to `userbus migrate`, and no worker that does not know them starts afterwards. Numbers are never
    used again.
    """

    @property
    def number(self) -> int: ...

    @property
    def name(self) -> str: ...

    @property
    def summary(self) -> str: ...

    @property
    def is_automatic(self) -> bool: ...

    async def run_batch(self) -> int:
        """Do a batch; return how many rows it has looked at, 0 if none are left."""

    async def count_left(self) -> int:
        """Return how many rows are not migrated yet."""

    async def count_stuck(self) -> int:
        """Return how many rows stay as they are until somebody corrects them."""


@dataclass(frozen=True, slots=True)
class MigrationState:
    """A migration, what is left of it, and what the store has recorded: rows migrated, first batch, first end."""

    migration: Migration
    left: int
    stuck: int
    migrated: int
    began_at: datetime | None
    ended_at: datetime | None


@dataclass(slots=True)
class Migrations:
    """Runs migrations and records them in the store, which tells its version that way."""

    store: Store
    migrations: Sequence[Migration]
    _recorded_ends: set[int] = field(default_factory=set)

    async def run_once(self) -> bool:
        """Do a batch of each automatic migration; return whether there may be more to do."""
        rows = [await self.run_batch(each) for each in self.migrations if each.is_automatic]
        return any(rows)

    async def run(self, number: int, seconds: float) -> MigrationState:
        """Do batches of one migration for so long, or until none are left. Raises `MigrationNotFound`."""
        migration = self._find(number)
        until = monotonic() + seconds
        while await self.run_batch(migration) and monotonic() < until:
            pass
        return await self.read_state(migration)

    async def run_batch(self, migration: Migration) -> int:
        """Do a batch and record it; return how many rows it has looked at."""
        rows = await migration.run_batch()
        if rows or migration.number not in self._recorded_ends:
            await self._record(migration, rows)
        return rows

    async def read_states(self) -> list[MigrationState]:
        """Return the state of each migration, by number."""
        return [await self.read_state(each) for each in sorted(self.migrations, key=lambda each: each.number)]

    async def read_state(self, migration: Migration) -> MigrationState:
        """Return the state of one migration."""
        with translate_errors():
            row: Mapping[str, Any] = await self._rows.find_one({"_id": migration.number}) or {}
            left, stuck = await migration.count_left(), await migration.count_stuck()
        return MigrationState(
            migration, left, stuck, row.get("rows", 0), row.get("began_at"), None if left else row.get("ended_at")
        )

    def _find(self, number: int) -> Migration:
        for migration in self.migrations:
            if migration.number == number:
                return migration
        raise MigrationNotFound

    async def _record(self, migration: Migration, rows: int) -> None:
        update: BsonDict = {
            "$set": {"name": migration.name, "is_automatic": migration.is_automatic},
            "$setOnInsert": {"began_at": now()},
            "$inc": {"rows": rows},
        }
        # the first end is kept: a worker of an earlier version may write rows again, which are migrated again
        update |= {} if rows else {"$min": {"ended_at": now()}}
        with translate_errors():
            await self._rows.update_one({"_id": migration.number}, update, upsert=True)
        if not rows:
            self._recorded_ends.add(migration.number)

    @property
    def _rows(self) -> Any:
        return self.store.collection(COLLECTION)


def all_migrations(store: Store, country: str) -> Migrations:
    """All migrations of a store; `country` is the calling code of telephone numbers that are written without one."""
    return Migrations(store, [LoginMigration(store, LoginKeys(country))])


async def require_known(store: Store, migrations: Migrations) -> None:
    """Raise `StoreUnavailable` if a later version has migrated the store to what this version cannot read."""
    known = [migration.number for migration in migrations.migrations]
    row = await store.collection(COLLECTION).find_one({"_id": {"$nin": known}, "is_automatic": False})
    if row:
        raise StoreUnavailable(
            f"migration {row['_id']} ({row['name']}) of a later version has been run, after which this one cannot use "
            "the store: start the later version"
        )
