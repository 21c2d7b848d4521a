"""A dead letter as it is listed, and the conditions that select some of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from aio_pika.abc import AbstractIncomingMessage

from contracts.harmless import harmless_text

SHOWN_IDS = 5


class AmbiguousPrefix(Exception):
    """Several message_ids begin with a prefix; the text lists them."""

    def __init__(self, prefix: str, ids: Sequence[str]) -> None:
        more = ", …" if len(ids) > SHOWN_IDS else ""
        super().__init__(f"{prefix} begins {len(ids)} message_ids: {', '.join(ids[:SHOWN_IDS])}{more}")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message of `userbus.dead`: sent there by a worker, with its cause, or by the broker itself.

    `id` (its message_id), `name`, `reason`, `app_id` and `caller` (the sender's RabbitMQ user) are as they are shown
    and typed: with escapes where they have characters that are not shown.
    """

    id: str
    name: str
    app_id: str
    caller: str
    reason: str
    text: str
    exception: str
    attempts: int
    worker: str
    first: datetime | None
    at: datetime | None
    redacted: str
    body: bytes

    @property
    def says(self) -> str:
        """What went wrong in one text: the exception, if there was one, and what it said."""
        return ": ".join(filter(None, (self.exception, self.text)))

    def age(self, moment: datetime) -> timedelta | None:
        """How long it has been dead, if that is known."""
        return moment - self.at if self.at else None


def dead_letter(message: AbstractIncomingMessage) -> DeadLetter:
    """Read a message whose headers may be missing or malformed."""
    headers = message.headers
    at = _timestamp(headers.get("x-userbus-at")) or _death_time(headers.get("x-death"))
    return DeadLetter(
        id=harmless_text(str(message.message_id or "")),
        name=harmless_text(message.routing_key or ""),
        app_id=harmless_text(message.app_id or ""),
        caller=harmless_text(message.user_id or ""),
        reason=harmless_text(_text(headers, "x-userbus-code") or _broker_reason(headers)),
        text=_text(headers, "x-userbus-text"),
        exception=_text(headers, "x-userbus-exception"),
        attempts=_count(headers.get("x-userbus-attempts")),
        worker=_text(headers, "x-userbus-worker"),
        first=_timestamp(headers.get("x-userbus-first")) or at,
        at=at,
        redacted=_text(headers, "x-userbus-redacted"),
        body=message.body,
    )


@dataclass(frozen=True, slots=True)
class Selection:
    """Conditions that a dead letter must meet, all of them; without any condition every dead letter is selected.

    With `whole`, no id stands for those that begin with it.
    """

    ids: frozenset[str] = frozenset()
    name: str = "*"
    reason: str = "*"
    older: timedelta | None = None
    newer: timedelta | None = None
    text: str = ""
    caller: str = "*"
    whole: bool = False

    def matches(self, found: DeadLetter) -> bool:
        """Whether a dead letter is selected.

        `name`, `reason` and `caller` may hold wildcards, the last is an app_id or a RabbitMQ user; `text` ignores case.
        """
        return (
            (not self.ids or found.id in self.ids)
            and fnmatchcase(found.name, self.name)
            and fnmatchcase(found.reason, self.reason)
            and any(fnmatchcase(sender, self.caller) for sender in (found.app_id, found.caller))
            and self._matches_age(found.age(datetime.now(UTC)))
            and self.text.lower() in f"{found.text}\n{found.exception}\n{found.body.decode(errors='replace')}".lower()
        )

    def conditions(self) -> dict[str, Any]:
        """The conditions as JSON, for the audit log."""
        lists = {"ids": sorted(self.ids), "older": str(self.older or ""), "newer": str(self.newer or "")}
        return {**lists, "name": self.name, "reason": self.reason, "caller": self.caller, "text": self.text}

    def with_whole_ids(self, present: Collection[str]) -> "Selection":
        """The selection with the ids that its prefixes stand for; a prefix of none stays as it is.

        An id that is present itself is no prefix. Raises `AmbiguousPrefix`.
        """
        if self.whole:
            return self
        return replace(self, ids=frozenset(_whole_id(given, present) for given in self.ids))

    def _matches_age(self, age: timedelta | None) -> bool:
        if self.older is None and self.newer is None:
            return True
        if age is None:
            return False
        return (self.older is None or age >= self.older) and (self.newer is None or age <= self.newer)


def _whole_id(given: str, present: Collection[str]) -> str:
    """The id that a prefix stands for; none for an empty one, as of a script's variable that is not set."""
    meant = [given] if given in present or not given else sorted(each for each in present if each.startswith(given))
    if len(meant) > 1:
        raise AmbiguousPrefix(given, meant)
    return meant[0] if meant else given


def _text(headers: Any, key: str) -> str:
    value = headers.get(key, "")
    return value if isinstance(value, str) else str(value)


def _broker_reason(headers: Any) -> str:
    return f"broker.{_text(headers, 'x-first-death-reason') or 'unknown'}"


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 1


def _timestamp(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def _death_time(deaths: Any) -> datetime | None:
    time = deaths[0].get("time") if isinstance(deaths, list) and deaths and isinstance(deaths[0], dict) else None
    return time if isinstance(time, datetime) else None
