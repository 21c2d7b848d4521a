"""Sequential ids without a hot counter: a process reserves blocks and hands them out one by one."""

import asyncio
from collections import deque

from pymongo import ReturnDocument

from models.store import Store

BLOCKS = {"users": 100, "sessions": 100}


class Counters:
    """Hands out ids, each once, rising within a process; what a stopped process had left is given back."""

    def __init__(self, store: Store) -> None:
        self._rows = store.collection("counters")
        self._free: dict[str, deque[int]] = {}
        self._lock = asyncio.Lock()

    async def next(self, noun: str) -> int:
        """The next id of a noun (a collection's name)."""
        async with self._lock:
            free = self._free.setdefault(noun, deque())
            if not free:
                free.extend(await self._reserve(noun, BLOCKS.get(noun, 1)))
            return free.popleft()

    async def many(self, noun: str, count: int) -> range:
        """As many ids, one after another, as are needed at once."""
        return await self._reserve(noun, count) if count else range(0)

    async def pass_over(self, noun: str, taken: int) -> None:
        """Never hand out `taken` or anything below it, outside the blocks that other processes have reserved."""
        free = self._free.get(noun, deque())
        while free and free[0] <= taken:
            free.popleft()
        await self._rows.update_one({"_id": noun}, {"$max": {"last": taken}}, upsert=True)

    async def give_back(self) -> None:
        """Return unused ids where nobody has reserved behind them, so that a clean restart leaves no gap."""
        for noun, free in self._free.items():
            if free:
                await self._rows.update_one({"_id": noun, "last": free[-1]}, {"$set": {"last": free[0] - 1}})
                free.clear()

    async def _reserve(self, noun: str, size: int) -> range:
        row = await self._rows.find_one_and_update(
            {"_id": noun}, {"$inc": {"last": size}}, upsert=True, return_document=ReturnDocument.AFTER
        )
        return range(row["last"] - size + 1, row["last"] + 1)
