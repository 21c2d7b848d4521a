"""A connection that is closed while it connects ends, also where the driver swallows a cancellation."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from aio_pika.abc import AbstractChannel, AbstractConnection

from client.connection import Connection
from tests.support.patience import PATIENCE


@asynccontextmanager
async def session(_: AbstractChannel) -> AsyncIterator[None]:
    yield


class Swallowing(Connection):
    """Connects for ever and swallows some cancellations, as aio-pika does one that comes as a handshake ends."""

    def __init__(self, swallowed: int) -> None:
        super().__init__("amqp://127.0.0.1:1", "test", session)
        self.began = asyncio.Event()
        self._swallowed = swallowed

    async def _connect(self) -> AbstractConnection:
        self.began.set()
        for _ in range(self._swallowed):
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        never: asyncio.Future[AbstractConnection] = asyncio.get_running_loop().create_future()
        return await never


@pytest.mark.parametrize("swallowed", [0, 1, 2])
async def test_a_connection_that_is_closed_while_it_connects_ends(swallowed: int) -> None:
    connection = Swallowing(swallowed)
    opening = asyncio.create_task(connection.open())
    await connection.began.wait()
    async with asyncio.timeout(PATIENCE):
        await connection.close()
        await opening
    assert connection.state == "closed"
