"""What surrounds a body on the bus, read once from a delivery that anybody may have sent."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from aio_pika.abc import AbstractIncomingMessage, HeadersType

from contracts.catalog import CATALOG
from contracts.entry import Entry
from contracts.problem import Problem
from worker.bus.retry_headers import ATTEMPT, FIRST
from worker.delivery.addresses import reply_queue_name
from worker.delivery.bodies import MAX_UNKNOWN, BodyUnreadable, Wrapping, unwrap_body
from worker.delivery.deadline_header import DeadlineInvalid, read_deadline
from worker.delivery.names import name_problem, request_name

COMPRESSION = "compression"  # kombu's name of what its body is packed with
MESSAGE_ID = "x-message-id"  # RabbitMQ's names of AMQP 1.0 ids that do not fit into the property
SENDERS_OWN = frozenset({"x-actor", "x-client-address"})
CORRELATION_ID = "x-correlation-id"


@dataclass(frozen=True, slots=True)
class Envelope:
    """The properties and headers of a request; whatever is missing or of a wrong type is None.

    `body` is unpacked; where it cannot be, `body_problem` says why. `reply_to` is the name of a queue;
    `correlation_header` goes back as `x-correlation-id`. `deadline` is Unix time in seconds; `header_problem` says why
    it, or the name, cannot be meant. `attempt` and `first` come from earlier tries that ended on the retry ladder;
    `deliveries` is how often a lost worker gave the message back. `headers` holds the sender's own, which go with
    copies.
    `caller` is the RabbitMQ user that sent it, as far as it says so: RabbitMQ closes the channel of those who lie.
    """

    name: str
    entry: Entry | None
    body: bytes
    message_id: str | None = None
    correlation_id: str | None = None
    correlation_header: str | bytearray | None = None
    reply_to: str | None = None
    app_id: str | None = None
    caller: str | None = None
    actor: str | None = None
    client_address: str | None = None
    traceparent: str | None = None
    timestamp: datetime | None = None
    deadline: float | None = None
    attempt: int = 0
    first: str | None = None
    redelivered: bool = False
    deliveries: int = 0
    headers: HeadersType = field(default_factory=dict)
    body_problem: Problem | None = None
    header_problem: Problem | None = None


def read_envelope(message: AbstractIncomingMessage) -> Envelope:
    """Read a delivery; nothing in it is an error."""
    headers = message.headers
    key, type = message.routing_key or "", _text(message.type) or ""
    name = request_name(key, type)
    entry = CATALOG.get(name)
    body, body_problem = _read_body(message, entry)
    deadline, deadline_problem = _read_deadline(message)
    return Envelope(
        name=name,
        entry=entry,
        body=body,
        message_id=_stable_id(message.message_id or headers.get(MESSAGE_ID)),
        correlation_id=_text(message.correlation_id or headers.get(CORRELATION_ID)),
        correlation_header=_correlation_header(message),
        reply_to=_reply_queue(message),
        app_id=_text(message.app_id),
        caller=_text(message.user_id),
        actor=_text(headers.get("x-actor")),
        client_address=_address(headers.get("x-client-address")),
        traceparent=_text(headers.get("traceparent")),
        timestamp=message.timestamp,
        deadline=deadline,
        attempt=_count(headers.get(ATTEMPT)),
        first=_text(headers.get(FIRST)),
        redelivered=bool(message.redelivered),
        # at a first delivery this header is not the broker's, but the sender's
        deliveries=_count(headers.get("x-delivery-count")) if message.redelivered else 0,
        headers={key: value for key, value in headers.items() if _is_senders_own(key, value)},
        body_problem=body_problem,
        header_problem=_name_problem(key, type) or deadline_problem,
    )


def _name_problem(key: str, type: str) -> Problem | None:
    text = name_problem(key, type)
    details = [{"field": "type", "message": text}]
    return Problem(kind="invalid", code="message.invalid", message=text, details=details) if text else None


def _read_body(message: AbstractIncomingMessage, entry: Entry | None) -> tuple[bytes, Problem | None]:
    wrapping = Wrapping(
        _text(message.type) or "", _text(message.content_encoding) or "", _text(message.headers.get(COMPRESSION)) or ""
    )
    try:
        return unwrap_body(message.body, wrapping, entry.max_body if entry else MAX_UNKNOWN), None
    except BodyUnreadable as error:
        return message.body, Problem(kind="invalid", code=error.code, message=str(error))


def _read_deadline(message: AbstractIncomingMessage) -> tuple[float | None, Problem | None]:
    try:
        return read_deadline(message, message.headers), None
    except DeadlineInvalid as error:
        details = [{"field": error.field, "message": str(error)}]
        return None, Problem(kind="invalid", code="message.invalid", message=f"{error.field} {error}", details=details)


def _reply_queue(message: AbstractIncomingMessage) -> str | None:
    address = _text(message.reply_to)
    return address and _text(reply_queue_name(address))


def _stable_id(value: Any) -> str | None:
    """Return an id as text of at most 255 bytes, the same for the same id."""
    if isinstance(value, (bytes, bytearray)):
        value = value.hex()
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value:
        return None
    return _text(value) or f"sha256:{hashlib.sha256(value.encode(errors='replace')).hexdigest()}"


def _correlation_header(message: AbstractIncomingMessage) -> str | bytearray | None:
    value = message.headers.get(CORRELATION_ID)
    return value if isinstance(value, (str, bytearray)) and not message.correlation_id else None


def _text(value: Any) -> str | None:
    if not isinstance(value, str) or not value or len(value.encode(errors="replace")) > 255:
        return None
    return value


def _address(value: Any) -> str | None:
    try:
        return str(ip_address(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 1000 else 0


def _is_senders_own(key: str, value: object) -> bool:
    # tables, dates and large floats of a sender may not survive being written again
    own = key in SENDERS_OWN or not (key.startswith("x-") or key == COMPRESSION)
    return own and isinstance(value, (str, bool, int))
