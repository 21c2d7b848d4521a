"""A database of its own for the model tests, through both drivers."""

from collections.abc import AsyncIterator

import pytest

from devstack.servers import RunningServers
from models.secrets.keys import Keys
from models.secrets.passwords import Passwords
from models.secrets.vault import Vault
from models.seeds import prepare
from models.store.client import Driver, Store
from models.store.counters import Counters
from models.store.journal import CommandContext, Journal
from models.unit_of_work import Dependencies
from tests.support.stack import SECRET, fresh_database

COLLECTIONS = ("users", "totals", "journal", "counters", "leases")


@pytest.fixture(scope="session", params=["pymongo", "motor"])
async def prepared_store(request: pytest.FixtureRequest, running: RunningServers) -> AsyncIterator[Store]:
    """A store of its own with indexes and first rows, through one of the drivers."""
    driver: Driver = request.param
    store = Store(fresh_database(running.mongo_url), driver)
    await prepare(store)
    yield store
    await store.client.drop_database(store.database.name)
    await store.close()


@pytest.fixture
async def database(prepared_store: Store) -> Store:
    """That store without anything that an earlier test left."""
    for name in COLLECTIONS:
        await prepared_store.collection(name).delete_many({})
    return prepared_store


@pytest.fixture
def dependencies(database: Store) -> Dependencies:
    """What units of a process share, on that store."""
    return build_dependencies(database)


@pytest.fixture
def context() -> CommandContext:
    """A command."""
    return CommandContext(name="user.create", message_id="m-1", digest="d-1")


def build_dependencies(store: Store) -> Dependencies:
    """What units of a process share, on any store."""
    keys = Keys(SECRET)
    return Dependencies(store, Counters(store), Journal(store, keys), keys, Passwords(), Vault(None))
