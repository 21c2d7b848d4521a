"""What traces cost: `python -m bench.tracing` compares a worker with one trace in ten recorded and one with none."""

import asyncio
import os
import secrets
import signal
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import uvloop

from bench.bus_load import BusLoad, bus_load
from bench.load import Operation, repeat
from bench.processes import cpu_seconds
from bench.requests import create_operation, create_users, get_operation
from bench.support import run_worker
from devstack.servers import RunningServers, servers

PAIRS = 20
SECONDS = 4.0  # what is recorded meanwhile is sent meanwhile, but for the last second's
SETTLE_SECONDS = 1.2  # longer than spans wait to be sent
IN_FLIGHT = 64
USERS = 500
SAMPLED = {
    "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
    "OTEL_TRACES_SAMPLER_ARG": "0.1",
    "OTEL_BSP_SCHEDULE_DELAY": "1000",
}


class Measured(NamedTuple):
    """Requests a second, and the worker's processor time a request in µs."""

    rate: float
    cpu: float


def main() -> None:
    """Print the rate and the worker's processor time a request, with and without, and their ratios."""
    os.environ["MONGO_CACHE_GB"] = "1"
    with TemporaryDirectory() as home, servers(Path(home), say=_say) as up:
        uvloop.run(measure_tracing(up, Path(home)))


async def measure_tracing(up: RunningServers, home: Path) -> None:
    """Switch one worker's recording off and on in turn, and measure user.get and user.create with each."""
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("USERBUS_", "OTEL_"))},
        "USERBUS_AMQP_URL": up.amqp_url,
        "USERBUS_MONGO_URL": up.mongo_url,
        "USERBUS_SECRET_KEY": secrets.token_hex(32),
        "USERBUS_REQUEST_LOG": "false",
    }
    async with run_sink() as endpoint:
        on = env | SAMPLED | {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
        started = run_worker(on, home, "toggled", module="bench.toggled_worker")
        worker = await asyncio.to_thread(started.__enter__)
        try:
            async with bus_load(up.amqp_url) as bus:
                await _compare(bus, worker.pid)
        finally:
            await asyncio.to_thread(started.__exit__, None, None, None)


async def _compare(bus: BusLoad, pid: int) -> None:
    users = await create_users(bus.ask, USERS)
    operations = {"user.get": get_operation(bus.ask, users), "user.create": create_operation(bus.ask)}
    is_on = True
    for name, operation in operations.items():
        measured: dict[bool, list[Measured]] = {True: [], False: []}
        for _ in range(2 * PAIRS):
            measured[is_on].append(await _measure(operation, pid))
            if len(measured[True]) != len(measured[False]):  # on, off, off, on: neither is always the first
                os.kill(pid, signal.SIGUSR1)
                is_on = not is_on
                await asyncio.sleep(SETTLE_SECONDS)
        _report(name, measured[True], measured[False])


def _report(name: str, on: list[Measured], off: list[Measured]) -> None:
    least = min(each.cpu for each in on), min(each.cpu for each in off)  # whatever else the machine does only adds
    _say(f"{name}, {IN_FLIGHT} in flight, the worker's least processor time: on {least[0]:.0f}, off {least[1]:.0f} µs")
    _say(f"{name}, least processor time, on ÷ off: {least[0] / least[1]:.3f}")
    pairs = [*zip(on, off, strict=True)]
    for what, ratios in (
        ("rate", [one.rate / other.rate for one, other in pairs]),
        ("processor time", [one.cpu / other.cpu for one, other in pairs]),
    ):
        low, middle, high = statistics.quantiles(ratios, n=4)
        _say(f"{name}, {what}, on ÷ off: median of {PAIRS} pairs {middle:.3f}, half of them {low:.3f} to {high:.3f}")


async def _measure(operation: Operation, pid: int) -> Measured:
    before = cpu_seconds({"worker": pid})["worker"]
    sample = await repeat(operation, IN_FLIGHT, SECONDS, {})
    await asyncio.sleep(SETTLE_SECONDS)  # what was recorded is sent
    cpu = cpu_seconds({"worker": pid})["worker"] - before
    return Measured(sample.rate, cpu / len(sample.latencies) * 1e6)


@asynccontextmanager
async def run_sink() -> AsyncIterator[str]:
    """Take whatever an exporter sends, until the block ends; yields its URL."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(int(length.split(b":")[1]))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()

    async with await asyncio.start_server(take, "127.0.0.1") as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def _say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    main()
