"""Spans of messages, by OpenTelemetry's semantic conventions for messaging and RabbitMQ."""

from collections.abc import Mapping
from typing import Any, Literal

from tracing.spans import NOT_RECORDED, Kind, Span, begin, is_on

Operation = Literal["send", "process"]
KINDS: Mapping[Operation, Kind] = {"send": "producer", "process": "consumer"}
SYSTEM = {"messaging.system": "rabbitmq"}
CONTEXT_HEADERS = ("traceparent", "tracestate")
_NAMES = {
    "message_id": "messaging.message.id",
    "correlation_id": "messaging.message.conversation_id",
    "size": "messaging.message.body.size",
}


def begin_message_span(
    operation: Operation, exchange: str, key: str, headers: Mapping[str, Any], **known: str | int | None
) -> Span:
    """Begin the span of a message, which continues the trace in `headers`, else the current one.

    `known` are its `message_id`, `correlation_id` and `size`, and attributes of userbus; those that are None are left
    out.
    """
    if not is_on():
        return NOT_RECORDED

    def describe() -> dict[str, str | int]:
        return {
            **SYSTEM,
            "messaging.operation.type": operation,
            "messaging.operation.name": operation,
            "messaging.destination.name": f"{exchange}:{key}",
            "messaging.rabbitmq.destination.routing_key": key,
            **{_NAMES.get(name, f"userbus.{name}"): value for name, value in known.items() if value is not None},
        }

    parent = {name: value for name in CONTEXT_HEADERS if isinstance(value := headers.get(name), str)}
    return begin(f"{operation} {key}", KINDS[operation], describe, parent)
