"""A receiver of OTLP over HTTP, made of OpenTelemetry's own protocol package."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as OtlpSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.support.loopback import serve
from tests.support.patience import PATIENCE


@dataclass(frozen=True)
class ReceivedSpan:
    """A span as the collector gets it; `service` is the program that has sent it."""

    service: str
    name: str
    kind: str
    trace_id: str
    id: str
    parent: str
    attributes: dict[str, Any]
    links: list[str]
    is_failed: bool


@dataclass
class Collector:
    """Where the spans go: `url` is for OTEL_EXPORTER_OTLP_ENDPOINT."""

    url: str = ""
    spans: list[ReceivedSpan] = field(default_factory=list)

    async def wait(self, is_complete: Callable[[list[ReceivedSpan]], bool]) -> list[ReceivedSpan]:
        """The spans, once they are what the test waits for."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not is_complete(self.spans):
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError("\n".join(map(str, self.spans))) from None
        return self.spans

    async def receive(self, request: Request) -> Response:
        """Take what an exporter sends."""
        sent = ExportTraceServiceRequest.FromString(await request.body())
        for resource in sent.resource_spans:
            service = _values(resource.resource.attributes)["service.name"]
            self.spans += [_read(service, span) for scope in resource.scope_spans for span in scope.spans]
        return Response(b"", 200, media_type="application/x-protobuf")


@asynccontextmanager
async def run_collector() -> AsyncIterator[Collector]:
    """Receive spans until the block ends."""
    collector = Collector()
    async with serve(Starlette(routes=[Route("/v1/traces", collector.receive, methods=["POST"])])) as url:
        collector.url = url
        yield collector


def tree(spans: list[ReceivedSpan], parent: str = "") -> dict[str, Any]:
    """The names of spans below a parent, each with those below it; those of one name are told apart by a number."""
    children: dict[str, Any] = {}
    for span in spans:
        if span.parent == parent:
            name = span.name
            while name in children:
                name += "'"
            children[name] = tree(spans, span.id)
    return children


def _read(service: str, span: OtlpSpan) -> ReceivedSpan:
    return ReceivedSpan(
        service,
        span.name,
        OtlpSpan.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        _values(span.attributes),
        [link.span_id.hex() for link in span.links],
        span.status.code == Status.STATUS_CODE_ERROR,
    )


def _values(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
