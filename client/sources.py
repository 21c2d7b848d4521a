"""Sources of events: a durable queue of the consumer's own, or the log of the last days."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Literal, Protocol

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aiormq.abc import FieldTable

from client.event import Event
from contracts.catalog import EVENTS_EXCHANGE, EVENTS_LOG

Receive = Callable[[AbstractIncomingMessage | None], Awaitable[None]]  # None has the subscription look again
Start = Literal["first", "next"] | int | datetime
CLOCKS = timedelta(seconds=1)  # by which the broker's may be behind

# One consumer at a time keeps each subject's order. RabbitMQ 4 by default drops what was delivered 20 times.
QUEUE: FieldTable = {"x-queue-type": "quorum", "x-single-active-consumer": True, "x-delivery-limit": 1_000_000}


class Source(Protocol):
    """Something that a subscription consumes from."""

    @property
    def name(self) -> str:
        """The queue's name."""

    async def consume(self, channel: AbstractChannel, receive: Receive) -> None:
        """Begin to consume; again after each reconnection."""

    def accepts(self, event: Event) -> bool:
        """Whether the subscription wants this event."""

    @property
    def is_stale(self) -> bool:
        """Whether to consume anew on another channel, once no event is in hand."""

    @property
    def is_shared(self) -> bool:
        """Whether other processes may have been given a subject's events meanwhile, when consuming begins anew."""

    async def leave(self) -> None:
        """Tell the other processes of the consumer that this one stops."""


@dataclass(frozen=True, slots=True)
class EventQueue:
    """A durable quorum queue, bound to the events whose names match one of the patterns."""

    name: str
    patterns: Sequence[str]
    prefetch: int
    exchange: str = EVENTS_EXCHANGE
    is_stale: ClassVar[bool] = False
    is_shared: ClassVar[bool] = False

    async def consume(self, channel: AbstractChannel, receive: Receive) -> None:
        """Declare and bind the queue, then consume from it."""
        await channel.set_qos(self.prefetch)
        queue = await channel.declare_queue(self.name, durable=True, arguments=QUEUE)
        for pattern in self.patterns:
            await queue.bind(self.exchange, pattern)
        await queue.consume(receive)

    def accepts(self, event: Event) -> bool:
        """Whether a pattern matches: a queue keeps its earlier bindings."""
        return is_any_match(self.patterns, event.name)

    async def leave(self) -> None:
        """Tell nobody: the broker has the next process take over."""


@dataclass(slots=True)
class EventLog:
    """The stream of the last days' events, read from `start` on; each reader reads for itself."""

    start: Start
    patterns: Sequence[str]
    prefetch: int
    name: str = EVENTS_LOG
    is_stale: ClassVar[bool] = False
    is_shared: ClassVar[bool] = False
    _next: int | None = None
    _began: datetime | None = None  # where "next" was, for who has seen no event yet

    async def consume(self, channel: AbstractChannel, receive: Receive) -> None:
        """Read on after the last event that was seen, or where reading began."""
        await channel.set_qos(self.prefetch)
        log = await channel.get_queue(self.name, ensure=False)
        began = datetime.now(UTC)
        place = next(each for each in (self._next, self._began, self.start) if each is not None)
        await log.consume(receive, arguments={"x-stream-offset": place})
        if self.start == "next" and self._began is None:
            self._began = began - CLOCKS

    def accepts(self, event: Event) -> bool:
        """Whether a pattern matches and the event is not older than asked: a chunk of the stream may begin earlier."""
        if event.offset is not None:
            self._next = event.offset + 1
        too_old = isinstance(self.start, datetime) and event.time < self.start
        return not too_old and is_any_match(self.patterns, event.name)

    async def leave(self) -> None:
        """Tell nobody: each reader reads for itself."""


def is_any_match(patterns: Sequence[str], name: str) -> bool:
    """Whether a topic pattern matches: `*` stands for one word, `#` for any number."""
    return any(_is_match(pattern.split("."), name.split(".")) for pattern in patterns)


def _is_match(pattern: Sequence[str], words: Sequence[str]) -> bool:
    if not pattern:
        return not words
    if pattern[0] == "#":
        return any(_is_match(pattern[1:], words[start:]) for start in range(len(words) + 1))
    return bool(words) and pattern[0] in ("*", words[0]) and _is_match(pattern[1:], words[1:])
