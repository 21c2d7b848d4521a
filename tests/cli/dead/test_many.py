"""More dead letters than a broker hands out to one consumer of its own accord, and a stop in the midst of them."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage

from cli import parked
from tests.cli.letters import dead, ended, log, started, userbus, waiting
from tests.client import Client
from tests.stack import Stack

pytestmark = pytest.mark.usefixtures("empty")
Lines = asyncio.Queue[AbstractIncomingMessage]


async def test_thousands_are_listed_and_looked_through(client: Client, stack: Stack) -> None:
    ids = await dead(client, 2_100)
    listed = (await userbus(stack, "list", "--json", "--limit", "1000000")).stdout.splitlines()
    assert [json.loads(line)["message_id"] for line in listed] == ids
    assert (await userbus(stack, "redrive", "--name", "nothing.*")).stdout == "0 redriven\n"
    assert len(await waiting(stack.amqp_url)) == 2_100


async def test_one_consumer_after_the_other_takes_its_part(
    client: Client, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parked, "WINDOW", 50)  # a real one takes 50,000 letters to fill
    ids = await dead(client, 120)
    async with parked.Parked(stack.amqp_url) as letters, asyncio.timeout(30):
        assert [letter.message_id async for letter in letters.letters()] == ids


@pytest.fixture
async def lines(stack: Stack) -> AsyncIterator[Lines]:
    """The lines of the log from now on."""
    arrived: Lines = asyncio.Queue()
    connection = await aio_pika.connect(stack.amqp_url)
    async with connection, connection.channel() as channel:
        await channel.set_qos(prefetch_count=1000)
        queue = await channel.get_queue("userbus.dead.log", ensure=False)
        await queue.consume(arrived.put, arguments={"x-stream-offset": "next"})
        yield arrived


async def test_an_interrupted_drop_has_told_every_letter_that_it_dropped(
    client: Client, stack: Stack, lines: Lines
) -> None:
    ids = await dead(client, 4_000)
    began = datetime.now(UTC)
    process = await started(stack.amqp_url, "drop", "--all", "--yes")
    async with asyncio.timeout(60):
        for _ in ("began", "the first ids"):
            await lines.get()
    await asyncio.sleep(0.05)  # into the midst of the next ones
    process.send_signal(signal.SIGINT)
    outcome = await ended(process)
    left = [message_id for message_id, _ in await waiting(stack.amqp_url)]
    gone = ids[: len(ids) - len(left)]
    assert (outcome.exit_code, outcome.stdout) == (130, f"{len(gone)} dropped\n")
    assert (len(left) > 0, [*gone, *left]) == (True, ids)
    assert [message_id for entry in await log(stack.amqp_url, began) for message_id in entry.get("ids", [])] == gone
