"""A timeout that does not count the time in which the event loop itself stood still."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

SLICE_SECONDS = 0.05
T = TypeVar("T")


class LagAwareTimeout:
    """Bound waits by the time in which the event loop was awake: while it stood still it could read no answer.

    Waits in slices of 50 ms; one that lasted more than twice as long is lag, and does not count. Several waits use up
    the same `seconds`.
    """

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._lagged = False

    @property
    def is_conclusive(self) -> bool:
        """Whether silence means that nothing was sent: the loop never lagged, or was awake for all of the time."""
        return not self._lagged or self._left <= 0

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what the work returns. Cancels it and raises TimeoutError when the time is up."""
        task = asyncio.create_task(work)
        try:
            while not task.done() and self._left > 0:
                await self._wait_slice(task)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if task.cancelled():
            raise TimeoutError
        return task.result()

    async def _wait_slice(self, task: asyncio.Task[Any]) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.wait({task}, timeout=min(self._left, SLICE_SECONDS))
        seconds = loop.time() - began
        if seconds > 2 * SLICE_SECONDS:
            self._lagged = True
        else:
            self._left -= seconds
