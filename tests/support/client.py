"""A plain AMQP client, as any other service would write one: no code of ours."""

import asyncio
import json
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue, AbstractRobustConnection


class Client:
    """Sends requests and waits for replies; listens to events. Use as a context manager."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._connection: AbstractRobustConnection | None = None
        self.channel: AbstractChannel
        self.replies: AbstractQueue

    async def call(self, name: str, body: Any, *, seconds: float = 15.0, **properties: Any) -> dict[str, Any]:
        """The reply to a request; `properties` overrides what goes around the body."""
        correlation = uuid4().hex
        answer = self.expect(correlation)
        await self.send(name, body, **{"correlation_id": correlation, "reply_to": self.replies.name, **properties})
        return await asyncio.wait_for(answer, seconds)

    def expect(self, correlation: str) -> asyncio.Future[dict[str, Any]]:
        """The reply that will come with this correlation id."""
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[correlation] = answer
        return answer

    async def done(self, name: str, body: Any, **properties: Any) -> Any:
        """The data of a call that must succeed."""
        reply = await self.call(name, body, **properties)
        assert reply["status"] == "done", reply
        return reply["data"]

    async def refused(self, name: str, body: Any, **properties: Any) -> dict[str, Any]:
        """The problem of a call that must be refused."""
        reply = await self.call(name, body, **properties)
        assert reply["status"] == "failed", reply
        problem: dict[str, Any] = reply["problem"]
        return problem

    async def send(self, name: str, body: Any, **properties: Any) -> None:
        """Publish a request: `body` is bytes as they are, or anything JSON can hold."""
        encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
        fields = {"message_id": uuid4().hex, "type": name, "content_type": "application/json", **properties}
        exchange = await self.channel.get_exchange("userbus.commands", ensure=False)
        await exchange.publish(aio_pika.Message(encoded, **fields), name)

    async def events(self, *patterns: str, served: bool = True) -> "Events":
        """Events from now on whose names match one of the patterns; those of earlier commands are let pass first.

        Without a worker (`served` false) nothing can be let pass.
        """
        queue = await self.channel.declare_queue(exclusive=True)
        for pattern in {*patterns, "command.refused"}:
            await queue.bind("userbus.events", pattern)
        events = Events()
        await queue.consume(events.receive, no_ack=True)
        if served:
            marker = uuid4().hex
            await self.send("user.set_status", {"id": 9_007_199_254_740_991}, message_id=marker)
            await events.about(f"command/{marker}", 1)
        if "command.refused" not in patterns and "#" not in patterns:
            await queue.unbind("userbus.events", "command.refused")
        return events

    async def counted(self, queue: str) -> tuple[int, int]:
        """How many messages wait in a queue, and how many consumers it has."""
        assert self._connection is not None
        async with self._connection.channel() as channel:  # a robust channel remembers what it once declared
            found = (await channel.declare_queue(queue, passive=True)).declaration_result
            return found.message_count or 0, found.consumer_count or 0

    async def found(self, exchange: str) -> None:
        """Raises where there is no such exchange."""
        assert self._connection is not None
        async with self._connection.channel() as channel:
            await channel.get_exchange(exchange, ensure=True)

    async def __aenter__(self) -> Self:
        self._connection = await aio_pika.connect_robust(self._url)
        self.channel = await self._connection.channel()
        self.replies = await self.channel.declare_queue(exclusive=True)
        await self.replies.consume(self._receive, no_ack=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def _receive(self, message: AbstractIncomingMessage) -> None:
        answer = self._waiting.pop(message.correlation_id or "", None)
        if answer is not None and not answer.done():
            answer.set_result(json.loads(message.body))


class Events:
    """Events in the order of their arrival."""

    def __init__(self) -> None:
        self._arrived: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def receive(self, message: AbstractIncomingMessage) -> None:
        """Keep an event."""
        await self._arrived.put(json.loads(message.body))

    async def next(self, seconds: float = 10.0) -> dict[str, Any]:
        """The next event."""
        return await asyncio.wait_for(self._arrived.get(), seconds)

    async def about(self, subject: str, count: int, seconds: float = 10.0) -> list[dict[str, Any]]:
        """The next `count` events about a subject."""
        found: list[dict[str, Any]] = []
        async with asyncio.timeout(seconds):
            while len(found) < count:
                event = await self._arrived.get()
                if event["subject"] == subject:
                    found.append(event)
        return found
