"""The processes of a consumer that shares partitions tell one another that they are there."""

import asyncio
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import DeliveryError
from pamqp.commands import Basic

from client import members
from client.members import HERE, Members
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.stack import Stack


class RefusingExchange:
    """An exchange of which each second message is refused, as RabbitMQ does while a bound queue is lost."""

    def __init__(self, exchange: Any) -> None:
        self._exchange = exchange
        self._told = 0

    async def publish(self, message: aio_pika.Message, key: str, **words: Any) -> None:
        self._told += 1
        if self._told % 2:
            raise DeliveryError(None, Basic.Nack())
        await self._exchange.publish(message, key, **words)


async def test_a_message_that_the_broker_refuses_is_followed_by_others(
    stack: Stack, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "INTERVAL", 0.05)  # a second each otherwise
    heard = asyncio.Queue[str | None]()

    async def nothing() -> None:
        """Where another process comes or goes."""

    async def hear(message: AbstractIncomingMessage) -> None:
        await heard.put(message.type)

    joined = Members("test.members", stack.amqp_url, "test")
    await joined.join(client.channel, nothing)
    exchange = await client.channel.get_exchange("test.members")
    queue = await client.channel.declare_queue(exclusive=True)
    await queue.bind(exchange)
    await queue.consume(hear, no_ack=True)
    joined._exchange = RefusingExchange(exchange)  # type: ignore[assignment]  # the one call of it that is made
    async with asyncio.timeout(PATIENCE):
        assert [await heard.get() for _ in range(3)] == [HERE] * 3
    await joined.leave()
