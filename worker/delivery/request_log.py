"""One log line a request: who asked for what, and what became of it; never what was in its body."""

import structlog

from worker.delivery.envelope import Envelope


class RequestLog:
    """Writes the lines, if `is_enabled`: one costs some 15 µs as JSON and twice that for the console."""

    def __init__(self, is_enabled: bool) -> None:
        self._is_enabled = is_enabled
        self._log = structlog.get_logger().bind()  # a logger that is not bound yet is made anew for every line

    def write(self, envelope: Envelope, outcome: str, seconds: float) -> None:
        """Write the line of a settled delivery."""
        if not self._is_enabled:
            return
        self._log.info(
            "request",
            name=envelope.name,
            message_id=envelope.message_id,
            correlation_id=envelope.correlation_id,
            trace_id=_trace_id(envelope.traceparent),
            app_id=envelope.app_id,
            caller=envelope.caller,
            actor=envelope.actor,
            outcome=outcome,
            ms=round(seconds * 1000, 1),
        )


def _trace_id(traceparent: str | None) -> str | None:
    parts = traceparent.split("-") if traceparent else []
    return parts[1] if len(parts) >= 4 else None
