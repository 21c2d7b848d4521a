"""A worker that starts before its servers: it waits, says for what, serves once they are there, leaves when told."""

import asyncio

from devstack.servers import RunningServers
from models.store.client import Store
from tests.faults.conftest import SpawnWith, wait_served
from tests.faults.test_workers import check_effects, creation_bodies
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.proxy import proxy


async def test_it_waits_for_rabbitmq_and_mongodb_and_then_serves(
    breakable: RunningServers, worker_with: SpawnWith, caller: Client, store: Store
) -> None:
    async with proxy(breakable.amqp_url) as (broker, amqp_url), proxy(breakable.mongo_url) as (database, mongo_url):
        broker.cut()
        database.cut()
        program = worker_with(USERBUS_AMQP_URL=amqp_url, USERBUS_MONGO_URL=mongo_url)
        await program.says("worker waits for its servers")
        database.heal()
        await program.says("worker waits for its servers", times=3)
        broker.heal()
        await wait_served(caller)
        await check_effects(store, caller, creation_bodies(5))
        assert program.exit_code is None
        assert await program.stopped() == 0


async def test_it_leaves_in_good_order_while_it_still_waits(breakable: RunningServers, worker_with: SpawnWith) -> None:
    program = worker_with(USERBUS_MONGO_URL="mongodb://127.0.0.1:9/userbus?replicaSet=rs0")
    await program.says("worker waits for its servers")
    assert await program.stopped() == 0


async def test_it_leaves_in_good_order_when_its_servers_have_gone(
    breakable: RunningServers, worker_with: SpawnWith
) -> None:
    async with proxy(breakable.amqp_url) as (broker, amqp_url), proxy(breakable.mongo_url) as (database, mongo_url):
        program = worker_with(USERBUS_AMQP_URL=amqp_url, USERBUS_MONGO_URL=mongo_url)
        await program.says("worker ready")
        broker.cut()
        database.cut()
        await program.says("database is down")
        assert await program.stopped() == 0


async def test_wrong_settings_end_it_at_once(breakable: RunningServers, worker_with: SpawnWith) -> None:
    program = worker_with(USERBUS_SECRET_KEY="short")
    async with asyncio.timeout(PATIENCE):
        while program.exit_code is None:
            await asyncio.sleep(0.1)
    assert program.exit_code == 2
    await program.says("USERBUS_SECRET_KEY")


async def test_queues_of_another_length_end_it_with_what_to_do(
    breakable: RunningServers, worker_with: SpawnWith, caller: Client
) -> None:
    worker_with()
    await wait_served(caller)
    program = worker_with(USERBUS_QUEUE_LENGTH="100")
    async with asyncio.timeout(PATIENCE):
        while program.exit_code is None:
            await asyncio.sleep(0.1)
    assert (program.exit_code, "Traceback" in program.log()) == (2, False)
    assert "run `userbus topology plan`" in program.log()
