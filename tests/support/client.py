"""A plain AMQP client, as any other service would write one: no code of ours."""

import asyncio
import json
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue, AbstractRobustConnection

from tests.support.bus_contract import event_fault, reply_fault, request_fault
from tests.support.patience import PATIENCE


def is_unavailable(reply: dict[str, Any]) -> bool:
    """Whether a reply says to try again under the same message_id."""
    problem = reply.get("problem", {})
    return bool(problem.get("kind") == "unavailable" or problem.get("code") == "store.busy")


class Client:
    """Sends requests and waits for replies; listens to events. Use as a context manager.

    All that it sees is compared with the AsyncAPI document, and what differs fails at the end; `documented` is False
    for a test that makes up names of events. `caller` is the property user_id of every request.
    """

    def __init__(self, url: str, documented: bool = True, caller: str | None = None) -> None:
        self._caller = caller
        self._url = url
        self._documented = documented
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._requests: dict[str, tuple[str, Any]] = {}
        self._faults: set[str] = set()
        self._connection: AbstractRobustConnection | None = None
        self.channel: AbstractChannel
        self.replies: AbstractQueue

    async def call(self, name: str, body: Any, *, seconds: float = PATIENCE, **properties: Any) -> dict[str, Any]:
        """The reply to a request; `properties` overrides what goes around the body."""
        correlation = uuid4().hex
        answer = self.expect(correlation)
        self._requests[correlation] = (name, body)
        await self.send(name, body, **{"correlation_id": correlation, "reply_to": self.replies.name, **properties})
        async with asyncio.timeout(seconds):
            return await answer

    async def settle(self, name: str, body: Any, **properties: Any) -> dict[str, Any]:
        """The reply to a command that is sent again, under its own id, for as long as it is told to try again."""
        properties = {"message_id": uuid4().hex, **properties}
        async with asyncio.timeout(2 * PATIENCE):
            while is_unavailable(reply := await self.call(name, body, **properties)):
                await asyncio.sleep(0.1)
        return reply

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
        fields = {
            "message_id": uuid4().hex,
            "user_id": self._caller,
            "type": name,
            "content_type": "application/json",
            **properties,
        }
        exchange = await self.channel.get_exchange("userbus.commands", ensure=False)
        await exchange.publish(aio_pika.Message(encoded, **fields), name)

    async def events(self, *patterns: str, served: bool = True) -> "Events":
        """Events from now on whose names match one of the patterns; those of earlier commands are let pass first.

        Without a worker (`served` false) nothing can be let pass.
        """
        queue = await self.channel.declare_queue(exclusive=True)
        for pattern in {*patterns, "command.refused"}:
            await queue.bind("userbus.events", pattern)
        events = Events(self._faults)
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
        await self.open_channel()
        return self

    async def open_channel(self) -> None:
        """Open another channel for requests and replies: one that the broker has closed may stay so."""
        assert self._connection is not None
        self.channel = await self._connection.channel()
        self.replies = await self.channel.declare_queue(exclusive=True)
        await self.replies.consume(self._receive, no_ack=True)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            await self._connection.close()
        differences = sorted(self._faults) if self._documented else []
        assert differences == [], f"see docs/bus/asyncapi.json: {differences}"

    async def _receive(self, message: AbstractIncomingMessage) -> None:
        reply = json.loads(message.body)
        self._compare(message, reply)
        answer = self._waiting.pop(message.correlation_id or "", None)
        if answer is not None and not answer.done():
            answer.set_result(reply)

    def _compare(self, message: AbstractIncomingMessage, reply: dict[str, Any]) -> None:
        name, body = self._requests.pop(message.correlation_id or "", (None, None))
        if name is None:
            return
        faults = [reply_fault(name, message, reply)]
        if reply["status"] == "done" and not isinstance(body, bytes):  # bytes may be in any form that a worker reads
            faults.append(request_fault(name, body))
        self._faults.update(fault for fault in faults if fault)


class Events:
    """Events in the order of their arrival; how they differ from the document is added to `faults`."""

    def __init__(self, faults: set[str]) -> None:
        self._faults = faults
        self._arrived: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def receive(self, message: AbstractIncomingMessage) -> None:
        """Keep an event."""
        event = json.loads(message.body)
        if fault := event_fault(message, event):
            self._faults.add(fault)
        await self._arrived.put(event)

    async def next(self, seconds: float = PATIENCE) -> dict[str, Any]:
        """The next event."""
        async with asyncio.timeout(seconds):
            return await self._arrived.get()

    async def about(self, subject: str, count: int, seconds: float = PATIENCE) -> list[dict[str, Any]]:
        """The next `count` events about a subject."""
        found: list[dict[str, Any]] = []
        async with asyncio.timeout(seconds):
            while len(found) < count:
                event = await self._arrived.get()
                if event["subject"] == subject:
                    found.append(event)
        return found
