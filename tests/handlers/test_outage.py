"""A message that came back often, in an outage: it waits like the others, and holds nobody up afterwards."""

import asyncio
from uuid import uuid4

from devstack.servers import RunningServers
from handlers.app import working
from handlers.consumer import SUSPECT
from tests.client import Client
from tests.proxy import proxy
from tests.stack import settings


async def test_suspects_are_carried_out_when_the_database_is_back(apart: RunningServers) -> None:
    async with (
        proxy(apart.mongo_url) as (link, mongo_url),
        working(settings(apart, mongo_url=mongo_url)) as worker,
        Client(apart.amqp_url) as client,
    ):
        watch = worker.shared.store.watch
        events = await client.events("user.created")
        link.cut()
        while not watch.down:
            await asyncio.sleep(0.05)
        names = {f"u_{uuid4().hex[:10]}" for _ in range(3)}
        for name in names:
            await client.send("user.create", {"username": name}, headers={"x-delivery-count": SUSPECT})
        await asyncio.sleep(1.5)  # by now they are in hand
        link.heal()
        told = [await events.next(30) for _ in names]
    assert {event["data"]["username"] for event in told} == names
