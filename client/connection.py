"""A connection to the broker that is opened again whenever it is lost."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity
from aiormq.abc import FieldTable

from contracts.broker_addresses import broker_addresses, with_heartbeat
from contracts.cancellation import cancel, wait_ended
from contracts.refused_connections import name_refused_connections
from contracts.silent_nodes import drop_at_close, wait_silent
from contracts.tls import explain_tls_failures

CONNECT_TIMEOUT = 5.0
RECONNECT_INTERVAL = 0.5
DEFAULT_USER = "guest"

State = Literal["closed", "up", "no broker", "no topology"]
ChannelSession = Callable[[AbstractChannel], AbstractAsyncContextManager[None]]

log = logging.getLogger(__name__)


def connected_user(url: str) -> str | None:
    """Return the RabbitMQ user that a URL connects as; None where a certificate says it."""
    parts = urlsplit(url)
    if "auth=" in parts.query:
        return None
    return unquote(parts.username) if parts.username else DEFAULT_USER


class Connection:
    """Keeps one connection with one channel open, and a session on that channel, until it is closed.

    `state` is "up", "no broker", "no topology" (no worker has declared exchanges and queues yet) or "closed"; `failure`
    is why the last attempt ended; `up_since` is the loop's time since which it is up, or None. `urls` are those of a
    cluster's nodes, separated by commas; `url` is the one in use. `session` sets the channel up and is left
    when the channel is lost.
    """

    def __init__(self, urls: str, name: str, session: ChannelSession) -> None:
        self.state: State = "closed"
        self.failure: BaseException | None = None
        self.up_since: float | None = None
        self._addresses = broker_addresses(urls)
        self.url = self._addresses.current
        self._name = name
        self._session = session
        self._attempted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()
        self._is_renewing = False

    async def open(self) -> None:
        """Begin to connect; returns once an address was reached, or all have been tried."""
        self._task = asyncio.create_task(self._keep_open())
        await self._attempted.wait()

    async def close(self) -> None:
        """Disconnect and stop connecting."""
        try:
            if self._task is not None:
                await cancel(self._task)
        finally:
            self.state, self.up_since = "closed", None
            self._attempted.set()  # whoever still waits in open

    def renew(self) -> None:
        """Leave the session and begin another on a new channel; what is not acknowledged goes back, in its order."""
        self._is_renewing = True
        self._lost.set()

    async def _keep_open(self) -> None:
        untried = len(self._addresses)
        while True:
            self.url = self._addresses.current
            failure = await _wait_failure(self._serve())
            untried = (len(self._addresses) if self.state == "up" else untried) - 1
            self._addresses.give_up(self.url, repr(failure))
            if untried == 0 or self.state == "up":
                self._enter("no topology" if isinstance(failure, ChannelNotFoundEntity) else "no broker", failure)
            if untried == 0:
                untried = len(self._addresses)
                await asyncio.sleep(RECONNECT_INTERVAL)

    async def _serve(self) -> None:
        async with await self._connect() as connection, self._silence_watched(connection):
            await self._serve_channel(connection)
            while self._is_renewing:
                await self._serve_channel(connection)
        raise ConnectionError("the connection to the broker was lost")

    async def _serve_channel(self, connection: AbstractConnection) -> None:
        self._is_renewing, self._lost = False, asyncio.Event()
        lost, channel = self._lost, await connection.channel(on_return_raises=True)
        channel.close_callbacks.add(lambda *_: lost.set())
        # the broker ends a consumer whose queue is deleted
        (await channel.get_underlay_channel()).on_consumer_cancel_callbacks.add(lambda _: lost.set())
        async with self._session(channel):
            self._enter("up")
            await lost.wait()
        if self._is_renewing:
            await channel.close()

    @asynccontextmanager
    async def _silence_watched(self, connection: AbstractConnection) -> AsyncIterator[None]:
        """Leave the session where the node stands still, and there are others."""
        watch = asyncio.create_task(self._watch_silence(connection)) if len(self._addresses) > 1 else None
        try:
            yield
        finally:
            if watch is not None:
                await cancel(watch)

    async def _watch_silence(self, connection: AbstractConnection) -> None:
        if connection.transport is not None:
            await wait_silent(connection.transport.connection)
            drop_at_close(connection.transport.connection)
            log.warning("bus of %s: the node is silent", self._name)
            self._is_renewing = False
            self._lost.set()

    async def _connect(self) -> AbstractConnection:
        properties: FieldTable = {"connection_name": self._name}
        with explain_tls_failures(self.url), name_refused_connections(self.url):
            return await aio_pika.connect(
                with_heartbeat(self.url),
                timeout=self._addresses.attempt_seconds(CONNECT_TIMEOUT),
                client_properties=properties,
            )

    def _enter(self, state: State, failure: BaseException | None = None) -> None:
        if state != self.state or not self._attempted.is_set():
            level = logging.WARNING if failure else logging.INFO
            log.log(level, "bus of %s: %s%s", self._name, state, f": {failure!r}" if failure else "")
        self.state, self.failure = state, failure
        self.up_since = asyncio.get_running_loop().time() if state == "up" else None
        self._attempted.set()


async def _wait_failure(attempt: Coroutine[Any, Any, None]) -> BaseException:
    """Run an attempt that ends with a failure and return it.

    It has a task of its own, because a connection that is reset during the handshake may end as if it were cancelled
    (aiormq): only the cancellation of the caller's task goes on.
    """
    task = asyncio.create_task(attempt)
    await wait_ended(task)
    return asyncio.CancelledError() if task.cancelled() else task.exception() or ConnectionError("closed")
