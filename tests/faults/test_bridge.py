"""What the bridge says of what is behind it turns when that does; a full queue is told at once."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from contracts.catalog import FAMILIES
from devstack.servers import RunningServers
from tests.faults.conftest import Program, SpawnWith, wait_served
from tests.faults.test_workers import creation_bodies
from tests.support.client import Client
from tests.support.faults.bridge_process import BridgeProcess, run_bridge
from tests.support.faults.message_faults import try_send
from tests.support.faults.stage import other_queues
from tests.support.proxy import Proxy, proxy

WELL = dict.fromkeys(("broker", *FAMILIES), "ok")


@dataclass
class House:
    """A bridge behind a proxy, and the one worker behind it."""

    bridge: BridgeProcess
    broker: Proxy
    worker: Program


@pytest.fixture
async def house(breakable: RunningServers, worker_with: SpawnWith, tmp_path: Path) -> AsyncIterator[House]:
    async with other_queues(breakable.amqp_url), proxy(breakable.amqp_url) as (broker, amqp_url):
        worker = worker_with(USERBUS_QUEUE_LENGTH="100")
        await worker.says("worker ready")
        async with run_bridge(amqp_url, tmp_path) as bridge:
            await bridge.wait_until(WELL.__eq__, 200)
            yield House(bridge, broker, worker)
        await worker.stopped()


def each(state: str) -> dict[str, str]:
    """The parts when this is the state of every family."""
    return {"broker": "ok", **dict.fromkeys(FAMILIES, state)}


async def test_it_is_ready_with_the_broker_a_worker_and_the_database(
    house: House, breakable: RunningServers, worker_with: SpawnWith
) -> None:
    house.broker.cut()
    await house.bridge.wait_until(lambda parts: parts["broker"] == "no broker", 503)
    house.broker.heal()
    await house.bridge.wait_until(WELL.__eq__, 200)

    await asyncio.to_thread(breakable.mongo.kill)
    try:
        await house.bridge.wait_until(each("no database").__eq__, 503)
    finally:
        await asyncio.to_thread(breakable.mongo.start)
    await house.bridge.wait_until(WELL.__eq__, 200)

    house.worker.kill()
    await house.bridge.wait_until(each("no worker").__eq__, 503)
    house.worker = worker_with(USERBUS_QUEUE_LENGTH="100")
    await house.bridge.wait_until(WELL.__eq__, 200)


async def test_a_full_queue_is_told_at_once(house: House, breakable: RunningServers) -> None:
    body = {"username": f"u_{uuid4().hex[:12]}", "usertype": "user"}
    async with Client(breakable.amqp_url) as caller:
        await wait_served(caller)
        os.kill(house.worker.pid, signal.SIGSTOP)
        try:
            while [key for key, body in creation_bodies(50).items() if await try_send(caller, key, body)]:
                pass
            answer = await house.bridge.http.post("/user", json=body)  # the bridge itself would wait for longer
            assert (answer.status_code, answer.json()["error_code"]) == (503, 5031)
            assert answer.headers["retry-after"]
            await house.bridge.wait_until(each("no worker").__eq__, 503)
        finally:
            os.kill(house.worker.pid, signal.SIGCONT)
    await house.bridge.wait_until(WELL.__eq__, 200)
    async with asyncio.timeout(60):  # queries have a queue of their own: the commands' may be full for a while longer
        while (answer := await house.bridge.http.post("/user", json=body)).status_code == 503:
            await asyncio.sleep(0.2)
    assert answer.status_code == 200
