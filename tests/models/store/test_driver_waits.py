"""Operations that are cancelled while the driver waits for a server leave nothing locked."""

import asyncio

import pytest
from pymongo.errors import ServerSelectionTimeoutError

from devstack.ports import free_port
from models.store.client import Store
from tests.support.patience import PATIENCE

DRIVER_WAITS = 0.5  # seconds; then the driver looks at its servers again


async def test_an_operation_cancelled_while_it_takes_the_lock_back_leaves_it_free() -> None:
    store = Store(f"mongodb://127.0.0.1:{free_port()}/userbus", timeout=5.0)
    topology = store.client._topology
    try:
        for cancellations in (1, 2):
            operation = asyncio.create_task(store.collection("users").find_one({"_id": 1}))
            await asyncio.sleep(DRIVER_WAITS / 2)  # it waits for a server by now
            async with topology._lock:
                await asyncio.sleep(DRIVER_WAITS * 1.5)  # its wait has ended; it cannot go on without the lock
                for _ in range(cancellations):
                    operation.cancel()
                    await asyncio.sleep(0)
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(operation, return_exceptions=True)
        await asyncio.sleep(0.1)  # whatever still wants the lock has it now
        assert not topology._lock.locked()
        with pytest.raises(ServerSelectionTimeoutError):
            async with asyncio.timeout(PATIENCE):
                await store.collection("users").find_one({"_id": 1})
    finally:
        async with asyncio.timeout(PATIENCE):
            await store.close()
