"""Prometheus metrics of a worker: what its components count, and the gauges that its readiness sets."""

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, generate_latest

from worker.component_metrics import ComponentMetrics, Components


class Metrics:
    """One worker's metrics, in a registry of their own."""

    def __init__(self, components: Components) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.registry.register(ComponentMetrics(components))
        self.database_up = self._gauge("userbus_database_up", "Whether the database has a primary that answers")
        self.broker_up = self._gauge("userbus_broker_up", "Whether every connection to the broker is open")
        self.consumers_missing = self._gauge("userbus_consumers_missing", "Queues of ours that nobody consumes")
        self.outbox = self._gauge("userbus_outbox_entries", "Commands whose events have not been sent")
        self.relay_lag = self._gauge("userbus_relay_lag_seconds", "For how long the oldest unsent event has waited")
        self.dead_letters = self._gauge("userbus_dead_letters", "Dead letters, and what could not be delivered")

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self.registry)
