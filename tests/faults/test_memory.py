"""Senders that never stop, and a database that is slow: the queue fills and refuses, the processes do not grow."""

import asyncio
import time
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from aio_pika.exceptions import DeliveryError

from devstack.servers import RunningServers
from tests.faults.conftest import SpawnWith, wait_served
from tests.support.client import Client
from tests.support.faults.bridge_process import run_bridge
from tests.support.faults.programs import FULL
from tests.support.faults.stage import other_queues
from tests.support.faults.table import Table
from tests.support.proxy import Proxy, proxy

SECONDS = 60
MOST = {"worker": 110.0, "bridge": 80.0}  # MB


def resident(pid: int) -> float:
    """Megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


async def sampled(pids: dict[str, int], until: float) -> dict[str, float]:
    """The most that each process had in memory at any time."""
    most = dict.fromkeys(pids, 0.0)
    while time.monotonic() < until:
        most = {name: max(most[name], resident(pid)) for name, pid in pids.items()}
        await asyncio.sleep(0.2)
    return most


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


async def posted(http: httpx.AsyncClient, until: float) -> set[int]:
    """The statuses that 64 clients get who make users over HTTP all the time."""
    seen: set[int] = set()

    async def one() -> None:
        while time.monotonic() < until:
            body = {"username": f"u_{uuid4().hex[:12]}", "usertype": "user"}
            seen.add((await http.post("/user", json=body, timeout=30)).status_code)

    await asyncio.gather(*(one() for _ in range(64)))
    return seen


@pytest.mark.skipif(not FULL, reason="takes a minute: part of `make faults`")
async def test_senders_that_never_stop_do_not_make_worker_or_bridge_grow(
    breakable: RunningServers, worker_with: SpawnWith, caller: Client, table: Table, tmp_path: Path
) -> None:
    async with other_queues(breakable.amqp_url), proxy(breakable.mongo_url) as (database, mongo_url):
        program = worker_with(USERBUS_MONGO_URL=mongo_url, USERBUS_QUEUE_LENGTH="1000")
        await program.says("worker ready")
        await wait_served(caller)
        async with run_bridge(breakable.amqp_url, tmp_path) as bridge:
            until = time.monotonic() + SECONDS
            most, refused, statuses, _ = await asyncio.gather(
                sampled({"worker": program.pid, "bridge": bridge.program.pid}, until),
                flood(caller, until),
                posted(bridge.http, until),
                slow(database, until),
            )
        table.note(
            f"most memory under senders that never stop, MB: worker {most['worker']:.0f}, bridge {most['bridge']:.0f}; "
            f"{refused} sends were refused; HTTP statuses {sorted(statuses)}"
        )
        assert refused > 0
        assert 503 in statuses
        assert statuses <= {200, 503, 504}
        assert {name: size for name, size in most.items() if size > MOST[name]} == {}
        assert program.exit_code is None
        await (await caller.channel.get_queue("userbus.user", ensure=False)).purge()
        await program.stopped()
