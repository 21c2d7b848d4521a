"""The report: docs/benchmarks.md from what was measured."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.load import Sample, quantile
from bench.plan import Plan
from bench.rows import USERBUS, Figure, Measured

METHOD = Path(__file__).with_name("method.md")
SERVERS = ("worker", "bare", "faststream", "monolith")
FRONTS = ("bridge", "front")
PROCESSES = {"server": SERVERS, "HTTP": FRONTS, "RabbitMQ": ("RabbitMQ",), "mongod": ("mongod",), "load": ("load",)}
RATIOS = ("work", "in flight", "userbus ÷", "median", "min", "max", "to reach")
FIGURES = ("what", "unit", "median", "min", "max", "to reach")
SAMPLES = ("work", "in flight", "system", "/s", "min", "max", "p50 ms", "p99 ms", *PROCESSES)


@dataclass(frozen=True)
class Report:
    """Everything that a run has found; `memory` has the resident MiB of each process by the moment it was read."""

    setting: list[str]
    plan: Plan
    results: list[Measured]
    figures: list[Figure]
    memory: dict[str, dict[str, float]]


def render(report: Report) -> str:
    """The report in Markdown."""
    plan = report.plan
    sections = [
        "# Benchmarks\n\nWritten by `make bench`; do not edit.",
        "\n".join(f"- {line}" for line in report.setting),
        f"{plan.rounds} rounds: in each, userbus and its references take turns of {plan.seconds:g} s on the same"
        " servers, and every ratio is of one round. One worker and one bridge, with default settings.",
        "## Ratios\n\n" + _table(RATIOS, _ratios(report)),
        "## Other figures\n\n" + _table(FIGURES, _figures(report)),
        "## Throughput, latency, processor time\n\nProcessor time in µs an operation, medians of the rounds; `server`"
        " is the process that answers, `load` the client that measures.\n\n" + _table(SAMPLES, _samples(report)),
        "![Throughput against concurrency](benchmarks-throughput.svg)\n\n![Latency](benchmarks-latency.svg)",
        "## Resident memory, MiB\n\n" + _memory(report.memory),
        f"## How it is measured\n\n{METHOD.read_text().strip()}",
    ]
    return "\n\n".join(sections) + "\n"


def _ratios(report: Report) -> Iterable[Sequence[str]]:
    for result in report.results:
        row = result.row
        for system in row.systems:
            if system.name != USERBUS:
                target = row.targets.get(system.name)
                ratios = result.ratios(system.name)
                to_reach = f"≥ {target:.2f}" if target else ""
                yield row.title, str(row.in_flight), system.name, *_spread(ratios, 2), to_reach


def _figures(report: Report) -> Iterable[Sequence[str]]:
    for figure in report.figures:
        digits = 0 if statistics.median(figure.values) >= 100 else 2
        yield figure.title, figure.unit, *_spread(figure.values, digits), figure.target


def _samples(report: Report) -> Iterable[Sequence[str]]:
    for result in report.results:
        for system, samples in result.samples.items():
            latencies = result.latencies(system)
            quantiles = [f"{quantile(latencies, share) * 1e3:.2f}" for share in (0.5, 0.99)]
            rates = _spread([sample.rate for sample in samples], 0)
            costs = [_cost(samples, names) for names in PROCESSES.values()]
            yield result.row.title, str(result.row.in_flight), system, *rates, *quantiles, *costs


def _cost(samples: list[Sample], names: tuple[str, ...]) -> str:
    """The median processor time of an operation in µs; a dash where none of the processes takes part."""
    if not samples[0].cpu.keys() & {*names}:
        return "–"
    spent = [sum(sample.cpu.get(name, 0.0) for name in names) / len(sample.latencies) for sample in samples]
    return f"{statistics.median(spent) * 1e6:,.0f}"


def _memory(memory: dict[str, dict[str, float]]) -> str:
    names = list(next(iter(memory.values())))
    lines = ((moment, *(f"{read[name]:,.0f}" for name in names)) for moment, read in memory.items())
    return _table(("when", *names), lines)


def _spread(values: list[float], digits: int) -> list[str]:
    return [f"{value:,.{digits}f}" for value in (statistics.median(values), min(values), max(values))]


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
