"""Bridges on a real broker with a scripted worker, and HTTP clients of them and of the whole stack."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from bridge.app import create_app
from bridge.settings import Settings
from devstack.servers import RunningServers
from tests.support.loopback import http_client, serve
from tests.support.patience import PATIENCE
from tests.support.scripted_worker import GOOD, ScriptedWorker
from tests.support.stack import Stack, without_heartbeat


@dataclass
class RunningBridge:
    """A bridge on its own port, an HTTP client with a good token, and the worker behind it."""

    url: str
    client: httpx.AsyncClient
    worker: ScriptedWorker

    async def send_raw(self, request: bytes) -> bytes:
        """Send bytes as they are and read the whole answer (say Connection: close in them)."""
        host, port = self.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request)
        await writer.drain()
        async with asyncio.timeout(PATIENCE):
            answer = await reader.read()
        writer.close()
        return answer


@pytest.fixture(scope="session")
async def bridge_url(broker: RunningServers, scripted_worker: ScriptedWorker) -> AsyncIterator[str]:
    """The URL of a bridge that waits for as long as a slow machine takes."""
    async with run_bridge(without_heartbeat(broker.amqp_url), scripted_worker) as bridge:
        yield bridge.url


@pytest.fixture(scope="session")
async def impatient_bridge_url(broker: RunningServers, scripted_worker: ScriptedWorker) -> AsyncIterator[str]:
    """The URL of a bridge for workers that never answer."""
    async with run_bridge(without_heartbeat(broker.amqp_url), scripted_worker, bridge_timeout=0.2) as bridge:
        yield bridge.url


@pytest.fixture
async def bridge(bridge_url: str, worker: ScriptedWorker) -> AsyncIterator[RunningBridge]:
    """The bridge that all tests share: its caches of tokens and of health may be filled."""
    async with open_client(bridge_url, worker) as bridge:
        yield bridge


@pytest.fixture
async def impatient_bridge(impatient_bridge_url: str, worker: ScriptedWorker) -> AsyncIterator[RunningBridge]:
    """A shared bridge that waits 0.2 s for a worker."""
    async with open_client(impatient_bridge_url, worker) as bridge:
        yield bridge


@pytest.fixture
async def fresh_bridge(broker: RunningServers, worker: ScriptedWorker) -> AsyncIterator[RunningBridge]:
    """A bridge for one test, with empty caches."""
    async with run_bridge(broker.amqp_url, worker) as bridge:
        yield bridge


@pytest.fixture
async def http(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole stack with a service token."""
    headers = {"Authorization": f"Bearer {stack.token}"}
    async with http_client(stack.url, headers=headers) as client:
        yield client


@pytest.fixture
async def visitor(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    """A browser: no token, cookies are kept."""
    async with http_client(stack.url) as client:
        yield client


@asynccontextmanager
async def run_bridge(amqp_url: str, worker: ScriptedWorker, **settings: Any) -> AsyncIterator[RunningBridge]:
    """Serve a bridge over HTTP while the block runs; `settings` are the bridge's."""
    app = create_app(Settings(amqp_url=amqp_url, **{"bridge_timeout": PATIENCE, **settings}))
    async with serve(app, lifespan="on") as url, open_client(url, worker) as bridge:
        yield bridge


@asynccontextmanager
async def open_client(url: str, worker: ScriptedWorker) -> AsyncIterator[RunningBridge]:
    """Open a client of its own for a running bridge."""
    async with http_client(url, headers={"Authorization": f"Bearer {GOOD}"}) as client:
        yield RunningBridge(url, client, worker)
