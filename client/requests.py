"""The requests in flight on one channel, and the queue that their replies come to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError, DeliveryError
from aiormq.abc import DeliveredMessage
from aiormq.channel import Channel as UnderlayChannel
from aiormq.exceptions import ChannelAccessRefused
from pamqp.commands import Basic

from client.errors import access_refused, unavailable
from contracts.catalog import COMMANDS_EXCHANGE
from contracts.lost_connections import name_lost_connections
from tracing.messages import begin_message_span


class RequestChannel:
    """Publishes requests and hands each reply to the request that it answers; ends with its channel."""

    def __init__(self, channel: UnderlayChannel, reply_to: str, user: str | None) -> None:
        self.reply_to = reply_to
        self._user = user
        self._channel = channel
        self._waiting: dict[str | None, asyncio.Future[bytes | None]] = {}
        self._publishing: set[asyncio.Timeout] = set()

    async def ask(self, name: str, properties: Basic.Properties, body: bytes) -> bytes:
        """Publish, then wait for the reply; raises Unavailable as soon as there can be none."""
        answer = asyncio.get_running_loop().create_future()
        self._waiting[properties.correlation_id] = answer
        properties.reply_to = self.reply_to
        try:
            await self.publish(name, properties, body)
            reply: bytes | None = await answer
        finally:
            del self._waiting[properties.correlation_id]
        if reply is None:
            raise unavailable("bus.disconnected", "the connection to the broker was lost before the answer came")
        return reply

    async def publish(self, name: str, properties: Basic.Properties, body: bytes) -> None:
        """Publish and wait for the broker's confirm.

        Raises Unavailable where no queue takes the message, Denied where the broker does not let this user send it.
        """
        properties.user_id = self._user
        headers: dict[str, Any] = dict(properties.headers or {})
        ids = {"message_id": properties.message_id, "correlation_id": properties.correlation_id}
        with begin_message_span("send", COMMANDS_EXCHANGE, name, headers, **ids, size=len(body)) as span:
            properties.headers = headers | span.headers()
            await self._publish(name, properties, body)

    async def _publish(self, name: str, properties: Basic.Properties, body: bytes) -> None:
        try:
            with name_lost_connections():
                async with self._until_closed():
                    # below aio-pika, which would wait for the socket as well as for the broker's confirm
                    await self._channel.basic_publish(
                        body,
                        exchange=COMMANDS_EXCHANGE,
                        routing_key=name,
                        properties=properties,
                        mandatory=True,
                        wait=False,
                    )
        except DeliveryError as error:
            text = f"no queue takes {name} at the moment: is a worker of its family there?"
            raise unavailable("bus.not_taken", text) from error
        except (AMQPError, ChannelInvalidStateError, OSError) as error:
            if isinstance(error, ChannelAccessRefused) and _is_about(name, str(error)):
                raise access_refused(str(error)) from error
            text = "the connection to the broker was lost while publishing"
            raise unavailable("bus.disconnected", text) from error

    @asynccontextmanager
    async def _until_closed(self) -> AsyncIterator[None]:
        """Raise TimeoutError, an OSError, in the block when the channel is lost.

        Who then waits for room in aiormq's queue to the socket, and who waits behind that one, would wait for ever.
        """
        async with asyncio.timeout(None) as limit:
            self._publishing.add(limit)
            try:
                yield
            finally:
                self._publishing.discard(limit)

    async def receive(self, message: DeliveredMessage) -> None:
        """Hand a reply to whoever waits for it; late and foreign ones are dropped."""
        _settle(self._waiting.get(message.header.properties.correlation_id), message.body)

    def close(self) -> None:
        """Tell every waiting request that the channel is lost."""
        for limit in self._publishing:
            limit.reschedule(asyncio.get_running_loop().time())
        for answer in self._waiting.values():
            _settle(answer, None)


@asynccontextmanager
async def request_channel(channel: AbstractChannel, user: str | None) -> AsyncIterator[RequestChannel]:
    """Declare a reply queue and consume from it while the block runs; requests say that they are from `user`."""
    replies = await channel.declare_queue(exclusive=True)
    # A passive declaration: this client needs no right to make the exchange, only to use it.
    await channel.get_exchange(COMMANDS_EXCHANGE)
    underlay: Any = await channel.get_underlay_channel()
    requests = RequestChannel(underlay, replies.name, user)
    await underlay.basic_consume(replies.name, requests.receive, no_ack=True)
    try:
        yield requests
    finally:
        requests.close()


def _is_about(name: str, refusal: str) -> bool:
    """Whether a refusal is of this request: it ends all that are being published on the channel."""
    return "access to topic" not in refusal or f"'{name}'" in refusal


def _settle(answer: asyncio.Future[bytes | None] | None, body: bytes | None) -> None:
    if answer is not None and not answer.done():
        answer.set_result(body)
