"""A database of its own for the model tests, through both drivers, and the store in memory that must be like it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Literal

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
from testing.store.memory import MemoryStore
from tests.support.stack import SECRET, fresh_database
from tests.support.stores import DRIVERS, MEMORY, open_store

COLLECTIONS = ("users", "totals", "journal", "counters", "leases", "postings", "segments")


@pytest.fixture(scope="session", params=[*DRIVERS, MEMORY])
async def prepared_store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """A store of its own with indexes and first rows, through one of the drivers, or in memory."""
    async with _open_store(request.param, request) as store:
        yield store


@pytest.fixture(params=["pymongo", MEMORY])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    """A store that no other test has used, with indexes and first rows."""
    async with _open_store(request.param, request) as opened:
        yield opened


@asynccontextmanager
async def _open_store(kind: Driver | Literal["memory"], request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    if kind == "memory":
        memory = MemoryStore()
        await prepare(memory)
        yield memory
        return
    running: RunningServers = request.getfixturevalue("running")
    async with open_store(fresh_database(running.mongo_url), kind) as store:
        await prepare(store)
        yield store
        await store.client.drop_database(store.database.name)


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
    return Dependencies(store, Counters(store), Journal(store, keys), keys, _open_passwords(), Vault(None))


@cache
def _open_passwords() -> Passwords:
    """The threads of this process that hash: to open them takes a hash, as long as many a test."""
    return Passwords()
