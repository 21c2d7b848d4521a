"""The dashboard as one picture: each panel in its place on the grid, with its title, unit, lines and legend."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pygal
from pygal.style import Style

from tests.support.dashboard.answers import Answers
from tests.support.dashboard.prometheus import Points

COLUMN, ROW = 40, 32  # pixels of a unit of the grid
COLUMNS, EDGE = 24, 8
LEGEND_COLUMNS = 3
UNITS = {
    "reqps": "req/s",
    "ops": "1/s",
    "s": "s",
    "bytes": "MiB",
    "percentunit": "%",
    "short": "",
    "none": "",
}
FACTORS = {"bytes": 1 / 2**20, "percentunit": 100.0}
COLORS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf")
STYLE = Style(
    background="white", plot_background="white", colors=COLORS, guide_stroke_color="#ddd",
    major_guide_stroke_color="#bbb", font_family="sans-serif", title_font_size=13, label_font_size=10,
    major_label_font_size=10, legend_font_size=10,
)  # fmt: skip


def draw_dashboard(answers: Sequence[Answers], caption: str, file: Path) -> None:
    """Write the picture as SVG without scripts; `caption` stands below it."""
    width = COLUMNS * COLUMN + 2 * EDGE
    height = max(each.panel.y + each.panel.height for each in answers) * ROW + 2 * EDGE
    panels = "\n".join(_place(each) for each in answers)
    text = f'<text x="{EDGE}" y="{height + 14}" font-family="sans-serif" font-size="11">{caption}</text>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 {width} '
    file.write_text(
        f'{head}{height + 24}">\n<rect width="100%" height="100%" fill="#eee"/>\n{panels}\n{text}\n</svg>\n'
    )


def _place(answers: Answers) -> str:
    panel = answers.panel
    place = (EDGE + panel.x * COLUMN + 2, EDGE + panel.y * ROW + 2)
    size = (panel.width * COLUMN - 4, panel.height * ROW - 4)
    chart = _draw(answers, *size)
    drawn = re.sub(r"<script.*?</script>|<!--.*?-->|<desc.*?</desc>", "", chart, flags=re.DOTALL)
    inside = 'x="{}" y="{}" width="{}" height="{}"'.format(*place, *size)
    return drawn.strip().replace("<svg ", f"<svg {inside} ", 1)


def _draw(answers: Answers, width: int, height: int) -> str:
    panel = answers.panel
    unit, factor = UNITS[panel.unit], FACTORS.get(panel.unit, 1.0)
    start = min(points[0][0] for points in answers.lines.values())
    columns = min(LEGEND_COLUMNS, len(answers.lines))
    cut_off = -(-len(answers.lines) // columns) - len(answers.lines) // columns  # pygal leaves no room for a last row
    chart = pygal.XY(
        title=f"{panel.title} [{unit}]" if unit else panel.title, width=width, height=height, style=STYLE, js=(),
        show_dots=False, truncate_legend=-1, truncate_label=-1, disable_xml_declaration=True, legend_box_size=8,
        legend_at_bottom=True, legend_at_bottom_columns=columns, margin=6, margin_bottom=8 + 15 * cut_off, spacing=4,
        x_value_formatter=lambda second: datetime.fromtimestamp(start + second, UTC).strftime("%M:%S"),
        x_labels_major_count=3, show_minor_x_labels=False, include_x_axis=False,
        range=_range(answers.lines.values(), factor),
    )  # fmt: skip
    chart.uuid = f"panel-{panel.x}-{panel.y}"  # the same in every run
    for name, points in sorted(answers.lines.items()):
        chart.add(name, [(round(at - start, 1), round(value * factor, 5)) for at, value in points])
    return str(chart.render(is_unicode=True))


def _range(lines: Iterable[Points], factor: float) -> tuple[float, float]:
    """From 0 to the largest value; from 0 to 1 where all are 0."""
    return 0.0, max((value * factor for points in lines for _, value in points), default=0.0) or 1.0
