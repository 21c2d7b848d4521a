"""Make PyMongo's waits safe to cancel on Python 3.11."""

import asyncio
import sys
from collections.abc import Awaitable
from typing import TypeVar

from pymongo import lock

T = TypeVar("T")


def make_waits_cancellable() -> None:
    """Make PyMongo wait for its conditions in the task that called it, as Python does from 3.12 on.

    `asyncio.wait_for` of 3.11 waits in a task of its own. An operation that is cancelled while that task takes the
    lock back leaves it locked for ever, and with it the topology or the pool of the whole process.
    """
    if sys.version_info < (3, 12):
        vars(lock)["wait_for"] = _wait_in_task_of_caller  # the driver has no setting for it


async def _wait_in_task_of_caller(waiting: Awaitable[T], timeout: float | None) -> T:
    async with asyncio.timeout(timeout):
        return await waiting
