"""Background work: restarted after any failure, ended by a cancellation from outside and by nothing else."""

import asyncio
from contextlib import AsyncExitStack, suppress

import pytest

from tests.support.patience import PATIENCE
from worker.bus.tasks import ConnectionLost, keep_running, run_in_task


@pytest.mark.parametrize("trouble", [OSError("gone"), asyncio.CancelledError("a lost connection")])
async def test_work_that_ended_is_started_again(trouble: BaseException) -> None:
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
        await asyncio.wait_for(again.wait(), PATIENCE)
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


async def test_work_that_ends_as_if_cancelled_is_a_lost_connection() -> None:
    async def lose_the_connection() -> None:
        raise asyncio.CancelledError

    with pytest.raises(ConnectionLost):
        await run_in_task(lose_the_connection())


async def test_a_cancellation_from_outside_ends_the_work_even_if_it_swallows_the_first() -> None:
    began, swallowed = asyncio.Event(), asyncio.Event()

    async def swallow_once() -> None:
        try:
            began.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            swallowed.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(run_in_task(swallow_once()))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert swallowed.is_set()


@pytest.mark.parametrize("swallowed", [1, 2])
async def test_work_ends_with_its_stack_however_often_it_swallows_a_cancellation(swallowed: int) -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def swallow() -> None:
        began.set()
        try:
            for _ in range(swallowed):
                with suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with AsyncExitStack() as stack:
        keep_running(stack, swallow)
        await began.wait()
    assert ended.is_set()


async def test_the_result_and_the_failure_of_the_work_are_handed_on() -> None:
    async def work(failure: Exception | None) -> int:
        if failure:
            raise failure
        return 7

    assert await run_in_task(work(None)) == 7
    with pytest.raises(OSError, match="gone"):
        await run_in_task(work(OSError("gone")))
