"""A Prometheus that scrapes a worker and a bridge, and keeps the alerts of deploy/prometheus."""

import asyncio
import json
import math
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from devstack.ports import HOST, free_port
from devstack.programs import spawn
from tests.support.dashboard.panels import RULES
from tests.support.loopback import http_client
from tests.support.patience import PATIENCE

PROGRAM = shutil.which("prometheus")
MISSING = "needs Prometheus: apt-get install prometheus"
Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Series:
    """The labels of a series, and its points: Unix seconds and values, those that are no numbers left out."""

    labels: dict[str, str]
    points: Points


class Prometheus:
    """A Prometheus by its HTTP interface; a query that it does not take raises RuntimeError with its words."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def query(self, expression: str, start: float, end: float, step: float) -> list[Series]:
        """What a query gives between two moments, every `step` seconds."""
        when = {"start": start, "end": end, "step": step}
        found = await self._ask("/query_range", query=expression, **when)
        return [Series(each["metric"], _points(each["values"])) for each in found["result"]]

    async def alerts(self) -> dict[str, dict[str, Any]]:
        """The alerts by name, each with its `state`, its `health` and its `lastError`, as of their last evaluation."""
        (group,) = (await self._ask("/rules"))["groups"]
        return {rule["name"]: rule for rule in group["rules"]}

    async def _ask(self, path: str, **parameters: Any) -> Any:
        answer = (await self._http.get(f"/api/v1{path}", params=parameters)).json()
        if answer["status"] != "success":
            raise RuntimeError(f"{answer['error']}: {parameters}")
        return answer["data"]


@asynccontextmanager
async def run_prometheus(home: Path, targets: dict[str, int], seconds: int) -> AsyncIterator[Prometheus]:
    """Scrape the ports of these programs, and evaluate the alerts, every so many seconds until the block ends."""
    port, config = free_port(), home / "prometheus.yml"
    jobs = [
        {"job_name": f"userbus-{name}", "static_configs": [{"targets": [f"{HOST}:{at}"]}]}
        for name, at in targets.items()
    ]
    every = {"scrape_interval": f"{seconds}s", "evaluation_interval": f"{seconds}s"}
    config.write_text(json.dumps({"global": every, "rule_files": [str(RULES)], "scrape_configs": jobs}))  # is YAML too
    argv = [PROGRAM or "prometheus", f"--config.file={config}", f"--storage.tsdb.path={home / 'data'}"]
    program = spawn([*argv, f"--web.listen-address={HOST}:{port}"], os.environ, home / "prometheus.log")
    try:
        async with http_client(f"http://{HOST}:{port}") as http, asyncio.timeout(None) as limit:
            limit.reschedule(asyncio.get_running_loop().time() + PATIENCE)
            while not await _is_ready(http):
                if fault := program.fault():
                    raise RuntimeError(fault)
                await asyncio.sleep(0.1)  # it announces nothing
            limit.reschedule(None)
            yield Prometheus(http)
    finally:
        await asyncio.to_thread(program.stop)


async def _is_ready(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/-/ready")).is_success
    except httpx.TransportError:
        return False


def _points(values: list[tuple[float, str]]) -> Points:
    return [(at, number) for at, text in values if math.isfinite(number := float(text))]
