"""The processes of one consumer: each tells the others every second that it is there, so that they share partitions."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, DeliveryError
from aiormq.exceptions import ChannelAccessRefused

from client.connection import Connection
from contracts.cancellation import cancel

INTERVAL = 1.0
SILENCE = 5.0  # after which a process is taken for gone
HERE, GONE = "here", "gone"

Changed = Callable[[], Awaitable[None]]


class Members:
    """Knows which processes there are, by what they tell one another over a fan-out exchange.

    It has a connection of its own: where the broker has little memory or disk left, it takes nothing more from a
    connection that publishes, not even the acknowledgements that would free some.
    """

    def __init__(self, exchange: str, url: str, app_id: str) -> None:
        self._name = exchange
        self._own = uuid4().hex
        self._others: dict[str, float] = {}  # when each was heard last
        self._changed: Changed
        self._exchange: AbstractExchange | None = None
        self._consuming: AbstractChannel | None = None
        self._connection = Connection(url, f"{app_id} {exchange}", self._serve)
        self._is_open = self._has_left = False

    def share(self, partitions: int) -> range:
        """The partitions that are due to this process: with three processes each third one."""
        members = sorted((self._own, *self._others))
        return range(members.index(self._own), partitions, len(members))

    async def join(self, consuming: AbstractChannel, changed: Changed) -> None:
        """Listen to the others, and tell them of this process while it can consume; `changed` tells of changes."""
        self._consuming, self._changed = consuming, changed
        if not self._is_open and not self._has_left:
            self._is_open = True
            await self._connection.open()
        if isinstance(self._connection.failure, ChannelAccessRefused):
            raise self._connection.failure

    async def leave(self) -> None:
        """Tell the others that this process stops, if that can be told soon; else they notice by its silence."""
        self._has_left = True
        try:
            with suppress(*CONNECTION_EXCEPTIONS):
                await self._send_soon(GONE)
        finally:
            await self._connection.close()

    @asynccontextmanager
    async def _serve(self, channel: AbstractChannel) -> AsyncIterator[None]:
        self._exchange = await channel.declare_exchange(self._name, aio_pika.ExchangeType.FANOUT, durable=True)
        queue = await channel.declare_queue(exclusive=True, auto_delete=True)
        await queue.bind(self._exchange)
        await queue.consume(self._receive, no_ack=True)
        await self._send_soon(HERE)
        tasks = [asyncio.create_task(work) for work in (self._keep_sending(), self._keep_forgetting())]
        try:
            yield
        finally:
            for task in tasks:
                await cancel(task)

    async def _keep_sending(self) -> None:
        with suppress(*CONNECTION_EXCEPTIONS):  # then the channel is lost, and all begins anew
            while True:
                await asyncio.sleep(INTERVAL)
                await self._send(HERE)

    async def _keep_forgetting(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL)
            if self._forget_silent():
                await self._changed()

    async def _send_soon(self, state: str) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(INTERVAL):
                await self._send(state)

    async def _send(self, state: str) -> None:
        is_here = not self._has_left and self._consuming is not None and not self._consuming.is_closed
        if self._exchange is None or (state == HERE and not is_here):
            return
        with suppress(DeliveryError):  # where a member's queue is lost with its node; the next second has another
            await self._exchange.publish(aio_pika.Message(b"", message_id=self._own, type=state), "", mandatory=False)

    async def _receive(self, message: AbstractIncomingMessage) -> None:
        other = message.message_id
        if not other or other == self._own:
            return
        known = len(self._others)
        if message.type == GONE:
            self._others.pop(other, None)
        else:
            self._others[other] = asyncio.get_running_loop().time()
        if len(self._others) != known:
            await self._changed()
        if len(self._others) > known:  # it need not wait for the next second to know of this process
            with suppress(*CONNECTION_EXCEPTIONS):
                await self._send(HERE)

    def _forget_silent(self) -> list[str]:
        earliest = asyncio.get_running_loop().time() - SILENCE
        silent = [other for other, heard in self._others.items() if heard < earliest]
        for other in silent:
            del self._others[other]
        return silent
