"""Sequential ids, reserved in blocks so that processes do not contend for one counter."""

import asyncio
from collections import deque

from pymongo import ReturnDocument

from models.store.client import Store

LAST_ID = 2**31 - 1
BLOCKS = {"users": 100, "sessions": 100}


class Counters:
    """Hand out ids, each once and ascending within a process; `release` returns unused ones."""

    def __init__(self, store: Store) -> None:
        self._rows = store.collection("counters")
        self._free: dict[str, deque[int]] = {}
        self._lock = asyncio.Lock()

    async def reserve_id(self, noun: str) -> int:
        """Reserve the next id of a noun, which is the name of its collection."""
        free = self._free.setdefault(noun, deque())
        if free:
            return free.popleft()
        async with self._lock:
            if not free:
                free.extend(await self._reserve(noun, BLOCKS.get(noun, 1)))
            return free.popleft()

    async def reserve_ids(self, noun: str, count: int) -> range:
        """Reserve `count` consecutive ids."""
        return await self._reserve(noun, count) if count else range(0)

    async def skip_to(self, noun: str, *ids: int) -> None:
        """Hand out only ids above these from now on; other processes first use up the blocks that they have reserved.

        Ids of more than 31 bits, which the counter will never reach, change nothing.
        """
        last = max((id for id in ids if id <= LAST_ID), default=0)
        free = self._free.get(noun, deque())
        while free and free[0] <= last:
            free.popleft()
        if last:
            await self._rows.update_one({"_id": noun}, {"$max": {"last": last}}, upsert=True)

    async def release(self) -> None:
        """Return unused ids, unless a later block has been reserved, so that a clean restart leaves no gap."""
        for noun, free in self._free.items():
            if free:
                await self._rows.update_one({"_id": noun, "last": free[-1]}, {"$set": {"last": free[0] - 1}})
                free.clear()

    async def _reserve(self, noun: str, size: int) -> range:
        row = await self._rows.find_one_and_update(
            {"_id": noun}, {"$inc": {"last": size}}, upsert=True, return_document=ReturnDocument.AFTER
        )
        return range(row["last"] - size + 1, row["last"] + 1)
