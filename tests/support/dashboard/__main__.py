"""Draw docs/dashboard.svg: `python -m tests.support.dashboard` runs everything for three minutes; needs Prometheus."""

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from devstack.servers import RunningServers, servers
from tests.support.dashboard.answers import Answers, ask_panels, titles_without_data
from tests.support.dashboard.load import keep_busy
from tests.support.dashboard.picture import draw_dashboard
from tests.support.dashboard.programs import run_observed
from tests.support.dashboard.prometheus import MISSING, PROGRAM, run_prometheus

PICTURE = Path(__file__).parents[3] / "docs" / "dashboard.svg"
SECONDS, SCRAPE_SECONDS = 180, 5
CAPTION = "Drawn from the queries of deploy/grafana/userbus.json as Prometheus answers them, not by Grafana."


def main() -> str | None:
    """Draw it; the answer is what is missing, if something is."""
    if PROGRAM is None:
        return MISSING
    with TemporaryDirectory() as home, servers(Path(home)) as up:
        answers = uvloop.run(observe(up, Path(home)))
    missing = titles_without_data(answers)
    if not missing:
        draw_dashboard(answers, CAPTION, PICTURE)
    return "\n".join(["not drawn, since these have no data:", *missing]) if missing else None


async def observe(up: RunningServers, home: Path) -> list[Answers]:
    """What every panel shows after three minutes of load."""
    async with AsyncExitStack() as exits:
        programs = await exits.enter_async_context(run_observed(up, home))
        prometheus = await exits.enter_async_context(run_prometheus(home, programs.metrics, SCRAPE_SECONDS))
        await exits.enter_async_context(keep_busy(programs))
        await asyncio.sleep(SECONDS)
        return await ask_panels(prometheus, SECONDS, SCRAPE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
