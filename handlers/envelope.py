"""What surrounds a body on the bus, read once from a delivery that nobody vouches for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aio_pika.abc import AbstractIncomingMessage

from contracts.catalog import CATALOG, Entry

DEADLINE = "x-deadline"
ATTEMPT = "x-attempt"
FIRST = "x-first"
NEVER = 253_402_300_800_000  # the year 10000 in ms: whoever names a later deadline names none


@dataclass(frozen=True, slots=True)
class Envelope:
    """The properties and headers of a request; whatever is missing or of a wrong type is None."""

    name: str
    entry: Entry | None
    body: bytes
    message_id: str | None
    correlation_id: str | None
    reply_to: str | None
    app_id: str | None
    actor: str | None
    traceparent: str | None
    deadline: float | None
    attempt: int
    redelivered: bool
    first: str | None = None
    deliveries: int = 0


def opened(message: AbstractIncomingMessage) -> Envelope:
    """Read a delivery.

    `deadline` is Unix time in seconds, from `x-deadline` (ms) or `timestamp` + `expiration`; `attempt` and `first` tell
    of earlier tries that ended on the retry ladder, `deliveries` how often the message came back from a lost worker.
    """
    headers = message.headers
    name = message.routing_key or ""
    return Envelope(
        name=name,
        entry=CATALOG.get(name),
        body=message.body,
        message_id=_text(message.message_id),
        correlation_id=_text(message.correlation_id),
        reply_to=_text(message.reply_to),
        app_id=_text(message.app_id),
        actor=_text(headers.get("x-actor")),
        traceparent=_text(headers.get("traceparent")),
        deadline=_deadline(message, headers),
        attempt=_count(headers.get(ATTEMPT)),
        first=_text(headers.get(FIRST)),
        redelivered=bool(message.redelivered),
        # what stands there at a first delivery is not the broker's, but the sender's
        deliveries=_count(headers.get("x-delivery-count")) if message.redelivered else 0,
    )


def _text(value: Any) -> str | None:
    if not isinstance(value, str) or not value or len(value.encode(errors="replace")) > 255:
        return None
    return value


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 1000 else 0


def _deadline(message: AbstractIncomingMessage, headers: Mapping[str, Any]) -> float | None:
    given = headers.get(DEADLINE)
    if isinstance(given, (int, float)) and not isinstance(given, bool) and abs(given) < NEVER:
        return float(given) / 1000
    if message.timestamp and isinstance(message.expiration, (int, float)):
        return message.timestamp.timestamp() + float(message.expiration)
    return None
