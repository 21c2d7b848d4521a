"""How many large bodies may arrive at once: what strangers have half sent is kept in memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

SMALL = 65_536  # bytes that any body may have


class LargeBodies:
    """Places for bodies that are larger than `SMALL`, from then until they have arrived: in all, and of one address.

    Who has none waits, and the bytes wait with the sender.
    """

    def __init__(self, total: int = 64, per_address: int = 8) -> None:
        self._all = asyncio.Semaphore(total)
        self._per_address = per_address
        self._own: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def place(self, address: str) -> AsyncIterator[None]:
        """Hold a place until the block ends."""
        own = self._own.setdefault(address, asyncio.Semaphore(self._per_address))
        async with own, self._all:
            yield
