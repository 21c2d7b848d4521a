"""A broker that is slow is no reason to route queries past their queues."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiormq.abc import AbstractChannel

from tests.support.stack import Stack
from worker.bus.publisher import Publisher
from worker.bus.silent_queues import find_away
from worker.bus.topology import QUERY_QUEUES


class SlowToClose(Publisher):
    """Its questions are answered at once, and the end of their channels is not."""

    @asynccontextmanager
    async def bare_channel(self) -> AsyncIterator[AbstractChannel]:
        async with super().bare_channel() as channel:
            yield channel
            await asyncio.sleep(10)


class StoodStill(Publisher):
    """The event loop stands still while an answer is on its way."""

    @asynccontextmanager
    async def bare_channel(self) -> AsyncIterator[AbstractChannel]:
        async with super().bare_channel() as channel:
            asyncio.get_running_loop().call_soon(time.sleep, 1.2)
            yield channel


@pytest.mark.parametrize("slow", [SlowToClose, StoodStill])
async def test_a_queue_that_answers_is_there(stack: Stack, slow: type[Publisher]) -> None:
    async with slow(stack.amqp_url, "questions", confirms=False) as publisher:
        assert await find_away(publisher, [*QUERY_QUEUES]) == set()
