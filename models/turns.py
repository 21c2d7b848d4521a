"""Long loops that let other tasks run."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

LENGTH = 25  # items of a turn: a millisecond for users
T = TypeVar("T")


async def take_turns(items: Iterable[T]) -> AsyncIterator[T]:
    """Yield the items; after every 25 of them other tasks get their turn."""
    for number, item in enumerate(items, 1):
        yield item
        if number % LENGTH == 0:
            await asyncio.sleep(0)
