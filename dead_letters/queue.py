"""The queue of dead letters: one pass over it, in order; messages that are not settled return to their places."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from types import TracebackType
from typing import Self

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError, ChannelNotFoundEntity, DeliveryError, PublishError

from client.broker import connect_broker
from contracts.catalog import CATALOG, COMMANDS_EXCHANGE, DEAD, DEAD_UNDELIVERABLE

KEPT_HEADERS = frozenset({"x-actor", "x-client-address", "traceparent", "tracestate"})
FULL_PAUSE = 1.0
FULL_TRIES = 30
BACK_LOOKS, BACK_PAUSE = 40, 0.05  # seconds
QUIET_LOOKS, QUIET_PAUSE = 2, 1.0  # seconds
WINDOW = 50_000  # unsettled messages of one consumer: AMQP's limit is 65,535, and 2,000 where none is named


class Unroutable(Exception):
    """No queue takes requests of that name."""


class QueueFull(Exception):
    """The work queue kept refusing messages."""


class DeadLetterQueue:
    """The dead letters that were waiting when it was opened, oldest first. Use as a context manager.

    The broker delivers each message once; those neither redriven nor dropped return to their places, marked as
    delivered once more. A redriven message is removed only after its work queue has confirmed it, so a lost connection
    may redrive it twice, which its message_id makes harmless. With `keep_callers` it keeps its `user_id`, for which the
    URL's user needs the tag `impersonator`.

    `undeliverable` is how many more the broker could not deliver, to anybody; `elsewhere` how many of `total` somebody
    else has had or has in hand, as another command that was begun at the same time.
    """

    channel: AbstractChannel
    """The channel on which messages are published."""

    def __init__(self, url: str, keep_callers: bool = False) -> None:
        self._url = url
        self._keep_callers = keep_callers
        self._arrived: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()
        self._stopped = asyncio.Event()
        self._connection: AbstractConnection
        self._consumers: list[AbstractChannel] = []
        self._held = 0
        self.total = 0
        self.undeliverable = 0
        self.elsewhere = 0

    @property
    def is_stopped(self) -> bool:
        """Whether `stop` has been called."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Deliver no more messages."""
        self._stopped.set()
        self._arrived.put_nowait(None)

    async def wait_stopped(self, seconds: float) -> bool:
        """Wait for `stop`, at most so long; whether it was called."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
        return self.is_stopped

    async def read(self) -> AsyncIterator[AbstractIncomingMessage]:
        """Yield each message, until `stop`. Raises `ConnectionError` when the connection is lost.

        Ends before the last where somebody else has the others, `elsewhere` of them.
        """
        for number in range(self.total):
            if number % WINDOW == 0:
                await self._consume()
            arrived = await self._wait_next()
            if self.is_stopped:
                return
            if not arrived:
                self.elsewhere = self.total - number
                return
            (message,) = arrived
            if message is None:
                raise ConnectionError("the connection to the broker was lost")
            yield message

    async def _wait_next(self) -> list[AbstractIncomingMessage | None]:
        """Return the next message; nothing once none has come for a while, and none waits in the queue either."""
        quiet = 0
        while quiet < QUIET_LOOKS:
            with suppress(TimeoutError):
                async with asyncio.timeout(QUIET_PAUSE):
                    return [await self._arrived.get()]
            quiet = 0 if await self._count(DEAD) else quiet + 1
        return []

    async def _consume(self) -> None:
        """Add a consumer for the next window of messages."""
        channel = await self._connection.channel()
        await channel.set_qos(prefetch_count=WINDOW)
        self._consumers.append(channel)
        channel.close_callbacks.add(lambda *_: self._arrived.put_nowait(None))
        await (await channel.get_queue(DEAD, ensure=False)).consume(self._receive)

    async def _receive(self, message: AbstractIncomingMessage) -> None:
        self._held += 1
        self._arrived.put_nowait(message)

    async def remove(self, message: AbstractIncomingMessage) -> None:
        """Take a message out of the queue for good."""
        await message.ack()
        self._held -= 1

    async def redrive(self, message: AbstractIncomingMessage, body: bytes | None = None) -> bool:
        """Publish a message to its work queue as it first came, then remove it; False if stopped before that.

        `body` takes the place of its own. Raises `Unroutable`, or `QueueFull` after half a minute.
        """
        if message.routing_key not in CATALOG:  # the alternate exchange would take it, only to dead-letter it again
            raise Unroutable(message.routing_key)
        exchange = await self.channel.get_exchange(COMMANDS_EXCHANGE, ensure=False)
        original = _original(message)
        original.body = message.body if body is None else body
        original.user_id = message.user_id if self._keep_callers else None
        for _ in range(FULL_TRIES):
            try:
                await exchange.publish(original, message.routing_key or "", mandatory=True)
                await self.remove(message)
                return True
            except PublishError as error:
                raise Unroutable(message.routing_key) from error
            except DeliveryError:
                if await self.wait_stopped(FULL_PAUSE):
                    return False
        raise QueueFull(message.routing_key)

    async def purge_undeliverable(self) -> int:
        """Remove what the broker could not deliver; return how many messages."""
        purged = await (await self.channel.get_queue(DEAD_UNDELIVERABLE, ensure=False)).purge()
        self.undeliverable = 0
        return purged.message_count or 0

    async def __aenter__(self) -> Self:
        self._connection = await connect_broker(self._url)
        self.channel = await self._connection.channel(on_return_raises=True)
        self.total = await self._count(DEAD)
        with suppress(ChannelNotFoundEntity):  # no worker of this version has run
            self.undeliverable = await self._count(DEAD_UNDELIVERABLE)
        return self

    async def _count(self, queue: str) -> int:
        async with self._connection.channel() as channel:
            found = await channel.declare_queue(queue, passive=True)
        return found.declaration_result.message_count or 0

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(AMQPError, ChannelInvalidStateError, OSError, TimeoutError):
            await self._give_back()
        await self._connection.close()

    async def _give_back(self) -> None:
        """Wait until what was looked at is back in its place, or for two seconds: the next pass would miss it."""
        for channel in self._consumers:
            await channel.close()
        for _ in range(BACK_LOOKS):
            if await self._count(DEAD) >= self._held:
                return
            await asyncio.sleep(BACK_PAUSE)


def _original(message: AbstractIncomingMessage) -> aio_pika.Message:
    """The message as it first came, without the headers that workers and broker added."""
    headers = {key: value for key, value in message.headers.items() if key in KEPT_HEADERS or not key.startswith("x-")}
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
