"""A connection to the database whose other end has gone silent, while others are answered."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

import pytest

from devstack.servers import RunningServers
from models.errors.base import StoreUnavailable
from models.seeds import prepare
from models.store.client import Store
from models.store.journal import CommandContext
from models.store.outbox import Outbox
from models.store.time_limit import limit_operations
from models.transaction import with_transaction
from models.unit_of_work import UnitOfWork
from models.users import User
from tests.models.conftest import build_dependencies
from tests.support.patience import PATIENCE
from tests.support.proxy import Proxy, proxy
from tests.support.stack import fresh_database

LONG = 10 * PATIENCE  # seconds that the callers would wait


@pytest.fixture
async def apart_store(running: RunningServers) -> AsyncIterator[tuple[Proxy, Store]]:
    async with proxy(fresh_database(running.mongo_url)) as (between, url):
        store = Store(url)
        await prepare(store)
        await store.collection("users").insert_one(User(id=1, username="user1").to_row())
        yield between, store
        await store.client.drop_database(store.database.name)
        await store.close()


def silence(between: Proxy) -> None:
    """Keep back what is sent over the present connections; new ones are good."""
    present = {*between.links}
    assert present
    between.hold(lambda link: link in present)


async def test_a_query_goes_on_over_another_connection(apart_store: tuple[Proxy, Store]) -> None:
    between, store = apart_store
    silence(between)
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(PATIENCE):
        with limit_operations(monotonic() + LONG):
            work = with_transaction(build_dependencies(store), None, _find_user, loop.time() + LONG)
            assert await work == "user1"


async def test_so_does_a_command(apart_store: tuple[Proxy, Store], context: CommandContext) -> None:
    between, store = apart_store

    async def rename(unit: UnitOfWork) -> None:
        user = await unit.users.get(1)
        user.username = "ada"
        await unit.users.save(user)
        await unit.commit("{}", [])

    silence(between)
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(PATIENCE):
        with limit_operations(monotonic() + LONG):
            await with_transaction(build_dependencies(store), context, rename, loop.time() + LONG)
    row = await store.collection("users").find_one({"_id": 1})
    assert row["username"] == "ada"


async def test_what_is_done_outside_of_requests_goes_on_when_it_is_tried_again(
    apart_store: tuple[Proxy, Store],
) -> None:
    between, store = apart_store
    silence(between)
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(StoreUnavailable):
            await Outbox(store).count_pending()
        assert await Outbox(store).count_pending() == 0


async def _find_user(unit: UnitOfWork) -> str:
    return str((await unit.users.get(1)).username)
