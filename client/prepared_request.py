"""A request and its options, ready to be sent, any number of times."""

import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from aio_pika import DeliveryMode
from pamqp.commands import Basic

from client.options import Options
from client.wire import encode
from contracts.base import Command, Request

DEADLINE = "x-deadline"
ACTOR = "x-actor"
CLIENT_ADDRESS = "x-client-address"
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
        """Put a request and its options together; makes a message_id where none is given."""
        headers = {
            ACTOR: options.get("actor"),
            CLIENT_ADDRESS: options.get("client_address"),
            "traceparent": options.get("traceparent"),
            "tracestate": options.get("tracestate"),
        }
        return cls(
            name=name,
            body=encode(request),
            message_id=options.get("message_id") or str(uuid.uuid4()),
            app_id=app_id,
            headers={key: value for key, value in headers.items() if value is not None},
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
