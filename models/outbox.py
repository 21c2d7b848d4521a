"""The outbox: the events of committed journal entries that have not left yet, and the lease of who sends them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from models.journal import KEPT, Outgoing
from models.store import Row, Store, translated

MOST_LENGTH = 8_000_000  # characters of events in memory at a time


@dataclass(frozen=True, slots=True)
class Pending:
    """A journal entry whose events are to be sent, in order."""

    id: str
    events: list[Outgoing]


class Outbox:
    """Entries with events to send, oldest first."""

    def __init__(self, store: Store) -> None:
        self._rows = store.collection("journal")
        self._density = 1.0  # events an entry, of late

    async def pending(self, limit: int) -> list[Pending]:
        """The oldest unsent entries, until they hold `limit` events or more, or some megabytes.

        The order is that of the server's own timestamps, which for entries about one subject is commit order: the later
        command could only start from what the earlier one had committed. The order on disk is another after a crash and
        on another member, since the replay of the oplog runs in parallel.
        """
        with translated():
            entries = max(1, int(limit / self._density))
            rows = self._rows.find({"pending": 1}, {"events": 1}).sort("order", 1).limit(entries)
            found = await _gathered(rows, limit)
        self._density = max(1.0, sum(len(entry.events) for entry in found) / len(found)) if found else 1.0
        return found

    async def sent(self, ids: list[str]) -> None:
        """Mark entries as sent; their events are dropped, the rest of the entry stays as the audit trail."""
        with translated():
            gone: Row = {"$unset": {"pending": "", "order": "", "events": ""}, "$rename": {KEPT: "expires_at"}}
            await self._rows.update_many({"_id": {"$in": ids}}, gone)

    async def backlog(self) -> int:
        """How many entries wait to be sent."""
        with translated():
            return int(await self._rows.count_documents({"pending": 1}))

    async def oldest(self) -> datetime | None:
        """When the entry that has waited longest was written; None where none waits."""
        with translated():
            row = await self._rows.find_one({"pending": 1}, {"at": 1}, sort=[("order", 1)])
        return row["at"] if row and "at" in row else None


async def _gathered(rows: Any, limit: int) -> list[Pending]:
    """An import's entry holds a thousand events: a batch of entries has to be bounded by what is in them."""
    found: list[Pending] = []
    events = length = 0
    try:
        async for row in rows:
            found.append(Pending(row["_id"], [Outgoing(**event) for event in row["events"]]))
            events += len(found[-1].events)
            length += sum(len(event.body) for event in found[-1].events)
            if events >= limit or length >= MOST_LENGTH:
                break
    finally:
        await rows.close()
    return found


class Lease:
    """Who may do a thing that only one process does at a time; timed by the database's clock."""

    def __init__(self, store: Store, name: str, owner: str, seconds: float) -> None:
        self._rows = store.collection("leases")
        self._name = name
        self._owner = owner
        self.seconds = seconds

    async def hold(self) -> bool:
        """Take or keep the lease; whether it is ours now."""
        with translated():
            if await self._take():
                return True
            vacant = {"$setOnInsert": {"owner": None, "until": datetime.fromtimestamp(0, UTC)}}
            made = await self._rows.update_one({"_id": self._name}, vacant, upsert=True)
            return made.upserted_id is not None and await self._take()

    async def _take(self) -> bool:
        free: Row = {"$or": [{"owner": self._owner}, {"$expr": {"$lt": ["$until", "$$NOW"]}}]}
        take = [{"$set": {"owner": self._owner, "until": {"$add": ["$$NOW", int(self.seconds * 1000)]}}}]
        outcome = await self._rows.update_one({"_id": self._name, **free}, take)
        return bool(outcome.matched_count)

    async def release(self) -> None:
        """Let another process take it at once."""
        with translated():
            await self._rows.delete_one({"_id": self._name, "owner": self._owner})
