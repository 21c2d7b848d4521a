"""The stores that tests open, and on which of them those of the models run."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from models.store.client import Driver, Store
from tests.support.patience import PATIENCE

DRIVERS = ("pymongo", "motor")
MEMORY = "memory"  # the store of the testing kit

# for tests of what is MongoDB's own (its profiler, plans, clock, limits of time), and of lanes of several relays, which
# userbus in memory has not
on_mongodb = pytest.mark.parametrize("prepared_store", DRIVERS, indirect=True)

# for tests of which indexes a list reads, which both drivers ask for in the same words: test_search.py holds that
on_one_driver = pytest.mark.parametrize("prepared_store", DRIVERS[:1], indirect=True)


@asynccontextmanager
async def open_store(url: str, driver: Driver = "pymongo") -> AsyncIterator[Store]:
    """A store that waits for MongoDB on a slow machine as long as tests do; a worker tries again later instead."""
    store = Store(url, driver, PATIENCE)
    try:
        yield store
    finally:
        await store.close()
