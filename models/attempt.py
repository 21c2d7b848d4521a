"""Running a unit of work until it is through: again after write conflicts and lost connections."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    DocumentTooLarge,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WaitQueueTimeoutError,
    WriteConcernError,
)

from models.errors.base import StoreUnavailable, TooLarge, TryAgain
from models.journal import Caller
from models.unit import Shared, Unit

TOO_LARGE = frozenset({10334, 17419, 17420})  # the server's codes for a document beyond 16 MB: made, updated, replaced
# the first: a connection made while a member changes its state counts as one without sessions, and is given up
IN_DOUBT = (ConfigurationError, ConnectionFailure, ExecutionTimeout, WaitQueueTimeoutError, WriteConcernError)
T = TypeVar("T")


async def attempt(shared: Shared, caller: Caller | None, work: Callable[[Unit], Awaitable[T]], until: float) -> T:
    """Run `work` on a fresh unit, again after a write conflict or one in doubt, until the loop time `until`.

    Raises `StoreUnavailable` when the time is up or the database is known to be down, `TooLarge` where a document would
    exceed MongoDB's limit; whatever else `work` raises goes through.
    """
    kept: dict[Any, Any] = {}
    for tries in range(1, 1_000_000):
        try:
            async with Unit(shared, caller, kept) as unit:
                return await work(unit)
        except TryAgain:
            pause = random.uniform(0.001, 0.004)  # what was faster shows once it is on disk
        except DocumentTooLarge as error:
            raise TooLarge from error
        except PyMongoError as error:
            pause = _pause(error, tries)
        if shared.store.watch.down or asyncio.get_running_loop().time() + pause >= until:
            break
        await asyncio.sleep(pause)
    raise StoreUnavailable("the database did not take the change in time: try again with the same message_id")


def _pause(error: PyMongoError, tries: int) -> float:
    if error.has_error_label("TransientTransactionError") and not isinstance(error, ConnectionFailure):
        return random.uniform(0.001, 0.004 * min(tries, 16))  # jitter against lockstep, not a secret
    if isinstance(error, IN_DOUBT) or error.timeout:
        return random.uniform(0.05, 0.1 * min(tries, 5))
    if error.has_error_label("UnknownTransactionCommitResult"):
        return 0.01
    if isinstance(error, OperationFailure) and error.code in TOO_LARGE:
        raise TooLarge from error
    raise error
