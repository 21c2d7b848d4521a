"""The latest events, read from the log while somebody looks at them."""

import asyncio
from collections import deque
from datetime import UTC, datetime, timedelta

from client.bus import Bus
from client.errors import BusError
from client.event import Event

KEPT = 500
BACK = timedelta(minutes=15)
UNSEEN_SECONDS = 60.0


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
            bus = Bus(self._url, app_id="userbus-console")
            async with bus, bus.replay(datetime.now(UTC) - BACK) as events:
                self.fault = None
                async for event in events:
                    self._events.append(event)
        except BusError as error:
            self.fault = error.message

    def _end_unseen(self) -> None:
        loop = asyncio.get_running_loop()
        if self._reader is None or self._reader.done():
            return
        if loop.time() - self._seen_at >= UNSEEN_SECONDS:
            self._reader.cancel()
        else:
            loop.call_later(UNSEEN_SECONDS, self._end_unseen)
