"""What traces cost: `python -m bench.tracing` measures a worker with one trace in ten recorded beside one with none."""

import asyncio
import os
import secrets
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from bench.bus_load import BusLoad, bus_load
from bench.load import repeat
from bench.processes import Pids
from bench.requests import create_operation, create_users, get_operation
from bench.support import run_worker
from devstack.servers import RunningServers, servers

ROUNDS = 8
SECONDS = 2.0
IN_FLIGHT = 64
USERS = 500
SAMPLED = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.1"}


def main() -> None:
    """Print the processor time a request in each round, and the medians of the ratios."""
    os.environ["MONGO_CACHE_GB"] = "1"
    with TemporaryDirectory() as home, servers(Path(home), say=_say) as up:
        uvloop.run(measure_tracing(up, Path(home)))


async def measure_tracing(up: RunningServers, home: Path) -> None:
    """Run one worker after the other, off and on in turn, and measure user.get and user.create with each."""
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("USERBUS_", "OTEL_"))},
        "USERBUS_AMQP_URL": up.amqp_url,
        "USERBUS_MONGO_URL": up.mongo_url,
        "USERBUS_SECRET_KEY": secrets.token_hex(32),
        "USERBUS_REQUEST_LOG": "false",
    }
    ratios: dict[str, list[float]] = {}
    async with run_sink() as endpoint:
        on = env | SAMPLED | {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
        for number in range(ROUNDS):
            pair = {"off": env, "on": on} if number % 2 else {"on": on, "off": env}
            found = {name: await _measure(given, home / f"{name}-{number}", up) for name, given in pair.items()}
            for title in found["on"]:
                ratios.setdefault(title, []).append(found["on"][title] / found["off"][title])
                _say(f"round {number + 1}, {title}: on {found['on'][title]:.0f}, off {found['off'][title]:.0f}")
    for title, values in ratios.items():
        _say(f"{title}, {IN_FLIGHT} in flight, on at 10 % ÷ off: {statistics.median(values):.3f} of {sorted(values)}")


async def _measure(env: dict[str, str], home: Path, up: RunningServers) -> dict[str, float]:
    started = run_worker(env, home.parent, home.name)
    worker = await asyncio.to_thread(started.__enter__)
    try:
        async with bus_load(up.amqp_url) as bus:
            pids = {"worker": worker.pid, "RabbitMQ": up.rabbitmq.pid, "mongod": up.mongo.pid, "load": os.getpid()}
            return await _measure_requests(bus, pids)
    finally:
        await asyncio.to_thread(started.__exit__, None, None, None)


async def _measure_requests(bus: BusLoad, pids: Pids) -> dict[str, float]:
    users = await create_users(bus.ask, USERS)
    operations = {"user.get": get_operation(bus.ask, users), "user.create": create_operation(bus.ask)}
    told: dict[str, float] = {}
    for name, operation in operations.items():
        sample = await repeat(operation, IN_FLIGHT, SECONDS, pids)
        each = 1e6 / len(sample.latencies)
        told[f"{name}, µs of all processors' time"] = sum(sample.cpu.values()) * each
        told[f"{name}, µs of the worker's"] = sample.cpu["worker"] * each
    return told


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
