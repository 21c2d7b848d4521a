"""A connection of its own for publishing: opened at start, reopened by itself, never shared with consumers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractRobustConnection
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, ChannelNotFoundEntity
from aiormq.abc import AbstractChannel as AbstractUnderlayChannel
from aiormq.abc import DeliveredMessage

LOOK_SECONDS = 0.02
CONNECT_SECONDS = 10.0  # a half-dead load balancer takes connections and never answers
HEARTBEAT_SECONDS = 15


class Unsent(Exception):
    """The broker did not take the message: not connected, refused, unroutable, or no confirm in time."""


def lively(url: str) -> str:
    """The URL with a heartbeat that finds a dead peer within half a minute, unless it names one."""
    if "heartbeat=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}heartbeat={HEARTBEAT_SECONDS}"


class Outlet:
    """Publishes on one connection and one channel. Use as a context manager.

    With `confirms` it waits for the broker's; then what no queue takes is `Unsent` too, unless `mandatory` is False.
    """

    def __init__(self, url: str, name: str, confirms: bool, mandatory: bool = True) -> None:
        self._url = url
        self._name = name
        self._confirms = confirms
        self._mandatory = confirms and mandatory
        self._connection: AbstractRobustConnection | None = None
        self._channel: AbstractChannel | None = None

    @property
    def channel(self) -> AbstractChannel:
        """The open channel. Raises `Unsent` before start and while the connection is down."""
        if self._channel is None or self._channel.is_closed:
            raise Unsent(f"the {self._name} connection is down")
        return self._channel

    @property
    def connected(self) -> bool:
        """Whether the connection and its channel are open."""
        return self._channel is not None and not self._channel.is_closed

    async def depth(self, queue: str) -> tuple[int, int]:
        """How many messages wait in a queue, and how many consumers it has; (0, 0) where there is none."""
        async with self.aside() as channel:
            try:
                found = await channel.queue_declare(queue, passive=True)
            except ChannelNotFoundEntity:
                return 0, 0
        return found.message_count or 0, found.consumer_count or 0

    @asynccontextmanager
    async def aside(self, seconds: float = 2.0) -> AsyncIterator[AbstractUnderlayChannel]:
        """A bare channel of the connection for one question, which may close it. Raises `Unsent`.

        Below aio-pika, whose connections keep some kilobytes of every channel that they have ever had.
        """
        try:
            async with asyncio.timeout(seconds):
                ours = await self.channel.get_underlay_channel()
                channel = await ours.connection.channel(publisher_confirms=False)
                try:
                    yield channel
                finally:
                    await channel.close()
        except (*CONNECTION_EXCEPTIONS, TimeoutError) as error:
            raise Unsent(f"the broker does not answer: {error!r}") from error

    async def up(self, seconds: float) -> None:
        """Wait until the connection is open again. Raises `Unsent` after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while not self.connected:  # noqa: ASYNC110  # the channel object tells its state, but no change of it
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError as error:
            raise Unsent(f"the {self._name} connection is down") from error

    async def publish(self, exchange: str, key: str, message: aio_pika.Message, seconds: float = 5.0) -> None:
        """Publish, and with confirms wait for the broker's. Raises `Unsent`."""
        try:
            async with asyncio.timeout(seconds):
                outcome = await self._published(exchange, key, message)
        except (*CONNECTION_EXCEPTIONS, TimeoutError) as error:
            raise Unsent(f"the broker did not take {key!r} for {exchange!r}: {error!r}") from error
        if isinstance(outcome, DeliveredMessage):
            raise Unsent(f"nobody takes {key!r} at {exchange!r}")

    async def _published(self, exchange: str, key: str, message: aio_pika.Message) -> object:
        # below aio-pika: who waits for confirms need not wait for the socket too, one message after the other
        channel: Any = await self.channel.get_underlay_channel()
        return await channel.basic_publish(
            message.body,
            exchange=exchange,
            routing_key=key,
            properties=message.properties,
            mandatory=self._mandatory,
            wait=not self._confirms,
        )

    async def __aenter__(self) -> Self:
        self._connection = await aio_pika.connect_robust(
            lively(self._url),
            timeout=CONNECT_SECONDS,
            reconnect_interval=0.5,
            client_properties={"connection_name": f"userbus {self._name}"},
        )
        self._channel = await self._connection.channel(publisher_confirms=self._confirms)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            await self._connection.close()
