"""Sources of events: a durable queue of the consumer's own, or the log of the last days."""

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar, Literal, Protocol

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import CONNECTION_EXCEPTIONS
from aiormq.abc import FieldTable

from client.event import Event, read_event
from contracts.catalog import EVENTS_EXCHANGE, EVENTS_LOG
from contracts.lost_connections import name_lost_connections

Receive = Callable[[AbstractIncomingMessage | None], Awaitable[None]]  # None has the subscription look again
Start = Literal["first", "next"] | int | datetime
OFFSET = "x-stream-offset"  # where to begin to consume; of a message of the log its own number
CLOCKS = timedelta(seconds=1)  # by which the broker's may be behind
FIRST_TIME = datetime(1970, 1, 1, tzinfo=UTC)  # that AMQP can tell
LAST_OFFSET = 2**63 - 1
LONGEST_NAME = 255  # bytes of a queue's name or a routing key
MOST_PREFETCH = 65_535
_ODD = re.compile(r"[^A-Za-z0-9_.:@#,/+ -]")  # what pamqp puts into no name

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

    def __post_init__(self) -> None:
        """Raise ValueError for what the broker could never be told, for which one connection after the other fails."""
        require_name(self.name, LONGEST_NAME)
        for pattern in self.patterns:
            _require_length(pattern, LONGEST_NAME)
        require_prefetch(self.prefetch, least=0)

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
    _latest: datetime | None = None  # when the last event that was seen happened
    _began: datetime | None = None  # where "next" was, for who has seen no event yet

    def __post_init__(self) -> None:
        """Raise ValueError for what the broker could never be told."""
        require_prefetch(self.prefetch, least=1)
        if not _is_place(self.start):
            raise ValueError(f'{self.start!r} is no place in the log: take "first", "next", an offset from 0 or a time')

    async def consume(self, channel: AbstractChannel, receive: Receive) -> None:
        """Read on after the last event that was seen, or where reading began; a log made anew from its first event."""
        if self._next is not None:  # in a log that has not come so far yet, the broker would skip all up to there
            return await self._consume_from("first", channel, partial(self._consume_on, channel, receive), prefetch=1)
        began = datetime.now(UTC)
        await self._consume_from(self._began or self.start, channel, receive, self.prefetch)
        if self.start == "next" and self._began is None:
            self._began = began - CLOCKS

    async def _consume_on(self, channel: AbstractChannel, receive: Receive, first: AbstractIncomingMessage) -> None:
        """Consume what is to be read, once the log's first message tells whether it is the log of before."""
        if self._is_anew(first):
            self._next = 0
        with suppress(*CONNECTION_EXCEPTIONS), name_lost_connections():  # then consuming begins anew on another channel
            await (await channel.get_queue(self.name, ensure=False)).cancel(first.consumer_tag or "")
            await first.ack()
            await self._consume_from(self._next or 0, channel, receive, self.prefetch)

    async def _consume_from(self, place: Start, channel: AbstractChannel, receive: Receive, prefetch: int) -> None:
        await channel.set_qos(prefetch)
        log = await channel.get_queue(self.name, ensure=False)
        await log.consume(receive, arguments={OFFSET: stream_place(place)})

    def _is_anew(self, first: AbstractIncomingMessage) -> bool:
        """Whether the log's first event happened after one that was seen, but has a lower offset."""
        offset: Any = first.headers[OFFSET]
        if self._next is None or self._latest is None or offset >= self._next:
            return False
        with suppress(ValueError, RecursionError):  # it is no event
            return read_event(json.loads(first.body)).time > self._latest
        return False

    def accepts(self, event: Event) -> bool:
        """Whether a pattern matches and the event is not older than asked: a chunk of the stream may begin earlier."""
        if event.offset is not None:
            self._next, self._latest = event.offset + 1, event.time
        too_old = isinstance(self.start, datetime) and event.time < self.start
        return not too_old and is_any_match(self.patterns, event.name)

    async def leave(self) -> None:
        """Tell nobody: each reader reads for itself."""


def stream_place(start: Start) -> Start:
    """Return a place in a stream as the broker can be told: a time before 1970 is before everything."""
    return max(start, FIRST_TIME) if isinstance(start, datetime) else start


def require_name(name: str, longest: int) -> None:
    """Raise ValueError for a name that no queue, or no exchange, can be given."""
    if odd := sorted({*_ODD.findall(name)}):
        raise ValueError(
            f"name the consumer without {' '.join(map(repr, odd))}: letters of ASCII, digits, spaces and -_.:@#,/+"
        )
    _require_length(name, longest)


def _require_length(text: str, longest: int) -> None:
    if len(text.encode()) > longest:
        raise ValueError(f"{text[:40]}… is too long: RabbitMQ takes {longest} bytes")


def require_prefetch(prefetch: int, least: int) -> None:
    """Raise ValueError for a prefetch that cannot be."""
    if not least <= prefetch <= MOST_PREFETCH:
        raise ValueError(f"prefetch {prefetch}: take {least} to {MOST_PREFETCH}")


def _is_place(start: Start) -> bool:
    if isinstance(start, int):
        return 0 <= start <= LAST_OFFSET
    return isinstance(start, datetime) or start in ("first", "next")


def is_any_match(patterns: Sequence[str], name: str) -> bool:
    """Whether a topic pattern matches: `*` stands for one word, `#` for any number."""
    return any(_is_match(pattern.split("."), name.split(".")) for pattern in patterns)


def _is_match(pattern: Sequence[str], words: Sequence[str]) -> bool:
    if not pattern:
        return not words
    if pattern[0] == "#":
        return any(_is_match(pattern[1:], words[start:]) for start in range(len(words) + 1))
    return bool(words) and pattern[0] in ("*", words[0]) and _is_match(pattern[1:], words[1:])
