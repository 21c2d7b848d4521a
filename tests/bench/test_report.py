"""The report: ratios of the same round, and plots that are plain SVG."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from bench.load import Sample
from bench.plan import Plan
from bench.report import Report, render
from bench.rows import Figure, Measured, Row, System, measure_round, prepare_results
from tests.support.source import ROOT


def sample(operations: int, latency: float = 0.002, **cpu: float) -> Sample:
    return Sample(1.0, [latency] * operations, cpu)


async def do_nothing() -> None:
    return None


def measured() -> Measured:
    systems = tuple(System(name, do_nothing, {}) for name in ("userbus", "floor"))
    ours = [sample(100, worker=0.05, mongod=0.02), sample(300, worker=0.3, mongod=0.03)]
    return Measured(
        Row("user.get", 64, systems, {"floor": 0.9}), {"userbus": ours, "floor": [sample(200), sample(300)]}
    )


def test_a_ratio_is_of_one_round() -> None:
    assert measured().ratios("floor") == [0.5, 1.0]


async def test_each_system_is_measured_in_each_round() -> None:
    order: list[str] = []

    def system(name: str) -> System:
        async def operation() -> None:
            if order[-1:] != [name]:
                order.append(name)

        return System(name, operation, {})

    results = prepare_results([Row("row", 1, (system("userbus"), system("floor"), system("other")))])
    for number in range(2):
        await measure_round(results, number, 0.001)
    assert order == ["userbus", "floor", "other", "floor", "other", "userbus"]
    assert {name: len(samples) for name, samples in results[0].samples.items()} == {
        "userbus": 2,
        "floor": 2,
        "other": 2,
    }


def test_the_report_has_median_extremes_and_costs() -> None:
    memory = {"at the start": {"worker": 80.4}, "after round 1": {"worker": 90.0}}
    figures = [Figure("relay drain", "events/s", [7000.0, 9000.0, 8000.0], "≥ 8,000")]
    text = render(Report(["a machine"], Plan(rounds=2), [measured()], figures, memory))
    assert "| user.get | 64 | floor | 0.75 | 0.50 | 1.00 | ≥ 0.90 |" in text
    assert "| relay drain | events/s | 8,000 | 7,000 | 9,000 | ≥ 8,000 |" in text
    assert "| user.get | 64 | userbus | 200 | 100 | 300 | 2.00 | 2.00 | 750 | – | – | 150 | – |" in text
    assert "| at the start | 80 |" in text


def test_the_plots_are_svg_without_scripts(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "tests.bench.draw_plots", str(tmp_path)], check=True, cwd=ROOT)
    plots = [file.read_text() for file in sorted(tmp_path.glob("*.svg"))]
    assert [ET.fromstring(text).tag for text in plots] == ["{http://www.w3.org/2000/svg}svg"] * 2
    assert [("<script" in text, "user.get" in text) for text in plots] == [(False, True)] * 2
