"""OpenTelemetry's SDK as its variables say, and its contributed listener to PyMongo; imported where tracing is on."""

import os
from typing import Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation._semconv import _StabilityMode
from opentelemetry.instrumentation.pymongo import CommandTracer
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from tracing.recorder import OpenTelemetryRecorder


def create_recorder(service: str) -> OpenTelemetryRecorder:
    """Create the recorder whose spans go to the collector; the exit of the process sends those that wait."""
    provider = TracerProvider(resource=Resource.create({} if _is_named() else {SERVICE_NAME: service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracer = provider.get_tracer("userbus")
    commands = CommandTracer(tracer, _rename, failed_hook=_drop_text, semconv_opt_in_mode=_StabilityMode.DATABASE)
    return OpenTelemetryRecorder(provider, [commands])


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
