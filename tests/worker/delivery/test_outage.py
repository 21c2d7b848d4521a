"""A message that came back often, in an outage: it waits like the others, and holds nobody up afterwards."""

import asyncio
from uuid import uuid4

from devstack.servers import RunningServers
from tests.support.client import Client
from tests.support.dying_workers import take_and_drop
from tests.support.proxy import proxy
from tests.support.stack import settings
from worker.app import run_worker
from worker.delivery.consumer import SUSPECT_DELIVERIES


async def test_suspects_are_carried_out_when_the_database_is_back(apart: RunningServers) -> None:
    async with run_worker(settings(apart)):
        pass  # the queues are there, and nobody consumes them
    names = {uuid4().hex: f"u_{uuid4().hex[:10]}" for _ in range(8)}
    async with Client(apart.amqp_url) as client, proxy(apart.mongo_url) as (link, mongo_url):
        events = await client.events("user.created", served=False)
        for message_id, name in names.items():
            await client.send("user.create", {"username": name}, message_id=message_id)
        await take_and_drop(apart.amqp_url, *names, times=SUSPECT_DELIVERIES)
        async with run_worker(settings(apart, mongo_url=mongo_url)) as worker:
            link.cut()
            while not worker.dependencies.store.availability.is_down:
                await asyncio.sleep(0.05)
            await asyncio.sleep(1.5)  # by now they are in flight
            link.heal()
            told = [await events.next() for _ in names]
    assert {event["data"]["username"] for event in told} == {*names.values()}
