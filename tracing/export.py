"""OpenTelemetry's SDK as its variables say, and its contributed listener to PyMongo; imported where tracing is on."""

import os
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation._semconv import _StabilityMode
from opentelemetry.instrumentation.pymongo import CommandTracer
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from tracing.recorder import OpenTelemetryRecorder

LAST_SECONDS = 2.0


class ProgramResource(Resource):
    """What the spans are of, hashed once: the encoder asks for the hash of each span's, a sixth of all that it does."""

    def __init__(self, resource: Resource) -> None:
        super().__init__(resource.attributes, resource.schema_url)
        self._hash = super().__hash__()

    def __hash__(self) -> int:
        return self._hash


def open_recorder(service: str) -> tuple[OpenTelemetryRecorder, Callable[[], None]]:
    """Create the recorder whose spans go to the collector, and what ends it: spans that wait are sent within 2 s."""
    resource = ProgramResource(Resource.create({} if _is_named() else {SERVICE_NAME: service}))
    ratio = _root_ratio()
    sampler = None if ratio is None else ALWAYS_ON  # the recorder has decided then
    provider = TracerProvider(sampler=sampler, resource=resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter()
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("userbus")
    commands = CommandTracer(tracer, _rename, failed_hook=_drop_text, semconv_opt_in_mode=_StabilityMode.DATABASE)
    return OpenTelemetryRecorder(provider, [commands], ratio), partial(_end, provider, exporter)


def _end(provider: TracerProvider, exporter: OTLPSpanExporter) -> None:
    # left alone, a collector that is away holds the exit up for 20 s and more, longer than a container has
    sending = Thread(target=provider.shutdown, daemon=True)
    sending.start()
    sending.join(LAST_SECONDS)
    exporter.shutdown()  # type: ignore[no-untyped-call]  # theirs


def _root_ratio() -> float | None:
    """How many of the traces that begin here are recorded, as the usual sampler has it; None leaves it to the SDK."""
    if os.environ.get("OTEL_TRACES_SAMPLER", "").strip().lower() != "parentbased_traceidratio":
        return None
    try:
        ratio = float(os.environ["OTEL_TRACES_SAMPLER_ARG"])
    except (KeyError, ValueError):  # the SDK says so, and records all
        return None
    return ratio if 0 <= ratio <= 1 else None


def _is_named() -> bool:
    return "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")


def _rename(span: trace.Span, event: Any) -> None:
    # the conventions' name, and the same for every database; the package names the database and the command
    collection = event.command.get(event.command_name)
    span.update_name(f"{event.command_name} {collection}" if isinstance(collection, str) else event.command_name)
    span.set_attribute("db.operation.name", event.command_name)


def _drop_text(span: trace.Span, _event: Any) -> None:
    # what MongoDB answers to a failed command may quote keys
    span.set_status(trace.Status(trace.StatusCode.ERROR))
