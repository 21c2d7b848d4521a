"""userbus in memory, as tests use it: where it is, what it was asked, and what shall go wrong."""

import asyncio
import json
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any, Self, TypeVar

from client import connect, connect_sync
from client.bus import Bus
from client.event import Event, read_event
from client.sync import SyncBus
from contracts.problem import Kind
from contracts.topology.declared import declared_topology
from testing.broker.broker import Broker
from testing.broker.connection import BrokerSocket
from testing.scripts import CODE, ScriptedTrouble, make_problem
from testing.service import MemoryWorker
from worker.delivery.envelope import Envelope

T = TypeVar("T")
QUEUE_LENGTH, EVENTS_DAYS = 100_000, 7
CALL_SECONDS = 10.0
TIMEOUT = 5.0  # seconds that a request of a test has, unless it says otherwise


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request that came, whatever became of it; `body` is its JSON object, secrets included."""

    name: str
    body: dict[str, Any]
    message_id: str | None
    app_id: str | None
    actor: str | None
    expects_reply: bool


class MemoryUserbus:
    """userbus in memory; use it as a context manager.

    It has the contracts, handlers and events of the real one, and forgets everything in the end. It runs in a thread of
    its own, and `url` is where any AMQP client finds it, with or without asyncio. Any thread may call its methods.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="userbus in memory", daemon=True)

    def __enter__(self) -> Self:
        """Start it, within milliseconds."""
        self._thread.start()
        self._service, self._socket = self._run(_start())
        return self

    def __exit__(self, *_: object) -> None:
        """Disconnect everybody, and forget everything."""
        self._run(self._socket.close())
        try:
            self._run(self._service.close())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    @property
    def url(self) -> str:
        """The address for `userbus.connect`, or for any other AMQP 0-9-1 client."""
        return self._socket.url

    def connect(self, app_id: str = "test", *, timeout: float = TIMEOUT, retry: bool = True) -> Bus:
        """Return what `userbus.connect` returns."""
        return connect(self.url, app_id=app_id, timeout=timeout, retry=retry)

    def connect_sync(self, app_id: str = "test", *, timeout: float = TIMEOUT, retry: bool = True) -> SyncBus:
        """Return what `userbus.connect_sync` returns."""
        return connect_sync(self.url, app_id=app_id, timeout=timeout, retry=retry)

    @property
    def requests(self) -> list[SentRequest]:
        """What was sent, the oldest first; a request that the client has sent again is there again."""
        return [_describe(envelope) for envelope in [*self._service.requests]]

    @property
    def events(self) -> list[Event]:
        """What has been emitted, the oldest first, whoever subscribes; repeats are left out.

        A reply comes before its event, so this waits until all that came has been carried out.
        """
        self.wait_idle()
        return [read_event(json.loads(event.body)) for event in [*self._service.events]]

    def find_code(self, telephone: str) -> str | None:
        """Return the last SMS code that was sent to a number."""
        return self._service.codes.by_number.get(telephone)

    def fail_next(
        self,
        name: str,
        kind: Kind,
        *,
        code: str = CODE,
        message: str = "the test wants it",
        details: Any = None,
        times: int = 1,
    ) -> None:
        """Have the next requests of a name fail with a problem of a kind; they are not carried out.

        A client asks again after `unavailable`, with the same message_id: more `times` outlast it. Raises ValueError
        for a name or a kind that there is not.
        """
        trouble = ScriptedTrouble(make_problem(kind, code, message, details))
        self._call(lambda: self._service.script.add(name, trouble, times))

    def silence_next(self, name: str, *, carried_out: bool = False, times: int = 1) -> None:
        """Have nobody answer the next requests of a name, which may be carried out all the same.

        Raises ValueError for a name that there is not.
        """
        trouble = ScriptedTrouble(silence="reply lost" if carried_out else "not carried out")
        self._call(lambda: self._service.script.add(name, trouble, times))

    def repeat(self, event: Event) -> None:
        """Publish an event a second time, as happens after a crash. Raises ValueError for one that was not emitted."""
        found = [each for each in [*self._service.events] if each.id == event.id]
        if not found:
            raise ValueError(f"event {event.id} was not emitted here: repeat one of `events`")
        self._call(lambda: self._service.emit(found[0]))

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Be away while the block runs: every connection is lost, and nobody can connect."""
        self._run(self._socket.close())
        try:
            yield
        finally:
            self._run(self._socket.open())

    def wait_idle(self) -> None:
        """Wait until everything that came has been carried out and its events are in their queues."""
        self._run(self._service.wait_idle())

    def _call(self, work: Any) -> None:
        async def call() -> None:
            work()

        self._run(call())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_SECONDS)


async def _start() -> tuple[MemoryWorker, BrokerSocket]:
    broker = Broker(declared_topology(QUEUE_LENGTH, EVENTS_DAYS))
    socket = BrokerSocket(broker)
    await socket.open()
    service = MemoryWorker(broker, socket.url)
    await service.open()
    return service, socket


def _describe(envelope: Envelope) -> SentRequest:
    try:
        body = json.loads(envelope.body)
    except ValueError:
        body = None
    return SentRequest(
        envelope.name,
        body if isinstance(body, dict) else {},
        envelope.message_id,
        envelope.app_id,
        envelope.actor,
        envelope.reply_to is not None,
    )
