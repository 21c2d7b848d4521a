"""Workers that die with messages in flight, as the broker sees them."""

import asyncio

import aio_pika
from aio_pika.abc import AbstractIncomingMessage

from tests.support.patience import PATIENCE


async def take_and_drop(url: str, *message_ids: str, times: int = 1) -> None:
    """Take these messages from `userbus.user` as a worker would, and die with them in flight, so many times."""
    for _ in range(times):
        connection = await aio_pika.connect(url)
        arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        await (await (await connection.channel()).get_queue("userbus.user", ensure=False)).consume(arrived.put)
        taken = [await asyncio.wait_for(arrived.get(), PATIENCE) for _ in message_ids]
        assert {message.message_id for message in taken} == {*message_ids}
        await connection.close()
