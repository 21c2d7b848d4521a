"""Servers of their own for the tests that break things, and real worker processes."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import pytest
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError

from devstack.programs import ChildProgram
from devstack.servers import RunningServers, servers
from models.store.client import Store
from tests.support.client import Client
from tests.support.faults.programs import start_module
from tests.support.faults.table import Table
from tests.support.forked_programs import ForkedProgram
from tests.support.patience import PATIENCE
from tests.support.stack import SECRET
from tests.support.stores import open_store


@pytest.fixture(scope="package")
def breakable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServers]:
    """RabbitMQ and MongoDB that a test may kill."""
    with servers(tmp_path_factory.mktemp("breakable")) as up:
        yield up


@pytest.fixture
def table(record_property: Callable[[str, object], None]) -> Table:
    """Where the cases tell what they counted."""
    return Table(record_property)


class Program:
    """A worker process and what it says."""

    def __init__(self, child: ChildProgram | ForkedProgram, log: Path) -> None:
        self.kill = child.kill
        self.stop = child.stop
        self._child = child
        self._log = log

    @property
    def exit_code(self) -> int | None:
        return self._child.exit_code

    @property
    def pid(self) -> int:
        return self._child.pid

    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    async def says(self, words: str, times: int = 1, seconds: float = PATIENCE) -> None:
        """Wait until the log holds these words, so many times."""
        async with asyncio.timeout(seconds):
            while self.log().count(words) < times:
                await asyncio.sleep(0.1)

    async def stopped(self) -> int:
        """Its status after SIGTERM."""
        return await asyncio.to_thread(self._child.stop, PATIENCE)


Spawn = Callable[[], Program]


class SpawnWith(Protocol):
    """Starts a worker, or another program in its place, with settings of its own."""

    def __call__(self, module: str = "worker", **settings: str) -> Program: ...


@pytest.fixture
def worker_with(breakable: RunningServers, tmp_path: Path) -> Iterator[SpawnWith]:
    """Start a worker process with settings of its own; all of them end with the test."""
    started: list[Program] = []

    def start(module: str = "worker", **settings: str) -> Program:
        env = {
            **os.environ,
            "USERBUS_AMQP_URL": breakable.amqp_url,
            "USERBUS_MONGO_URL": breakable.mongo_url,
            "USERBUS_SECRET_KEY": SECRET,
            **settings,
        }
        log = tmp_path / f"worker-{len(started)}.log"
        started.append(Program(start_module(module, env, log), log))
        return started[-1]

    yield start
    for program in started:
        program.stop(PATIENCE)


@pytest.fixture
def worker(worker_with: SpawnWith) -> Spawn:
    """Start a worker process; all of them end with the test."""
    return worker_with


@pytest.fixture
async def caller(breakable: RunningServers) -> AsyncIterator[Client]:
    """A plain AMQP client on the breakable servers."""
    async with Client(breakable.amqp_url) as up:
        yield up


@pytest.fixture
async def store(breakable: RunningServers) -> AsyncIterator[Store]:
    """The database, to look at from outside."""
    async with open_store(breakable.mongo_url) as up:
        yield up


async def wait_served(caller: Client, seconds: float = PATIENCE) -> None:
    """Wait until a worker answers."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                await caller.call("user.get", {"username": uuid4().hex}, seconds=1.0)
                return
            except (TimeoutError, AMQPError, ChannelInvalidStateError):  # no worker yet, or no exchange yet
                await asyncio.sleep(0.1)
                if caller.channel.is_closed:
                    with suppress(AMQPError):  # no broker yet
                        await caller.open_channel()
