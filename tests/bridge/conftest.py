"""A real broker for the session, a scripted worker and a served bridge for each test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
import uvicorn

from bridge.app import create_app
from bridge.settings import Settings
from devstack.servers import RunningServers, servers
from tests.bridge.responder import GOOD, Responder, responding
from tests.stack import Stack, listening


@dataclass
class Served:
    """A bridge on its own port, an HTTP client with a good token, and the worker behind it."""

    url: str
    client: httpx.AsyncClient
    worker: Responder

    async def raw(self, request: bytes) -> bytes:
        """Send bytes as they are and read the whole answer (say Connection: close in them)."""
        host, port = self.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request)
        await writer.drain()
        async with asyncio.timeout(10):
            answer = await reader.read()
        writer.close()
        return answer


@pytest.fixture(scope="session")
def broker() -> Iterator[RunningServers]:
    """RabbitMQ (and MongoDB) for all tests of the bridge."""
    with TemporaryDirectory() as home, servers(Path(home)) as running:
        yield running


@pytest.fixture
async def worker(broker: RunningServers) -> AsyncIterator[Responder]:
    """A worker with a script."""
    async with responding(broker.amqp_url) as responder:
        yield responder


@pytest.fixture
async def served(broker: RunningServers, worker: Responder) -> AsyncIterator[Served]:
    """A bridge with a timeout of 2 s and a token cache of 5 s."""
    async with serving(broker.amqp_url, worker) as served:
        yield served


@pytest.fixture
async def http(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole stack, with its token."""
    headers = {"Authorization": f"Bearer {stack.token}"}
    async with httpx.AsyncClient(base_url=stack.url, headers=headers, timeout=30) as client:
        yield client


@pytest.fixture
async def visitor(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with a browser: no token, cookies are kept."""
    async with httpx.AsyncClient(base_url=stack.url, timeout=30) as client:
        yield client


@asynccontextmanager
async def serving(amqp_url: str, worker: Responder, **settings: Any) -> AsyncIterator[Served]:
    """Serve the bridge over HTTP while the block runs."""
    listener = listening()
    app = create_app(Settings(amqp_url=amqp_url, **{"bridge_timeout": 2.0, **settings}))
    config = uvicorn.Config(app, http="httptools", lifespan="on", access_log=False, log_config=None)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    headers = {"Authorization": f"Bearer {GOOD}"}
    try:
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=15) as client:
            yield Served(url, client, worker)
    finally:
        server.should_exit = True
        await task
