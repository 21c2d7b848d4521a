"""Queues, whose messages go once they are acknowledged, and streams, which keep them."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from testing.broker.message import BrokerMessage

Arguments = Mapping[str, Any]


class Receiver(Protocol):
    """A consumer of a queue."""

    @property
    def has_room(self) -> bool:
        """Whether its prefetch limit lets it have another message."""

    def deliver(self, message: BrokerMessage, offset: int | None = None) -> None:
        """Take a message; `offset` is its place in a stream."""

    def cancel(self) -> None:
        """Be told that the queue is gone."""


class MemoryQueue:
    """A queue; `give_up` gets what is rejected, and what has waited for as long as `x-message-ttl` says."""

    def __init__(self, name: str, arguments: Arguments, give_up: Callable[[BrokerMessage], object]) -> None:
        self.name = name
        self.arguments = arguments
        self.receivers: list[Receiver] = []
        self.ready: deque[BrokerMessage] = deque()
        self.give_up = give_up

    @property
    def length(self) -> int:
        """How many messages wait."""
        return len(self.ready)

    def push(self, message: BrokerMessage) -> None:
        """Append a message."""
        self.ready.append(message)
        if ttl := self.arguments.get("x-message-ttl"):
            asyncio.get_running_loop().call_later(ttl / 1000, self._expire_first)
        self.pump()

    def give_back(self, messages: Iterable[BrokerMessage]) -> None:
        """Put messages back to the front, in their order."""
        self.ready.extendleft(message.as_redelivered() for message in reversed([*messages]))
        self.pump()

    def add(self, receiver: Receiver, _: Any) -> None:
        """Begin to deliver to a consumer."""
        self.receivers.append(receiver)
        self.pump()

    def remove(self, receiver: Receiver) -> None:
        """Deliver to a consumer no more."""
        self.receivers.remove(receiver)
        self.pump()

    def purge(self) -> int:
        """Drop what waits; return how much it was."""
        count = len(self.ready)
        self.ready.clear()
        return count

    def pump(self) -> None:
        """Deliver what can be delivered: in turns, or to the first consumer alone where only one is active."""
        while self.ready and (receiver := self._next_receiver()):
            receiver.deliver(self.ready.popleft())

    def _next_receiver(self) -> Receiver | None:
        if self.arguments.get("x-single-active-consumer"):
            return next((each for each in self.receivers[:1] if each.has_room), None)
        found = next((each for each in self.receivers if each.has_room), None)
        if found is not None:
            self.receivers.remove(found)
            self.receivers.append(found)
        return found

    def _expire_first(self) -> None:
        if self.ready:
            self.give_up(self.ready.popleft())


class MemoryStream:
    """A stream: each consumer reads all of it from where it wants to begin."""

    def __init__(self, name: str, arguments: Arguments) -> None:
        self.name = name
        self.arguments = arguments
        self.receivers: list[Receiver] = []
        self._log: list[tuple[BrokerMessage, datetime]] = []
        self._next: dict[int, int] = {}

    @property
    def length(self) -> int:
        """How many messages it holds."""
        return len(self._log)

    def push(self, message: BrokerMessage) -> None:
        """Append a message."""
        self._log.append((message, datetime.now(UTC)))
        self.pump()

    def give_back(self, messages: Iterable[BrokerMessage]) -> None:
        """Change nothing: nothing was taken out."""

    def give_up(self, message: BrokerMessage) -> None:
        """Change nothing: nothing was taken out."""

    def add(self, receiver: Receiver, start: Any) -> None:
        """Begin to deliver from "first", "next", "last", an offset or a time on."""
        self.receivers.append(receiver)
        self._next[id(receiver)] = self._position(start)
        self.pump()

    def remove(self, receiver: Receiver) -> None:
        """Deliver to a consumer no more."""
        self.receivers.remove(receiver)
        del self._next[id(receiver)]

    def purge(self) -> int:
        """Refuse: a stream cannot be purged. Raises ValueError."""
        raise ValueError("a stream cannot be purged")

    def pump(self) -> None:
        """Deliver what each consumer has not had, as far as it has room."""
        for receiver in [*self.receivers]:
            while receiver.has_room and (offset := self._next[id(receiver)]) < len(self._log):
                self._next[id(receiver)] = offset + 1
                receiver.deliver(self._log[offset][0], offset)

    def _position(self, start: Any) -> int:
        if isinstance(start, int):
            return start
        if isinstance(start, datetime):
            moment = start if start.tzinfo else start.replace(tzinfo=UTC)
            return next((place for place, (_, at) in enumerate(self._log) if at >= moment), len(self._log))
        named = {"first": 0, "next": len(self._log), "last": max(0, len(self._log) - 1), None: len(self._log)}
        if start not in named:
            raise ValueError(f"x-stream-offset {start!r} is not known here")
        return named[start]
