"""Total throughput of one, two and four workers on the same machine, one after the other in each round."""

from contextlib import ExitStack

from bench.load import Sample, repeat
from bench.rows import USERBUS, Figure, Row
from bench.support import Bench, run_worker

COUNTS = (1, 2, 4)


async def measure_workers(bench: Bench, rows: list[Row]) -> list[Figure]:
    """Start more workers step by step; the total throughput of each row with one, and its ratio with two and four."""
    rates: dict[tuple[str, int], list[float]] = {(row.title, count): [] for row in rows for count in COUNTS}
    for number in range(bench.plan.rounds):
        with ExitStack() as exits:
            for count, before in zip(COUNTS, (1, *COUNTS), strict=False):
                for more in range(before, count):
                    name = f"worker-{number}-{more}"
                    exits.enter_context(run_worker(bench.programs.env, bench.programs.home, name))
                for row in rows:
                    rates[row.title, count].append((await _measure(bench, row)).rate)
    return [figure for row in rows for figure in _figures(row, rates)]


async def _measure(bench: Bench, row: Row) -> Sample:
    system = next(system for system in row.systems if system.name == USERBUS)
    return await repeat(system.operation, row.in_flight, bench.plan.seconds, {})


def _figures(row: Row, rates: dict[tuple[str, int], list[float]]) -> list[Figure]:
    one = rates[row.title, 1]
    title = f"{row.title}, {row.in_flight} in flight"
    ratios = [
        Figure(
            f"{title}: {count} workers ÷ 1",
            "",
            [many / single for many, single in zip(rates[row.title, count], one, strict=True)],
            "≥ 0.90",
        )
        for count in COUNTS[1:]
    ]
    return [Figure(f"{title}: 1 worker", "/s", one), *ratios]
