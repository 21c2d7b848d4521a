"""The pytest plugin: userbus in memory, new for each test, and a client that is connected to it."""

from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest

from client.bus import Bus
from client.sync import SyncBus
from testing.userbus import MemoryUserbus

# AnyIO's plugin runs fixtures that are coroutines as they are
async_fixture: Any = import_module("pytest_asyncio" if find_spec("pytest_asyncio") else "pytest").fixture


@pytest.fixture
def userbus() -> Iterator[MemoryUserbus]:
    """A userbus in memory that no other test has used."""
    with MemoryUserbus() as up:
        yield up


@async_fixture  # type: ignore[untyped-decorator]  # pytest-asyncio is optional
async def userbus_client(userbus: MemoryUserbus) -> AsyncIterator[Bus]:
    """A client of it, as `userbus.connect` makes them; it is connected."""
    async with userbus.connect() as bus:
        yield bus


@pytest.fixture
def userbus_sync_client(userbus: MemoryUserbus) -> Iterator[SyncBus]:
    """A client of it for programs without asyncio, as `userbus.connect_sync` makes them; it is connected."""
    with userbus.connect_sync() as bus:
        yield bus
