"""The metrics that alerts and dashboard name exist, with their labels; the reference page is up to date."""

import json
import re
from pathlib import Path

import pytest

from tests.support.metrics_page import PAGE, bridge_rows, page, worker_rows

ROOT = Path(__file__).parents[1]
RULES, DASHBOARD = ROOT / "deploy" / "prometheus" / "rules.yaml", ROOT / "deploy" / "grafana" / "userbus.json"
LABELS = {name: {*row.labels} for row in (*worker_rows(), *bridge_rows()) for name in row.series}
OWN_LABELS = {"job", "instance", "le"}  # Prometheus adds them
FROM_LIBRARY = {"process_cpu_seconds_total", "process_resident_memory_bytes"}
SELECTOR = re.compile(r"\b((?:userbus|process)_\w+)(?:\{(.*?)\})?")


def expressions(file: Path) -> list[str]:
    text = file.read_text()
    if file == RULES:
        return re.findall(r"expr:(.*?)(?=\n +(?:for|labels):)", text, flags=re.S)
    return [target["expr"] for panel in json.loads(text)["panels"] for target in panel["targets"]]


@pytest.mark.parametrize("file", [RULES, DASHBOARD], ids=lambda file: file.name)
def test_only_metrics_that_exist_are_named_with_labels_that_they_have(file: Path) -> None:
    found = [selected for text in expressions(file) for selected in SELECTOR.findall(text)]
    assert len(found) >= 15
    assert {name for name, _ in found} - LABELS.keys() - FROM_LIBRARY == set()
    for name, selector in found:
        assert {*re.findall(r"(\w+)[!=]", selector)} <= LABELS.get(name, set()) | OWN_LABELS, name


@pytest.mark.parametrize("file", [RULES, DASHBOARD], ids=lambda file: file.name)
def test_sums_are_by_labels_that_their_metrics_have(file: Path) -> None:
    for text in expressions(file):
        known = OWN_LABELS.union(*(LABELS.get(name, set()) for name, _ in SELECTOR.findall(text)))
        for listed in re.findall(r"by \((.*?)\)", text):
            assert {*re.split(", *", listed)} <= known, text


def test_every_metric_is_on_the_dashboard() -> None:
    shown = {name for text in expressions(DASHBOARD) for name, _ in SELECTOR.findall(text)}
    every = {row.name: {*row.series} for row in (*worker_rows(), *bridge_rows())}
    assert [name for name, series in every.items() if not series & shown] == []


def test_every_alert_is_explained() -> None:
    alerts = re.findall(r"alert: (\w+)", RULES.read_text())
    text = (ROOT / "docs" / "operations.md").read_text()
    assert [name for name in alerts if f"`{name}`" not in text] == []


def test_the_reference_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run `make docs`"
