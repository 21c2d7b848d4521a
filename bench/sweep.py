"""Throughput against concurrency, for the plot: every system with 1 to 256 requests in flight."""

from collections.abc import Iterable

from bench.load import repeat
from bench.rows import Row
from bench.support import Bench

Curves = dict[str, list[float]]
"""Operations a second by the series' name, one for each concurrency of the plan."""


async def measure_curves(bench: Bench, rows: Iterable[Row], systems: tuple[str, ...]) -> Curves:
    """Measure each system of each row once at every concurrency, the systems in turn."""
    curves: Curves = {}
    for row in rows:
        for in_flight in bench.plan.concurrency:
            for system in row.systems:
                if system.name in systems:
                    sample = await repeat(system.operation, in_flight, bench.plan.sweep_seconds, {})
                    curves.setdefault(f"{row.title}, {system.name}", []).append(sample.rate)
    return curves
