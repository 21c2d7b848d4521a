"""What trouble a unit of work is run again after."""

import asyncio

import pytest
from pymongo.errors import (
    ConfigurationError,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
    WTimeoutError,
)

from models.errors.base import StoreBusy, StoreUnavailable
from models.store.journal import CommandContext
from models.transaction import with_transaction
from models.unit_of_work import Dependencies, UnitOfWork
from tests.support.patience import PATIENCE

INTERRUPTED = WriteConcernError("operation was interrupted", 11602, {"codeName": "InterruptedDueToReplStateChange"})

# what PyMongo says on a connection that it made while the member was changing its state
GREETED_EARLY = ConfigurationError("Sessions are not supported by this MongoDB deployment")

# of an operation that runs while the server ends its transaction; later ones have the label of transient errors
LIVED_TOO_LONG = OperationFailure("operation was interrupted because the transaction exceeded the limit", 290)


@pytest.mark.parametrize("trouble", [LIVED_TOO_LONG, INTERRUPTED, NotPrimaryError("not primary"), GREETED_EARLY])
async def test_a_write_in_doubt_is_retried(
    dependencies: Dependencies, context: CommandContext, trouble: PyMongoError
) -> None:
    """A primary that steps down ends what waits for the majority: the write may stand or fall."""
    troubles = [trouble]

    async def work(unit: UnitOfWork) -> str:
        if troubles:
            raise troubles.pop()
        return "done"

    assert await with_transaction(dependencies, context, work, asyncio.get_running_loop().time() + PATIENCE) == "done"


async def test_a_refused_write_is_not_retried(dependencies: Dependencies, context: CommandContext) -> None:
    async def work(unit: UnitOfWork) -> str:
        raise OperationFailure("no such command", 59)

    with pytest.raises(OperationFailure):
        await with_transaction(dependencies, context, work, asyncio.get_running_loop().time() + PATIENCE)


async def test_a_transaction_that_always_lives_too_long_is_told_as_a_busy_database(
    dependencies: Dependencies, context: CommandContext
) -> None:
    async def work(unit: UnitOfWork) -> str:
        raise LIVED_TOO_LONG

    await dependencies.store.check_availability()
    with pytest.raises(StoreUnavailable) as caught:
        await with_transaction(dependencies, context, work, asyncio.get_running_loop().time() + 0.3)
    assert isinstance(caught.value.__cause__, StoreBusy)


async def test_a_command_that_an_election_has_held_up_is_not_told_of_a_busy_database(
    dependencies: Dependencies, context: CommandContext
) -> None:
    """Where members agree on a primary again, but are not yet in step, to slow down would not help its sender."""
    availability, loop = dependencies.store.availability, asyncio.get_running_loop()

    async def work(unit: UnitOfWork) -> str:
        availability.record("electing", loop.time(), loop.time())
        availability.record("primary", loop.time(), loop.time())
        raise LIVED_TOO_LONG

    with pytest.raises(StoreUnavailable) as caught:
        await with_transaction(dependencies, context, work, loop.time() + 0.3)
    assert caught.value.__cause__ is None


async def test_members_that_do_not_confirm_a_change_in_time_are_not_a_busy_database(
    dependencies: Dependencies, context: CommandContext
) -> None:
    async def work(unit: UnitOfWork) -> str:
        raise WTimeoutError("waiting for replication timed out", 64)

    await dependencies.store.check_availability()
    with pytest.raises(StoreUnavailable) as caught:
        await with_transaction(dependencies, context, work, asyncio.get_running_loop().time() + 0.3)
    assert caught.value.__cause__ is None
