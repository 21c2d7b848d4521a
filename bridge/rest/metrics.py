"""Prometheus metrics of a bridge, served on a port of their own: they are not for whoever calls the dialects."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, start_http_server

from bridge.rest.traffic import Traffic
from tracing.spans import current_ids

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
NO_ENDPOINT = "none"  # paths and methods that strangers make up are not labels


class HttpMetrics:
    """One bridge's metrics, in a registry of their own; `is_connected` tells whether the bus can be reached."""

    def __init__(self, is_connected: Callable[[], bool]) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        endpoint = ["dialect", "route", "method"]
        self._requests = Counter(
            "userbus_http_requests",
            "HTTP requests by endpoint and status",
            [*endpoint, "status"],
            registry=self.registry,
        )
        text = "From the head of a request to the head of its response"
        self._seconds = Histogram(
            "userbus_http_request_seconds", text, endpoint, buckets=SECONDS, registry=self.registry
        )
        text = "Service tokens found in the cache (`hit`) or verified over the bus (`miss`)"
        self._tokens = Counter("userbus_token_cache", text, ["result"], registry=self.registry)
        self.token_hits, self.token_misses = self._tokens.labels("hit"), self._tokens.labels("miss")
        self.in_flight = self.served = 0
        self.traffic = Traffic()
        text = "HTTP requests in flight"
        Gauge("userbus_http_in_flight", text, registry=self.registry).set_function(lambda: self.in_flight)
        text = "Whether the connection to the broker is open"
        Gauge("userbus_bridge_broker_up", text, registry=self.registry).set_function(is_connected)

    def record(self, method: str, state: Mapping[str, Any], status: int, seconds: float) -> None:
        """Record an answered request; `state` has the `dialect` and the `route` as far as they were found."""
        self.served += 1
        route = state.get("route")
        labels = (state.get("dialect") or NO_ENDPOINT, route or NO_ENDPOINT, method if route else NO_ENDPOINT)
        if labels[0] not in (NO_ENDPOINT, "console"):
            self.traffic.record(status, seconds)
        self._requests.labels(*labels, status).inc()
        self._seconds.labels(*labels).observe(seconds, current_ids())


@asynccontextmanager
async def serve_metrics(registry: CollectorRegistry, host: str, port: int) -> AsyncIterator[None]:
    """Serve `/metrics` until the block ends; with port 0 not at all."""
    if not port:
        yield
        return
    server, thread = start_http_server(port, host, registry)
    try:
        yield
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()
        thread.join()
