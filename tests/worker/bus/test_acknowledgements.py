"""Acknowledging many deliveries at once: never one that is still in flight, on a real broker."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import cast

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage, AbstractQueue
from aiormq.channel import Channel

from devstack.servers import RunningServers
from worker.bus.acknowledgements import AcknowledgementBatch, DeliveryTags, acknowledgement_frames

PATIENCE = 10
COUNT = 8


def tags(received: Sequence[int], settled: Sequence[int]) -> DeliveryTags:
    noted = DeliveryTags()
    for tag in received:
        noted.receive(tag)
    for tag in settled:
        noted.settle(tag)
    return noted


@pytest.mark.parametrize(
    ("received", "settled", "up_to"),
    [
        pytest.param([], [], 0, id="nothing"),
        pytest.param([1, 2, 3], [], 0, id="all in flight"),
        pytest.param([1, 2, 3], [1, 2, 3], 3, id="all settled"),
        pytest.param([1, 2, 3], [2, 3], 0, id="the first in flight"),
        pytest.param([1, 2, 3], [1, 3], 1, id="the second in flight"),
        pytest.param([2, 1, 3], [1, 2, 3], 3, id="received in another order"),
        pytest.param([1, 2, 4, 5], [1, 2, 4, 5], 2, id="one not received"),
    ],
)
def test_up_to_which_delivery_all_are_settled(received: list[int], settled: list[int], up_to: int) -> None:
    assert tags(received, settled).settled_limit == up_to


@pytest.mark.parametrize(
    ("done", "settled", "frames"),
    [
        pytest.param([7], 7, [(7, False)], id="one"),
        pytest.param([5, 7, 6], 7, [(7, True)], id="several in order"),
        pytest.param([5, 9, 6], 6, [(9, False), (6, True)], id="one beyond a gap"),
        pytest.param([8, 9], 6, [(8, False), (9, False)], id="all beyond a gap"),
    ],
)
def test_frames(done: list[int], settled: int, frames: list[tuple[int, bool]]) -> None:
    assert [(frame.delivery_tag, frame.multiple) for frame in acknowledgement_frames(done, settled)] == frames


@pytest.fixture
async def queue(running: RunningServers) -> AsyncIterator[AbstractQueue]:
    async with await aio_pika.connect(running.amqp_url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("test.acknowledgements", durable=True, arguments={"x-queue-type": "quorum"})
        for number in range(1, COUNT + 1):
            await channel.default_exchange.publish(aio_pika.Message(b"%d" % number), queue.name)
        yield queue
        await queue.delete(if_unused=False, if_empty=False)


@pytest.mark.parametrize(
    "turns",
    [
        pytest.param([[1, 2, 3]], id="in order"),
        pytest.param([[3, 2], [1]], id="a gap that closes"),
        pytest.param([[8, 2, 5]], id="gaps"),
        pytest.param([[2, 4], [1, 6], [3]], id="mixed"),
        pytest.param([[*range(1, COUNT + 1)]], id="all"),
    ],
)
async def test_what_is_not_acknowledged_comes_again_and_nothing_else(
    running: RunningServers, queue: AbstractQueue, turns: list[list[int]]
) -> None:
    async with await aio_pika.connect(running.amqp_url) as connection:
        await acknowledge(await take_all(await connection.channel(), queue.name), turns)
    done = {tag for turn in turns for tag in turn}
    async with asyncio.timeout(PATIENCE):
        left = {int(await take_body(queue)) for _ in range(COUNT - len(done))}
    assert left == {*range(1, COUNT + 1)} - done
    assert await queue.get(fail=False) is None


async def acknowledge(messages: list[AbstractIncomingMessage], turns: list[list[int]]) -> None:
    batch = AcknowledgementBatch(cast(Channel, messages[0].channel))
    for message in messages:
        batch.tags.receive(message.delivery_tag or 0)
    for turn in turns:
        await asyncio.gather(*(batch.acknowledge(tag) for tag in turn))


async def take_all(channel: aio_pika.abc.AbstractChannel, name: str) -> list[AbstractIncomingMessage]:
    arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
    consumed = await channel.get_queue(name)
    await consumed.consume(arrived.put)
    async with asyncio.timeout(PATIENCE):
        return [await arrived.get() for _ in range(COUNT)]


async def take_body(queue: AbstractQueue) -> bytes:
    while True:
        message = await queue.get(fail=False, no_ack=True)
        if message is not None:
            return message.body
        await asyncio.sleep(0.05)
