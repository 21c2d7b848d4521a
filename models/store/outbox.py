"""The outbox: the unsent events of committed journal entries, and the lease of the process that sends them."""

from collections.abc import Coroutine
from datetime import UTC, datetime
from itertools import chain
from typing import Any
from uuid import uuid4

from models.store.client import BsonDict, Store
from models.store.driver_errors import translate_errors
from models.store.fresh_entries import FreshEntries, PendingEntry
from models.store.journal import PENDING_EXPIRY, OutboxEvent

ORDER = [("pending", 1), ("order", 1)]  # the index; MongoDB would also try that of ids
MAX_LENGTH = 8_000_000  # characters of events in memory at a time


class Outbox:
    """Journal entries with unsent events; `has_more` says whether the last batch may have left some.

    `fresh` are those of this process's own commits, which need not be found.
    """

    def __init__(self, store: Store) -> None:
        self._rows = store.collection("journal")
        self.fresh = FreshEntries()
        self.has_more = False
        self._leaving: list[list[Any]] = []  # the ids of entries that are being marked as sent
        self._density = 1.0  # events per entry in the last batch

    async def find_pending(self, limit: int) -> list[PendingEntry]:
        """Return the oldest entries that hold `limit` events or more, or 8 million characters, together.

        Those that are being marked as sent are left out, and so are fresh ones and what comes after these.

        They are sorted by the server's own timestamps. For entries about one subject that is the order of their
        commits, as the later command starts from what the earlier one has committed. The order on disk may differ
        after a crash or on another member, where the oplog is replayed in parallel.
        """
        with translate_errors():
            entries = max(1, int(limit / self._density))
            where = {"pending": 1, "_id": {"$nin": [*chain.from_iterable(self._leaving), *self.fresh.ids]}}
            rows = self._rows.find(where, {"events": 1}).sort("order", 1).hint(ORDER).limit(entries).batch_size(entries)
            found, is_full = await _read_batch(rows, limit)
        self.has_more = is_full or len(found) == entries
        self._density = max(1.0, sum(len(entry.events) for entry in found) / len(found)) if found else 1.0
        return self.fresh.leave_followers(found)  # again: what was committed meanwhile is among those that were found

    def mark_sent(self, ids: list[Any]) -> Coroutine[Any, Any, None]:
        """Mark entries as sent: drop their events and keep the rest as the audit trail.

        From the call on, before it is awaited, `find_pending` leaves them out.
        """
        self._leaving.append(ids)
        return self._drop_events(ids)

    async def _drop_events(self, ids: list[Any]) -> None:
        gone: BsonDict = {
            "$unset": {"pending": "", "order": "", "events": ""},
            "$rename": {PENDING_EXPIRY: "expires_at"},
        }
        try:
            with translate_errors():
                await self._rows.update_many({"_id": {"$in": ids}}, gone)
        finally:
            self._leaving.remove(ids)

    async def count_pending(self) -> int:
        """Return the number of entries with unsent events."""
        with translate_errors():
            return int(await self._rows.count_documents({"pending": 1}))

    async def find_oldest(self) -> datetime | None:
        """Return when the oldest entry with unsent events was written, or None if there is none."""
        with translate_errors():
            row = await self._rows.find_one({"pending": 1}, {"at": 1}, sort=[("order", 1)])
        return row["at"] if row and "at" in row else None


async def _read_batch(rows: Any, limit: int) -> tuple[list[PendingEntry], bool]:
    # the entries, and whether they fill the batch, which the events bound too: the entry of an import holds a thousand
    found: list[PendingEntry] = []
    events = length = 0
    try:
        async for row in rows:
            found.append(PendingEntry(row["_id"], [OutboxEvent(**event) for event in row["events"]]))
            events += len(found[-1].events)
            length += sum(len(event.body) for event in found[-1].events)
            if events >= limit or length >= MAX_LENGTH:
                return found, True
    finally:
        await rows.close()
    return found, False


class Lease:
    """The right to do what only one process may do at a time, for `seconds` by the database's clock.

    `owner` tells people who has it; processes of the same name, as of two containers, are still told apart.
    """

    def __init__(self, store: Store, name: str, owner: str, seconds: float) -> None:
        self._rows = store.collection("leases")
        self._name = name
        self._owner = f"{owner}:{uuid4().hex[:12]}"
        self.seconds = seconds

    async def acquire(self) -> bool:
        """Acquire or renew the lease; return whether this process holds it."""
        with translate_errors():
            if await self._try_acquire():
                return True
            expired = {"$setOnInsert": {"owner": None, "until": datetime.fromtimestamp(0, UTC)}}
            created = await self._rows.update_one({"_id": self._name}, expired, upsert=True)
            return created.upserted_id is not None and await self._try_acquire()

    async def _try_acquire(self) -> bool:
        free: BsonDict = {"$or": [{"owner": self._owner}, {"$expr": {"$lt": ["$until", "$$NOW"]}}]}
        take = [{"$set": {"owner": self._owner, "until": {"$add": ["$$NOW", int(self.seconds * 1000)]}}}]
        outcome = await self._rows.update_one({"_id": self._name, **free}, take)
        return bool(outcome.matched_count)

    async def release(self) -> None:
        """Give up the lease, so that another process can acquire it at once."""
        with translate_errors():
            await self._rows.delete_one({"_id": self._name, "owner": self._owner})
