"""A dead letter as it can be told, and which of them are meant."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from aio_pika.abc import AbstractIncomingMessage

OWN = ("x-", "traceparent", "tracestate")


@dataclass(frozen=True, slots=True)
class Letter:
    """One message of `userbus.dead`: parked by a worker, with its cause, or given up by the broker itself."""

    id: str
    name: str
    reason: str
    text: str
    exception: str
    attempts: int
    worker: str
    first: datetime | None
    at: datetime | None
    redacted: str
    body: bytes

    def age(self, moment: datetime) -> timedelta | None:
        """How long it has been dead, if that is known."""
        return moment - self.at if self.at else None


def letter(message: AbstractIncomingMessage) -> Letter:
    """Read a message that nobody vouches for."""
    headers = message.headers
    at = _moment(headers.get("x-userbus-at")) or _died(headers.get("x-death"))
    return Letter(
        id=str(message.message_id or ""),
        name=message.routing_key or "",
        reason=_text(headers, "x-userbus-code") or f"broker.{_text(headers, 'x-first-death-reason') or 'unknown'}",
        text=_text(headers, "x-userbus-text"),
        exception=_text(headers, "x-userbus-exception"),
        attempts=_count(headers.get("x-userbus-attempts")),
        worker=_text(headers, "x-userbus-worker"),
        first=_moment(headers.get("x-userbus-first")) or at,
        at=at,
        redacted=_text(headers, "x-userbus-redacted"),
        body=message.body,
    )


@dataclass(frozen=True, slots=True)
class Selection:
    """Which letters are meant: all conditions that are given must hold; none given means every letter."""

    ids: frozenset[str] = frozenset()
    name: str = "*"
    reason: str = "*"
    older: timedelta | None = None
    newer: timedelta | None = None
    text: str = ""

    @property
    def everything(self) -> bool:
        """Whether no condition is given."""
        return self == Selection()

    def takes(self, found: Letter) -> bool:
        """Whether a letter is meant. `name` and `reason` may hold wildcards; `text` ignores case."""
        return (
            (not self.ids or found.id in self.ids)
            and fnmatchcase(found.name, self.name)
            and fnmatchcase(found.reason, self.reason)
            and self._aged(found.age(datetime.now(UTC)))
            and self.text.lower() in f"{found.text}\n{found.exception}\n{found.body.decode(errors='replace')}".lower()
        )

    def told(self) -> dict[str, Any]:
        """The conditions, for the log of what was done."""
        given = {"ids": sorted(self.ids), "older": str(self.older or ""), "newer": str(self.newer or "")}
        return {**given, "name": self.name, "reason": self.reason, "text": self.text}

    def _aged(self, age: timedelta | None) -> bool:
        if self.older is None and self.newer is None:
            return True
        if age is None:
            return False
        return (self.older is None or age >= self.older) and (self.newer is None or age <= self.newer)


def _text(headers: Any, key: str) -> str:
    value = headers.get(key, "")
    return value if isinstance(value, str) else str(value)


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 1


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def _died(deaths: Any) -> datetime | None:
    time = deaths[0].get("time") if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict) else None
    return time if isinstance(time, datetime) else None
