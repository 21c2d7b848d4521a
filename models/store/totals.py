"""Totals: how many users are live and soft-deleted, kept by the transactions that change it.

Each transaction adds to a row that no other one holds, so that no two of them conflict; a total is the sum of the rows.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from pymongo.errors import PyMongoError

from models.store.client import BsonDict, Store
from models.store.document import now
from models.store.driver_errors import translate_errors

BASE = "base"  # the row that only corrections change
FOLD_AFTER = timedelta(days=1)  # a row that has not changed for so long is of a process that has ended
STATUS_FIELDS: Mapping[int, str] = {1: "live", -1: "deleted"}  # by status
TotalChanges = Mapping[str, int]


class TotalRows:
    """The rows to which the transactions of one process add."""

    def __init__(self) -> None:
        self._process = uuid4().hex[:12]
        self._numbers = count()
        self._free: deque[str] = deque()

    @contextmanager
    def reserve(self) -> Iterator[str]:
        """Reserve a row for one transaction; yields its id."""
        id = self._free.popleft() if self._free else f"{self._process}/{next(self._numbers)}"
        try:
            yield id
        finally:
            self._free.append(id)


async def add_to_totals(store: Store, row: str, changes: TotalChanges, session: Any) -> None:
    """Add to the totals in a transaction that holds the row."""
    changed = {field: number for field, number in changes.items() if number}
    if changed:
        update = {"$inc": changed, "$set": {"at": now()}}
        await store.collection("totals").update_one({"_id": row}, update, upsert=True, session=session)


async def read_total(store: Store, statuses: Iterable[int]) -> int:
    """Return the number of users that have one of the statuses."""
    rows = await store.collection("totals").find({}).to_list(None)
    return max(0, sum(_sum(rows, STATUS_FIELDS[status]) for status in statuses))


async def ensure_totals(store: Store) -> None:
    """Count the users of a database that has no totals yet."""
    if await store.collection("totals").find_one({"_id": BASE}):
        return
    try:
        await _count_users(store)
    except PyMongoError as error:
        if not error.has_error_label("TransientTransactionError"):
            raise
        await ensure_totals(store)  # another process has counted at the same time


class TotalsCheck:
    """Corrects what a worker of an earlier version, or a change by hand, has not added to the totals."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def run_once(self) -> bool:
        """Count the users and correct the totals; return False, as nothing is left to do."""
        with translate_errors():
            await _count_users(self._store)
        return False


async def _count_users(store: Store) -> None:
    # all reads are of one snapshot, and what is committed meanwhile changes other rows: the difference stays right
    totals, users = store.collection("totals"), store.collection("users")
    async with store.transaction() as session:
        rows = await totals.find({}, session=session).to_list(None)
        ended = [row for row in rows if row["_id"] != BASE and row["at"] < now() - FOLD_AFTER]
        changes: BsonDict = {}
        for status, field in STATUS_FIELDS.items():
            counted = await users.count_documents({"status": status}, hint=[("status", 1), ("_id", 1)], session=session)
            changes[field] = counted - _sum(rows, field) + _sum(ended, field)
        await totals.update_one({"_id": BASE}, {"$inc": changes}, upsert=True, session=session)
        await totals.delete_many({"_id": {"$in": [row["_id"] for row in ended]}}, session=session)
        await session.commit_transaction()


def _sum(rows: Iterable[BsonDict], field: str) -> int:
    return sum(row.get(field, 0) for row in rows)
