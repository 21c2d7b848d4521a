"""The dead letters themselves: one pass over the queue, in order; whatever is not settled goes back to its place."""

import asyncio
import getpass
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import DeliveryError, PublishError

from cli.letters import Selection
from contracts.catalog import COMMANDS_EXCHANGE, DEAD, DEAD_LOG

KEPT = frozenset({"x-actor", "traceparent", "tracestate"})
FULL_PAUSE = 1.0
FULL_TRIES = 30
QUIET = 2.0
WINDOW = 50_000  # unsettled letters of one consumer: AMQP's limit is 65,535, and 2,000 where none is named
LINE = 500  # message ids in one line of the log


class Unroutable(Exception):
    """No queue takes requests of that name."""


class QueueFull(Exception):
    """The work queue refuses messages, and kept doing so."""


class Parked:
    """The letters that were there when it was opened, oldest first. Use as a context manager.

    The broker hands them all out once, and takes back, in order, what has been neither redriven nor dropped: each look
    marks those as delivered once more. A letter that is redriven is first taken by the work queue and then removed, so
    a lost connection may at worst redrive it twice, which its message_id makes harmless.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._arrived: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()
        self._stopped = asyncio.Event()
        self._connection: AbstractConnection
        self._channel: AbstractChannel
        self.total = 0

    @property
    def stopped(self) -> bool:
        """Whether somebody has asked to stop."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Hand out no more letters."""
        self._stopped.set()
        self._arrived.put_nowait(None)

    async def stops_within(self, seconds: float) -> bool:
        """Wait; whether somebody has asked to stop meanwhile."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), seconds)
        return self.stopped

    async def letters(self) -> AsyncIterator[AbstractIncomingMessage]:
        """Each letter, until `stop`. Raises `ConnectionError` when the broker goes away."""
        for number in range(self.total):
            if number % WINDOW == 0:
                await self._consume()
            message = await self._arrived.get()
            if self.stopped:
                return
            if message is None:
                raise ConnectionError("the connection to the broker was lost")
            yield message

    async def _consume(self) -> None:
        """One more consumer, for the next window of letters."""
        channel = await self._connection.channel()
        await channel.set_qos(prefetch_count=WINDOW)
        channel.close_callbacks.add(lambda *_: self._arrived.put_nowait(None))
        await (await channel.get_queue(DEAD, ensure=False)).consume(self._arrived.put)

    async def redrive(self, message: AbstractIncomingMessage) -> bool:
        """Send it to its work queue as it first came, and remove it; False where it was stopped before.

        Raises `Unroutable`, or `QueueFull` after half a minute.
        """
        exchange = await self._channel.get_exchange(COMMANDS_EXCHANGE, ensure=False)
        copy = _again(message)
        for _ in range(FULL_TRIES):
            try:
                await exchange.publish(copy, message.routing_key or "", mandatory=True)
                await message.ack()
                return True
            except PublishError as error:
                raise Unroutable(message.routing_key) from error
            except DeliveryError:
                if await self.stops_within(FULL_PAUSE):
                    return False
        raise QueueFull(message.routing_key)

    async def tell(self, entry: dict[str, Any]) -> None:
        """Write a line into the log of what was done to dead letters, which is a stream on the broker."""
        body = json.dumps({"at": datetime.now(UTC).isoformat(), "by": _who(), **entry}, ensure_ascii=False).encode()
        await self._channel.default_exchange.publish(aio_pika.Message(body, delivery_mode=2), DEAD_LOG)

    async def told(self) -> AsyncIterator[dict[str, Any]]:
        """The lines of that log, oldest first."""
        await self._channel.set_qos(prefetch_count=100)
        queue = await self._channel.get_queue(DEAD_LOG, ensure=False)
        await queue.consume(self._arrived.put, arguments={"x-stream-offset": "first"})
        with suppress(TimeoutError):  # a stream does not tell its length
            while message := await asyncio.wait_for(self._arrived.get(), QUIET):
                await message.ack()
                yield json.loads(message.body)

    async def __aenter__(self) -> Self:
        self._connection = await aio_pika.connect(self._url, timeout=5)
        self._channel = await self._connection.channel(on_return_raises=True)
        found = await self._channel.declare_queue(DEAD, passive=True)
        self.total = found.declaration_result.message_count or 0
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connection.close()


@dataclass(slots=True)
class Diary:
    """Tells what a verb does: when it begins, and then which messages it has handled, a few hundred to a line."""

    parked: Parked
    verb: str
    selection: Selection
    _ids: list[str] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        await self.parked.tell({"verb": self.verb, "began": self.selection.told()})
        return self

    async def note(self, id: str) -> None:
        """A letter has been handled."""
        self._ids.append(id)
        if len(self._ids) >= LINE:
            await self._write()

    async def _write(self) -> None:
        if self._ids:
            await self.parked.tell({"verb": self.verb, "ids": self._ids})
            self._ids = []

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._write()


def _again(message: AbstractIncomingMessage) -> aio_pika.Message:
    headers = {key: value for key, value in message.headers.items() if key in KEPT or not key.startswith("x-")}
    return aio_pika.Message(
        message.body,
        headers=headers,
        content_type="application/json",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=message.message_id,
        correlation_id=message.correlation_id,
        app_id=message.app_id,
        timestamp=message.timestamp,
        type=message.type,
    )


def _who() -> str:
    return f"{os.environ.get('SUDO_USER') or getpass.getuser()}@{socket.gethostname()}"
