"""Servers of their own for the tests that break things, and real worker processes."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import pytest
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError

from devstack.programs import ChildProgram, spawn
from devstack.servers import RunningServers, servers
from models.store import Store
from tests.client import Client
from tests.stack import SECRET


@pytest.fixture(scope="package")
def breakable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServers]:
    """RabbitMQ and MongoDB that a test may kill."""
    with servers(tmp_path_factory.mktemp("breakable")) as up:
        yield up


FULL = bool(os.environ.get("FAULTS_FULL"))


class Row(Protocol):
    """What a case counts."""

    @property
    def flaws(self) -> dict[str, int]: ...


@dataclass
class Table:
    """What the cases counted, printed when all of them are done."""

    rows: dict[str, Row] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, case: str, row: Row) -> None:
        self.rows[case] = row

    def lines(self) -> list[str]:
        """A line a case, under a line of headings; then what else was measured."""
        if not self.rows:
            return self.notes
        cells = [["case", *(name for name in vars(next(iter(self.rows.values()))))]]
        cells += [[case, *map(str, vars(row).values())] for case, row in self.rows.items()]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]
        return [*lines, *self.notes]


TABLE = pytest.StashKey[Table]()


@pytest.fixture
def table(request: pytest.FixtureRequest) -> Table:
    """Where the cases tell what they counted."""
    return request.config.stash.setdefault(TABLE, Table())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table at the end."""
    made = config.stash.get(TABLE, None)
    if made is not None and (made.rows or made.notes):
        terminalreporter.section("faults")
        for line in made.lines():
            terminalreporter.write_line(line)


class Program:
    """A worker process and what it says."""

    def __init__(self, child: ChildProgram) -> None:
        self.kill = child.kill
        self.stop = child.stop
        self._child = child

    @property
    def exit_code(self) -> int | None:
        return self._child.exit_code

    @property
    def pid(self) -> int:
        return self._child.pid

    def log(self) -> str:
        return self._child.log.read_text(errors="replace") if self._child.log.exists() else ""

    async def says(self, words: str, times: int = 1, seconds: float = 60.0) -> None:
        """Wait until the log holds these words, so many times."""
        async with asyncio.timeout(seconds):
            while self.log().count(words) < times:
                await asyncio.sleep(0.1)

    async def stopped(self) -> int:
        """Its status after SIGTERM; SIGKILL after 20 s."""
        return await asyncio.to_thread(self._child.stop, 20)


Spawn = Callable[[], Program]


class SpawnWith(Protocol):
    """Starts a worker, or another program in its place, with settings of its own."""

    def __call__(self, module: str = "handlers", **settings: str) -> Program: ...


@pytest.fixture
def worker_with(breakable: RunningServers, tmp_path: Path) -> Iterator[SpawnWith]:
    """Start a worker process with settings of its own; all of them end with the test."""
    started: list[Program] = []

    def start(module: str = "handlers", **settings: str) -> Program:
        env = {
            **os.environ,
            "USERBUS_AMQP_URL": breakable.amqp_url,
            "USERBUS_MONGO_URL": breakable.mongo_url,
            "USERBUS_SECRET_KEY": SECRET,
            **settings,
        }
        log = tmp_path / f"worker-{len(started)}.log"
        started.append(Program(spawn([sys.executable, "-m", module], env, log, name="worker")))
        return started[-1]

    yield start
    for program in started:
        program.stop(20)


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
    up = Store(breakable.mongo_url)
    yield up
    await up.close()


async def until_served(caller: Client, seconds: float = 30.0) -> None:
    """Wait until a worker answers."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                await caller.call("user.get", {"username": uuid4().hex}, seconds=1.0)
                return
            except (TimeoutError, AMQPError, ChannelInvalidStateError):  # no worker yet, or no exchange yet
                await asyncio.sleep(0.1)
