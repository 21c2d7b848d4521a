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
import pytest

from devstack.ports import free_port
from devstack.servers import RunningServers
from tests.support.client import Client
from tests.support.loopback import http_client
from tests.support.patience import PATIENCE
from tests.support.proxy import proxy
from tests.support.stack import SECRET, settings
from worker.app import run_worker
from worker.logs import LossyStream

Program = subprocess.Popen[str]


@contextmanager
def start_program(module: str, **env: str) -> Iterator[Program]:
    """A process whose standard error can be read; it ends with the block."""
    command = [sys.executable, "-m", module]
    program = subprocess.Popen(command, env={**os.environ, **env}, stderr=subprocess.PIPE, text=True)
    try:
        yield program
    finally:
        program.kill()
        program.wait()


async def read_until(program: Program, words: str) -> None:
    """Read the log up to these words, then hang up."""
    assert program.stderr is not None
    while words not in await asyncio.to_thread(program.stderr.readline):
        assert program.poll() is None
    program.stderr.close()


async def stop(program: Program) -> int:
    """Its status after SIGTERM."""
    program.send_signal(signal.SIGTERM)
    return await asyncio.to_thread(program.wait, PATIENCE)


async def test_a_worker_whose_log_nobody_reads_goes_on_serving(apart: RunningServers) -> None:
    env = {"USERBUS_AMQP_URL": apart.amqp_url, "USERBUS_MONGO_URL": apart.mongo_url, "USERBUS_SECRET_KEY": SECRET}
    with start_program("worker", **env, USERBUS_PREFETCH="1") as worker:
        await read_until(worker, "worker ready")
        late = {"x-deadline": int(time.time() * 1000) - 1}
        async with Client(apart.amqp_url) as client:
            before, _ = await client.counted("userbus.dead")
            for _ in range(3):
                await client.send("user.get", {"id": 1}, headers=late)
                await client.send("user.create", b"{{{")
                assert (await client.done("user.create", {"username": f"u_{uuid4().hex[:10]}"}))["id"]
            assert (await client.counted("userbus.dead"))[0] == before + 3
        assert await stop(worker) == 0


async def test_a_bridge_whose_log_nobody_reads_goes_on_serving(apart: RunningServers) -> None:
    port = free_port()
    async with proxy(apart.amqp_url) as (link, amqp_url), run_worker(settings(apart)), http_client() as http:
        link.cut()
        with start_program("bridge", USERBUS_AMQP_URL=amqp_url, USERBUS_BRIDGE_PORT=str(port)) as bridge:
            await read_until(bridge, "no broker")
            link.heal()
            async with asyncio.timeout(PATIENCE):
                while not await is_ready(http, port):
                    await asyncio.sleep(0.2)
            assert await stop(bridge) == 0


async def is_ready(http: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await http.get(f"http://127.0.0.1:{port}/health/ready")).status_code == 200
    except httpx.TransportError:
        return False


def test_what_a_stream_does_not_take_is_dropped(tmp_path: Path) -> None:
    closed = (tmp_path / "closed").open("w")
    closed.close()
    with suppress(OSError), Path("/dev/full").open("w") as full:
        for stream in (None, closed, full):
            assert LossyStream(stream).write("line\n") == len("line\n")


def test_what_it_takes_is_there_at_once(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log:
        LossyStream(log).write("line\n")
        assert (tmp_path / "log").read_text() == "line\n"


HOSTILE = "\x1b[2J\x9b\u202e\n2026-11-29 [error] forged"
PROGRAM = """
import logging, sys, structlog
from {module} import {configure}
{configure}({arguments})
try:
    raise ValueError({text!a})
except ValueError as error:
    structlog.stdlib.get_logger().error({text!a}, id={text!a}, exc_info=error)
    logging.getLogger("library").warning({text!a}, exc_info=error)
"""


@pytest.mark.parametrize(
    ("module", "configure", "arguments"),
    [
        ("worker.logs", "configure_logging", "'info', 'console'"),
        ("worker.logs", "configure_logging", "'info', 'json'"),
        ("bridge.logs", "configure", "'info', 'console'"),
        ("bridge.logs", "configure", "'info', 'json'"),
    ],
)
def test_nothing_from_outside_commands_a_terminal_or_forges_a_line(module: str, configure: str, arguments: str) -> None:
    program = PROGRAM.format(module=module, configure=configure, arguments=arguments, text=HOSTILE)
    written = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, check=True).stderr
    assert [
        char for char in written.replace("\n", "") if not char.isprintable()
    ] == []  # no colours either: it is a file
    assert [line for line in written.splitlines() if line.startswith("2026-11-29 [error] forged")] == []
    assert written.count("forged") >= 4
