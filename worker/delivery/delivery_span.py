"""The span of a delivery: everything from its arrival to its acknowledgement."""

from contracts.catalog import COMMANDS_EXCHANGE
from tracing.messages import begin_message_span
from tracing.spans import NOT_RECORDED, Span, is_on
from worker.delivery.envelope import Envelope

FAILURES = frozenset({"unavailable", "internal", "late", "deferred", "dead_lettered"})


def begin_delivery_span(envelope: Envelope) -> Span:
    """Begin the span of a delivery, which continues the trace of its sender."""
    if not is_on():
        return NOT_RECORDED
    headers = {**envelope.headers, "traceparent": envelope.traceparent}
    return begin_message_span(
        "process",
        COMMANDS_EXCHANGE,
        envelope.name,
        headers,
        message_id=envelope.message_id,
        correlation_id=envelope.correlation_id,
        size=len(envelope.body),
        app_id=envelope.app_id,
        actor=envelope.actor,
        attempt=envelope.attempt,
    )


def describe_outcome(span: Span, outcome: str) -> None:
    """Add what became of the delivery, as in the metrics; a failure of the service makes the span failed."""
    span.describe({"userbus.outcome": outcome})
    if outcome in FAILURES:
        span.fail(outcome)
