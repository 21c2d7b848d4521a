"""SIGTERM with a hundred commands in flight: each is finished once, and none of them is ever seen again."""

import asyncio
import json
from collections import defaultdict
from typing import Any
from uuid import uuid4

from aio_pika.abc import AbstractIncomingMessage

from devstack.ports import free_port
from devstack.servers import RunningServers
from models.store.client import Store
from tests.faults.conftest import SpawnWith, wait_served
from tests.support.client import Client
from tests.support.faults.audit import audit, listen, wait_quiet
from tests.support.faults.metrics import read_metric, read_metrics
from tests.support.faults.stage import open_stage
from tests.support.faults.table import Table
from tests.support.patience import PATIENCE

HAND = 100
MORE = 20


def commands(count: int) -> list[dict[str, Any]]:
    """Codes to be sent, each to a number of its own, in the words of the audit."""
    start = uuid4().int % 10**8 * 100
    about = {"name": "sms.send_code", "user": "", "wants": True, "tries": 1, "confirmed": True, "silent": 0}
    return [
        {"id": uuid4().hex, "body": {"telephone": f"+86139{start + number:010}"}, **about} for number in range(count)
    ]


class Answers:
    """Every answer that comes, however often, by correlation id."""

    def __init__(self) -> None:
        self.replies: dict[str, list[Any]] = defaultdict(list)

    async def take(self, message: AbstractIncomingMessage) -> None:
        self.replies[str(message.correlation_id)].append(json.loads(message.body))


async def send(caller: Client, sent: list[dict[str, Any]], reply_to: str) -> None:
    for each in sent:
        about = {"message_id": each["id"], "correlation_id": each["id"], "reply_to": reply_to}
        await caller.send(each["name"], each["body"], **about)


async def wait_in_hand(port: int, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while await read_metric(port, "userbus_in_flight") != count:
            await asyncio.sleep(0.1)


async def test_a_hundred_in_hand_are_finished_once_and_none_is_redelivered(
    breakable: RunningServers, worker_with: SpawnWith, caller: Client, store: Store, table: Table
) -> None:
    port = free_port()
    async with open_stage(breakable, worker_with, store, 1, USERBUS_WORKER_PORT=str(port)) as stage:
        await wait_served(caller)
        await listen(caller)
        answers = Answers()
        replies = await caller.channel.declare_queue(exclusive=True)
        await replies.consume(answers.take, no_ack=True)
        stage.gateway.open.clear()
        sent = commands(HAND)
        await send(caller, sent, replies.name)
        await wait_in_hand(port, HAND)

        leaving = asyncio.create_task(stage.posts[0].worker.stopped())
        await stage.posts[0].worker.says("worker drains")  # and takes nothing new
        later = commands(MORE)
        await send(caller, later, replies.name)
        stage.gateway.open.set()
        assert await leaving == 0

        await check_untouched(caller, len(later))
        stage.posts[0].worker = stage.posts[0].start()
        await wait_served(caller)
        await wait_quiet(caller, store, sent)
        async with asyncio.timeout(PATIENCE):
            while len(answers.replies) < HAND:
                await asyncio.sleep(0.1)
        assert {id: len(replies) for id, replies in answers.replies.items()} == {each["id"]: 1 for each in sent}
        assert len(stage.gateway.received) == HAND
        assert [line for line in await read_metrics(port) if "sms.send_code" in line] == []
        for each in sent:
            each["replies"] = answers.replies[each["id"]]
        outcome = await audit(caller, store, sent, 0.0)
        table.add("sigterm with 100 in flight", outcome)
        assert (outcome.commands, outcome.flaws) == (HAND, {})


async def check_untouched(caller: Client, count: int) -> None:
    """So many are in the queue, none of which was ever delivered; they are taken away."""
    queue = await caller.channel.get_queue("userbus.sms", ensure=False)
    found = []
    while message := await queue.get(no_ack=True, fail=False):
        found.append((message.redelivered, message.headers.get("x-delivery-count") or 0))
    assert found == [(False, 0)] * count
