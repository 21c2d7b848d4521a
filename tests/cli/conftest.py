"""A copy of what is sent to the workers."""

from collections.abc import AsyncIterator

import pytest
from aio_pika.abc import AbstractQueue

from tests.support.client import Client


@pytest.fixture
async def tap(client: Client) -> AsyncIterator[AbstractQueue]:
    """A copy of every request that is sent."""
    queue = await client.channel.declare_queue(exclusive=True)
    await queue.bind("userbus.commands", "#")
    yield queue
    await queue.delete(if_unused=False, if_empty=False)
