"""A mixed load from another process, one kind of damage, and then a count of what should be there against what is."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from devstack.programs import ChildProgram, spawn
from devstack.servers import RunningServers
from models.store import Store
from tests.client import Client
from tests.faults.audit import audit, listen, quiet
from tests.faults.conftest import FULL, Program, SpawnWith, Table, until_served
from tests.proxy import Proxy, proxy

COMMANDS = 1000 if FULL else 200
WORKERS = 3 if FULL else 2


@dataclass
class Stage:
    """What a damage can lay hands on."""

    servers: RunningServers
    store: Store
    workers: list[Program]
    start: Callable[[], Program]
    broker: Proxy
    database: Proxy


Damage = Callable[[Stage], Awaitable[None]]


async def nothing(_: Stage) -> None:
    """No damage: what the other lines of the table are compared with."""


async def kill_a_worker(stage: Stage) -> None:
    stage.workers.pop(0).kill()
    stage.workers.append(stage.start())


async def kill_all_workers(stage: Stage) -> None:
    for program in stage.workers:
        program.kill()
    stage.workers[:] = [stage.start() for _ in stage.workers]


async def replace_a_worker(stage: Stage) -> None:
    assert await stage.workers.pop(0).stopped() == 0
    stage.workers.append(stage.start())


async def restart_rabbitmq(stage: Stage) -> None:
    await asyncio.to_thread(stage.servers.rabbitmq.restart)


async def kill_mongodb(stage: Stage) -> None:
    await asyncio.to_thread(stage.servers.mongo.kill)
    await asyncio.sleep(4)  # longer than what counts as a blip
    await asyncio.to_thread(stage.servers.mongo.start)


async def step_down(stage: Stage) -> None:
    await stage.store.client.admin.command({"replSetStepDown": 2, "force": True})


async def cut_the_broker_off(stage: Stage) -> None:
    stage.broker.cut()
    await asyncio.sleep(1)
    stage.broker.heal()


async def cut_the_database_off(stage: Stage) -> None:
    stage.database.cut()
    await asyncio.sleep(1)
    stage.database.heal()


async def swallow_what_is_sent_to_the_database(stage: Stage) -> None:
    stage.database.hold(lambda _: True)
    await asyncio.sleep(4)
    stage.database.heal()


async def swallow_what_is_sent_to_the_broker(stage: Stage) -> None:
    stage.broker.hold(lambda _: True)
    await asyncio.sleep(4)
    stage.broker.heal()


SHORT: list[Damage] = [kill_a_worker, cut_the_broker_off, swallow_what_is_sent_to_the_database]
LONG: list[Damage] = [
    nothing,
    kill_all_workers,
    replace_a_worker,
    restart_rabbitmq,
    kill_mongodb,
    step_down,
    swallow_what_is_sent_to_the_broker,
    cut_the_database_off,
]


@asynccontextmanager
async def staged(breakable: RunningServers, worker_with: SpawnWith, store: Store) -> AsyncIterator[Stage]:
    """Workers that reach their servers through proxies."""
    async with AsyncExitStack() as exits:
        broker, amqp_url = await exits.enter_async_context(proxy(breakable.amqp_url))
        database, mongo_url = await exits.enter_async_context(proxy(breakable.mongo_url))

        def start() -> Program:
            return worker_with(USERBUS_AMQP_URL=amqp_url, USERBUS_MONGO_URL=mongo_url)

        workers = [start() for _ in range(WORKERS)]
        for program in workers:
            await program.says("worker ready")
        yield Stage(breakable, store, workers, start, broker, database)
        for program in workers:  # while their servers are still to be reached
            assert await program.stopped() == 0


async def finished(load: ChildProgram, seconds: float = 240.0) -> None:
    async with asyncio.timeout(seconds):
        while load.exit_code is None:
            await asyncio.sleep(0.1)
    assert load.exit_code == 0, load.fault()


async def under_way(store: Store, count: int) -> None:
    """Wait until so many more commands have had their effect."""
    journal = store.collection("journal")
    before = await journal.estimated_document_count()
    async with asyncio.timeout(120):
        while await journal.estimated_document_count() < before + count:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("damage", [*SHORT, *(LONG if FULL else [])])
async def test_every_confirmed_command_has_one_effect_its_events_and_its_answer(
    breakable: RunningServers, worker_with: SpawnWith, store: Store, table: Table, tmp_path: Path, damage: Damage
) -> None:
    async with staged(breakable, worker_with, store) as stage:
        async with Client(breakable.amqp_url) as caller:
            await until_served(caller)
            await listen(caller)
            dead = (await caller.counted("userbus.dead"))[0]
        file = tmp_path / "sent.json"
        argv = [sys.executable, "-m", "tests.faults.load", breakable.amqp_url, str(COMMANDS), str(file)]
        load = spawn(argv, os.environ, tmp_path / "load.log", name="load")
        try:
            await under_way(store, COMMANDS // 5)
            await damage(stage)
            await finished(load)
        finally:
            load.kill()
        written = json.loads(file.read_text())
        async with Client(breakable.amqp_url) as caller:
            await quiet(caller, store, written["sent"])
            outcome = await audit(caller, store, written["sent"], written["gap"])
            assert (await caller.counted("userbus.dead"))[0] == dead
        table.add(damage.__name__.replace("_", " "), outcome)
        assert outcome.commands >= COMMANDS
        assert outcome.flaws == {}
        assert [program.exit_code for program in stage.workers] == [None] * WORKERS
