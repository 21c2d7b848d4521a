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
from tests.client import Client
from tests.faults.conftest import Program, SpawnWith, until_served
from tests.faults.door import Door, bridging
from tests.faults.mischief import taken
from tests.faults.stage import other_queues
from tests.faults.test_workers import creates
from tests.proxy import Proxy, proxy

WELL = dict.fromkeys(("broker", *FAMILIES), "ok")


@dataclass
class House:
    """A bridge behind a proxy, and the one worker behind it."""

    door: Door
    broker: Proxy
    worker: Program


@pytest.fixture
async def house(breakable: RunningServers, worker_with: SpawnWith, tmp_path: Path) -> AsyncIterator[House]:
    async with other_queues(breakable.amqp_url), proxy(breakable.amqp_url) as (broker, amqp_url):
        worker = worker_with(USERBUS_QUEUE_LENGTH="100")
        await worker.says("worker ready")
        async with bridging(amqp_url, tmp_path) as door:
            await door.turns(WELL.__eq__, 200)
            yield House(door, broker, worker)
        await worker.stopped()


def each(state: str) -> dict[str, str]:
    """The parts when this is the state of every family."""
    return {"broker": "ok", **dict.fromkeys(FAMILIES, state)}


async def test_it_is_ready_with_the_broker_a_worker_and_the_database(
    house: House, breakable: RunningServers, worker_with: SpawnWith
) -> None:
    house.broker.cut()
    await house.door.turns(lambda parts: parts["broker"] == "no broker", 503)
    house.broker.heal()
    await house.door.turns(WELL.__eq__, 200)

    await asyncio.to_thread(breakable.mongo.kill)
    try:
        await house.door.turns(each("no database").__eq__, 503)
    finally:
        await asyncio.to_thread(breakable.mongo.start)
    await house.door.turns(WELL.__eq__, 200)

    house.worker.kill()
    await house.door.turns(each("no worker").__eq__, 503)
    house.worker = worker_with(USERBUS_QUEUE_LENGTH="100")
    await house.door.turns(WELL.__eq__, 200)


async def test_a_full_queue_is_told_at_once(house: House, breakable: RunningServers) -> None:
    body = {"username": f"u_{uuid4().hex[:12]}", "usertype": "user"}
    async with Client(breakable.amqp_url) as caller:
        await until_served(caller)
        os.kill(house.worker.pid, signal.SIGSTOP)
        try:
            while [key for key, body in creates(50).items() if await taken(caller, key, body)]:
                pass
            answer = await house.door.http.post("/user", json=body, timeout=3)  # the bridge itself would wait 10 s
            assert (answer.status_code, answer.json()["error_code"]) == (503, 5031)
            assert answer.headers["retry-after"]
            await house.door.turns(each("no worker").__eq__, 503)
        finally:
            os.kill(house.worker.pid, signal.SIGCONT)
    await house.door.turns(WELL.__eq__, 200)
    assert (await house.door.http.post("/user", json=body)).status_code == 200
