"""Measure everything and write the report: `python -m bench [--quick]`, or `make bench`."""

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from bench.attacks import measure_attacks
from bench.events import measure_events
from bench.fairness import measure_fairness
from bench.imports import measure_import
from bench.lists import measure_lists
from bench.machine import describe_commit, describe_machine, describe_moment, describe_versions
from bench.plan import QUICK, Plan
from bench.plots import draw_latency, draw_throughput
from bench.processes import resident_mib
from bench.relay import measure_relay
from bench.report import Report, render
from bench.requests import FASTSTREAM, FLOOR, request_rows
from bench.rows import USERBUS, Figure, Measured, measure_round, prepare_results
from bench.sign_in import compare_refusals, sign_in_rows
from bench.support import Bench, Programs, connect, run_programs
from bench.sweep import measure_curves
from bench.workers import measure_workers
from devstack.servers import servers

ROOT = Path(__file__).parents[1]
PLOTTED = (USERBUS, FLOOR, FASTSTREAM)
EXTERNAL = ("USERBUS_AMQP_URL", "USERBUS_MONGO_URL")  # somebody's own servers, which a benchmark must not fill
CACHE_GB = "4"  # holds a million users with their indexes; the 256 MB of the tests hold some 100,000


def main() -> None:
    """Run on servers of its own; the report goes to docs, that of a quick run to .local/bench."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke test: every row for a moment, once")
    quick = parser.parse_args().quick
    folder = ROOT / ".local" / "bench" if quick else ROOT / "docs"
    folder.mkdir(parents=True, exist_ok=True)
    for name in EXTERNAL:
        os.environ.pop(name, None)
    os.environ["MONGO_CACHE_GB"] = CACHE_GB
    with TemporaryDirectory() as home, servers(Path(home), say=_say) as up, run_programs(up, Path(home)) as programs:
        uvloop.run(run(QUICK if quick else Plan(), programs, folder))
    print(f"{folder / 'benchmarks.md'} and two plots beside it")


async def run(plan: Plan, programs: Programs, folder: Path) -> None:
    """Connect every client, measure, write the report and the plots."""
    async with connect(plan, programs) as bench:
        await write_report(bench, folder)


async def write_report(bench: Bench, folder: Path) -> None:
    """Measure every row, in rounds, then what is not compared; write the report and the plots."""
    setting = [f"began {describe_moment()}", f"commit {describe_commit()}", describe_machine()]
    setting.append(await describe_versions(bench.bus.channel, bench.programs.up.mongo_url))
    setting.append(f"cache of mongod {CACHE_GB} GB")
    memory = {"at the start": _read_memory(bench)}
    results = await _measure_rows(bench, memory)
    by_name = {(result.row.title, result.row.in_flight): result for result in results}
    get, create = by_name["user.get", 64], by_name["user.create", 64]
    _say("throughput against concurrency")
    curves = await measure_curves(bench, [get.row, create.row], PLOTTED)
    draw_throughput(curves, bench.plan.concurrency, folder / "benchmarks-throughput.svg")
    draw_latency([get, by_name["user.create", 16]], PLOTTED, folder / "benchmarks-latency.svg")
    figures = await _measure_figures(bench, get, create, memory)
    setting.append(f"ended {describe_moment()}")
    report = Report(setting, bench.plan, results, figures, memory)
    (folder / "benchmarks.md").write_text(render(report))


async def _measure_rows(bench: Bench, memory: dict[str, dict[str, float]]) -> list[Measured]:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = prepare_results([*await request_rows(bench), *await sign_in_rows(bench, pool)])
        for number in range(bench.plan.rounds):
            _say(f"round {number + 1} of {bench.plan.rounds}")
            await measure_round(results, number, bench.plan.seconds)
            memory[f"after round {number + 1}"] = _read_memory(bench)
    return results


async def _measure_figures(
    bench: Bench, get: Measured, create: Measured, memory: dict[str, dict[str, float]]
) -> list[Figure]:
    _say("refused sign-ins")
    under_load = [read["worker"] for moment, read in memory.items() if moment.startswith("after")]
    figures = [Figure("worker after each round", "MiB", under_load, "≤ 110"), await compare_refusals(bench)]
    _say("events")
    figures += await measure_events(bench, create.rate(USERBUS) / 2)
    _say("attacks")
    figures += await measure_attacks(bench)
    _say("fairness")
    figures += await measure_fairness(bench)
    _say("two workers and four")
    figures += await measure_workers(bench, [get.row, create.row])
    _say("relay")
    figures += await measure_relay(bench)
    _say("import")
    figures += await measure_import(bench)
    _say("lists")
    figures += await measure_lists(bench)
    memory[f"{bench.plan.rest_seconds:.0f} s after the import"] = _read_memory(bench)
    return figures


def _read_memory(bench: Bench) -> dict[str, float]:
    return {name: resident_mib(pid) for name, pid in bench.programs.pids.items()}


def _say(words: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {words}", flush=True)


if __name__ == "__main__":
    main()
