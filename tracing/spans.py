"""Spans of the work in flight. Without a recorder nothing is recorded, and nothing of OpenTelemetry is imported."""

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, Protocol, Self

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Attributes = Mapping[str, str | int]
Describe = Callable[[], Attributes]
Headers = Mapping[str, str]


class Span:
    """A piece of work that is not recorded; a recorder has spans of its own.

    In a `with` block it is the current one and ends with the block, else by `end`. An exception that leaves the block
    makes it failed, cancellation aside.
    """

    def describe(self, attributes: Attributes) -> None:
        """Add attributes."""

    def rename(self, name: str) -> None:
        """Replace the name."""

    def fail(self, kind: str) -> None:
        """Say that the work failed: `kind` is an error's class or code, never its text, which may hold secrets."""

    def end(self) -> None:
        """Say that the work is done."""

    def headers(self) -> dict[str, str]:
        """`traceparent` and `tracestate` of what this work sends, for others to continue the trace; may be empty."""
        return {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()


class Recorder(Protocol):
    """What records spans: `tracing.recorder`."""

    def begin(self, name: str, kind: Kind, describe: Describe, parent: Headers) -> Span: ...

    def begin_step(self, name: str, kind: Kind, attributes: Attributes) -> Span: ...

    def begin_shared(self, name: str, attributes: Attributes, sharers: Sequence[object]) -> Span: ...

    def current(self) -> object: ...

    def current_headers(self) -> dict[str, str]: ...

    def current_ids(self) -> dict[str, str] | None: ...

    def current_trace_id(self) -> str | None: ...

    def command_listeners(self) -> list[Any]: ...


NOT_RECORDED = Span()
_recorder: Recorder | None = None


def record_with(recorder: Recorder | None) -> None:
    """Have this process's spans recorded, or no longer; whoever connected to MongoDB before is not listened to."""
    global _recorder  # noqa: PLW0603  # of a process, as OpenTelemetry's own
    _recorder = recorder


def is_on() -> bool:
    """Whether spans are recorded: attributes that cost something need not be made otherwise."""
    return _recorder is not None


def begin(name: str, kind: Kind, describe: Describe, parent: Headers | None = None) -> Span:
    """Begin a span that continues the trace in these headers, else the current one, else a new trace.

    `describe` makes its attributes, where it may be recorded. Of a trace that its sender did not sample nothing is
    recorded.
    """
    return _recorder.begin(name, kind, describe, parent or {}) if _recorder else NOT_RECORDED


def begin_step(name: str, kind: Kind = "internal", attributes: Attributes | None = None) -> Span:
    """Begin a part of the current span; outside of a recorded one nothing is recorded."""
    return _recorder.begin_step(name, kind, attributes or {}) if _recorder else NOT_RECORDED


def begin_shared(name: str, attributes: Attributes, sharers: Sequence[object]) -> Span:
    """Begin work done once for several spans, as `current` gave them: part of the first, linked to the others.

    What is done for one alone is told by its own span.
    """
    return _recorder.begin_shared(name, attributes, sharers) if _recorder else NOT_RECORDED


def current() -> object:
    """Return the current span if it is recorded, for `begin_shared`; else None."""
    return _recorder.current() if _recorder else None


def current_headers() -> dict[str, str]:
    """Return `traceparent` and `tracestate` of the current span, recorded or not; empty outside of any."""
    return _recorder.current_headers() if _recorder else {}


def current_ids() -> dict[str, str] | None:
    """Return `trace_id` and `span_id` of the current span, as an exemplar has them; None if it is not recorded."""
    return _recorder.current_ids() if _recorder else None


def add_trace_id(_logger: object, _method: str, entry: Any) -> Any:
    """Add `trace_id` of the current span to an entry of the log that has none."""
    trace_id = _recorder.current_trace_id() if _recorder else None
    if trace_id and entry.get("trace_id") is None:
        entry["trace_id"] = trace_id
    return entry


def command_listeners() -> list[Any]:
    """Return what tells of MongoDB's commands, as PyMongo's `event_listeners`; an empty list where nothing does."""
    return _recorder.command_listeners() if _recorder else []
