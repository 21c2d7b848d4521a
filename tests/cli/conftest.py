"""A copy of what is sent to the workers."""

from collections.abc import AsyncIterator

import pytest
from aio_pika.abc import AbstractQueue

from contracts.catalog import CATALOG
from tests.support.client import Client

ASKED_BY_THE_CONSOLE = "worker"  # now and then by itself, for its record of the last hour


@pytest.fixture
async def tap(client: Client) -> AsyncIterator[AbstractQueue]:
    """A copy of every request that is sent by what a test does."""
    queue = await client.channel.declare_queue(exclusive=True)
    for first_word in {name.partition(".")[0] for name in CATALOG} - {ASKED_BY_THE_CONSOLE}:
        await queue.bind("userbus.commands", f"{first_word}.#")
    yield queue
    await queue.delete(if_unused=False, if_empty=False)
