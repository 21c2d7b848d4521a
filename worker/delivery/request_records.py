"""What is recorded of every request: counts for the metrics, and a log line."""

from dataclasses import dataclass

from worker.delivery.envelope import Envelope
from worker.delivery.request_counts import RequestCounts
from worker.delivery.request_log import RequestLog


@dataclass(frozen=True, slots=True)
class RequestRecords:
    """The counts and the log of a worker's requests."""

    counts: RequestCounts
    log: RequestLog

    def add(self, envelope: Envelope, outcome: str, seconds: float) -> None:
        """Record a settled delivery: `done`, a kind of problem, `late`, `deferred` or `dead_lettered`."""
        self.counts.add(envelope, outcome, seconds)
        self.log.write(envelope, outcome, seconds)
