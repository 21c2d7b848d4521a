"""`userbus events` on a broker that has the commands, and no log of events."""

import asyncio
from pathlib import Path

import aio_pika

from contracts.catalog import COMMANDS_EXCHANGE
from tests.support.command_line import run_userbus
from tests.support.rabbitmq_alone import rabbitmq_alone
from tests.support.stack import without_heartbeat


async def test_a_log_that_is_not_there_is_told(tmp_path: Path) -> None:
    with rabbitmq_alone(tmp_path) as url:
        async with await aio_pika.connect(without_heartbeat(url)) as connection:
            channel = await connection.channel()
            await channel.declare_exchange(COMMANDS_EXCHANGE, "topic", durable=True)
        verbs = (run_userbus(url, "events", verb) for verb in ("replay", "tail"))
        for status, out, err in await asyncio.gather(*verbs):  # each waits for the log for a while
            assert (status, out, "userbus.events.log cannot be read" in err) == (1, "", True)
