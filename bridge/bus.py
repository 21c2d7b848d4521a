"""The request client: one connection, one reply queue, many calls in flight."""

import asyncio
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import aio_pika
import structlog
from aio_pika.abc import AbstractExchange, AbstractIncomingMessage
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError, ChannelNotFoundEntity, DeliveryError

from bridge.wire import decode, encode
from contracts.base import Message
from contracts.catalog import CATALOG, COMMANDS_EXCHANGE

CONNECT_TIMEOUT = 5.0
RECONNECT_INTERVAL = 0.5
HEARTBEAT = 15

log = structlog.stdlib.get_logger(__name__)


class Unavailable(Exception):
    """The request could not be handed to a worker: it may be repeated with the same message_id."""


class TimedOut(Exception):
    """No answer came in time: the request may still be carried out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What goes with a request: idempotency key, on whose behalf (`x-actor`), seconds to wait, trace headers."""

    message_id: str | None = None
    actor: str | None = None
    timeout: float | None = None
    trace: Mapping[str, str] | None = None


PLAIN = Call()


class Link:
    """One live connection with its reply queue and the calls that wait on it; they end with it."""

    def __init__(self, exchange: AbstractExchange, reply_to: str) -> None:
        self.reply_to = reply_to
        self._exchange = exchange
        self._waiting: dict[str | None, asyncio.Future[bytes | None]] = {}

    async def ask(self, message: aio_pika.Message, name: str) -> bytes:
        """Publish, then wait for the reply; raises Unavailable as soon as there can be none."""
        answer = asyncio.get_running_loop().create_future()
        self._waiting[message.correlation_id] = answer
        try:
            await self._publish(message, name)
            body: bytes | None = await answer
        finally:
            del self._waiting[message.correlation_id]
        if body is None:
            raise Unavailable("the connection to the broker was lost before the answer came")
        return body

    async def receive(self, message: AbstractIncomingMessage) -> None:
        """Hand a reply to whoever waits for it; late and foreign ones are dropped."""
        self._settle(self._waiting.get(message.correlation_id), message.body)

    def drop(self) -> None:
        """Tell every waiting call that the connection is lost."""
        for answer in self._waiting.values():
            self._settle(answer, None)

    async def _publish(self, message: aio_pika.Message, name: str) -> None:
        try:
            await self._exchange.publish(message, routing_key=name, mandatory=True)
        except DeliveryError as error:
            raise Unavailable(f"no queue takes {name} at the moment: is a worker of its family there?") from error
        except (AMQPError, ChannelInvalidStateError, OSError) as error:
            raise Unavailable("the connection to the broker was lost while publishing") from error

    @staticmethod
    def _settle(answer: asyncio.Future[bytes | None] | None, body: bytes | None) -> None:
        if answer is not None and not answer.done():
            answer.set_result(body)


class Bus:
    """A caller of the catalogue's requests; connects by itself, for as long as it is open.

    `state` is "up", "no broker" or "no topology" (no worker has made the exchange yet).
    """

    def __init__(self, url: str, *, app_id: str = "userbus-bridge", timeout: float = 10.0) -> None:
        self.state = "no broker"
        self._url = url
        self._app_id = app_id
        self._timeout = timeout
        self._link: Link | None = None
        self._tried = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to connect; returns after the first attempt, whether it succeeded or not."""
        self._keeper = asyncio.create_task(self._keep_connected())
        await self._tried.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Disconnect; calls that still wait end as Unavailable."""
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper

    async def call(self, name: str, body: Message, about: Call = PLAIN) -> Any:
        """Send the request `name` and return the view that the catalogue names for its reply.

        Raises Refused (with the problem), Unavailable (not sent, or no answer can come) or TimedOut.
        """
        if self._link is None:
            raise Unavailable(f"{self.state}: the bus is down, try again soon")
        seconds = about.timeout or self._timeout
        message = self._message(name, body, about, seconds)
        message.reply_to = self._link.reply_to
        try:
            async with asyncio.timeout(seconds):
                return decode(name, await self._link.ask(message, name))
        except TimeoutError as error:
            raise TimedOut(f"no answer to {name} within {seconds:g} s") from error

    def _message(self, name: str, body: Message, about: Call, seconds: float) -> aio_pika.Message:
        now = time.time()
        headers = {"x-deadline": int((now + seconds) * 1000), "x-actor": about.actor, **(about.trace or {})}
        persistent = CATALOG[name].is_command
        return aio_pika.Message(
            encode(body),
            type=name,
            content_type="application/json",
            message_id=about.message_id or str(uuid.uuid4()),
            correlation_id=uuid.uuid4().hex,
            timestamp=int(now),
            expiration=seconds,
            app_id=self._app_id,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT if persistent else aio_pika.DeliveryMode.NOT_PERSISTENT,
            headers={key: value for key, value in headers.items() if value is not None},
        )

    async def _keep_connected(self) -> None:
        while True:
            try:
                await self._connected()
            except (Exception, asyncio.CancelledError) as error:  # whatever it was, nobody else would connect again
                if isinstance(error, asyncio.CancelledError) and _told_to_stop():
                    raise
                self._say("no topology" if isinstance(error, ChannelNotFoundEntity) else "no broker", error)
            await asyncio.sleep(RECONNECT_INTERVAL)

    async def _connected(self) -> None:
        lost = asyncio.Event()
        async with await aio_pika.connect(self._url, timeout=CONNECT_TIMEOUT, heartbeat=HEARTBEAT) as connection:
            channel = await connection.channel(on_return_raises=True)
            channel.close_callbacks.add(lambda *_: lost.set())
            replies = await channel.declare_queue(exclusive=True)
            # A passive declaration: this client needs no right to make the exchange, only to use it.
            link = Link(await channel.get_exchange(COMMANDS_EXCHANGE), replies.name)
            await replies.consume(link.receive, no_ack=True)
            self._link = link
            self._say("up")
            try:
                await lost.wait()
            finally:
                self._link = None
                link.drop()
        raise ConnectionError("the connection to the broker was lost")

    def _say(self, state: str, error: BaseException | None = None) -> None:
        if state != self.state or not self._tried.is_set():
            log.info("bus", state=state, was=self.state, reason=repr(error) if error else None)
        self.state = state
        self._tried.set()


def _told_to_stop() -> bool:
    # a connection that is reset during the handshake may end as if it were cancelled (aiormq)
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
