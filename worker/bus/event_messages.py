"""Events as messages: their properties, and the span of sending each one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from aio_pika import DeliveryMode
from pamqp.commands import Basic

from contracts.catalog import EVENTS_EXCHANGE, PLAIN_EVENTS_EXCHANGE, SUBJECT_HEADER
from handlers.cloudevents import CONTENT_TYPE, event_attributes, plain_event
from models.store.journal import OutboxEvent
from tracing.messages import begin_message_span
from tracing.spans import NOT_RECORDED, Span, is_on
from worker.bus.publications import Publication

Spans = Mapping[str, Span]


def begin_sends(events: Sequence[OutboxEvent]) -> Spans:
    """Begin the spans of sending these events, by their ids: each continues the trace of its command."""
    return {event.id: _begin_send(event) for event in events} if is_on() else {}


def end_sends(spans: Spans, failures: Mapping[str, object]) -> None:
    """End the spans; `failures` are those of events that the broker has not taken, by their ids."""
    for id, span in spans.items():
        if failures.get(id):
            span.fail("not confirmed")
        span.end()


def event_message(event: OutboxEvent, spans: Spans) -> Publication:
    """The message of an event; its headers continue the trace from its span, where that is recorded."""
    return Publication(EVENTS_EXCHANGE, event.name, _properties(event, spans), event.body.encode())


def plain_event_message(event: OutboxEvent, spans: Spans) -> Publication:
    """The message of an event without personal data."""
    body = plain_event(event.name, event.body).encode()
    return Publication(PLAIN_EVENTS_EXCHANGE, event.name, _properties(event, spans), body, mandatory=False)


def _begin_send(event: OutboxEvent) -> Span:
    parent = event_attributes(event.body).get("traceparent")
    if parent is None:  # its command was none of a trace
        return NOT_RECORDED
    about: dict[str, str | int] = {"message_id": event.id, "subject": event.subject, "sequence": event.sequence}
    return begin_message_span("send", EVENTS_EXCHANGE, event.name, {"traceparent": parent}, **about)


def _properties(event: OutboxEvent, spans: Spans) -> Basic.Properties:
    attributes = event_attributes(event.body)
    time, correlation_id, traceparent = (attributes.get(name) for name in ("time", "correlationid", "traceparent"))
    return Basic.Properties(
        headers={SUBJECT_HEADER: attributes["subject"], **_context_headers(event, spans, traceparent)},
        # an id in which control characters have been replaced may be longer than the property can be
        correlation_id=correlation_id if correlation_id and len(correlation_id.encode()) <= 255 else None,
        timestamp=datetime.fromisoformat(time) if time else None,
        content_type=CONTENT_TYPE,
        message_type=event.name,
        message_id=event.id,
        app_id="userbus",
        delivery_mode=DeliveryMode.PERSISTENT.value,
    )


def _context_headers(event: OutboxEvent, spans: Spans, traceparent: str | None) -> dict[str, Any]:
    own = {"traceparent": traceparent} if traceparent else {}
    return spans.get(event.id, NOT_RECORDED).headers() or own
