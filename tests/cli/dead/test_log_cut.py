"""The log of what was done to dead letters, read over a connection that is lost."""

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import ChannelInvalidStateError

from dead_letters.audit_log import AuditLog, read_entries
from dead_letters.dead_letter import Selection
from tests.support.proxy import Proxy, proxy
from tests.support.stack import Stack


async def test_a_log_that_is_cut_off_is_told_as_such(stack: Stack) -> None:
    async with proxy(stack.amqp_url) as (link, url), await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        async with AuditLog(channel, "ada@host", "drop", Selection()):
            pass
        with pytest.raises((ConnectionError, ChannelInvalidStateError)):
            await read_and_cut(channel, link)


async def read_and_cut(channel: AbstractChannel, link: Proxy) -> None:
    async for _ in read_entries(channel):
        link.cut()
