"""Histograms name a trace of each bucket, for who asks in the one format that can."""

import secrets

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.support.foreseen import new_name
from tests.support.loopback import http_client
from tests.tracing.conftest import TracedStack

OPENMETRICS = {"Accept": "application/openmetrics-text; version=1.0.0, text/plain;q=0.5"}


async def read_page(port: int, **headers: str) -> httpx.Response:
    async with http_client() as http:
        return await http.get(f"http://127.0.0.1:{port}/metrics", headers=headers)


def exemplars(page: httpx.Response, histogram: str) -> list[dict[str, str]]:
    """The labels of the exemplars of a histogram."""
    assert page.headers["content-type"].startswith("application/openmetrics-text")
    parsed = text_string_to_metric_families(page.text)  # type: ignore[no-untyped-call]
    families = {family.name: family for family in parsed}
    return [sample.exemplar.labels for sample in families[histogram].samples if sample.exemplar]


@pytest.mark.parametrize("program", ["worker", "bridge"])
async def test_a_bucket_names_the_trace_of_its_last_recorded_request(traced: TracedStack, program: str) -> None:
    trace = secrets.token_hex(16)
    await traced.http.get(f"/user/{new_name()}", headers={"traceparent": f"00-{trace}-{secrets.token_hex(8)}-01"})
    port, histogram = traced.metrics[program]
    told = exemplars(await read_page(port, **OPENMETRICS), histogram)
    assert trace in [labels["trace_id"] for labels in told]
    await traced.collector.wait(lambda spans: {labels["span_id"] for labels in told} <= {span.id for span in spans})


@pytest.mark.parametrize("program", ["worker", "bridge"])
async def test_the_text_format_stays_the_default_and_has_none(traced: TracedStack, program: str) -> None:
    port, histogram = traced.metrics[program]
    page = await read_page(port, Accept="*/*")
    assert page.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert f"# TYPE {histogram} histogram" in page.text
    assert "trace_id" not in page.text
