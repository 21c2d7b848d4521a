"""Running work in a transaction, and again after a write conflict or a lost connection."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from time import monotonic
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

from models.errors.base import StoreBusy, StoreUnavailable, TooLarge, TryAgain
from models.store.group_commit import GroupAborted
from models.store.journal import CommandContext
from models.store.scope import NotGroupable
from models.store.time_limit import end_of_operations
from models.unit_of_work import Dependencies, UnitOfWork

TOO_LARGE = frozenset({10334, 17419, 17420})  # the server's codes for a document beyond 16 MB
# ConfigurationError: the connection was made while a member changed its state, and never supports sessions
IN_DOUBT = (ConfigurationError, ConnectionFailure, ExecutionTimeout, WaitQueueTimeoutError, WriteConcernError)
# the server's codes for operations that it ended, itself or with their transaction; the driver knows another, 50
OUT_OF_TIME = frozenset({262, 290})
NOT_IN_TIME = "the database did not take the change in time: try again with the same message_id"
LONGEST_RETRY_DELAY = 0.5  # seconds
T = TypeVar("T")


async def with_transaction(
    dependencies: Dependencies,
    context: CommandContext | None,
    work: Callable[[UnitOfWork], Awaitable[T]],
    until: float,
    grouped: bool = False,
) -> T:
    """Run `work` on a new unit, and again after a conflict or an outcome in doubt, until the loop time `until`.

    A `grouped` command is first committed together with others, and by itself if that fails.

    Raises `StoreUnavailable` when the time is up or the database is known to be down, because of `StoreBusy` where the
    same primary was there all the time and says that the time did not suffice; `TooLarge` for a document beyond
    MongoDB's limit of 16 MB, and whatever else `work` raises.
    """
    results: dict[Any, Any] = {}
    attempt, began = 0, asyncio.get_running_loop().time()
    while True:
        attempt += 1
        try:
            async with UnitOfWork(dependencies, context, results, grouped) as unit:
                return await work(unit)
        except (TryAgain, NotGroupable, GroupAborted, DocumentTooLarge, PyMongoError) as error:
            delay, grouped = _retry_delay(error, attempt), False
            if _is_over(dependencies, until - delay):
                raise StoreUnavailable(NOT_IN_TIME) from _cause(error, dependencies, began)
        await asyncio.sleep(delay)


def _is_over(dependencies: Dependencies, until: float) -> bool:
    is_late = asyncio.get_running_loop().time() >= until or monotonic() >= end_of_operations()
    return is_late or dependencies.store.availability.is_down


def _cause(error: Exception, dependencies: Dependencies, began: float) -> StoreBusy | None:
    # a primary that answers checks and lets operations run out of time is busy, unless members were electing meanwhile
    if not isinstance(error, PyMongoError) or not _is_timeout(error) or _waits_for_members(error):
        return None
    return StoreBusy() if dependencies.store.availability.is_steady_since(began) else None


def _waits_for_members(error: PyMongoError) -> bool:
    """Whether the primary itself was done, and a majority of the members did not confirm it in time."""
    return isinstance(error, WriteConcernError) or error.has_error_label("UnknownTransactionCommitResult")


def _is_timeout(error: PyMongoError) -> bool:
    return error.timeout or (isinstance(error, OperationFailure) and error.code in OUT_OF_TIME)


def _retry_delay(error: Exception, attempt: int) -> float:
    if isinstance(error, (NotGroupable, GroupAborted)):
        return 0.0
    if isinstance(error, DocumentTooLarge):
        raise TooLarge from error
    if isinstance(error, PyMongoError):
        return _driver_retry_delay(error, attempt)
    return random.uniform(0.001, 0.004)  # the other command's write is visible once it is on disk


def _driver_retry_delay(error: PyMongoError, attempt: int) -> float:
    if error.has_error_label("TransientTransactionError") and not isinstance(error, ConnectionFailure):
        return random.uniform(0.001, 0.004 * min(attempt, 16))
    if isinstance(error, IN_DOUBT) or _is_timeout(error):
        return random.uniform(0.05, min(0.1 * attempt, LONGEST_RETRY_DELAY))
    if error.has_error_label("UnknownTransactionCommitResult"):
        return 0.01
    if isinstance(error, OperationFailure) and error.code in TOO_LARGE:
        raise TooLarge from error
    raise error
