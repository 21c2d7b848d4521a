"""A bridge at rest gives back the memory of what it has served."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from tests.bridge.conftest import RunningBridge
from tests.support.patience import PATIENCE


class Circle:
    """Garbage that only the collector frees."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def no_collections() -> Iterator[None]:
    """Keep the collector from running by chance."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collections")
async def test_a_bridge_at_rest_collects_its_garbage(fresh_bridge: RunningBridge) -> None:
    garbage = weakref.ref(Circle())
    await fresh_bridge.client.get("/health/live")
    async with asyncio.timeout(PATIENCE):
        while garbage() is not None:  # nothing announces a collection
            await asyncio.sleep(0.05)
    assert garbage() is None
