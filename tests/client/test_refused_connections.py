"""What is told where the broker lets the user in, but not to the virtual host."""

from urllib.parse import urlsplit

import pytest
from aiormq.exceptions import ProbableAuthenticationError

from client.broker import connect_broker
from client.bus import Bus
from client.errors import Unavailable
from contracts.refused_connections import ConnectionRefused
from contracts.user_queries import GetUser
from devstack.servers import RunningServers
from worker.bus.broker_connection import connect_once, connect_robust

TOLD = "refuses the virtual host no where: it does not exist, this user may not use it, or"


@pytest.fixture
def url(running: RunningServers) -> str:
    return f"{running.amqp_url.rstrip('/')}/no%20where"


async def test_clients_are_told(url: str) -> None:
    with pytest.raises(ConnectionRefused, match=TOLD):
        await connect_broker(url)
    async with Bus(url, app_id="tests") as bus:
        assert TOLD in str(bus.failure)
        with pytest.raises(Unavailable, match=TOLD):
            await bus.ask(GetUser(id=1), timeout=0.5)


async def test_workers_are_told(url: str) -> None:
    with pytest.raises(ConnectionRefused, match=TOLD):
        await connect_once(url)
    with pytest.raises(ConnectionRefused, match=TOLD):
        await connect_robust(url, "tests")


async def test_what_else_fails_stays_as_it_is(running: RunningServers) -> None:
    with pytest.raises(ProbableAuthenticationError):
        await connect_broker(f"amqp://nobody:x@{urlsplit(running.amqp_url).netloc.rpartition('@')[2]}")
