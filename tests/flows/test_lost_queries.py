"""A query that a worker loses is not run again: its queue does not count deliveries, and its caller can ask again."""

import asyncio
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.stack import Stack


async def test_the_caller_of_a_lost_query_is_told_to_ask_again(client: Client, stack: Stack) -> None:
    taken: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
    body = {"username": f"user_{uuid4().hex}"}
    async with await aio_pika.connect(stack.amqp_url) as loser:
        channel = await loser.channel()
        await channel.set_qos(prefetch_count=1)
        queue = await channel.get_queue("userbus.user.queries", ensure=False)
        await queue.consume(taken.put, arguments={"x-priority": 1})  # before the worker
        answer = asyncio.create_task(client.refused("user.get", body))
        await asyncio.wait_for(taken.get(), PATIENCE)
    problem = await answer
    assert (problem["kind"], problem["code"]) == ("unavailable", "service.interrupted")
    assert (await client.refused("user.get", body))["code"] == "user.not_found"
