"""A database that falls silent with requests in flight: callers hear before their deadlines, those after them too."""

import asyncio
import time
from typing import Any
from uuid import uuid4

from devstack.servers import RunningServers
from tests.support.client import Client
from tests.support.patience import PATIENCE
from tests.support.proxy import proxy
from tests.support.stack import settings
from worker.app import run_worker


def within(seconds: float) -> dict[str, Any]:
    """A deadline; the test itself waits longer, since its machine may be busy."""
    return {"headers": {"x-deadline": int((time.time() + seconds) * 1000)}, "seconds": seconds + 20}


def user() -> dict[str, str]:
    return {"username": f"u_{uuid4().hex[:10]}"}


async def test_a_silent_database_keeps_no_caller_waiting_beyond_its_deadline(apart: RunningServers) -> None:
    async with (
        proxy(apart.mongo_url) as (link, mongo_url),
        run_worker(settings(apart, mongo_url=mongo_url, prefetch=25)),
        Client(apart.amqp_url) as client,
    ):
        await asyncio.gather(*(client.done("user.create", user()) for _ in range(40)))
        link.hold(lambda _: True)
        try:
            asked = [client.refused("user.create", user(), **within(4)) for _ in range(20)]
            asked += [client.refused("user.get", {"id": 1}, **within(4)) for _ in range(5)]
            problems = await asyncio.gather(*asked)
            problems += await asyncio.gather(*(client.refused("user.create", user(), **within(8)) for _ in range(40)))
        finally:
            link.heal()
        assert {problem["kind"] for problem in problems} == {"unavailable"}
        async with asyncio.timeout(PATIENCE):
            while (await client.call("user.create", user()))["status"] != "done":
                await asyncio.sleep(0.2)
