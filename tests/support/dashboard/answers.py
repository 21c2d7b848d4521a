"""What Prometheus answers to every query of the dashboard."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from tests.support.dashboard.panels import Panel, PanelQuery, read_panels
from tests.support.dashboard.prometheus import Points, Prometheus

SCRAPES_A_RATE = 4  # as Grafana's $__rate_interval


@dataclass(frozen=True)
class Answers:
    """The lines of a panel by their names; `missing` are the queries that have none."""

    panel: Panel
    lines: dict[str, Points]
    missing: tuple[PanelQuery, ...]


async def ask_panels(prometheus: Prometheus, seconds: float, scrape_seconds: int) -> list[Answers]:
    """Ask every query for the last `seconds`."""
    panels = read_panels(scrape_seconds * SCRAPES_A_RATE)
    return [await _ask(prometheus, panel, seconds, scrape_seconds) for panel in panels]


async def _ask(prometheus: Prometheus, panel: Panel, seconds: float, step: float) -> Answers:
    end = time.time()
    lines: dict[str, Points] = {}
    missing = []
    for query in panel.queries:
        series = await prometheus.query(query.expression, end - seconds, end, step)
        found = {query.name(each.labels): each.points for each in series if each.points}
        if not found:
            missing.append(query)
        lines |= found
    return Answers(panel, lines, tuple(missing))


def titles_without_data(answers: Iterable[Answers]) -> list[str]:
    """The panels that miss a line, each with the query."""
    return [f"{each.panel.title}: {query.expression}" for each in answers for query in each.missing]
