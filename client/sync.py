"""The client for programs without asyncio: it runs an event loop in a thread."""

import asyncio
from collections.abc import Coroutine, Generator
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from threading import RLock, Thread, current_thread
from typing import Any, Self, TypeVar, Unpack

from client.bus import Bus
from client.errors import Unavailable, unavailable
from client.event import Event
from client.options import Options
from client.sources import Start
from client.subscription import Subscription
from contracts.base import Command, Request, View

CLOSING_SECONDS = 2.0  # longer than a request pauses before it is sent again, and finds the bus closed

V = TypeVar("V", bound=View)
T = TypeVar("T")


class SyncBus:
    """A connection to userbus for scripts; use as a context manager. Its methods do what those of `Bus` do."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._run_loop, daemon=True)
        self._lock = RLock()  # garbage that is collected meanwhile ends its subscription
        self._is_closing = False

    def __enter__(self) -> Self:
        """Begin to connect."""
        self._thread.start()
        try:
            self._run(self._bus.__aenter__())
        except BaseException:  # Ctrl-C, after which there is no block that would end the thread
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect; requests of other threads that still wait end as Unavailable."""
        with self._lock:  # what begins later would never be answered
            self._is_closing = True
            closing = asyncio.run_coroutine_threadsafe(self._close(), self._loop)
        try:
            _await_result(closing)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    async def _close(self) -> None:
        await self._bus.__aexit__()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=CLOSING_SECONDS)

    def _run_loop(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:  # which cancels what is left, then closes it
            runner.get_loop().run_forever()

    def ask(self, request: Request[V], **options: Unpack[Options]) -> V:
        """Send a request and return the view that it is answered with; see `Bus.ask`."""
        return self._run(self._bus.ask(request, **options))

    def publish(self, command: Command[Any], **options: Unpack[Options]) -> str:
        """Send a command without waiting for its answer; see `Bus.publish`."""
        return self._run(self._bus.publish(command, **options))

    def events(
        self, consumer: str, *patterns: str, prefetch: int = 32, plain: bool = False, partitions: int = 1
    ) -> Generator[Event, None, None]:
        """Subscribe, then iterate over events; one is acknowledged when the next is asked for. See `Bus.events`.

        To close the generator, or to forget it, ends the subscription.
        """
        events = self._bus.events(consumer, *patterns, prefetch=prefetch, plain=plain, partitions=partitions)
        return self._iterate(events)

    def replay(self, start: Start = "first", *patterns: str, prefetch: int = 100) -> Generator[Event, None, None]:
        """Iterate over past events, then new ones; see `Bus.replay`."""
        return self._iterate(self._bus.replay(start, *patterns, prefetch=prefetch))

    def _iterate(self, subscription: Subscription) -> Generator[Event, None, None]:
        self._run(subscription.__aenter__())
        events = self._give(subscription)
        next(events)  # begin it: Python runs no `finally` of a generator that has not begun
        return events

    def _give(self, subscription: Subscription) -> Generator[Any, None, None]:
        try:
            yield None  # to `_iterate`
            while not self._loop.is_closed():
                yield self._run(anext(subscription))
        except StopAsyncIteration:
            return
        except Unavailable:
            if not self._is_closing:  # else it ends, as it does once the bus is closed
                raise
        finally:
            self._end(subscription)

    def _end(self, subscription: Subscription) -> None:
        if subscription.is_closed or not self._thread.is_alive():
            return
        if current_thread() is self._thread:  # collected as garbage there, where nothing can be waited for
            asyncio.run_coroutine_threadsafe(subscription.close(), self._loop)
            return
        with suppress(Unavailable):  # the bus is being closed, and its subscriptions with it
            self._run(subscription.close())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        with self._lock:
            if self._is_closing or not self._thread.is_alive():
                work.close()
                raise unavailable("bus.disconnected", "closed: use the bus inside its `with` block")
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return _await_result(future)
        except CancelledError as error:
            raise unavailable("bus.disconnected", "the bus was closed before the answer came") from error


def _await_result(future: Future[T]) -> T:
    try:
        return future.result()
    except BaseException:  # Ctrl-C as well, after which nobody waits for it
        future.cancel()
        raise
