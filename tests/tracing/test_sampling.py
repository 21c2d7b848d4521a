"""Of a trace that is not sampled no more is made than its ids, and they tell others not to record it either."""

import re
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tracing.export import open_recorder
from tracing.recorder import OpenTelemetryRecorder
from tracing.spans import NOT_RECORDED, begin, begin_step, current, current_headers, current_ids, record_with

UNSAMPLED = re.compile("00-[0-9a-f]{32}-[0-9a-f]{16}-00")
SAMPLED_PARENT = {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
USUAL = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio"}


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What is recorded where none of the traces that begin here is."""
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    record_with(OpenTelemetryRecorder(provider, ratio=0.0))
    yield exporter
    record_with(None)


def describe_never() -> dict[str, str | int]:
    raise AssertionError("attributes were made for what is not recorded")


def test_a_trace_that_is_left_out_makes_no_attributes_and_tells_others(spans: InMemorySpanExporter) -> None:
    with begin("work", "server", describe_never) as span:
        span.describe({"a": 1})
        span.rename("other")
        span.fail("fault")
        (told,) = current_headers().values()
        assert UNSAMPLED.fullmatch(told)
        assert span.headers() == {"traceparent": told}
        with begin("send", "producer", describe_never) as inner:
            assert inner.headers() == {"traceparent": told}
        assert (begin_step("part"), current(), current_ids()) == (NOT_RECORDED, None, None)
    assert current_headers() == {}
    assert spans.get_finished_spans() == ()


def test_a_trace_that_its_sender_sampled_is_recorded_whatever_the_ratio(spans: InMemorySpanExporter) -> None:
    with begin("work", "consumer", lambda: {"a": 1}, SAMPLED_PARENT), begin_step("part"):
        pass
    part, work = spans.get_finished_spans()
    assert [part.name, work.name] == ["part", "work"]
    assert dict(work.attributes or {}) == {"a": 1}
    assert part.context is not None
    assert f"{part.context.trace_id:x}" in SAMPLED_PARENT["traceparent"]


@pytest.mark.parametrize(
    ("variables", "recorded"),
    [
        (USUAL | {"OTEL_TRACES_SAMPLER_ARG": "0"}, False),
        (USUAL | {"OTEL_TRACES_SAMPLER_ARG": "1"}, True),
        (USUAL | {"OTEL_TRACES_SAMPLER_ARG": "2"}, True),
        (USUAL | {"OTEL_TRACES_SAMPLER_ARG": "many"}, True),
        (USUAL, True),
        ({"OTEL_TRACES_SAMPLER": "always_off"}, False),
        ({}, True),
    ],
)
def test_the_usual_variables_decide(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], recorded: bool) -> None:
    for name in ("OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    recorder, end = open_recorder("tests")
    with recorder.begin("work", "server", dict, {}):
        assert (recorder.current() is not None) is recorded
    end()
