"""Work beside the requests: begun anew after whatever ended it, unless it was told to stop."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from handlers.background import keep_running


@pytest.mark.parametrize("trouble", [OSError("gone"), asyncio.CancelledError("a lost connection")])
async def test_work_that_ended_begins_anew(trouble: BaseException) -> None:
    begun = 0
    again = asyncio.Event()

    async def work() -> None:
        nonlocal begun
        begun += 1
        if begun == 1:
            raise trouble
        again.set()
        await asyncio.Event().wait()

    async with AsyncExitStack() as stack:
        keep_running(stack, work)
        await asyncio.wait_for(again.wait(), 10)
    assert begun == 2


async def test_work_ends_with_its_stack() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with AsyncExitStack() as stack:
        keep_running(stack, work)
        await asyncio.sleep(0)
    assert ended.is_set()
