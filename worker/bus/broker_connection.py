"""Connections to a RabbitMQ cluster: each goes on to the next address wherever one fails."""

import asyncio
from functools import partial
from typing import Any

import aio_pika
from aio_pika.abc import AbstractConnection, AbstractRobustConnection
from aio_pika.exceptions import ChannelNotFoundEntity
from aio_pika.robust_connection import RobustConnection
from aiormq.abc import AbstractConnection as AbstractUnderlayConnection
from yarl import URL

from contracts.broker_addresses import BrokerAddresses, broker_addresses, with_heartbeat
from contracts.refused_connections import name_refused_connections
from contracts.silent_nodes import drop_at_close, wait_silent
from contracts.tls import explain_tls_failures
from worker.bus.tasks import run_in_task

CONNECT_SECONDS = 10.0  # a half-dead load balancer takes connections and never answers
RECONNECT_SECONDS = 0.5


class ClusterConnection(RobustConnection):
    """A connection that reconnects by itself, to the next address each time; `url` gives only its options."""

    def __init__(self, addresses: BrokerAddresses, url: URL, **options: Any) -> None:
        self._addresses = addresses
        self._address = addresses.current
        self._options = URL(url).query
        self._watch: asyncio.Task[None] | None = None
        super().__init__(self._full_url(), **options)

    @property
    def address(self) -> str:
        """The URL of the setting that it is, or will be, connected to."""
        return self._address

    async def _on_connected(self) -> None:
        await super()._on_connected()
        if len(self._addresses) > 1 and self.transport is not None:
            self._watch = asyncio.create_task(_leave_when_silent(self.transport.connection))

    async def _on_connection_close(self, closing: asyncio.Future[Any]) -> None:
        # aio_pika calls it after an attempt that failed as well
        if self._watch is not None:
            self._watch.cancel()
        if not self._close_called:
            failure = ConnectionError("cancelled") if closing.cancelled() else closing.exception()
            if isinstance(failure, ChannelNotFoundEntity):
                # the node is there, but does not know a queue of this connection: another one may
                self._address = self._addresses.after(self._address)
            else:
                self._addresses.give_up(self._address, repr(failure))
                self._address = self._addresses.current
            self.url = self._full_url()
        await super()._on_connection_close(closing)

    def _full_url(self) -> URL:
        own = URL(with_heartbeat(self._address))
        return own.update_query({**self._options, **own.query})


async def _leave_when_silent(connection: AbstractUnderlayConnection) -> None:
    await wait_silent(connection)
    drop_at_close(connection)
    # a task of its own: closing cancels this one
    await asyncio.shield(asyncio.ensure_future(connection.close(ConnectionError("the node is silent"))))


def connection_class(setting: str) -> Any:
    """Return what aio_pika's `connect_robust` makes connections of that use all addresses of a setting."""
    return partial(ClusterConnection, broker_addresses(setting))


def connect_seconds(setting: str) -> float:
    """Return how long an attempt to connect to one of the addresses may take."""
    return broker_addresses(setting).attempt_seconds(CONNECT_SECONDS)


async def connect_robust(setting: str, name: str) -> AbstractRobustConnection:
    """Connect to the first address that answers, and again whenever the connection is lost.

    Raises the last address's error if none answers.
    """

    async def attempt(url: str) -> AbstractRobustConnection:
        connecting = aio_pika.connect_robust(
            with_heartbeat(url),
            timeout=connect_seconds(setting),
            reconnect_interval=RECONNECT_SECONDS,
            client_properties={"connection_name": name},
            connection_class=connection_class(setting),
        )
        with explain_tls_failures(url), name_refused_connections(url):
            return await run_in_task(connecting)

    return await broker_addresses(setting).try_each(attempt)


async def connect_once(setting: str) -> AbstractConnection:
    """Connect to the first address that answers, for one task. Raises the last address's error if none answers."""

    async def attempt(url: str) -> AbstractConnection:
        with explain_tls_failures(url), name_refused_connections(url):
            return await run_in_task(aio_pika.connect(with_heartbeat(url), timeout=connect_seconds(setting)))

    return await broker_addresses(setting).try_each(attempt)
