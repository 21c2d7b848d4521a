"""Background work: started with the worker, restarted after a failure, ended with the worker."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import structlog

from contracts.cancellation import cancel, wait_ended

PAUSE_SECONDS = 1.0
log = structlog.get_logger()
T = TypeVar("T")
Work = Coroutine[Any, Any, T]


class ConnectionLost(ConnectionError):
    """The work ended as if it had been cancelled, which is how aiormq ends a handshake whose connection is reset."""


async def run_in_task(work: Work[T]) -> T:
    """Run `work` in a task of its own and return its result.

    A `CancelledError` raised here therefore always comes from outside. Work that ends as if cancelled, without having
    been, raises `ConnectionLost`.
    """
    task = asyncio.create_task(work)
    await wait_ended(task)
    if task.cancelled():
        raise ConnectionLost("the connection was lost during its handshake")
    return task.result()


def keep_running(stack: AsyncExitStack, *starts: Callable[[], Work[None]]) -> None:
    """Run each in the background until the stack ends; one that fails is logged and started again a second later."""
    for start in starts:
        stack.push_async_callback(cancel, asyncio.create_task(_run_forever(start)))


async def _run_forever(start: Callable[[], Work[None]]) -> None:
    while True:
        try:
            return await run_in_task(start())
        except Exception as error:  # one failure must not keep events from being sent for good
            log.error("background work failed", work=repr(start), exc_info=error)
        await asyncio.sleep(PAUSE_SECONDS)
