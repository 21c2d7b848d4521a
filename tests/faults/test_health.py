"""What a worker says of itself turns when the thing itself does."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pymongo import ReadPreference

from contracts.catalog import FAMILIES, WEBHOOKS
from devstack.ports import free_port
from devstack.servers import RunningServers
from models.store.client import Store
from models.store.document import now
from tests.faults.conftest import Program, Spawn, SpawnWith
from tests.support.client import Client
from tests.support.faults.damages import is_consuming
from tests.support.loopback import http_client
from tests.support.patience import PATIENCE
from tests.support.proxy import Proxy, proxy
from worker.bus.topology import consumed_queues

CONSUMED = [*consumed_queues(FAMILIES), WEBHOOKS]


@dataclass
class WatchedWorker:
    """A worker with its door open, behind proxies."""

    url: str
    program: Program
    broker: Proxy
    database: Proxy

    async def get(self, path: str, seconds: float = PATIENCE) -> httpx.Response:
        async with http_client() as http:
            return await http.get(f"{self.url}{path}", timeout=seconds)

    async def wait_until(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = PATIENCE) -> dict[str, Any]:
        """What /health/ready says, once it is as wanted."""
        found: dict[str, Any] = {}
        async with asyncio.timeout(seconds):
            while not (found and wanted(found)):
                await asyncio.sleep(0.1)
                answer = await self.get("/health/ready")
                found = answer.json()
                assert answer.status_code == (503 if found["missing"] else 200)
        return found

    async def figure(self, line: str) -> float:
        """A figure of /metrics by its name and labels."""
        for each in (await self.get("/metrics")).text.splitlines():
            if each.startswith(f"{line} "):
                return float(each.rsplit(" ", 1)[1])
        return 0.0


@pytest.fixture
async def watched(breakable: RunningServers, worker_with: SpawnWith) -> AsyncIterator[WatchedWorker]:
    port = free_port()
    async with proxy(breakable.amqp_url) as (broker, amqp_url), proxy(breakable.mongo_url) as (database, mongo_url):
        program = worker_with(USERBUS_AMQP_URL=amqp_url, USERBUS_MONGO_URL=mongo_url, USERBUS_WORKER_PORT=str(port))
        await program.says("worker ready")
        yield WatchedWorker(f"http://127.0.0.1:{port}", program, broker, database)
        broker.heal()
        database.heal()
        await program.stopped()


def is_ready(found: dict[str, Any]) -> bool:
    return bool(found["status"] == "ready")


async def test_the_broker_gone(watched: WatchedWorker) -> None:
    assert set((await watched.wait_until(is_ready))["parts"].values()) == {"ok"}
    watched.broker.cut()
    found = await watched.wait_until(lambda found: "broker" in found["missing"])
    assert (found["status"], found["parts"]["database"], found["dead_letters"]) == ("unready", "ok", -1)
    assert await watched.figure("userbus_broker_up") == 0
    assert await watched.figure("userbus_consumers_missing") == -1
    watched.broker.heal()
    await watched.wait_until(is_ready)
    assert await watched.figure("userbus_broker_up") == 1
    assert await watched.figure("userbus_consumers_missing") == 0


async def test_the_database_gone(watched: WatchedWorker) -> None:
    watched.database.cut()
    found = await watched.wait_until(lambda found: found["missing"] == ["database"])
    assert (found["parts"]["database"], found["relay_lag_seconds"]) == ("silent", -1)
    assert (await watched.get("/health/live")).status_code == 200
    assert await watched.figure("userbus_database_up") == 0
    watched.database.heal()
    await watched.wait_until(is_ready)


async def test_the_database_reachable_but_not_writable(watched: WatchedWorker, store: Store) -> None:
    await watched.wait_until(is_ready)
    await store.client.admin.command({"replSetStepDown": 60, "force": True})  # the only member: nobody steps in
    found = await watched.wait_until(lambda found: found["parts"]["database"] == "electing")
    assert found["missing"] == ["database"]
    assert await watched.figure("userbus_database_up") == 0
    await store.client.admin.command({"replSetFreeze": 0}, read_preference=ReadPreference.SECONDARY_PREFERRED)
    await watched.wait_until(is_ready)
    assert await watched.figure("userbus_database_up") == 1


async def test_its_own_consumers_gone_while_another_worker_has_some(watched: WatchedWorker, worker: Spawn) -> None:
    await worker().says("worker ready")
    watched.broker.hold(is_consuming)  # what it connects anew gets no further
    for link in filter(is_consuming, [*watched.broker.links]):
        link.abort()
    found = await watched.wait_until(lambda found: len(found["missing"]) == len(CONSUMED))
    assert found["parts"] == {
        "broker": "ok",
        "database": "ok",
        "events": "ok",
        **dict.fromkeys(CONSUMED, "this worker does not consume it"),
    }
    assert await watched.figure("userbus_consumers_missing") == len(CONSUMED)
    watched.broker.heal()
    await watched.wait_until(is_ready)


async def test_a_worker_that_hangs_is_not_live(watched: WatchedWorker) -> None:
    assert (await watched.get("/health/live")).json() == {"status": "live"}
    os.kill(watched.program.pid, signal.SIGSTOP)
    try:
        with pytest.raises(httpx.ReadTimeout):
            await watched.get("/health/live", seconds=1)
    finally:
        os.kill(watched.program.pid, signal.SIGCONT)
    assert (await watched.get("/health/live")).json() == {"status": "live"}


async def test_a_queue_gone(watched: WatchedWorker, caller: Client) -> None:
    await caller.channel.queue_delete("userbus.sms")
    found = await watched.wait_until(lambda found: found["missing"] == ["userbus.sms"])
    assert found["parts"]["userbus.sms"] == "nobody consumes it"
    assert await watched.figure("userbus_consumers_missing") == 1


async def test_a_queue_of_queries_gone_is_no_fault(watched: WatchedWorker, caller: Client) -> None:
    """As while its node is down: its queries are answered from the queue of unknown names."""
    await caller.channel.queue_delete("userbus.sms.queries")
    found = (await watched.get("/health/ready")).json()
    assert (found["status"], found["parts"]["userbus.sms.queries"]) == ("ready", "ok")
    await caller.done("sms.status", {})
    await watched.program.says("missing on the broker")


async def test_waiting_events_and_dead_letters_are_counted(
    watched: WatchedWorker, caller: Client, store: Store
) -> None:
    watched.broker.hold(lambda link: link.named("userbus publisher"))
    await caller.done("user.create", {"username": f"held_{watched.program.pid}"})
    row = await store.collection("journal").find_one({"pending": 1})
    assert row is not None
    outbox = watched.figure
    async with asyncio.timeout(PATIENCE):
        while await outbox("userbus_relay_lag_seconds") <= 1:
            await asyncio.sleep(0.2)
    assert await outbox("userbus_outbox_entries") >= 1
    await store.collection("journal").update_one({"_id": row["_id"]}, {"$set": {"at": now() - timedelta(hours=1)}})
    found = await watched.wait_until(lambda found: "events" in found["missing"])
    assert found["parts"]["events"].startswith("late by 36")
    watched.broker.heal()
    dead = (await watched.wait_until(lambda found: found["outbox_entries"] == 0))["dead_letters"]
    await caller.send("user.create", b"{{{")
    await watched.wait_until(lambda found: bool(found["dead_letters"] == dead + 1))


async def test_requests_are_counted_by_name_and_outcome(watched: WatchedWorker, caller: Client) -> None:
    for _ in range(3):
        await caller.refused("user.get", {"id": 9_007_199_254_740_991})
    await caller.refused("user.explode", {})
    assert await watched.figure('userbus_requests_total{name="user.get",outcome="not_found"}') == 3
    assert await watched.figure('userbus_requests_total{name="unknown",outcome="invalid"}') == 1
    assert await watched.figure('userbus_request_seconds_count{name="user.get"}') == 3
    assert await watched.figure("userbus_in_flight") == 0


NONSENSE = [
    b"",
    b"\r\n\r\n",
    b"POST /health/live HTTP/1.1\r\n\r\n",
    b"GET " + b"x" * 20_000,
    b"\xff" * 100 + b"\r\n\r\n",
]


async def test_nonsense_at_the_door_harms_nobody(watched: WatchedWorker) -> None:
    port = int(watched.url.rsplit(":", 1)[1])

    def knock(said: bytes) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as door:
            door.sendall(said)

    for said in NONSENSE:
        await asyncio.to_thread(knock, said)
        assert (await watched.get("/health/live")).json() == {"status": "live"}
        assert (await watched.get("/no-such-page")).status_code == 404
