"""A database of its own for the model tests, through both drivers."""

from collections.abc import AsyncIterator

import pytest

from devstack.servers import RunningServers
from models.counters import Counters
from models.indexes import prepare
from models.journal import Caller, Journal
from models.keys import Keys
from models.passwords import Passwords
from models.store import Driver, Store
from models.unit import Shared
from models.vault import Vault
from tests.stack import SECRET, fresh_database

CLEARED = ("users", "journal", "counters", "leases")


@pytest.fixture(scope="session", params=["pymongo", "motor"])
async def prepared(request: pytest.FixtureRequest, running: RunningServers) -> AsyncIterator[Store]:
    """A store of its own with indexes and first rows, through one of the drivers."""
    driver: Driver = request.param
    up = Store(fresh_database(running.mongo_url), driver)
    await prepare(up)
    yield up
    await up.client.drop_database(up.database.name)
    await up.close()


@pytest.fixture
async def database(prepared: Store) -> Store:
    """That store without anything that an earlier test left."""
    for name in CLEARED:
        await prepared.collection(name).delete_many({})
    return prepared


@pytest.fixture
def shared(database: Store) -> Shared:
    """What units of a process share, on that store."""
    return sharing(database)


@pytest.fixture
def caller() -> Caller:
    """A command."""
    return Caller(name="user.create", message_id="m-1", digest="d-1")


def sharing(store: Store) -> Shared:
    """What units of a process share, on any store."""
    keys = Keys(SECRET)
    return Shared(store, Counters(store), Journal(store, keys), keys, Passwords(), Vault(None))
