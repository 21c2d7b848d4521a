"""The database is judged by its answers, not by the time at which a busy worker comes to read them."""

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Any, cast
from uuid import uuid4

import httpx

from devstack.ports import free_port
from devstack.servers import RunningServers
from tests.support.client import Client
from tests.support.loopback import http_client
from tests.support.patience import PATIENCE
from tests.support.proxy import Proxy, proxy
from tests.support.stack import settings
from worker.app import Worker, run_worker

BLOCKED_SECONDS = 1.0


async def hold_a_check(between: Proxy) -> None:
    """Keep back what the worker sends to the database, until a check is among it."""
    between.hold(lambda _: True)
    async with asyncio.timeout(PATIENCE):
        while not any(b"hello" in link.kept for link in between.links):
            await asyncio.sleep(0.001)


async def wait_until_down(worker: Worker) -> None:
    async with asyncio.timeout(PATIENCE):
        while not worker.dependencies.store.availability.is_down:
            await asyncio.sleep(0.05)


async def check_ready(http: httpx.AsyncClient) -> dict[str, Any]:
    """What the worker tells once its checks end in time."""
    async with asyncio.timeout(PATIENCE):
        while "parts" not in (told := (await http.get("/health/ready")).json()):
            await asyncio.sleep(0.1)
    return cast(dict[str, Any], told)


async def test_a_blocked_event_loop_is_no_outage(apart: RunningServers) -> None:
    port = free_port()
    async with AsyncExitStack() as exits:
        between, mongo_url = await exits.enter_async_context(proxy(apart.mongo_url))
        given = settings(apart, mongo_url=mongo_url, worker_port=port)
        worker = await exits.enter_async_context(run_worker(given))
        client = await exits.enter_async_context(Client(apart.amqp_url))
        http = await exits.enter_async_context(http_client(f"http://127.0.0.1:{port}"))
        for _ in range(5):
            await hold_a_check(between)
            time.sleep(BLOCKED_SECONDS)  # noqa: ASYNC251 - the loop of the worker is to stand still
            between.heal()
            replies = await asyncio.gather(
                *(client.call("user.create", {"username": f"u_{uuid4().hex[:10]}"}) for _ in range(5)),
                client.call("health.user", {}),
            )
            assert {reply["status"] for reply in replies} == {"done"}
            assert replies[-1]["data"]["database"] is True
            ready = await check_ready(http)
            assert (ready["parts"]["database"], ready["status"]) == ("ok", "ready")
            assert worker.dependencies.store.availability.answer == "primary"


async def test_a_silent_database_is_found_by_a_loop_that_was_blocked(apart: RunningServers) -> None:
    async with (
        proxy(apart.mongo_url) as (between, mongo_url),
        run_worker(settings(apart, mongo_url=mongo_url)) as worker,
    ):
        await hold_a_check(between)
        time.sleep(BLOCKED_SECONDS)  # noqa: ASYNC251 - the loop of the worker is to stand still
        await wait_until_down(worker)
        between.heal()
        assert await worker.dependencies.store.availability.wait_until_up(PATIENCE)
