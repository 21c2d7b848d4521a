"""A connection that was greeted while the member changed its state: the drivers hold it to be without sessions."""

import asyncio
from typing import Any

import pytest

from devstack.servers import RunningServers
from models.store.client import Driver, Store
from models.store.journal import CommandContext
from models.transaction import with_transaction
from models.unit_of_work import UnitOfWork
from tests.models.conftest import build_dependencies
from tests.support.patience import PATIENCE
from tests.support.proxy import Proxy, proxy
from tests.support.stack import fresh_database

CLAIMS = (b"\x08ismaster\x00", b"\x08isWritablePrimary\x00")  # BSON: a boolean, and its name
OCCUPIED_MS = 2500  # longer than the attempt may take
ATTEMPT_SECONDS = 2


def between_states(said: bytes) -> bytes:
    """A primary's greeting as one of a member that is neither primary nor secondary."""
    for claim in CLAIMS:
        said = said.replace(claim + b"\x01", claim + b"\x00")
    return said


async def occupy(store: Store, between: Proxy) -> asyncio.Future[Any]:
    """Keep the only connection waiting for news of the member."""
    admin = store.client.admin
    version = (await admin.command("hello"))["topologyVersion"]
    news = admin.command("hello", topologyVersion=version, maxAwaitTimeMS=OCCUPIED_MS, comment="occupied")
    waiting: asyncio.Future[Any] = asyncio.ensure_future(news)
    async with asyncio.timeout(PATIENCE):
        while not any(b"occupied" in link.said for link in between.links):
            await asyncio.sleep(0.005)
    return waiting


@pytest.mark.parametrize("driver", ["pymongo", "motor"])
async def test_a_connection_greeted_between_states_is_given_up(
    running: RunningServers, context: CommandContext, driver: Driver
) -> None:
    """It would stay in the pool for as long as it is used: a worker could draw it for every command."""
    async with proxy(fresh_database(running.mongo_url)) as (between, url):
        store = Store(url, driver)
        waiting = await occupy(store, between)
        between.answers = between_states
        await store.client.admin.command("ping")
        between.answers = bytes

        async def work(unit: UnitOfWork) -> str:
            await unit.commit("done", [])
            return "done"

        until = asyncio.get_running_loop().time() + ATTEMPT_SECONDS
        try:
            assert await with_transaction(build_dependencies(store), context, work, until) == "done"
        finally:
            await waiting
            await store.client.drop_database(store.database.name)
            await store.close()
