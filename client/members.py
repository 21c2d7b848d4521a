"""The processes of one consumer: each tells the others every second that it is there, so that they share partitions."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, DeliveryError

INTERVAL = 1.0
SILENCE = 5.0  # after which a process is taken for gone
HERE, GONE = "here", "gone"

Changed = Callable[[], Awaitable[None]]


class Members:
    """Knows which processes there are, by what they tell one another over a fan-out exchange."""

    def __init__(self, exchange: str) -> None:
        self._name = exchange
        self._own = uuid4().hex
        self._others: dict[str, float] = {}  # when each was heard last
        self._exchange: AbstractExchange | None = None
        self._sending: asyncio.Task[None] | None = None

    def share(self, partitions: int) -> range:
        """The partitions that are due to this process: with three processes each third one."""
        members = sorted((self._own, *self._others))
        return range(members.index(self._own), partitions, len(members))

    async def join(self, channel: AbstractChannel, changed: Changed) -> None:
        """Listen to the others and tell them of this process while the channel is open; `changed` tells of changes."""
        self._exchange = await channel.declare_exchange(self._name, aio_pika.ExchangeType.FANOUT, durable=True)
        queue = await channel.declare_queue(exclusive=True, auto_delete=True)
        await queue.bind(self._exchange)
        await queue.consume(partial(self._receive, changed), no_ack=True)
        await self._send(HERE)
        self._sending = sending = asyncio.create_task(self._keep_sending(changed))
        channel.close_callbacks.add(lambda *_: sending.cancel())

    async def leave(self) -> None:
        """Tell the others that this process stops, if that can be told soon; else they notice by its silence."""
        if self._sending is None:
            return
        self._sending.cancel()
        with suppress(TimeoutError, *CONNECTION_EXCEPTIONS):
            async with asyncio.timeout(INTERVAL):
                await self._send(GONE)

    async def _keep_sending(self, changed: Changed) -> None:
        with suppress(*CONNECTION_EXCEPTIONS):  # then the channel is lost, and joining begins anew
            while True:
                await asyncio.sleep(INTERVAL)
                await self._send(HERE)
                if self._forget_silent():
                    await changed()

    async def _send(self, state: str) -> None:
        if self._exchange is None:
            return
        with suppress(DeliveryError):  # where a member's queue is lost with its node; the next second has another
            await self._exchange.publish(aio_pika.Message(b"", message_id=self._own, type=state), "", mandatory=False)

    async def _receive(self, changed: Changed, message: AbstractIncomingMessage) -> None:
        other = message.message_id
        if not other or other == self._own:
            return
        known = len(self._others)
        if message.type == GONE:
            self._others.pop(other, None)
        else:
            self._others[other] = asyncio.get_running_loop().time()
        if len(self._others) != known:
            await changed()
        if len(self._others) > known:  # it need not wait for the next second to know of this process
            with suppress(*CONNECTION_EXCEPTIONS):
                await self._send(HERE)

    def _forget_silent(self) -> list[str]:
        earliest = asyncio.get_running_loop().time() - SILENCE
        silent = [other for other, heard in self._others.items() if heard < earliest]
        for other in silent:
            del self._others[other]
        return silent
