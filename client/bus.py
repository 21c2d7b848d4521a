"""The client: requests, events and health checks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any, Self, TypeVar, Unpack

from aio_pika.abc import AbstractChannel

from client.connection import Connection, State, connected_user
from client.errors import unavailable
from client.options import Options
from client.partitions import MOST_PARTITIONS, PartitionedQueue
from client.prepared_request import PreparedRequest
from client.requests import RequestChannel, request_channel
from client.retry import retry_until
from client.sources import EventLog, EventQueue, Source, Start
from client.subscription import Subscription
from client.wire import decode
from contracts.base import Command, Request, View
from contracts.broker_addresses import require_amqp_url
from contracts.catalog import EVENTS_EXCHANGE, PLAIN_EVENTS_EXCHANGE, name_of
from contracts.health import CheckHealth, HealthView

V = TypeVar("V", bound=View)
T = TypeVar("T")


class Bus:
    """A connection to userbus; use it as an async context manager, and share one in the whole process.

    It connects again whenever the connection is lost, and waits for a broker that is not there at first. Any number of
    requests may be in flight. `url` may be the URLs of a cluster's nodes, separated by commas; ValueError where one is
    not of a broker. `timeout` (seconds), `retry` and `actor` are the defaults of `Options`.
    """

    def __init__(
        self, url: str, *, app_id: str, timeout: float = 10.0, retry: bool = True, actor: str | None = None
    ) -> None:
        self._app_id = app_id
        self._actor = actor
        self._timeout = timeout
        self._retry = retry
        self._requests: RequestChannel | None = None
        self._url = require_amqp_url(url)
        self._connection = Connection(url, app_id, self._serve)
        self._subscriptions: list[Subscription] = []

    @property
    def state(self) -> State:
        """State of the connection: "up", "no broker", "no topology" (no worker has run yet), or "closed"."""
        return self._connection.state

    @property
    def failure(self) -> BaseException | None:
        """Why the last attempt to connect ended, or None while the connection is up."""
        return self._connection.failure

    async def __aenter__(self) -> Self:
        """Begin to connect; returns after the first attempt, whether it succeeded or not."""
        try:
            await self._connection.open()
        except BaseException:  # who is cancelled here has no block that would end the attempts
            await self._connection.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Disconnect, subscriptions too; requests that still wait end as Unavailable."""
        async with AsyncExitStack() as stack:  # all of them, also where this is cancelled meanwhile
            stack.push_async_callback(self._connection.close)
            for subscription in self._subscriptions:
                stack.push_async_callback(subscription.close)

    async def ask(self, request: Request[V], **options: Unpack[Options]) -> V:
        """Send a request and return its reply.

        Raises the exception of the problem's kind; Unavailable if no worker could be reached before the deadline,
        TimedOut if one may have taken the request but no reply came.
        """
        view: V = await self._ask(name_of(request), request, options)
        return view

    async def check_health(self, family: str, **options: Unpack[Options]) -> HealthView:
        """Ask one worker of the family (`user`, `account`, `role`, `auth`, `sms`) for its state."""
        view: HealthView = await self._ask(f"health.{family}", CheckHealth(), options)
        return view

    async def publish(self, command: Command[Any], **options: Unpack[Options]) -> str:
        """Send a command without waiting for its reply, and return its message_id.

        When this returns, the broker has stored the command, and it will be carried out once, however long that takes.
        A refusal is published as the event `command.refused`. Raises Unavailable if no queue took the command before
        the deadline, TimedOut if the broker did not confirm.
        """
        prepared = self._prepare(name_of(command), command, options)

        async def attempt(seconds: float) -> None:
            async with asyncio.timeout(seconds):
                await self._live().publish(prepared.name, prepared.properties(), prepared.body)

        await self._retry_until_deadline(prepared.name, attempt, options)
        return prepared.message_id

    def events(
        self, consumer: str, *patterns: str, prefetch: int = 32, plain: bool = False, partitions: int = 1
    ) -> Subscription:
        """Subscribe to the events whose names match one of the topic patterns, by default to all.

        The durable queue `<consumer>.events` keeps them from the first subscription on, also while nobody reads. Of
        several processes with the same consumer name one is given the events; another takes over when it ends. With
        several `partitions`, 64 at most, the processes share the subjects; the number stays what it was first. Up to
        `prefetch` events of each are fetched ahead: as many by each process, for the order. `plain` takes them without
        personal data, for services that are given no more. Raises ValueError for a name that is userbus's own, for one
        that no queue can have, for a pattern of more than 255 bytes, for another number of partitions, and for more
        than 65,535 to fetch.
        """
        if not consumer or consumer.split(".", maxsplit=1)[0] == "userbus":
            raise ValueError("name the consumer after your own service: userbus.* is the service's own")
        if not 1 <= partitions <= MOST_PARTITIONS:
            raise ValueError(f"{partitions} partitions: take 1 to {MOST_PARTITIONS}")
        exchange = PLAIN_EVENTS_EXCHANGE if plain else EVENTS_EXCHANGE
        queue = EventQueue(f"{consumer}.events", patterns or ("#",), prefetch, exchange)
        if partitions == 1:
            return self._subscribe(queue)
        return self._subscribe(PartitionedQueue(queue, partitions, self._url, self._app_id))

    def replay(self, start: Start = "first", *patterns: str, prefetch: int = 100) -> Subscription:
        """Read past events from the log (the last 7 days by default), then new ones as they come.

        `start` is "first", "next" (new events only), the `offset` of an event, or a time with a time zone. Every reader
        reads for itself; nothing is stored when it ends. Raises ValueError for a time without a time zone, for what is
        none of these, and for fewer than 1 or more than 65,535 to fetch.
        """
        if isinstance(start, datetime) and start.tzinfo is None:
            raise ValueError("give a time with a time zone")
        return self._subscribe(EventLog(start, patterns or ("#",), prefetch))

    def _subscribe(self, source: Source) -> Subscription:
        subscription = Subscription(self._url, self._app_id, source)
        self._subscriptions = [*(one for one in self._subscriptions if not one.is_closed), subscription]
        return subscription

    async def _ask(self, name: str, request: Request[Any], options: Options) -> Any:
        prepared = self._prepare(name, request, options)

        async def attempt(seconds: float) -> View:
            async with asyncio.timeout(seconds):
                body = await self._live().ask(name, prepared.properties(seconds), prepared.body)
            return decode(name, request.reply_type(), body)

        return await self._retry_until_deadline(name, attempt, options)

    def _prepare(self, name: str, request: Request[Any], options: Options) -> PreparedRequest:
        actor = options.get("actor") or self._actor
        return PreparedRequest.prepare(name, request, self._app_id, {**options, "actor": actor})

    async def _retry_until_deadline(self, name: str, attempt: Callable[[float], Awaitable[T]], options: Options) -> T:
        retry = self._retry if options.get("retry") is None else options.get("retry")
        seconds = options.get("timeout")
        seconds = self._timeout if seconds is None else seconds
        return await retry_until(seconds, name, attempt, lambda: bool(retry) and self.state != "closed")

    def _live(self) -> RequestChannel:
        if self._requests is None:
            if self.state == "closed":
                raise unavailable("bus.disconnected", "closed: use the bus inside its `async with` block")
            raise unavailable("bus.disconnected", f"{self.state}: the bus is down ({self._connection.failure})")
        return self._requests

    @asynccontextmanager
    async def _serve(self, channel: AbstractChannel) -> AsyncIterator[None]:
        async with request_channel(channel, connected_user(self._connection.url)) as self._requests:
            try:
                yield
            finally:
                self._requests = None
