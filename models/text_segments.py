"""Stores which users have which trigrams, for searches by a part of a text, after the commands that write the users."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic

from models.store.client import BsonDict, Store
from models.store.counters import Counters
from models.store.document import now
from models.store.driver_errors import translate_errors
from models.store.postings import SEGMENT, SEGMENT_INDEX, posting_row, trigrams
from models.store.totals import read_total
from models.turns import take_turns
from models.users import DELETED, LIVE

USERS = 4_000  # of a segment
CHUNK = 250
FASTEST = 4_000  # users more since the last look, some 5 s ago: more than can be indexed in that time
REST = 4  # times as long as a segment has taken: a fifth of one core at most, less on a busy machine
CHECK_AFTER = timedelta(days=1)
READ_UNTIL = timedelta(minutes=1)  # searches that began before have ended by then
LOCK = {"_id": "segments"}


class TextSegments:
    """Builds segments of users that have none: new ones, changed ones, and what workers of an earlier version write.

    A segment that has lost users, erased or changed, is dissolved within some days, so that nothing stays of their
    texts. While users come faster than they can be indexed, as in an import, it waits and leaves the processor to them.
    """

    def __init__(self, store: Store, users: int = USERS, rest: float = REST) -> None:
        self._store = store
        self._users, self._size, self._rest = store.collection("users"), users, rest
        self._total: int | None = None
        self._postings, self._segments = store.collection("postings"), store.collection("segments")

    async def run_once(self) -> bool:
        """Build a segment if enough users have none, else check one; return whether there may be more to build."""
        if await self._is_outpaced():
            return False
        began = monotonic()
        async with self._lock() as is_held:
            is_built = is_held and await self._build()
            if is_held and not is_built:
                with translate_errors():
                    await self._drop_dissolved()
                    await self._check_oldest()
        await asyncio.sleep((monotonic() - began) * self._rest if is_built else 0)
        return is_built

    async def _is_outpaced(self) -> bool:
        with translate_errors():
            total = await read_total(self._store, (LIVE, DELETED))
        before, self._total = self._total, total
        return before is not None and total - before >= FASTEST

    @asynccontextmanager
    async def _lock(self) -> AsyncIterator[bool]:
        locks = self._store.collection("locks")  # a worker that dies leaves it for an hour
        with translate_errors():
            written = await locks.update_one(LOCK, {"$setOnInsert": {"at": now()}}, upsert=True)
        if written.upserted_id is None:
            yield False
            return
        try:
            yield True
        finally:
            with translate_errors():
                await locks.delete_one(LOCK)

    async def _build(self) -> bool:
        rows = await self._find_rows()
        if len(rows) < self._size:
            return False
        with translate_errors():
            number = await Counters(self._store).reserve_id("segments")
            await self._segments.insert_one({"_id": number, "users": len(rows), "checked_at": now()})
        postings = [posting_row(trigram, number, ids) for trigram, ids in (await _collect_ids(rows)).items()]
        for start in range(0, len(postings), CHUNK):
            with translate_errors():
                await self._postings.insert_many(postings[start : start + CHUNK], ordered=False)
        for start in range(0, len(rows), CHUNK):
            await self._assign(rows[start : start + CHUNK], number)
        return True

    async def _assign(self, rows: Sequence[BsonDict], number: int) -> None:
        # a user that has been changed meanwhile comes again; one update of many costs MongoDB half of many updates
        same = [{"_id": row["_id"], "updated_at": row["updated_at"], SEGMENT: None} for row in rows]
        with translate_errors():
            await self._users.update_many({"$or": same}, {"$set": {SEGMENT: number}}, hint=[("_id", 1)])

    async def _find_rows(self) -> list[BsonDict]:
        where = {SEGMENT: None, "status": {"$in": [LIVE, DELETED]}}
        with translate_errors():
            found = self._users.find(where, {"folded": 1, "updated_at": 1}).hint(SEGMENT_INDEX).limit(self._size)
            rows: list[BsonDict] = await found.to_list(None)
        return rows

    async def _check_oldest(self) -> None:
        old = {"checked_at": {"$lt": now() - CHECK_AFTER}, "is_dissolved": None}
        found = await self._segments.find(old).sort([("checked_at", 1)]).limit(1).to_list(None)
        if not found:
            return
        (segment,) = found
        await self._segments.update_one({"_id": segment["_id"]}, {"$set": {"checked_at": now()}})
        users = {SEGMENT: segment["_id"]}
        if await self._users.count_documents(users, hint=SEGMENT_INDEX) < segment["users"]:
            await self._users.update_many(users, {"$unset": {SEGMENT: ""}}, hint=SEGMENT_INDEX)
            ended = {"$set": {"is_dissolved": True, "checked_at": now()}}
            await self._segments.update_one({"_id": segment["_id"]}, ended)

    async def _drop_dissolved(self) -> None:
        segment = await self._segments.find_one({"is_dissolved": True, "checked_at": {"$lt": now() - READ_UNTIL}})
        if segment:
            await self._postings.delete_many({SEGMENT: segment["_id"]})
            await self._segments.delete_one({"_id": segment["_id"]})


async def _collect_ids(rows: Sequence[BsonDict]) -> dict[int, list[int]]:
    collected: defaultdict[int, list[int]] = defaultdict(list)
    async for row in take_turns(rows):
        for trigram in trigrams(row["folded"]):
            collected[trigram].append(row["_id"])
    return collected
