"""A thousand generated hostile messages among good traffic: nobody else notices, and each is accounted for."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage

from contracts.catalog import EVENTS
from devstack.ports import free_port
from devstack.servers import RunningServers
from models.store.client import Store
from tests.faults.conftest import Program, SpawnWith, wait_served
from tests.support.client import Client
from tests.support.faults.attack import account_for, attack
from tests.support.faults.audit import QUEUES, listen, wait_quiet
from tests.support.faults.metrics import read_metric
from tests.support.faults.table import Table
from tests.support.patience import PATIENCE

COUNT = 1000
SEED = int(os.environ.get("FAULTS_SEED", "1"))
LANES = 4


@dataclass
class Pair:
    """Two workers that serve their health."""

    programs: list[Program]
    ports: list[int]

    def errors(self) -> list[dict[str, Any]]:
        """What they have logged as an error: `fault`, `rejected`, `circuit open`."""
        logs = "".join(program.log() for program in self.programs)
        lines = [json.loads(line) for line in logs.splitlines() if line.startswith("{")]  # libraries write plain text
        assert {line["event"] for line in lines} >= {"worker ready", "dead-lettered"}
        return [line for line in lines if line["level"] not in ("info", "warning")]

    async def served(self) -> int:
        """How many deliveries they have settled."""
        return int(sum([await read_metric(port, "userbus_requests_total") for port in self.ports]))


@pytest.fixture
async def pair(worker_with: SpawnWith, caller: Client) -> Pair:
    ports = [free_port(), free_port()]
    settings = {"USERBUS_LOG_FORMAT": "json"}  # what strangers wrote stays inside its line
    pair = Pair([worker_with(USERBUS_WORKER_PORT=str(port), **settings) for port in ports], ports)
    for program in pair.programs:
        await program.says("worker ready")
    await wait_served(caller)
    return pair


@dataclass
class Good:
    """Good traffic: users that are made and read, each call with a deadline of its own."""

    caller: Client
    over: asyncio.Event
    calls: int = 0

    async def lane(self) -> None:
        while not self.over.is_set():
            name = f"good_{uuid4().hex[:12]}"
            made = await self._done("user.create", {"username": name, "company": "acme"})
            found = await self._done("user.get", {"id": made["id"]})
            assert (found["username"], found["company"]) == (name, "acme")

    async def _done(self, name: str, body: dict[str, Any]) -> Any:
        self.calls += 1
        headers = {"x-deadline": int((time.time() + PATIENCE) * 1000)}
        return await self.caller.done(name, body, headers=headers)


@asynccontextmanager
async def events_log(url: str) -> AsyncIterator[list[tuple[str | None, str | None]]]:
    """What is written into the log of events meanwhile: type and content type."""
    seen: list[tuple[str | None, str | None]] = []
    connection = await aio_pika.connect(url)
    async with connection, connection.channel() as channel:
        await channel.set_qos(prefetch_count=500)

        async def take(message: AbstractIncomingMessage) -> None:
            seen.append((message.type, message.content_type))
            await message.ack()

        log = await channel.get_queue("userbus.events.log", ensure=False)
        await log.consume(take, arguments={"x-stream-offset": "next"})
        yield seen


async def marked(caller: Client) -> bytes:
    """Write a line into the log of dead letters; the line."""
    line = json.dumps({"at": datetime.now(UTC).isoformat(), "mark": uuid4().hex}).encode()  # as all lines have
    await caller.channel.default_exchange.publish(aio_pika.Message(line), "userbus.dead.log")
    return line


async def written(caller: Client, first: bytes, last: bytes) -> list[bytes]:
    """What stands between two lines of that log."""
    lines: list[bytes] = []
    over = asyncio.Event()

    async def take(message: AbstractIncomingMessage) -> None:
        lines.append(message.body)
        await message.ack()
        if message.body == last:
            over.set()

    log = await caller.channel.get_queue("userbus.dead.log", ensure=False)
    await caller.channel.set_qos(prefetch_count=500)
    tag = await log.consume(take, arguments={"x-stream-offset": "first"})
    await asyncio.wait_for(over.wait(), PATIENCE)
    await log.cancel(tag)
    return lines[lines.index(first) + 1 : lines.index(last)]


async def watched(caller: Client, over: asyncio.Event) -> set[int]:
    """How many consumers the queues had, all the time."""
    seen: set[int] = set()
    while not over.is_set():
        seen |= {(await caller.counted(name))[1] for name in QUEUES}
        await asyncio.sleep(0.2)
    return seen


async def test_a_thousand_hostile_messages_among_good_traffic_harm_nobody(
    breakable: RunningServers, pair: Pair, caller: Client, store: Store, table: Table
) -> None:
    await listen(caller)
    before, over = await pair.served(), asyncio.Event()
    good = Good(caller, over)
    began = await marked(caller)
    async with events_log(breakable.amqp_url) as logged_events, asyncio.TaskGroup() as group:
        for _ in range(LANES):
            group.create_task(good.lane())
        consumers = group.create_task(watched(caller, over))
        made = await attack(breakable.amqp_url, SEED, COUNT)
        over.set()
    await wait_quiet(caller, store, [])
    await account_for(made, store, breakable.amqp_url)

    assert made.unexplained == []
    assert made.unanswered == []
    assert [each for each in made.sent if made.answered[each.mark] > len(each.queues)] == []
    assert made.stray == []
    assert made.codes
    assert made.faults == []
    assert pair.errors() == []
    assert consumers.result() == {2}
    assert [program.exit_code for program in pair.programs] == [None, None]
    assert {kind for kind, _ in logged_events} <= {*EVENTS}
    assert {content for _, content in logged_events} == {"application/cloudevents+json"}
    assert await written(caller, began, await marked(caller)) == []
    assert (await caller.counted("userbus.dead"))[0] == 0
    assert good.calls > LANES
    # each was taken once, nothing came back, and no reply was taken for a request
    sent = sum(len(each.queues) for each in made.sent if each.mark not in made.refused)
    short = sent + good.calls - (await pair.served() - before)
    assert 0 <= short <= sum(len(each.queues) for each in made.sent if "expiration" in each.fields)
    table.note(f"{COUNT} hostile messages (FAULTS_SEED={SEED}) among {good.calls} good calls: {dict(made.fates)}")
