"""A worker and a bridge as processes of their own, with tracing on, and the receiver of their spans."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from devstack import probe
from devstack.ports import free_port
from devstack.servers import RunningServers
from tests.support.client import Client
from tests.support.foreseen import user
from tests.support.forked_programs import ForkedProgram, StandardFiles
from tests.support.loopback import http_client
from tests.support.otlp import Collector, run_collector
from tests.support.patience import PATIENCE
from tests.support.stack import SECRET, fresh_database
from tracing.recorder import OpenTelemetryRecorder
from tracing.spans import record_with


@dataclass(frozen=True)
class TracedStack:
    """Where everything is; `logs` is the folder of worker.log and bridge.log.

    `metrics` has the port of each program's metrics, and the name of a histogram there.
    """

    amqp_url: str
    collector: Collector
    http: httpx.AsyncClient
    logs: Path
    metrics: Mapping[str, tuple[int, str]]


@pytest.fixture(scope="module")
async def traced(restartable: RunningServers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TracedStack]:
    """The programs, with tracing switched on by the one setting."""
    logs, port = tmp_path_factory.mktemp("traced"), free_port()
    metrics = {
        "worker": (free_port(), "userbus_request_seconds"),
        "bridge": (free_port(), "userbus_http_request_seconds"),
    }
    async with AsyncExitStack() as exits:
        collector = await exits.enter_async_context(run_collector())
        env = {
            **os.environ,
            "USERBUS_AMQP_URL": restartable.amqp_url,
            "USERBUS_MONGO_URL": fresh_database(restartable.mongo_url),
            "USERBUS_SECRET_KEY": SECRET,
            "USERBUS_BRIDGE_PORT": str(port),
            "USERBUS_BRIDGE_OPEN_DIALECTS": "foreseen",
            "USERBUS_WORKER_PORT": str(metrics["worker"][0]),
            "USERBUS_BRIDGE_METRICS_PORT": str(metrics["bridge"][0]),
            "USERBUS_LOG_FORMAT": "json",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }
        exits.enter_context(run_programs(env, logs))
        async with asyncio.timeout(PATIENCE):
            while not await asyncio.to_thread(probe.is_ready, port):
                await asyncio.sleep(0.1)
        http = await exits.enter_async_context(http_client(f"http://127.0.0.1:{port}"))
        await http.post("/user", json=user())  # the worker takes a block of ids
        yield TracedStack(restartable.amqp_url, collector, http, logs, metrics)


@contextmanager
def run_programs(env: Mapping[str, str], logs: Path) -> Iterator[None]:
    """Run the worker and the bridge until the block ends."""
    with ExitStack() as exits:
        for name in ("worker", "bridge"):
            log = logs / f"{name}.log"
            exits.callback(ForkedProgram([name], env, StandardFiles(log, log)).stop)
        yield


@pytest.fixture
async def caller(traced: TracedStack) -> AsyncIterator[Client]:
    """A plain AMQP client of that worker."""
    async with Client(traced.amqp_url) as up:
        yield up


@pytest.fixture
async def consumer_tracing(traced: TracedStack) -> AsyncIterator[None]:
    """Tracing in this process, as in a service that has set OpenTelemetry up and tells the client."""
    provider = TracerProvider(resource=Resource({"service.name": "consumer"}))
    exporter = OTLPSpanExporter(f"{traced.collector.url}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=100))
    record_with(OpenTelemetryRecorder(provider))
    yield
    record_with(None)
    await asyncio.to_thread(provider.shutdown)  # it sends what waits to the collector of this loop
