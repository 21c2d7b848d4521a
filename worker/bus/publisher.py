"""Publishing on a connection of its own, which reconnects by itself and is never shared with consumers."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Any, Self, cast

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractRobustConnection
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, ChannelNotFoundEntity, DeliveryError
from aiormq.abc import AbstractChannel as AbstractUnderlayChannel
from aiormq.abc import DeliveredMessage
from aiormq.channel import Channel
from pamqp.commands import Basic

from contracts.lost_connections import name_lost_connections
from worker.bus.broker_connection import ClusterConnection, connect_robust
from worker.bus.frame_batch import FrameBatch, publish_frames
from worker.bus.publications import Confirmation, Publication, RawMessage, publish_together
from worker.bus.unconfirmed import FAILURES, UnconfirmedPublishes

POLL_SECONDS = 0.02
log = structlog.get_logger()


class PublishFailed(Exception):
    """The broker did not take the message: no connection, refused, unroutable, or no confirm in time."""


Message = aio_pika.Message | RawMessage
Outcome = PublishFailed | None


class Publisher:
    """Publish on one connection and one channel. Use as an async context manager.

    With `confirms` each publish waits for the broker's confirm, and the connection is given up where none comes any
    more (`UnconfirmedPublishes`); without, those of one turn of the loop are written together. A `mandatory` message
    that no queue takes raises `PublishFailed` with confirms, and leaves a log line without (`log_returned_messages`).
    """

    def __init__(self, url: str, name: str, confirms: bool, mandatory: bool = True) -> None:
        self._url = url
        self._name = name
        self._confirms = confirms
        self._mandatory = mandatory
        self._connection: AbstractRobustConnection | None = None
        self._channel: AbstractChannel | None = None
        self._batch: FrameBatch | None = None
        self._unconfirmed: UnconfirmedPublishes | None = None

    @property
    def channel(self) -> AbstractChannel:
        """The open channel. Raises `PublishFailed` while there is no connection."""
        if self._channel is None or self._channel.is_closed:
            raise PublishFailed(f"the {self._name} connection is down")
        return self._channel

    @property
    def is_connected(self) -> bool:
        """Whether the connection and its channel are open."""
        return self._channel is not None and not self._channel.is_closed

    @property
    def url(self) -> str:
        """The URL in use, of those of the setting. Raises `PublishFailed` before there was a connection."""
        if self._connection is None:
            raise PublishFailed(f"the {self._name} connection is down")
        return cast(ClusterConnection, self._connection).address

    async def leave(self, reason: str) -> None:
        """Close the connection, which is opened again at the next address where there are several."""
        if self._connection is not None and self._connection.transport is not None:
            log.warning("connection given up", connection=self._name, reason=reason)
            await self._connection.transport.connection.close(ConnectionError(reason))

    @property
    def is_refused(self) -> bool:
        """Whether the broker confirms nothing of late, though the connection is open."""
        return self._unconfirmed is not None and self._unconfirmed.is_refused

    async def inspect_queue(self, queue: str) -> tuple[int, int]:
        """Return how many messages and consumers a queue has; (0, 0) where there is no such queue."""
        return await self.find_queue(queue) or (0, 0)

    async def find_queue(self, queue: str) -> tuple[int, int] | None:
        """Return how many messages and consumers a queue has, None where there is none, or its node is down."""
        async with self.temporary_channel() as channel:
            try:
                found = await channel.queue_declare(queue, passive=True)
            except ChannelNotFoundEntity:
                return None
        return found.message_count or 0, found.consumer_count or 0

    @asynccontextmanager
    async def temporary_channel(self, seconds: float = 2.0) -> AsyncIterator[AbstractUnderlayChannel]:
        """Open a bare channel for one question that may close it. Raises `PublishFailed`.

        It bypasses aio-pika, whose connections keep some kilobytes of every channel that they have ever opened.
        """
        try:
            async with asyncio.timeout(seconds):
                async with self.bare_channel() as channel:
                    yield channel
        except (*CONNECTION_EXCEPTIONS, TimeoutError) as error:
            raise PublishFailed(f"the broker does not answer: {error!r}") from error

    @asynccontextmanager
    async def bare_channel(self) -> AsyncIterator[AbstractUnderlayChannel]:
        """Open a channel that ends with its connection and is not opened again. Raises `PublishFailed`."""
        ours = await self.channel.get_underlay_channel()
        channel = await ours.connection.channel(publisher_confirms=False)
        try:
            yield channel
        finally:
            with suppress(*CONNECTION_EXCEPTIONS):
                await channel.close()

    async def wait_connected(self, seconds: float) -> None:
        """Wait until the connection is open again. Raises `PublishFailed` after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while not self.is_connected:  # noqa: ASYNC110  # a channel tells its state, but not a change of it
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError as error:
            raise PublishFailed(f"the {self._name} connection is down") from error

    async def publish(self, exchange: str, key: str, message: Message, seconds: float = 5.0) -> None:
        """Publish, and with confirms wait for the broker's. Raises `PublishFailed`."""
        try:
            with name_lost_connections():
                async with asyncio.timeout(seconds):
                    outcome = await self._publish_raw(exchange, key, message)
        except (*CONNECTION_EXCEPTIONS, TimeoutError, asyncio.CancelledError) as error:
            if _is_cancelled():
                raise
            self._record_failure(error)
            raise _not_taken(exchange, key, error) from error
        if self._unconfirmed:
            self._unconfirmed.record_confirm()
        if isinstance(outcome, DeliveredMessage):
            raise PublishFailed(f"no queue takes {key!r} at {exchange!r}")

    async def publish_all(self, publications: Sequence[Publication], seconds: float = 5.0) -> list[Outcome]:
        """Publish in one write and wait for the broker's confirms; return what became of each message, in their order.

        Needs `confirms`.
        """
        confirmations: list[Confirmation] = []
        failure: BaseException = TimeoutError()
        try:
            async with asyncio.timeout(seconds):
                channel: Any = await self.channel.get_underlay_channel()
                confirmations = await publish_together(channel, publications)
                for confirmation in confirmations:  # mostly in their order, and many with one frame
                    if not confirmation.done():
                        await asyncio.wait({confirmation})
        except (*CONNECTION_EXCEPTIONS, PublishFailed, TimeoutError, asyncio.CancelledError) as error:
            if _is_cancelled():
                raise
            failure = error
        answers = [_answer(each) for each in confirmations] or [failure] * len(publications)
        outcomes = [self._record_answer(*pair) for pair in zip(publications, answers, strict=True)]
        if self._unconfirmed and answers and all(map(_is_refusal, answers)):
            self._unconfirmed.record_failure(FAILURES)
        return outcomes

    def _record_answer(self, publication: Publication, answer: object) -> Outcome:
        if isinstance(answer, BaseException):
            self._record_failure(answer)
            return _not_taken(publication.exchange, publication.key, answer)
        if self._unconfirmed:
            self._unconfirmed.record_confirm()
        if isinstance(answer, DeliveredMessage):
            return PublishFailed(f"no queue takes {publication.key!r} at {publication.exchange!r}")
        return None

    def _record_failure(self, error: BaseException) -> None:
        # a connection that is lost comes back by itself
        if self._unconfirmed and _is_refusal(error):
            self._unconfirmed.record_failure()

    async def _publish_raw(self, exchange: str, key: str, message: Message) -> object:
        # bypasses aio-pika: with confirms there is no need to wait for the socket as well, message by message
        channel: Any = await self.channel.get_underlay_channel()
        if not self._confirms:
            await self._send_together(channel, Basic.Publish(0, exchange, key, self._mandatory), message)
            return None
        return await channel.basic_publish(
            message.body,
            exchange=exchange,
            routing_key=key,
            properties=message.properties,
            mandatory=self._mandatory,
            wait=False,
        )

    async def _send_together(self, channel: Channel, publish: Basic.Publish, message: Message) -> None:
        if self._batch is None or self._batch.channel is not channel:
            self._batch = FrameBatch(channel)
        await self._batch.send(publish_frames(channel, publish, message.properties, message.body))

    async def __aenter__(self) -> Self:
        self._connection = await connect_robust(self._url, f"userbus {self._name}")
        self._channel = await self._connection.channel(publisher_confirms=self._confirms)
        if self._confirms:
            self._unconfirmed = UnconfirmedPublishes(self._connection, self._name)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            await self._connection.close()


def _is_refusal(answer: object) -> bool:
    return isinstance(answer, (DeliveryError, TimeoutError))


def _not_taken(exchange: str, key: str, error: BaseException) -> PublishFailed:
    return PublishFailed(f"the broker did not take {key!r} for {exchange!r}: {error!r}")


def _answer(confirmation: Confirmation) -> object:
    if not confirmation.done():
        confirmation.cancel()  # a confirm that comes late is nobody's any more
        return TimeoutError()
    return asyncio.CancelledError() if confirmation.cancelled() else confirmation.exception() or confirmation.result()


def _is_cancelled() -> bool:
    # aiormq, too, ends with CancelledError what waits on a connection that stood still
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
