"""A message at whose delivery the broker closes the connection, again and again: other families do not notice."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from devstack.servers import RunningServers
from tests.faults.conftest import Program, SpawnWith, wait_served
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.proxy import Link, Proxy, proxy

MARK = b"cannot-be-delivered"


@pytest.fixture
async def closing(breakable: RunningServers, worker_with: SpawnWith, caller: Client) -> AsyncIterator[Proxy]:
    """A worker whose connections end at marked deliveries."""
    async with proxy(breakable.amqp_url) as (broker, amqp_url):
        broker.mark = MARK
        program = worker_with(USERBUS_AMQP_URL=amqp_url)
        await program.says("worker ready")
        await wait_served(caller)
        yield broker
        broker.heal()
        await stop(program)


async def stop(program: Program) -> None:
    assert await program.stopped() == 0


async def wait_count(caller: Client, queue: str, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await caller.counted(queue))[0] != count:
            await asyncio.sleep(0.05)


async def ask_other_families(caller: Client) -> None:
    for name in ("health.role", "health.account", "health.auth", "health.sms"):
        await caller.done(name, {})


def lost(before: set[Link], broker: Proxy) -> int:
    return len(before - broker.links)


async def test_a_command_that_cannot_be_delivered_harms_its_family_for_a_moment_alone(
    closing: Proxy, caller: Client
) -> None:
    unreadable = (await caller.counted("userbus.dead.undeliverable"))[0]
    before = {*closing.links}
    await caller.send("user.create", {"username": "cut"}, message_id=f"{MARK.decode()} {uuid4().hex}")
    await ask_other_families(caller)
    await wait_count(caller, "userbus.dead.undeliverable", unreadable + 1)
    await caller.done("user.create", {"username": f"u_{uuid4().hex[:12]}"})
    assert lost(before, closing) == 2  # of the family's commands, and of what the broker gave up
    assert (await caller.counted("userbus.user"))[0] == 0


async def test_a_query_that_cannot_be_delivered_is_taken_out(closing: Proxy, caller: Client) -> None:
    before = {*closing.links}
    await caller.send("user.get", {"id": 1}, message_id=f"{MARK.decode()} {uuid4().hex}")
    await ask_other_families(caller)
    reply = await caller.settle("user.get", {"username": uuid4().hex})  # one that came with it is to ask again
    assert reply["problem"]["code"] == "user.not_found"
    assert lost(before, closing) == 1
    assert (await caller.counted("userbus.user.queries"))[0] == 0


async def test_good_commands_of_the_same_queue_are_served_and_not_dead_lettered(closing: Proxy, caller: Client) -> None:
    dead, unreadable = [(await caller.counted(name))[0] for name in ("userbus.dead", "userbus.dead.undeliverable")]
    names = [f"u_{uuid4().hex[:12]}" for _ in range(40)]
    for number, username in enumerate(names):
        if number in (10, 30):
            await caller.send("user.create", {"username": "cut"}, message_id=f"{MARK.decode()} {uuid4().hex}")
        await caller.send("user.create", {"username": username})
    await wait_count(caller, "userbus.dead.undeliverable", unreadable + 2)
    for username in names:
        async with asyncio.timeout(PATIENCE):
            while (await caller.settle("user.get", {"username": username}))["status"] != "done":
                await asyncio.sleep(0.05)
    assert (await caller.counted("userbus.dead"))[0] == dead
    assert (await caller.counted("userbus.user"))[0] == 0
