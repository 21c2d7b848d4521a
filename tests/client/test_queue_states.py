"""Queues looked at while the broker goes away."""

import pytest

from client.broker import QueueState, inspect_queues
from tests.support.proxy import proxy
from tests.support.stack import Stack

GONE = ("userbus.nobody", "userbus.nowhere")


async def test_queues_are_told_by_their_names(stack: Stack) -> None:
    seen = await inspect_queues(stack.amqp_url, ("userbus.user", *GONE))
    assert seen.pop("userbus.user") == QueueState(messages=0, consumers=1)
    assert seen == dict.fromkeys(GONE)


@pytest.mark.parametrize("mark", [b"no queue 'userbus.nobody'", b"no queue 'userbus.nowhere'", b"\x00\x14\x00\x29"])
async def test_a_connection_that_ends_meanwhile_is_told_as_such(stack: Stack, mark: bytes) -> None:
    async with proxy(stack.amqp_url) as (link, url):
        link.mark = mark  # the last is the answer to the end of a channel
        with pytest.raises(ConnectionError):
            await inspect_queues(url, ("userbus.user", *GONE))
