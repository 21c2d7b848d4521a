"""Long loops that let other tasks run."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

# Items of a turn: a tenth of a millisecond for users. A small command waits for a turn at each of its steps on the
# event loop. With 25 items an import costs the worker 5 % less, and holds up what comes beside it four times as long.
LENGTH = 3
T = TypeVar("T")


async def take_turns(items: Iterable[T]) -> AsyncIterator[T]:
    """Yield the items; after every three of them other tasks get their turn."""
    for number, item in enumerate(items, 1):
        yield item
        if number % LENGTH == 0:
            await asyncio.sleep(0)
