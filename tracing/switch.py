"""The one setting that switches tracing on: OTEL_EXPORTER_OTLP_ENDPOINT, as OpenTelemetry names it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from tracing.spans import record_with

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
PROTOCOL = "http/protobuf"


class TracingUnavailable(Exception):
    """The environment asks for traces that cannot be had; the text is a sentence for people."""


@contextmanager
def export_traces(service: str) -> Iterator[None]:
    """Record this process's spans and send them, named `service`, until the block ends, if a collector is named.

    Raises `TracingUnavailable` where OpenTelemetry is not installed, or another protocol than OTLP over HTTP is asked.
    """
    endpoint = next((name for name in ENDPOINTS if os.environ.get(name)), None)
    if endpoint is None or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        yield
        return
    recorder, end = _import_export(endpoint).open_recorder(service)
    record_with(recorder)
    try:
        yield
    finally:
        record_with(None)
        end()


def _import_export(endpoint: str) -> Any:
    for name in PROTOCOLS:
        if os.environ.get(name, PROTOCOL) not in ("", PROTOCOL):
            raise TracingUnavailable(f"{name}: only {PROTOCOL} is spoken, on port 4318 of most collectors")
    try:
        # by name, since OpenTelemetry is an optional dependency
        return import_module(f"{__name__.rpartition('.')[0]}.export")
    except ModuleNotFoundError as error:
        raise TracingUnavailable(
            f"{endpoint} is set, but {error.name} is not installed: pip install 'userbus[tracing]', or unset it"
        ) from error
