"""A request and its options, ready to be sent, any number of times."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from aio_pika import DeliveryMode
from pamqp.commands import Basic

from client.errors import Invalid
from client.options import Options
from client.wire import encode
from contracts.base import Command, Request
from contracts.problem import Problem

DEADLINE = "x-deadline"
HEADERS = {  # by option
    "actor": "x-actor",
    "client_address": "x-client-address",
    "traceparent": "traceparent",
    "tracestate": "tracestate",
}
LONGEST_ID = 255  # bytes
LONGEST_HEADERS = 100_000  # bytes of all together: RabbitMQ closes the connection for more than fit into one frame
LONGEST = 10 * 365 * 86_400  # seconds; RabbitMQ closes the channel for an expiration beyond that


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """One request with all that stays the same when it is sent again."""

    name: str
    body: bytes
    message_id: str
    app_id: str
    headers: dict[str, str]
    persistent: bool

    @classmethod
    def prepare(cls, name: str, request: Request[Any], app_id: str, options: Options) -> Self:
        """Put a request and its options together; makes a message_id where none is given.

        Raises Invalid for an option that no message can carry, which would fail while it is sent.
        """
        given: Mapping[str, Any] = options
        texts = {name: given[name] for name in HEADERS if given.get(name) is not None}
        message_id = options.get("message_id") or str(uuid.uuid4())
        for field, text in {"message_id": message_id, "app_id": app_id}.items():
            _require_size(field, text, LONGEST_ID)
        left = LONGEST_HEADERS
        for field, text in texts.items():
            left -= _require_size(field, text, left)
        return cls(
            name=name,
            body=encode(request),
            message_id=message_id,
            app_id=app_id,
            headers={HEADERS[name]: text for name, text in texts.items()},
            persistent=isinstance(request, Command),
        )

    def properties(self, seconds: float | None = None) -> Basic.Properties:
        """The properties of a message to send; with `seconds` nobody waits longer than that, so it expires then.

        aio-pika's message would convert each of them when it is made, and again when it is sent.
        """
        now = time.time()
        seconds = None if seconds is None else min(seconds, LONGEST)
        deadline = {} if seconds is None else {DEADLINE: int((now + seconds) * 1000)}
        mode = DeliveryMode.PERSISTENT if self.persistent else DeliveryMode.NOT_PERSISTENT
        return Basic.Properties(
            message_type=self.name,
            content_type="application/json",
            message_id=self.message_id,
            correlation_id=uuid.uuid4().hex,
            timestamp=datetime.fromtimestamp(int(now), UTC),
            expiration=None if seconds is None else str(int(seconds * 1000)),
            app_id=self.app_id,
            delivery_mode=mode.value,
            headers={**self.headers, **deadline},
        )


def _require_size(field: str, text: str, longest: int) -> int:
    """Return how many bytes a text has. Raises Invalid if there are too many, or none for one of its characters."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise _invalid(field, "holds half of a character (a surrogate)") from None
    if size > longest:
        raise _invalid(field, f"has {size} bytes: {longest} at most")
    return size


def _invalid(field: str, why: str) -> Invalid:
    problem = {"field": field, "message": why}
    return Invalid(Problem(kind="invalid", code="message.invalid", message=f"{field} {why}", details=[problem]))
