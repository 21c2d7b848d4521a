"""The queue of dead letters: one pass over it, in order; messages that are not settled return to their places."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Self

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError, ChannelNotFoundEntity, DeliveryError, PublishError

from client.broker import connect_broker
from contracts.catalog import CATALOG, COMMANDS_EXCHANGE, DEAD, DEAD_UNDELIVERABLE
from contracts.lost_connections import name_lost_connections

KEPT_HEADERS = frozenset({"x-actor", "x-client-address", "traceparent", "tracestate"})
FULL_PAUSE = 1.0
FULL_TRIES = 30
BACK_LOOKS, BACK_PAUSE = 40, 0.05  # seconds
QUIET_LOOKS, QUIET_PAUSE = 2, 1.0  # seconds
HOLD_SECONDS = 20 * 60.0  # RabbitMQ closes a channel that has had a message in hand for half an hour
WINDOW = 50_000  # unsettled messages of one consumer: AMQP's limit is 65,535, and 2,000 where none is named

Arrived = asyncio.Queue[AbstractIncomingMessage | None]


class Unroutable(Exception):
    """No queue takes requests of that name."""


class QueueFull(Exception):
    """The work queue kept refusing messages."""


class DeadLetterQueue:
    """The dead letters that were waiting when it was opened, oldest first. Use as a context manager.

    The broker delivers each message once; those neither redriven nor dropped return to their places, marked as
    delivered once more. A redriven message is removed only after its work queue has confirmed it, so a lost connection
    may redrive it twice, which its message_id makes harmless. With `keep_callers` it keeps its `user_id`, for which the
    URL's user needs the tag `impersonator`. Every `hold_seconds` a long pass gives all back, and goes on where it was.

    `undeliverable` is how many more the broker could not deliver, to anybody; `elsewhere` how many of `total` somebody
    else has had or has in hand, as another command that was begun at the same time.
    """

    channel: AbstractChannel
    """The channel on which messages are published."""

    def __init__(self, url: str, keep_callers: bool = False, hold_seconds: float = HOLD_SECONDS) -> None:
        self._url = url
        self._hold_seconds = hold_seconds
        self._hold_until = 0.0
        self._keep_callers = keep_callers
        self._arrived: Arrived = asyncio.Queue()
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
        passed = 0  # that were looked at and are left
        for number in range(self.total):
            if number and asyncio.get_running_loop().time() > self._hold_until:
                await self._consume_anew(number, passed)
            elif number % WINDOW == 0:
                await self._consume()
            arrived = await self._wait_next()
            if self.is_stopped:
                return
            if not arrived:
                self.elsewhere = self.total - number
                return
            yield (message := _require(arrived))
            passed += not message.processed

    async def _wait_next(self) -> list[AbstractIncomingMessage | None]:
        """Return the next message; nothing once none has come for a while, and none waits in the queue either."""
        quiet = 0
        while quiet < QUIET_LOOKS:
            with suppress(TimeoutError):
                async with asyncio.timeout(QUIET_PAUSE):
                    return [await self._arrived.get()]
            quiet = 0 if await self._count(DEAD) else quiet + 1
        return []

    async def _consume_anew(self, number: int, passed: int) -> None:
        """Give all back, and take again those that were passed by; `number` have been looked at."""
        await self._give_back()
        self._consumers, self._arrived, self._held = [], asyncio.Queue(), 0
        for _ in range(number // WINDOW + 1):
            await self._consume()
        for _ in range(passed):
            if not (arrived := await self._wait_next()) or self.is_stopped:
                return
            _require(arrived)

    async def _consume(self) -> None:
        """Add a consumer for the next window of messages."""
        if not self._consumers:
            self._hold_until = asyncio.get_running_loop().time() + self._hold_seconds
        channel = await self._connection.channel()
        await channel.set_qos(prefetch_count=WINDOW)
        self._consumers.append(channel)
        arrived = self._arrived
        channel.close_callbacks.add(lambda *_: arrived.put_nowait(None))
        await (await channel.get_queue(DEAD, ensure=False)).consume(partial(self._receive, arrived))

    async def _receive(self, arrived: Arrived, message: AbstractIncomingMessage) -> None:
        self._held += 1
        arrived.put_nowait(message)

    async def remove(self, message: AbstractIncomingMessage) -> None:
        """Take a message out of the queue for good."""
        with name_lost_connections():
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
                with name_lost_connections():
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


def _require(arrived: list[AbstractIncomingMessage | None]) -> AbstractIncomingMessage:
    (message,) = arrived
    if message is None:
        raise ConnectionError("the connection to the broker was lost")
    return message


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
