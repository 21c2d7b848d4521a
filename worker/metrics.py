"""Prometheus metrics of a worker: what its components count, read when Prometheus asks, and gauges of its readiness."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from models.unit_of_work import Dependencies
from worker.audit_sealer import AuditSealer
from worker.bus.relay_lanes import RelayLanes
from worker.delivery.request_counts import BucketCounts, RequestCounts
from worker.delivery.retry import Retry

GROUP_SIZES = (1, 2, 4, 8, 16, 32, 64)
Labels = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Components:
    """What keeps the counts; `sms_vendor` is the name of the SMS gateway, `webhooks` holds attempts by outcome."""

    dependencies: Dependencies
    relay: RelayLanes
    requests: RequestCounts
    retry: Retry
    sms_vendor: str
    audit: AuditSealer
    webhooks: Mapping[str, int]

    def sms_sends(self) -> Mapping[tuple[str, str], int]:
        """The messages by vendor and outcome."""
        outcomes = self.dependencies.sms.outcomes if self.dependencies.sms else {}
        return {(self.sms_vendor, outcome): count for outcome, count in outcomes.items()}

    def group_sizes(self) -> BucketCounts:
        """The committed groups by their number of commands."""
        counts = BucketCounts(GROUP_SIZES)
        for size, count in self.dependencies.committer.sizes.items():
            counts.add(size, count)
        return counts


@dataclass(frozen=True, slots=True)
class CountedMetric:
    """A metric: its name, what it tells, its labels, and where its values are read, by the labels' values."""

    name: str
    text: str
    labels: tuple[str, ...]
    read: Callable[[Components], Mapping[Any, Any]]


COUNTERS = (
    CountedMetric(
        "userbus_requests",
        "Deliveries; outcome is done, a kind of problem, late, deferred or dead_lettered",
        ("name", "outcome"),
        lambda of: of.requests.outcomes,
    ),
    CountedMetric("userbus_retries", "Copies sent to the wait queues", ("step",), lambda of: of.retry.steps),
    CountedMetric(
        "userbus_dead_lettered",
        "Messages sent to userbus.dead; reason is the problem's code",
        ("reason",),
        lambda of: of.retry.reasons,
    ),
    CountedMetric("userbus_events_sent", "Events that the broker has confirmed", ("name",), lambda of: of.relay.sent),
    CountedMetric(
        "userbus_sms_sends",
        "Messages given to the SMS gateway, by what became of them",
        ("vendor", "outcome"),
        lambda of: of.sms_sends(),
    ),
    CountedMetric(
        "userbus_webhook_attempts",
        "Deliveries to receivers of webhooks, by what became of the attempt: delivered, retried or failed for good",
        ("outcome",),
        lambda of: of.webhooks,
    ),
    CountedMetric(
        "userbus_tenant_refusals",
        "Credentials of tenants that were wrong",
        (),
        lambda of: of.dependencies.tenant_refusals,
    ),
)
GAUGES = (
    CountedMetric(
        "userbus_audit_trail_broken",
        "Whether the audit trail differs from its chain, as far as this process has checked it",
        (),
        lambda of: {(): of.audit.broken is not None},
    ),
    CountedMetric("userbus_in_flight", "Deliveries in flight", (), lambda of: {(): of.requests.in_flight}),
    CountedMetric(
        "userbus_hashes",
        "Password hashes running and waiting, by pool of threads",
        ("pool", "state"),
        lambda of: of.dependencies.passwords.load(),
    ),
    CountedMetric(
        "userbus_database_connections",
        "Connections to MongoDB idle and in_use, and operations waiting for one",
        ("state",),
        lambda of: of.dependencies.store.connection_counts(),
    ),
)
HISTOGRAMS = (
    CountedMetric("userbus_request_seconds", "From delivery to reply", ("name",), lambda of: of.requests.seconds),
    CountedMetric(
        "userbus_request_age_seconds",
        "From a message's `timestamp`, in whole seconds, to its delivery; retries are left out",
        ("family",),
        lambda of: of.requests.ages,
    ),
    CountedMetric(
        "userbus_commit_commands",
        "Commands that one transaction committed together",
        (),
        lambda of: {(): of.group_sizes()},
    ),
)


class ComponentMetrics(Collector):
    """Collects the counts of a worker's components."""

    def __init__(self, components: Components) -> None:
        self._components = components

    def collect(self) -> Iterator[Metric]:
        """Yield every metric with its values of now."""
        for metric in COUNTERS:
            yield self._fill(metric, CounterMetricFamily(metric.name, metric.text, labels=metric.labels))
        for metric in GAUGES:
            yield self._fill(metric, GaugeMetricFamily(metric.name, metric.text, labels=metric.labels))
        for metric in HISTOGRAMS:
            yield self._fill_histogram(metric)

    def _fill(self, metric: CountedMetric, family: CounterMetricFamily | GaugeMetricFamily) -> Metric:
        for labels, value in metric.read(self._components).items():
            family.add_metric(_label_values(labels), value)
        return family

    def _fill_histogram(self, metric: CountedMetric) -> Metric:
        family = HistogramMetricFamily(metric.name, metric.text, labels=metric.labels)
        for labels, counts in metric.read(self._components).items():
            family.add_metric(_label_values(labels), [*counts.buckets()], counts.sum)
        return family


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

    def text(self, accept: str = "") -> tuple[str, bytes]:
        """Return all metrics in the format that the header Accept asks for, and its type.

        Prometheus' text format by default; only OpenMetrics has exemplars.
        """
        encode, kind = choose_encoder(accept)
        return kind, encode(self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self.registry)


def _label_values(labels: Labels) -> tuple[str, ...]:
    return (labels,) if isinstance(labels, str) else labels
