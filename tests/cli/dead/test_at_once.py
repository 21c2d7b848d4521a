"""Dead letters that two operators look through at the same time."""

import asyncio

import pytest

from dead_letters.queue import DeadLetterQueue
from tests.support.client import Client
from tests.support.dead_letters import add_dead_letters
from tests.support.patience import PATIENCE
from tests.support.stack import Stack

pytestmark = pytest.mark.usefixtures("no_dead_letters")


async def test_a_pass_ends_where_somebody_else_takes_what_waited(client: Client, stack: Stack) -> None:
    await add_dead_letters(client, 5)
    async with DeadLetterQueue(stack.amqp_url) as first, DeadLetterQueue(stack.amqp_url) as second:
        async for message in first.read():
            await first.remove(message)
        async with asyncio.timeout(PATIENCE):
            assert [message async for message in second.read()] == []
        assert (first.elsewhere, second.elsewhere) == (0, 5)
