"""What is counted for Prometheus: requests by name and outcome, how long they took, and how the worker is."""

import re

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from handlers.envelope import Envelope

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_FAILED = re.compile(r'\{"status":"failed","problem":\{"kind":"([a-z_]+)"')


def outcome(reply: str) -> str:
    """`done`, or the kind of the problem."""
    found = _FAILED.match(reply)
    return found[1] if found else "done"


class Metrics:
    """One worker's figures, in a registry of their own. Names that are not in the catalogue share one label."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "userbus_requests", "Deliveries by name and outcome", ["name", "outcome"], registry=self.registry
        )
        self._seconds = Histogram(
            "userbus_request_seconds", "From delivery to reply", ["name"], buckets=SECONDS, registry=self.registry
        )
        self.in_flight = self._gauge("userbus_in_flight", "Deliveries in hand")
        self.database_up = self._gauge("userbus_database_up", "Whether the database has a primary that answers")
        self.broker_up = self._gauge("userbus_broker_up", "Whether every connection to the broker is open")
        self.consumers_missing = self._gauge("userbus_consumers_missing", "Queues of ours that nobody consumes")
        self.outbox = self._gauge("userbus_outbox_entries", "Commands whose events have not left yet")
        self.relay_lag = self._gauge("userbus_relay_lag_seconds", "For how long the oldest of them has waited")
        self.dead_letters = self._gauge("userbus_dead_letters", "Messages in userbus.dead")

    def served(self, envelope: Envelope, ended: str, seconds: float) -> None:
        """A delivery is settled: `done`, a kind of problem, `late`, `put_off` or `parked`."""
        name = envelope.entry.name if envelope.entry else "unknown"
        self._requests.labels(name, ended).inc()
        self._seconds.labels(name).observe(seconds)

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self.registry)
