"""Writing to a collection, inside of transactions and outside."""

import asyncio
from collections.abc import Callable, Mapping

from pymongo.errors import PyMongoError

from testing.store.ordering import OrderKey
from testing.store.rows import StoredRow
from testing.store.session import MemorySession
from testing.store.tables import Change, Tables, conflict_error, duplicate_error, put, refuse_duplicates

Plan = list[Change]
Planner = Callable[[Mapping[OrderKey, StoredRow]], Plan]


async def write(
    tables: Tables, collection: str, session: MemorySession | None, plan: Planner, *, is_insert: bool = False
) -> None:
    """Write what `plan` makes of the collection's rows.

    In a transaction a document or key that another one writes, or has written since, raises the driver's transient
    error; outside, the write waits until the other transaction has ended. Raises `DuplicateKeyError`.
    """
    if session is not None:
        return _write_in(session, tables, collection, plan, is_insert)
    while (rival := _write_now(tables, collection, plan, is_insert)) is not None:
        await rival.wait()


def _write_now(tables: Tables, collection: str, plan: Planner, is_insert: bool) -> asyncio.Event | None:
    rows = tables.rows.get(collection, {})
    changes = plan(rows)
    _refuse_taken(tables, collection, rows, changes, is_insert)
    rival = tables.find_rival(collection, changes, None)
    if rival is not None:
        return rival.ended
    after = dict(rows)
    put(after, changes)
    tables.rows[collection] = after
    return None


def _write_in(session: MemorySession, tables: Tables, collection: str, plan: Planner, is_insert: bool) -> None:
    transaction = session.begin()
    try:
        changes = plan(transaction.rows.get(collection, {}))
        _refuse_taken(tables, collection, transaction.rows.get(collection, {}), changes, is_insert)
        if tables.find_rival(collection, changes, transaction) or transaction.is_stale(collection, changes):
            raise conflict_error()
        transaction.write(collection, changes)
    except PyMongoError:
        session.fail()
        raise


def _refuse_taken(
    tables: Tables, collection: str, rows: Mapping[OrderKey, StoredRow], changes: Plan, is_insert: bool
) -> None:
    for place, row in changes:
        if is_insert and row is not None and place in rows:
            raise duplicate_error(row, [("_id", 1)])
    refuse_duplicates(rows, changes, tables.indexes.get(collection, {}))
