"""What trouble a unit of work is run again after."""

import asyncio

import pytest
from pymongo.errors import ConfigurationError, NotPrimaryError, OperationFailure, PyMongoError, WriteConcernError

from models.attempt import attempt
from models.journal import Caller
from models.unit import Shared, Unit

INTERRUPTED = WriteConcernError("operation was interrupted", 11602, {"codeName": "InterruptedDueToReplStateChange"})

# what PyMongo says on a connection that it made while the member was changing its state
GREETED_EARLY = ConfigurationError("Sessions are not supported by this MongoDB deployment")


@pytest.mark.parametrize("trouble", [INTERRUPTED, NotPrimaryError("not primary"), GREETED_EARLY])
async def test_a_write_in_doubt_is_made_again(shared: Shared, caller: Caller, trouble: PyMongoError) -> None:
    """A primary that steps down ends what waits for the majority: the write may stand or fall."""
    troubles = [trouble]

    async def work(unit: Unit) -> str:
        if troubles:
            raise troubles.pop()
        return "done"

    assert await attempt(shared, caller, work, asyncio.get_running_loop().time() + 5) == "done"


async def test_what_the_server_refuses_is_not_made_again(shared: Shared, caller: Caller) -> None:
    async def work(unit: Unit) -> str:
        raise OperationFailure("no such command", 59)

    with pytest.raises(OperationFailure):
        await attempt(shared, caller, work, asyncio.get_running_loop().time() + 5)
