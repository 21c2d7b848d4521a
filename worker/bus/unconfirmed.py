"""Give up a connection on which the broker confirms nothing any more, though it is open."""

import asyncio

import structlog
from aio_pika.abc import AbstractRobustConnection

FAILURES = 3
FIRST_PAUSE = 2.0
LONGEST_PAUSE = 60.0
RECENT_SECONDS = 30.0  # a process that publishes nothing any more cannot tell whether the trouble is over
log = structlog.get_logger()


class UnconfirmedPublishes:
    """Counts the publishes in a row that were refused or not confirmed in time; three of them close the connection.

    So does a batch of which nothing was taken, since the relay waits before it tries the next. The connection is then
    opened again, at the next address where there are several. A channel that was opened during an election of its
    queue's leader, or whose node stood still, may never confirm again, while new ones do. A queue that is full refuses
    on every connection: so the pause before the next attempt doubles, from 2 s up to a minute.
    """

    def __init__(self, connection: AbstractRobustConnection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._in_a_row = 0
        self._failures = 0
        self._failed_at = 0.0
        self._pause = FIRST_PAUSE
        self._not_before = 0.0
        self._closing: asyncio.Task[None] | None = None

    def record_confirm(self) -> None:
        """Record that the broker has taken a message."""
        self._in_a_row = self._failures = 0
        self._pause = FIRST_PAUSE

    @property
    def is_refused(self) -> bool:
        """Whether the broker takes nothing: three publishes in a row have failed, the last within 30 s."""
        recent = asyncio.get_running_loop().time() - self._failed_at < RECENT_SECONDS
        return recent and self._failures >= FAILURES

    def record_failure(self, publishes: int = 1) -> None:
        """Record that the broker has refused a message, or not confirmed it in time; it counts as so many."""
        moment = self._failed_at = asyncio.get_running_loop().time()
        self._in_a_row += publishes
        self._failures += publishes
        if self._in_a_row >= FAILURES and moment >= self._not_before:
            self._in_a_row = 0
            self._not_before = moment + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
            self._closing = asyncio.create_task(self._close_connection())

    async def _close_connection(self) -> None:
        transport = self._connection.transport
        if transport is not None:
            log.warning("connection given up", connection=self._name, reason="the broker confirms nothing")
            await transport.connection.close(ConnectionError("the broker confirms nothing"))
