"""The panels of deploy/grafana/userbus.json, and the alerts of deploy/prometheus."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEPLOY = Path(__file__).parents[3] / "deploy"
DASHBOARD, RULES = DEPLOY / "grafana" / "userbus.json", DEPLOY / "prometheus" / "rules.yaml"


@dataclass(frozen=True)
class PanelQuery:
    """A query of a panel in PromQL, and how its series are called."""

    expression: str
    legend: str

    def name(self, labels: dict[str, str]) -> str:
        """The name of a series with these labels."""
        text = self.legend
        for label, value in labels.items():
            text = text.replace("{{" + label + "}}", value)
        return text


@dataclass(frozen=True)
class Panel:
    """A panel: `unit` as Grafana names it, and its place on a grid of 24 columns."""

    title: str
    unit: str
    x: int
    y: int
    width: int
    height: int
    queries: tuple[PanelQuery, ...]


def read_panels(rate_seconds: int) -> list[Panel]:
    """Every panel, with a rate taken over so many seconds."""
    return [_panel(found, f"{rate_seconds}s") for found in json.loads(DASHBOARD.read_text())["panels"]]


def _panel(found: dict[str, Any], rate_interval: str) -> Panel:
    place, unit = found["gridPos"], found["fieldConfig"]["defaults"]["unit"]
    queries = (
        PanelQuery(target["expr"].replace("$__rate_interval", rate_interval), target["legendFormat"])
        for target in found["targets"]
    )
    return Panel(found["title"], unit, place["x"], place["y"], place["w"], place["h"], tuple(queries))
