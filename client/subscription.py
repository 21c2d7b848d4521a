"""Subscriptions: iterate over events, acknowledging each when the next one is asked for."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Self

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, ChannelPreconditionFailed
from aiormq.exceptions import ChannelAccessRefused, ConnectionCommandInvalid
from pydantic import ValidationError

from client.connection import Connection
from client.errors import BusError, Conflict, access_refused, unavailable
from client.event import Event, read_event
from client.sequences import Sequences
from client.sources import OFFSET, Source
from contracts.lost_connections import name_lost_connections
from contracts.problem import Problem
from tracing.messages import begin_message_span
from tracing.spans import NOT_RECORDED, Span

_PLUGIN = (
    "several partitions need a plugin of RabbitMQ: "
    "run `rabbitmq-plugins enable rabbitmq_consistent_hash_exchange` on every node"
)
_DIFFERS = "a consumer keeps its queue and its number of partitions; take another consumer name to change them"

log = logging.getLogger(__name__)


class Subscription:
    """An asynchronous iterator of events: in order, each id once, on a connection of its own that comes back.

    Asking for the next event acknowledges the one before. A loop that is left by an exception or by `break` leaves its
    last event unacknowledged: the next loop gives it again, or the next consumer once this one is closed. Used as an
    `async with` block, the subscription is ready when the block begins, and the last event is acknowledged when the
    block ends without an exception. The iterator ends when the subscription or its bus is closed. Raises Denied if the
    broker does not allow to consume, Conflict if the queue exists with other arguments or another number of partitions,
    Unavailable if partitions need a plugin that the broker does not have.
    """

    def __init__(self, url: str, app_id: str, source: Source) -> None:
        self._source = source
        self._connection = Connection(url, f"{app_id} {source.name}", self._serve)
        self._is_open = False
        self.is_closed = False
        self._ready = asyncio.Event()
        self._fault: BusError | None = None
        self._arrived: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()
        self._current: tuple[AbstractIncomingMessage, Event] | None = None
        self._give_again = False
        self._span: Span = NOT_RECORDED
        self._sequences = Sequences()

    async def __aenter__(self) -> Self:
        """Wait until the queue is bound, or the log is being read."""
        try:
            await self._open()
        except BaseException:  # refused or cancelled: else it would be given the events, with nobody to read them
            await self.close()
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Stop; acknowledges the last event unless there was an exception."""
        try:
            if kind is None:
                await self._finish()
        finally:
            await self.close()

    @property
    def up_since(self) -> float | None:
        """The event loop's time since which the connection is up; None while it is not."""
        return self._connection.up_since

    async def close(self) -> None:
        """Stop; an event that is not acknowledged will be delivered again."""
        self.is_closed = True
        if self._current is not None:
            self._span.fail("not acknowledged")
        self._end_span()
        try:
            await self._source.leave()
        finally:
            await self._connection.close()
            self._wake()

    def __aiter__(self) -> Self:
        """Begin with the event that an earlier loop did not finish, if there is one."""
        self._give_again = self._current is not None
        return self

    async def __anext__(self) -> Event:
        """Acknowledge the event before, wait for the next one."""
        if self.is_closed:
            raise StopAsyncIteration
        await self._open()
        if self._give_again and self._current:
            self._give_again = False
            return self._current[1]
        await self._finish()
        while True:
            message = await self._wait_message()
            event = self._read(message)
            if event is not None:
                self._span = _begin_processing(message, event)
                event = replace(event, traceparent=self._span.headers().get("traceparent", event.traceparent))
                self._current = message, event
                return event
            await _acknowledge(message)

    async def _wait_message(self) -> AbstractIncomingMessage:
        while True:
            if self._source.is_stale:
                await self._renew()
            message = await self._arrived.get()
            if self.is_closed:
                raise StopAsyncIteration
            if self._fault:
                raise self._fault
            if message is not None:
                return message

    async def _renew(self) -> None:
        """Consume anew, while no event is in hand: whoever is given the rest finds all before it done."""
        self._ready.clear()
        self._connection.renew()
        await self._open()

    async def _open(self) -> None:
        if not self._is_open:
            self._is_open = True
            await self._connection.open()
        await self._ready.wait()
        if self._fault:
            raise self._fault

    async def _finish(self) -> None:
        if self._current is not None:
            message, event = self._current
            self._current = None
            self._sequences.record(event)
            await _acknowledge(message)
            self._end_span()

    def _end_span(self) -> None:
        self._span, span = NOT_RECORDED, self._span
        span.end()

    def _read(self, message: AbstractIncomingMessage) -> Event | None:
        """The event in a message; None for a repeat, for one that is not wanted and for what is no event."""
        offset = message.headers.get(OFFSET)
        try:
            event = read_event(json.loads(message.body), offset if isinstance(offset, int) else None)
        except (ValueError, RecursionError) as error:
            kind = "no CloudEvents object" if isinstance(error, ValidationError) else "no JSON"
            log.error("%s: dropped message %s, which is %s", self._source.name, message.message_id, kind)
            return None
        if not self._source.accepts(event) or self._sequences.is_repeat(event):
            return None
        return self._sequences.place(event)

    @asynccontextmanager
    async def _serve(self, channel: AbstractChannel) -> AsyncIterator[None]:
        while not self._arrived.empty():  # what arrived on the channel before is delivered again
            self._arrived.get_nowait()
        try:
            await self._source.consume(channel, self._arrived.put)
        except (ChannelAccessRefused, ChannelPreconditionFailed, ConnectionCommandInvalid) as error:
            self._fault = _refusal(error)
            self._wake()
            raise
        if self._source.is_shared:
            self._sequences.forget_subjects()
        self._fault = None
        self._ready.set()
        yield

    def _wake(self) -> None:
        """Wake whoever waits for the subscription to begin, or for an event."""
        self._ready.set()
        self._arrived.put_nowait(None)


def _begin_processing(message: AbstractIncomingMessage, event: Event) -> Span:
    about: dict[str, str | int] = {"message_id": event.id, "subject": event.subject, "sequence": event.sequence}
    return begin_message_span("process", message.exchange or "", event.name, message.headers, **about)


async def _acknowledge(message: AbstractIncomingMessage) -> None:
    with suppress(*CONNECTION_EXCEPTIONS), name_lost_connections():  # it is delivered again, and recognised by its id
        await message.ack()


def _refusal(error: BaseException) -> BusError:
    if isinstance(error, ConnectionCommandInvalid):
        return unavailable("bus.plugin_missing", f"{error}: {_PLUGIN}")
    if isinstance(error, ChannelPreconditionFailed):
        return Conflict(Problem(kind="conflict", code="bus.queue_differs", message=f"{_DIFFERS} (RabbitMQ: {error})"))
    return access_refused(str(error))
