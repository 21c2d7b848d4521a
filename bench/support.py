"""What every row uses: the servers, the programs under test in processes of their own, and clients of each."""

import os
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from faststream.rabbit import RabbitBroker

from bench.bare import COLLECTION
from bench.bus_load import BusLoad, bus_load
from bench.http_load import HttpLoad, http_load
from bench.plan import Plan
from devstack import probe
from devstack.ports import HOST, answers, free_port
from devstack.programs import ChildProgram, spawn
from devstack.servers import RunningServers

MONOLITH_PYTHON = Path(sys.prefix) / "bench" / "bin" / "python"
READY_SECONDS = 60.0
IsReady = Callable[[ChildProgram], bool]


@dataclass(frozen=True)
class Programs:
    """Everything that runs: the servers, the environment of a worker, process ids by name, HTTP ports by name."""

    up: RunningServers
    home: Path
    env: Mapping[str, str]
    pids: Mapping[str, int]
    ports: Mapping[str, int]

    def select_pids(self, *names: str) -> dict[str, int]:
        """The processes that a measurement counts: those named, both servers, and the load in this process."""
        return {name: self.pids[name] for name in (*names, "RabbitMQ", "mongod")} | {"load": os.getpid()}


@dataclass(frozen=True)
class Bench:
    """A run: how much is measured, what runs, and clients that are connected."""

    plan: Plan
    programs: Programs
    bus: BusLoad
    http: Mapping[str, HttpLoad]
    faststream: RabbitBroker


@contextmanager
def run_programs(up: RunningServers, home: Path) -> Iterator[Programs]:
    """Run one worker, the bridge and every reference until the block ends, with defaults but for the request log."""
    ports = {name: free_port() for name in ("bridge", "front", "monolith")}
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("USERBUS_")},
        "USERBUS_AMQP_URL": up.amqp_url,
        "USERBUS_MONGO_URL": up.mongo_url,
        "USERBUS_SECRET_KEY": secrets.token_hex(32),
        "USERBUS_BRIDGE_PORT": str(ports["bridge"]),
        "USERBUS_REQUEST_LOG": "false",  # the others write no line a request either
        "BENCH_COLLECTION": COLLECTION,
    }
    python = sys.executable
    commands: dict[str, tuple[list[str], IsReady]] = {
        "worker": ([python, "-m", "worker"], _has_logged("worker ready")),
        "bridge": ([python, "-m", "bridge"], lambda _: probe.is_ready(ports["bridge"])),
        "bare": ([python, "-m", "bench.bare"], _has_logged("bench ready")),
        "faststream": ([python, "-m", "bench.faststream_worker"], _has_logged("bench ready")),
        "front": ([python, "-m", "bench.front", str(ports["front"])], _listens_on(ports["front"])),
        "monolith": (
            [str(MONOLITH_PYTHON), "-m", "bench.monolith", str(ports["monolith"])],
            _listens_on(ports["monolith"]),
        ),
    }
    with ExitStack() as exits:
        running = {
            name: exits.enter_context(_run(argv, env, home / f"{name}.log", is_ready))
            for name, (argv, is_ready) in commands.items()
        }
        pids = {name: program.pid for name, program in running.items()}
        yield Programs(up, home, env, pids | {"RabbitMQ": up.rabbitmq.pid, "mongod": up.mongo.pid}, ports)


@contextmanager
def run_worker(env: Mapping[str, str], home: Path, name: str, *, module: str = "worker") -> Iterator[ChildProgram]:
    """Run a worker until the block ends; its log is `name`.log."""
    argv = [sys.executable, "-m", module]
    with _run(argv, env, home / f"{name}.log", _has_logged("worker ready")) as program:
        yield program


@contextmanager
def run_bridge(up: RunningServers, home: Path, port: int) -> Iterator[ChildProgram]:
    """Run a bridge alone until the block ends."""
    own = {"USERBUS_AMQP_URL": up.amqp_url, "USERBUS_BRIDGE_PORT": str(port), "USERBUS_REQUEST_LOG": "false"}
    argv = [sys.executable, "-m", "bridge"]
    with _run(argv, {**os.environ, **own}, home / "bridge.log", _listens_on(port)) as program:
        yield program


@asynccontextmanager
async def connect(plan: Plan, programs: Programs) -> AsyncIterator[Bench]:
    """Connect every client until the block ends."""
    async with AsyncExitStack() as exits:
        bus = await exits.enter_async_context(bus_load(programs.up.amqp_url))
        http = {name: await exits.enter_async_context(http_load(port)) for name, port in programs.ports.items()}
        broker = await exits.enter_async_context(RabbitBroker(programs.up.amqp_url, logger=None))
        yield Bench(plan, programs, bus, http, broker)


@contextmanager
def _run(argv: list[str], env: Mapping[str, str], log: Path, is_ready: IsReady) -> Iterator[ChildProgram]:
    program = spawn(argv, env, log, name=log.stem)
    try:
        _wait_until(is_ready, program)
        yield program
    finally:
        program.stop()


def _wait_until(is_ready: IsReady, program: ChildProgram) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not is_ready(program):
        if fault := program.fault():
            raise SystemExit(fault)
        if time.monotonic() > deadline:
            raise SystemExit(f"{program.name} was not ready after {READY_SECONDS:.0f} s:\n{_log(program)}")
        time.sleep(0.05)  # nothing announces that another process is ready


def _has_logged(words: str) -> IsReady:
    return lambda program: words in _log(program)


def _listens_on(port: int) -> IsReady:
    return lambda _: answers(HOST, port)


def _log(program: ChildProgram) -> str:
    return program.log.read_text(errors="replace") if program.log.exists() else ""
