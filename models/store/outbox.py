"""The outbox: the unsent events of committed journal entries, all or those of one lane."""

from collections.abc import Coroutine
from datetime import datetime
from itertools import chain
from typing import Any

from pymongo import UpdateOne

from models.store.client import BsonDict, Store
from models.store.driver_errors import translate_errors
from models.store.fresh_entries import FreshEntries, PendingEntry
from models.store.journal import PENDING_EXPIRY, OutboxEvent
from models.store.lanes import subject_slot

ORDER = [("pending", 1), ("order", 1)]  # the index; MongoDB would also try that of ids
PENDING_FIELDS = ("pending", "order", "slots", "events")
MAX_LENGTH = 8_000_000  # characters of events in memory at a time


class Outbox:
    """Journal entries with unsent events; `has_more` says whether the last batch may have left some.

    `fresh` are those of this process's own commits, which need not be found. Where there are several lanes, only the
    events of the lane of `fresh` are found and marked; an entry that has events of others waits for these as well.
    """

    def __init__(self, store: Store, fresh: FreshEntries | None = None) -> None:
        self._rows = store.collection("journal")
        self.fresh = fresh or FreshEntries()
        self.has_more = False
        self._lane = self.fresh.lane
        self._shared: dict[Any, list[str]] = {}  # the found events of entries that have others as well
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
            found = await self._find_batch(limit)
            while unsorted := [entry for entry in found if entry.slots is None and not self._lane.is_whole]:
                await self._sort_into_slots(unsorted)
                found = await self._find_batch(limit)
        if not self._lane.is_whole:
            found = self._select(found)
        return self.fresh.leave_followers(found)  # again: what was committed meanwhile is among those that were found

    async def _find_batch(self, limit: int) -> list[PendingEntry]:
        entries = max(1, int(limit / self._density))
        where: BsonDict = {"pending": 1, "_id": {"$nin": [*chain.from_iterable(self._leaving), *self.fresh.ids]}}
        if not self._lane.is_whole:
            where["slots"] = {"$in": [*self._lane.slots, None]}  # what earlier versions have written has none
        shape = {"events": 1, "slots": 1}
        rows = self._rows.find(where, shape).sort("order", 1).hint(ORDER).limit(entries).batch_size(entries)
        found, is_full = await _read_batch(rows, limit)
        self.has_more = is_full or len(found) == entries
        self._density = max(1.0, sum(len(entry.events) for entry in found) / len(found)) if found else 1.0
        return found

    async def _sort_into_slots(self, entries: list[PendingEntry]) -> None:
        """Store the slots of entries, so that those of other lanes are not found again."""
        writes: list[Any] = []
        for entry in entries:
            slots = sorted({subject_slot(event.subject) for event in entry.events})
            writes.append(UpdateOne({"_id": entry.id, "pending": 1, "slots": None}, {"$set": {"slots": slots}}))
        await self._rows.bulk_write(writes, ordered=False)

    def _select(self, found: list[PendingEntry]) -> list[PendingEntry]:
        """The entries with the events of the lane alone."""
        own = {entry.id: [event for event in entry.events if self._lane.has(event.subject)] for entry in found}
        self._shared = {
            _key(entry.id): [event.id for event in own[entry.id]] for entry in found if own[entry.id] != entry.events
        }
        return [PendingEntry(entry.id, own[entry.id]) for entry in found]

    def mark_sent(self, ids: list[Any]) -> Coroutine[Any, Any, None]:
        """Mark entries as sent: drop their events and keep the rest as the audit trail.

        From the call on, before it is awaited, `find_pending` leaves them out.
        """
        self._leaving.append(ids)
        shared = [id for id in ids if _key(id) in self._shared] if self._shared else []
        whole = [id for id in ids if _key(id) not in self._shared] if shared else ids
        updates = [UpdateOne({"_id": id, "pending": 1}, self._drop_own(id)) for id in shared]
        return self._drop_events(ids, whole, updates)

    async def _drop_events(self, ids: list[Any], whole: list[Any], updates: list[Any]) -> None:
        gone: BsonDict = {"$unset": dict.fromkeys(PENDING_FIELDS, ""), "$rename": {PENDING_EXPIRY: "expires_at"}}
        try:
            with translate_errors():
                await self._rows.update_many({"_id": {"$in": whole}}, gone)
                if updates:
                    await self._rows.bulk_write(updates, ordered=False)
        finally:
            self._leaving.remove(ids)

    def _drop_own(self, id: Any) -> list[BsonDict]:
        """The update that drops the lane's events of an entry, and with the last ones what `_drop_events` does."""
        kept = {"$not": [{"$in": ["$$this.id", self._shared[_key(id)]]}]}
        left = {"$filter": {"input": "$events", "cond": kept}}
        is_done = {"$eq": ["$events", []]}
        fields = {name: {"$cond": [is_done, "$$REMOVE", f"${name}"]} for name in (*PENDING_FIELDS, PENDING_EXPIRY)}
        expiry = {"expires_at": {"$cond": [is_done, f"${PENDING_EXPIRY}", "$$REMOVE"]}}
        slots = {"$setDifference": ["$slots", self._lane.slots]}
        return [{"$set": {"events": left, "slots": slots}}, {"$set": {**fields, **expiry}}]

    async def count_pending(self) -> int:
        """Return the number of entries with unsent events."""
        with translate_errors():
            return int(await self._rows.count_documents({"pending": 1}))

    async def find_oldest(self) -> datetime | None:
        """Return when the oldest entry with unsent events was written, or None if there is none."""
        with translate_errors():
            row = await self._rows.find_one({"pending": 1}, {"at": 1}, sort=[("order", 1)])
        return row["at"] if row and "at" in row else None


def _key(id: Any) -> Any:
    return id if isinstance(id, str) else (id["of"], id["part"])


async def _read_batch(rows: Any, limit: int) -> tuple[list[PendingEntry], bool]:
    # the entries, and whether they fill the batch, which the events bound too: the entry of an import holds a thousand
    found: list[PendingEntry] = []
    events = length = 0
    try:
        async for row in rows:
            found.append(PendingEntry(row["_id"], [OutboxEvent(**event) for event in row["events"]], row.get("slots")))
            events += len(found[-1].events)
            length += sum(len(event.body) for event in found[-1].events)
            if events >= limit or length >= MAX_LENGTH:
                return found, True
    finally:
        await rows.close()
    return found, False
