"""The periodic work of workers, done at once."""

import asyncio

from models.errors.base import StoreUnavailable
from tests.support.patience import PATIENCE
from worker.sweeper import BatchWork


async def sweep_once(work: BatchWork) -> bool:
    """Do a batch, again where the sweeper of a running worker was faster; return whether there may be more."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await work.run_once()
            except StoreUnavailable:
                await asyncio.sleep(0.01)
