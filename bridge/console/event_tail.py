"""The latest events, read from the log while somebody looks at them."""

import asyncio
from collections import deque
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

from client.bus import Bus
from client.errors import BusError
from client.event import Event
from client.subscription import Subscription

KEPT = 500
BACK = timedelta(minutes=15)
UNSEEN_SECONDS = 60.0
OPEN_SECONDS = 5.0  # after which the page says why there is nothing; whoever looks next begins anew


class NotOpened(Exception):
    """The log could not be opened in time; the text says why."""


class EventTail:
    """One reader for all who look; it begins a quarter of an hour back, and ends when nobody has looked for a minute.

    `fault` is why the log cannot be read, or None.
    """

    def __init__(self, amqp_url: str) -> None:
        self._url = amqp_url
        self._events: deque[Event] = deque(maxlen=KEPT)
        self._reader: asyncio.Task[None] | None = None
        self._seen_at = 0.0
        self.fault: str | None = None

    def look(self) -> list[Event]:
        """Return the latest 500 events at most, the latest first; begins to read where nobody has looked lately."""
        loop = asyncio.get_running_loop()
        self._seen_at = loop.time()
        if self._reader is None or self._reader.done():
            self._events.clear()
            self._reader = loop.create_task(self._read())
            loop.call_later(UNSEEN_SECONDS, self._end_unseen)
        return [*reversed(self._events)]

    async def _read(self) -> None:
        try:
            async with Bus(self._url, app_id="userbus-console") as bus, AsyncExitStack() as stack:
                events = await self._open(bus, stack)
                self.fault = None
                async for event in events:
                    self._events.append(event)
        except BusError as error:
            self.fault = error.message
        except NotOpened as error:
            self.fault = str(error)

    async def _open(self, bus: Bus, stack: AsyncExitStack) -> Subscription:
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                return await stack.enter_async_context(bus.replay(datetime.now(UTC) - BACK))
        except TimeoutError:
            why = "it is not there, or its node is down" if bus.state == "up" else str(bus.failure) or repr(bus.failure)
            raise NotOpened(why) from None

    def _end_unseen(self) -> None:
        loop = asyncio.get_running_loop()
        if self._reader is None or self._reader.done():
            return
        if loop.time() - self._seen_at >= UNSEEN_SECONDS:
            self._reader.cancel()
        else:
            loop.call_later(UNSEEN_SECONDS, self._end_unseen)
