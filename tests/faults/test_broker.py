"""RabbitMQ goes away and comes back: workers resume by themselves, consumers and all, and send what waits."""

import asyncio
from collections.abc import Iterable

from aio_pika.exceptions import AMQPError

from devstack.servers import RunningServers
from models.store.client import Store
from tests.faults.conftest import Spawn, wait_served
from tests.faults.test_workers import check_effects, check_events, creation_bodies, publish
from tests.support.client import Client
from tests.support.patience import PATIENCE

FAMILIES = ("user", "account", "role", "auth", "sms")


async def consumers(caller: Client) -> dict[str, int]:
    return {family: (await caller.counted(f"userbus.{family}"))[1] for family in FAMILIES}


async def wait_consumed(caller: Client, seconds: float = PATIENCE) -> None:
    """Wait until every family's queue has its consumer."""
    until = asyncio.get_running_loop().time() + seconds
    while (found := await _found_consumers(caller)) != dict.fromkeys(FAMILIES, 1):
        assert asyncio.get_running_loop().time() < until, found
        await asyncio.sleep(0.2)


async def _found_consumers(caller: Client) -> dict[str, int]:
    try:
        return await consumers(caller)
    except AMQPError:  # the queue is not up again yet
        return {}


async def test_consumers_come_back_after_a_restart_of_rabbitmq(
    breakable: RunningServers, worker: Spawn, store: Store
) -> None:
    program = worker()
    async with Client(breakable.amqp_url) as caller:
        await wait_served(caller)
    await asyncio.to_thread(breakable.rabbitmq.restart)
    async with Client(breakable.amqp_url) as caller:
        await wait_consumed(caller)
        bodies = creation_bodies(50)
        await check_effects(store, caller, bodies)
        await check_events(store, bodies)
    assert program.exit_code is None


async def test_a_restart_under_load_loses_and_doubles_nothing(
    breakable: RunningServers, worker: Spawn, store: Store
) -> None:
    program = worker()
    bodies = creation_bodies(300)
    async with Client(breakable.amqp_url) as caller:
        await wait_served(caller)
        tasks = await publish(caller, bodies)
        while sum(task.done() for task in tasks) < 30:
            await asyncio.sleep(0.005)
        await asyncio.to_thread(breakable.rabbitmq.restart)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    async with Client(breakable.amqp_url) as caller:
        await wait_consumed(caller)
        await check_effects(store, caller, bodies)
        await check_events(store, bodies)
    assert program.exit_code is None


async def test_a_wiped_broker_gets_its_topology_back(breakable: RunningServers, worker: Spawn) -> None:
    program = worker()
    async with Client(breakable.amqp_url) as caller:
        await wait_served(caller)
        for family in FAMILIES:
            await caller.channel.queue_delete(f"userbus.{family}")
        await caller.channel.exchange_delete("userbus.events")
    await asyncio.to_thread(breakable.rabbitmq.restart)
    async with Client(breakable.amqp_url) as caller:
        await wait_served(caller)
        await wait_consumed(caller)
    assert program.exit_code is None


async def wait_declared(
    caller: Client, exchanges: Iterable[str], queues: Iterable[str], seconds: float = PATIENCE
) -> None:
    """Wait until the broker has them."""
    async with asyncio.timeout(seconds):
        while not await _there(caller, exchanges, queues):
            await asyncio.sleep(0.2)


async def _there(caller: Client, exchanges: Iterable[str], queues: Iterable[str]) -> bool:
    try:
        for name in exchanges:
            await caller.found(name)
        for name in queues:
            await caller.counted(name)
    except AMQPError:
        return False
    return True


async def test_what_somebody_deletes_by_hand_comes_back(
    breakable: RunningServers, worker: Spawn, caller: Client, store: Store
) -> None:
    worker()
    await wait_served(caller)
    exchanges = ("userbus.dead", "userbus.retry.1s")
    queues = ("userbus.user", "userbus.dead", "userbus.retry.1s", "userbus.events.log")
    for name in exchanges:
        await caller.channel.exchange_delete(name)
    for name in queues:
        await caller.channel.queue_delete(name)
    await wait_declared(caller, exchanges, queues)
    await wait_consumed(caller)
    bodies = creation_bodies(10)
    await check_effects(store, caller, bodies)
    await check_events(store, bodies)
    before = (await caller.counted("userbus.dead"))[0]
    await caller.send("user.create", b"{{{")
    async with asyncio.timeout(PATIENCE):
        while (await caller.counted("userbus.dead"))[0] == before:
            await asyncio.sleep(0.1)
