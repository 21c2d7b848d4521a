"""The end of a worker that does not stop by itself."""

import asyncio
import os
import threading
from typing import Any

import structlog

CLOSING_SECONDS = 10.0  # for what is closed after the draining: replies, connections, the relay's lease
EXIT_STATUS = 1
log = structlog.get_logger()


def schedule_forced_exit(loop: asyncio.AbstractEventLoop, drain_seconds: float) -> None:
    """End the process with status 1, `drain_seconds` and 10 s from now, if it is still there.

    A thread does it, since the event loop may be what stands still. What is in flight is delivered again. The log names
    the tasks that were cancelled and go on, `uncancelled`.
    """
    timer = threading.Timer(drain_seconds + CLOSING_SECONDS, _exit_now, [loop])
    timer.daemon = True
    timer.start()


def _exit_now(loop: asyncio.AbstractEventLoop) -> None:
    try:
        uncancelled = sorted(_describe(task) for task in asyncio.all_tasks(loop) if task.cancelling())
        log.error("worker does not stop: it is ended", status=EXIT_STATUS, uncancelled=uncancelled)
    finally:
        os._exit(EXIT_STATUS)


def _describe(task: asyncio.Task[Any]) -> str:
    """Name the functions that a task is in, the outermost first."""
    names = []
    awaiting: Any = task.get_coro()
    while name := getattr(awaiting, "__qualname__", None):
        names.append(name)
        awaiting = getattr(awaiting, "cr_await", None)
    return " > ".join(names)
