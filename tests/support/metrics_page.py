"""docs/metrics.md, written from the code: `python -m tests.support.metrics_page`, which `make docs` runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from bridge.rest.metrics import HttpMetrics
from worker.metrics import COUNTERS, GAUGES, HISTOGRAMS, Components, Metrics

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"
SERIES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
NO_COMPONENTS = cast(Components, None)  # nothing is read


@dataclass(frozen=True)
class MetricRow:
    """A metric as the page describes it."""

    name: str
    kind: str
    labels: tuple[str, ...]
    text: str

    @property
    def series(self) -> list[str]:
        """The names under which Prometheus stores it."""
        return [f"{self.name}{end}" for end in SERIES[self.kind]]


def worker_rows() -> list[MetricRow]:
    """The metrics of a worker."""
    kinds = {"counter": COUNTERS, "gauge": GAUGES, "histogram": HISTOGRAMS}
    counted = [MetricRow(of.name, kind, of.labels, of.text) for kind, figures in kinds.items() for of in figures]
    return sorted([*_registered(Metrics(NO_COMPONENTS).registry), *counted], key=lambda row: row.name)


def bridge_rows() -> list[MetricRow]:
    """The metrics of a bridge."""
    return sorted(_registered(HttpMetrics(lambda: True).registry), key=lambda row: row.name)


def page() -> str:
    """The page."""
    return _HEAD + _table("Worker", worker_rows()) + _table("Bridge", bridge_rows())


def _registered(registry: CollectorRegistry) -> Iterator[MetricRow]:
    for metric in registry._collector_to_names:
        if isinstance(metric, MetricWrapperBase):  # the library tells labels that have no values yet in no other way
            yield MetricRow(metric._name, str(metric._type), tuple(metric._labelnames), metric._documentation)


def _table(title: str, rows: list[MetricRow]) -> str:
    lines = [f"| `{row.series[0]}` | {row.kind} | {', '.join(row.labels)} | {row.text} |" for row in rows]
    return "\n".join([f"\n## {title}\n", "| name | type | labels | what it tells |", "|---|---|---|---|", *lines, ""])


_HEAD = """# Metrics

Written by `make docs`; do not edit. A worker serves `/metrics` at `USERBUS_WORKER_PORT`, a bridge at
`USERBUS_BRIDGE_METRICS_PORT`, both off by default. The `process_*` metrics of prometheus-client come with them.
`deploy/prometheus/rules.yaml` has alerts, `deploy/grafana/userbus.json` a dashboard, `docs/operations.md` what to do.
`userbus_dead_letters`, `userbus_outbox_entries`, `userbus_relay_lag_seconds` and `userbus_consumers_missing` are the
same on every worker: take their maximum. -1 means not known now.
"""


if __name__ == "__main__":
    PAGE.write_text(page())
