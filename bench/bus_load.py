"""Requests over RabbitMQ on one connection, many in flight: the client of every system that is reached by the bus."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage, AbstractQueue

from contracts.catalog import COMMANDS_EXCHANGE

SECONDS = 60.0


class Refused(RuntimeError):
    """A request that userbus answered with a problem."""

    def __init__(self, name: str, problem: dict[str, Any]) -> None:
        super().__init__(f"{name}: {problem}")
        self.problem = problem


class BusLoad:
    """Publishes requests without confirms and hands out the bodies of their replies."""

    def __init__(self, channel: AbstractChannel, userbus: AbstractExchange | None, replies: AbstractQueue) -> None:
        self.channel = channel
        self._userbus = userbus
        self._replies = replies
        self._waiting: dict[str, asyncio.Future[bytes]] = {}

    async def ask(self, name: str, body: dict[str, Any]) -> Any:
        """Send a request to userbus; its data. Raises Refused."""
        if self._userbus is None:
            raise RuntimeError("there was no userbus at this broker when the connection was opened")
        reply = json.loads(await self._call(self._userbus, name, name, json.dumps(body).encode()))
        if reply["status"] != "done":
            raise Refused(name, reply["problem"])
        return reply["data"]

    async def call_queue(self, queue: str, name: str, body: dict[str, Any]) -> bytes:
        """Send a request straight to a queue; the body of the reply."""
        return await self._call(self.channel.default_exchange, queue, name, json.dumps(body).encode())

    async def listen(self) -> None:
        """Begin to receive replies."""
        await self._replies.consume(self._receive, no_ack=True)

    async def _call(self, exchange: AbstractExchange, key: str, name: str, body: bytes) -> bytes:
        correlation = uuid4().hex
        answer = self._waiting[correlation] = asyncio.get_running_loop().create_future()
        message = aio_pika.Message(
            body, message_id=correlation, correlation_id=correlation, type=name, content_type="application/json",
            reply_to=self._replies.name, headers={"x-deadline": int((time.time() + SECONDS) * 1000)},
        )  # fmt: skip
        await exchange.publish(message, key, mandatory=False)
        async with asyncio.timeout(SECONDS):
            reply: bytes = await answer
        return reply

    async def _receive(self, message: AbstractIncomingMessage) -> None:
        answer = self._waiting.pop(message.correlation_id or "", None)
        if answer and not answer.done():
            answer.set_result(message.body)


@asynccontextmanager
async def bus_load(url: str, *, userbus: bool = True) -> AsyncIterator[BusLoad]:
    """Connect, and listen for replies while the block runs; with `userbus` its exchange must exist."""
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel(publisher_confirms=False)
        exchange = await channel.get_exchange(COMMANDS_EXCHANGE) if userbus else None
        load = BusLoad(channel, exchange, await channel.declare_queue(exclusive=True))
        await load.listen()
        yield load
