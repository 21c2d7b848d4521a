"""Ending a task that may swallow a cancellation, as a driver does that is connecting."""

import asyncio
from contextlib import suppress
from typing import Any

AGAIN_SECONDS = 0.5


async def cancel(task: asyncio.Task[Any]) -> None:
    """Cancel a task until it has ended, again every half second."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=AGAIN_SECONDS)
    if not task.cancelled():
        task.exception()  # retrieved, so that asyncio does not report it as lost


async def wait_ended(task: asyncio.Task[Any]) -> None:
    """Wait until a task has ended, whatever its outcome; a cancellation ends the task first, and then goes on."""
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        while True:
            with suppress(asyncio.CancelledError):  # whoever waits for us cancels again, too
                await cancel(task)
                break
        raise
