"""Spans recorded by OpenTelemetry. Imported where tracing is on, and by applications that have it on for the client."""

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Self

from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from tracing.spans import NOT_RECORDED, Attributes, Describe, Headers, Kind, Span

KINDS: Mapping[Kind, SpanKind] = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}
_PROPAGATOR = TraceContextTextMapPropagator()
_UNSAMPLED = "-00"  # how a traceparent ends whose trace is not recorded


class RecordedSpan(Span):
    """A span of OpenTelemetry, sampled or not: also one that is not tells others that nothing is recorded."""

    def __init__(self, span: trace.Span) -> None:
        self.span = span
        self._token: Token[Context] | None = None
        self._within: Token[UnsampledSpan | None] | None = None

    def describe(self, attributes: Attributes) -> None:
        self.span.set_attributes(attributes)

    def rename(self, name: str) -> None:
        self.span.update_name(name)

    def fail(self, kind: str) -> None:
        self.span.set_attribute("error.type", kind)
        self.span.set_status(Status(StatusCode.ERROR))

    def end(self) -> None:
        self.span.end()

    def headers(self) -> dict[str, str]:
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier, trace.set_span_in_context(self.span))
        return carrier

    def __enter__(self) -> Self:
        self._token = attach(trace.set_span_in_context(self.span))
        if _unsampled.get() is not None:
            self._within = _unsampled.set(None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            detach(self._token)
        if self._within is not None:
            _unsampled.reset(self._within)
        if kind is not None and not issubclass(kind, asyncio.CancelledError):
            self.fail(kind.__qualname__)
        self.end()


class SharedAlone(RecordedSpan):
    """The span of the only one for whom shared work is done: it is current meanwhile, and ends later."""

    def end(self) -> None:
        return None


class UnsampledSpan(Span):
    """A span of a trace that is not recorded: what it sends, and what is done in it, tells others so.

    It is current in a variable of its own: OpenTelemetry's context costs a request more than all the rest of this. Its
    ids are made when they are first asked for.
    """

    def __init__(self, context: SpanContext | None = None) -> None:
        self._context = context
        self._token: Token[UnsampledSpan | None] | None = None

    @property
    def context(self) -> SpanContext:
        """Its ids."""
        if self._context is None:
            self._context = SpanContext(random.getrandbits(128), random.getrandbits(64), is_remote=False)
        return self._context

    def headers(self) -> dict[str, str]:
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier, trace.set_span_in_context(NonRecordingSpan(self.context)))
        return carrier

    def __enter__(self) -> Self:
        self._token = _unsampled.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            _unsampled.reset(self._token)


_unsampled: ContextVar[UnsampledSpan | None] = ContextVar("unsampled", default=None)


class OpenTelemetryRecorder:
    """Records spans with a provider of tracers, by default OpenTelemetry's global one.

    With `ratio` so many of the traces that begin here are given to the provider, and of the others no more is made
    than the ids; without, the provider's sampler decides all.
    """

    def __init__(
        self, provider: TracerProvider | None = None, listeners: Sequence[Any] = (), ratio: float | None = None
    ) -> None:
        self._tracer = trace.get_tracer("userbus", tracer_provider=provider)
        self._listeners = listeners
        self._ratio = 1.0 if ratio is None else ratio

    def begin(self, name: str, kind: Kind, describe: Describe, parent: Headers) -> Span:
        """Begin a span; see `tracing.spans.begin`."""
        if not parent and (outer := _unsampled.get()) is not None:
            return UnsampledSpan(outer.context)
        if parent.get("traceparent", "").endswith(_UNSAMPLED):
            return NOT_RECORDED
        context = _PROPAGATOR.extract(parent) if parent else None
        current = trace.get_current_span(context)
        known = current.get_span_context()
        if not known.is_valid:
            if random.random() >= self._ratio:
                return UnsampledSpan()
        elif context is None and not current.is_recording():
            return UnsampledSpan(known)
        return RecordedSpan(self._tracer.start_span(name, context, KINDS[kind], describe()))

    def begin_step(self, name: str, kind: Kind, attributes: Attributes) -> Span:
        """Begin a part of the current span; see `tracing.spans.begin_step`."""
        if _recorded_span() is None:
            return NOT_RECORDED
        return RecordedSpan(self._tracer.start_span(name, None, KINDS[kind], attributes))

    def begin_shared(self, name: str, attributes: Attributes, sharers: Sequence[object]) -> Span:
        """Begin work for several spans; see `tracing.spans.begin_shared`."""
        recorded = [span for span in sharers if isinstance(span, trace.Span)]
        if not recorded:
            return NOT_RECORDED
        if len(sharers) == 1:
            return SharedAlone(recorded[0])
        first, *others = recorded
        links = [Link(span.get_span_context()) for span in others]
        context = trace.set_span_in_context(first)
        shared = self._tracer.start_span(name, context, SpanKind.INTERNAL, attributes, links)
        for span in others:
            span.add_link(shared.get_span_context())
        return RecordedSpan(shared)

    def current(self) -> object:
        """Return the current span if it is recorded; see `tracing.spans.current`."""
        return _recorded_span()

    def current_headers(self) -> dict[str, str]:
        """Return the headers that continue the current trace; see `tracing.spans.current_headers`."""
        if (unsampled := _unsampled.get()) is not None:
            return unsampled.headers()
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier)
        return carrier

    def current_ids(self) -> dict[str, str] | None:
        """Return the ids of the current span; see `tracing.spans.current_ids`."""
        span = _recorded_span()
        if span is None:
            return None
        context = span.get_span_context()
        return {
            "trace_id": trace.format_trace_id(context.trace_id),
            "span_id": trace.format_span_id(context.span_id),
        }

    def current_trace_id(self) -> str | None:
        """Return the id of the current trace in hex, recorded or not; None outside of any."""
        unsampled = _unsampled.get()
        context = trace.get_current_span().get_span_context() if unsampled is None else unsampled.context
        return trace.format_trace_id(context.trace_id) if context.is_valid else None

    def command_listeners(self) -> list[Any]:
        """Return the listeners to MongoDB's commands."""
        return [*self._listeners]


def _recorded_span() -> trace.Span | None:
    if _unsampled.get() is not None:
        return None
    span = trace.get_current_span()
    return span if span.is_recording() else None
