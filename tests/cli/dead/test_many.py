"""More dead letters than a broker delivers to one consumer by default, and Ctrl-C among thousands."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage

from dead_letters import queue
from tests.support.client import Client
from tests.support.dead_letters import (
    add_dead_letters,
    handled_ids,
    read_log,
    read_waiting,
    read_waiting_ids,
    run_dead,
    start_dead,
    wait_ended,
)
from tests.support.patience import PATIENCE
from tests.support.stack import Stack

pytestmark = pytest.mark.usefixtures("no_dead_letters")
Lines = asyncio.Queue[AbstractIncomingMessage]


async def test_thousands_are_listed_and_looked_through(client: Client, stack: Stack) -> None:
    ids = await add_dead_letters(client, 2_100)
    listed = (await run_dead(stack.amqp_url, "list", "--json", "--limit", "1000000")).stdout.splitlines()
    assert [json.loads(line)["message_id"] for line in listed] == ids
    assert (await run_dead(stack.amqp_url, "redrive", "--name", "nothing.*")).stdout == "0 redriven\n"
    assert len(await read_waiting(stack.amqp_url)) == 2_100


async def test_one_consumer_after_the_other_takes_its_part(
    client: Client, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "WINDOW", 50)  # filling a real one takes 50,000 dead letters
    ids = await add_dead_letters(client, 120)
    async with queue.DeadLetterQueue(stack.amqp_url) as dead_letters, asyncio.timeout(PATIENCE):
        assert [message.message_id async for message in dead_letters.read()] == ids


@pytest.fixture
async def lines(stack: Stack) -> AsyncIterator[Lines]:
    """Entries of the log from now on."""
    arrived: Lines = asyncio.Queue()
    connection = await aio_pika.connect(stack.amqp_url)
    async with connection, connection.channel() as channel:
        await channel.set_qos(prefetch_count=1000)
        queue = await channel.get_queue("userbus.dead.log", ensure=False)
        await queue.consume(arrived.put, arguments={"x-stream-offset": "next"})
        yield arrived


async def test_an_interrupted_drop_has_logged_every_dead_letter_that_it_dropped(
    client: Client, stack: Stack, lines: Lines
) -> None:
    ids = await add_dead_letters(client, 4_000)
    began = datetime.now(UTC)
    process = await start_dead(stack.amqp_url, "drop", "--all", "--yes")
    os.setpriority(os.PRIO_PROCESS, process.pid, 10)  # no faster than the test on a busy machine; 19 would starve it
    async with asyncio.timeout(PATIENCE):
        for _ in ("began", "the first ids"):
            await lines.get()
    await asyncio.sleep(0.05)  # into the next entry
    process.send_signal(signal.SIGINT)
    outcome = await wait_ended(process)
    left = await read_waiting_ids(stack.amqp_url)
    gone = ids[: len(ids) - len(left)]
    assert (outcome.exit_code, outcome.stdout) == (130, f"{len(gone)} dropped\n")
    assert (len(left) > 0, [*gone, *left]) == (True, ids)
    assert handled_ids(await read_log(stack.amqp_url, began)) == gone
