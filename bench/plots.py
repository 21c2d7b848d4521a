"""The two plots, as SVG without scripts."""

import re
from pathlib import Path

import pygal
from pygal.style import Style

from bench.load import quantile
from bench.rows import Measured
from bench.sweep import Curves

SHARES = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
DASHED = {"dasharray": "6, 4"}
STYLE = Style(
    background="white", plot_background="white", colors=("#1f77b4", "#7f7f7f", "#ff7f0e") * 2,
    guide_stroke_color="#ddd", major_guide_stroke_color="#bbb",
)  # fmt: skip


def draw_throughput(curves: Curves, concurrency: tuple[int, ...], file: Path) -> None:
    """Operations a second against requests in flight; the second half of the curves is dashed."""
    chart = _line_chart("Throughput against concurrency", "requests in flight", "operations a second")
    chart.x_labels = [str(number) for number in concurrency]
    for number, (name, rates) in enumerate(curves.items()):
        dashed = number >= len(curves) / 2
        chart.add(name, [round(rate) for rate in rates], stroke_style=DASHED if dashed else {})
    _write(chart, file)


def draw_latency(results: list[Measured], systems: tuple[str, ...], file: Path) -> None:
    """Latency by the share of operations that were at least as fast; the second row is dashed."""
    chart = _line_chart("Latency distribution", "share of operations", "ms", logarithmic=True)
    chart.x_labels = [f"{share * 100:g} %" for share in SHARES]
    for number, result in enumerate(results):
        for system in systems:
            latencies = result.latencies(system)
            values = [round(quantile(latencies, share) * 1e3, 2) for share in SHARES]
            title = f"{result.row.title}, {result.row.in_flight} in flight, {system}"
            chart.add(title, values, stroke_style=DASHED if number else {})
    _write(chart, file)


def _line_chart(title: str, x_title: str, y_title: str, *, logarithmic: bool = False) -> pygal.Line:
    return pygal.Line(
        title=title, x_title=x_title, y_title=y_title, logarithmic=logarithmic, style=STYLE, width=1000,
        height=560, legend_at_bottom=True, legend_at_bottom_columns=2, truncate_legend=-1, js=(),
        disable_xml_declaration=True, pretty_print=True,
    )  # fmt: skip


def _write(chart: pygal.Line, file: Path) -> None:
    chart.uuid = file.stem  # the same in every run
    # the script would only show tooltips, and viewers of repositories do not run it
    file.write_text(re.sub(r"<script.*?</script>|<!--.*?-->", "", chart.render(), flags=re.DOTALL).rstrip() + "\n")
