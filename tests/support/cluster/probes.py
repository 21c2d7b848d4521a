"""What callers of the bridges and a consumer of events notice while something is broken."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

import httpx

from client.bus import Bus
from contracts.cancellation import cancel
from tests.support.cluster.stage import ClusterStage
from tests.support.loopback import http_client

PROBE_SECONDS = 0.25
CALL_SECONDS = 20.0


@dataclass
class Noticed:
    """When some bridge gave a good answer, how readiness and answers agreed, and how late events were."""

    answered: list[float] = field(default_factory=list)
    wrongly_unready: int = 0
    wrongly_ready: int = 0
    lateness: float = 0.0

    @property
    def silence(self) -> float:
        """The longest time, in seconds, for which no caller of a bridge had a good answer."""
        moments = sorted(self.answered)
        return round(max((after - before for before, after in pairwise(moments)), default=0.0), 1)


@asynccontextmanager
async def probes(stage: ClusterStage) -> AsyncIterator[Noticed]:
    """Call every bridge and take events until the block ends."""
    noticed = Noticed()
    tasks = [asyncio.create_task(_call(url, noticed)) for url in stage.bridge_urls]
    tasks.append(asyncio.create_task(_take_events(stage.broker.url, noticed)))
    try:
        yield noticed
    finally:
        await asyncio.gather(*map(cancel, tasks))


async def _call(url: str, noticed: Noticed) -> None:
    async with http_client(url) as http, asyncio.TaskGroup() as calls:
        while True:
            calls.create_task(_call_once(http, noticed))
            await asyncio.sleep(PROBE_SECONDS)


async def _call_once(http: httpx.AsyncClient, noticed: Noticed) -> None:
    with suppress(httpx.HTTPError):
        ready = (await http.get("/health/ready", timeout=CALL_SECONDS)).status_code == 200
        served = (await http.get("/user/nobody", timeout=CALL_SECONDS)).status_code < 500
        if served:
            noticed.answered.append(time.monotonic())
        noticed.wrongly_unready += served and not ready
        noticed.wrongly_ready += ready and not served


async def _take_events(amqp_url: str, noticed: Noticed) -> None:
    began = datetime.now(UTC)  # the queue also holds what has come since the last case
    async with Bus(amqp_url, app_id="probe") as bus:
        async for event in bus.events("probe", "user.*"):
            late = (datetime.now(UTC) - event.time).total_seconds()
            if event.time > began:
                noticed.lateness = round(max(noticed.lateness, late), 1)
