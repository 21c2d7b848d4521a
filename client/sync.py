"""The client for programs without asyncio: it runs an event loop in a thread."""

import asyncio
from collections.abc import Coroutine, Generator
from threading import Thread
from typing import Any, Self, TypeVar, Unpack

from client.bus import Bus
from client.event import Event
from client.options import Options
from client.sources import Start
from client.subscription import Subscription
from contracts.base import Command, Request, View

V = TypeVar("V", bound=View)
T = TypeVar("T")


class SyncBus:
    """A connection to userbus for scripts; use as a context manager. Its methods do what those of `Bus` do."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        """Begin to connect."""
        self._thread.start()
        self._run(self._bus.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect."""
        self._run(self._bus.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def ask(self, request: Request[V], **options: Unpack[Options]) -> V:
        """Send a request and return the view that it is answered with; see `Bus.ask`."""
        return self._run(self._bus.ask(request, **options))

    def publish(self, command: Command[Any], **options: Unpack[Options]) -> str:
        """Send a command without waiting for its answer; see `Bus.publish`."""
        return self._run(self._bus.publish(command, **options))

    def events(self, consumer: str, *patterns: str, partitions: int = 1) -> Generator[Event, None, None]:
        """Subscribe, then iterate over events; one is acknowledged when the next is asked for. See `Bus.events`."""
        return self._iterate(self._bus.events(consumer, *patterns, partitions=partitions))

    def replay(self, start: Start = "first", *patterns: str) -> Generator[Event, None, None]:
        """Iterate over past events, then new ones; see `Bus.replay`."""
        return self._iterate(self._bus.replay(start, *patterns))

    def _iterate(self, subscription: Subscription) -> Generator[Event, None, None]:
        self._run(subscription.__aenter__())

        def iterate() -> Generator[Event, None, None]:
            try:
                while not self._loop.is_closed():
                    yield self._run(anext(subscription))
            except StopAsyncIteration:
                return
            finally:
                if not self._loop.is_closed():
                    self._run(subscription.close())

        return iterate()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()
