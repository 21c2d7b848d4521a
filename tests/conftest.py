"""Real servers for the whole session, and a worker and a bridge on them."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from devstack.servers import RunningServers, servers
from tests.client import Client
from tests.stack import Stack, running_stack


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with servers of their own go last: some hold the event loop up for longer than a heartbeat lasts."""
    own = ("devstack", "faults")
    items.sort(key=lambda item: item.path.relative_to(Path(__file__).parent).parts[0] in own)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServers]:
    """RabbitMQ and MongoDB for this session."""
    home: Path = tmp_path_factory.mktemp("servers")
    with servers(home) as up:
        yield up


@pytest.fixture(scope="session")
async def stack(running: RunningServers) -> AsyncIterator[Stack]:
    """A worker and a bridge in this process, on real servers, and a token that opens every dialect."""
    async with running_stack(running) as up:
        yield up


@pytest.fixture(scope="session")
async def client(stack: Stack) -> AsyncIterator[Client]:
    """A plain AMQP client, as any other service would write one."""
    async with contextlib.AsyncExitStack() as exits:
        yield await exits.enter_async_context(Client(stack.amqp_url))
