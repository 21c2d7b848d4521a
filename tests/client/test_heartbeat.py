"""The client's connection detects a dead broker as soon as its URL says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aio_pika.abc import AbstractChannel

from client.connection import Connection
from devstack.servers import RunningServers


@pytest.mark.parametrize(("options", "seconds"), [("", 15), ("?heartbeat=5", 5), ("?heartbeat=0", 0)])
async def test_the_heartbeat_of_a_url_is_kept(running: RunningServers, options: str, seconds: int) -> None:
    agreed: list[int] = []

    @asynccontextmanager
    async def session(channel: AbstractChannel) -> AsyncIterator[None]:
        agreed.append((await channel.get_underlay_channel()).connection.connection_tune.heartbeat)
        yield

    connection = Connection(f"{running.amqp_url}{options}", "test", session)
    await connection.open()
    await connection.close()
    assert agreed == [seconds]
