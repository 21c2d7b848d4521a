"""Rows: one piece of work, done by userbus and by its references in turn, so that their ratio is of one moment."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.load import Operation, Sample, repeat
from bench.processes import Pids

USERBUS = "userbus"


@dataclass(frozen=True)
class System:
    """One that does the work of a row: its operation, and the processes whose processor time is counted."""

    name: str
    operation: Operation
    pids: Pids


@dataclass(frozen=True)
class Row:
    """A piece of work with a number in flight; `targets` are the ratios to reach, by the reference's name."""

    title: str
    in_flight: int
    systems: tuple[System, ...]
    targets: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """A row with the samples of each system, one a round."""

    row: Row
    samples: dict[str, list[Sample]]

    def ratios(self, reference: str) -> list[float]:
        """The throughput of userbus divided by that of a reference, round by round."""
        pairs = zip(self.samples[USERBUS], self.samples[reference], strict=True)
        return [ours.rate / theirs.rate for ours, theirs in pairs]

    def rate(self, system: str) -> float:
        """The median throughput of a system."""
        return statistics.median(sample.rate for sample in self.samples[system])

    def latencies(self, system: str) -> list[float]:
        """The latencies of all rounds, in seconds."""
        return [latency for sample in self.samples[system] for latency in sample.latencies]


@dataclass(frozen=True)
class Figure:
    """A quantity with one value a round; `target` as the report shows it."""

    title: str
    unit: str
    values: list[float]
    target: str = ""


def prepare_results(rows: list[Row]) -> list[Measured]:
    """A place for the samples of each row."""
    return [Measured(row, {system.name: [] for system in row.systems}) for row in rows]


async def measure_round(results: list[Measured], number: int, seconds: float) -> None:
    """Add one sample of every system of every row; who begins changes with the round."""
    for result in results:
        systems = result.row.systems
        first = number % len(systems)
        for system in systems[first:] + systems[:first]:
            sample = await repeat(system.operation, result.row.in_flight, seconds, system.pids)
            result.samples[system.name].append(sample)
