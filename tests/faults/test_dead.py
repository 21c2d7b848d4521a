"""Messages that kill their workers, and dead letters in great numbers."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from uuid import uuid4

import aio_pika
import pytest
from aiormq.abc import FieldTable

from contracts.topology.declared import DELIVERY_LIMIT
from devstack.programs import ChildProgram, spawn
from devstack.servers import RunningServers
from models.store.client import Store
from tests.faults.conftest import Spawn, wait_served
from tests.faults.test_workers import check_effects, check_events, creation_bodies
from tests.support.client import Client
from tests.support.dying_workers import take_and_drop
from tests.support.faults.programs import FULL
from tests.support.patience import PATIENCE

MANY = 10_000 if FULL else 1_000


@pytest.fixture(autouse=True)
async def empty(worker: Spawn, caller: Client) -> None:
    """No dead letters, and no worker any more."""
    program = worker()
    await wait_served(caller)
    await program.stopped()
    await (await caller.channel.get_queue("userbus.dead", ensure=False)).purge()


async def wait_ended(program: ChildProgram) -> int:
    """Its status when it has ended by itself."""
    async with asyncio.timeout(240):
        while program.exit_code is None:
            await asyncio.sleep(0.1)
    return program.kill()


async def test_a_message_that_kills_its_workers_is_dead_lettered_without_its_secrets(
    breakable: RunningServers, worker: Spawn, caller: Client
) -> None:
    message_id = uuid4().hex
    body = {"username": uuid4().hex[:20], "password": "correct horse battery"}
    await caller.send("user.create", body, message_id=message_id)
    await take_and_drop(breakable.amqp_url, message_id, times=DELIVERY_LIMIT)
    program = worker()
    await program.says("dead-lettered")
    queue = await caller.channel.get_queue("userbus.dead", ensure=False)
    letter = await queue.get(timeout=PATIENCE, fail=True)
    assert letter is not None
    await letter.ack()
    assert (letter.message_id, letter.headers["x-userbus-code"]) == (message_id, "message.poison")
    assert letter.headers["x-userbus-deliveries"] == DELIVERY_LIMIT + 1
    assert letter.headers["x-userbus-redacted"] == "password"
    assert b"correct horse" not in letter.body
    assert "correct horse" not in program.log()


async def test_one_that_came_back_often_is_still_carried_out(
    breakable: RunningServers, worker: Spawn, caller: Client, store: Store
) -> None:
    (message_id, body), *_ = creation_bodies(1).items()
    await caller.send("user.create", body, message_id=message_id)
    await take_and_drop(breakable.amqp_url, message_id, times=DELIVERY_LIMIT - 1)
    worker()
    await check_events(store, {message_id: body}, entries=1)


async def test_many_are_redriven_and_an_interruption_loses_none(
    breakable: RunningServers, worker: Spawn, caller: Client, store: Store, tmp_path: Path
) -> None:
    bodies = creation_bodies(MANY)
    exchange = await caller.channel.get_exchange("userbus.dead.letters", ensure=False)
    cause: FieldTable = {"x-userbus-reason": "dead_lettered", "x-userbus-code": "service.fault"}
    for start in range(0, MANY, 200):
        part = [*bodies.items()][start : start + 200]
        messages = [aio_pika.Message(json.dumps(body).encode(), message_id=key, headers=cause) for key, body in part]
        await asyncio.gather(*(exchange.publish(message, "user.create") for message in messages))

    argv = [sys.executable, "-m", "cli", "dead", "redrive", "--all"]
    env = {**os.environ, "USERBUS_AMQP_URL": breakable.amqp_url}
    first = spawn([*argv, "--rate", str(MANY // 20)], env, tmp_path / "redrive.log")
    async with asyncio.timeout(PATIENCE):
        while (await caller.counted("userbus.user"))[0] < MANY // 20:
            await asyncio.sleep(0.02)
    os.kill(first.pid, signal.SIGINT)
    assert await wait_ended(first) == 130, first.fault()
    left = (await caller.counted("userbus.dead"))[0]
    assert 0 < left < MANY
    assert left + (await caller.counted("userbus.user"))[0] >= MANY

    worker()
    second = spawn(argv, env, tmp_path / "redrive.log")
    assert await wait_ended(second) == 0, second.fault()
    await check_events(store, bodies, seconds=240, entries=MANY)
    assert (await caller.counted("userbus.dead"))[0] == 0
    some = dict([*bodies.items()][:: MANY // 100])
    await check_effects(store, caller, some)
