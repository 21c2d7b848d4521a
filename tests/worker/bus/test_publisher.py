"""A connection for publishing, asked again and again for as long as a worker lives."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import aio_pika
import pytest
from aiormq.abc import FieldTable
from pamqp.commands import Basic

from contracts.broker_addresses import broker_addresses
from devstack.servers import RunningServers
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.proxy import Proxy, proxy
from worker.bus.publications import Publication
from worker.bus.publisher import Publisher, PublishFailed
from worker.bus.unconfirmed import FAILURES


async def test_looking_into_a_queue_ten_thousand_times_a_day_leaves_nothing_behind(
    running: RunningServers, client: Client
) -> None:
    async with Publisher(running.amqp_url, "publisher", confirms=True) as publisher:

        async def count_objects(looks: int) -> int:
            for _ in range(looks):
                assert await publisher.inspect_queue("userbus.user") >= (0, 1)
                assert await publisher.inspect_queue("no such queue") == (0, 0)
            gc.collect()
            return len(gc.get_objects())

        before = await count_objects(20)
        assert await count_objects(200) < before + 400


async def test_what_a_look_closes_is_not_the_channel_that_publishes(running: RunningServers) -> None:
    async with Publisher(running.amqp_url, "publisher", confirms=True) as publisher:
        publishing = publisher.channel
        assert await publisher.inspect_queue("no such queue") == (0, 0)
        assert publisher.channel is publishing
        assert publisher.is_connected


@asynccontextmanager
async def two_ways(amqp_url: str) -> AsyncIterator[tuple[Proxy, Publisher, Callable[[], bool]]]:
    """The way that a publisher uses, and whether it has gone over to another."""
    url = f"{amqp_url}?heartbeat=600"  # heartbeats would find a dead peer as well, half a minute later
    async with proxy(url) as (stuck, stuck_url), proxy(url) as (_, good_url):
        urls = f"{stuck_url},{good_url}"
        broker_addresses(urls).give_up(good_url, "the test begins at the other")
        async with Publisher(urls, "test", confirms=True, mandatory=False) as publisher:
            await publisher.publish("amq.topic", "none", aio_pika.Message(b""))
            yield stuck, publisher, lambda: broker_addresses(urls).current == good_url


async def test_a_connection_on_which_nothing_is_confirmed_is_left_for_another_address(running: RunningServers) -> None:
    async with two_ways(running.amqp_url) as (stuck, publisher, has_left):
        stuck.hold(lambda _: True)
        for _ in range(FAILURES):
            assert not has_left()
            with pytest.raises(PublishFailed):
                await publisher.publish("amq.topic", "none", aio_pika.Message(b""), seconds=0.1)
        await publish_at_last(publisher, "amq.topic", "none")
        assert has_left()


async def test_one_batch_of_which_nothing_is_confirmed_is_enough(running: RunningServers) -> None:
    event = Publication("amq.topic", "none", Basic.Properties(), b"", mandatory=False)
    async with two_ways(running.amqp_url) as (stuck, publisher, has_left):
        assert await publisher.publish_all([event]) == [None]
        stuck.hold(lambda _: True)
        (outcome,) = await publisher.publish_all([event], seconds=0.1)
        assert isinstance(outcome, PublishFailed)
        await publish_at_last(publisher, "amq.topic", "none")
        assert has_left()


async def test_a_channel_that_refuses_everything_is_replaced(running: RunningServers, client: Client) -> None:
    full = f"full.{uuid4().hex}"
    async with proxy(running.amqp_url) as (between, url), Publisher(url, "test", confirms=True) as publisher:
        arguments: FieldTable = {"x-max-length": 0, "x-overflow": "reject-publish", "x-expires": 60_000}
        await publisher.channel.declare_queue(full, arguments=arguments)
        links = {*between.links}
        for _ in range(FAILURES):
            with pytest.raises(PublishFailed):
                await publisher.publish("", full, aio_pika.Message(b""))
        async with asyncio.timeout(PATIENCE):
            while links & between.links or not publisher.is_connected:
                await asyncio.sleep(0.05)
        await publish_at_last(publisher, "userbus.relay", "")


async def publish_at_last(publisher: Publisher, exchange: str, key: str) -> None:
    """Publish as soon as the connection is back."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await publisher.publish(exchange, key, aio_pika.Message(b""), seconds=1.0)
            except PublishFailed:
                await asyncio.sleep(0.05)
