"""Replies over a node that does not know the callers' queues; two brokers stand for the parts of such a cluster."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractQueue

from contracts.broker_addresses import broker_addresses
from devstack.servers import RunningServers
from tests.support.patience import PATIENCE
from tests.support.proxy import proxy
from worker.bus.cut_off_node import CutOffNode
from worker.bus.publisher import Publisher
from worker.delivery.envelope import Envelope
from worker.delivery.replies import Replies


@pytest.fixture
async def queue(apart: RunningServers) -> AsyncIterator[AbstractQueue]:
    """A caller's queue, which the other broker does not know."""
    async with await aio_pika.connect(apart.amqp_url) as connection:
        yield await (await connection.channel()).declare_queue(exclusive=True)


@pytest.fixture
async def setting(running: RunningServers, apart: RunningServers) -> AsyncIterator[str]:
    """Three addresses: the one without the queue, which is in use, and two of the other."""
    async with proxy(apart.amqp_url) as (_, second):
        yield begun_at(running.amqp_url, running.amqp_url, apart.amqp_url, second)


def begun_at(used: str, *urls: str) -> str:
    """A setting of these addresses, of which one is in use."""
    addresses = broker_addresses(",".join(urls))
    while addresses.current != used:
        addresses.give_up(addresses.current, "the test begins at another")
    return ",".join(urls)


@pytest.mark.usefixtures("stack")  # whose worker, in the same process, hears of returned messages as well
async def test_replies_go_over_the_node_that_knows_the_queue(setting: str, queue: AbstractQueue) -> None:
    envelope = Envelope(name="user.get", entry=None, body=b"", reply_to=queue.name, correlation_id="c")
    async with Replies(setting) as replies, asyncio.timeout(PATIENCE):
        while (message := await queue.get(no_ack=True, fail=False)) is None:
            await replies.send(envelope, "answer")
            await asyncio.sleep(0.1)
    assert message.body == b"answer"


async def look(setting: str, queue: str) -> str:
    """The address of the connection after a reply to the queue was returned."""
    async with Publisher(setting, "replies", confirms=False) as publisher:
        cut_off = CutOffNode(setting, publisher)
        cut_off.record_returned(queue)
        assert cut_off._check is not None
        await cut_off._check
        return publisher.url


async def test_an_address_that_no_node_knows_moves_nothing(setting: str, running: RunningServers) -> None:
    assert await look(setting, f"made-up.{uuid4().hex}") == running.amqp_url


async def test_a_caller_at_the_node_that_is_cut_off_moves_nothing(
    running: RunningServers, apart: RunningServers, queue: AbstractQueue
) -> None:
    async with proxy(running.amqp_url) as (_, second):
        setting = begun_at(running.amqp_url, running.amqp_url, second, apart.amqp_url)
        assert await look(setting, queue.name) == running.amqp_url
