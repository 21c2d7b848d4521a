"""Work that goes on beside the requests: begun with the worker, begun again after a fault, ended with the worker."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import structlog

PAUSE_SECONDS = 1.0
log = structlog.get_logger()
Run = Callable[[], Awaitable[None]]


def told_to_stop() -> bool:
    """Whether somebody cancelled this task; a lost connection may look the same (aiormq)."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def keep_running(stack: AsyncExitStack, *runs: Run) -> None:
    """Run each until the stack ends; one that fails is logged and begins anew a second later."""
    for run in runs:
        stack.push_async_callback(_cancelled, asyncio.create_task(_again(run)))


async def _again(run: Run) -> None:
    while True:
        try:
            return await run()
        except (Exception, asyncio.CancelledError) as error:  # events must go on leaving whatever one of them has met
            if isinstance(error, asyncio.CancelledError) and told_to_stop():
                raise
            log.error("background work failed", work=repr(run), exc_info=error)
        await asyncio.sleep(PAUSE_SECONDS)


async def _cancelled(task: "asyncio.Task[None]") -> None:
    while not task.done():  # a driver that is just connecting may swallow the first
        task.cancel()
        await asyncio.wait({task}, timeout=0.5)
