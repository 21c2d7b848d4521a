"""Logs that nobody reads any more: worker and bridge go on serving, and leave in good order."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import httpx

from devstack.ports import free_port
from devstack.servers import RunningServers
from handlers.app import working
from handlers.logs import Lossy
from tests.client import Client
from tests.proxy import proxy
from tests.stack import SECRET, settings

Program = subprocess.Popen[str]


@contextmanager
def spawned(module: str, **env: str) -> Iterator[Program]:
    """A process whose standard error can be read; it ends with the block."""
    command = [sys.executable, "-m", module]
    program = subprocess.Popen(command, env={**os.environ, **env}, stderr=subprocess.PIPE, text=True)
    try:
        yield program
    finally:
        program.kill()
        program.wait()


async def read_no_further_than(program: Program, words: str) -> None:
    """Read the log up to these words, then hang up."""
    assert program.stderr is not None
    while words not in await asyncio.to_thread(program.stderr.readline):
        assert program.poll() is None
    program.stderr.close()


async def stopped(program: Program) -> int:
    """Its status after SIGTERM."""
    program.send_signal(signal.SIGTERM)
    return await asyncio.to_thread(program.wait, 20)


async def test_a_worker_whose_log_nobody_reads_goes_on_serving(apart: RunningServers) -> None:
    env = {"USERBUS_AMQP_URL": apart.amqp_url, "USERBUS_MONGO_URL": apart.mongo_url, "USERBUS_SECRET_KEY": SECRET}
    with spawned("handlers", **env, USERBUS_PREFETCH="1") as worker:
        await read_no_further_than(worker, "worker ready")
        late = {"x-deadline": int(time.time() * 1000) - 1}
        async with Client(apart.amqp_url) as client:
            before, _ = await client.counted("userbus.dead")
            for _ in range(3):
                await client.send("user.get", {"id": 1}, headers=late)
                await client.send("user.create", b"{{{")
                assert (await client.done("user.create", {"username": f"u_{uuid4().hex[:10]}"}))["id"]
            assert (await client.counted("userbus.dead"))[0] == before + 3
        assert await stopped(worker) == 0


async def test_a_bridge_whose_log_nobody_reads_goes_on_serving(apart: RunningServers) -> None:
    port = free_port()
    async with proxy(apart.amqp_url) as (link, amqp_url), working(settings(apart)), httpx.AsyncClient() as http:
        link.cut()
        with spawned("bridge", USERBUS_AMQP_URL=amqp_url, USERBUS_BRIDGE_PORT=str(port)) as bridge:
            await read_no_further_than(bridge, "no broker")
            link.heal()
            async with asyncio.timeout(30):
                while not await ready(http, port):
                    await asyncio.sleep(0.2)
            assert await stopped(bridge) == 0


async def ready(http: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await http.get(f"http://127.0.0.1:{port}/health/ready")).status_code == 200
    except httpx.TransportError:
        return False


def test_what_a_stream_does_not_take_is_dropped(tmp_path: Path) -> None:
    closed = (tmp_path / "closed").open("w")
    closed.close()
    with suppress(OSError), Path("/dev/full").open("w") as full:
        for stream in (None, closed, full):
            assert Lossy(stream).write("line\n") == len("line\n")


def test_what_it_takes_is_there_at_once(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log:
        Lossy(log).write("line\n")
        assert (tmp_path / "log").read_text() == "line\n"
