"""What handlers may ask about the retry ladder, which only a worker with a broker has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    """A request on the ladder; None is what its headers do not tell. See `WaitingRetry` for the meanings."""

    step: str
    name: str
    attempt: int
    cause: str | None
    app_id: str | None
    message_id: str | None
    since: datetime | None
    due: datetime | None
    first: datetime | None


@dataclass(frozen=True, slots=True)
class LadderStep:
    """A step: how many seconds messages wait there, how many wait, and the first of them as they were at `seen_at`."""

    step: str
    seconds: int
    waiting: int
    seen_at: datetime
    messages: Sequence[WaitingMessage]


class RetryLadder(Protocol):
    """Looks at the ladder."""

    async def look(self, size: int, /) -> Sequence[LadderStep]:
        """Return every step with the first `size` messages of each at most. Raises `BrokerUnavailable`."""


class NoRetryLadder:
    """Of a process without a broker: nothing waits."""

    async def look(self, _: int, /) -> Sequence[LadderStep]:
        """Return no steps."""
        return ()
