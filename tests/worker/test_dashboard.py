"""The dashboard and the alerts in a real Prometheus, which scrapes a worker and a bridge that are busy."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from devstack.servers import RunningServers
from tests.support.dashboard.answers import ask_panels, titles_without_data
from tests.support.dashboard.load import keep_busy, send_garbage
from tests.support.dashboard.programs import ObservedPrograms, run_observed
from tests.support.dashboard.prometheus import MISSING, PROGRAM, Prometheus, run_prometheus
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.skipif(PROGRAM is None, reason=MISSING)


@dataclass(frozen=True)
class Observed:
    """The programs, and the Prometheus that scrapes them once a second."""

    programs: ObservedPrograms
    prometheus: Prometheus

    async def wait_scraped(self) -> None:
        """Wait until both programs were scraped."""
        async with asyncio.timeout(PATIENCE):
            while not await self.prometheus.query("sum(up) == 2", now := time.time(), now, 1):
                await asyncio.sleep(0.2)

    async def wait_state(self, alert: str, state: str) -> None:
        """Wait until an alert is in a state."""
        async with asyncio.timeout(2 * PATIENCE):
            while (await self.prometheus.alerts())[alert]["state"] != state:
                await asyncio.sleep(0.2)


@pytest.fixture(scope="module")
async def observed(restartable: RunningServers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Observed]:
    home = tmp_path_factory.mktemp("observed")
    async with AsyncExitStack() as exits:
        programs = await exits.enter_async_context(run_observed(restartable, home))
        prometheus = await exits.enter_async_context(run_prometheus(home, programs.metrics, 1))
        yield Observed(programs, prometheus)


async def test_the_first_dead_letter_fires_its_alert(observed: Observed) -> None:
    await observed.wait_scraped()
    await send_garbage(observed.programs.client)
    await observed.wait_state("UserbusDeadLettered", "firing")


async def test_every_panel_has_its_data(observed: Observed) -> None:
    async with keep_busy(observed.programs), asyncio.timeout(2 * PATIENCE):
        while titles_without_data(await ask_panels(observed.prometheus, 30, 1)):
            await asyncio.sleep(1)


async def test_every_alert_is_evaluated(observed: Observed) -> None:
    alerts = await observed.prometheus.alerts()
    assert len(alerts) >= 15
    assert {name: alert for name, alert in alerts.items() if alert["health"] != "ok"} == {}
