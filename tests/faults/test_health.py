"""What a worker says of itself turns when the thing itself does."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pymongo import ReadPreference

from contracts.catalog import FAMILIES, queue
from devstack.ports import free_port
from devstack.servers import RunningServers
from models.store import Store
from tests.client import Client
from tests.faults.conftest import Program, Spawn, SpawnWith
from tests.faults.damages import consuming
from tests.proxy import Proxy, proxy


@dataclass
class Ward:
    """A worker with its door open, behind proxies."""

    url: str
    program: Program
    broker: Proxy
    database: Proxy

    async def get(self, path: str, seconds: float = 10.0) -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False) as http:
            return await http.get(f"{self.url}{path}", timeout=seconds)

    async def turns(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = 30.0) -> dict[str, Any]:
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
async def ward(breakable: RunningServers, worker_with: SpawnWith) -> AsyncIterator[Ward]:
    port = free_port()
    async with proxy(breakable.amqp_url) as (broker, amqp_url), proxy(breakable.mongo_url) as (database, mongo_url):
        program = worker_with(USERBUS_AMQP_URL=amqp_url, USERBUS_MONGO_URL=mongo_url, USERBUS_WORKER_PORT=str(port))
        await program.says("worker ready")
        yield Ward(f"http://127.0.0.1:{port}", program, broker, database)
        broker.heal()
        database.heal()
        await program.stopped()


def well(found: dict[str, Any]) -> bool:
    return bool(found["status"] == "ready")


async def test_the_broker_gone(ward: Ward) -> None:
    assert set((await ward.turns(well))["parts"].values()) == {"ok"}
    ward.broker.cut()
    found = await ward.turns(lambda found: "broker" in found["missing"])
    assert (found["status"], found["parts"]["database"], found["dead_letters"]) == ("unready", "ok", -1)
    assert await ward.figure("userbus_broker_up") == 0
    ward.broker.heal()
    await ward.turns(well)
    assert await ward.figure("userbus_broker_up") == 1


async def test_the_database_gone(ward: Ward) -> None:
    ward.database.cut()
    found = await ward.turns(lambda found: found["missing"] == ["database"])
    assert (found["parts"]["database"], found["relay_lag_seconds"]) == ("silent", -1)
    assert (await ward.get("/health/live")).status_code == 200
    assert await ward.figure("userbus_database_up") == 0
    ward.database.heal()
    await ward.turns(well)


async def test_the_database_reachable_but_not_writable(ward: Ward, store: Store) -> None:
    await ward.turns(well)
    await store.client.admin.command({"replSetStepDown": 60, "force": True})  # the only member: nobody steps in
    found = await ward.turns(lambda found: found["missing"] == ["database"])
    assert found["parts"]["database"] == "electing"
    assert await ward.figure("userbus_database_up") == 0
    await store.client.admin.command({"replSetFreeze": 0}, read_preference=ReadPreference.SECONDARY_PREFERRED)
    await ward.turns(well)
    assert await ward.figure("userbus_database_up") == 1


async def test_its_own_consumers_gone_while_another_worker_has_some(ward: Ward, worker: Spawn) -> None:
    await worker().says("worker ready")
    ward.broker.hold(consuming)  # what it connects anew gets no further
    for link in filter(consuming, [*ward.broker.links]):
        link.abort()
    found = await ward.turns(lambda found: len(found["missing"]) == len(FAMILIES))
    assert found["parts"] == {
        "broker": "ok",
        "database": "ok",
        **{queue(family): "this worker does not consume it" for family in FAMILIES},
    }
    assert await ward.figure("userbus_consumers_missing") == len(FAMILIES)
    ward.broker.heal()
    await ward.turns(well)


async def test_a_worker_that_hangs_is_not_live(ward: Ward) -> None:
    assert (await ward.get("/health/live")).json() == {"status": "live"}
    os.kill(ward.program.pid, signal.SIGSTOP)
    try:
        with pytest.raises(httpx.ReadTimeout):
            await ward.get("/health/live", seconds=1)
    finally:
        os.kill(ward.program.pid, signal.SIGCONT)
    assert (await ward.get("/health/live")).json() == {"status": "live"}


async def test_a_queue_gone(ward: Ward, caller: Client) -> None:
    await caller.channel.queue_delete("userbus.sms")
    found = await ward.turns(lambda found: found["missing"] == ["userbus.sms"])
    assert found["parts"]["userbus.sms"] == "nobody consumes it"
    assert await ward.figure("userbus_consumers_missing") == 1


async def test_events_that_wait_and_dead_letters_are_counted(ward: Ward, caller: Client, store: Store) -> None:
    ward.broker.hold(lambda link: link.named("userbus outlet"))
    await caller.done("user.create", {"username": f"held_{ward.program.pid}"})
    row = await store.collection("journal").find_one({"pending": 1})
    assert row is not None
    outbox = ward.figure
    async with asyncio.timeout(20):
        while await outbox("userbus_relay_lag_seconds") <= 1:
            await asyncio.sleep(0.2)
    assert await outbox("userbus_outbox_entries") >= 1
    ward.broker.heal()
    dead = (await ward.turns(lambda found: found["outbox_entries"] == 0))["dead_letters"]
    await caller.send("user.create", b"{{{")
    await ward.turns(lambda found: bool(found["dead_letters"] == dead + 1))


async def test_requests_are_counted_by_name_and_outcome(ward: Ward, caller: Client) -> None:
    for _ in range(3):
        await caller.refused("user.get", {"id": 9_007_199_254_740_991})
    await caller.refused("user.explode", {})
    assert await ward.figure('userbus_requests_total{name="user.get",outcome="not_found"}') == 3
    assert await ward.figure('userbus_requests_total{name="unknown",outcome="invalid"}') == 1
    assert await ward.figure('userbus_request_seconds_count{name="user.get"}') == 3
    assert await ward.figure("userbus_in_flight") == 0


NONSENSE = [
    b"",
    b"\r\n\r\n",
    b"POST /health/live HTTP/1.1\r\n\r\n",
    b"GET " + b"x" * 20_000,
    b"\xff" * 100 + b"\r\n\r\n",
]


async def test_nonsense_at_the_door_harms_nobody(ward: Ward) -> None:
    port = int(ward.url.rsplit(":", 1)[1])

    def knock(said: bytes) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as door:
            door.sendall(said)

    for said in NONSENSE:
        await asyncio.to_thread(knock, said)
        assert (await ward.get("/health/live")).json() == {"status": "live"}
        assert (await ward.get("/no-such-page")).status_code == 404
