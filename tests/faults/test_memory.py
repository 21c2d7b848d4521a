"""Senders that never stop, and a database that is slow: the queue fills and refuses, the processes do not grow."""

import asyncio
import os
import sys
import time
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from aio_pika.exceptions import DeliveryError

from devstack.ports import free_port
from devstack.programs import spawn
from devstack.servers import RunningServers
from tests.client import Client
from tests.faults.audit import QUEUES
from tests.faults.conftest import FULL, SpawnWith, until_served
from tests.proxy import Proxy, proxy

SECONDS = 60
MOST_MB = 160


def resident(pid: int) -> float:
    """Megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


async def slow(database: Proxy, until: float) -> None:
    while time.monotonic() < until:
        database.hold(lambda _: True)
        await asyncio.sleep(0.4)
        database.heal()
        await asyncio.sleep(0.1)


async def flood(caller: Client, until: float) -> int:
    refused = 0
    while time.monotonic() < until:
        sends = (caller.send("user.create", {"username": uuid4().hex[:20]}) for _ in range(50))
        outcomes = await asyncio.gather(*sends, return_exceptions=True)
        refused += sum(isinstance(outcome, DeliveryError) for outcome in outcomes)
        await asyncio.sleep(0.1 if refused else 0)
    return refused


async def browse(url: str, until: float) -> set[int]:
    seen: set[int] = set()
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:

        async def one() -> None:
            while time.monotonic() < until:
                seen.add((await http.get(f"{url}/health/ready")).status_code)

        await asyncio.gather(*(one() for _ in range(32)))
    return seen


async def served(url: str) -> None:
    async with asyncio.timeout(30), httpx.AsyncClient(trust_env=False) as http:
        while True:
            try:
                await http.get(f"{url}/health/live")
                return
            except httpx.ConnectError:
                await asyncio.sleep(0.1)


@pytest.mark.skipif(not FULL, reason="takes a minute: part of `make faults`")
async def test_senders_that_never_stop_do_not_make_worker_or_bridge_grow(
    breakable: RunningServers, worker_with: SpawnWith, caller: Client, tmp_path: Path
) -> None:
    for queue in QUEUES:
        await caller.channel.queue_delete(queue)
    port = free_port()
    async with proxy(breakable.mongo_url) as (database, mongo_url):
        program = worker_with(USERBUS_MONGO_URL=mongo_url, USERBUS_QUEUE_LENGTH="1000")
        await until_served(caller)
        env = {**os.environ, "USERBUS_AMQP_URL": breakable.amqp_url, "USERBUS_BRIDGE_PORT": str(port)}
        bridge = spawn([sys.executable, "-m", "bridge"], env, tmp_path / "bridge.log", name="bridge")
        try:
            await served(f"http://127.0.0.1:{port}")
            until = time.monotonic() + SECONDS
            (refused, statuses, _) = await asyncio.gather(
                flood(caller, until), browse(f"http://127.0.0.1:{port}", until), slow(database, until)
            )
            sizes = resident(program.pid), resident(bridge.pid)
        finally:
            bridge.stop()
        assert refused > 0
        assert statuses
        assert max(sizes) < MOST_MB, sizes
        assert program.exit_code is None
        await (await caller.channel.get_queue("userbus.user", ensure=False)).purge()
        await program.stopped()
    for queue in QUEUES:
        await caller.channel.queue_delete(queue)
