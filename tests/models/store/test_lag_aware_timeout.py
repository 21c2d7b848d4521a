"""A timeout that counts only while the event loop is awake."""

import asyncio
import time

import pytest

from models.store.lag_aware_timeout import LagAwareTimeout

LIMIT = 0.2


def block_loop() -> None:
    time.sleep(2 * LIMIT)  # the loop is to stand still


async def say_later(answer: asyncio.Future[str]) -> str:
    return await answer


async def test_what_came_while_the_loop_stood_still_is_read() -> None:
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    timeout = LagAwareTimeout(LIMIT)
    waiting = asyncio.create_task(timeout.run(say_later(answer)))
    await asyncio.sleep(0)
    block_loop()
    asyncio.get_running_loop().call_later(LIMIT / 4, answer.set_result, "here")
    assert await waiting == "here"


async def test_silence_ends_and_cancels_the_work() -> None:
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    timeout = LagAwareTimeout(LIMIT)
    with pytest.raises(TimeoutError):
        await timeout.run(say_later(answer))
    assert answer.cancelled()
    assert timeout.is_conclusive


async def test_an_error_is_no_proof_after_a_lag_until_the_time_is_used_up() -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        block_loop()
        raise OSError("no answer")

    timeout = LagAwareTimeout(LIMIT)
    with pytest.raises(OSError, match="no answer"):
        await timeout.run(fail())
    assert not timeout.is_conclusive
    with pytest.raises(TimeoutError):
        await timeout.run(asyncio.sleep(60))
    assert timeout.is_conclusive
