"""Answers by direct reply-to, while others forge such addresses, which closes connections on RabbitMQ 3.10."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.stack import Stack


async def test_forged_addresses_cost_no_other_direct_caller_an_answer(client: Client, stack: Stack) -> None:
    answers: dict[str, dict[str, Any]] = {}
    connection = await aio_pika.connect(stack.amqp_url)
    async with connection, connection.channel() as channel:
        arrived = asyncio.Event()

        async def take(message: AbstractIncomingMessage) -> None:
            answers[str(message.correlation_id)] = json.loads(message.body)
            arrived.set()

        replies = await channel.get_queue("amq.rabbitmq.reply-to", ensure=False)
        await replies.consume(take, no_ack=True)
        exchange = await channel.get_exchange("userbus.commands", ensure=False)

        async def ask(correlation: str) -> None:
            body = json.dumps({"username": f"u_{correlation}"}).encode()
            asked = aio_pika.Message(
                body, message_id=uuid4().hex, correlation_id=correlation, reply_to="amq.rabbitmq.reply-to"
            )
            await exchange.publish(asked, "user.create")

        async with asyncio.timeout(PATIENCE):
            await ask("first")
            await arrived.wait()
            for number in range(200):
                if number % 20 == 0:
                    await client.send("user.get", {"id": 1}, reply_to=f"amq.rabbitmq.reply-to.x{number}.y")
                await ask(f"{number}")
            while len(answers) < 201:
                arrived.clear()
                await arrived.wait()
    assert {answer["status"] for answer in answers.values()} == {"done"}
